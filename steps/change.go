package steps

// The rule of this file: a criterion judges how far a result moved from its
// baseline, and without both it is undecided.

import (
	"fmt"
	"strings"
)

// Change is a criterion's comparison of a result with its baseline.
type Change struct {
	want     Want
	relative bool // in percent of the baseline
	direct   bool // the comparison names the baseline itself
}

// String is the comparison as it was written.
func (c Change) String() string { return c.want.source }

// ParseChange reads what a result must have become against its baseline:
//
//	>= 10%                at least 10 % above the baseline
//	<= -15%               at least 15 % below it
//	>= 5, > 200 ms        more by that much (result minus baseline)
//	<= baseline * 1.1     a comparison that names the baseline itself
func ParseChange(s string) (Change, error) {
	w, err := ParseWant(s)
	switch {
	case err != nil:
		return Change{}, fmt.Errorf("change: %w", err)
	case w.measure != "":
		return Change{}, fmt.Errorf("change %q: a criterion compares with the baseline of its own measure", strings.TrimSpace(s))
	case w.shift != nil:
		return Change{want: w, direct: true}, nil
	case !w.numeric:
		return Change{}, fmt.Errorf("change %q: want a figure such as \">= 10%%\", or one with baseline", strings.TrimSpace(s))
	}
	return Change{want: w, relative: w.unit == "%"}, nil
}

// Judge compares. The text gives both figures and the change between them.
func (c Change) Judge(result, baseline *Value) (Verdict, string) {
	switch {
	case result == nil || !result.Known:
		return CannotTell, "no result yet, want " + c.want.source
	case baseline == nil || !baseline.Known:
		return CannotTell, fmt.Sprintf("%s, but there is no baseline, want %s", result, c.want.source)
	case c.direct:
		return c.want.Judge(*result, baseline)
	case !result.IsNumber || !baseline.IsNumber:
		return CannotTell, fmt.Sprintf("%q after %q are not both numbers, want %s", result, baseline, c.want.source)
	}
	now, was, ok := commensurate(result.Number, result.Unit, baseline.Number, baseline.Unit)
	if !ok {
		return CannotTell, fmt.Sprintf("%s after %s are not the same unit, want %s", result, baseline, c.want.source)
	}
	_, word := base(0, result.Unit)
	moved := now - was
	if c.relative && word != "%" {
		if was == 0 {
			return CannotTell, fmt.Sprintf("%s after %s: no percentage of zero, want %s", result, baseline, c.want.source)
		}
		moved, word = moved/max(was, -was)*100, "%"
	}
	change := formatFigure(moved, word)
	if moved > 0 {
		change = "+" + change
	}
	delta := Value{Known: true, IsNumber: true, Number: moved, Unit: word, Text: fmt.Sprintf("%s after %s (%s)", result, baseline, change)}
	return c.want.Judge(delta, nil)
}
