package steps

// The rule of this file: Apply never decides. It writes down what an event
// says, and it refuses an event that cannot follow (a journal that was put
// together by hand) instead of guessing.

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Apply folds one event into the state. Seq and at are the journal's.
func (s *State) Apply(seq int64, at time.Time, e Event) error {
	if err := s.Fits(e); err != nil {
		return fmt.Errorf("event %d: %w", seq, err)
	}
	s.Seq, s.Last = seq, at
	if s.applyRun(at, e) || s.applyPerson(at, e) {
		return nil
	}
	if err := s.applyAttempt(at, e); err != nil {
		return fmt.Errorf("event %d: %w", seq, err)
	}
	return nil
}

// applyRun folds what concerns the run, its hosts and phases.
func (s *State) applyRun(at time.Time, e Event) bool {
	switch e := e.(type) {
	case Opened:
		s.Opened, s.At, s.Book, s.Driver, s.Partner = e, at, e.Hash, e.Operator, e.Partner
	case Answered:
		s.Answers[e.Name] = e.Value
	case Bound:
		s.Hosts[e.Host] = e
	case Drove:
		s.Driver, s.Partner = e.Driver, e.Partner
	case PhaseOpened:
		s.Phases[e.Phase] = PhaseState{Opened: at, Until: e.Until, Reason: e.Reason, Baseline: e.Baseline}
	case PhaseAccepted:
		p := s.Phases[e.Phase]
		p.Accepted = e.Reason
		s.Phases[e.Phase] = p
	case Held:
		s.Holds[e.Scope] = e.Reason
	case Released:
		delete(s.Holds, e.Scope)
		if !e.Scope.Task.Zero() {
			s.edit(e.Scope.Task, func(t *TaskState) { t.Released = true })
		}
	case Excluded:
		for _, k := range e.Tasks {
			s.skip(k, at, "excluded: "+e.Reason)
			s.edit(k, func(t *TaskState) { t.Excluded = true })
		}
		p := s.Phases[e.Phase]
		p.Accepted = "" // it was accepted with fewer hosts left out
		s.Phases[e.Phase] = p
	case Included:
		for _, k := range e.Tasks {
			s.unskip(k, at)
		}
	case StoppedWaiting:
		s.stopWaiting(at, e)
	case Amended:
		s.amended(e)
	case Closed:
		s.Closed, s.ClosedAt = &e, at
	case Sequenced:
		s.Sequence, s.Stopped, s.Back = &e, nil, nil
	case SequenceEnded:
		s.endSequence(at, e)
	case Triggered:
		s.trigger(at, e)
	case EvidenceKept:
		s.keptEvidence(e)
	case Noted, Recovered:
	default:
		return s.applyRollback(at, e)
	}
	return true
}

func (s *State) stopWaiting(at time.Time, e StoppedWaiting) {
	for k, t := range s.Tasks {
		if k.Host != e.Host || !t.Status.Busy() {
			continue
		}
		to := TaskUnknown
		if t.Status == TaskUndoing {
			to = TaskUndoUnknown
		}
		s.set(k, at, to, func(t *TaskState) {
			t.Reason = "stopped waiting for " + e.Host + ": " + e.Reason
			endAttempt(t, at)
		})
	}
}

// applyPerson folds what a person said of a task.
func (s *State) applyPerson(at time.Time, e Event) bool {
	switch e := e.(type) {
	case Began:
		delete(s.Approvals, e.Task)
		s.Back = nil
		s.set(e.Task, at, TaskOpen, func(t *TaskState) {
			t.Phase, t.Kind, t.Book, t.How, t.Reason, t.UndoBook = e.Phase, e.As, e.Book, "", "", ""
			t.Opens, t.Released, t.Evidence = t.Opens+1, false, e.Evidence
			t.Signed, t.Soak = nil, SoakState{Began: at}
			t.order(s.Seq)
		})
		s.wentOn(e.Task, e.N > 1 || e.As != Soak, e.Confirm)
	case MarkedDone:
		s.mark(at, e)
	case CannotBeDone:
		s.set(e.Task, at, TaskFailed, func(t *TaskState) { t.Reason, t.Released = e.Reason, false })
	case Passed:
		s.set(e.Task, at, TaskDone, func(t *TaskState) { t.How, t.Evidence = HowProven, e.Evidence })
	case Overridden:
		delete(s.Approvals, e.Task)
		s.set(e.Task, at, TaskDone, func(t *TaskState) { t.How, t.Reason, t.Evidence = HowOverridden, e.Reason, e.Evidence })
	case SignedOff:
		s.edit(e.Task, func(t *TaskState) {
			signed := maps.Clone(t.Signed)
			if signed == nil {
				signed = map[string]Signature{}
			}
			signed[e.Title] = Signature{e, at}
			t.Signed = signed
		})
	case Approved:
		s.Approvals[e.Task] = Approval{e, at}
	case Measured:
		s.Measures[e.Task] = e
		if s.Task(e.Task).Status == TaskOpen { // a script's figure comes with its own end
			s.set(e.Task, at, TaskDone, func(t *TaskState) { t.How, t.Reason = HowMarked, e.Value+" "+e.Unit })
		}
	case Wrote:
		s.edit(e.Task, func(t *TaskState) { t.Wrote = e })
	case Soaked:
		s.soak(at, e)
	case Skipped:
		s.skip(e.Task, at, e.Reason)
	case Unskipped:
		s.unskip(e.Task, at)
	case Assumed:
		s.set(e.Task, at, TaskDone, func(t *TaskState) {
			t.How, t.First, t.Last = HowAssumed, maps.Clone(e.Values), maps.Clone(e.Values)
		})
	case NotRestored:
		s.edit(e.Task, func(t *TaskState) { t.Left = e.Reason })
	case Resolved:
		s.resolve(at, e)
	default:
		return false
	}
	return true
}

func (s *State) skip(k Task, at time.Time, reason string) {
	s.edit(k, func(t *TaskState) {
		if t.Status != TaskSkipped {
			t.Before, t.BeforeWhy = t.Status, t.Reason
		}
		t.Status, t.Since, t.Reason = TaskSkipped, at, reason
	})
}

// unskip takes a skip back. What had failed, or was stopped half way, is not
// made new by having been skipped.
func (s *State) unskip(k Task, at time.Time) {
	s.edit(k, func(t *TaskState) {
		to, why := t.Before, t.BeforeWhy
		if to == "" || to == TaskOpen {
			to, why = TaskNotStarted, ""
		}
		t.Status, t.Since, t.Excluded, t.Reason = to, at, false, why
		t.Before, t.BeforeWhy = "", ""
	})
}

func (s *State) mark(at time.Time, e MarkedDone) {
	if e.Undo {
		s.undone(e.Task, at)
		s.edit(e.Task, func(t *TaskState) { t.How, t.Reason = HowMarked, firstOf(e.Evidence, e.Reason) })
		return
	}
	s.Back = nil
	s.set(e.Task, at, TaskDone, func(t *TaskState) {
		t.How, t.Reason = HowMarked, firstOf(e.Evidence, e.Reason)
		t.order(s.Seq)
	})
}

func (s *State) soak(at time.Time, e Soaked) {
	t := s.Task(e.Task)
	t.Soak.Green, t.Soak.Since = e.Green.D(), at
	t.Soak.Unseen += e.Unseen.D()
	if e.To == SoakExtended { // what was seen last stays as it is
		if t.Soak.Overdue {
			t.Reason = "" // what it waited for has been said
		}
		t.Soak.Until, t.Soak.Unseen, t.Soak.Overdue = e.Until, 0, false
		s.Tasks[e.Task] = t
		return
	}
	t.Soak.Now, t.Evidence, t.Reason = e.To, e.Evidence, e.Reason
	switch e.To {
	case SoakOverdue:
		t.Soak.Now, t.Soak.Overdue = SoakStale, true
	case SoakRestarted: // the deadline goes on
		t.Soak = SoakState{Began: t.Soak.Began, Since: at, Until: t.Soak.Until, Overdue: t.Soak.Overdue}
	case SoakComplete:
		t.Status, t.Since, t.How = TaskDone, at, HowProven
	case SoakShortened:
		t.Status, t.Since, t.How = TaskDone, at, HowShortened
	case SoakFailed:
		t.Status, t.Since, t.Released = TaskFailed, at, false
	}
	s.Tasks[e.Task] = t
}

func (s *State) resolve(at time.Time, e Resolved) {
	s.edit(e.Task, func(t *TaskState) {
		undo, a := t.Status == TaskUndoUnknown, t.Attempt()
		t.Since, t.Reason, t.Resolved, t.Released = at, e.Reason, true, false
		switch {
		case e.As == "happened" && e.Verify:
			t.Status = TaskVerifying
			if undo {
				t.Status = TaskUndoing
			}
			a.Stage = TaskVerifying
		case e.As == "happened" && undo:
			s.Tasks[e.Task] = *t
			s.undone(e.Task, at)
			*t = s.Tasks[e.Task]
		case e.As == "happened":
			t.Status, t.How = TaskDone, HowResolved
		case e.As == "not":
			t.Status = a.Before
			t.neverBegan(a)
		case undo:
			t.Status = TaskUndoFailed
		default:
			t.Status = TaskFailed
		}
	})
}

// edit changes a task's state in place.
func (s *State) edit(k Task, f func(*TaskState)) {
	t := s.Task(k)
	t.Attempts = slices.Clone(t.Attempts) // a clone of the state may share them
	f(&t)
	s.Tasks[k] = t
}

// set moves a task to a status.
func (s *State) set(k Task, at time.Time, to Status, f func(*TaskState)) {
	s.edit(k, func(t *TaskState) {
		t.Status, t.Since = to, at
		if f != nil {
			f(t)
		}
	})
}

// amended takes another text. Whoever confirmed a host of an open rollback saw
// the one before.
func (s *State) amended(e Amended) {
	s.Book = e.Hash
	if s.Rollback != nil {
		r := *s.Rollback
		r.Confirmed = map[string]Confirmation{}
		s.Rollback = &r
	}
	for _, u := range e.Undos {
		if u.Take != TakeNew {
			continue
		}
		for _, k := range u.Tasks {
			s.edit(k, func(t *TaskState) { t.UndoBook = e.Hash })
		}
	}
}

// undone forgets what the task left behind, so that forward again is a new try.
func (s *State) undone(k Task, at time.Time) {
	s.set(k, at, TaskUndone, func(t *TaskState) {
		t.Was, t.Order = max(t.Order, t.Was), 0
		t.First, t.Last, t.How, t.Left, t.Evidence, t.UndoBook = nil, nil, "", "", nil, ""
	})
}

func (t *TaskState) order(seq int64) {
	if t.Order == 0 {
		t.Order = seq
	}
}

// neverBegan gives up the place in the order that an attempt took which, as is
// proven or said now, never started.
func (t *TaskState) neverBegan(a *Attempt) {
	if !a.Undo && (a.Before == TaskNotStarted || a.Before == TaskUndone) {
		t.Order = 0
	}
}

func endAttempt(t *TaskState, at time.Time) {
	if a := t.Attempt(); a != nil {
		a.Stage, a.Ended = "", at
	}
}

func firstOf(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}
