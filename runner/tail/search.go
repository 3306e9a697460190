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
	words   []string       // set for any of some words, all lower case and plain
	re      *regexp.Regexp // set for all else
	not     bool           // the lines without a match are meant
}

// Typed is the query that a person means by a text: the text itself, or a
// regular expression where it stands between slashes, as in /warn|error/.
func Typed(text string) (Query, error) {
	if len(text) > 2 && text[0] == '/' && text[len(text)-1] == '/' {
		return Pattern(text[1 : len(text)-1])
	}
	return Literal(text), nil
}

// Any looks for any of some words of small ASCII letters, in any case. It is for
// a list that is looked for in every line: many times as fast as its pattern.
func Any(words ...string) Query { return Query{words: words} }

// Not gives the query for the lines that q does not match.
func (q Query) Not() Query {
	q.not = !q.not
	return q
}

// Literal looks for text. Unless it has an upper-case letter, case is ignored.
func Literal(text string) Query {
	text = strings.ToValidUTF8(text, "\uFFFD") // as lines show it; regexp takes nothing else
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

// Spans gives the matches in a line's text, as pairs of byte offsets; none for
// a query that asks for lines without one.
func (q Query) Spans(text string) [][2]int {
	var spans [][2]int
	if q.not {
		return nil
	}
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

// Match reports whether a query means a line with this text.
func (q Query) Match(text string) bool { start, _ := q.index(text); return start >= 0 != q.not }

func (q Query) index(text string) (start, end int) {
	switch {
	case q.re != nil:
		if loc := q.re.FindStringIndex(text); loc != nil {
			return loc[0], loc[1]
		}
		return -1, -1
	case len(q.words) > 0:
		return q.first(lowerASCII(text))
	case q.literal == "":
		return -1, -1
	case q.fold:
		start = strings.Index(lowerASCII(text), q.literal)
	default:
		start = strings.Index(text, q.literal)
	}
	return start, start + len(q.literal)
}

// first is the first of the words, and the first listed of those that begin
// there.
func (q Query) first(low string) (start, end int) {
	start, end = -1, -1
	for _, w := range q.words {
		if i := strings.Index(low, w); i >= 0 && (start < 0 || i < start) {
			start, end = i, i+len(w)
		}
	}
	return start, end
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

const maxLines = int(^uint(0) >> 1)
