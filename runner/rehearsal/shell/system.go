// Programs: how a name becomes something that runs. The rule of this file: a
// program is a file of the simulated host. It is one of the fleet's Go
// commands when it says so in its first line, and a script otherwise; nothing
// else is ever started.
package shell

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"mvdan.cc/sh/v3/syntax"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

// GoMark begins the file that stands for a command in Go; its name follows.
const GoMark = "#!go "

// DefaultPath is the PATH of a process that has none.
const DefaultPath = "/usr/local/bin:/usr/bin:/bin"

// System is what all shells of one host share.
type System struct {
	// Programs are the commands in Go, by name.
	Programs map[string]process.Program
	// Missing is what is said of a command that nobody supplied.
	Missing func(name string) string

	mu       sync.Mutex
	trees    map[treeKey]*syntax.File
	patterns map[string]*regexp.Regexp
}

// NewSystem adds the shells to the given commands.
func NewSystem(programs map[string]process.Program) *System {
	sys := &System{Programs: programs, Missing: func(name string) string { return name + ": not found" }}
	for _, name := range []string{"sh", "dash", "ash", "bash"} {
		programs[name] = sys.shell
	}
	for _, name := range []string{"test", "[", "printf", "echo", "true", "false", "kill", "pwd"} {
		programs[name] = sys.lonelyBuiltin
	}
	return sys
}

// lonelyBuiltin runs a builtin as the program of the same name, for xargs and
// env.
func (sys *System) lonelyBuiltin(c *process.Call) int {
	s := sys.New(c.Process, true, c.Args[0], nil)
	return builtins[path.Base(c.Args[0])](s, c.Args)
}

// lookup finds a program by PATH. With run it must be executable.
func (sys *System) lookup(p *process.Process, name, list string, run bool) (string, error) {
	if strings.Contains(name, "/") {
		return name, sys.runnable(p, name, run)
	}
	err := error(fs.ErrNotExist)
	for dir := range strings.SplitSeq(list, ":") {
		if dir == "" {
			dir = "."
		}
		found := path.Join(dir, name)
		switch ferr := sys.runnable(p, found, run); ferr {
		case nil:
			return found, nil
		case fs.ErrPermission:
			err = ferr
		}
	}
	return "", err
}

func (sys *System) runnable(p *process.Process, name string, run bool) error {
	info, err := p.Files().Stat(p.Abs(name), true)
	switch {
	case err != nil:
		return fs.ErrNotExist
	case info.IsDir(), run && info.Mode()&0o111 == 0:
		return fs.ErrPermission
	}
	return nil
}

// Exec makes p run args: execve(2). It returns the status that p ends with.
func (sys *System) Exec(p *process.Process, args, env []string) int {
	p.Replace(args, env)
	list := p.Env("PATH")
	if list == "" {
		list = DefaultPath
	}
	found, err := sys.lookup(p, args[0], list, true)
	if err == fs.ErrPermission {
		fmt.Fprintf(p.Stderr(), "sh: %s: Permission denied\n", args[0])
		return 126
	}
	if err != nil {
		text := sys.Missing(args[0])
		if strings.Contains(args[0], "/") {
			text = args[0] + ": not found"
		}
		fmt.Fprintf(p.Stderr(), "sh: %s\n", text)
		return 127
	}
	data, err := p.Files().ReadFile(p.Abs(found))
	if err != nil {
		fmt.Fprintf(p.Stderr(), "sh: %s: %s\n", args[0], files.Reason(err))
		return 126
	}
	return sys.run(p, found, string(data), args)
}

func (sys *System) run(p *process.Process, file, text string, args []string) int {
	first, _, _ := strings.Cut(text, "\n")
	if name, ok := strings.CutPrefix(first, GoMark); ok {
		program := sys.Programs[strings.TrimSpace(name)]
		if program == nil {
			fmt.Fprintf(p.Stderr(), "sh: %s\n", sys.Missing(name))
			return 127
		}
		return program(&process.Call{Process: p, Args: args})
	}
	if strings.IndexByte(text[:min(len(text), 512)], 0) >= 0 {
		fmt.Fprintf(p.Stderr(), "sh: %s: cannot execute: %s\n", args[0], "not a script, and the embedded fleet runs scripts only")
		return 126
	}
	bash, err := interpreter(first)
	if err != nil {
		fmt.Fprintf(p.Stderr(), "sh: %s: %v\n", args[0], err)
		return 126
	}
	return sys.New(p, bash, file, args[1:]).Script(text)
}

// interpreter reads a #! line: is it bash, or a POSIX shell?
func interpreter(line string) (bash bool, err error) {
	rest, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return false, nil
	}
	words := strings.Fields(rest)
	if len(words) > 1 && path.Base(words[0]) == "env" {
		words = words[1:]
	}
	if len(words) == 0 {
		return false, nil
	}
	switch path.Base(words[0]) {
	case "sh", "dash", "ash":
		return false, nil
	case "bash":
		return true, nil
	}
	return false, fmt.Errorf("%s: the embedded fleet runs sh and bash scripts only", words[0])
}

// shell is the program sh, under all its names.
func (sys *System) shell(c *process.Call) int {
	s := sys.New(c.Process, path.Base(c.Args[0]) == "bash", path.Base(c.Args[0]), nil)
	rest := c.Args[1:]
	command, fromInput := false, false
	for len(rest) > 0 && len(rest[0]) > 1 && (rest[0][0] == '-' || rest[0][0] == '+') {
		word := rest[0]
		rest = rest[1:]
		if word == "--" {
			break
		}
		if word == "--norc" || word == "--noprofile" || word == "--posix" || word == "--login" {
			continue
		}
		used, ok := sys.startOption(s, word, rest, &command, &fromInput)
		if !ok {
			s.complain("Illegal option %s", word)
			return 2
		}
		rest = rest[used:]
	}
	s.optionsChanged()
	return sys.start(s, rest, command, fromInput)
}

// startOption reads one word of options of sh: those of set, and c, s, l, i.
func (sys *System) startOption(s *Shell, word string, rest []string, command, fromInput *bool) (used int, ok bool) {
	others := word[:1]
	for _, r := range word[1:] {
		switch r {
		case 'c':
			*command = true
		case 's':
			*fromInput = true
		case 'l', 'i':
		default:
			others += string(r)
		}
	}
	if len(others) == 1 {
		return 0, true
	}
	return s.option(others, rest)
}

func (sys *System) start(s *Shell, rest []string, command, fromInput bool) int {
	switch {
	case command:
		if len(rest) == 0 {
			s.complain("-c requires an argument")
			return 2
		}
		if s.params = rest[1:]; len(rest) > 1 {
			s.name, s.params = rest[1], rest[2:]
		}
		return s.Script(rest[0])
	case len(rest) == 0 || fromInput:
		s.params = rest
		text, err := io.ReadAll(s.p.Stdin())
		if err != nil && err != syscall.EBADF {
			s.complain("%s", files.Reason(err))
			return 2
		}
		return s.Script(string(text))
	}
	s.name, s.params = rest[0], rest[1:]
	data, err := s.p.Files().ReadFile(s.p.Abs(rest[0]))
	if err != nil {
		s.complain("cannot open %s: %s", rest[0], files.Reason(err))
		if os.IsNotExist(err) || err == fs.ErrNotExist {
			return 127 - 125*oneIf(!s.bash)
		}
		return 126
	}
	if bytes.HasPrefix(data, []byte(GoMark)) {
		s.complain("%s: cannot execute binary file", rest[0])
		return 126
	}
	return s.Script(string(data))
}
