package pane

// The rule of this file: how a log is looked at is said in words wherever it is
// not plain following, and what is not shown is counted.

import (
	"fmt"
	"strings"
	"time"

	"belay/runner/tail"
	"belay/ui/style"
)

// foot says which log this is and how it is looked at, in w columns: what is
// counted comes first, and the log's name gives way to it.
func (l Log) foot(v LogView, logs int, focused bool, now time.Time, w int, st *style.Style) string {
	name, nth := "", ""
	if l.Name != "" && (logs > 1 || focused) {
		name = tail.Inert(l.Name)
	}
	if logs > 1 {
		nth = fmt.Sprintf("%d of %d", l.Nth, logs)
	}
	rest := l.found(v)
	rest = append(rest, l.where(v, focused, st)...)
	if v.Wrap {
		rest = append(rest, "wrap")
	}
	switch v.Times {
	case InFull:
		rest = append(rest, "heads in full")
	case Hidden:
		rest = append(rest, "heads hidden")
	}
	if v.X > 0 {
		rest = append(rest, fmt.Sprintf("from column %d", v.X+1))
	}
	if l.Why != "" && !l.empty() {
		rest = append(rest, "no longer flows: "+tail.Inert(l.Why))
	} else if !l.At.IsZero() && now.Sub(l.At) > time.Minute {
		rest = append(rest, "silent for "+since(now, l.At))
	}
	text := strings.Join(rest, "  ")
	for _, lead := range []string{strings.TrimSpace(name + " " + nth), nth} {
		if whole := strings.TrimSpace(lead + "  " + text); Width(whole) <= w {
			return whole
		}
	}
	return text
}

// where says which lines the view stands on.
func (l Log) where(v LogView, focused bool, st *style.Style) []string {
	if l.Ring == nil {
		return nil
	}
	first, next := l.Ring.Span()
	switch {
	case v.Marking:
		from, to := min(v.From, v.To), max(v.From, v.To)
		return []string{fmt.Sprintf("marked %s to %s", Thousands(from+1), Thousands(to+1)) + st.Keyed(", {copy} copies, esc ends")}
	case v.Paused && v.Top < first:
		return []string{"paused; " + Thousands(first-v.Top) + " lines fell out"}
	case v.Paused && v.Filter.Text != "":
		return []string{"paused"}
	case v.Paused:
		return []string{"paused at " + Thousands(v.Top+1) + " of " + Thousands(next)}
	case focused:
		return []string{"following"}
	}
	return nil
}

// found counts what is filtered and what was looked for.
func (l Log) found(v LogView) []string {
	var parts []string
	if v.Filter.Text != "" {
		word, n := "&", "looking"
		if v.Not {
			word = "& not "
		}
		if x := v.Filter.Lines; x != nil {
			first, next := l.Ring.Span()
			n = Thousands(int64(x.Len())) + " of " + Thousands(next-first) + " lines"
		}
		parts = append(parts, word+tail.Inert(v.Filter.Text)+" "+n)
	}
	if v.Search.Text != "" {
		n := "looking"
		if x := v.Search.Lines; x != nil {
			n = count(x, v, ToMatch, "no match")
		}
		parts = append(parts, "/"+tail.Inert(v.Search.Text)+" "+n)
	}
	if x := v.Errors; x != nil && v.Jump == ToError {
		parts = append(parts, "error "+count(x, v, ToError, "none"))
	}
	return parts
}

// count is the 8 of 41.
func count(x *tail.Index, v LogView, to Jump, none string) string {
	switch {
	case x.Len() == 0:
		return none
	case v.Jump == to && x.UpTo(v.Hit) > 0:
		return Thousands(int64(x.UpTo(v.Hit))) + " of " + Thousands(int64(x.Len()))
	}
	return "in " + Thousands(int64(x.Len()))
}

// filteredOut says why a log with lines shows none.
func (l Log) filteredOut(v LogView, w int, st *style.Style) []string {
	first, next := l.Ring.Span()
	not := ""
	if v.Not {
		not = "not "
	}
	why := fmt.Sprintf("none of %s lines is %s&%s\n& and Enter shows all lines again", Thousands(next-first), not, tail.Inert(v.Filter.Text))
	var out []string
	for _, s := range Wrap(why, w) {
		out = append(out, st.Paint(style.Warn, s))
	}
	return out
}

// LogTitle is the right end of a title line over a log that has the screen to
// itself.
func LogTitle(l Log, v LogView, logs int, now time.Time, w int, st *style.Style) string {
	return l.foot(v, logs, true, now, w, st)
}

// Thousands writes a count so that it can be read at a glance: 1,203.
func Thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
