package pane

// The rule of this file: a value that is old shows its age in place of itself,
// and a pane without lines says why.

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// Server is what a pane shows of a host.
type Server struct {
	Number  int // the key that focuses it, 0 for none
	ID      string
	Role    string
	Up      bool
	Since   time.Time     // of the present link state
	Why     string        // it is down; empty while a first try is under way
	Wrong   string        // it is not the host we know
	Hint    string        // the one command that helps against either, where there is one
	Work    string        // what is under way there
	Stopped string        // the step by which this run has stopped what runs there
	Skew    time.Duration // its clock minus ours
	Gauges  []Gauge
	Logs    int // how many it has
	Log     Log // the one that is shown
	Focused bool
	Now     time.Time
}

// Gauge is one watched value.
type Gauge struct {
	Title   string
	Reading steps.Reading
	Percent float64 // of a bar; negative where the value is no share
	Every   time.Duration
}

// stalePolls is how many looks may fail before the age stands for the value.
const stalePolls = 3

// stale reports whether a gauge is too old to be shown.
func (g Gauge) stale(now time.Time) bool {
	every := g.Every
	if every <= 0 {
		every = 10 * time.Second
	}
	return g.Reading.At.IsZero() || now.Sub(g.Reading.At) > stalePolls*every
}

// cell draws a gauge: bar, value in at most some columns (0: all of it), and a
// word where it is not as it should be.
func (g Gauge) cell(now time.Time, bar, most int, st *style.Style) string {
	r := g.Reading
	switch {
	case r.At.IsZero():
		return st.Paint(style.Dim, "not looked at")
	case g.stale(now):
		return st.Paint(style.Warn, since(now, r.At)+" old")
	case r.Verdict == steps.CannotTell && r.Text == "":
		return st.Paint(style.Warn, "unknown")
	}
	text := short(tail.Inert(r.Text), most, st)
	if g.Percent >= 0 {
		text = fmt.Sprintf("%.0f%%", g.Percent)
		if bar > 0 {
			text = Bar(g.Percent/100, bar, st) + " " + text
		}
	}
	if n, ok := strings.CutPrefix(r.Want, "== "); ok && r.Number != nil && isCount(n) {
		text += "/" + n // alive of expected
	}
	switch {
	case r.Verdict == steps.Red:
		return st.Paint(style.Danger, text+" red")
	case r.Verdict == steps.CannotTell && text == "unknown":
		return st.Paint(style.Warn, text)
	case r.Verdict == steps.CannotTell && r.Want != "":
		return st.Paint(style.Warn, text+" cannot tell")
	}
	return text
}

// short cuts a value to some columns. What stands in brackets gives way first.
func short(text string, most int, st *style.Style) string {
	if most <= 0 || Width(text) <= most {
		return text
	}
	text, _, _ = strings.Cut(text, " (")
	return Cut(text, most, st)
}

// isCount reports whether a text is a plain number.
func isCount(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// link is the state of the connection, in words, with its age.
func (s Server) link() (string, style.Tone) {
	switch {
	case s.Wrong != "":
		return "NOT THE HOST WE KNOW", style.Danger
	case s.Up:
		return "link up " + since(s.Now, s.Since), style.OK
	case s.Why == "":
		return "connecting", style.Busy
	}
	return "UNREACHABLE " + since(s.Now, s.Since), style.Danger
}

// Name of the pane: its key, the host and what it is.
func (s Server) Name() string {
	name := tail.Inert(s.ID)
	if s.Role != "" && s.Role != s.ID {
		name += " " + tail.Inert(s.Role)
	}
	if s.Number > 0 {
		name = itoa(s.Number) + " " + name
	}
	return name
}

// Draw gives the pane: title, gauges, tail, and a last line on how the tail is
// looked at where that is not plain following.
func (s Server) Draw(v LogView, w, h int, st *style.Style) []string {
	if h <= 0 {
		return nil
	}
	out, foot := s.around(v, w, h, st)
	rows := h - len(out) - lineOf(foot)
	out = append(out, s.body(v, w, rows, st)...)
	if foot != "" {
		out = append(out, st.Paint(style.Dim, Fit(foot, w, st)))
	}
	return Block(out, w, h, st)
}

// Room is how many rows a pane of w by h has for the tail.
func (s Server) Room(v LogView, w, h int, st *style.Style) int {
	above, foot := s.around(v, w, h, st)
	return max(1, h-len(above)-lineOf(foot))
}

func lineOf(foot string) int {
	if foot == "" {
		return 0
	}
	return 1
}

// LeastFoot is the least height of a pane with a line on how its tail is looked at.
const LeastFoot = 7

// around is what stands over the tail and under it.
func (s Server) around(v LogView, w, h int, st *style.Style) (above []string, foot string) {
	words, tone := s.link()
	right := st.Paint(tone, words)
	if c := s.skewCell(st); c != "" {
		right = c + "  " + right
	}
	above = []string{TitleLine(s.Name(), right, s.Focused, w, st)}
	switch {
	case h > 24:
		above = append(above, s.gaugeLines(w, 3, st)...)
	case h > 9:
		above = append(above, s.gaugeLines(w, 2, st)...)
	case h > 3:
		above = append(above, s.gaugeLines(w, 1, st)...)
	}
	switch {
	case h <= 6:
	case s.Work != "":
		above = append(above, st.Paint(style.Busy, Fit("under way: "+tail.Inert(s.Work), w, st)))
	case s.quiet() && !s.Log.empty():
		above = append(above, st.Paint(style.Busy, Fit("stopped by this run ("+tail.Inert(s.Stopped)+")", w, st)))
	}
	if h >= LeastFoot {
		foot = s.Log.foot(v, s.Logs, s.Focused, s.Now, w, st)
	}
	return above, foot
}

// body is the tail, or why there is none.
func (s Server) body(v LogView, w, h int, st *style.Style) []string {
	if !s.Log.empty() {
		return s.Log.Lines(v, w, h, st)
	}
	p := NewPage(w, st)
	p.Text(style.Warn, s.why())
	if s.Wrong == "" && s.Log.Script != "" {
		p.Text(style.Dim, "it is read by: "+strings.TrimSpace(s.Log.Script))
	}
	return Block(p.Lines, w, h, st)
}

// quiet reports whether the log does not flow because this run has stopped what
// it is of.
func (s Server) quiet() bool { return s.Stopped != "" && s.Log.Why != "" }

// why a pane has no lines, and for how long it has been so.
func (s Server) why() string {
	age := ""
	if !s.Log.Since.IsZero() {
		age = " for " + since(s.Now, s.Log.Since)
	}
	switch {
	case s.Wrong != "":
		return s.Wrong + "\nnothing is done here: " + cmp.Or(s.Hint, "rebind it with :rebind "+s.ID+" REASON")
	case !s.Up && s.Why == "":
		return "connecting" + age
	case !s.Up:
		return "no lines: " + s.Why + "\n" + cmp.Or(s.Hint, "it is tried again by itself")
	case s.Logs == 0:
		return "no log to follow: what a step prints here is shown"
	case s.quiet():
		return "no lines" + age + ": stopped by this run (" + s.Stopped + ")\nit is followed again by itself; it says: " + s.Log.Why
	case s.Log.Why != "":
		return "no lines" + age + ": " + s.Log.Why + "\nit is tried again by itself"
	case s.Log.At.IsZero():
		return "no line has come" + age
	}
	return "no lines; the last byte came " + since(s.Now, s.Log.At) + " ago"
}

// allStale reports whether no value is young enough to be shown, and when the
// newest was read.
func (s Server) allStale() (newest time.Time, all bool) {
	for _, g := range s.Gauges {
		if !g.stale(s.Now) || g.Reading.At.IsZero() {
			return newest, false
		}
		if g.Reading.At.After(newest) {
			newest = g.Reading.At
		}
	}
	return newest, true
}

// gaugeLines draws all gauges with their titles, in as many lines as they need
// and may have. What does not fit then loses its bar, and then the end of its
// value; a value without its title says nothing.
func (s Server) gaugeLines(w, rows int, st *style.Style) []string {
	if len(s.Gauges) == 0 {
		return []string{Fit(st.Paint(style.Dim, "no gauges"), w, st)}
	}
	if at, all := s.allStale(); all {
		return []string{Fit(st.Paint(style.Warn, "the newest value is "+since(s.Now, at)+" old"), w, st)}
	}
	var out []string
	for _, how := range []struct{ bar, most int }{{6, 0}, {4, 0}, {0, 0}, {0, 24}, {0, 12}, {0, 6}} {
		cells, widest := make([]string, len(s.Gauges)), 0
		for i, g := range s.Gauges {
			cells[i] = st.Paint(style.Dim, tail.Inert(g.Title)) + " " + g.cell(s.Now, how.bar, how.most, st)
			widest = max(widest, Width(cells[i]))
		}
		if out = flow(cells, w, st); len(out) <= rows && widest <= w {
			return out
		}
	}
	return out[:min(rows, len(out))]
}

// flow puts cells after each other in lines of a width.
func flow(cells []string, w int, st *style.Style) []string {
	var out []string
	row := ""
	for _, c := range cells {
		if row != "" && Width(row)+2+Width(c) > w {
			out, row = append(out, Fit(row, w, st)), ""
		}
		if row != "" {
			row += "  "
		}
		row += c
	}
	return append(out, Fit(row, w, st))
}
