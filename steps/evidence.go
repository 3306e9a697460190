package steps

// The rule of this file: a value counts while it is young enough. One that is
// too old is not red and not green: it cannot be told.

import (
	"fmt"
	"strings"
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
			out = append(out, c.Age(c.inPlay(t, e, seen), e)...)
		}
	}
	return out
}

// inPlay leaves out the readings of hosts that are excluded from the phase, and
// adds one for every host that has not been looked at: a gate over four hosts
// does not open on three.
func (c *Case) inPlay(t Task, e Evidence, seen []Reading) []Reading {
	s, byHost := c.Step(t), map[string]bool{}
	var out []Reading
	for _, r := range seen {
		byHost[r.Host] = true
		if !c.excluded(s.Phase, r.Host) {
			out = append(out, r)
		}
	}
	if byHost[""] { // one reading for all of them
		return out
	}
	for _, h := range c.Asked(t, e) {
		if !byHost[h] && !c.excluded(s.Phase, h) {
			out = append(out, Reading{Title: e.Title, Host: h, Want: e.Want, Verdict: CannotTell, Why: "not looked at yet", At: c.Now})
		}
	}
	return out
}

// Asked are the hosts that a piece of evidence is read for: those it names, the
// one its probe runs on, or those of the task.
func (c *Case) Asked(t Task, e Evidence) []string {
	s := c.Step(t)
	name, _, _ := strings.Cut(e.Probe, ".")
	switch p := c.Book.Probes[name]; {
	case e.On != "":
		return c.Book.HostsOf(e.On)
	case p.Host != "":
		return []string{p.Host}
	case s.Kind == Gate && s.Block == "":
		return s.Hosts
	}
	return []string{t.Host}
}

// excluded reports whether a host is out of play in a phase.
func (c *Case) excluded(phase, host string) bool {
	p := c.Book.Phase(phase)
	if p == nil {
		return false
	}
	for i := range p.Steps {
		if c.State.Task(Task{p.Steps[i].ID, host}).Excluded {
			return true
		}
	}
	return false
}

func (c *Case) signed(ts TaskState, e Evidence) Reading {
	r := Reading{Title: e.Title, Want: "yes of the " + e.SignOff, Verdict: CannotTell, Why: "waits for the " + e.SignOff}
	if s, ok := ts.Signed[e.Title]; ok {
		r.Verdict, r.Text, r.Why, r.At = Green, "yes of "+s.By, "", c.Now
	}
	return r
}
