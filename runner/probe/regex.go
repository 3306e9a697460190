package probe

// The readers for any text: one group of a pattern, or all of it.

import (
	"fmt"
	"regexp"
	"strings"
)

// Regex reads what the one group of a pattern matches, at its first match. A
// pattern without a group stands for all that it matches.
type Regex struct{}

// Text reads all that was printed, without blanks around it.
type Text struct{}

var _, _ Reader = Regex{}, Text{}

func compileGroup(pattern string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("probe: regex: %w", err)
	}
	if re.NumSubexp() > 1 {
		return nil, fmt.Errorf("probe: regex %q has %d groups, want one; (?:…) does not count", pattern, re.NumSubexp())
	}
	return re, nil
}

// Ask checks the pattern.
func (Regex) Ask(field, pattern string) (Question, error) {
	if field != "" {
		return Question{}, errField("regex", field, "none; the path is the pattern")
	}
	_, err := compileGroup(pattern)
	return Question{}, err
}

// Read gives the group.
func (Regex) Read(a Answer, _, pattern string) Value {
	if v, bad := a.failed(); bad {
		return v
	}
	re, err := compileGroup(pattern)
	if err != nil {
		return Unknown(err.Error(), nil)
	}
	m := re.FindSubmatchIndex(a.Body)
	if m == nil {
		return Unknown("regex: no match of "+pattern, a.Body)
	}
	group := m[len(m)-2:]
	if group[0] < 0 {
		return Unknown("regex: the group of "+pattern+" took no part in the match", a.Body)
	}
	return said(string(a.Body[group[0]:group[1]]))
}

// Ask has nothing to ask.
func (Text) Ask(field, _ string) (Question, error) {
	if field != "" {
		return Question{}, errField("text", field, "none")
	}
	return Question{}, nil
}

// Read gives the text; nothing printed is nothing known.
func (Text) Read(a Answer, _, _ string) Value {
	if v, bad := a.failed(); bad {
		return v
	}
	text := strings.TrimSpace(string(a.Body))
	if text == "" {
		return Unknown("nothing was printed", nil)
	}
	return said(text)
}
