package lint

// The rule of this file: what a variable can hold is known only from what the
// file and the script say of it. What is not known is not assumed.

import (
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"belay/steps"
)

// values is what a script says of its own variables.
type values struct {
	set   map[string][]*syntax.Word // by assignment; a nil word is a value that is not seen
	temp  map[string]bool           // made by mktemp
	loose bool                      // it reads another file or text as shell: anything may be set
}

// values reads the assignments of a script, wherever they stand.
func (s *script) values() *values {
	if s.known != nil {
		return s.known
	}
	v := &values{set: map[string][]*syntax.Word{}, temp: map[string]bool{}}
	s.known = v
	syntax.Walk(s.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil && !n.Naked {
				v.assign(n.Name.Value, n.Value)
			}
		case *syntax.WordIter:
			v.set[n.Name.Value] = append(v.set[n.Name.Value], n.Items...)
			if len(n.Items) == 0 {
				v.assign(n.Name.Value, nil)
			}
		case *syntax.ParamExp:
			if n.Param != nil && n.Exp != nil && (n.Exp.Op == syntax.AssignUnset || n.Exp.Op == syntax.AssignUnsetOrNull) {
				v.assign(n.Param.Value, n.Exp.Word)
			}
		case *syntax.BinaryArithm:
			if w, ok := n.X.(*syntax.Word); ok && strings.HasSuffix(n.Op.String(), "=") {
				v.assign(literal(w), nil)
			}
		case *syntax.UnaryArithm:
			if w, ok := n.X.(*syntax.Word); ok && (n.Op == syntax.Inc || n.Op == syntax.Dec) {
				v.assign(literal(w), nil)
			}
		}
		return true
	})
	for _, c := range s.calls {
		v.call(c)
	}
	return v
}

func (v *values) assign(name string, w *syntax.Word) {
	v.set[name] = append(v.set[name], w)
	v.temp[name] = w != nil && substitutedBy(w) == "mktemp"
}

// call reads what a command sets by the names in its arguments.
func (v *values) call(c *call) {
	switch c.name {
	case "read", "mapfile", "readarray", "getopts", "unset":
		for _, w := range c.args {
			v.assign(literal(w), nil)
		}
	case "export", "readonly", "local", "declare", "typeset":
		for _, w := range c.args {
			name, _, given := strings.Cut(loose(w), "=")
			if given && !strings.Contains(name, hole) {
				v.assign(name, nil)
			}
		}
	case ".", "source", "eval":
		v.loose = true
	}
}

// substitutedBy is the name of the one command whose output a word is.
func substitutedBy(w *syntax.Word) string {
	parts := w.Parts
	if len(parts) == 1 {
		if q, ok := parts[0].(*syntax.DblQuoted); ok {
			parts = q.Parts
		}
	}
	if len(parts) != 1 {
		return ""
	}
	sub, ok := parts[0].(*syntax.CmdSubst)
	if !ok || len(sub.Stmts) == 0 {
		return ""
	}
	if c := callOf(sub.Stmts[0]); c != nil {
		return c.name
	}
	return ""
}

// shellSets are names that a login or the shell itself sets.
var shellSets = strings.Fields("HOME PATH USER LOGNAME SHELL PWD OLDPWD IFS PPID OPTIND OPTARG PS4 LANG TERM TMPDIR MAIL TZ EDITOR DISPLAY")

// bashSets are names that bash sets on top.
var bashSets = strings.Fields("RANDOM SECONDS UID EUID HOSTNAME HOSTTYPE OSTYPE MACHTYPE SHLVL LINENO FUNCNAME PIPESTATUS EPOCHSECONDS EPOCHREALTIME REPLY DIRSTACK GROUPS")

var setByName = regexp.MustCompile(`^(LC_|SSH_|XDG_|BELAY_)`)

// setOutside reports whether a name has a value before the script begins: on a
// host, or with "" on whatever host the script may run.
func (s *script) setOutside(host, name string) bool {
	if slices.Contains(shellSets, name) || setByName.MatchString(name) || len(s.book.vars(host, name)) > 0 || s.book.captured(s.Script, host, name) {
		return true
	}
	if secret, ok := strings.CutSuffix(name, "_FILE"); ok {
		if _, known := s.book.rb.Secrets[secret]; known {
			return true
		}
	}
	return s.Shell == "bash" && (slices.Contains(bashSets, name) || strings.HasPrefix(name, "BASH"))
}

// trait is what is asked of a value.
type trait int

const (
	filled trait = iota // it is not empty
	plain               // it is one word and no pattern, however it is quoted
)

var plainValue = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]*$`)

func (t trait) of(value string) bool {
	if t == filled {
		return value != ""
	}
	return plainValue.MatchString(value)
}

// sure are values that a run or a login gives: never empty, never with a blank.
var sure = strings.Fields("HOME BELAY_HOST BELAY_RUN BELAY_STEP BELAY_ATTEMPT BELAY_STAMP BELAY_OUT BELAY_ADDRESS ? $ # !")

// always reports whether a variable has a trait whatever happens, as far as the
// file and the script tell. What is not seen has none.
func (s *script) always(name string, t trait) bool { return s.variableHas(name, t, 0) }

// A variable may be made of others; a chain of four is followed.
func (s *script) variableHas(name string, t trait, depth int) bool {
	v := s.values()
	if depth > 4 || v.loose || len(v.set[name]) > 8 {
		return false
	}
	if words, own := v.set[name]; own {
		return !slices.ContainsFunc(words, func(w *syntax.Word) bool { return w == nil || !s.partsHave(w.Parts, t, depth+1) })
	}
	if slices.Contains(sure, name) {
		return true
	}
	if vars := s.book.vars("", name); len(vars) > 0 {
		return !slices.ContainsFunc(vars, func(v steps.Var) bool { return !t.ofVar(v) })
	}
	return t == filled && !s.elsewhere && s.book.captured(s.Script, "", name) // a captured value is never empty
}

// ofVar judges a variable of the file; an input by whether its pattern refuses
// an empty answer, and by the example of one.
func (t trait) ofVar(v steps.Var) bool {
	if !v.IsInput() {
		return t.of(v.Value)
	}
	return v.Match != "" && v.Accepts("") != nil && t.of(v.Rehearsal)
}

// partsHave judges a word: it is filled when one of its parts is, and plain
// when all of them are.
func (s *script) partsHave(parts []syntax.WordPart, t trait, depth int) bool {
	for _, p := range parts {
		if has := s.partHas(p, t, depth); has == (t == filled) {
			return has
		}
	}
	return t == plain
}

func (s *script) partHas(p syntax.WordPart, t trait, depth int) bool {
	switch p := p.(type) {
	case *syntax.Lit:
		return t.of(unescaped(p.Value))
	case *syntax.SglQuoted:
		return t.of(p.Value)
	case *syntax.DblQuoted:
		return s.partsHave(p.Parts, t, depth)
	case *syntax.ArithmExp:
		return true
	case *syntax.CmdSubst:
		return len(p.Stmts) == 1 && callOf(p.Stmts[0]) != nil && callOf(p.Stmts[0]).is("mktemp", "date", "id", "nproc", "uname")
	case *syntax.ParamExp:
		switch {
		case p.Param == nil:
			return false
		case p.Length:
			return true
		case p.Exp != nil && p.Exp.Op == syntax.ErrorUnsetOrNull: // ${NAME:?} stops the script
			return t == filled || s.variableHas(p.Param.Value, t, depth)
		case p.Exp != nil || p.Slice != nil || p.Repl != nil:
			return t == plain && s.variableHas(p.Param.Value, t, depth)
		}
		return s.variableHas(p.Param.Value, t, depth)
	}
	return false
}
