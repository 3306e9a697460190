package steps

// The rule of this file: one yes covers what was shown under it and nothing
// that asks for a yes of its own. Where it stops is known before it begins, and
// every face shows the same.

import (
	"slices"
	"time"
)

// Reach is how far one yes for several tasks goes.
type Reach struct {
	Tasks  []Task // that it begins, in order
	Passed []Task // in trouble, or behind trouble on their host: max_failures lets it go on without them
	Busy   int    // tasks that are under way, soaks among them: it waits for them
	Stop   Task   // the first that is asked by itself; zero where it goes to the end
	Why    string // it stops there, in words that follow the task's name
	Rest   int    // tasks behind the stop, which it does not begin
}

// Reach computes how far one yes for some tasks goes now. What is finished and
// what the environment leaves out is in no part of it.
func (c *Case) Reach(tasks []Task) Reach {
	var r Reach
	for _, t := range tasks {
		ts := c.State.Task(t)
		switch {
		case c.finished(t):
			continue
		case ts.Status.Busy(), ts.Status == TaskOpen && ts.Kind == Soak:
			r.Busy++
			continue
		case c.Passed(t):
			r.Passed = append(r.Passed, t)
			continue
		}
		if r.Stop.Zero() {
			if r.Why = c.Alone(t); r.Why == "" {
				r.Tasks = append(r.Tasks, t)
			} else {
				r.Stop = t
			}
			continue
		}
		r.Rest++
	}
	return r
}

// Alone says why a task is asked by itself and never begun under the yes of a
// sequence; "" for one that may be.
func (c *Case) Alone(t Task) string {
	s := c.next(t)
	switch {
	case s == nil:
		return ""
	case c.State.Task(t).Status.Trouble():
		return "which " + c.Stands(t)
	case s.Person():
		return "which " + s.Waits()
	case s.NoReturn != "":
		return "a point of no return, asked by itself"
	case c.Level(t) == Critical:
		return "which is critical, asked by itself"
	case c.NeedsApprover(c.Level(t)):
		return "which needs the approver's yes, asked by itself"
	}
	return ""
}

// sequence is one yes for several tasks, as far as Reach says.
func sequence(c *Case, a Action) ([]Event, error) {
	if len(a.Tasks) == 0 {
		return nil, refuse(Never, "", "there is nothing to execute in %s", a.Scope)
	}
	for _, t := range a.Tasks {
		if r := c.exists(t); r != nil {
			return nil, r
		}
	}
	if r := c.TriggerStops(); r != nil {
		return nil, r
	}
	if c.State.Sequence != nil {
		return nil, refuse(Later, "hold it ({hold}) to end it", "a sequence over %s is under way", c.State.Sequence.Scope)
	}
	reach := c.Reach(a.Tasks)
	switch {
	case len(reach.Tasks) > 0:
	case reach.Stop.Zero():
		return nil, refuse(Never, "", "nothing of %s is left to begin", a.Scope)
	default:
		return nil, refuse(Never, "execute it by itself", "%s is next, %s", reach.Stop, reach.Why)
	}
	level := c.SequenceLevel(reach)
	if r := c.confirmed(level, c.Phrase(level, reach.Tasks), a); r != nil {
		return nil, r
	}
	a.Confirm.Level = level
	if a.Confirm.By == "" {
		a.Confirm.By = a.Actor
	}
	return []Event{Sequenced{Scope: a.Scope, Step: commonStep(a.Tasks), Tasks: a.Tasks, Confirm: a.Confirm}}, nil
}

// commonStep is the step that all of some tasks are of, or "".
func commonStep(tasks []Task) string {
	for _, t := range tasks {
		if t.Step != tasks[0].Step {
			return ""
		}
	}
	return tasks[0].Step
}

// SequenceLevel is the highest level among those of the tasks that one yes
// begins; what is behind its stop asks for nothing yet.
func (c *Case) SequenceLevel(r Reach) Danger {
	level := None
	for _, t := range r.Tasks {
		level = max(level, c.Level(t))
	}
	return level
}

// inSequence reports whether the yes of the sequence under way covers a start
// at a level.
func (c *Case) inSequence(t Task, level Danger) bool {
	q := c.State.Sequence
	return q != nil && q.Confirm.Level >= level && slices.Contains(q.Tasks, t) && c.Alone(t) == ""
}

// SequenceDone is why a sequence ends of which nothing is left.
const SequenceDone = "done"

// Stopped is a sequence that ended before everything of it was done.
type Stopped struct {
	Scope Scope
	Step  string // where all of it was of one step
	Tasks []Task
	Stop  Task // the task that it came to, which is asked by itself; zero where it ended otherwise
	Why   string
	At    time.Time
}

func (s *State) endSequence(at time.Time, e SequenceEnded) {
	if q := s.Sequence; q != nil && e.Why != SequenceDone {
		s.Stopped = &Stopped{Scope: q.Scope, Step: q.Step, Tasks: q.Tasks, Stop: e.Stop, Why: e.Why, At: at}
	}
	s.Sequence = nil
}

// wentOn forgets the stopped sequence when a person begins by hand what it would
// have begun, or takes something back. To do what it stops at, to try again what
// stopped it, and to do what waits for a person in any case (aside) is not that.
func (s *State) wentOn(t Task, aside bool, how Confirmation) {
	if q := s.Stopped; q != nil && how.How != "sequence" && !aside && t != q.Stop && slices.Contains(q.Tasks, t) {
		s.Stopped = nil
	}
}

// LeftOff gives the sequence that stopped before its end and that nobody went
// on with, and how far one more yes for what is left of it would go.
func (c *Case) LeftOff() (Stopped, Reach, bool) {
	q := c.State.Stopped
	if q == nil || c.State.Closed != nil || c.State.Rollback != nil || c.State.Sequence != nil {
		return Stopped{}, Reach{}, false
	}
	r := c.Reach(q.Tasks)
	return *q, r, len(r.Tasks) > 0 || !r.Stop.Zero()
}

// Blocks lists the blocks of a phase, in order.
func (p *Phase) Blocks() []string {
	var out []string
	for _, g := range segments(p.Steps) {
		if g.block != "" {
			out = append(out, g.block)
		}
	}
	return out
}
