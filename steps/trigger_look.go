package steps

// The rule of this file: a trigger judges what was seen and when. A value that
// is too old, or that nobody could read, is neither for it nor against it.

import (
	"fmt"
	"time"
)

// looks are what a trigger has seen of one host, oldest first.
type looks struct {
	c     *Case
	t     *Trigger
	host  string
	seen  []Reading
	work  []span
	muted string
}

// judge says whether the condition holds. Red is that it does.
func (l *looks) judge() Reading {
	out := Reading{Title: l.t.Title, Host: l.host, Verdict: CannotTell, Why: "not looked at yet"}
	want, err := l.want()
	if err != nil {
		out.Why = err.Error()
		return out
	}
	out.Want = "not " + want.String()
	if len(l.seen) == 0 {
		return out
	}
	newest := l.seen[len(l.seen)-1]
	out.Text, out.Number, out.Unit, out.At, out.Why = newest.Text, newest.Number, newest.Unit, newest.At, newest.Why
	age := l.c.Now.Sub(newest.At)
	stale := age > l.t.When.MaxAge.Or(DefaultMaxAge)
	if stale {
		out.Why = fmt.Sprintf("last seen %s ago", age.Round(time.Second))
	}
	unseen := stale || newest.Verdict == CannotTell
	if l.t.When.Within > 0 {
		l.grown(want, unseen, &out)
	} else if !unseen {
		l.level(want, newest, &out)
	}
	// What grew is judged without own work as it is. A level is what it is
	// because of it, and whoever is away cannot answer.
	if out.Verdict == CannotTell && unseen || out.Verdict != Green && l.t.When.Within == 0 {
		if l.muted = l.workAt(l.c.Now, l.c.Now, true); l.muted != "" {
			out.Verdict, out.Why = Green, l.muted
		}
	}
	return out
}

func (l *looks) want() (Want, error) {
	env, err := l.c.HostEnviron(l.host)
	if err != nil {
		return Want{}, err
	}
	text, err := Expand(l.t.When.Want, env)
	if err != nil {
		return Want{}, err
	}
	return ParseWant(text)
}

// level judges the newest value, for as long as the condition has to hold.
func (l *looks) level(want Want, newest Reading, out *Reading) {
	holds, why := l.holds(want, newest)
	out.Verdict, out.Why = invert(holds), why
	stable := l.c.State.StableFor(l.t.When.Stable)
	if holds != Green || stable == 0 {
		return
	}
	since := newest.At
	for i := len(l.seen) - 2; i >= 0; i-- {
		if v, _ := l.holds(want, l.seen[i]); v != Green || since.Sub(l.seen[i].At) > l.t.When.MaxAge.Or(DefaultMaxAge) {
			break
		}
		since = l.seen[i].At
	}
	if held := l.c.Now.Sub(since); held < stable {
		out.Verdict = Green
		out.Why = fmt.Sprintf("%s; for %s of %s", why, held.Round(time.Second), stable.Round(time.Second))
	}
}

func (l *looks) holds(want Want, r Reading) (Verdict, string) {
	if r.Verdict == CannotTell {
		return CannotTell, r.Why
	}
	return want.Judge(r.value(), l.c.Baseline(l.t.Proposes, l.t.BaselineTitle(), l.host, want))
}

// grown judges how much a counter has risen within the window, but for what
// this run's own work explains. A fall adds nothing: the counter began anew.
func (l *looks) grown(want Want, unseen bool, out *Reading) {
	window := l.c.State.StableFor(l.t.When.Within)
	from, sum, first := l.c.Now.Add(-window), 0.0, time.Time{}
	var last *Reading
	for i := range l.seen {
		r := &l.seen[i]
		if r.Verdict == CannotTell || r.Number == nil {
			continue
		}
		if first.IsZero() {
			first = r.At
		}
		if last != nil && r.At.After(from) && *r.Number > *last.Number {
			if why := l.workAt(last.At, r.At, false); why != "" {
				l.muted = why
			} else {
				sum += *r.Number - *last.Number
			}
		}
		last = r
	}
	if last == nil {
		if !unseen {
			out.Why = fmt.Sprintf("%q is no number, and only numbers grow", out.Text)
		}
		return
	}
	n := sum
	out.Number, out.Unit = &n, last.Unit
	out.Text = formatFigure(sum, last.Unit) + " more within " + l.t.When.Within.String()
	holds, _ := want.Judge(Value{Known: true, IsNumber: true, Number: sum, Unit: last.Unit}, nil)
	switch {
	case holds == Green:
		out.Verdict, out.Why = Red, ""
	case unseen:
	case holds == CannotTell:
		out.Why = "its unit is not that of " + want.String()
	default:
		out.Verdict, out.Why = Green, ""
		if seen := l.c.Now.Sub(first); seen < window {
			out.Why = fmt.Sprintf("seen for %s of %s", seen.Round(time.Second), window.Round(time.Second))
		}
	}
}

// workAt names own work between two moments, or "". What is away counts only
// where the absence itself would be seen, and not for what grows.
func (l *looks) workAt(from, to time.Time, away bool) string {
	for _, w := range l.work {
		if (away || !w.away) && w.from.Before(to.Add(1)) && w.to.After(from) {
			return w.why
		}
	}
	return ""
}

func invert(v Verdict) Verdict {
	switch v {
	case Green:
		return Red
	case Red:
		return Green
	}
	return v
}

// value of a reading that was taken without a comparison.
func (r Reading) value() Value {
	v := Value{Text: r.Text, Known: true, Unit: r.Unit, At: r.At}
	if r.Number != nil {
		v.Number, v.IsNumber = *r.Number, true
	}
	return v
}
