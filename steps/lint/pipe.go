package lint

// The rule of this file: set -e sees only the last command of a pipe, and sh
// has no pipefail. A failure before it is lost.

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"
)

// cannotFail are commands whose failure nobody waits for at the head of a pipe.
var cannotFail = []string{"echo", "printf", "true", ":", "yes", "seq", "date"}

func pipeHidesFailure(s *script) {
	if setsPipefail(s) {
		return
	}
	parts := map[syntax.Node]bool{} // pipes that are a part of a longer one
	syntax.Walk(s.file, func(n syntax.Node) bool {
		st, ok := n.(*syntax.Stmt)
		if !ok {
			return true
		}
		pipe, ok := st.Cmd.(*syntax.BinaryCmd)
		if !ok || !isPipe(pipe) {
			return true
		}
		parts[pipe.X], parts[pipe.Y] = true, true
		if parts[st] {
			return true
		}
		stages := flatten(st)
		if provesItself(stages[len(stages)-1]) {
			return true
		}
		for _, stage := range stages[:len(stages)-1] {
			name := "what stands here"
			if c := callOf(stage); c != nil && c.name != "" {
				if c.is(cannotFail...) {
					continue
				}
				name = c.name
			}
			s.pos(stage, "if %s fails the pipe still succeeds: only its last command counts; "+
				`write to a file first, or take shell = "bash" and set -o pipefail`, name)
			return false
		}
		return true
	})
}

// provesItself reports whether a last stage fails on an empty input: a grep
// that looks for something. What came before it may then fail as it likes.
func provesItself(st *syntax.Stmt) bool {
	c := callOf(st)
	if c == nil || !c.is("grep", "egrep", "fgrep") {
		return false
	}
	o := anywhere(c.args, "eABCfm")
	return !o.has('v') && !o.any("invert-match")
}

func setsPipefail(s *script) bool {
	return slices.ContainsFunc(s.calls, func(c *call) bool { return c.is("set") && contains(literals(c.args), "pipefail") })
}
