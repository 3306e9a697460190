package pane

// The rule of this file: what a program puts before its message gives way to the
// message where there is little room; a mark stands where something was left
// out, and a search finds it still.

import (
	"strings"

	"belay/runner/tail"
	"belay/ui/style"
)

// Times says how the head of a line is shown.
type Times int

// Ways to show a line's head.
const (
	AsFits Times = iota // shortened where the pane is narrow
	InFull
	Hidden
	times
)

// Next is the way after this one.
func (t Times) Next() Times { return (t + 1) % times }

// Widths of a pane from which a head shows more of itself. A head of Ray's C++
// is 58 columns, so a line needs twice that to say something.
const (
	headWho  = 64  // who and how bad, beside the clock
	headFull = 120 // all of it
)

// loud is the tone of a level; Plain for what is no trouble.
func loud(level string) style.Tone {
	switch {
	case level == "":
		return style.Plain
	case level[0] == 'W':
		return style.Warn
	case strings.HasPrefix(level, "E"), strings.HasPrefix(level, "F"), strings.HasPrefix(level, "C"), level == "PANIC":
		return style.Danger
	}
	return style.Plain
}

// piece is a part of a line as it is drawn.
type piece struct {
	text string
	at   int // where it stands in the line's text; -1 for a mark of ours
	tone style.Tone
}

// pieces gives a line as it is drawn: whole, or with a short head. What is left
// out never lies under one of the spans.
func pieces(line tail.Line, v LogView, w int, spans [][2]int, st *style.Style) []piece {
	whole := []piece{{text: line.Text}}
	short := v.Times == Hidden || v.Times == AsFits && w < headFull && !v.Wrap
	if !short {
		return whole
	}
	h := headOf(line.Text)
	if h.end == 0 {
		return whole
	}
	out := h.short(line.Text, v.Times, w, st)
	n := markWidth
	for _, p := range out[:len(out)-2] {
		n += len(p.text) // a head is ASCII
	}
	if n >= h.end {
		return whole
	}
	for _, s := range spans {
		if !shown(out, s) {
			return whole
		}
	}
	return out
}

// markWidth is how many columns stand for what was left out.
const markWidth = 2

// short is the line with what its head has room for.
func (h head) short(text string, how Times, w int, st *style.Style) []piece {
	var out []piece
	keep := func(s [2]int, tone style.Tone) {
		if s[1] > 0 {
			if len(out) > 0 {
				out = append(out, piece{" ", -1, style.Dim})
			}
			out = append(out, piece{text[s[0]:s[1]], s[0], tone})
		}
	}
	if how != Hidden {
		keep(h.clock, style.Dim)
	}
	tone := loud(text[h.level[0]:h.level[1]])
	switch {
	case tone != style.Plain:
		keep(h.level, tone)
	case how != Hidden && w >= headWho:
		keep(h.level, style.Dim)
	}
	if how != Hidden && w >= headWho {
		keep(h.who, style.Dim)
	}
	return append(out, piece{st.Frame.Ellipsis + " ", -1, style.Dim}, piece{text[h.end:], h.end, style.Plain})
}

// shown reports whether a span of the line lies within one piece.
func shown(list []piece, span [2]int) bool {
	for _, p := range list {
		if p.at >= 0 && span[0] >= p.at && span[1] <= p.at+len(p.text) {
			return true
		}
	}
	return false
}
