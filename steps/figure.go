package steps

// The rule of this file: what a measure records is a number in the measure's
// own unit, whoever or whatever gives it. A text that is no figure is refused
// where it is given, not found out when somebody wants to compare it.

import (
	"fmt"
	"strconv"
	"strings"
)

// Figure reads what was measured and gives it in the measure's unit, as a
// number alone. The unit may stand behind the number; another one of the same
// kind (MiB for GiB) is converted. The error says what is wanted.
func (m *MeasureRule) Figure(text string) (string, error) {
	text = strings.TrimSpace(text)
	bare := text
	if m.Unit != "" {
		bare = strings.TrimSpace(strings.TrimSuffix(text, m.Unit)) // it may have a blank in it
	}
	if _, word, ok := parseFigure(bare); ok && word == "" {
		return bare, nil
	}
	number, word, ok := parseFigure(text)
	if !ok {
		return "", fmt.Errorf("%q is no figure; want a number%s", text, m.example())
	}
	of, known := units[word]
	in, same := units[m.Unit]
	if !known || !same || of.of != in.of {
		return "", fmt.Errorf("%q is not in the unit of %s; want a number%s", text, m.Name, m.example())
	}
	return strconv.FormatFloat(number*of.factor/in.factor, 'g', -1, 64), nil
}

// example ends a sentence that wants a number.
func (m *MeasureRule) example() string {
	if m.Unit == "" {
		return " such as 12.5, without a unit"
	}
	return fmt.Sprintf(" such as 12.5 or 12.5 %s", m.Unit)
}
