package pane

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// FuzzWidth holds our count against that of package ansi.
func FuzzWidth(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b[1;31mred\x1b[0m", "─┌╎ ▸ ▾ ▶ █░ …", "日本", "e\u0301", "▶\ufe0f", "─\u0301", "\x1b[2J", "\x1b[31", "\x1b]8;;x\x07y",
		"a\tb", "\x1b[38:2::1:2:3mx", "👩‍👩‍👧", "\xff", "x\x1b", "◽", "▪\ufe0f", "…\u200d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := Width(s), ansi.StringWidth(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	})
}

// FuzzTruncate holds our cut against that of package ansi.
func FuzzTruncate(f *testing.F) {
	for _, s := range []string{"", "plain text", "\x1b[1;31mred and more\x1b[0m", "a\x1b[1mb\x1b[mc\x1b[31md\x1b[m", "─┌╎ ▸ ▾ ▶ █░ … more", "日本語の行", "e\u0301e\u0301e",
		"abcde\u0301f", "ab─\u0301cd", "abc\x1b[2Jdef", "abcdef\x1b[31", "ab\tcdef", "\x1b[31m\x1b[32m\x1b[33mabcdef"} {
		for w := range 8 {
			f.Add(s, w, "…")
			f.Add(s, w, "...")
		}
	}
	f.Fuzz(func(t *testing.T, s string, w int, tail string) {
		if w < 0 || Width(s) <= w || Width(tail) != len(tail) && tail != "…" {
			return // Cut and Fit ask it of no such line
		}
		if got, want := truncate(s, w, tail), ansi.Truncate(s, w, tail); got != want {
			t.Errorf("%q to %d: %q, want %q", s, w, got, want)
		}
	})
}

// Every sign that is counted without asking is one cell, alone and in company.
func TestNarrow(t *testing.T) {
	for r := range rune(0x30000) {
		if narrow(r) && (ansi.StringWidth(string(r)) != 1 || ansi.StringWidth("a"+string(r)+string(r)+"b") != 4) {
			t.Errorf("%U", r)
		}
	}
}
