package steps

// The rule of this file: a host is away from the first start of a step that the
// file says takes it away until the step that brings it back is done there, or
// the first is undone. What the file does not say is not guessed from danger.

import (
	"cmp"
	"slices"
	"time"
)

// What a step says of an outage, by its key "outage".
const (
	OutageBegins = "begins"
	OutageEnds   = "ends"
)

// Outage is a stretch of time in which at least one host was away.
type Outage struct {
	Began time.Time // the first host was taken away
	Ended time.Time // the last one came back; zero while one is away
	Away  []string  // hosts that are away, in the file's order
	Back  []string  // hosts that were
}

// Lasts is how long the outage has lasted, up to now or to its end.
func (o Outage) Lasts(now time.Time) time.Duration {
	if o.Ended.IsZero() {
		return now.Sub(o.Began)
	}
	return o.Ended.Sub(o.Began)
}

// absence is one host that a step has taken away.
type absence struct {
	host         string
	began, ended time.Time // ended is zero while it is away
}

// Outage gives the outage of a phase: the newest stretch of time in which a host
// was away at every moment. False when there was none. What a rollback brings
// back has ended; taken away again it begins anew.
func (c *Case) Outage(phase string) (Outage, bool) {
	var all []absence
	if p := c.Book.Phase(phase); p != nil {
		for i := range p.Steps {
			for _, h := range p.Steps[i].Hosts {
				if began, ended, ok := c.away(&p.Steps[i], h); ok {
					all = append(all, absence{h, began, ended})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b absence) int { return a.began.Compare(b.began) })
	var o Outage
	for _, a := range all {
		if !o.Ended.IsZero() && len(o.Away) == 0 && a.began.After(o.Ended) {
			o = Outage{}
		}
		o.add(a)
	}
	if len(o.Away) > 0 {
		o.Ended = time.Time{}
	}
	o.Back = slices.DeleteFunc(o.Back, func(h string) bool { return contains(o.Away, h) })
	c.byFile(o.Away)
	c.byFile(o.Back)
	return o, len(all) > 0
}

func (o *Outage) add(a absence) {
	if o.Began.IsZero() {
		o.Began = a.began
	}
	if a.ended.After(o.Ended) {
		o.Ended = a.ended
	}
	list := &o.Back
	if a.ended.IsZero() {
		list = &o.Away
	}
	if !contains(*list, a.host) {
		*list = append(*list, a.host)
	}
}

// byFile sorts hosts as the file lists them.
func (c *Case) byFile(hosts []string) {
	slices.SortFunc(hosts, func(a, b string) int {
		return cmp.Compare(slices.Index(c.Book.HostOrder, a), slices.Index(c.Book.HostOrder, b))
	})
}

// Away gives the step by which this run has taken a host away, or nil.
func (c *Case) Away(host string) *Step {
	for i := range c.Book.Phases {
		p := &c.Book.Phases[i]
		for j := range p.Steps {
			if _, ended, ok := c.away(&p.Steps[j], host); ok && ended.IsZero() {
				return &p.Steps[j]
			}
		}
	}
	return nil
}

// away says since when a step has taken a host away, and when that ended; false
// when it has not.
func (c *Case) away(s *Step, host string) (began, ended time.Time, ok bool) {
	if s.Outage != OutageBegins || !contains(s.Hosts, host) {
		return began, ended, false
	}
	ts := c.State.Task(Task{s.ID, host})
	if began = ts.firstStart(); began.IsZero() {
		return began, ended, false
	}
	if ts.Status == TaskUndone {
		return began, ts.Since, true
	}
	back := c.bringsBack(s, host)
	if back == nil {
		return began, ended, true
	}
	if bs := c.State.Task(Task{back.ID, host}); bs.Status == TaskDone && bs.Since.After(began) {
		ended = bs.Since
	}
	return began, ended, true
}

// bringsBack is the step of the phases that ends the outage which s begins on a
// host: the first behind it, in the file's order. Nil when there is none.
func (c *Case) bringsBack(s *Step, host string) *Step { return c.Book.bringsBack(s, host) }

func (rb *Runbook) bringsBack(s *Step, host string) *Step {
	behind := false
	for i := range rb.Phases {
		for j := range rb.Phases[i].Steps {
			o := &rb.Phases[i].Steps[j]
			if behind && o.Outage == OutageEnds && contains(rb.HostsOf(o.On), host) {
				return o
			}
			behind = behind || o.ID == s.ID
		}
	}
	return nil
}

// firstStart is when the task was first started since it was last undone; zero
// when it was not. A start that is not proven counts: it may have happened.
func (t TaskState) firstStart() time.Time {
	switch {
	case t.Status == TaskNotStarted, t.Status == TaskSkipped && !t.partly():
		return time.Time{}
	case t.How == HowAssumed:
		return t.Since
	case t.Kind != "": // what a person does has no attempts
		return t.Soak.Began
	}
	for _, a := range slices.Backward(t.Attempts) {
		first := !a.Undo && (a.Before == TaskNotStarted || a.Before == TaskUndone)
		switch {
		case !first, a.Started.IsZero() && t.Status == TaskUndone: // that one never started
		case a.Started.IsZero():
			return a.Intended
		default:
			return a.Started
		}
	}
	return time.Time{}
}
