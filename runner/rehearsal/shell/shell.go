// Package shell runs POSIX and Bash scripts as processes of a simulated host.
//
// It evaluates the syntax tree of mvdan.cc/sh with that project's expansion of
// words. Its interpreter is not used: it opens and looks up real paths behind
// its handlers, knows no processes, signals, traps or file descriptors beyond
// 2, and a fault in one of its pipelines ends the program.
//
// The rule of this package: what it cannot run as dash or bash would, it
// refuses with a text and status 2; it never runs something else instead. It
// knows no path but through its Process.
package shell

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"belay/runner/rehearsal/process"
)

// maxDepth is how deep functions, eval and source may nest. A script that goes
// deeper is stopped with a text, not by the end of our own stack.
const maxDepth = 1000

// Shell is one shell process. A subshell is another Shell.
type Shell struct {
	sys  *System
	p    *process.Process
	bash bool

	name   string   // $0
	params []string // $1 and on
	pid    int      // $$: the same in subshells
	ppid   int
	vars   map[string]expand.Variable
	funcs  map[string]*syntax.Stmt
	traps  map[string]string // by signal name or EXIT
	opts   options
	cfg    *expand.Config

	status  int // $?
	subst   int // status of the last command substitution, or -1
	jump    jump
	loops   int
	saved   *[]savedVar // what local has hidden; nil outside a function
	depth   int
	tested  int  // above 0: a failure is being looked at, set -e is off
	inPlace bool // the next external command takes this process over
	trapped bool // a trap's own commands are running
	sourced int
	lastBg  int
	jobs    []*process.Process
	getopt  int // position inside a word of grouped options
	optind  int
}

type options struct {
	errexit, nounset, xtrace, noglob, noclobber, allexport, noexec, pipefail bool
	nullglob, dotglob, extglob, globstar, nocaseglob                         bool
}

// jump says that control leaves the ordinary order.
type jump struct {
	kind jumpKind
	n    int // loops still to leave
}

type jumpKind int

const (
	onward jumpKind = iota
	breaking
	continuing
	returning
	exiting
)

type savedVar struct {
	name string
	old  expand.Variable
}

// New makes a shell that works for p.
func (sys *System) New(p *process.Process, bash bool, name string, params []string) *Shell {
	s := &Shell{
		sys: sys, p: p, bash: bash, name: name, params: params, pid: p.PID, ppid: p.Parent,
		vars: map[string]expand.Variable{}, funcs: map[string]*syntax.Stmt{}, traps: map[string]string{}, subst: -1, optind: 1,
	}
	for _, pair := range p.Environ() {
		if name, value, ok := strings.Cut(pair, "="); ok && syntax.ValidName(name) {
			s.vars[name] = expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: value}
		}
	}
	s.put("IFS", " \t\n")
	s.put("OPTIND", "1")
	s.put("PWD", p.Dir())
	s.put("PPID", strconv.Itoa(s.ppid))
	s.configure()
	return s
}

// put sets a plain variable and keeps its attributes.
func (s *Shell) put(name, value string) {
	v := s.vars[name]
	s.vars[name] = expand.Variable{Set: true, Exported: v.Exported, Kind: expand.String, Str: value}
}

// fork makes the shell of a subshell, which works for q.
func (s *Shell) fork(q *process.Process) *Shell {
	c := *s
	c.p = q
	c.vars, c.funcs = maps.Clone(s.vars), maps.Clone(s.funcs)
	c.params = slices.Clone(s.params)
	c.traps = map[string]string{}
	for sig, text := range s.traps {
		if text == "" {
			c.traps[sig] = text // ignored signals stay ignored
		}
	}
	c.jobs, c.jump, c.inPlace, c.trapped = nil, jump{}, false, false
	if s.saved != nil {
		c.saved = &[]savedVar{}
	}
	c.configure()
	return &c
}

// finish runs the EXIT trap and gives the status of the whole shell.
func (s *Shell) finish() int {
	text, ok := s.traps["EXIT"]
	if ok && text != "" {
		delete(s.traps, "EXIT")
		status := s.status
		s.jump = jump{}
		s.source(text, "trap")
		if s.jump.kind != exiting {
			s.status = status
		}
	}
	return s.status
}

// Script runs a whole text as this shell's program.
func (s *Shell) Script(text string) int {
	file, err := s.sys.parse(text, s.name, s.bash)
	if err != nil {
		s.complain("%s", syntaxText(err))
		s.status = 2
		return s.finish()
	}
	s.inPlace = len(file.Stmts) == 1
	s.stmts(file.Stmts)
	return s.finish()
}

// source runs a text in this shell: eval, trap and the dot command.
func (s *Shell) source(text, what string) {
	file, err := s.sys.parse(text, what, s.bash)
	if err != nil {
		s.complain("%s: %s", what, syntaxText(err))
		s.fatal(2)
		return
	}
	if !s.deeper() {
		return
	}
	defer func() { s.depth-- }()
	s.inPlace = false
	s.stmts(file.Stmts)
}

// deeper counts a level of nesting and refuses one too many.
func (s *Shell) deeper() bool {
	if s.depth >= maxDepth {
		s.complain("maximum recursion depth (%d) reached", maxDepth)
		s.fatal(2)
		return false
	}
	s.depth++
	return true
}

// complain writes an error as the shell's own.
func (s *Shell) complain(format string, args ...any) {
	fmt.Fprintf(s.p.Stderr(), "%s: %s\n", s.name, fmt.Sprintf(format, args...))
}

// fatal ends the shell.
func (s *Shell) fatal(status int) {
	s.status = status
	s.jump = jump{kind: exiting}
}

func syntaxText(err error) string { return strings.TrimSpace(err.Error()) }
