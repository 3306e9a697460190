package steps

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// shipped are the runbooks that the tests are held against.
func shipped(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{"sample.toml": read(t, "testdata/sample.toml")}
	if b, err := os.ReadFile("../runbook.toml"); err == nil {
		files["runbook.toml"] = string(b)
	} else {
		t.Log("without ../runbook.toml: it does not exist yet")
	}
	return files
}

func TestLoadShipped(t *testing.T) {
	for name, src := range shipped(t) {
		if _, ps := Load(name, []byte(src)); len(ps) > 0 {
			t.Errorf("%v", ps)
		}
	}
}

func TestLoadFillsIn(t *testing.T) {
	rb, ps := Load("sample.toml", []byte(read(t, "testdata/sample.toml")))
	if ps != nil {
		t.Fatal(ps)
	}
	if got := strings.Join(rb.HostOrder, " "); got != "head w80 w81 w82" {
		t.Errorf("hosts in order: %s", got)
	}
	if got := strings.Join(rb.VarOrder, " "); got != "REPO RAY_DIR COMMIT PER_HOST" {
		t.Errorf("vars in order: %s", got)
	}
	if len(rb.Hash) != 64 || rb.Name != "sample.toml" {
		t.Errorf("name %q, hash %q", rb.Name, rb.Hash)
	}
	if s := rb.Phases[0].Steps[3]; s.ID != "switch" || s.Phase != "rollout" || s.path != "phase[0].step[3]" {
		t.Errorf("step: %q in %q at %q", s.ID, s.Phase, s.path)
	}
	if s := rb.Rollback.After[0]; s.Phase != "rollback.after" {
		t.Errorf("rollback step in %q", s.Phase)
	}
	if v := rb.Vars["PER_HOST"]; v.Value != "4" || v.IsInput() {
		t.Errorf("PER_HOST = %+v", v)
	}
}

// TestLoadPlaces pins places by hand, whatever the index says.
func TestLoadPlaces(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"one line without an end", "format = ", "1:9: error: unexpected EOF; expected value [syntax]"},
		{"one line, nonsense", "format = =", "1:10: error: "},
		{"unknown at the very start", "formt = 1", `1:1: error: unknown key "formt"; did you mean "format"? [unknown-key]`},
		{"unknown after CRLF", "format = 1\r\ntitel = 'x'\r\n", `2:1: error: unknown key "titel"; did you mean "title"? [unknown-key]`},
		{"byte order mark", "\ufefftitel = 'x'", "1:1: error: unknown key"},
		{"byte order mark and grammar", "\ufefftitle = x", "1:9: error: "},
		{"tabs count one each", "[hosts]\n\t\tweb = {\taddres = 'x' }", `2:11: error: unknown key "addres"; did you mean "address"? [unknown-key]`},
		{"runes, not bytes", "links = 1\nlink = [{ title = 'Übergröße — ok', uri = 'x' }]", `2:37: error: unknown key "uri"; did you mean "url"? [unknown-key]`},
		{"wrong type", "title = 'x'\nformat = 'one'", "2:10: error: format: want an integer, not a string [type]"},
		{"wrong type in the second of an array", "[[phase]]\nid = 'a'\n[[phase]]\nid = 7", "4:6: error: phase[1].id: want a string, not an integer [type]"},
		{"element of an array", "[[phase]]\nrefs = ['a',\n  3]", "3:3: error: phase[0].refs[1]: want a string, not an integer [type]"},
		{"array in an array", "[groups]\na = [['b', 1]]", "2:6: error: groups.a[0]: want a string, not an array [type]"},
		{"array in an array, further on", "[groups]\na = [ 'b' , # [not this]\n  ['c'] ]", "3:3: error: groups.a[1]: want a string, not an array [type]"},
		{"array behind an array: the nearest place", "[groups]\na = ['x', [1], [2]]", "2:5: error: groups.a[2]: want a string, not an array [type]"},
		{"header of an unknown table", "[probs.disk]\nread = 'df'", `1:2: error: unknown key "probs"; did you mean "probes"? [unknown-key]`},
		{"dotted key", "[[phase]]\n[[phase.step]]\nverify.skript = 'x'", `3:8: error: unknown key "skript"; did you mean "script"? [unknown-key]`},
		{"a word of a few", "[[phase]]\n[[phase.step]]\nkind = 'gaet'", `3:8: error: "gaet" is not known here; want command, manual, gate, soak, measure, edit or document; did you mean "gate"? [value]`},
		{"danger", "[[phase]]\n[[phase.step]]\ndanger = 'hgih'", `3:10: error: "hgih" is not a danger; want none, low, med, high or critical; did you mean "high"? [value]`},
		{"duration", "[[phase]]\nwindow = '6 hours'", `2:10: error: "6 hours" is not a duration; want for example 90s, 15m, 6h or 2d [value]`},
		{"input without a question", "[vars]\nA = { match = 'x' }", `2:5: error: vars.A: a table here needs the key "ask" [missing-key]`},
		{"input with an unknown key", "[vars]\nA = { ask = 'x', mach = 'y' }", `2:18: error: unknown key "mach"; did you mean "match"? [unknown-key]`},
		{"date", "[vars]\nA = 2024-01-01", "2:5: error: vars.A: want a string, a number, a boolean or a table with ask, not a date or time [type]"},
		{"duplicate key", "title = 'a'\ntitle = 'b'\n", "2:1: error: key 'title' has already been defined [syntax]"},
		{"open string", "title = 'a\nformat = 1\n", "1:11: error: "},
		{"error at a line's start", "title = 'a'\n= 2\n", "2:1: error: "},
		{"error at the end", "title = 'a'\n[vars", "2:"},
		{"array that never ends", "title = 'a'\nrefs = [1,\n", "2:"},
		{"quoted key with a dot", "[hosts.'db.1']\nadress = 'x'", `2:1: error: unknown key "adress"; did you mean "address"? [unknown-key]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rb, ps := Load("f", []byte(tt.src))
			if rb != nil || !ps.Failed() {
				t.Fatalf("loaded: %v", ps)
			}
			if !slices.ContainsFunc(ps, func(p Problem) bool { return strings.HasPrefix(p.String(), "f:"+tt.want) }) {
				t.Errorf("\n got %v\nwant f:%s", ps, tt.want)
			}
		})
	}
}

func TestLoadSeveralAtOnce(t *testing.T) {
	_, ps := Load("f", []byte("zzzz = 1\n[[phase]]\nid = 1\n[[phase.step]]\nneeds = 'a'\ndangr = 'low'\n"))
	var lines []string
	for _, p := range ps {
		lines = append(lines, fmt.Sprint(p.Line, ":", p.Col))
	}
	if got := strings.Join(lines, " "); got != "1:1 3:6 5:9 6:1" {
		t.Errorf("places: %s\n%v", got, ps)
	}
	if ps.Err() == nil || strings.Count(ps.Err().Error(), "\n") != 3 {
		t.Errorf("Err = %v", ps.Err())
	}
}

// free are the tables whose keys are names of the author's choice.
var free = regexp.MustCompile(`(^|\.)(vars|secrets|hosts|groups|probes|environments|watch|capture|rehearsal|set|danger|lint|where)$`)

// TestEveryKey misspells every key and spoils every value of the shipped files,
// and asks for a problem at each of these places. Many are spoilt in one text:
// Load gives all problems at once. With -short one of each kind will do.
func TestEveryKey(t *testing.T) {
	for name, src := range shipped(t) {
		paths := everyPath(src)
		if len(paths) < 50 {
			t.Errorf("%s: only %d places found", name, len(paths))
		}
		t.Logf("%s: %d places", name, len(paths))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var keys, values []spoilt
			x := locate(src)
			for _, path := range paths {
				p := x.at[path]
				if x.count[path] > 0 {
					spoilHeaders(t, name, path, src, p)
					continue
				}
				parent := path[:max(0, strings.LastIndexByte(path, '.'))]
				if !strings.HasSuffix(path, "]") && !free.MatchString(parent) {
					bare := regexp.MustCompile(`^[A-Za-z0-9_-]+`).FindString(src[p.key:])
					if bare == "" {
						t.Errorf("%s: no key at offset %d: %.20q", path, p.key, src[p.key:])
						continue
					}
					keys = append(keys, spoilt{path, p.key, p.key + len(bare), bare + "zz"})
				}
				if p.end > p.value {
					values = append(values, spoilt{path, p.value, p.end, "1979-05-27"})
				}
			}
			spoilAll(t, name, src, keys)
			spoilAll(t, name, src, values)
		})
	}
}

var index = regexp.MustCompile(`\[\d+\]`)

func everyPath(src string) (paths []string) {
	seen := map[string]bool{}
	for path := range locate(src).at {
		kind := index.ReplaceAllString(path, "[]")
		if !testing.Short() || !seen[kind] {
			paths = append(paths, path)
		}
		seen[kind] = true
	}
	slices.Sort(paths)
	return paths
}

// spoilHeaders misspells an array of tables in every header that names it:
// in one alone it would be another error, of the grammar.
func spoilHeaders(t *testing.T, name, path, src string, p place) {
	t.Helper()
	at := strings.LastIndexByte(path, '.') + 1
	headers := regexp.MustCompile(`(?m)^(\[+` + index.ReplaceAllString(path[:at], "") + path[at:] + `)\b`)
	text := headers.ReplaceAllString(src, "${1}zz")
	_, ps := Load(name, []byte(text))
	wantProblem(t, path, src[:p.key], ps)
}

// spoilt is one place of a text, and what stands there instead.
type spoilt struct {
	path     string
	from, to int
	with     string
}

// spoilAll spoils places together that have nothing to do with each other: none
// lies within another, in the text or in the tree.
func spoilAll(t *testing.T, name, src string, list []spoilt) {
	t.Helper()
	slices.SortFunc(list, func(a, b spoilt) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(len(a.path), len(b.path)))
	})
	for len(list) > 0 {
		var now, later []spoilt
		for _, s := range list {
			if slices.ContainsFunc(now, func(o spoilt) bool { return s.from < o.to || within(o.path, s.path) || within(s.path, o.path) }) {
				later = append(later, s)
			} else {
				now = append(now, s)
			}
		}
		var b strings.Builder
		before := make([]string, len(now))
		rest := 0
		for i, s := range now {
			b.WriteString(src[rest:s.from])
			before[i] = b.String()
			b.WriteString(s.with)
			rest = s.to
		}
		b.WriteString(src[rest:])
		_, ps := Load(name, []byte(b.String()))
		for i, s := range now {
			wantProblem(t, s.path, before[i], ps)
		}
		list = later
	}
}

// within reports whether a path lies under another.
func within(over, under string) bool {
	rest, ok := strings.CutPrefix(under, over)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// wantProblem wants an error right after what stands before it.
func wantProblem(t *testing.T, path, before string, ps Problems) {
	t.Helper()
	line := 1 + strings.Count(before, "\n")
	col := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	if !slices.ContainsFunc(ps, func(p Problem) bool { return p.Error && p.Line == line && p.Col == col }) {
		t.Errorf("%s: spoilt at %d:%d gave %.600v", path, line, col, ps)
	}
}

func TestInsideStrings(t *testing.T) {
	tests := []struct {
		src, value string
		n          int
		want       string
	}{
		{"a = 'xyz'", "xyz", 2, "1:8"},
		{"a = \"x\\tz\"", "x\tz", 2, "1:9"},
		{"a = \"\\u00e9z\"", "éz", 2, "1:12"},
		{"a = '''\nab\ncd'''", "ab\ncd", 3, "3:1"},
		{"a = '''ab\ncd'''", "ab\ncd", 4, "2:2"},
		{"a = \"\"\"\nab \\\n   cd\"\"\"", "ab cd", 4, "3:5"},
	}
	for _, tt := range tests {
		line, col := locate(tt.src).lineCol(locate(tt.src).inside("a", tt.n))
		if got := fmt.Sprintf("%d:%d", line, col); got != tt.want {
			t.Errorf("byte %d of %s: %s, want %s", tt.n, tt.src, got, tt.want)
		}
	}
}

func TestSuggestLeavesTheWordsAlone(t *testing.T) {
	words := []string{"none", "low", "high"}
	if got := suggest("hihg", words); got != `; did you mean "high"?` || words[0] != "none" {
		t.Errorf("%q, %v", got, words)
	}
}

func TestCarriageReturnsStayOutOfScripts(t *testing.T) {
	rb, ps := Load("f", []byte("[[phase]]\r\n[[phase.step]]\r\nscript = '''\r\na\r\nb\r\n'''\r\n"))
	if ps != nil {
		t.Fatal(ps)
	}
	if got := rb.Phases[0].Steps[0].Script; got != "a\nb\n" {
		t.Errorf("script %q", got)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(read(f, "testdata/sample.toml"))
	f.Add("a.b.c = [[{x = 1}]]\n[[a]]")
	f.Add("\"\\\" = \"\"\"\\\n\"\"\"")
	f.Fuzz(func(t *testing.T, src string) {
		rb, ps := Load("f", []byte(src))
		if (rb == nil) != ps.Failed() {
			t.Fatalf("runbook %v, problems %v", rb, ps)
		}
		for _, p := range ps {
			if p.Line < 1 || p.Col < 1 || p.Line > 1+strings.Count(src, "\n") {
				t.Fatalf("%v is outside the file", p)
			}
		}
	})
}
