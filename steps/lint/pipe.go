package lint

// The rule of this file: set -e sees only the last command of a pipe, and sh
// has no pipefail. A failure before it is lost.

import (
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// cannotFail are commands whose failure nobody waits for at the head of a pipe.
var cannotFail = []string{"echo", "printf", "true", ":", "yes", "seq", "date"}

func pipeHidesFailure(file *syntax.File, tell func(syntax.Pos, string, string)) {
	if setsPipefail(file) {
		return
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		pipe, ok := n.(*syntax.BinaryCmd)
		if !ok || pipe.Op != syntax.Pipe && pipe.Op != syntax.PipeAll {
			return true
		}
		stages := flatten(pipe)
		last := stages[len(stages)-1]
		if provesItself(last) {
			return true
		}
		for _, s := range stages[:len(stages)-1] {
			if name := commandName(s); !slices.Contains(cannotFail, name) {
				if name == "" {
					name = "what stands here"
				}
				tell(s.Pos(), "pipe-hides-failure", fmt.Sprintf("if %s fails the pipe still succeeds: only its last command counts; "+
					`write to a file first, or take shell = "bash" and set -o pipefail`, name))
				return false
			}
		}
		return true
	})
}

// flatten lists the stages of a pipe, whichever way the parser nests them.
func flatten(b *syntax.BinaryCmd) (stages []*syntax.Stmt) {
	for _, s := range []*syntax.Stmt{b.X, b.Y} {
		if inner, ok := s.Cmd.(*syntax.BinaryCmd); ok && (inner.Op == syntax.Pipe || inner.Op == syntax.PipeAll) {
			stages = append(stages, flatten(inner)...)
		} else {
			stages = append(stages, s)
		}
	}
	return stages
}

// provesItself reports whether a last stage fails on an empty input: a grep
// that looks for something. What came before it may then fail as it likes.
func provesItself(s *syntax.Stmt) bool {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || !slices.Contains([]string{"grep", "egrep", "fgrep"}, commandName(s)) {
		return false
	}
	return !slices.ContainsFunc(call.Args[1:], func(w *syntax.Word) bool {
		option := w.Lit()
		return option == "--invert-match" || strings.HasPrefix(option, "-") && !strings.HasPrefix(option, "--") && strings.Contains(option, "v")
	})
}

// commandName is the literal name of a simple command, or "".
func commandName(s *syntax.Stmt) string {
	if call, ok := s.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 {
		return call.Args[0].Lit()
	}
	return ""
}

func setsPipefail(file *syntax.File) (found bool) {
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 2 && call.Args[0].Lit() == "set" {
			found = found || call.Args[len(call.Args)-1].Lit() == "pipefail"
		}
		return !found
	})
	return found
}
