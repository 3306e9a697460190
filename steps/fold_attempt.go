package steps

// The rule of this file: the undo of a task is the mirror of doing it. One
// table of transitions serves both; only the names of the ends differ.

import (
	"fmt"
	"maps"
	"time"
)

// Names of the two lists around the computed undos, used as their phase.
const (
	RollbackBefore = "rollback.before"
	RollbackAfter  = "rollback.after"
)

// ends of an attempt, for doing and for undoing.
type ends struct{ under, ok, bad, cancelled, lost Status }

var (
	doing   = ends{"", TaskDone, TaskFailed, TaskCancelled, TaskUnknown}
	undoing = ends{TaskUndoing, TaskUndone, TaskUndoFailed, TaskUndoFailed, TaskUndoUnknown}
)

// applyAttempt folds what became of an attempt.
func (s *State) applyAttempt(at time.Time, e Event) error {
	switch e := e.(type) {
	case Intended:
		s.intend(at, e)
		return nil
	case Verifying:
		return s.attempt(e.Attempt, func(k Task, t *TaskState, a *Attempt) {
			t.Released = false
			s.stage(t, a, at, TaskVerifying)
		})
	case Started:
		return s.attempt(e.Attempt, func(k Task, t *TaskState, a *Attempt) {
			a.Started = at
			if a.Stage != TaskCancelling {
				s.stage(t, a, at, TaskRunning)
			}
		})
	case NotStarted:
		return s.attempt(e.Attempt, func(k Task, t *TaskState, a *Attempt) {
			a.Why = e.Why
			s.end(k, t, a, at, a.Before)
			t.neverBegan(a)
			t.Reason = "not started: " + e.Why
		})
	case Exited:
		return s.attempt(e.Attempt, func(k Task, t *TaskState, a *Attempt) { s.exit(k, t, a, at, e) })
	case TimedOut:
		return s.attempt(e.Attempt, func(k Task, t *TaskState, a *Attempt) {
			a.TimedOut, a.Why = true, "timed out after "+e.After.String()
		})
	case CancelAsked:
		return s.attempt(e.Attempt, func(k Task, t *TaskState, a *Attempt) {
			a.CancelWhy = e.Why
			s.stage(t, a, at, TaskCancelling)
		})
	case Cancelled:
		return s.attempt(e.Attempt, func(k Task, t *TaskState, a *Attempt) {
			to := a.ends().cancelled
			if a.TimedOut {
				to = a.ends().bad
			}
			t.Reason = firstOf(a.Why, a.CancelWhy)
			s.end(k, t, a, at, to)
		})
	case Lost:
		return s.attempt(e.Attempt, func(k Task, t *TaskState, a *Attempt) {
			a.Why, t.Reason = e.Why, e.Why
			s.end(k, t, a, at, a.ends().lost)
		})
	case Verified:
		return s.attempt(e.Attempt, func(k Task, t *TaskState, a *Attempt) { s.verified(k, t, a, at, e) })
	}
	return fmt.Errorf("no rule for an event of kind %s", e.Kind())
}

func (s *State) intend(at time.Time, e Intended) {
	delete(s.Approvals, e.Task) // a second yes is for one attempt
	s.edit(e.Task, func(t *TaskState) {
		a := Attempt{ID: e.Attempt, N: e.N, Undo: e.Undo, Script: e.Script, Vars: e.Vars, Book: e.Book,
			Confirm: e.Confirm, Override: e.Override, Before: t.Status, Intended: at}
		t.Attempts = append(t.Attempts, a)
		t.Phase, t.Reason, t.Released, t.Resolved = e.Phase, "", false, false
		if !e.Undo {
			s.Back = nil
			if t.Order == 0 { // new, or new again after a rollback
				t.First, t.Last = nil, nil
			}
			t.Book, t.How, t.UndoBook = e.Book, "", ""
			t.order(s.Seq)
		}
		s.stage(t, t.Attempt(), at, TaskStarting)
	})
	s.wentOn(e.Task, e.N > 1 && !e.Undo, e.Confirm)
	if s.attempts != nil {
		s.attempts[e.Attempt] = e.Task
	}
}

func (s *State) exit(k Task, t *TaskState, a *Attempt, at time.Time, e Exited) {
	a.Exited, a.Code, a.HasCode, a.Outside, a.Why = at, e.Code, true, e.Outside, firstOf(e.Why, a.Why)
	a.Bytes, a.SHA256, a.Left = e.Bytes, e.SHA256, e.Left
	if !a.Undo {
		t.keep(e.Values)
	}
	switch {
	case e.OK && e.Verify:
		s.stage(t, a, at, TaskVerifying)
	case e.OK:
		t.How = HowProven
		s.end(k, t, a, at, a.ends().ok)
	default:
		t.Reason = e.Why
		s.end(k, t, a, at, a.ends().bad)
	}
}

// keep takes what an attempt captured. An empty value was not captured: it must
// neither stand as the first nor replace the last.
func (t *TaskState) keep(values map[string]string) {
	values = maps.Clone(values)
	maps.DeleteFunc(values, func(_, v string) bool { return v == "" })
	if len(values) == 0 {
		return
	}
	last := maps.Clone(t.Last)
	if last == nil {
		last = map[string]string{}
	}
	maps.Copy(last, values)
	maps.Copy(values, t.First)
	t.First, t.Last = values, last
}

func (s *State) verified(k Task, t *TaskState, a *Attempt, at time.Time, e Verified) {
	t.Evidence = e.Evidence
	if e.Holds {
		t.How = HowProven
		s.end(k, t, a, at, a.ends().ok)
		return
	}
	t.Reason = "verify: refuted"
	if !e.Proven {
		t.Reason = "verify: not proven"
	}
	a.Why = t.Reason
	s.end(k, t, a, at, a.ends().bad)
}

func (a *Attempt) ends() ends {
	if a.Undo {
		return undoing
	}
	return doing
}

// stage moves an attempt on; the task shows the stage itself, or "undoing".
func (s *State) stage(t *TaskState, a *Attempt, at time.Time, to Status) {
	a.Stage, t.Since = to, at
	t.Status = to
	if u := a.ends().under; u != "" {
		t.Status = u
	}
}

func (s *State) end(k Task, t *TaskState, a *Attempt, at time.Time, to Status) {
	a.Stage, a.Ended = "", at
	t.Status, t.Since = to, at
	if to == TaskUndone {
		s.Tasks[k] = *t
		s.undone(k, at)
		*t = s.Tasks[k]
	}
}

// attempt changes the task whose newest attempt has the id.
func (s *State) attempt(id string, f func(Task, *TaskState, *Attempt)) error {
	k, err := s.newest(id)
	if err != nil {
		return err
	}
	s.edit(k, func(t *TaskState) { f(k, t, t.Attempt()) })
	return nil
}

// newest gives the task whose newest attempt has the id.
func (s *State) newest(id string) (Task, error) {
	k, ok := s.byAttempt(id)
	if t := s.Tasks[k]; !ok || t.Attempt().ID != id {
		return Task{}, fmt.Errorf("no task has %q as its newest attempt", id)
	}
	return k, nil
}

func (s *State) byAttempt(id string) (Task, bool) {
	if s.attempts == nil {
		s.attempts = map[string]Task{}
		for k, t := range s.Tasks {
			for i := range t.Attempts {
				s.attempts[t.Attempts[i].ID] = k
			}
		}
	}
	k, ok := s.attempts[id]
	return k, ok
}
