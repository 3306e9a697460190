// Package pane draws the parts of the screen.
//
// The rule of this package: the same data, size and style give the same lines.
// A pane is a function; it keeps nothing, asks nobody and reads no clock. Every
// foreign text goes through tail.Inert or comes out of a tail.Ring, so nothing
// that a server or a file says can leave its cell.
package pane

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"belay/runner/tail"
	"belay/ui/style"
)

// Block makes lines exactly w by h: cut where they are more, filled where they
// are less.
func Block(lines []string, w, h int, st *style.Style) []string {
	w, h = max(w, 0), max(h, 0)
	out := make([]string, h)
	for i := range out {
		if i < len(lines) {
			out[i] = Fit(lines[i], w, st)
		} else {
			out[i] = strings.Repeat(" ", w)
		}
	}
	return out
}

// Fit cuts or fills one line, styled or not, to a width.
func Fit(s string, w int, st *style.Style) string {
	if w <= 0 {
		return ""
	}
	n := Width(s)
	if n > w {
		s = truncate(s, w, st.Frame.Ellipsis)
		n = Width(s)
	}
	return s + strings.Repeat(" ", max(0, w-n))
}

// Cut shortens a line to a width and does not fill it.
func Cut(s string, w int, st *style.Style) string {
	switch {
	case w <= 0:
		return ""
	case Width(s) <= w:
		return s
	}
	return truncate(s, w, st.Frame.Ellipsis)
}

// Ends puts one text at the left end of a line and one at the right. The right
// one stays whole as long as it fits.
func Ends(left, right string, w int, st *style.Style) string {
	n := Width(right)
	if right == "" || n+2 > w {
		return Fit(left, w, st)
	}
	return Fit(left, w-n-1, st) + " " + right
}

// Wrap breaks inert text into lines of a width.
func Wrap(s string, w int) []string {
	if w <= 0 {
		return nil
	}
	var out []string
	for _, line := range strings.Split(s, "\n") {
		out = append(out, strings.Split(ansi.Wrap(tail.Inert(line), w, ""), "\n")...)
	}
	return out
}

// Beside puts columns next to each other with a line between them. All blocks
// have the same height.
func Beside(st *style.Style, blocks ...[]string) []string {
	out := make([]string, len(blocks[0]))
	between := st.Paint(style.Dim, st.Frame.Down)
	parts := make([]string, len(blocks))
	for i := range out {
		for j, b := range blocks {
			parts[j] = b[i]
		}
		out[i] = strings.Join(parts, between)
	}
	return out
}

// Over lays a box over whole rows from y on, in the middle. What is beside it
// is cleared: half a row would be a state without its word.
func Over(under, box []string, w, y int, st *style.Style) []string {
	for i, line := range box {
		if at := y + i; at >= 0 && at < len(under) {
			left := (w - Width(line)) / 2
			under[at] = Fit(strings.Repeat(" ", max(0, left))+line, w, st)
		}
	}
	return under
}

// Titled puts a title line over a body. A focused pane says so in words.
func Titled(title, right string, focused bool, body []string, w, h int, st *style.Style) []string {
	if h <= 0 {
		return nil
	}
	return append([]string{TitleLine(title, right, focused, w, st)}, Block(body, w, h-1, st)...)
}

// TitleLine is the line over a pane.
func TitleLine(title, right string, focused bool, w int, st *style.Style) string {
	name, tone := " "+title+" ", st.Title
	if focused {
		name, tone = " "+title+" focused ", st.Focus
	}
	if right != "" {
		right = " " + right + " "
	}
	room := w - 1 - Width(right)
	if room < 10 {
		right, room = "", w-1
	}
	if focused && Width(name) > room {
		name = " " + Cut(title, room-10, st) + " focused "
	}
	name = Cut(name, room, st)
	fill := max(0, room-Width(name))
	line := st.Paint(style.Dim, st.Frame.Across) + tone.Render(name) + st.Paint(style.Dim, strings.Repeat(st.Frame.Across, fill))
	return Fit(line+right, w, st)
}

// Clock writes a duration as minutes and seconds, with hours where there are any.
func Clock(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	s := int(d / time.Second)
	if s >= 3600 {
		return sign + itoa(s/3600) + ":" + two(s/60%60) + ":" + two(s%60)
	}
	return sign + itoa(s/60) + ":" + two(s%60)
}

// About writes a duration as a person says it: 45s, 12m, 3h20m.
func About(d time.Duration) string {
	switch {
	case d < time.Minute:
		return itoa(int(d/time.Second)) + "s"
	case d < time.Hour:
		return itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		h, m := int(d/time.Hour), int(d/time.Minute)%60
		if m == 0 {
			return itoa(h) + "h"
		}
		return itoa(h) + "h" + two(m) + "m"
	}
	return itoa(int(d/(24*time.Hour))) + "d"
}

func two(n int) string {
	if n < 10 {
		return "0" + itoa(n)
	}
	return itoa(n)
}
