package lint

// The rule of this file: a text that a person should have filled in, and a
// secret that a person filled in, are found by what they look like, wherever
// the file holds them.

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"belay/steps"
)

var unfilled = regexp.MustCompile(`<[A-Za-z][A-Za-z0-9]*(?:[-_ ][A-Za-z0-9]+)*>` +
	`|\b(?:TBD|TODO|FIXME)\b` +
	`|(?i:\b(?:your|insert|enter)[-_][a-z][a-z0-9_-]*)` +
	`|(?i:\bchange[-_]?me\b)|\bCHANGE_THIS[A-Z_]*|\bREPLACE_(?:ME|THIS)[A-Z_]*` +
	`|\b[0-9]+\.(?:[0-9]+\.)?(?:xx|x\.x|XX|X\.X)\b` +
	`|\bYYYY-?MM-?DD(?:[-_T]?HH:?MM:?SS|[-_]HHMMSS)?` +
	`|/path/to/[A-Za-z0-9_./-]*`)

// printed are words in angle brackets that programs print themselves, and
// words that HTML and XML are made of.
var printed = strings.Fields(`none nil null defunct unknown missing pending invalid unset invalid-value no-value empty error
	html head body title pre code div span table tr td th br hr ul ol li p a b i h1 h2 h3 img script style meta link form input xml
	name value key string int file module project version dependency configuration property`)

// placeholders reads a script's bare text.
func placeholders(s *script) {
	for _, at := range unfilledIn(s.Text) {
		s.at(uint(at[0]), "%s should have been filled in; what is known only on the day is an input: [vars] NAME = { ask = \"...\" }", s.Text[at[0]:at[1]])
	}
}

func unfilledIn(text string) (out [][]int) {
	for _, at := range unfilled.FindAllStringIndex(text, -1) {
		found := text[at[0]:at[1]]
		word := strings.ToLower(strings.Trim(found, "<>"))
		if found[0] == '<' && (slices.Contains(printed, word) || at[0] > 0 && text[at[0]-1] == '<' || len(word) < 3 || inExpression(text[:at[0]])) {
			continue
		}
		out = append(out, at)
	}
	return out
}

// inExpression reports whether a text ends inside a named group, (?P<name>.
func inExpression(before string) bool {
	return strings.HasSuffix(before, "(?P") || strings.HasSuffix(before, "(?")
}

// placeholdersBeside reads what stands beside the scripts.
func placeholdersBeside(b *book) {
	read := func(_ *steps.Step, path, text string) {
		if in := unfilledIn(text); len(in) > 0 {
			line, col := b.rb.Place(path, in[0][0])
			b.tell(path, line, col, "%s should have been filled in", text[in[0][0]:in[0][1]])
		}
	}
	b.texts(read)
	for id, h := range b.rb.Hosts {
		path := steps.Member("hosts", id)
		read(nil, path+".address", h.Address)
		read(nil, path+".user", h.User)
	}
	for i, c := range b.rb.Contacts {
		path := steps.Element("contact", i)
		read(nil, path+".name", c.Name)
		read(nil, path+".reach", c.Reach)
	}
	for i, l := range b.rb.Links {
		read(nil, steps.Element("link", i)+".url", l.URL)
	}
}

// texts calls read with each value of the file that becomes part of what runs:
// variables, and what edits write.
func (b *book) texts(read func(step *steps.Step, path, text string)) {
	vars := func(path string, vars map[string]steps.Var) {
		for _, name := range slices.Sorted(maps.Keys(vars)) {
			if !vars[name].IsInput() {
				read(nil, steps.Member(path, name), vars[name].Value)
			}
		}
	}
	hosts := func(path string, hosts map[string]steps.Host) {
		for id, h := range hosts {
			vars(steps.Member(path, id)+".vars", h.Vars)
		}
	}
	vars("vars", b.rb.Vars)
	hosts("hosts", b.rb.Hosts)
	for name, e := range b.rb.Environments {
		path := steps.Member("environments", name)
		vars(path+".vars", e.Vars)
		hosts(path+".hosts", e.Hosts)
	}
	for s := range b.rb.Steps() {
		if s.File == nil {
			continue
		}
		path := s.Path() + ".file"
		for _, name := range slices.Sorted(maps.Keys(s.File.Set)) {
			read(s, steps.Member(path+".set", name), s.File.Set[name].Value)
		}
		for i, r := range s.File.Replace {
			read(s, steps.Element(path+".replace", i)+".new", r.New)
		}
		read(s, path+".template", s.File.Template)
	}
}
