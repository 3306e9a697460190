// Simple commands: assignments, then a function, a builtin or a program.
package shell

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// simple runs a simple command. The order is POSIX's: words, redirections,
// assignments.
func (s *Shell) simple(call *syntax.CallExpr, redirs []*syntax.Redirect) {
	inPlace := s.inPlace
	s.inPlace = false
	s.subst = -1
	args := s.fields(call.Args...)
	if s.jump.kind != onward {
		return
	}
	if len(args) == 0 {
		s.onlyAssign(call.Assigns, redirs)
		return
	}
	if s.opts.xtrace {
		fmt.Fprintf(s.p.Stderr(), "+ %s\n", strings.Join(args, " "))
	}
	body := s.funcs[args[0]]
	if name := args[0]; body == nil && !s.isBuiltin(name) {
		s.external(args, call.Assigns, redirs, inPlace)
		return
	}
	undo, err := s.redirect(redirs, s.p)
	if args[0] == "exec" && body == nil && err == nil && len(args) == 1 {
		undo.keep()
		s.status = 0
		return
	}
	defer undo.restore(s.p)
	if err != nil {
		s.redirectFailed(err)
		if special(args[0]) && !s.bash {
			s.fatal(s.status)
		}
		return
	}
	hidden, ok := s.temporary(call.Assigns, body == nil && special(args[0]))
	if !ok {
		return
	}
	if body != nil {
		s.function(body, args[1:])
	} else {
		s.builtin(args)
	}
	for name, v := range hidden {
		s.vars[name] = v
	}
}

// onlyAssign is a command of assignments alone. Its status is that of the last
// command substitution in it.
func (s *Shell) onlyAssign(assigns []*syntax.Assign, redirs []*syntax.Redirect) {
	undo, err := s.redirect(redirs, s.p)
	defer undo.restore(s.p)
	if err != nil {
		s.redirectFailed(err)
		return
	}
	for _, as := range assigns {
		if !s.set(as) {
			return
		}
		if s.opts.xtrace {
			fmt.Fprintf(s.p.Stderr(), "+ %s=%s\n", as.Name.Value, s.get(as.Name.Value))
		}
	}
	s.status = max(s.subst, 0)
}

// temporary makes the assignments in front of a function or builtin, and
// returns what they hide. In front of a special builtin they stay.
func (s *Shell) temporary(assigns []*syntax.Assign, stay bool) (hidden map[string]expand.Variable, ok bool) {
	for _, as := range assigns {
		name := as.Name.Value
		if !stay {
			if hidden == nil {
				hidden = map[string]expand.Variable{}
			}
			if _, seen := hidden[name]; !seen {
				hidden[name] = s.vars[name]
			}
		}
		if !s.set(as) {
			return nil, false
		}
		if !stay {
			v := s.vars[name]
			v.Exported = true
			s.vars[name] = v
		}
	}
	return hidden, true
}

// external runs a program in a child process, or in this one when nothing is
// left to do here afterwards.
func (s *Shell) external(args []string, assigns []*syntax.Assign, redirs []*syntax.Redirect, inPlace bool) {
	env := s.exported()
	for _, as := range assigns {
		v := s.value(as, s.vars[as.Name.Value])
		if s.jump.kind != onward {
			return
		}
		env = append(env, as.Name.Value+"="+v.Str)
	}
	q := s.p
	inPlace = inPlace && len(s.traps) == 0 && len(s.jobs) == 0
	if !inPlace {
		q = s.p.Fork()
	}
	run := func() int {
		undo, err := s.redirect(redirs, q)
		if err != nil {
			undo.keep()
			s.redirectFailed(err)
			return s.status
		}
		undo.keep()
		if s.jump.kind != onward {
			return s.status
		}
		return s.sys.Exec(q, args, env)
	}
	if inPlace {
		s.status = run()
		return
	}
	s.status = q.Run(run)
}
