package lint

// The rule of this file: a variable has a value, the one that is meant, and
// reaches the command as one word.

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"belay/steps"
)

// unsetVariable finds names that neither the runbook nor the script sets.
func unsetVariable(s *script) {
	if s.Role == steps.RoleUndo {
		return
	}
	s.unset(func(p *syntax.ParamExp, where string) {
		s.pos(p, "$%s is set nowhere%s: no variable of the runbook, nothing captured before this step, none of the script's own; set -u ends the script here", p.Param.Value, where)
	})
}

// undoUncaptured is the same for what an undo falls back on.
func undoUncaptured(s *script) {
	if s.Role != steps.RoleUndo {
		return
	}
	s.unset(func(p *syntax.ParamExp, where string) {
		s.pos(p, "nobody captured $%s%s, so the undo cannot know it: let the step's script write it to $BELAY_OUT, with capture = { %s = \"first\" }", p.Param.Value, where, p.Param.Value)
	})
}

// unset calls tell for the first use of each name that has no value.
func (s *script) unset(tell func(p *syntax.ParamExp, where string)) {
	if s.values().loose {
		return
	}
	told := map[string]bool{}
	guarded := s.guarded()
	syntax.Walk(s.file, func(n syntax.Node) bool {
		p, ok := n.(*syntax.ParamExp)
		if !ok || p.Param == nil || told[p.Param.Value] || guarded[p.Param.Value] || !isVariable(p) {
			return true
		}
		name := p.Param.Value
		if _, own := s.values().set[name]; own {
			return true
		}
		if missing, all := s.without(name); missing != "" {
			told[name] = true
			if all {
				missing = ""
			}
			tell(p, missing)
		}
		return true
	})
}

// isVariable reports whether an expansion fails when the name has no value.
func isVariable(p *syntax.ParamExp) bool {
	name := p.Param.Value
	if name == "" || !isLetter(rune(name[0])) && name[0] != '_' || p.Excl || p.Names != 0 {
		return false
	}
	if p.Exp == nil {
		return true
	}
	switch p.Exp.Op {
	case syntax.RemSmallPrefix, syntax.RemLargePrefix, syntax.RemSmallSuffix, syntax.RemLargeSuffix:
		return true
	}
	return false // ${NAME:-...}, ${NAME:+...} and ${NAME:?...} say what to do then
}

// guarded names the variables that a script asks about before it uses them.
func (s *script) guarded() map[string]bool {
	out := map[string]bool{}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil && !isVariable(p) {
			out[p.Param.Value] = true
		}
		return true
	})
	return out
}

// without says on which hosts of the script a name has no value; all when it
// has none anywhere.
func (s *script) without(name string) (where string, all bool) {
	hosts := s.book.hosts(s.Script)
	if hosts == nil {
		if s.setOutside("", name) {
			return "", false
		}
		return "everywhere", true
	}
	var missing []string
	for _, h := range hosts {
		if !s.setOutside(h, name) {
			missing = append(missing, h)
		}
	}
	if len(missing) == 0 {
		return "", false
	}
	return " on " + strings.Join(missing, ", "), len(missing) == len(hosts)
}

// movers are commands whose arguments are files that they change.
var movers = strings.Fields("rm mv cp ln cd mkdir rmdir chmod chown chgrp touch install truncate unlink shred")

// unquotedPath finds a variable that a blank or a star in its value turns into
// other files.
func unquotedPath(s *script) {
	for _, c := range s.calls {
		for _, w := range c.args {
			if p := s.splits(w, c.is(movers...)); p != nil {
				s.pos(p, "without quotes a blank or a * in %s makes other files of this path: \"%s\"", shownPart(s.Text, p), shownPart(s.Text, p))
				break
			}
		}
	}
}

// splits gives the part of a path that the shell would split.
func (s *script) splits(w *syntax.Word, moves bool) *syntax.ParamExp {
	for i, part := range w.Parts {
		p, ok := part.(*syntax.ParamExp)
		if !ok || p.Param == nil || p.Length || !isPathPart(w.Parts, i) && !(moves && len(w.Parts) == 1) {
			continue
		}
		if name := p.Param.Value; isLetter(rune((name + " ")[0])) && !s.always(name, plain) {
			return p
		}
	}
	return nil
}

// isPathPart reports whether a slash stands right before or after a part.
func isPathPart(parts []syntax.WordPart, i int) bool {
	if i > 0 {
		if l, ok := parts[i-1].(*syntax.Lit); ok && strings.HasSuffix(l.Value, "/") {
			return true
		}
	}
	if i+1 < len(parts) {
		if l, ok := parts[i+1].(*syntax.Lit); ok && strings.HasPrefix(l.Value, "/") {
			return true
		}
	}
	return false
}

func shownPart(src string, n syntax.Node) string {
	from, to := n.Pos().Offset(), n.End().Offset()
	if from < to && to <= uint(len(src)) {
		return src[from:to]
	}
	return "it"
}

// tilde finds a ~ that its quotes keep from becoming a home, and one that
// becomes the home here and is meant for another machine.
func tilde(s *script) {
	for _, c := range s.calls {
		if c.is("ssh") {
			_, words := c.ssh()
			s.tildeHere(words, "on the other server")
			continue
		}
		if h := c.handsOn(); h.elsewhere {
			s.tildeHere(h.words, "in there")
		}
		if !c.is("echo", "printf", "grep", "logger") {
			for _, w := range c.args {
				s.tildeQuoted(w)
			}
		}
	}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if a, ok := n.(*syntax.Assign); ok && a.Value != nil {
			s.tildeQuoted(a.Value)
		}
		return true
	})
}

func (s *script) tildeHere(words []*syntax.Word, there string) {
	for _, w := range words {
		if l, ok := firstPart(w).(*syntax.Lit); ok && (l.Value == "~" || strings.HasPrefix(l.Value, "~/")) {
			s.pos(w, "without quotes ~ becomes the home here, and is meant for the one %s", there)
			return
		}
	}
}

func firstPart(w *syntax.Word) syntax.WordPart {
	if len(w.Parts) == 0 {
		return nil
	}
	return w.Parts[0]
}

func (s *script) tildeQuoted(w *syntax.Word) {
	text := loose(w)
	switch p := firstPart(w).(type) {
	case *syntax.DblQuoted, *syntax.SglQuoted:
		if strings.HasPrefix(text, "~/") && !strings.ContainsAny(text, " \t\n") {
			s.pos(w, "between quotes ~ is a folder of that name: write \"$HOME/...\"")
		}
	case *syntax.Lit:
		if name, rest, ok := strings.Cut(p.Value, "="); ok && strings.HasPrefix(name, "-") && strings.HasPrefix(rest, "~/") {
			s.pos(w, "after %s= the shell leaves ~ as it is: write \"$HOME/...\"", name)
		}
	}
}

// tildeInPath looks at the paths that Belay expands, which knows $HOME alone.
func tildeInPath(b *book) {
	look := func(path, text string) {
		if text == "~" || strings.HasPrefix(text, "~/") {
			b.value(path, "~ means nothing here: Belay expands $NAME alone")
		}
	}
	for s := range b.rb.Steps() {
		look(s.Path()+".dir", s.Dir)
		if s.Undo != nil {
			look(s.Path()+".undo.dir", s.Undo.Dir)
		}
		if s.File != nil {
			look(s.Path()+".file.path", s.File.Path)
		}
	}
}

// rmUnguarded finds rm -r on a path that begins or ends elsewhere once a
// variable in it is empty.
func rmUnguarded(s *script) {
	for _, c := range s.calls {
		if !c.is("rm") {
			continue
		}
		o := anywhere(c.args, "")
		if !o.has('r') && !o.has('R') && !o.any("recursive") {
			continue
		}
		for _, w := range o.rest {
			if p, left := s.emptied(w); p != nil {
				s.pos(p, "if %s is empty this removes %s: write ${%s:?}, which stops the script then", shownPart(s.Text, p), left, p.Param.Value)
				break
			}
		}
	}
}

// emptied gives the variable of a path that may be empty, and what is left of
// the path then, when that is a folder that nobody meant.
func (s *script) emptied(w *syntax.Word) (which *syntax.ParamExp, left string) {
	var b strings.Builder
	for _, part := range flat(w.Parts) {
		p, isParam := part.(*syntax.ParamExp)
		switch {
		case isParam && p.Param != nil && !s.partHas(p, filled, 0):
			if which == nil {
				which = p
			}
		case isParam:
			b.WriteString(shownPart(s.Text, p))
		default:
			b.WriteString(strings.ReplaceAll(loose(&syntax.Word{Parts: []syntax.WordPart{part}}), hole, "..."))
		}
	}
	left = b.String()
	whole := strings.TrimRight(left, "*")
	if which == nil || whole == "" && !strings.Contains(left, "*") {
		return nil, ""
	}
	if first := flat(w.Parts); first[0] == syntax.WordPart(which) && strings.HasPrefix(left, "/") || slices.Contains([]string{"", "/", "./", "../"}, whole) || strings.HasSuffix(whole, "/") {
		return which, left
	}
	return nil, ""
}
