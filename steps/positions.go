package steps

// The rule of this file: it knows where things stand in the file and nothing
// about what they mean. A place that cannot be told (of an array that
// stands behind another in an array) is answered with the nearest place around it.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"
)

// place is where a key and its value stand, as byte offsets into the text.
type place struct {
	key   int // where the key begins; of an array's element, where that begins
	value int // where the value begins; of a table's header, the key
	end   int // where the value ends; 0 when unknown
}

// positions is the index of one text, by key path: phase[1].step[0].needs[1].
type positions struct {
	text  string
	lines []int // offset of the first byte of each line
	at    map[string]place
	count map[string]int // elements of each array of tables so far
}

// locate indexes a TOML text. Of a text that does not parse it indexes what
// stands before the error.
func locate(text string) *positions {
	x := &positions{text: text, lines: []int{0}, at: map[string]place{}, count: map[string]int{}}
	for i := range len(text) {
		if text[i] == '\n' {
			x.lines = append(x.lines, i+1)
		}
	}
	var p unstable.Parser
	p.Reset([]byte(text))
	table := ""
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = x.header(e)
		case unstable.KeyValue:
			x.pair(table, e)
		}
	}
	return x
}

// header indexes [a.b] or [[a.b]] and gives the path of the table that it opens.
func (x *positions) header(e *unstable.Node) string {
	path, at := x.keys("", e.Key())
	if e.Kind == unstable.ArrayTable {
		x.put(path, place{key: at, value: at})
		x.count[path]++
		path = element(path, x.count[path]-1)
	}
	x.at[path] = place{key: at, value: at}
	return path
}

// keys indexes the parts of a dotted key but the last, which it gives back.
func (x *positions) keys(path string, it unstable.Iterator) (last string, at int) {
	for it.Next() {
		k := it.Node()
		at = int(k.Raw.Offset)
		path = member(path, string(k.Data))
		if it.IsLast() {
			break
		}
		x.put(path, place{key: at, value: at})
		if n := x.count[path]; n > 0 {
			path = element(path, n-1)
		}
	}
	return path, at
}

func (x *positions) pair(table string, e *unstable.Node) {
	path, at := x.keys(table, e.Key())
	end := int(e.Raw.Offset + e.Raw.Length)
	x.value(path, e.Value(), place{key: at, value: x.afterEquals(e), end: end})
}

// afterEquals is the offset of a pair's value. The parser has none for arrays.
func (x *positions) afterEquals(e *unstable.Node) int {
	at := 0
	for it := e.Key(); it.Next(); {
		at = int(it.Node().Raw.Offset + it.Node().Raw.Length)
	}
	rest := x.text[at:]
	return at + len(rest) - len(strings.TrimLeft(rest, " \t="))
}

func (x *positions) value(path string, v *unstable.Node, p place) {
	x.at[path] = p
	it := v.Children()
	next := p.value + 1 // where the element after this one may begin; 0 when unknown
	for i := 0; it.Next(); i++ {
		child := it.Node()
		if v.Kind == unstable.InlineTable {
			x.pair(path, child)
			continue
		}
		in := place{key: p.value, value: p.value}
		switch {
		case child.Kind != unstable.Array:
			at := int(child.Raw.Offset)
			in = place{key: at, value: at, end: at + int(child.Raw.Length)}
		case next > 0:
			at := x.element(next)
			in = place{key: at, value: at}
		}
		if child.Kind == unstable.InlineTable {
			in.end = 0 // the range is that of the brace
		}
		next = in.end
		x.value(element(path, i), child, in)
	}
}

// element is the offset of the array's element that begins at or after a place:
// the parser has none for arrays.
func (x *positions) element(at int) int {
	for {
		rest := strings.TrimLeft(x.text[at:], " \t\r\n,")
		at = len(x.text) - len(rest)
		if !strings.HasPrefix(rest, "#") {
			return at
		}
		_, rest, _ = strings.Cut(rest, "\n")
		at = len(x.text) - len(rest)
	}
}

// put keeps the first place of a path that several headers name.
func (x *positions) put(path string, p place) {
	if _, known := x.at[path]; !known {
		x.at[path] = p
	}
}

// find gives the place of a path or of the nearest path around it.
func (x *positions) find(path string) (p place, exact bool) {
	for exact = true; ; exact = false {
		if p, ok := x.at[path]; ok || path == "" {
			return p, exact && ok
		}
		path = around(path)
	}
}

// lineCol turns an offset into a line and a column in runes, both from 1.
func (x *positions) lineCol(offset int) (line, col int) {
	offset = max(0, min(offset, len(x.text)))
	line, found := slices.BinarySearch(x.lines, offset)
	if found {
		line++
	}
	return line, 1 + utf8.RuneCountInString(x.text[x.lines[line-1]:offset])
}

// inside gives the offset of byte n of the string value at path.
func (x *positions) inside(path string, n int) int {
	p, exact := x.find(path)
	if !exact || p.end <= p.value {
		return p.value
	}
	return p.value + unquoted(x.text[p.value:p.end], n)
}

// unquoted gives the offset within a quoted TOML string of byte n of its value.
func unquoted(raw string, n int) int {
	if len(raw) < 2 {
		return 0
	}
	quote, i := raw[:1], 1
	if strings.HasPrefix(raw, strings.Repeat(quote, 3)) && len(raw) >= 6 {
		i = 3
		if strings.HasPrefix(raw[i:], "\n") {
			i++
		}
	}
	if quote == "'" {
		return min(i+n, len(raw)-1)
	}
	for n > 0 && i < len(raw)-1 {
		width, value := escape(raw[i:])
		i, n = i+width, n-value
	}
	return i
}

// escape measures what a basic string holds first: its bytes in the file and
// in the value.
func escape(s string) (width, value int) {
	if s[0] != '\\' || len(s) < 2 {
		return 1, 1
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]]
	if digits > 0 && len(s) >= 2+digits {
		r, err := strconv.ParseUint(s[2:2+digits], 16, 32)
		if err != nil {
			return 2, 1
		}
		return 2 + digits, max(1, utf8.RuneLen(rune(r)))
	}
	if strings.ContainsRune(" \t\n", rune(s[1])) { // a line that goes on
		return len(s) - len(strings.TrimLeft(s[1:], " \t\n")), 0
	}
	return 2, 1
}

// member is the path of a key in the table at path.
func member(path, key string) string {
	if key == "" || strings.ContainsAny(key, `.[]"`) {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// element is the path of an array's element.
func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// around is the path of the table or array that holds path.
func around(path string) string {
	cut, quoted := 0, false
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '.' || c == '['):
			cut = i
		}
	}
	return path[:cut]
}
