package cli

// The rule of this file: the program starts itself for what must outlive a
// console; these words are nobody's to type.

import (
	"github.com/spf13/cobra"

	"belay/runner/local"
	"belay/runner/rehearsal"
)

// jobVerb is the supervisor of an attempt on this machine.
func (p *program) jobVerb() *cobra.Command {
	c := verb(local.HiddenVerb+" FOLDER", "", wordCount(1, 1), func(_ *cobra.Command, words []string) error {
		return quiet(local.Supervise(words[0]))
	})
	c.Hidden = true
	return c
}

// fleetVerb is the embedded fleet of a run.
func (p *program) fleetVerb() *cobra.Command {
	c := verb(rehearsal.Verb+" FOLDER", "", wordCount(1, 1), func(c *cobra.Command, words []string) error {
		return rehearsal.Serve(c.Context(), words[0])
	})
	c.Hidden = true
	return c
}
