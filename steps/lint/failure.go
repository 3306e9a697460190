package lint

// The rule of this file: set -e ends a script at the first failure, unless the
// script itself takes that away. Then a failure needs an answer of its own.

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"belay/steps"
)

// failureIgnored finds || true after what matters, an evidence that cannot be
// red, and set +e that nothing takes back.
func failureIgnored(s *script) {
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if b, ok := n.(*syntax.BinaryCmd); ok && b.Op == syntax.OrStmt && shrugs(b.Y) {
			s.checkIgnored(b)
		}
		return true
	})
	if s.Evidence != nil && s.Evidence.Want == "" && len(s.file.Stmts) > 0 {
		lastOne := s.file.Stmts[len(s.file.Stmts)-1]
		if b, ok := lastOne.Cmd.(*syntax.BinaryCmd); ok && b.Op == syntax.OrStmt && shrugs(b.Y) && !lastOne.Negated {
			s.pos(b.Y, "this is green whatever happens: a script without want is judged by its exit code")
		}
	}
	s.checkSetE()
}

// shrugs reports whether a statement only says that all is well.
func shrugs(st *syntax.Stmt) bool {
	c := callOf(st)
	return c != nil && (c.is("true", ":", "echo", "printf") || c.is("exit", "return") && len(c.args) == 1 && literal(c.args[0]) == "0")
}

func (s *script) checkIgnored(b *syntax.BinaryCmd) {
	for _, c := range s.calls {
		if c.stmt != lastOf(b.X) || c.substituted() {
			continue
		}
		if e := s.effect(c); e.level > steps.None && !e.stops {
			s.pos(b.Y, "when %s fails the step goes on as if it had not: let it fail, or ask first whether it is needed", e.what)
		}
	}
}

// lastOf is the statement whose code decides: of a && b || c, b.
func lastOf(st *syntax.Stmt) *syntax.Stmt {
	for {
		b, ok := st.Cmd.(*syntax.BinaryCmd)
		if !ok || isPipe(b) {
			return st
		}
		st = b.Y
	}
}

func (s *script) checkSetE() {
	var off *call
	for _, c := range s.calls {
		if !c.is("set") || len(c.args) == 0 || inside[*syntax.Subshell](c) || inside[*syntax.CmdSubst](c) {
			continue
		}
		switch o := literal(c.args[0]); {
		case len(o) > 1 && o[0] == '+' && slices.Contains([]byte(o), 'e'):
			off = c
		case len(o) > 1 && o[0] == '-' && slices.Contains([]byte(o), 'e'):
			off = nil
		}
	}
	if off != nil && s.Role != steps.RoleLog {
		s.pos(off.expr, "from here on no failure ends the script; set -e again right after the command that may fail")
	}
}

// cdUnchecked finds a cd that may fail where set -e is off: in what is itself a
// condition. What follows would be carried out in the wrong folder.
func cdUnchecked(s *script) {
	quiet := s.conditions()
	syntax.Walk(s.file, func(n syntax.Node) bool {
		list := listOf(n)
		for i, st := range list {
			if c := callOf(st); c != nil && c.is("cd", "pushd") && i+1 < len(list) && slices.ContainsFunc(quiet, func(q syntax.Node) bool { return within(n, q) }) {
				s.pos(st, "set -e is off here, since this is a condition: if the cd fails, the rest is carried out in the folder before. Write cd ... && ..., or cd ... || exit 1")
			}
		}
		return true
	})
}

// listOf gives the statements of a node that are carried out one after another.
func listOf(n syntax.Node) []*syntax.Stmt {
	switch n := n.(type) {
	case *syntax.Subshell:
		return n.Stmts
	case *syntax.Block:
		return n.Stmts
	case *syntax.CmdSubst:
		return n.Stmts
	}
	return nil
}

// conditions lists the nodes in which a failure ends nothing: conditions of if
// and while, what stands before && and ||, what ! negates, functions that are
// called there, and in bash what is substituted.
func (s *script) conditions() (out []syntax.Node) {
	functions := map[string]syntax.Node{}
	add := func(stmts ...*syntax.Stmt) {
		for _, st := range stmts {
			out = append(out, st)
		}
	}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			if n.Name != nil {
				functions[n.Name.Value] = n
			}
		case *syntax.IfClause:
			add(n.Cond...)
		case *syntax.WhileClause:
			add(n.Cond...)
		case *syntax.BinaryCmd:
			if !isPipe(n) {
				add(n.X)
			}
		case *syntax.Stmt:
			if n.Negated {
				add(n)
			}
		case *syntax.CmdSubst:
			if s.Shell == "bash" {
				out = append(out, n)
			}
		}
		return true
	})
	for _, c := range s.calls {
		if f := functions[c.name]; f != nil && slices.ContainsFunc(out, func(q syntax.Node) bool { return within(c.expr, q) }) {
			out = append(out, f)
		}
	}
	return out
}

// within reports whether a node is another one or a part of it.
func within(n, around syntax.Node) bool {
	return around.Pos().Offset() <= n.Pos().Offset() && n.End().Offset() <= around.End().Offset()
}
