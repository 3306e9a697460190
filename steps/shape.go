package steps

// The rule of this file: what the decoder accepts in silence is an error here.
// It walks the decoded document beside the types and reports every key that no
// type knows and every value of the wrong kind, all at once and with places.

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// inputTable is the shape of a Var that is asked for.
type inputTable struct {
	Ask       string `toml:"ask"`
	Match     string `toml:"match"`
	Rehearsal Var    `toml:"rehearsal"`
}

// secretTable is the shape of a FileValue that is a secret.
type secretTable struct {
	Secret string `toml:"secret"`
}

// either are the types that are a plain value or a table with one key that
// must be there.
var either = map[reflect.Type]struct {
	table reflect.Type
	must  string
}{
	reflect.TypeFor[Var]():       {reflect.TypeFor[inputTable](), "ask"},
	reflect.TypeFor[FileValue](): {reflect.TypeFor[secretTable](), "secret"},
}

type shape struct {
	*positions
	found report
}

// match compares a value with the type that it is decoded into.
func (s *shape) match(path string, v any, t reflect.Type, words []string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if words == nil {
		words = choices[t][""]
	}
	if e, ok := either[t]; ok {
		s.matchEither(path, v, e.table, e.must)
		return
	}
	if own, ok := reflect.New(t).Interface().(toml.Unmarshaler); ok {
		if err := own.UnmarshalTOML(v); err != nil {
			s.found.value(path, "value", "%v", err)
		}
		return
	}
	if text, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		s.matchText(path, v, text, words)
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		s.matchStruct(path, v, t)
	case reflect.Map:
		if m, ok := v.(map[string]any); ok {
			for key, e := range m {
				s.match(member(path, key), e, t.Elem(), nil)
			}
			return
		}
		s.wrong(path, v, "a table")
	case reflect.Slice:
		s.matchSlice(path, v, t)
	default:
		s.matchScalar(path, v, t.Kind(), words)
	}
}

func (s *shape) matchStruct(path string, v any, t reflect.Type) {
	m, ok := v.(map[string]any)
	if !ok {
		s.wrong(path, v, "a table")
		return
	}
	known := keysOf(t)
	for key, e := range m {
		if f, ok := known[key]; ok {
			s.match(member(path, key), e, f.Type, choices[t][key])
			continue
		}
		names := make([]string, 0, len(known))
		for name := range known {
			names = append(names, name)
		}
		s.found.key(member(path, key), "unknown-key", "unknown key %q%s", key, suggest(key, names))
	}
}

func (s *shape) matchSlice(path string, v any, t reflect.Type) {
	list := reflect.ValueOf(v)
	if list.Kind() != reflect.Slice {
		s.wrong(path, v, "an array")
		return
	}
	for i := range list.Len() {
		s.match(element(path, i), list.Index(i).Interface(), t.Elem(), nil)
	}
}

func (s *shape) matchEither(path string, v any, table reflect.Type, must string) {
	m, ok := v.(map[string]any)
	if !ok {
		if _, err := scalar(v); err != nil {
			s.wrong(path, v, "a string, a number, a boolean or a table with "+must)
		}
		return
	}
	s.matchStruct(path, m, table)
	if _, ok := m[must]; !ok {
		s.found.value(path, "missing-key", "%s: a table here needs the key %q", path, must)
	}
}

func (s *shape) matchText(path string, v any, into encoding.TextUnmarshaler, words []string) {
	text, ok := v.(string)
	if !ok {
		s.wrong(path, v, "a string")
		return
	}
	if err := into.UnmarshalText([]byte(text)); err != nil {
		hint := ""
		if words != nil {
			hint = suggest(text, words)
		}
		s.found.value(path, "value", "%v%s", err, hint)
	}
}

func (s *shape) matchScalar(path string, v any, want reflect.Kind, words []string) {
	switch x := v.(type) {
	case string:
		if want != reflect.String {
			s.wrong(path, v, nameOf[want])
		} else if words != nil && !slices.Contains(words, x) {
			s.found.value(path, "value", "%q is not known here; want %s%s", x, oneOf(words), suggest(x, words))
		}
	case bool:
		if want != reflect.Bool {
			s.wrong(path, v, nameOf[want])
		}
	case int64:
		if want != reflect.Int {
			s.wrong(path, v, nameOf[want])
		}
	default:
		s.wrong(path, v, nameOf[want])
	}
}

func (s *shape) wrong(path string, v any, want string) {
	s.found.value(path, "type", "%s: want %s, not %s", path, want, kindName(v))
}

var nameOf = map[reflect.Kind]string{
	reflect.String: "a string", reflect.Bool: "a boolean", reflect.Int: "an integer",
}

func kindName(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int64:
		return "an integer"
	case float64:
		return "a float"
	case time.Time:
		return "a date or time"
	case map[string]any:
		return "a table"
	}
	return "an array"
}

// keysOf lists the keys of a struct type by the name that the file uses.
func keysOf(t reflect.Type) map[string]reflect.StructField {
	keys := map[string]reflect.StructField{}
	for f := range t.Fields() {
		if name := f.Tag.Get("toml"); name != "" && name != "-" {
			keys[name] = f
		}
	}
	return keys
}

// oneOf spells a list of words: a, b or c.
func oneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// suggest offers the word nearest to a misspelt one, if one is near.
func suggest(word string, known []string) string {
	known = slices.Sorted(slices.Values(known)) // a copy: the words belong to the caller
	best, least := "", 1+(len(word)+2)/3
	for _, k := range known {
		if d := distance(word, k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is the optimal string alignment distance of two words.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := range a {
		for j := range b {
			change := d[i][j]
			if a[i] != b[j] {
				change++
			}
			d[i+1][j+1] = min(d[i][j+1]+1, d[i+1][j]+1, change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d[i+1][j+1] = min(d[i+1][j+1], d[i-1][j-1]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
