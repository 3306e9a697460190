package steps

// The rule of this file: a value counts while it is young enough. One that is
// too old is not red and not green: it cannot be told.

import (
	"fmt"
	"time"
)

// DefaultMaxAge of a value whose evidence does not say.
const DefaultMaxAge = 30 * time.Second

// Age turns readings that are too old into "cannot tell".
func (c *Case) Age(seen []Reading, e Evidence) []Reading {
	out := make([]Reading, len(seen))
	for i, r := range seen {
		if age := c.Now.Sub(r.At); age > e.MaxAge.Or(DefaultMaxAge) {
			r.Verdict, r.Why = CannotTell, fmt.Sprintf("last seen %s ago", age.Round(time.Second))
		}
		out[i] = r
	}
	return out
}

// Evidence gives what a gate or a soak is judged by at this moment: the newest
// readings by their age, and the sign-offs.
func (c *Case) Evidence(t Task) []Reading {
	s, ts := c.Step(t), c.State.Task(t)
	byTitle := map[string][]Reading{}
	for _, r := range c.Seen.Evidence[t] {
		byTitle[r.Title] = append(byTitle[r.Title], r)
	}
	var out []Reading
	for _, e := range s.Evidence {
		switch seen := byTitle[e.Title]; {
		case e.SignOff != "":
			out = append(out, c.signed(ts, e))
		case len(seen) == 0:
			out = append(out, Reading{Title: e.Title, Want: e.Want, Verdict: CannotTell, Why: "not looked at yet"})
		default:
			out = append(out, c.Age(seen, e)...)
		}
	}
	return out
}

func (c *Case) signed(ts TaskState, e Evidence) Reading {
	r := Reading{Title: e.Title, Want: "yes of the " + e.SignOff, Verdict: CannotTell, Why: "waits for the " + e.SignOff}
	if s, ok := ts.Signed[e.Title]; ok {
		r.Verdict, r.Text, r.Why, r.At = Green, "yes of "+s.By, "", c.Now
	}
	return r
}
