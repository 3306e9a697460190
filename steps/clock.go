package steps

// The rule of this file: the clocks of a window are read off the journal and
// the estimates; a clock that nobody can read says so instead of an hour.

import (
	"time"
)

// Window is the maintenance window that is open.
type Window struct {
	Phase string
	From  time.Time
	Until time.Time
}

// Window gives the window of the last phase that has one and is not finished;
// false when none is open.
func (c *Case) Window() (Window, bool) {
	if c.State.Closed != nil {
		return Window{}, false
	}
	for i := len(c.Book.Phases) - 1; i >= 0; i-- {
		id := c.Book.Phases[i].ID
		if p := c.State.Phases[id]; !p.Until.IsZero() && !c.PhaseFinished(id) {
			return Window{id, p.Opened, p.Until}, true
		}
	}
	return Window{}, false
}

// LatestRollback is the last moment at which a rollback of what the window's
// phase has done still ends within the window. Sure is false when a part of its
// time is unknown: it then has to begin before that. False when no window is open.
// Speed scales neither a window nor an estimate, so a rehearsal shows what the
// night will show.
func (c *Case) LatestRollback() (at time.Time, sure, ok bool) {
	w, ok := c.Window()
	if !ok {
		return at, false, false
	}
	d, whole := c.RollbackEstimate(Scope{Phase: w.Phase})
	return w.Until.Add(-d), whole, true
}

// PointOfNoReturn gives the first step of a phase from which on an undo is not
// complete, and whether it was passed. Nil when the phase has none.
func (c *Case) PointOfNoReturn(phase string) (s *Step, passed bool) {
	p := c.Book.Phase(phase)
	if p == nil {
		return nil, false
	}
	for i := range p.Steps {
		x := &p.Steps[i]
		if x.NoReturn == "" || x.Left != "" {
			continue
		}
		for _, h := range x.TaskHosts() {
			if c.place(c.State.Task(Task{x.ID, h})) > 0 {
				return x, true
			}
		}
		if s == nil {
			s = x
		}
	}
	return s, false
}

// Limits of how far a host's clock may be off. Logs and windows are compared
// across hosts: two seconds are worth a word, half a minute is worth a stop.
const (
	SkewWarns  = 2 * time.Second
	SkewBlocks = 30 * time.Second
)

// SkewOf gives how far a host's clock is off, and whether that is worth a word.
func (c *Case) SkewOf(host string) (time.Duration, bool) {
	d := c.Seen.Hosts[host].Skew
	return d, d.Abs() > SkewWarns
}

// clockOff refuses to launch on a host whose clock is far off, but for a
// rollback: going back is never held up by a clock.
func (c *Case) clockOff(s *Step, host string) *Refusal {
	d, _ := c.SkewOf(host)
	if d.Abs() <= SkewBlocks || s.open() || inRollback(s) {
		return nil
	}
	return refuse(ClockOff, "set its clock (timedatectl set-ntp true), or give a reason; it counts as an override",
		"the clock of %s is %s ours", host, Ahead(d))
}

// Ahead says in words how far a clock is off: "45s ahead of" or "3s behind".
func Ahead(d time.Duration) string {
	if d < 0 {
		return (-d).Round(time.Second).String() + " behind"
	}
	return d.Round(time.Second).String() + " ahead of"
}
