package steps

// The rule of this file: a soak counts only the time during which its evidence
// was seen to be green, and its deadline is the wall's. What nobody saw neither
// completes it nor fails it: there a person is asked.

import (
	"fmt"
	"time"
)

// SoakBeat is how often a green soak writes down how far it is, so that a
// crash loses no more than that.
const SoakBeat = 30 * time.Second

// soakBeat is SoakBeat on the run's clock, and a second of the wall at least:
// half a minute of a rehearsal at 60x is half an hour of its soak.
func (c *Case) soakBeat() time.Duration {
	return max(time.Second, c.State.StableFor(Duration(SoakBeat)))
}

// What a soak turns to, in the words of Soaked.To. Green, red and stale are what
// was seen last; the others happen to it.
const (
	SoakGreen     = "green"
	SoakRed       = "red"
	SoakStale     = "stale"
	SoakRestarted = "restarted"
	SoakComplete  = "complete"
	SoakFailed    = "failed"
	SoakShortened = "shortened"
	SoakOverdue   = "overdue"  // its deadline passed, and nobody can say whether it was met
	SoakExtended  = "extended" // a person gave it a later deadline
)

// SoakNow gives the change that an open soak makes at this moment, if any.
func (c *Case) SoakNow(t Task) (Soaked, bool) {
	s, ts := c.Step(t), c.State.Task(t)
	if s == nil || s.Kind != Soak || s.Soak == nil || ts.Status != TaskOpen {
		return Soaked{}, false
	}
	if c.overslept(s, ts.Soak) {
		return c.SoakResumed(t, time.Time{}), true
	}
	seen := c.Evidence(t)
	now := soakColour(seen)
	green := ts.Soak.GreenAt(c.Now, c.State.Speed())
	e := Soaked{Task: t, To: now, Green: Duration(green), Evidence: seen, Reason: firstBad(seen)}
	beat := now != ts.Soak.Now || now == SoakGreen && c.Now.Sub(ts.Soak.Since) > c.soakBeat()
	switch {
	case ts.Soak.Overdue: // it waits for a person, whatever is seen
		return e, beat
	case now == SoakGreen && ts.Soak.Now == SoakGreen && green >= s.Soak.For.D():
		e.To, e.Reason = SoakComplete, ""
	case c.late(t) && green+ts.Soak.Unseen >= s.Soak.For.D():
		e.To, e.Reason = SoakOverdue, fmt.Sprintf("green for %s of %s at its deadline, but nobody looked for %s of the time",
			brief(green), s.Soak.For, brief(ts.Soak.Unseen))
	case c.late(t):
		e.To, e.Reason = SoakFailed, "not green for "+s.Soak.For.String()+" before its deadline"+after(e.Reason)
	case now == ts.Soak.Now:
		return e, beat
	case now == SoakRed && s.Soak.OnRed == "fail", now == SoakStale && s.Soak.OnStale == "fail":
		e.To = SoakFailed
	case now == SoakRed && s.Soak.OnRed == "restart" && green > 0:
		e.To = SoakRestarted
	}
	return e, true
}

// SoakLeft is the last word of a green soak to which nobody looks any more from
// now on: what was seen to be green until now counts.
func (c *Case) SoakLeft(t Task) (Soaked, bool) {
	s, ts := c.Step(t), c.State.Task(t)
	if s == nil || s.Soak == nil || ts.Status != TaskOpen || ts.Kind != Soak || ts.Soak.Now != SoakGreen || c.overslept(s, ts.Soak) {
		return Soaked{}, false
	}
	seen := c.Evidence(t)
	if soakColour(seen) != SoakGreen {
		return Soaked{}, false
	}
	return Soaked{Task: t, To: SoakGreen, Green: Duration(c.soakGreen(s, ts.Soak)), Evidence: seen}, true
}

// soakGreen is for how long an open soak has been green now: never for longer
// than it has to be.
func (c *Case) soakGreen(s *Step, k SoakState) time.Duration {
	return min(k.GreenAt(c.Now, c.State.Speed()), s.Soak.For.D())
}

// StandsStill says that an open soak gets no further while no console looks at
// it; "" for anything else.
func (c *Case) StandsStill(t Task) string {
	s, ts := c.Step(t), c.State.Task(t)
	if s == nil || s.Soak == nil || ts.Status != TaskOpen || ts.Kind != Soak {
		return ""
	}
	return fmt.Sprintf("%s stands still, for no console looks at it: green for %s of %s so far", t, brief(min(ts.Soak.Green, s.Soak.For.D())), s.Soak.For)
}

// SoakResumed is what becomes of an open soak when somebody looks again after
// nobody did. Last is when it is known that somebody still did; zero for the
// soak's own last word.
func (c *Case) SoakResumed(t Task, last time.Time) Soaked {
	s, ts := c.Step(t), c.State.Task(t)
	for _, at := range []time.Time{ts.Soak.Began, ts.Soak.Since} {
		if at.After(last) {
			last = at
		}
	}
	away := max(0, c.Now.Sub(last))
	e := Soaked{Task: t, To: SoakStale, Green: Duration(ts.Soak.Green), Reason: "nobody looked for " + brief(away),
		Unseen: Duration(float64(away) * c.State.Speed())}
	if s != nil && s.Soak != nil && c.late(t) && !ts.Soak.Overdue {
		e.To = SoakOverdue
		e.Reason = fmt.Sprintf("its deadline passed at %s, and nobody looked for %s; green for %s of %s",
			c.clock(c.SoakDeadline(t)), brief(away), brief(ts.Soak.Green), s.Soak.For)
	}
	return e
}

// overslept reports whether a green soak has not been looked at for longer than
// any look takes: the machine slept, or the process was stopped.
func (c *Case) overslept(s *Step, k SoakState) bool {
	return k.Now == SoakGreen && c.unwatched(s, k) > 0
}

// unwatched is for how long nobody has looked at an open soak; zero while that
// is no longer than any look takes.
func (c *Case) unwatched(s *Step, k SoakState) time.Duration {
	last := k.Began
	if k.Since.After(last) {
		last = k.Since
	}
	if d := c.Now.Sub(last); s.Soak != nil && d > 2*SoakBeat+2*s.Soak.Every.Or(SoakBeat) {
		return d
	}
	return 0
}

// soaking says how far an open soak is that goes on by itself: it is looked at,
// and nothing is wrong with it. Empty for anything else.
func (c *Case) soaking(t Task) string {
	ts := c.State.Task(t)
	k := ts.Soak
	if ts.Status != TaskOpen || ts.Kind != Soak || k.Overdue || k.Now == SoakRed || k.Now == SoakStale {
		return ""
	}
	s := c.Step(t)
	if s == nil || s.Soak == nil || c.unwatched(s, k) > 0 {
		return ""
	}
	return fmt.Sprintf("%s is soaking, green for %s of %s", t, brief(c.soakGreen(s, k)), s.Soak.For)
}

// SoakDeadline is when an open soak has to be complete; zero where it has no
// deadline. It is a time of the wall and goes on while nobody looks.
func (c *Case) SoakDeadline(t Task) time.Time {
	s, k := c.Step(t), c.State.Task(t).Soak
	switch {
	case !k.Until.IsZero():
		return k.Until
	case s == nil || s.Soak == nil || s.Soak.Deadline == 0:
		return time.Time{}
	}
	return k.Began.Add(c.State.StableFor(s.Soak.Deadline))
}

func (c *Case) late(t Task) bool {
	end := c.SoakDeadline(t)
	return !end.IsZero() && c.Now.After(end)
}

// extend gives an open soak a later deadline: from the one it has, or from now
// where that has passed.
func extend(c *Case, a Action) ([]Event, error) {
	s, ts := c.Step(a.Task), c.State.Task(a.Task)
	if s.Kind != Soak || ts.Status != TaskOpen {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	end := c.SoakDeadline(a.Task)
	if end.IsZero() {
		return nil, refuse(Never, "", "%s has no deadline to extend", a.Task)
	}
	var more Duration
	if err := more.UnmarshalText([]byte(a.Value)); err != nil {
		return nil, refuse(NeedsReason, "say for how much longer, such as 30m", "extending a soak: %v", err)
	}
	if a.Reason == "" {
		return nil, refuse(NeedsReason, "say why", "extending a soak needs a reason")
	}
	if c.Now.After(end) {
		end = c.Now
	}
	green := ts.Soak.GreenAt(c.Now, c.State.Speed())
	return []Event{Soaked{Task: a.Task, To: SoakExtended, Green: Duration(green), Reason: a.Reason, Evidence: c.Evidence(a.Task),
		Until: end.Add(c.State.StableFor(more))}}, nil
}

func soakColour(seen []Reading) string {
	out := SoakGreen
	for _, r := range seen {
		switch r.Verdict {
		case Red:
			return SoakRed
		case CannotTell, NotSigned:
			out = SoakStale
		}
	}
	return out
}

func firstBad(seen []Reading) string {
	for _, r := range seen {
		if r.Verdict != Green {
			return r.Title + ": " + firstOf(r.Why, r.Text)
		}
	}
	return ""
}

func after(reason string) string {
	if reason == "" {
		return ""
	}
	return "; " + reason
}

// brief is a duration as the file would write it, in whole seconds.
func brief(d time.Duration) string { return Duration(d.Round(time.Second)).String() }

// clock is a time of day where the one who asks is.
func (c *Case) clock(t time.Time) string { return t.In(c.Now.Location()).Format("15:04:05") }
