package steps

// The rule of this file: the first runbook that a person sees is short, passes
// every check, and can be rehearsed before a word of it is changed.

import _ "embed"

// Starter is the runbook that "belay init" writes.
//
//go:embed starter.toml
var Starter string
