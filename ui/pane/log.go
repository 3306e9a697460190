package pane

// The rule of this file: a view that does not follow is anchored to a line's
// number, never to a place in the ring, so it cannot drift while lines come
// and go.

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"belay/runner/tail"
	"belay/ui/style"
)

// Log is one stream of lines.
type Log struct {
	Name string
	Nth  int // of the server's logs, from 1
	Ring *tail.Ring
	Why  string    // it is empty, or flows no more
	At   time.Time // of the newest byte
}

// LogView is how a log is looked at. The zero value follows.
type LogView struct {
	Paused bool
	Top    int64 // number of the first line on the screen, while paused
	X      int   // columns scrolled sideways
	Wrap   bool
	Times  Times
	Search string
	Query  tail.Query
	Hit    int64 // line of the present match; meaningful while Count > 0
	Nth    int   // the present match among all
	Count  int
}

// Times says how the time at the head of a line is shown.
type Times int

// Ways to show times. Short leaves the date out where a pane is narrow.
const (
	Short Times = iota
	Full
	None
)

// stamp matches the time that most programs put at the head of a line.
var stamp = regexp.MustCompile(`^(\[?)\d{4}[-/]\d\d[-/]\d\d[ T](\d\d:\d\d:\d\d)(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?(\]?,?)`)

// narrowLog is the width under which the date gives way to the text.
const narrowLog = 64

// times shortens the time at the head of a line, as the view wants it.
func times(line tail.Line, how Times, w int) tail.Line {
	if how == Full || how == Short && w >= narrowLog {
		return line
	}
	m := stamp.FindStringSubmatchIndex(line.Text)
	if m == nil || len(line.Marks) > 0 && line.Marks[0].Start < m[1] {
		return line
	}
	head := ""
	if how == Short {
		head = line.Text[m[2]:m[3]] + line.Text[m[4]:m[5]] + line.Text[m[6]:m[7]]
	}
	moved := len(head) - m[1]
	out := line
	out.Text, out.Marks = head+line.Text[m[1]:], nil
	for _, k := range line.Marks {
		k.Start, k.End = k.Start+moved, k.End+moved
		out.Marks = append(out.Marks, k)
	}
	return out
}

func (l Log) empty() bool {
	if l.Ring == nil {
		return true
	}
	first, next := l.Ring.Span()
	return first == next
}

// Lines draws a window of the log.
func (l Log) Lines(v LogView, w, h int, st *style.Style) []string {
	if h <= 0 || l.Ring == nil {
		return nil
	}
	first, next := l.Ring.Span()
	top := max(v.Top, first)
	if !v.Paused {
		top = max(first, next-int64(h))
	}
	var out []string
	for _, line := range l.Ring.Window(top, h) {
		out = append(out, l.draw(line, v, w, st)...)
	}
	if !v.Paused && len(out) > h {
		out = out[len(out)-h:]
	}
	return Block(out, w, h, st)
}

// draw gives the rows of one line: one, or more where it is wrapped.
func (l Log) draw(line tail.Line, v LogView, w int, st *style.Style) []string {
	line = times(line, v.Times, w)
	text := line.Text
	spans := v.Query.Spans(text)
	if len(line.Marks) > 0 || len(spans) > 0 {
		text = styled(line, spans, st)
	}
	if v.Wrap {
		return strings.Split(ansi.Hardwrap(text, w, true), "\n")
	}
	if v.X > 0 {
		return []string{ansi.Cut(text, v.X, v.X+w)}
	}
	return []string{Cut(text, w, st)}
}

// styled dims what the host did not print like this and lights up matches.
func styled(line tail.Line, spans [][2]int, st *style.Style) string {
	var b strings.Builder
	at := 0
	paint := func(to int, f func(string) string) {
		if to > at {
			b.WriteString(f(line.Text[at:to]))
			at = to
		}
	}
	plain := func(s string) string { return s }
	dim := func(s string) string { return st.Paint(style.Dim, s) }
	hit := func(s string) string { return st.Match.Render(s) }
	marks := line.Marks
	for len(marks) > 0 || len(spans) > 0 {
		if len(spans) > 0 && (len(marks) == 0 || spans[0][0] <= marks[0].Start) {
			paint(spans[0][0], plain)
			paint(spans[0][1], hit)
			spans = spans[1:]
			continue
		}
		paint(marks[0].Start, plain)
		paint(marks[0].End, dim)
		marks = marks[1:]
	}
	paint(len(line.Text), plain)
	return b.String()
}

// foot says which log this is and how it is looked at.
func (l Log) foot(v LogView, logs int, focused bool, now time.Time) string {
	var parts []string
	if l.Name != "" && (logs > 1 || focused) {
		name := tail.Inert(l.Name)
		if logs > 1 {
			name += fmt.Sprintf(" %d of %d", l.Nth, logs)
		}
		parts = append(parts, name)
	}
	if v.Search != "" {
		hits := "no match"
		if v.Count > 0 {
			hits = fmt.Sprintf("%d of %d", v.Nth, v.Count)
		}
		parts = append(parts, "/"+tail.Inert(v.Search)+" "+hits)
	}
	if l.Ring != nil {
		first, next := l.Ring.Span()
		switch {
		case v.Paused && v.Top < first:
			parts = append(parts, fmt.Sprintf("paused; %d lines fell out", first-v.Top))
		case v.Paused:
			parts = append(parts, fmt.Sprintf("paused at %d of %d", v.Top+1, next))
		case focused:
			parts = append(parts, "following")
		}
	}
	if v.Wrap {
		parts = append(parts, "wrap")
	}
	if v.Times == None {
		parts = append(parts, "times hidden")
	}
	if v.X > 0 {
		parts = append(parts, fmt.Sprintf("from column %d", v.X+1))
	}
	if l.Why != "" && !l.empty() {
		parts = append(parts, "no longer flows: "+tail.Inert(l.Why))
	} else if !l.At.IsZero() && now.Sub(l.At) > time.Minute {
		parts = append(parts, "silent for "+since(now, l.At))
	}
	return strings.Join(parts, "  ")
}

// LogTitle is the right end of a title line over a log that has the screen to
// itself.
func LogTitle(l Log, v LogView, logs int, now time.Time) string {
	return l.foot(v, logs, true, now)
}
