package steps

// The rule of this file: BurntSushi's decoder alone says what TOML is and what
// a value is; places are looked up beside it. A file with an error in its
// grammar or its shape gives no runbook at all.

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// Load reads a runbook. The name is that of the file, for messages. It is
// strict: unknown keys and wrong types are errors, and all of them are given
// at once. With an error among the problems the runbook is nil. What the
// values mean together is Check's business.
func Load(name string, src []byte) (*Runbook, Problems) {
	// A byte order mark and CRLF are habits of an editor, not content: scripts
	// must not reach a shell with carriage returns in them.
	text := strings.TrimPrefix(string(src), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")

	found := report{file: name}
	doc := map[string]any{}
	if _, err := toml.Decode(text, &doc); err != nil {
		found.positions = locate("")
		found.syntax(text, err)
		return nil, found.problems
	}
	found.positions = locate(text)
	s := shape{positions: found.positions, found: found}
	s.match("", doc, reflect.TypeFor[Runbook](), nil)
	if len(s.found.problems) > 0 {
		return nil, s.found.problems.Sort()
	}

	rb := &Runbook{Name: name, positions: found.positions}
	meta, err := toml.Decode(text, rb)
	if err != nil { // a value that the shape let pass; it has no place of its own
		found.syntax(text, err)
		return nil, found.problems
	}
	rb.Hash = digest(src)
	rb.HostOrder = order(meta, "hosts")
	rb.VarOrder = order(meta, "vars")
	rb.place()
	rb.fill()
	return rb, nil
}

// order lists the keys of a top-level table as the file does.
func order(meta toml.MetaData, table string) (names []string) {
	for _, key := range meta.Keys() {
		if len(key) > 1 && key[0] == table && !slices.Contains(names, key[1]) {
			names = append(names, key[1])
		}
	}
	return names
}

// place tells every step where it stands.
func (rb *Runbook) place() {
	for i := range rb.Phases {
		p := &rb.Phases[i]
		for j := range p.Steps {
			p.Steps[j].Phase = p.ID
			p.Steps[j].path = fmt.Sprintf("phase[%d].step[%d]", i, j)
		}
	}
	for name, list := range map[string][]Step{"rollback.before": rb.Rollback.Before, "rollback.after": rb.Rollback.After} {
		for j := range list {
			list[j].Phase, list[j].path = name, element(name, j)
		}
	}
}

// fill writes down what the file may leave out and everybody takes for granted.
func (rb *Runbook) fill() {
	for i := range rb.Phases {
		p := &rb.Phases[i]
		p.Title = firstOf(p.Title, p.ID)
	}
	for s := range rb.Steps() {
		s.Title = firstOf(s.Title, s.ID)
		if s.Kind == "" {
			s.Kind = Command
		}
	}
}

// report collects problems with their places.
type report struct {
	*positions
	file     string
	problems Problems
}

func (r *report) add(offset int, isError bool, rule, format string, args ...any) {
	line, col := r.lineCol(offset)
	r.problems = append(r.problems, Problem{r.file, line, col, isError, rule, fmt.Sprintf(format, args...)})
}

// key reports an error at the key of a path.
func (r *report) key(path, rule, format string, args ...any) {
	p, _ := r.find(path)
	r.add(p.key, true, rule, format, args...)
}

// value reports an error at the value of a path.
func (r *report) value(path, rule, format string, args ...any) {
	p, _ := r.find(path)
	r.add(p.value, true, rule, format, args...)
}

// warnKey reports a warning at the key of a path.
func (r *report) warnKey(path, rule, format string, args ...any) {
	p, _ := r.find(path)
	r.add(p.key, false, rule, format, args...)
}

// warn reports a warning at the value of a path.
func (r *report) warn(path, rule, format string, args ...any) {
	p, _ := r.find(path)
	r.add(p.value, false, rule, format, args...)
}

// syntax reports an error of the grammar. Line and column are counted anew
// from the decoder's offset: its own are wrong where a line begins or the file
// ends.
func (r *report) syntax(text string, err error) {
	offset := 0
	message := err.Error()
	var parse toml.ParseError
	if errors.As(err, &parse) {
		offset, message = parse.Position.Start, parse.Message
	}
	if first, size := utf8.DecodeRuneInString(message); size > 0 { // the decoder writes sentences
		message = string(unicode.ToLower(first)) + strings.TrimSuffix(message[size:], ".")
	}
	r.positions = locate(text)
	r.add(offset, true, "syntax", "%s", message)
}
