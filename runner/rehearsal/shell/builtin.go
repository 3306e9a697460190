// Builtins: what only the shell itself can do. The rule of this file: an
// option that is not known is refused, never ignored.
package shell

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

type builtin func(s *Shell, args []string) int

// builtins by name. Filled at start, since some of them call others.
var builtins map[string]builtin

// bashOnly are builtins that dash does not have.
var bashOnly = []string{"source", "builtin", "mapfile", "readarray", "shopt", "declare", "typeset", "let", "pushd", "popd", "dirs", "disown"}

func init() {
	builtins = map[string]builtin{
		":": func(*Shell, []string) int { return 0 }, "true": func(*Shell, []string) int { return 0 },
		"false": func(*Shell, []string) int { return 1 },
		".":     (*Shell).dot, "source": (*Shell).dot, "eval": (*Shell).eval, "exec": (*Shell).exec,
		"exit": (*Shell).exit, "return": (*Shell).returns, "break": (*Shell).loopJump, "continue": (*Shell).loopJump,
		"set": (*Shell).setOptions, "shopt": (*Shell).shopt, "shift": (*Shell).shift, "unset": (*Shell).unset,
		"export": (*Shell).declareWords, "readonly": (*Shell).declareWords, "local": (*Shell).declareWords,
		"declare": (*Shell).declareWords, "typeset": (*Shell).declareWords,
		"trap": (*Shell).trap, "wait": (*Shell).wait, "kill": (*Shell).kill, "jobs": (*Shell).listJobs,
		"cd": (*Shell).cd, "pwd": (*Shell).pwd, "umask": (*Shell).umask, "ulimit": (*Shell).ulimit,
		"times": (*Shell).times, "hash": func(*Shell, []string) int { return 0 },
		"read": (*Shell).read, "getopts": (*Shell).getopts, "mapfile": (*Shell).mapfile, "readarray": (*Shell).mapfile,
		"command": (*Shell).commandBuiltin, "builtin": (*Shell).commandBuiltin, "type": (*Shell).typeBuiltin,
		"echo": (*Shell).echo, "printf": (*Shell).printf, "test": (*Shell).test, "[": (*Shell).test,
		"disown": func(*Shell, []string) int { return 0 },
	}
	for _, name := range []string{"alias", "unalias", "fc", "fg", "bg", "newgrp", "pushd", "popd", "dirs", "enable", "complete"} {
		builtins[name] = func(s *Shell, args []string) int {
			s.complain("%s: not supported in the embedded fleet", args[0])
			return 2
		}
	}
}

func (s *Shell) isBuiltin(name string) bool {
	_, ok := builtins[name]
	return ok && (s.bash || !slices.Contains(bashOnly, name))
}

// special says whether POSIX counts the name among the special builtins: their
// errors end the shell, and assignments in front of them stay.
func special(name string) bool {
	switch name {
	case ":", ".", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift", "times", "trap", "unset":
		return true
	}
	return false
}

func (s *Shell) builtin(args []string) {
	status := builtins[args[0]](s, args)
	if s.jump.kind != exiting || s.status == 0 {
		s.status = status
	}
}

// bad is a wrong use of a builtin.
func (s *Shell) bad(args []string, format string, more ...any) int {
	s.complain("%s: %s", args[0], fmt.Sprintf(format, more...))
	if special(args[0]) && !s.bash {
		s.fatal(2)
	}
	return 2
}

func (s *Shell) eval(args []string) int {
	text := strings.Join(args[1:], " ")
	if strings.TrimSpace(text) == "" {
		return 0
	}
	s.status = 0
	s.source(text, "eval")
	return s.status
}

func (s *Shell) dot(args []string) int {
	if len(args) < 2 {
		return s.bad(args, "a file name is needed")
	}
	name := args[1]
	if !strings.Contains(name, "/") {
		if found, err := s.sys.lookup(s.p, name, s.get("PATH"), false); err == nil {
			name = found
		}
	}
	data, err := s.p.Files().ReadFile(s.p.Abs(name))
	if err != nil {
		return s.bad(args, "%s: %s", args[1], files.Reason(err))
	}
	params := s.params
	if len(args) > 2 {
		s.params = args[2:]
	}
	s.sourced++
	s.status = 0
	s.source(string(data), args[1])
	s.sourced--
	if len(args) > 2 {
		s.params = params
	}
	if s.jump.kind == returning {
		s.jump = jump{}
	}
	return s.status
}

func (s *Shell) exec(args []string) int {
	if len(args) > 1 && args[1] == "--" {
		args = args[1:]
	}
	if strings.HasPrefix(args[1], "-") {
		return s.bad(args, "%s is not supported in the embedded fleet", args[1])
	}
	delete(s.traps, "EXIT")
	s.status = s.sys.Exec(s.p, args[1:], s.exported())
	s.jump = jump{kind: exiting}
	return s.status
}

func number(args []string, i, otherwise int) (int, bool) {
	if len(args) <= i {
		return otherwise, true
	}
	n, err := strconv.Atoi(args[i])
	return n, err == nil && n >= 0
}

func (s *Shell) exit(args []string) int {
	n, ok := number(args, 1, s.status)
	if !ok {
		n = s.bad(args, "Illegal number: %s", args[1])
	}
	s.status = n & 0xff
	s.jump = jump{kind: exiting}
	return s.status
}

func (s *Shell) returns(args []string) int {
	n, ok := number(args, 1, s.status)
	if !ok {
		return s.bad(args, "Illegal number: %s", args[1])
	}
	if s.saved == nil && s.sourced == 0 { // dash: like exit
		s.status = n & 0xff
		s.jump = jump{kind: exiting}
		return s.status
	}
	s.jump = jump{kind: returning}
	return n & 0xff
}

func (s *Shell) loopJump(args []string) int {
	n, ok := number(args, 1, 1)
	if !ok || n == 0 {
		return s.bad(args, "Illegal number: %s", args[1])
	}
	if s.loops == 0 {
		return 0
	}
	kind := breaking
	if args[0] == "continue" {
		kind = continuing
	}
	s.jump = jump{kind, min(n, s.loops)}
	return 0
}

func (s *Shell) shift(args []string) int {
	n, ok := number(args, 1, 1)
	if !ok || n > len(s.params) {
		return s.bad(args, "can't shift that many")
	}
	s.params = s.params[n:]
	return 0
}

func (s *Shell) unset(args []string) int {
	funcs := false
	for _, name := range args[1:] {
		switch {
		case name == "-f":
			funcs = true
		case name == "-v":
			funcs = false
		case funcs:
			delete(s.funcs, name)
		default:
			if i := strings.IndexByte(name, '['); i > 0 {
				return s.bad(args, "%s: not supported in the embedded fleet", name)
			}
			if s.vars[name].ReadOnly {
				return s.bad(args, "%s: is read only", name)
			}
			delete(s.vars, name)
		}
	}
	return 0
}

func (s *Shell) umask(args []string) int {
	if len(args) == 1 {
		s.out("%04o\n", s.p.Umask())
		return 0
	}
	if args[1] == "-S" {
		m := ^s.p.Umask()
		part := func(shift int) (t string) {
			for i, c := range "rwx" {
				if m>>shift&(4>>i) != 0 {
					t += string(c)
				}
			}
			return t
		}
		s.out("u=%s,g=%s,o=%s\n", part(6), part(3), part(0))
		return 0
	}
	n, err := strconv.ParseUint(args[1], 8, 12)
	if err != nil {
		return s.bad(args, "Illegal mode: %s", args[1])
	}
	s.p.SetUmask(fs.FileMode(n))
	return 0
}

// ulimit shows limits; setting them has no effect on simulated processes.
func (s *Shell) ulimit(args []string) int {
	for _, a := range args[1:] {
		if n := strings.TrimLeft(a, "-HS"); len(a) > 1 && a[0] == '-' && !strings.Contains("ntucdfslmvp", n) {
			return s.bad(args, "%s is not supported in the embedded fleet", a)
		}
	}
	if len(args) == 1 || args[len(args)-1][0] == '-' {
		limit := "unlimited"
		if slices.Contains(args, "-n") || slices.Contains(args, "-Sn") || slices.Contains(args, "-Hn") {
			limit = "1024"
		}
		s.out("%s\n", limit)
	}
	return 0
}

func (s *Shell) times([]string) int {
	s.out("0m0.000000s 0m0.000000s\n0m0.000000s 0m0.000000s\n")
	return 0
}

func (s *Shell) out(format string, args ...any) {
	fmt.Fprintf(s.p.Stdout(), format, args...)
}

func (s *Shell) declareWords(args []string) int {
	d := declaration{word: args[0], export: args[0] == "export", readonly: args[0] == "readonly"}
	d.local = args[0] == "local" || s.saved != nil && (args[0] == "declare" || args[0] == "typeset")
	named := 0
	for _, a := range args[1:] {
		if strings.HasPrefix(a, "-") || strings.HasPrefix(a, "+") {
			if !d.option(a) {
				return s.bad(args, "%s is not supported in the embedded fleet", a)
			}
			continue
		}
		named++
		if s.declareOne(d, assignment(a)); s.jump.kind != onward {
			return s.status
		}
	}
	if named == 0 {
		s.printVars(d)
	}
	return 0
}

func (s *Shell) printVars(d declaration) {
	var names []string
	for name, v := range s.vars {
		if v.Set && (!d.export || v.Exported) && (!d.readonly || v.ReadOnly) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		switch {
		case d.export, d.readonly:
			s.out("%s %s=%s\n", d.word, name, quote(s.vars[name].String()))
		default:
			s.out("%s=%s\n", name, quote(s.vars[name].String()))
		}
	}
}

func (s *Shell) printVar(name string) {
	v := s.vars[name]
	if !v.Declared() {
		s.complain("declare: %s: not found", name)
		return
	}
	flags := v.Flags()
	if flags == "" {
		flags = "-"
	}
	s.out("declare -%s %s=%q\n", flags, name, v.String())
}

func quote(v string) string { return "'" + strings.ReplaceAll(v, "'", `'"'"'`) + "'" }

func (s *Shell) listJobs([]string) int {
	for i, q := range s.jobs {
		if s.p.Table().Find(q.PID) != nil {
			s.out("[%d] Running %s\n", i+1, strings.Join(q.Args(), " "))
		}
	}
	return 0
}

// wait waits for children. A signal with a trap ends it early.
func (s *Shell) wait(args []string) int {
	if len(args) == 1 {
		for _, q := range s.jobs {
			if !s.p.Wait(q) {
				return s.interrupted()
			}
		}
		s.jobs = nil
		return 0
	}
	status := 0
	for _, a := range args[1:] {
		q := s.job(a)
		if q == nil {
			status = 127
			continue
		}
		if !s.p.Wait(q) {
			return s.interrupted()
		}
		status = q.Status()
	}
	return status
}

// interrupted is the status of a wait that a caught signal has ended.
func (s *Shell) interrupted() int {
	sig, _ := s.p.Peek()
	return 128 + int(sig)
}

// job finds a child of this shell by $! or %N.
func (s *Shell) job(word string) *process.Process {
	n, err := strconv.Atoi(strings.TrimPrefix(word, "%"))
	if err != nil {
		return nil
	}
	if strings.HasPrefix(word, "%") {
		if n < 1 || n > len(s.jobs) {
			return nil
		}
		return s.jobs[n-1]
	}
	for _, q := range s.jobs {
		if q.PID == n {
			return q
		}
	}
	return nil
}
