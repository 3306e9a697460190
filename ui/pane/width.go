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
		if plain(s[i]) {
			i, n = i+1, n+1
			continue
		}
		size, cells := sign(s[i:])
		if size == 0 {
			return ansi.StringWidth(s)
		}
		i, n = i+size, n+cells
	}
	return n
}

// truncate is ansi.Truncate of a line that is wider than w: what is left of it
// ends with tail, and keeps the colours of what is gone.
func truncate(s string, w int, tail string) string {
	keep := w - Width(tail)
	if keep < 0 {
		return ""
	}
	i := 0
	for n := 0; i < len(s) && (n < keep || s[i] == '\x1b'); {
		if plain(s[i]) {
			i, n = i+1, n+1
			continue
		}
		size, cells := sign(s[i:])
		if size == 0 {
			return ansi.Truncate(s, w, tail)
		}
		i, n = i+size, n+cells
	}
	out := append(append(make([]byte, 0, i+len(tail)+16), s[:i]...), tail...)
	for i < len(s) {
		if plain(s[i]) {
			i++
			continue
		}
		size, cells := sign(s[i:])
		if size == 0 {
			return ansi.Truncate(s, w, tail)
		}
		if cells == 0 {
			out = append(out, s[i:i+size]...)
		}
		i += size
	}
	return string(out)
}

// plain reports whether a byte is a sign of ASCII that takes a cell.
func plain(b byte) bool { return b >= ' ' && b < 0x7f }

// sign is what a text begins with, where that is a colour or one of the signs
// that our screens are made of: its bytes and cells. Of whatever else there is,
// package ansi knows: size is 0.
func sign(s string) (size, cells int) {
	if s[0] == '\x1b' {
		return sgr(s), 0
	}
	if r, size := utf8.DecodeRuneInString(s); narrow(r) {
		return size, 1
	}
	return 0, 0
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
