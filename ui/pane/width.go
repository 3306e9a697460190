package pane

// The rule of this file: a width is what package ansi says it is; nearly every
// text of a screen is counted without asking it.

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Width of a line in cells, styled or not.
func Width(s string) int {
	n := 0
	for i := 0; i < len(s); {
		switch b := s[i]; {
		case b >= ' ' && b < 0x7f:
			i, n = i+1, n+1
		case b == '\x1b':
			end := sgr(s[i:])
			if end == 0 {
				return ansi.StringWidth(s)
			}
			i += end
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if !narrow(r) {
				return ansi.StringWidth(s)
			}
			i, n = i+size, n+1
		}
	}
	return n
}

// sgr gives the length of the colour sequence that a text begins with
// (ECMA-48, 8.3.117), 0 where it begins with another one.
func sgr(s string) int {
	if !strings.HasPrefix(s, "\x1b[") {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch b := s[i]; {
		case b == 'm':
			return i + 1
		case b != ';' && b != ':' && (b < '0' || b > '9'):
			return 0
		}
	}
	return 0
}

// narrow reports whether a sign of ours takes one cell: frames, bars, marks and
// the ellipsis. What joins others, and what may be wide, is none of them.
func narrow(r rune) bool {
	return r == '…' || r >= 0x2500 && r <= 0x25cf
}
