// Builtins that look at or change the surroundings: folders, options, traps,
// signals, commands.
package shell

import (
	"sort"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

func (s *Shell) cd(args []string) int {
	physical := false
	for len(args) > 1 && (args[1] == "-P" || args[1] == "-L" || args[1] == "--") {
		physical = args[1] == "-P"
		args = append(args[:1:1], args[2:]...)
	}
	to := s.get("HOME")
	if len(args) > 2 {
		return s.bad(args, "too many arguments")
	}
	if len(args) == 2 {
		to = args[1]
	}
	if to == "-" {
		to = s.get("OLDPWD")
		s.out("%s\n", to)
	}
	dir := absolute(s.get("PWD"), to)
	info, err := s.p.Files().Stat(dir, true)
	if to == "" || err != nil || !info.IsDir() {
		s.complain("%d: cd: can't cd to %s", 1, to)
		return 2 - oneIf(s.bash)
	}
	if physical {
		if dir, err = s.p.Files().Resolve(dir); err != nil {
			return s.bad(args, "%s", files.Reason(err))
		}
	}
	s.put("OLDPWD", s.get("PWD"))
	s.put("PWD", dir)
	s.p.SetDir(dir)
	return 0
}

func (s *Shell) pwd(args []string) int {
	dir := s.get("PWD")
	if len(args) > 1 && args[1] == "-P" {
		var err error
		if dir, err = s.p.Files().Resolve(s.p.Dir()); err != nil {
			return s.bad(args, "%s", files.Reason(err))
		}
	}
	s.out("%s\n", dir)
	return 0
}

// named gives the switch behind a long option of set, or nil.
func (o *options) named(name string) *bool {
	switch name {
	case "errexit":
		return &o.errexit
	case "nounset":
		return &o.nounset
	case "xtrace":
		return &o.xtrace
	case "noglob":
		return &o.noglob
	case "noclobber":
		return &o.noclobber
	case "allexport":
		return &o.allexport
	case "noexec":
		return &o.noexec
	case "pipefail":
		return &o.pipefail
	}
	return nil
}

var letters = map[byte]string{
	'e': "errexit", 'u': "nounset", 'x': "xtrace", 'f': "noglob", 'C': "noclobber", 'a': "allexport", 'n': "noexec",
}

// flags is $-.
func (s *Shell) flags() string {
	var out []string
	for c, name := range letters {
		if *s.opts.named(name) {
			out = append(out, string(c))
		}
	}
	sort.Strings(out)
	return strings.Join(out, "")
}

// option reads one word of options, as set and sh take them. It says how many
// of the following words belong to it, and false for one that is not known.
func (s *Shell) option(word string, next []string) (used int, ok bool) {
	on := word[0] == '-'
	for i := 1; i < len(word); i++ {
		name := letters[word[i]]
		switch word[i] {
		case 'o':
			if len(next) == 0 {
				return 0, false
			}
			name, used = next[0], 1
		case 'E', 'T', 'h', 'B', 'b':
			if s.bash || word[i] == 'b' {
				continue // they change nothing that the fleet shows
			}
		}
		sw := s.opts.named(name)
		if sw == nil || name == "pipefail" && !s.bash {
			return 0, false
		}
		*sw = on
	}
	return used, true
}

func (s *Shell) setOptions(args []string) int {
	if len(args) == 1 {
		s.printVars(declaration{word: "set"})
		return 0
	}
	i := 1
	for ; i < len(args); i++ {
		word := args[i]
		if word == "--" {
			s.params = args[i+1:]
			return 0
		}
		if len(word) < 2 || word[0] != '-' && word[0] != '+' {
			break
		}
		used, ok := s.option(word, args[i+1:])
		if !ok {
			return s.bad(args, "Illegal option %s", strings.Join(args[i:min(i+2, len(args))], " "))
		}
		i += used
	}
	if i < len(args) {
		s.params = args[i:]
	}
	s.optionsChanged()
	return 0
}

func (s *Shell) shopt(args []string) int {
	switches := map[string]*bool{
		"nullglob": &s.opts.nullglob, "dotglob": &s.opts.dotglob, "extglob": &s.opts.extglob,
		"globstar": &s.opts.globstar, "nocaseglob": &s.opts.nocaseglob,
	}
	for _, name := range args[min(2, len(args)):] {
		sw := switches[name]
		if sw == nil || args[1] != "-s" && args[1] != "-u" {
			return s.bad(args, "%s is not supported in the embedded fleet", strings.Join(args[1:], " "))
		}
		*sw = args[1] == "-s"
	}
	s.optionsChanged()
	return 0
}

func signalName(sig process.Signal) string { return strconv.Itoa(int(sig)) }

// trap sets what is done at a signal or at the end. The text is checked when
// it is set, so that a mistake in it is not found out in the trouble.
func (s *Shell) trap(args []string) int {
	args = args[:len(args):len(args)]
	rest := args[1:]
	if len(rest) > 0 && rest[0] == "--" {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		for name, text := range s.traps {
			s.out("trap -- %s %s\n", quote(text), name)
		}
		return 0
	}
	action := rest[0]
	if _, isNumber := process.ParseSignal(action); len(rest) == 1 || isNumber && action != "" && action[0] <= '9' {
		action = "-"
	} else {
		rest = rest[1:]
	}
	if action != "-" && action != "" {
		if _, err := s.sys.parse(action, "trap", s.bash); err != nil {
			return s.bad(args, "%s", syntaxText(err))
		}
	}
	for _, word := range rest {
		if s.setTrap(word, action) != nil {
			return s.bad(args, "%s: bad trap", word)
		}
	}
	return 0
}

func (s *Shell) setTrap(word, action string) error {
	if word == "EXIT" || word == "0" {
		if action == "-" {
			delete(s.traps, "EXIT")
		} else {
			s.traps["EXIT"] = action
		}
		s.exitOnSignal(action != "-" && action != "")
		return nil
	}
	sig, ok := process.ParseSignal(word)
	if !ok || sig == 0 {
		return syntax.LangError{}
	}
	switch action {
	case "-":
		delete(s.traps, signalName(sig))
		s.p.SetDisposition(sig, process.Default)
	case "":
		s.traps[signalName(sig)] = ""
		s.p.SetDisposition(sig, process.Ignore)
	default:
		s.traps[signalName(sig)] = action
		s.p.SetDisposition(sig, process.Catch)
	}
	return nil
}

// exitOnSignal lets bash run its EXIT trap when a signal ends it; dash does not.
func (s *Shell) exitOnSignal(on bool) {
	if !s.bash || !on {
		return
	}
	for _, sig := range []process.Signal{process.HUP, process.INT, process.TERM} {
		if s.p.Disposition(sig) == process.Default {
			s.p.SetDisposition(sig, process.Catch)
		}
	}
}

func (s *Shell) kill(args []string) int {
	sig, rest := process.TERM, args[1:]
	if len(rest) > 0 && rest[0] == "-l" {
		s.out("HUP INT QUIT KILL USR1 USR2 PIPE ALRM TERM CHLD CONT STOP\n")
		return 0
	}
	if len(rest) > 0 && strings.HasPrefix(rest[0], "-") && rest[0] != "--" {
		name := rest[0][1:]
		if name == "s" && len(rest) > 1 {
			name, rest = rest[1], rest[1:]
		}
		var ok bool
		if sig, ok = process.ParseSignal(name); !ok {
			return s.bad(args, "invalid signal %s", name)
		}
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0] == "--" {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return s.bad(args, "usage: kill [-s sigspec | -sigspec] pid...")
	}
	status := 0
	for _, word := range rest {
		pid, err := strconv.Atoi(word)
		if q := s.job(word); q != nil && strings.HasPrefix(word, "%") {
			pid, err = q.PID, nil
		}
		if err != nil {
			return s.bad(args, "Illegal number: %s", word)
		}
		if !s.p.Kill(pid, sig) {
			s.complain("kill: No such process")
			status = 1
		}
		s.p.Check()
	}
	return status
}

// commandBuiltin is command and builtin.
func (s *Shell) commandBuiltin(args []string) int {
	rest := args[1:]
	show := byte(0)
	for len(rest) > 0 && strings.HasPrefix(rest[0], "-") {
		switch rest[0] {
		case "-p", "--":
		case "-v", "-V":
			show = rest[0][1]
		default:
			return s.bad(args, "%s is not supported in the embedded fleet", rest[0])
		}
		rest = rest[1:]
	}
	switch {
	case len(rest) == 0:
		return 0
	case show != 0:
		return s.show(rest, show == 'V')
	case s.isBuiltin(rest[0]):
		return builtins[rest[0]](s, rest)
	}
	q := s.p.Fork()
	env := s.exported()
	return q.Run(func() int { return s.sys.Exec(q, rest, env) })
}

func (s *Shell) typeBuiltin(args []string) int { return s.show(args[1:], true) }

// show says what the names stand for.
func (s *Shell) show(names []string, long bool) int {
	status := 0
	for _, name := range names {
		what, line := "", name
		switch found, err := s.sys.lookup(s.p, name, s.get("PATH"), true); {
		case syntax.IsKeyword(name):
			what = name + " is a shell keyword"
		case s.funcs[name] != nil:
			what = name + " is a shell function"
		case s.isBuiltin(name):
			what = name + " is a shell builtin"
		case err == nil:
			what, line = name+" is "+found, found
		default:
			if long {
				s.complain("%s: not found", name)
			}
			status = 127
			if s.bash {
				status = 1
			}
			continue
		}
		if long {
			line = what
		}
		s.out("%s\n", line)
	}
	return status
}
