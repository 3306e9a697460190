package runner

// The rule of this file: what goes on by itself was agreed to as a whole, and
// stops at the first thing that is not as agreed. It asks the same decision as
// a person does.

import (
	"errors"
	"maps"
	"slices"

	"belay/steps"
)

// advance starts what may go on now. It runs on the loop after every change.
func (r *Runner) advance() {
	if r.frozen != nil || r.state.Closed != nil {
		r.autoEnd()
		return
	}
	r.armTriggers()
	r.advanceRollback()
	r.advanceSequence()
	r.advanceAuto()
}

// submitNow decides and commits on the loop. A check that has not been looked
// at is looked at beside it, and what waits for it is tried again then. What a
// host has refused to start is not asked of it again before a person has seen it.
func (r *Runner) submitNow(a steps.Action) error {
	if why, ok := r.refused[a.Task]; ok {
		return &steps.Refusal{Kind: steps.NeedsPerson, Why: a.Task.String() + " was not started: " + why}
	}
	err := r.decide(a, nil)
	var ref *steps.Refusal
	if errors.As(err, &ref) && ref.Kind == steps.NeedsLook && !r.checking[a.Task] {
		r.checking[a.Task] = true
		r.spawn(func() {
			_ = r.lookFirst(r.ctx, a)
			r.post(func() { delete(r.checking, a.Task) })
		})
	}
	return err
}

// again lets what a host has refused be asked once more where a person's action
// is about it.
func (r *Runner) again(a steps.Action) {
	maps.DeleteFunc(r.refused, func(t steps.Task, _ string) bool {
		return t == a.Task || slices.Contains(a.Tasks, t) || a.Verb == steps.ConfirmHost && t.Host == a.Host || a.Verb == steps.OpenRollback
	})
}

// waits reports whether a refusal only asks for time.
func waits(err error) bool {
	var ref *steps.Refusal
	return errors.As(err, &ref) && (ref.Kind == steps.Later || ref.Kind == steps.NeedsLook)
}

// advanceSequence executes what one yes covered.
func (r *Runner) advanceSequence() {
	q := r.state.Sequence
	if q == nil {
		return
	}
	if ref := r.kase().TriggerStops(); ref != nil {
		r.endSequence(ref.Why)
		return
	}
	moving := false
	var first error // what a task waits for that is not under way
	for _, t := range q.Tasks {
		s, ts := r.kase().Step(t), r.state.Task(t)
		switch {
		case ts.Status.Finished() || s.Left != "":
			continue
		case r.kase().Passed(t):
			continue
		case ts.Status.Trouble():
			r.endSequence(r.kase().Ends(t))
			return
		case ts.Status.Busy(), ts.Status == steps.TaskOpen && s.Kind == steps.Soak && !ts.Soak.Overdue:
			moving = true
			continue
		}
		if why := r.kase().Alone(t); why != "" {
			if !moving { // what is under way decides first
				r.commit(steps.SequenceEnded{Why: "before " + t.String() + ", " + why, Stop: t})
			}
			return
		}
		err := r.sequenceStep(t, q)
		switch {
		case err == nil || r.checking[t]:
			moving = true
		case waits(err):
			if first == nil {
				first = err
			}
		default:
			if moving {
				return // what is under way decides first
			}
			r.endSequence(err.Error())
			return
		}
	}
	switch {
	case moving:
	case first != nil:
		r.endSequence(first.Error())
	default:
		r.endSequence(r.kase().Through(q.Tasks))
	}
}

var errPerson = errors.New("it waits for a person")

func (r *Runner) sequenceStep(t steps.Task, q *steps.Sequenced) error {
	return r.submitNow(steps.Action{Verb: steps.Execute, Task: t, Actor: q.Confirm.By,
		Confirm: steps.Confirmation{How: "sequence", Level: q.Confirm.Level, By: q.Confirm.By, Typed: q.Confirm.Typed}})
}

func (r *Runner) endSequence(why string) { r.commit(steps.SequenceEnded{Why: why}) }

// advanceRollback goes on with an open rollback, as far as its hosts are
// confirmed, until the first thing that is not green.
func (r *Runner) advanceRollback() {
	if r.state.Rollback == nil || !r.rolling {
		return
	}
	next := r.kase().RollbackNext()
	if len(next) == 0 {
		r.rolling = false
		_ = r.submitNow(steps.Action{Verb: steps.EndRollback})
		return
	}
	for _, e := range next {
		if st := r.state.Task(e.Task).Status; st.Trouble() && !r.undoable(e, st) {
			r.stopRolling()
			return
		}
	}
	for _, e := range next {
		if err := r.rollEntry(e); err != nil && !waits(err) {
			r.stopRolling()
			return
		}
	}
}

// undoable reports whether an entry's trouble is of doing it, which its undo mends.
func (r *Runner) undoable(e steps.Entry, st steps.Status) bool {
	return e.Do == steps.DoUndo && (st == steps.TaskFailed || st == steps.TaskCancelled)
}

func (r *Runner) stopRolling() {
	r.rolling = false
	r.publish()
}

func (r *Runner) rollEntry(e steps.Entry) error {
	st := r.state.Task(e.Task).Status
	if st.Busy() {
		return nil
	}
	a := steps.Action{Task: e.Task, Actor: r.state.Driver, Confirm: steps.Confirmation{How: "plan"}}
	switch e.Do {
	case steps.DoUndo:
		a.Verb = steps.UndoTask
	case steps.DoExecute:
		if st == steps.TaskOpen {
			return nil // a person's turn
		}
		a.Verb = steps.Execute
	case steps.DoByHand:
		return nil
	default:
		return errPerson
	}
	return r.submitNow(a)
}
