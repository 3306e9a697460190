package steps

// The rule of this file: what something took on real servers comes before what
// somebody wrote down, and what nobody knows makes a sum "at least". The
// embedded fleet's times never count.

import (
	"time"
)

// Estimate is how long something may take, and how that is known.
type Estimate struct {
	For  time.Duration
	From string // "w81", "run 20261123-2204-7f3a" or "the runbook"
}

// Past is what a step of some content took in another run on real servers.
type Past struct {
	Took time.Duration
	Run  string
}

// Past times by ContentHash. An undo has a key of its own.
func pastUndo(hash string) string { return "undo " + hash }

// Tooks gives what the steps of a run took from the decision to the proof, by
// their content: of a run on real servers at their own speed, and of nothing
// else. The newest counts. At are the times of the events.
func Tooks(events []Event, at []time.Time) map[string]Past {
	out, began, hash := map[string]Past{}, map[string]time.Time{}, map[string]string{}
	run := ""
	done := func(attempt string, t time.Time) {
		if h := hash[attempt]; h != "" {
			out[h] = Past{Took: t.Sub(began[attempt]), Run: run}
		}
	}
	for i, e := range events {
		switch e := e.(type) {
		case Opened:
			if run = e.Run; e.EnvKind == Embedded || e.Speed != 0 && e.Speed != 1 {
				return nil
			}
		case Intended:
			began[e.Attempt], hash[e.Attempt] = at[i], e.Script
			if e.Undo {
				hash[e.Attempt] = pastUndo(e.Script)
			}
		case Exited:
			if e.OK && !e.Verify {
				done(e.Attempt, at[i])
			}
		case Verified:
			if e.Holds {
				done(e.Attempt, at[i])
			}
		}
	}
	return out
}

// EstimateOf is how long a task may take: the newest time of another host of
// this run, else of the newest run on real servers whose step did the very same,
// else what the file says. False when nobody knows.
func (c *Case) EstimateOf(t Task) (Estimate, bool) {
	s := c.next(t)
	if e, ok := c.took(s, t, false); ok {
		return e, true
	}
	if d, ok := s.Planned(); ok {
		return Estimate{d, "the runbook"}, true
	}
	return Estimate{}, false
}

// Planned is how long the file says that a step takes on one host; false when it
// does not say.
func (s *Step) Planned() (time.Duration, bool) {
	if s.Estimate == 0 && s.Soak != nil {
		return s.Soak.For.D(), true
	}
	return s.Estimate.D(), s.Estimate > 0
}

// Estimate is EstimateOf without where it comes from.
func (c *Case) Estimate(t Task) (time.Duration, bool) {
	e, ok := c.EstimateOf(t)
	return e.For, ok
}

// took is what doing or undoing a step took before, on another host or in
// another run.
func (c *Case) took(s *Step, t Task, undo bool) (Estimate, bool) {
	if c.Book.Kind == Embedded {
		return Estimate{}, false
	}
	best, ended := Estimate{}, time.Time{}
	for _, h := range s.TaskHosts() {
		ts := c.State.Task(Task{s.ID, h})
		a := ts.Attempt()
		well := ts.Status == TaskDone && ts.How == HowProven || undo && ts.Status == TaskUndone && ts.How == ""
		if h == t.Host || a == nil || a.Undo != undo || !well || !a.Ended.After(ended) {
			continue
		}
		best, ended = Estimate{a.Ended.Sub(a.Intended), h}, a.Ended
	}
	if !ended.IsZero() {
		return best, true
	}
	if len(c.Past) == 0 || s.Script == "" && s.Kind != Edit {
		return Estimate{}, false
	}
	key := ContentHash(s)
	if undo {
		key = pastUndo(key)
	}
	p, ok := c.Past[key]
	return Estimate{p.Took, "run " + p.Run}, ok
}

// Remaining adds up the estimates of what is not finished in a phase. The
// second result is false when a part is unknown: it then reads "at least".
func (c *Case) Remaining(phase string) (time.Duration, bool) {
	return c.sum(phase, func(t Task) (time.Duration, bool) {
		if c.finished(t) {
			return 0, true
		}
		d, ok := c.Estimate(t)
		return c.left(t, d), ok
	})
}

// Planned adds up what the file says that a phase takes, as Remaining does.
func (c *Case) Planned(phase string) (time.Duration, bool) {
	return c.sum(phase, func(t Task) (time.Duration, bool) {
		s := c.inForce(t.Step)
		if s.Left != "" {
			return 0, true
		}
		return s.Planned()
	})
}

// sum adds up times of a phase's tasks: one batch of hosts after the other, each
// as long as its slowest host.
func (c *Case) sum(phase string, of func(Task) (time.Duration, bool)) (time.Duration, bool) {
	sum, whole := time.Duration(0), true
	p := c.Book.Phase(phase)
	for _, g := range segments(p.Steps) {
		for _, hosts := range g.batches() {
			longest := time.Duration(0)
			for _, h := range hosts {
				one := time.Duration(0)
				for _, s := range g.steps {
					d, ok := of(Task{s.ID, h})
					one, whole = one+d, whole && ok
				}
				longest = max(longest, one)
			}
			sum += longest
		}
	}
	return sum, whole
}

// left is what is left of an estimate of a task that may be under way.
func (c *Case) left(t Task, d time.Duration) time.Duration {
	ts := c.State.Task(t)
	switch a := ts.Attempt(); {
	case ts.Status == TaskOpen && ts.Kind == Soak:
		d -= ts.Soak.GreenAt(c.Now, c.State.Speed())
	case ts.Status.Busy() && a != nil:
		d -= time.Duration(float64(c.Now.Sub(a.Intended)) * c.State.Speed())
	}
	return max(0, d)
}

// RollbackEstimate is how long the rollback of a scope may take from here. What
// its undos took before comes first; with a gap in that it is what the file says
// of a whole rollback, where it says so. Whole is false when neither knows all:
// it then takes at least so long.
func (c *Case) RollbackEstimate(scope Scope) (d time.Duration, whole bool) {
	sum, longest, stage, whole := time.Duration(0), time.Duration(0), -1, true
	for _, e := range c.UndoPlan(scope) {
		if e.Done {
			continue
		}
		if e.Stage != stage {
			sum, longest, stage = sum+longest, 0, e.Stage
		}
		took, ok := c.entryEstimate(e)
		longest, whole = max(longest, took), whole && ok
	}
	sum += longest
	if said := c.Book.Rollback.Estimate.D(); !whole && said > 0 {
		return max(sum, said), true
	}
	return sum, whole
}

func (c *Case) entryEstimate(e Entry) (time.Duration, bool) {
	if e.Part != PartUndo {
		return c.Estimate(e.Task)
	}
	if e.Do != DoUndo {
		return 0, e.Do == DoNothing || e.Do == DoLeft
	}
	took, ok := c.took(c.Step(e.Task), e.Task, true)
	return took.For, ok
}
