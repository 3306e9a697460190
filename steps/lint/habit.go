package lint

// The rule of this file: what is fine at a prompt, with a person before it, and
// is not in a script that runs once, alone, and maybe again.

import (
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"belay/steps"
)

// curlWithoutFail finds curl that ends with 0 for an error page.
func curlWithoutFail(s *script) {
	for _, c := range s.calls {
		if !c.is("curl") {
			continue
		}
		o := anywhere(c.args, "XHdomuwKbceFTAEQrxUyYzC", "request", "header", "data", "output", "max-time", "user", "write-out", "config", "retry", "connect-timeout", "cacert", "cert", "key", "url")
		asksCode := false
		for _, w := range c.args {
			asksCode = asksCode || strings.Contains(loose(w), "http_code") || strings.Contains(loose(w), "response_code")
		}
		if o.has('f') || o.has('V') || o.has('h') || o.any("fail", "fail-with-body", "version", "help") || asksCode || c.optionsInVariable() || s.Role == steps.RoleLog {
			continue
		}
		s.pos(c.at, "curl ends with 0 for a 404 or a 500 too: -f makes it fail (curl -fsS --max-time 10)")
	}
}

// sshInScript finds a script that goes to a server on its own.
func sshInScript(s *script) {
	for _, c := range s.calls {
		switch {
		case c.is("ssh"):
			o, command := c.ssh()
			if len(o.rest) > 0 && !strings.ContainsAny(o.short, "VGQ") && (len(command) > 0 || c.fed()) {
				s.pos(c.at, "Belay cannot know what ssh starts there: whether it ran, how it ended, how to undo it. Give the step its host (on = ...)")
			}
		case c.is("scp", "sftp"), c.is("rsync") && slices.ContainsFunc(c.args, isRemotePath):
			s.pos(c.at, "%s goes to another server by itself, with keys that it finds here, past Belay's check of the host: let that server fetch the file, or write it with a step of kind edit", c.name)
		}
	}
}

var remotePath = regexp.MustCompile(`^(?:[A-Za-z0-9_.-]+@)?[A-Za-z0-9_.\x00-]+:[^/]?|^rsync://`)

func isRemotePath(w *syntax.Word) bool {
	text := loose(w)
	return !strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "/") && strings.Contains(text, ":") && remotePath.MatchString(text)
}

// stateIsLost finds a script whose last command only changes the shell that
// ends with it.
func stateIsLost(s *script) {
	if s.Role != steps.RoleScript || len(s.file.Stmts) == 0 {
		return
	}
	st := s.file.Stmts[len(s.file.Stmts)-1]
	const why = "this ends with the script: the next step is a new shell. "
	const shared = "A value that others need is in [vars], or captured"
	switch x := st.Cmd.(type) {
	case *syntax.DeclClause:
		s.pos(st, why+shared)
	case *syntax.CallExpr:
		if len(x.Args) == 0 {
			if !hasSubst(x) {
				s.pos(st, why+shared)
			}
			return
		}
		switch c := newCall(x, st, nil); c.name {
		case "cd", "pushd":
			s.pos(st, why+"Say dir = ... where a folder is needed")
		case ".", "source":
			s.pos(st, why+"Call what is needed by its path (venv/bin/python)")
		case "export", "alias", "umask", "ulimit", "unset":
			s.pos(st, why+shared)
		}
	}
}

// hasSubst reports whether a command is carried out for its output: that may fail.
func hasSubst(n syntax.Node) (found bool) {
	syntax.Walk(n, func(n syntax.Node) bool {
		_, sub := n.(*syntax.CmdSubst)
		found = found || sub
		return !found
	})
	return found
}

// appendTwice finds >> into a file that is read later, in a step that may be
// tried again.
func appendTwice(s *script) {
	if s.Step == nil || s.looks() || s.Step.Retry == "never" {
		return
	}
	made := map[string]bool{}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if r, ok := n.(*syntax.Redirect); ok && (r.Op == syntax.RdrOut || r.Op == syntax.RdrClob) {
			made[loose(r.Word)+shownPart(s.Text, r.Word)] = true
		}
		return true
	})
	asked := s.asked()
	for _, c := range s.calls {
		if c.wrapped("exec") == nil && c.is("exec") { // it redirects what follows: a log
			asked = append(asked, c.stmt)
		}
	}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		r, ok := n.(*syntax.Redirect)
		if !ok || r.Op != syntax.AppOut || s.harmless(r.Word) || made[loose(r.Word)+shownPart(s.Text, r.Word)] || strings.HasSuffix(loose(r.Word), ".log") || isArgument(r.Word) ||
			slices.ContainsFunc(asked, func(a syntax.Node) bool { return within(r, a) }) {
			return true
		}
		s.at(r.OpPos.Offset(), "a retry appends this a second time: ask first whether it is there (grep -q ... || ...), write the whole file, or take a step of kind edit")
		return true
	})
}

// isArgument reports whether a word is $1, a file that a caller names.
func isArgument(w *syntax.Word) bool {
	parts := flat(w.Parts)
	if len(parts) == 0 {
		return false
	}
	p, ok := parts[0].(*syntax.ParamExp)
	return ok && p.Param != nil && strings.Trim(p.Param.Value, "0123456789") == ""
}

// asked lists what is only carried out after a question.
func (s *script) asked() (out []syntax.Node) {
	syntax.Walk(s.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.IfClause:
			for _, st := range n.Then {
				out = append(out, st)
			}
			if n.Else != nil {
				out = append(out, n.Else)
			}
		case *syntax.CaseClause:
			out = append(out, n)
		case *syntax.BinaryCmd:
			if !isPipe(n) {
				out = append(out, n.Y)
			}
		}
		return true
	})
	return out
}

// onlyBash are commands that sh need not have.
var onlyBash = map[string]string{
	"source": "sh has the dot: . file", "[[": "sh has [ ... ]", "pushd": "say dir, or cd", "popd": "say dir, or cd", "shopt": "", "mapfile": "", "readarray": "",
	"declare": "", "typeset": "", "let": "sh has $(( ... ))", "disown": "", "((": "sh has $(( ... ))",
}

func isDoubleEquals(w *syntax.Word) bool {
	l, ok := firstPart(w).(*syntax.Lit)
	return ok && l.Value == "=="
}

var braces = regexp.MustCompile(`\{[0-9]+\.\.[0-9]+\}|\{[^{},\s]*(?:,[^{},\s]*)+\}`)

// bashInSh finds what bash carries out and another sh takes otherwise, or not
// at all. What does not even parse is reported as such.
func bashInSh(s *script) {
	if s.Shell == "bash" {
		return
	}
	const say = `: shell = "bash" if it has to be`
	for _, c := range s.calls {
		hint, is := onlyBash[c.name]
		switch {
		case is && hint != "":
			s.pos(c.at, "sh need not know %s (%s)%s", c.name, hint, say)
		case is:
			s.pos(c.at, "sh need not know %s%s", c.name, say)
		case c.is("[", "test") && slices.ContainsFunc(c.args, isDoubleEquals):
			s.pos(c.at, "sh compares with =, and not every sh knows ==")
		case c.is("set") && contains(literals(c.args), "pipefail"):
			s.pos(c.at, "not every sh knows pipefail, and ends here%s", say)
		case c.is("read") && anywhere(c.args, "").has('p'), literal(c.at) == "echo" && len(c.args) > 0 && literal(c.args[0]) == "-e":
			s.pos(c.at, "sh takes this option of %s for text%s", c.name, say)
		}
		s.checkBraces(c.args, say)
	}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if w, ok := n.(*syntax.WordIter); ok {
			s.checkBraces(w.Items, say)
		}
		return true
	})
}

func (s *script) checkBraces(words []*syntax.Word, say string) {
	for _, w := range words {
		for _, p := range w.Parts {
			if l, ok := p.(*syntax.Lit); ok && braces.MatchString(l.Value) {
				s.pos(w, "sh does not expand braces: this stays as it is%s", say)
				return
			}
		}
	}
}

// logUnbounded finds a log that is printed from its very beginning.
func logUnbounded(s *script) {
	for _, c := range s.calls {
		path, args := c.docker()
		o := anywhere(args, "n", "tail", "since", "until")
		if s.Role != steps.RoleLog && c.endless() != "" {
			continue
		}
		switch {
		case last(path) == "logs":
		case c.is("kubectl") && last(verb(c)) == "logs", c.is("journalctl") && c.endless() == "":
			o = anywhere(c.args, "nuSUgp", "lines", "since", "until", "tail", "unit")
		default:
			continue
		}
		if o.has('n') || o.has('S') || o.any("tail", "since", "until", "lines", "disk-usage", "vacuum-size", "vacuum-time", "rotate", "flush", "list-boots", "update-catalog", "verify", "header") || c.kept() || s.outer != nil && c.keptOutside(s) {
			continue
		}
		s.pos(c.at, "%s prints the log from its very beginning: say how much of it (--tail 200, --since)", c.shown())
	}
}

// keptOutside reports whether the output of a command that is handed on goes
// somewhere in the script that hands it on. Words keep what they stand in.
func (c *call) keptOutside(s *script) bool {
	for o := s; o.outer != nil; o = o.outer {
		for _, x := range o.outer.calls {
			if x.handsOn().text != nil && o.offsets != nil && within(firstOf(x.handsOn().text), x.expr) && uint(o.offsets[0]) >= x.expr.Pos().Offset() && uint(o.offsets[0]) < x.expr.End().Offset() {
				return x.kept()
			}
		}
	}
	return false
}
