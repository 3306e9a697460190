package lint

// The rule of this file: what is rolled out is named so that it is the same on
// every server, on every night, and on the way back.

import (
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

var branches = strings.Fields("main master develop trunk origin/main origin/master origin/develop upstream/main upstream/master FETCH_HEAD @{u} @{upstream}")

var movingURL = regexp.MustCompile(`://[^\s]*/(?:latest|master|main|HEAD|nightly)/`)

func movingRef(s *script) {
	for _, c := range s.calls {
		for _, w := range c.args {
			if text := loose(w); strings.HasSuffix(text, ":latest") || strings.HasSuffix(text, "@latest") {
				s.pos(w, "latest is another version tomorrow, and on another server: name the version, or the digest")
				break
			}
		}
		switch c.name {
		case "git":
			s.movingBranch(c)
		case "docker", "podman", "nerdctl":
			s.movingImage(c)
		case "pip", "pip3", "pipx", "uv":
			s.movingPackage(c)
		case "curl", "wget":
			s.movingDownload(c)
		case "npm", "yarn", "pnpm":
			s.movingModule(c)
		}
	}
}

func (s *script) movingBranch(c *call) {
	path, args := c.verbs(1)
	o := anywhere(args, "bBms", "branch", "depth", "strategy")
	switch verb := last(path); verb {
	case "pull":
		if !slices.ContainsFunc(o.rest, func(w *syntax.Word) bool { return strings.Contains(loose(w), hole) }) {
			s.pos(c.at, "git pull takes whatever is there at this minute: fetch one commit by its number, and check that out")
		}
	case "checkout", "switch", "reset", "merge", "rebase":
		for _, w := range o.rest {
			if !o.has('b') && !o.has('B') && slices.Contains(branches, literal(w)) {
				s.pos(w, "git %s %s goes to whatever %s is at this minute: name the commit", verb, literal(w), literal(w))
				return
			}
		}
	case "clone":
		if w := firstOf(o.value['b'], o.long["branch"]); w != nil && slices.Contains(branches, literal(w)) {
			s.pos(w, "git clone takes whatever %s is at this minute: name a tag, or check a commit out", literal(w))
		}
	case "submodule":
		if o.any("remote") {
			s.pos(c.at, "git submodule update --remote takes whatever the branches are at this minute")
		}
	}
}

func firstOf(words ...*syntax.Word) *syntax.Word {
	for _, w := range words {
		if w != nil {
			return w
		}
	}
	return nil
}

// movingImage wants a tag or a digest where docker takes an image.
func (s *script) movingImage(c *call) {
	path, args := c.docker()
	switch strings.Join(path, " ") {
	case "pull", "image pull":
		args = anywhere(args, "", "platform").rest
	case "run", "create":
		args = optionsOf(args, "aehlmpuvwc", runTakes(args)...).rest
		args = args[:min(1, len(args))]
	default:
		return
	}
	for _, w := range args {
		text := loose(w)
		if strings.HasSuffix(text, ":latest") || strings.Contains(text, "@") || text == "" {
			continue
		}
		name := text[strings.LastIndexByte(text, '/')+1:]
		if !strings.Contains(name, ":") && !strings.Contains(name, hole) {
			s.pos(w, "%s without a tag is %s:latest, another image tomorrow: name the tag, or the digest", strings.ReplaceAll(text, hole, "..."), strings.ReplaceAll(name, hole, "..."))
			return
		}
	}
}

// runTakes lists the long options of docker run that take a word: all but
// those that are known to take none.
func runTakes(args []*syntax.Word) (out []string) {
	plain := strings.Fields("detach interactive tty rm init privileged read-only publish-all no-healthcheck oom-kill-disable sig-proxy quiet disable-content-trust")
	for _, w := range args {
		if name, ok := strings.CutPrefix(loose(w), "--"); ok && !contains(plain, name) {
			out = append(out, name)
		}
	}
	return out
}

// movingPackage wants == where pip installs by name.
func (s *script) movingPackage(c *call) {
	args := c.args
	if c.is("uv") {
		if path, rest := c.verbs(1); last(path) != "pip" {
			return
		} else {
			args = rest
		}
	}
	o := anywhere(args, "rceitfd", "requirement", "constraint", "editable", "index-url", "extra-index-url", "target", "find-links", "prefix", "root", "python", "trusted-host", "platform", "python-version")
	if len(o.rest) == 0 || literal(o.rest[0]) != "install" || o.has('c') || o.any("constraint", "no-index") {
		return
	}
	for _, w := range o.rest[1:] {
		text := loose(w)
		if !strings.ContainsAny(text, "=@/"+hole) && !strings.HasSuffix(text, ".whl") && !strings.HasPrefix(text, ".") && text != "" {
			s.pos(w, "%s without == is whatever is newest on the day, and another one on the next server: pin it", text)
			return
		}
	}
}

func (s *script) movingModule(c *call) {
	o := anywhere(c.args, "", "prefix", "registry")
	if len(o.rest) < 2 || !contains([]string{"install", "i", "add"}, literal(o.rest[0])) {
		return
	}
	for _, w := range o.rest[1:] {
		if text := loose(w); strings.LastIndexByte(text, '@') <= 0 && !strings.ContainsAny(text, "./"+hole) {
			s.pos(w, "%s without a version is whatever is newest on the day: pin it", text)
			return
		}
	}
}

// movingDownload finds downloads from an address that names no version.
func (s *script) movingDownload(c *call) {
	o := anywhere(c.args, "")
	keeps := c.name == "wget" || o.has('o') || o.has('O') || c.kept() && len(c.after()) == 0
	for _, stage := range c.after() {
		x := callOf(stage)
		keeps = keeps || x != nil && x.is("sh", "bash", "tar", "python3", "python", "tee", "gunzip")
	}
	for _, w := range c.args {
		if keeps && movingURL.MatchString(loose(w)) {
			s.pos(w, "this address is another file tomorrow: name the version, and check its sum")
			return
		}
	}
}

// dateInName finds a name that is put together from the clock. Two tries have
// two names, hosts differ, and no later step can know it.
func dateInName(s *script) {
	dates := map[string]bool{}
	for name, words := range s.values().set {
		dates[name] = len(words) == 1 && words[0] != nil && substitutedBy(words[0]) == "date" && !isEpoch(words[0])
	}
	out := s.handedOut()
	told := map[string]bool{}
	look := func(w *syntax.Word) {
		for _, p := range flat(w.Parts) {
			name, isDate := datePart(p, dates)
			if isDate && !told[name] && !out[name] && isName(s.Text, w, p) {
				told[name] = name != ""
				s.pos(p, "a name with the time in it: a retry makes another one, and no later step or undo can know it. Take $BELAY_STAMP, the start of the run, or capture the name")
			}
		}
	}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			if len(n.Args) == 0 || !contains(speakers, base(literal(n.Args[0]))) {
				for _, w := range n.Args {
					look(w)
				}
			}
		case *syntax.Assign:
			if n.Value != nil && n.Name != nil && !out[n.Name.Value] {
				look(n.Value)
			}
		case *syntax.Redirect:
			if n.Hdoc == nil {
				look(n.Word)
			}
		}
		return true
	})
}

// speakers print what they are given, or compare it.
var speakers = strings.Fields("echo printf logger wall date test [ export mktemp")

// datePart reports whether a part of a word is the clock; by which variable.
func datePart(p syntax.WordPart, dates map[string]bool) (name string, is bool) {
	switch p := p.(type) {
	case *syntax.CmdSubst:
		if len(p.Stmts) != 1 {
			return "", false
		}
		c := callOf(p.Stmts[0])
		return "", c != nil && c.name == "date" && !anywhere(c.args, "drfI", "date", "reference").has('r')
	case *syntax.ParamExp:
		if p.Param != nil {
			return p.Param.Value, dates[p.Param.Value]
		}
	}
	return "", false
}

func isEpoch(w *syntax.Word) bool {
	text := ""
	syntax.Walk(w, func(n syntax.Node) bool {
		if l, ok := n.(*syntax.Lit); ok {
			text += " " + l.Value
		}
		return true
	})
	return strings.Contains(text, "+%s")
}

// isName reports whether what stands around a part, up to the next blank, makes
// it a part of a name.
func isName(src string, w *syntax.Word, p syntax.WordPart) bool {
	from, to := int(w.Pos().Offset()), int(w.End().Offset())
	at, end := int(p.Pos().Offset()), int(p.End().Offset())
	if from > at || end > to || to > len(src) {
		return false
	}
	before, after := src[from:at], src[end:to]
	before = before[strings.LastIndexAny(before, " \t\n=\"'")+1:]
	if i := strings.IndexAny(after, " \t\n\"'"); i >= 0 {
		after = after[:i]
	}
	around := before + after
	return strings.ContainsFunc(around, isLetter) && !strings.ContainsAny(around, "{}<>&?") && !strings.Contains(around, "://") && !strings.HasPrefix(around, "--")
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// handedOut names the variables that the script writes to $BELAY_OUT.
func (s *script) handedOut() map[string]bool {
	out := map[string]bool{}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		stmt, ok := n.(*syntax.Stmt)
		if !ok || !slices.ContainsFunc(stmt.Redirs, func(r *syntax.Redirect) bool { return mentionsName(r.Word, "BELAY_OUT") }) {
			return true
		}
		syntax.Walk(stmt, func(n syntax.Node) bool {
			if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil {
				out[p.Param.Value] = true
			}
			return true
		})
		return true
	})
	return out
}

func mentionsName(w *syntax.Word, name string) bool {
	return w != nil && usesAny(w, map[string]bool{name: true})
}

// flat lists the parts of a word, those between double quotes among them.
func flat(parts []syntax.WordPart) (out []syntax.WordPart) {
	for _, p := range parts {
		if q, ok := p.(*syntax.DblQuoted); ok {
			out = append(out, flat(q.Parts)...)
		} else {
			out = append(out, p)
		}
	}
	return out
}
