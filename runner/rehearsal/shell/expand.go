// Words and variables. The rule of this file: whatever the expansion asks for
// is answered from the simulated host; it never asks the real machine.
package shell

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"belay/runner/rehearsal/process"
)

func (s *Shell) configure() {
	s.cfg = &expand.Config{Env: environ{s}, CmdSubst: s.substitute}
	s.optionsChanged()
}

// optionsChanged tells the expansion of set -f, -u and shopt.
func (s *Shell) optionsChanged() {
	s.cfg.NoUnset = s.opts.nounset
	s.cfg.NullGlob, s.cfg.DotGlob = s.opts.nullglob, s.opts.dotglob
	s.cfg.ExtGlob, s.cfg.GlobStar, s.cfg.NoCaseGlob = s.opts.extglob, s.opts.globstar, s.opts.nocaseglob
	s.cfg.ReadDir2 = s.readDir
	if s.opts.noglob {
		s.cfg.ReadDir2 = nil
	}
}

// readDir answers the globs.
func (s *Shell) readDir(name string) ([]fs.DirEntry, error) {
	s.p.Check()
	return s.p.Files().ReadDir(s.p.Abs(name))
}

// substitute runs $( ) in a subshell and writes its output to w.
func (s *Shell) substitute(w io.Writer, cs *syntax.CmdSubst) error {
	out, d := process.NewCapture()
	q := s.p.Fork()
	replace(q, 1, d)
	c := s.fork(q)
	if c.tested = 0; s.bash {
		c.opts.errexit = false // bash without its posix mode
	}
	s.subst = q.Run(func() int {
		if name := onlyInput(cs); name != nil { // $(<file)
			return c.catFile(name)
		}
		if len(cs.Stmts) == 1 {
			return c.branch(cs.Stmts[0])
		}
		c.stmts(cs.Stmts)
		return c.finish()
	})
	select {
	case <-out.Done(): // those whom it left behind may still write
	case <-s.p.Dead():
		s.p.Check()
	}
	_, err := w.Write(out.Bytes())
	return err
}

func onlyInput(cs *syntax.CmdSubst) *syntax.Redirect {
	if len(cs.Stmts) != 1 {
		return nil
	}
	st := cs.Stmts[0]
	if st.Cmd != nil || st.Negated || len(st.Redirs) != 1 || st.Redirs[0].Op != syntax.RdrIn {
		return nil
	}
	return st.Redirs[0]
}

func (s *Shell) catFile(rd *syntax.Redirect) int {
	undo, err := s.redirect([]*syntax.Redirect{rd}, s.p)
	defer undo.restore(s.p)
	if err != nil {
		s.redirectFailed(err)
		return s.status
	}
	if s.bash {
		_, _ = io.Copy(s.p.Stdout(), s.p.Stdin())
	}
	return 0
}

// expanded handles what expansion complains about: as in dash, it ends the
// shell.
func (s *Shell) expanded(err error) {
	if err == nil || s.jump.kind == exiting {
		return
	}
	var unset expand.UnsetParameterError
	text := err.Error()
	if errors.As(err, &unset) && unset.Message == "unbound variable" && !s.bash {
		text = unset.Node.Param.Value + ": parameter not set"
	}
	s.complain("%s", text)
	status := 2
	if s.bash {
		status = 1
	}
	s.fatal(status)
}

func (s *Shell) fields(words ...*syntax.Word) []string {
	out, err := expand.Fields(s.cfg, words...)
	s.expanded(err)
	return out
}

func (s *Shell) literal(w *syntax.Word) string {
	if w == nil {
		return ""
	}
	out, err := expand.Literal(s.cfg, w)
	s.expanded(err)
	return out
}

func (s *Shell) document(w *syntax.Word) string {
	out, err := expand.Document(s.cfg, w)
	s.expanded(err)
	return out
}

func (s *Shell) pattern(w *syntax.Word) string {
	out, err := expand.Pattern(s.cfg, w)
	s.expanded(err)
	return out
}

func (s *Shell) arithm(x syntax.ArithmExpr) int {
	n, err := expand.Arithm(s.cfg, x)
	s.expanded(err)
	return n
}

// environ shows the shell's variables to the expansion.
type environ struct{ s *Shell }

func text1(v string) expand.Variable {
	return expand.Variable{Set: true, Kind: expand.String, Str: v}
}

// Get answers for variables, special parameters and "HOME user".
func (e environ) Get(name string) expand.Variable {
	s := e.s
	switch name {
	case "@", "*":
		return expand.Variable{Set: true, Kind: expand.Indexed, List: append([]string{}, s.params...)}
	case "#":
		return text1(strconv.Itoa(len(s.params)))
	case "?":
		return text1(strconv.Itoa(s.status))
	case "$":
		return text1(strconv.Itoa(s.pid))
	case "!":
		if s.lastBg > 0 {
			return text1(strconv.Itoa(s.lastBg))
		}
		return expand.Variable{}
	case "-":
		return text1(s.flags())
	case "0":
		return text1(s.name)
	}
	if n, err := strconv.Atoi(name); err == nil && n > 0 {
		if n <= len(s.params) {
			return text1(s.params[n-1])
		}
		return expand.Variable{}
	}
	if user, ok := strings.CutPrefix(name, "HOME "); ok {
		return text1(s.homeOf(user))
	}
	if s.bash {
		switch name {
		case "RANDOM":
			return text1(strconv.Itoa(rand.IntN(32768)))
		case "BASHPID":
			return text1(strconv.Itoa(s.p.PID))
		case "UID", "EUID":
			return text1(s.p.Table().UID())
		case "HOSTNAME":
			return text1(s.p.Table().Host)
		}
	}
	return s.vars[name]
}

// homeOf answers ~user. For a user the host does not have, the word stays.
func (s *Shell) homeOf(user string) string {
	t := s.p.Table()
	switch user {
	case t.User:
		return t.Home
	case "root":
		return "/root"
	}
	return "~" + user
}

// Each walks the variables.
func (e environ) Each(fn func(string, expand.Variable) bool) {
	for name, v := range e.s.vars {
		if !fn(name, v) {
			return
		}
	}
}

// Set is for ${name:=value} and arithmetic.
func (e environ) Set(name string, v expand.Variable) error {
	if e.s.vars[name].ReadOnly {
		return fmt.Errorf("%s: is read only", name)
	}
	if !e.s.assign(name, v) {
		return fmt.Errorf("%s: cannot be set", name)
	}
	return nil
}

// assign sets a variable and keeps its attributes. A read-only one ends the
// shell, as in dash.
func (s *Shell) assign(name string, v expand.Variable) bool {
	old := s.vars[name]
	if old.ReadOnly {
		s.complain("%s: is read only", name)
		s.fatal(2)
		return false
	}
	v.Exported = v.Exported || old.Exported || s.opts.allexport
	if v.Kind == expand.String && old.Kind == expand.Indexed && len(old.List) > 0 {
		list := slices.Clone(old.List)
		list[0] = v.Str
		v = expand.Variable{Set: true, Exported: v.Exported, Kind: expand.Indexed, List: list}
	}
	s.vars[name] = v
	if name == "OPTIND" {
		s.optind, _ = strconv.Atoi(v.Str)
		s.getopt = 0
	}
	return true
}

// exported is the environment of a command.
func (s *Shell) exported() []string {
	var out []string
	for name, v := range s.vars {
		if v.Exported && v.Set && v.Kind == expand.String {
			out = append(out, name+"="+v.Str)
		}
	}
	slices.Sort(out)
	return out
}

// get is the text of a variable.
func (s *Shell) get(name string) string { return environ{s}.Get(name).String() }

// absolute is a clean path that keeps symlinks, for cd.
func absolute(dir, name string) string {
	if !strings.HasPrefix(name, "/") {
		name = dir + "/" + name
	}
	return path.Clean(name)
}
