package tail

// A search looks at lines as they are shown, so that it finds what a person
// sees, and says where it is by line number.

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Query is what to look for. The zero value matches nothing.
type Query struct {
	literal string         // set for a literal; lower case when fold is
	fold    bool           // ASCII case is ignored
	re      *regexp.Regexp // set for all else
}

// Literal looks for text. Unless it has an upper-case letter, case is ignored.
func Literal(text string) Query {
	switch fold := !hasUpper(text); {
	case text == "":
		return Query{}
	case !fold:
		return Query{literal: text}
	case isPlain(text):
		return Query{literal: text, fold: true}
	default:
		return Query{re: regexp.MustCompile("(?i)" + regexp.QuoteMeta(text))}
	}
}

// Pattern looks for a regular expression in the syntax of package regexp, with
// the same rule of case. An escape like \S is no upper-case letter.
func Pattern(expr string) (Query, error) {
	if expr == "" {
		return Query{}, nil
	}
	prefix := "(?i)"
	if hasUpper(escapes.ReplaceAllString(expr, "")) {
		prefix = ""
	}
	re, err := regexp.Compile(prefix + expr)
	if err != nil {
		return Query{}, fmt.Errorf("search pattern: %w", err)
	}
	return Query{re: re}, nil
}

var escapes = regexp.MustCompile(`\\[pP]\{?\w*\}?|\\.`)

func hasUpper(s string) bool { return strings.IndexFunc(s, unicode.IsUpper) >= 0 }

// Spans gives the matches in a line's text, as pairs of byte offsets.
func (q Query) Spans(text string) [][2]int {
	var spans [][2]int
	for at := 0; at <= len(text); {
		start, end := q.index(text[at:])
		if start < 0 {
			break
		}
		if end > start {
			spans = append(spans, [2]int{at + start, at + end})
		}
		at += max(end, start+1)
	}
	return spans
}

// Match reports whether text has a match.
func (q Query) Match(text string) bool { start, _ := q.index(text); return start >= 0 }

func (q Query) index(text string) (start, end int) {
	switch {
	case q.re != nil:
		if loc := q.re.FindStringIndex(text); loc != nil {
			return loc[0], loc[1]
		}
		return -1, -1
	case q.literal == "":
		return -1, -1
	case q.fold:
		start = strings.Index(lowerASCII(text), q.literal)
	default:
		start = strings.Index(text, q.literal)
	}
	return start, start + len(q.literal)
}

// lowerASCII keeps byte offsets, which strings.ToLower does not.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Find gives the number of the first match at or behind line from, or, going
// backward, at or before it.
func (r *Ring) Find(q Query, from int64, backward bool) (number int64, ok bool) {
	if !backward {
		for line := range r.from(from, maxLines) {
			if q.Match(line.inert().Text) {
				return line.number, true
			}
		}
		return 0, false
	}
	blocks, open := r.snapshot(0, maxLines)
	if open != nil && open.number <= from && q.Match(open.inert().Text) {
		return open.number, true
	}
	for i := len(blocks) - 1; i >= 0; i-- {
		b := blocks[i]
		for j := min(len(b.refs)-1, int(from-b.first)); j >= 0; j-- {
			ref := b.refs[j]
			line := stored{b.first + int64(j), b.bytes[ref.start:ref.end], ref, false}
			if q.Match(line.inert().Text) {
				return line.number, true
			}
		}
	}
	return 0, false
}

const maxLines = int(^uint(0) >> 1)

// Count gives the number of lines that match, and how many of these are at or
// before a line: "match 3 of 41".
func (r *Ring) Count(q Query, upTo int64) (before, all int) {
	for line := range r.from(0, maxLines) {
		if q.Match(line.inert().Text) {
			all++
			if line.number <= upTo {
				before++
			}
		}
	}
	return before, all
}
