package pane

// The rule of this file: a view that does not follow is anchored to a line's
// number, never to a place in the ring, so it cannot drift while lines come
// and go.

import (
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"belay/runner/tail"
	"belay/ui/style"
)

// Log is one stream of lines.
type Log struct {
	Name   string
	Nth    int // of the server's logs, from 1
	Ring   *tail.Ring
	Script string    // what prints it
	Why    string    // it is empty, or flows no more
	Since  time.Time // of Why
	At     time.Time // of the newest byte
}

// LogView is how a log is looked at. The zero value follows.
type LogView struct {
	Paused bool
	Top    int64 // number of the first line on the screen, while paused
	X      int   // columns scrolled sideways
	Wrap   bool
	Times  Times

	Search Search // what lights up, and n and N go to
	Filter Search // the only lines that are shown
	Not    bool   // the filter shows all other lines
	Errors *tail.Index
	Jump   Jump  // what Hit is
	Hit    int64 // the line that was jumped to

	Marking bool
	From    int64 // where the mark began
	To      int64 // where its cursor is
	Was     bool  // the view was paused before
}

// Indexes are those that a view keeps up.
func (v LogView) Indexes() []*tail.Index {
	return slices.DeleteFunc([]*tail.Index{v.Filter.Lines, v.Search.Lines, v.Errors}, func(x *tail.Index) bool { return x == nil })
}

// Search is what a person looks for in a log. The zero value looks for nothing.
type Search struct {
	Text  string // as it was typed
	Query tail.Query
	Lines *tail.Index // that match, and pass the filter; nil while they are looked for
}

// Jump says what a line was jumped to for.
type Jump int

// Reasons to jump to a line.
const (
	NoJump Jump = iota
	ToMatch
	ToError
)

// Trouble finds lines that speak of it.
var Trouble = tail.Any("error", "fail", "fatal", "panic", "exception", "traceback", "critical", "denied", "refused", "no space")

func (l Log) empty() bool {
	if l.Ring == nil {
		return true
	}
	first, next := l.Ring.Span()
	return first == next
}

// Step gives the number of the line that is so many shown lines behind another,
// or before it; the first or the last one where there are no more.
func (l Log) Step(v LogView, from int64, by int) int64 {
	first, next := l.Ring.Span()
	if v.Filter.Lines == nil {
		return max(first, min(from+int64(by), next-1))
	}
	x := v.Filter.Lines
	if x.Len() == 0 {
		return first
	}
	i := min(x.UpTo(from-1), x.Len()-1) + by
	return x.Number(max(0, min(i, x.Len()-1)))
}

// window gives up to n shown lines from a number on.
func (l Log) window(v LogView, first int64, n int) []tail.Line {
	if v.Filter.Lines == nil {
		return l.Ring.Window(first, n)
	}
	return v.Filter.Lines.Window(first, n)
}

// Between gives the shown lines from a number to another.
func (l Log) Between(v LogView, from, to int64) []tail.Line {
	n := to - from + 1
	if x := v.Filter.Lines; x != nil {
		n = int64(x.UpTo(to) - x.UpTo(from-1))
	}
	if first, _ := l.Ring.Span(); v.Filter.Lines == nil && from < first {
		n -= first - from
	}
	return l.window(v, from, int(max(0, n)))
}

// Last is the first line on a screen that shows the end of the log.
func (l Log) Last(v LogView, w, h int) int64 {
	_, next := l.Ring.Span()
	return l.Step(v, next-1, 1-l.Fit(v, next-1, true, w, h))
}

// Fit is how many whole lines have room in h rows: from a line on, or, going
// backward, up to it. It is at least 1.
func (l Log) Fit(v LogView, from int64, backward bool, w, h int) int {
	if !v.Wrap {
		return max(1, h)
	}
	if v.Marking {
		w -= gutter
	}
	if backward {
		from = l.Step(v, from, 1-h)
	}
	lines := l.window(v, from, h)
	if backward {
		slices.Reverse(lines)
	}
	n := 0
	for _, line := range lines {
		if h -= rows(line, w); h < 0 {
			break
		}
		n++
	}
	return max(1, n)
}

// rows that a wrapped line takes.
func rows(line tail.Line, w int) int {
	return 1 + strings.Count(ansi.Hardwrap(line.Text, max(1, w), true), "\n")
}

// Lines draws a window of the log.
func (l Log) Lines(v LogView, w, h int, st *style.Style) []string {
	if h <= 0 || l.Ring == nil {
		return nil
	}
	if v.Filter.Lines != nil && v.Filter.Lines.Len() == 0 && !l.empty() {
		return Block(l.filteredOut(v, w, st), w, h, st)
	}
	_, next := l.Ring.Span()
	top := v.Top
	if !v.Paused {
		top = l.Step(v, next-1, 1-h)
	}
	var out []string
	for _, line := range l.window(v, top, h) {
		out = append(out, l.draw(line, v, w, st)...)
	}
	if !v.Paused && len(out) > h {
		out = out[len(out)-h:]
	}
	return Block(out, w, h, st)
}

// gutter is how many columns a mark takes at the left.
const gutter = 2

// draw gives the rows of one line: one, or more where it is wrapped.
func (l Log) draw(line tail.Line, v LogView, w int, st *style.Style) []string {
	spans := v.spans(line)
	list := pieces(line, v, w, spans, st)
	lead := ""
	if v.Marking {
		w = max(1, w-gutter)
		lead = strings.Repeat(" ", gutter)
		switch {
		case line.Number == v.To:
			lead = st.Paint(style.Strong, Fit(st.Frame.Mark, gutter, st))
		case line.Number >= min(v.From, v.To) && line.Number <= max(v.From, v.To):
			lead = st.Paint(style.Strong, Fit("*", gutter, st))
		}
	}
	text := paint(list, line.Marks, spans, v.light(line, st), st)
	switch {
	case v.Wrap:
		out := strings.Split(ansi.Hardwrap(text, w, true), "\n")
		for i := range out {
			out[i] = lead + out[i]
		}
		return out
	case v.X > 0:
		return []string{lead + ansi.Cut(text, v.X, v.X+w)}
	}
	return []string{lead + Cut(text, w, st)}
}

// spans of a line that light up.
func (v LogView) spans(line tail.Line) [][2]int {
	if v.Jump == ToError && line.Number == v.Hit {
		return Trouble.Spans(line.Text)
	}
	return v.Search.Query.Spans(line.Text)
}

// light is how they light up: the line that was jumped to stands out.
func (v LogView) light(line tail.Line, st *style.Style) func(string) string {
	if v.Jump != NoJump && line.Number == v.Hit {
		return func(s string) string { return st.Selected.Render(s) }
	}
	return func(s string) string { return st.Match.Render(s) }
}

// paint dims what the host did not print like this and lights up spans.
func paint(list []piece, marks []tail.Mark, spans [][2]int, light func(string) string, st *style.Style) string {
	if len(list) == 1 && len(marks) == 0 && len(spans) == 0 {
		return list[0].text
	}
	var b strings.Builder
	for _, p := range list {
		if p.at < 0 {
			b.WriteString(st.Paint(p.tone, p.text))
			continue
		}
		at, end := p.at, p.at+len(p.text)
		put := func(to int, f func(string) string) {
			if to = min(to, end); to > at {
				b.WriteString(f(p.text[at-p.at : to-p.at]))
				at = to
			}
		}
		tone := func(s string) string { return st.Paint(p.tone, s) }
		dim := func(s string) string { return st.Paint(style.Dim, s) }
		m, s := marks, spans
		for len(m) > 0 || len(s) > 0 {
			if len(s) > 0 && (len(m) == 0 || s[0][0] <= m[0].Start) {
				put(s[0][0], tone)
				put(s[0][1], light)
				s = s[1:]
				continue
			}
			put(m[0].Start, tone)
			put(m[0].End, dim)
			m = m[1:]
		}
		put(end, tone)
	}
	return b.String()
}

// Reveal scrolls a view sideways, if need be, so that what a line lights up can
// be seen in a pane of w columns.
func (v LogView) Reveal(line tail.Line, w int, st *style.Style) LogView {
	spans := v.spans(line)
	if v.Wrap || len(spans) == 0 {
		return v
	}
	column := 0
	for _, p := range pieces(line, v, w, spans, st) {
		if p.at >= 0 && spans[0][0] >= p.at && spans[0][0] < p.at+len(p.text) {
			column += Width(p.text[:spans[0][0]-p.at])
			break
		}
		column += Width(p.text)
	}
	size := min(Width(line.Text[spans[0][0]:spans[0][1]]), w/2)
	if column < v.X || column+size >= v.X+w {
		v.X = max(0, column+size-w*2/3)
	}
	return v
}

// Widest is how many columns the longest of h shown lines takes.
func (l Log) Widest(v LogView, w, h int, st *style.Style) int {
	top := v.Top
	if !v.Paused {
		top = l.Last(v, w, h)
	}
	n := 0
	for _, line := range l.window(v, top, h) {
		size := 0
		for _, p := range pieces(line, v, w, v.spans(line), st) {
			size += Width(p.text)
		}
		n = max(n, size)
	}
	return n
}
