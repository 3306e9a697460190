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

// fresh reports whether something was looked at, and all of it lately enough.
func (c *Case) fresh(seen []Reading, e Evidence) bool {
	for _, r := range seen {
		if c.Now.Sub(r.At) > e.MaxAge.Or(DefaultMaxAge) {
			return false
		}
	}
	return len(seen) > 0
}

// Evidence gives what a gate or a soak is judged by at this moment: the newest
// readings by their age, and the sign-offs.
func (c *Case) Evidence(t Task) []Reading {
	var out []Reading
	for _, e := range c.Step(t).Evidence {
		if e.SignOff != "" {
			out = append(out, c.signed(t, e))
		} else {
			out = append(out, c.readings(t, e)...)
		}
	}
	return out
}

// readings are what was seen of one piece of evidence, by its age.
func (c *Case) readings(t Task, e Evidence) []Reading {
	var seen []Reading
	for _, r := range c.Seen.Evidence[t] {
		if r.Title == e.Title {
			seen = append(seen, r)
		}
	}
	if len(seen) == 0 {
		return []Reading{{Title: e.Title, Want: e.Want, Verdict: CannotTell, Why: "not looked at yet"}}
	}
	return c.Age(c.inPlay(t, e, seen), e)
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

// Unsigned lists the sign-offs that an open task waits for: never given, or
// given and dead.
func (c *Case) Unsigned(t Task) []Evidence {
	var out []Evidence
	for _, e := range c.Step(t).Evidence {
		if e.SignOff != "" && c.signed(t, e).Verdict != Green {
			out = append(out, e)
		}
	}
	return out
}

func (c *Case) signed(t Task, e Evidence) Reading {
	r := Reading{Title: e.Title, Want: "yes of the " + e.SignOff, Verdict: NotSigned, Why: "waits for the " + e.SignOff}
	s, ok := c.State.Task(t).Signed[e.Title]
	if !ok {
		return r
	}
	if why := c.spent(t, e, s); why != "" {
		r.Why = "the yes of " + s.By + " counts no more: " + why
		return r
	}
	r.Verdict, r.Text, r.Why, r.At = Green, "yes of "+s.By+", "+s.How, "", s.At
	return r
}

// spent says why a sign-off counts no more. The approver's is a second yes, and
// dies as one, but that the file may let it live longer; the driver's stands,
// unless the file says for how long.
func (c *Case) spent(t Task, e Evidence, s Signature) string {
	if age := c.Now.Sub(s.At); e.MaxAge > 0 && age > e.MaxAge.D() {
		return fmt.Sprintf("it is %s old and lives for %s", brief(age), e.MaxAge)
	}
	if s.Bond == nil {
		return ""
	}
	if why := c.dead(s.By, s.At, e.MaxAge.Or(ApprovalLife)); why != "" {
		return why
	}
	now, looked, err := c.bond(t, ForSignOff)
	if err != nil {
		return err.Error()
	}
	return s.Bond.differs(now, looked)
}
