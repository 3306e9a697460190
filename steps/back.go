package steps

// The rule of this file: what a rollback went back over is new again: what was
// asked, seen or said of it is true no longer. How the rollback came out stays
// known until something is begun again.

import (
	"slices"
	"time"
)

// Back is a rollback that has ended, and nothing was begun since.
type Back struct {
	RollbackState
	Ended    time.Time
	Finished bool   // else it was abandoned
	Why      string // it was abandoned
}

func (s *State) applyRollback(at time.Time, e Event) bool {
	switch e := e.(type) {
	case RollbackOpened:
		s.Stopped, s.Back = nil, nil
		s.Rollback = &RollbackState{Scope: e.Scope, Opened: at, Reason: e.Reason,
			Confirmed: map[string]Confirmation{}, LeftOut: map[string]string{}, Kept: map[string]bool{}}
		for k, t := range s.Tasks { // the steps around an earlier rollback are new again
			if (t.Phase == RollbackBefore || t.Phase == RollbackAfter) && !t.Status.Busy() && t.Status != TaskUnknown {
				t.Status, t.Since, t.How, t.Reason, t.Order = TaskNotStarted, at, "", "", 0
				s.Tasks[k] = t
			}
		}
	case RollbackConfirmed:
		s.Rollback.Confirmed[e.Host] = e.Confirm
	case LeftOut:
		s.Rollback.LeftOut[e.Host] = e.Reason
	case RollbackClosed:
		s.closeRollback(at, e)
	default:
		return false
	}
	return true
}

// closeRollback re-opens what a rollback went back over: finished, or abandoned
// after it had undone something.
func (s *State) closeRollback(at time.Time, e RollbackClosed) {
	r := *s.Rollback
	s.Rollback, s.Back = nil, &Back{RollbackState: r, Ended: at, Finished: e.Finished, Why: e.Reason}
	if e.Finished || s.undoneSince(r.Opened) {
		s.reopen(at, r.Scope)
		for _, k := range e.Reopens {
			s.set(k, at, TaskNotStarted, func(t *TaskState) { t.How, t.Reason, t.Evidence, t.Order = "", "", nil, 0 })
		}
	}
	if !e.Finished {
		return
	}
	s.Undone++
	s.Triggers = map[string]TriggerState{} // what they proposed was done
	for id, p := range s.Phases {
		if r.Scope.Host == "" && (r.Scope.Phase == "" || r.Scope.Phase == id) {
			p.Opened, p.Until, p.Accepted = time.Time{}, time.Time{}, ""
			s.Phases[id] = p
		}
	}
}

func (s *State) undoneSince(at time.Time) bool {
	for _, t := range s.Tasks {
		if t.Status == TaskUndone && !t.Since.Before(at) {
			return true
		}
	}
	return false
}

// reopen makes gates, soaks and what else a person closed new again: old
// evidence counts for nothing.
func (s *State) reopen(at time.Time, scope Scope) {
	for k, t := range s.Tasks {
		if t.Kind == "" || t.How == HowAssumed || t.Phase == RollbackBefore || t.Phase == RollbackAfter {
			continue
		}
		if scope.Phase != "" && t.Phase != scope.Phase || scope.Host != "" && k.Host != scope.Host {
			continue
		}
		if t.Status == TaskDone || t.Status == TaskOpen || t.Status == TaskFailed {
			s.set(k, at, TaskNotStarted, func(t *TaskState) {
				t.How, t.Evidence, t.Soak, t.Order, t.Signed = "", nil, SoakState{}, 0, nil
			})
		}
	}
}

// lookedAt lists what ran in a scope and changed nothing, newest first. Gates,
// soaks and what else a person closed are not among it: they re-open by
// themselves.
func (c *Case) lookedAt(scope Scope) []Task {
	return slices.DeleteFunc(c.ran(scope), func(t Task) bool {
		_, changed := c.undoEntry(t)
		return changed || c.Step(t).open() || c.State.Task(t).Status == TaskSkipped
	})
}

// WentBack gives the rollback that has ended, with its plan as it came out;
// false when there is none, and as soon as something is begun again.
func (c *Case) WentBack() (Back, []Entry, bool) {
	b := c.State.Back
	if b == nil {
		return Back{}, nil, false
	}
	then, st := *c, *c.State
	st.Rollback, then.State = &b.RollbackState, &st
	return *b, then.UndoPlan(b.Scope), true
}
