package cli

// The rule of this file: the console is a view; whatever it is left by, the run
// goes on where it was, and one line says so.

import "context"

// console needs package ui, which is on its way.
func (s *session) console(context.Context) error {
	return usage("--plain goes by lines and prompts", "this build has no console yet")
}
