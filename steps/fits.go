package steps

// The rule of this file: an event that cannot follow the ones before it is
// refused before it changes anything. A journal with one was put together by
// hand, and nothing is guessed from it.

import "fmt"

// Fits says whether an event can follow what the state holds; nil when it can.
// Apply asks it first. It is for the owner of the state: not for two at once.
func (s *State) Fits(e Event) error {
	switch _, opens := e.(Opened); {
	case s.Opened.Run == "" && !opens:
		return fmt.Errorf("%s before the run was opened", e.Kind())
	case s.Opened.Run != "" && opens:
		return fmt.Errorf("the run was opened before")
	}
	switch e := e.(type) {
	case RollbackOpened:
		if s.Rollback != nil {
			return fmt.Errorf("a rollback of %s is open", s.Rollback.Scope)
		}
	case RollbackConfirmed, LeftOut, RollbackClosed:
		if s.Rollback == nil {
			return fmt.Errorf("%s, and no rollback is open", e.Kind())
		}
	case Intended:
		return s.fitsIntent(e)
	case Verifying:
		return s.fitsLook(e)
	case Triggered:
		return s.fitsTrigger(e)
	}
	if id, ok := attemptOf(e); ok {
		return s.fitsAttempt(e, id)
	}
	return s.fitsPerson(e)
}

// fitsIntent holds the promise of at most one start: the id is new, and nothing
// of the task is or may be under way.
func (s *State) fitsIntent(e Intended) error {
	if k, used := s.byAttempt(e.Attempt); used || e.Attempt == "" {
		return fmt.Errorf("attempt %q was made before, of %s", e.Attempt, k)
	}
	return s.idle(e.Task, e)
}

// Knows says whether an attempt's intent was written down.
func (s *State) Knows(attempt string) bool {
	_, ok := s.byAttempt(attempt)
	return ok
}

// fitsLook lets another proof be looked for only of what was done and ended badly.
func (s *State) fitsLook(e Verifying) error {
	k, err := s.newest(e.Attempt)
	if err != nil {
		return err
	}
	t := s.Tasks[k]
	if k != e.Task || t.Attempt().Undo || t.Status != TaskFailed && t.Status != TaskCancelled {
		return fmt.Errorf("verifying %s by attempt %q, but %s is %s", e.Task, e.Attempt, k, t.Status)
	}
	return nil
}

// attemptOf gives the id of the attempt whose course an event tells.
func attemptOf(e Event) (string, bool) {
	switch e := e.(type) {
	case Started:
		return e.Attempt, true
	case NotStarted:
		return e.Attempt, true
	case Exited:
		return e.Attempt, true
	case TimedOut:
		return e.Attempt, true
	case CancelAsked:
		return e.Attempt, true
	case Cancelled:
		return e.Attempt, true
	case Lost:
		return e.Attempt, true
	case Verified:
		return e.Attempt, true
	}
	return "", false
}

// fitsAttempt takes news of an attempt only while it is under way, or while
// nobody knows what became of it.
func (s *State) fitsAttempt(e Event, id string) error {
	k, err := s.newest(id)
	if err != nil {
		return err
	}
	t := s.Tasks[k]
	if t.Attempt().Stage == "" && t.Status != TaskUnknown && t.Status != TaskUndoUnknown {
		return fmt.Errorf("%s of attempt %q, which has ended: %s is %s", e.Kind(), id, k, t.Status)
	}
	return nil
}

// fitsPerson holds what a person says against the state of the task.
func (s *State) fitsPerson(e Event) error {
	switch e := e.(type) {
	case Began:
		return s.idle(e.Task, e)
	case Skipped:
		return s.idle(e.Task, e)
	case MarkedDone:
		return s.idle(e.Task, e)
	case Excluded:
		for _, k := range e.Tasks {
			if err := s.idle(k, e); err != nil {
				return err
			}
		}
	case Passed:
		return s.opened(e.Task, e)
	case Overridden:
		return s.opened(e.Task, e)
	case CannotBeDone:
		return s.opened(e.Task, e)
	case Soaked:
		return s.opened(e.Task, e)
	case Wrote:
		return s.opened(e.Task, e)
	case Resolved:
		t := s.Task(e.Task)
		if t.Attempt() == nil || t.Status != TaskUnknown && t.Status != TaskUndoUnknown {
			return fmt.Errorf("resolved %s, which is %s", e.Task, t.Status)
		}
	}
	return nil
}

func (s *State) idle(k Task, e Event) error {
	if st := s.Task(k).Status; st.Busy() || st == TaskUnknown || st == TaskUndoUnknown {
		return fmt.Errorf("%s for %s, which is %s", e.Kind(), k, st)
	}
	return nil
}

func (s *State) opened(k Task, e Event) error {
	if st := s.Task(k).Status; st != TaskOpen {
		return fmt.Errorf("%s for %s, which is %s", e.Kind(), k, st)
	}
	return nil
}
