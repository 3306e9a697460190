// Statements. The rule of this file is POSIX's on set -e: a failure that is
// being looked at (a condition, the left of && and ||, after !) never ends the
// shell; any other failure of a command, a pipeline or a subshell does.
package shell

import (
	"mvdan.cc/sh/v3/syntax"

	"belay/runner/rehearsal/process"
)

func (s *Shell) stmts(list []*syntax.Stmt) {
	for _, st := range list {
		if s.jump.kind != onward {
			return
		}
		s.stmt(st)
	}
}

func (s *Shell) stmt(st *syntax.Stmt) {
	s.p.Check()
	if s.opts.noexec {
		return
	}
	if st.Background {
		s.background(st)
		return
	}
	if st.Negated {
		s.tested++
		s.inPlace = false
	}
	failed := s.redirected(st)
	if st.Negated {
		s.tested--
		if s.jump.kind == onward {
			s.status = oneIf(s.status == 0)
		}
	} else if failed && s.opts.errexit && s.tested == 0 && s.jump.kind == onward {
		s.jump = jump{kind: exiting}
	}
	s.signals()
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// redirected runs the command of a statement with its redirections. It says
// whether it failed in a way that set -e looks at.
func (s *Shell) redirected(st *syntax.Stmt) (failed bool) {
	if call, ok := st.Cmd.(*syntax.CallExpr); ok {
		s.simple(call, st.Redirs)
		return s.status != 0
	}
	if len(st.Redirs) > 0 {
		undo, err := s.redirect(st.Redirs, s.p)
		defer undo.restore(s.p)
		if err != nil {
			s.redirectFailed(err)
			return true
		}
		s.inPlace = false
	}
	if st.Cmd == nil {
		s.status = 0
		return false
	}
	return s.command(st.Cmd)
}

func (s *Shell) redirectFailed(err error) {
	s.complain("%v", err)
	s.status = 2
	if s.bash {
		s.status = 1
	}
}

// signals runs the traps of the signals that have come in.
func (s *Shell) signals() {
	if s.trapped || s.jump.kind == exiting {
		return
	}
	for {
		sig, ok := s.p.Pending()
		if !ok {
			return
		}
		text, ok := s.traps[signalName(sig)]
		if !ok { // caught only so that the EXIT trap of bash is run
			s.fatal(128 + int(sig))
			return
		}
		status, was := s.status, s.jump
		s.trapped, s.jump = true, jump{}
		s.source(text, "trap")
		s.trapped = false
		if s.jump.kind != exiting {
			s.status, s.jump = status, was
		}
	}
}

// background starts a statement and goes on. Its input is /dev/null and it
// ignores the keyboard, as POSIX wants it without job control.
func (s *Shell) background(st *syntax.Stmt) {
	q := s.p.Fork()
	if null, err := q.Open("/dev/null", 0, 0); err == nil {
		replace(q, 0, null)
	}
	q.SetDisposition(process.INT, process.Ignore)
	q.SetDisposition(process.QUIT, process.Ignore)
	c := s.fork(q)
	c.tested = 0
	st2 := *st
	st2.Background = false
	s.p.Table().Go(q, func() int { return c.branch(&st2) })
	s.lastBg, s.status = q.PID, 0
	s.jobs = append(s.jobs, q)
}

// branch runs one statement as all that a subshell has to do.
func (s *Shell) branch(st *syntax.Stmt) int {
	s.inPlace = !st.Negated
	s.stmt(st)
	return s.finish()
}

// replace gives a number another descriptor and closes the one it had.
func replace(p *process.Process, n int, d *process.Descriptor) {
	if old := p.SetDescriptor(n, d); old != nil {
		_ = old.Close()
	}
}

// pipeline runs the stages of a | b | c, each as a process of its own. Its
// status is that of the last; with pipefail, of the last that failed.
func (s *Shell) pipeline(cmd *syntax.BinaryCmd) {
	stages, both := flatten(cmd)
	procs := make([]*process.Process, len(stages))
	var input *process.Descriptor
	for i := range stages {
		q := s.p.Fork()
		procs[i] = q
		if input != nil {
			replace(q, 0, input)
		}
		if i < len(stages)-1 {
			r, w := process.Pipe()
			if both[i] {
				replace(q, 2, w.Dup())
			}
			replace(q, 1, w)
			input = r
		}
	}
	for i, st := range stages {
		c := s.fork(procs[i])
		work := func() int { return c.branch(st) }
		if i < len(stages)-1 {
			s.p.Table().Go(procs[i], work)
		} else {
			s.status = procs[i].Run(work)
		}
	}
	for i := len(procs) - 1; i >= 0; i-- {
		s.await(procs[i])
		if status := procs[i].Status(); s.opts.pipefail && s.status == 0 && status != 0 {
			s.status = status
		}
	}
}

// await waits for a process whatever signals come in meanwhile.
func (s *Shell) await(q *process.Process) {
	select {
	case <-q.Dead():
	case <-s.p.Dead():
		s.p.Check()
	}
}

// flatten lists the stages, and for each whether its stderr goes along (|&).
func flatten(cmd *syntax.BinaryCmd) (stages []*syntax.Stmt, both []bool) {
	if left, ok := cmd.X.Cmd.(*syntax.BinaryCmd); ok && pipes(left.Op) && len(cmd.X.Redirs) == 0 && !cmd.X.Negated {
		stages, both = flatten(left)
	} else {
		stages = []*syntax.Stmt{cmd.X}
	}
	both = append(both, cmd.Op == syntax.PipeAll)
	if right, ok := cmd.Y.Cmd.(*syntax.BinaryCmd); ok && pipes(right.Op) && len(cmd.Y.Redirs) == 0 && !cmd.Y.Negated {
		more, moreBoth := flatten(right)
		return append(stages, more...), append(both, moreBoth...)
	}
	return append(stages, cmd.Y), both
}

func pipes(op syntax.BinCmdOperator) bool { return op == syntax.Pipe || op == syntax.PipeAll }
