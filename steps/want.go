package steps

// The rule of this file: a comparison answers green or red only about a value
// that is known and of the right kind. Everything else is cannot tell.

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Value is what a probe, a script or a person gave.
type Value struct {
	Text     string    `json:"text"` // as a person reads it
	Number   float64   `json:"number,omitempty"`
	IsNumber bool      `json:"is_number,omitempty"`
	Unit     string    `json:"unit,omitempty"` // of Number: one of the comparison language, or any word
	Known    bool      `json:"known"`          // false: the source could not say, or said what nobody can read
	Raw      string    `json:"raw,omitempty"`  // what the source printed, or why there is nothing
	At       time.Time `json:"at,omitzero"`    // when it was read
}

// ParseValue reads a text that a source printed: "18.2 GiB", "0", "2.53.0". A
// number counts as one only if a unit of the comparison language, or nothing,
// follows it. An empty text is a value that is not known.
func ParseValue(text string, at time.Time) Value {
	trimmed := strings.TrimSpace(text)
	v := Value{Text: trimmed, Known: trimmed != "", Raw: text, At: at}
	if n, word, ok := parseFigure(trimmed); ok {
		if _, known := units[word]; known || word == "" {
			v.Number, v.Unit, v.IsNumber = n, word, true
		}
	}
	return v
}

// String is the value as a person reads it.
func (v Value) String() string {
	switch {
	case !v.Known:
		return "unknown"
	case v.Text != "":
		return v.Text
	case v.IsNumber:
		return formatFigure(v.Number, v.Unit)
	}
	return "empty"
}

// Want is a comparison: see ParseWant.
type Want struct {
	source  string
	op      string
	number  float64
	unit    string
	numeric bool
	text    string
	pattern *regexp.Regexp
	shift   *shift // against the baseline
	measure string // whose baseline it is; empty for the value when the phase opened
}

// shift is what is done to the baseline before it is compared: + 20%, - 5, * 1.1.
type shift struct {
	op     string // "" takes the baseline as it is
	number float64
	unit   string
}

// String is the comparison as it was written.
func (w Want) String() string { return w.source }

// NeedsBaseline reports whether the comparison is with the value when the phase
// opened, which somebody has to read then.
func (w Want) NeedsBaseline() bool { return w.shift != nil && w.measure == "" }

// Measure is the name of the measure whose baseline the comparison is with, or "".
func (w Want) Measure() string { return w.measure }

var operator = regexp.MustCompile(`^(>=|<=|==|!=|!~|>|<|~)\s*(.*)$`)

// ParseWant reads a comparison:
//
//	>= > <= < == !=   a number, with a unit or without: ">= 20 GiB", "< 5 %"
//	== !=             any other text, as a whole: "== 2.53.0"
//	~ !~              a regular expression (RE2), anywhere in the text
//	any but ~ !~      baseline, also "baseline + 20%", "- 5", "* 1.1";
//	                  "baseline of NAME" is that of a measure
//
// The operand must not hold $NAME any more; see Expand.
func ParseWant(s string) (Want, error) {
	s = strings.TrimSpace(s)
	m := operator.FindStringSubmatch(s)
	if m == nil {
		return Want{}, fmt.Errorf("want %q: begins with none of >= > <= < == != ~ !~", s)
	}
	w := Want{source: s, op: m[1]}
	operand := strings.TrimSpace(m[2])
	if operand == "" {
		return Want{}, fmt.Errorf("want %q: nothing to compare with", s)
	}
	var err error
	switch {
	case w.op == "~" || w.op == "!~":
		if w.pattern, err = regexp.Compile(operand); err != nil {
			err = fmt.Errorf("want %q: %w", s, err)
		}
	case againstBaseline.MatchString(operand):
		b := againstBaseline.FindStringSubmatch(operand)
		w.measure = b[1]
		if w.shift, err = parseShift(b[2]); err != nil {
			err = fmt.Errorf("want %q: %w", s, err)
		}
	default:
		err = w.operand(operand)
	}
	return w, err
}

// operand reads a figure, or for == and != a text.
func (w *Want) operand(s string) error {
	n, word, ok := parseFigure(s)
	_, known := units[word]
	w.number, w.unit, w.numeric, w.text = n, word, ok && (known || word == ""), s
	if w.numeric || w.op == "==" || w.op == "!=" {
		return nil
	}
	if ok {
		return fmt.Errorf("want %q: unknown unit %q; want B, kB, MB, GB, TB, KiB, MiB, GiB, TiB, %%, ms, s, m or h", w.source, word)
	}
	return fmt.Errorf("want %q: %s compares numbers, and %q is none", w.source, w.op, s)
}

var againstBaseline = regexp.MustCompile(`^baseline(?: +of +([A-Za-z0-9_][A-Za-z0-9_.-]*))?(?:$| +(.*)$)`)

var shifting = regexp.MustCompile(`^([-+*])\s*(.+)$`)

func parseShift(s string) (*shift, error) {
	if s == "" {
		return &shift{}, nil
	}
	m := shifting.FindStringSubmatch(s)
	if m == nil {
		return nil, fmt.Errorf("after baseline want + 20%%, - 5 or * 1.1, not %q", s)
	}
	n, word, ok := parseFigure(m[2])
	_, known := units[word]
	if !ok || word != "" && (!known || m[1] == "*") {
		return nil, fmt.Errorf("after baseline want + 20%%, - 5 or * 1.1, not %q", s)
	}
	return &shift{m[1], n, word}, nil
}

// Judge compares a value, where the comparison needs it with the baseline. The
// text says why in plain words: "18.2 GiB, want >= 20 GiB".
func (w Want) Judge(v Value, baseline *Value) (Verdict, string) {
	if !v.Known {
		return CannotTell, fmt.Sprintf("no value%s, want %s", because(v.Raw), w.source)
	}
	if w.pattern != nil {
		return w.verdict(w.pattern.MatchString(v.Text) == (w.op == "~"), v, "")
	}
	if w.shift != nil {
		return w.judgeBaseline(v, baseline)
	}
	if !w.numeric {
		return w.verdict((v.String() == w.text) == (w.op == "=="), v, "")
	}
	return w.compare(v, w.number, w.unit, "")
}

func (w Want) judgeBaseline(v Value, baseline *Value) (Verdict, string) {
	if baseline == nil || !baseline.Known {
		of := ""
		if w.measure != "" {
			of = " of " + w.measure
		}
		return CannotTell, fmt.Sprintf("%s, want %s, but there is no baseline%s", v, w.source, of)
	}
	if !baseline.IsNumber {
		if w.shift.op == "" && (w.op == "==" || w.op == "!=") {
			return w.verdict((v.String() == baseline.String()) == (w.op == "=="), v, " ("+baseline.String()+")")
		}
		return CannotTell, fmt.Sprintf("%s, want %s, but the baseline %q is no number", v, w.source, baseline)
	}
	n, word, ok := w.shift.apply(baseline.Number, baseline.Unit)
	if !ok {
		return CannotTell, fmt.Sprintf("%s, want %s, but the baseline is %s", v, w.source, baseline)
	}
	return w.compare(v, n, word, " ("+formatFigure(n, word)+")")
}

// apply moves the baseline; false when the units do not go together.
func (s *shift) apply(number float64, word string) (float64, string, bool) {
	if s.op == "" {
		return number, word, true
	}
	if s.op == "*" {
		return number * s.number, word, true
	}
	by := s.number
	switch {
	case s.unit == "%" && word != "%":
		by = number * s.number / 100
	case s.unit != "" && s.unit != word:
		inBase, added, ok := commensurate(number, word, s.number, s.unit)
		if !ok {
			return 0, "", false
		}
		number, by = inBase, added
		_, word = base(0, word)
	}
	if s.op == "-" {
		by = -by
	}
	return number + by, word, true
}

func (w Want) compare(v Value, number float64, word, note string) (Verdict, string) {
	if !v.IsNumber {
		return CannotTell, fmt.Sprintf("%q is no number, want %s%s", v.String(), w.source, note)
	}
	a, b, ok := commensurate(v.Number, v.Unit, number, word)
	if !ok {
		return CannotTell, fmt.Sprintf("%s and %s are not the same unit, want %s%s",
			v, formatFigure(number, word), w.source, note)
	}
	return w.verdict(satisfies(a, w.op, b), v, note)
}

// satisfies compares two figures. Those that differ only by how floating point
// rounds are equal: 110 is not below 100 * 1.1.
func satisfies(a float64, op string, b float64) bool {
	same := math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b))
	switch op {
	case ">=":
		return a >= b || same
	case ">":
		return a > b && !same
	case "<=":
		return a <= b || same
	case "<":
		return a < b && !same
	case "!=":
		return !same
	}
	return same
}

func (w Want) verdict(green bool, v Value, note string) (Verdict, string) {
	text := fmt.Sprintf("%s, want %s%s", v, w.source, note)
	if green {
		return Green, text
	}
	return Red, text
}

// because puts the first line of what a source said in brackets.
func because(raw string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(raw), "\n")
	if line == "" {
		return ""
	}
	if r := []rune(line); len(r) > 80 {
		line = string(r[:79]) + "…"
	}
	return " (" + strconv.Quote(line) + ")"
}
