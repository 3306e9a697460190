package lint

// The rule of this file: a simple command is seen as who carries it out sees
// it: without what only wraps it (sudo, timeout, env), and with what stands
// around it.

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// call is one simple command.
type call struct {
	name  string         // as it is written, without a folder; "" when it is not literal
	args  []*syntax.Word // after the name
	expr  *syntax.CallExpr
	stmt  *syntax.Stmt  // that it is
	up    []syntax.Node // what it stands in, outermost first
	wraps []*call       // what was taken off: sudo, timeout, env, nice
	at    *syntax.Word  // the name
}

// callsOf lists the simple commands of a text.
func callsOf(file *syntax.File) (out []*call) {
	var up []syntax.Node
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			up = up[:len(up)-1]
			return true
		}
		if x, ok := n.(*syntax.CallExpr); ok && len(x.Args) > 0 {
			stmt, _ := up[len(up)-1].(*syntax.Stmt)
			out = append(out, newCall(x, stmt, slices.Clone(up)))
		}
		up = append(up, n)
		return true
	})
	return out
}

// wrappers are commands that carry out their arguments, with the options of
// theirs that take a word, and how many plain words come first.
var wrappers = map[string]struct {
	takes string
	words int
}{
	"sudo": {"ugphCrtTRD", 0}, "doas": {"uC", 0}, "timeout": {"ks", 1}, "env": {"uCS", 0}, "nice": {"n", 0},
	"nohup": {"", 0}, "setsid": {"", 0}, "command": {"", 0}, "exec": {"a", 0}, "time": {"fo", 0}, "stdbuf": {"ioe", 0},
	"ionice": {"cnp", 0}, "flock": {"wE", 1}, "chroot": {"", 1}, "builtin": {"", 0}, "busybox": {"", 0},
}

// newCall takes the wrappers off a command.
func newCall(x *syntax.CallExpr, stmt *syntax.Stmt, up []syntax.Node) *call {
	c := &call{expr: x, stmt: stmt, up: up}
	words := x.Args
	for len(words) > 0 {
		c.at, c.name, c.args = words[0], base(literal(words[0])), words[1:]
		w, wraps := wrappers[c.name]
		if !wraps {
			break
		}
		o := optionsOf(c.args, w.takes)
		rest := o.rest
		for c.name == "env" && len(rest) > 0 && strings.Contains(loose(rest[0]), "=") {
			rest = rest[1:]
		}
		if len(rest) <= w.words {
			break // it wraps nothing: sudo -v, command -v x
		}
		if c.name == "command" && (o.has('v') || o.has('V')) {
			break
		}
		own := *c
		c.wraps = append(c.wraps, &own)
		words = rest[w.words:]
	}
	return c
}

// base is the last part of a command's path.
func base(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// wrapped gives a wrapper of the command, or nil.
func (c *call) wrapped(name string) *call {
	for _, w := range c.wraps {
		if w.name == name {
			return w
		}
	}
	return nil
}

// is reports whether the command has one of some names.
func (c *call) is(names ...string) bool { return slices.Contains(names, c.name) }

// inside reports whether the command stands in a node of a kind.
func inside[T syntax.Node](c *call) bool {
	return slices.ContainsFunc(c.up, func(n syntax.Node) bool { _, ok := n.(T); return ok })
}

// loops reports whether the command is carried out again and again.
func (c *call) loops() bool {
	return inside[*syntax.WhileClause](c) || inside[*syntax.ForClause](c)
}

// substituted reports whether what it prints becomes part of a word.
func (c *call) substituted() bool {
	return inside[*syntax.CmdSubst](c) || inside[*syntax.ProcSubst](c)
}

// background reports whether nobody waits for it.
func (c *call) background() bool {
	return slices.ContainsFunc(c.up, func(n syntax.Node) bool { s, ok := n.(*syntax.Stmt); return ok && s.Background })
}

// after lists the stages of the pipes that the command writes into.
func (c *call) after() (stages []*syntax.Stmt) {
	for i, n := range c.up {
		if p, ok := n.(*syntax.BinaryCmd); ok && isPipe(p) && i+1 < len(c.up) && c.up[i+1] == syntax.Node(p.X) {
			stages = append(stages, flatten(p.Y)...)
		}
	}
	return stages
}

// fed reports whether somebody else is on the command's standard input: a pipe,
// a file or a here-document, also of what it stands in.
func (c *call) fed() bool {
	for i, n := range c.up {
		switch n := n.(type) {
		case *syntax.Stmt:
			if redirected(n, syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc) != nil {
				return true
			}
		case *syntax.BinaryCmd:
			if isPipe(n) && i+1 < len(c.up) && c.up[i+1] == syntax.Node(n.Y) {
				return true
			}
		}
	}
	return false
}

// kept reports whether what it prints goes somewhere else than into the
// attempt's output: a file, a pipe, a variable.
func (c *call) kept() bool {
	if c.substituted() || len(c.after()) > 0 {
		return true
	}
	return slices.ContainsFunc(c.up, func(n syntax.Node) bool {
		s, ok := n.(*syntax.Stmt)
		return ok && redirected(s, syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.RdrAll, syntax.AppAll) != nil
	})
}

// redirected gives a statement's redirection of a kind, of standard input or
// output.
func redirected(s *syntax.Stmt, ops ...syntax.RedirOperator) *syntax.Redirect {
	for _, r := range s.Redirs {
		if slices.Contains(ops, r.Op) && (r.N == nil || r.N.Value == "0" || r.N.Value == "1") {
			return r
		}
	}
	return nil
}

func isPipe(b *syntax.BinaryCmd) bool { return b.Op == syntax.Pipe || b.Op == syntax.PipeAll }

// flatten lists the stages of a pipe, whichever way the parser nests them.
func flatten(s *syntax.Stmt) []*syntax.Stmt {
	if b, ok := s.Cmd.(*syntax.BinaryCmd); ok && isPipe(b) {
		return append(flatten(b.X), flatten(b.Y)...)
	}
	return []*syntax.Stmt{s}
}

// callOf is the simple command that a statement is, or nil.
func callOf(s *syntax.Stmt) *call {
	if x, ok := s.Cmd.(*syntax.CallExpr); ok && len(x.Args) > 0 {
		return newCall(x, s, nil)
	}
	return nil
}
