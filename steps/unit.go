package steps

// The rule of this file: two figures are compared only when they measure the
// same thing. 5 without a unit is not 5 GiB; only zero is zero in any unit.

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// unit is what a suffix measures and how many of the base it stands for.
type unit struct {
	of     string
	factor float64
}

// units of the comparison language: decimal and binary bytes (IEC 80000-13),
// percent and time. Their bases are B, % and s.
var units = map[string]unit{
	"B": {"B", 1}, "kB": {"B", 1e3}, "MB": {"B", 1e6}, "GB": {"B", 1e9}, "TB": {"B", 1e12},
	"KiB": {"B", 1 << 10}, "MiB": {"B", 1 << 20}, "GiB": {"B", 1 << 30}, "TiB": {"B", 1 << 40},
	"%":  {"%", 1},
	"ms": {"s", 1e-3}, "s": {"s", 1}, "m": {"s", 60}, "h": {"s", 3600},
}

var figure = regexp.MustCompile(`^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)$`)

// parseFigure splits a number from the word after it.
func parseFigure(s string) (number float64, unit string, ok bool) {
	m := figure.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return 0, "", false
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return 0, "", false
	}
	return n, m[2], true
}

// base turns a figure into one of its unit's base. A word that is no known
// unit is a base of its own.
func base(number float64, word string) (float64, string) {
	if u, ok := units[word]; ok {
		return number * u.factor, u.of
	}
	return number, word
}

// commensurate gives two figures in one unit, or false when they measure
// different things.
func commensurate(a float64, aUnit string, b float64, bUnit string) (x, y float64, ok bool) {
	x, of := base(a, aUnit)
	y, other := base(b, bUnit)
	return x, y, of == other || x == 0 && of == "" || y == 0 && other == ""
}

// formatFigure prints a figure as a person reads it: at most two decimals where
// it is large, and bytes in the largest binary unit that keeps it above one.
func formatFigure(number float64, word string) string {
	if word == "B" {
		for _, u := range []string{"TiB", "GiB", "MiB", "KiB"} {
			if f := units[u].factor; math.Abs(number) >= f {
				number, word = number/f, u
				break
			}
		}
	}
	text := strconv.FormatFloat(number, 'f', -1, 64)
	if len(text) > 6 && math.Abs(number) >= 0.01 {
		text = strconv.FormatFloat(number, 'f', 2, 64)
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if word == "" || word == "%" {
		return text + word
	}
	return text + " " + word
}
