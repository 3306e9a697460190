// Compound commands: lists, loops, conditions, functions, subshells.
package shell

import (
	"fmt"
	"regexp"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"
)

// command runs a compound command. The result says whether set -e looks at its
// failure; failures inside it have been looked at already.
func (s *Shell) command(cmd syntax.Command) (failed bool) {
	if list, ok := cmd.(*syntax.BinaryCmd); ok && !pipes(list.Op) {
		s.andOr(list)
		return false
	}
	inPlace := s.inPlace
	s.inPlace = false
	switch cmd := cmd.(type) {
	case *syntax.Block:
		s.stmts(cmd.Stmts)
		return false
	case *syntax.Subshell:
		s.subshell(cmd.Stmts)
	case *syntax.BinaryCmd:
		s.pipeline(cmd)
	case *syntax.IfClause:
		s.ifClause(cmd)
		return false
	case *syntax.WhileClause:
		s.while(cmd)
		return false
	case *syntax.ForClause:
		s.forClause(cmd)
		return false
	case *syntax.CaseClause:
		s.caseClause(cmd)
		return false
	case *syntax.FuncDecl:
		s.funcs[cmd.Name.Value] = cmd.Body
		s.status = 0
	case *syntax.ArithmCmd:
		s.status = oneIf(s.arithm(cmd.X) == 0)
	case *syntax.LetClause:
		n := 0
		for _, x := range cmd.Exprs {
			n = s.arithm(x)
		}
		s.status = oneIf(n == 0)
	case *syntax.TestClause:
		s.status = s.testClause(cmd.X)
	case *syntax.DeclClause:
		s.declare(cmd)
	case *syntax.TimeClause:
		s.timed(cmd)
		return false
	default:
		s.inPlace = inPlace
		s.complain("%T is not supported in the embedded fleet", cmd)
		s.fatal(2)
	}
	return s.status != 0
}

func (s *Shell) andOr(list *syntax.BinaryCmd) {
	s.inPlace = false
	s.tested++
	s.stmt(list.X)
	s.tested--
	if s.jump.kind == onward && (s.status == 0) == (list.Op == syntax.AndStmt) {
		s.stmt(list.Y)
	}
}

func (s *Shell) subshell(list []*syntax.Stmt) {
	q := s.p.Fork()
	c := s.fork(q)
	s.status = q.Run(func() int {
		if len(list) == 1 {
			return c.branch(list[0])
		}
		c.stmts(list)
		return c.finish()
	})
}

// condition runs a list whose failure is an answer.
func (s *Shell) condition(list []*syntax.Stmt) bool {
	s.tested++
	s.stmts(list)
	s.tested--
	return s.status == 0
}

func (s *Shell) ifClause(cmd *syntax.IfClause) {
	for ; cmd != nil; cmd = cmd.Else {
		if len(cmd.Cond) == 0 { // else
			s.stmts(cmd.Then)
			return
		}
		yes := s.condition(cmd.Cond)
		if s.jump.kind != onward {
			return
		}
		if yes {
			s.stmts(cmd.Then)
			return
		}
	}
	s.status = 0
}

func (s *Shell) while(cmd *syntax.WhileClause) {
	status := 0
	s.loops++
	defer func() { s.loops-- }()
	for {
		yes := s.condition(cmd.Cond)
		if s.jump.kind != onward {
			if s.leaveLoop() {
				return
			}
			continue
		}
		if yes == cmd.Until {
			s.status = status
			return
		}
		s.stmts(cmd.Do)
		status = s.status
		if s.leaveLoop() {
			return
		}
	}
}

// leaveLoop settles a break or continue that belongs to this loop.
func (s *Shell) leaveLoop() bool {
	switch s.jump.kind {
	case onward:
		return false
	case breaking, continuing:
		if s.jump.n--; s.jump.n > 0 {
			return true
		}
		again := s.jump.kind == continuing
		s.jump = jump{}
		return !again
	}
	return true
}

func (s *Shell) forClause(cmd *syntax.ForClause) {
	s.loops++
	defer func() { s.loops-- }()
	if loop, ok := cmd.Loop.(*syntax.CStyleLoop); ok {
		s.counted(loop, cmd.Do)
		return
	}
	loop := cmd.Loop.(*syntax.WordIter)
	items := s.params
	if loop.InPos.IsValid() {
		items = s.fields(loop.Items...)
	}
	if s.jump.kind != onward {
		return
	}
	s.status = 0
	for _, item := range items {
		if !s.assign(loop.Name.Value, expand.Variable{Set: true, Kind: expand.String, Str: item}) {
			return
		}
		s.stmts(cmd.Do)
		if s.leaveLoop() {
			return
		}
		s.p.Check()
	}
}

func (s *Shell) counted(loop *syntax.CStyleLoop, do []*syntax.Stmt) {
	if loop.Init != nil {
		s.arithm(loop.Init)
	}
	s.status = 0
	for s.jump.kind == onward && (loop.Cond == nil || s.arithm(loop.Cond) != 0) {
		s.stmts(do)
		if s.leaveLoop() {
			return
		}
		if loop.Post != nil {
			s.arithm(loop.Post)
		}
		s.p.Check()
	}
}

func (s *Shell) caseClause(cmd *syntax.CaseClause) {
	word := s.literal(cmd.Word)
	if s.jump.kind != onward {
		return
	}
	s.status = 0
	through := false
	for _, item := range cmd.Items {
		if !through && !s.anyMatch(item.Patterns, word) {
			continue
		}
		s.stmts(item.Stmts)
		if s.jump.kind != onward {
			return
		}
		switch item.Op {
		case syntax.Fallthrough:
			through = true
		case syntax.Resume:
			through = false
		default:
			return
		}
	}
}

func (s *Shell) anyMatch(patterns []*syntax.Word, word string) bool {
	for _, p := range patterns {
		if s.match(s.pattern(p), word) {
			return true
		}
	}
	return false
}

func (s *Shell) match(pat, word string) bool {
	rx := s.sys.compiled(pat)
	if rx == nil {
		return pat == word
	}
	return rx.MatchString(word)
}

// maxPatterns is how many patterns are kept compiled.
const maxPatterns = 512

// compiled gives the expression of a pattern, or nil when it is none.
func (sys *System) compiled(pat string) *regexp.Regexp {
	sys.mu.Lock()
	rx, known := sys.patterns[pat]
	sys.mu.Unlock()
	if known {
		return rx
	}
	expr, err := pattern.Regexp(pat, pattern.EntireString|pattern.ExtendedOperators)
	if err == nil {
		rx, _ = regexp.Compile(expr) // nil with an error
	}
	sys.mu.Lock()
	defer sys.mu.Unlock()
	if len(sys.patterns) >= maxPatterns || sys.patterns == nil {
		sys.patterns = map[string]*regexp.Regexp{}
	}
	sys.patterns[pat] = rx
	return rx
}

func (s *Shell) timed(cmd *syntax.TimeClause) {
	start := time.Now()
	if cmd.Stmt != nil {
		s.stmt(cmd.Stmt)
	}
	took := time.Since(start).Seconds() * s.p.Table().Speed
	fmt.Fprintf(s.p.Stderr(), "real %.2f\nuser 0.00\nsys 0.00\n", took)
}

// function runs a declared function with its own parameters.
func (s *Shell) function(body *syntax.Stmt, args []string) {
	if !s.deeper() {
		return
	}
	params, saved, loops := s.params, s.saved, s.loops
	s.params, s.saved, s.loops = args, &[]savedVar{}, 0
	s.inPlace = false
	s.stmt(body)
	locals := *s.saved
	for i := len(locals) - 1; i >= 0; i-- {
		s.vars[locals[i].name] = locals[i].old
	}
	s.params, s.saved, s.loops = params, saved, loops
	s.depth--
	if s.jump.kind == returning {
		s.jump = jump{}
	}
}
