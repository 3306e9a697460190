package runner

// The rule of this file: an automatic run decides nothing that a person has to
// decide; it stops there and says what it waits for.

import (
	"cmp"
	"fmt"
	"time"

	"belay/steps"
)

// How long an automatic run waits for a gate to turn green, for a red soak to
// recover, and for a host that has not been reached yet.
const (
	gatePatience = 20 * time.Second
	soakPatience = time.Minute
	linkPatience = 15 * time.Second
)

// Nobody is who does people's steps on the embedded fleet under --auto.
const Nobody = "nobody (rehearsal)"

func (r *Runner) autoConfirm() steps.Confirmation {
	return steps.Confirmation{How: "auto", Level: r.cfg.Auto.Max, By: "--auto"}
}

// advanceAuto executes whatever is allowed, in order.
func (r *Runner) advanceAuto() {
	auto := r.cfg.Auto
	if auto == nil || r.told || r.forgetting > 0 {
		return
	}
	if auto.Rollback != nil {
		r.autoRollback()
		return
	}
	over := r.autoTasks()
	if r.kase().TriggerStops() != nil {
		r.autoStops(over)
		return
	}
	moving, blocked := r.autoMove(over)
	if moving {
		return
	}
	code, why := r.kase().Outcome(over)
	if code == steps.CodeDone && why != "" { // what goes on by itself needs somebody who looks, and we go
		code = steps.CodePerson
	}
	if blocked != nil && code == steps.CodePerson {
		code, why = codeOf(blocked, code), blocked.Error()
	}
	r.tell(Outcome{code, why})
}

// autoStops ends an automatic run because a trigger has fired: nothing new is
// started, and what is under way comes to its end first.
func (r *Runner) autoStops(over []steps.Task) {
	if len(r.state.Busy("")) > 0 || r.unseen() {
		return
	}
	code, why := r.kase().Outcome(over)
	r.tell(Outcome{code, why})
}

// autoMove starts what is ready and sees to what is open. It reports whether
// anything is under way, and else the first thing that is in the way.
func (r *Runner) autoMove(over []steps.Task) (moving bool, blocked error) {
	ready := map[steps.Task]bool{}
	for _, t := range r.kase().Ready() {
		ready[t] = true
	}
	for _, t := range over {
		ts := r.state.Task(t)
		var err error
		switch {
		case ts.Status.Busy():
			err = r.silent(t)
			moving = moving || err == nil
		case ts.Status == steps.TaskOpen:
			err = r.autoOpen(t, r.kase().Step(t), ts)
			moving = moving || err == nil
		case ready[t]:
			err = r.submitNow(steps.Action{Verb: steps.Execute, Task: t, Actor: "--auto", Confirm: r.autoConfirm()})
			moving = moving || err == nil || r.checking[t] || r.linkComing(t.Host, err)
		}
		if blocked == nil && err != nil && !waits(err) {
			blocked = err
		}
	}
	return moving, blocked
}

// autoTasks are the tasks that --only and --until leave.
func (r *Runner) autoTasks() []steps.Task {
	var out []steps.Task
	until := r.cfg.Auto.Until
	for i := range r.book.Phases {
		p := &r.book.Phases[i]
		if r.cfg.Auto.Only != "" && p.ID != r.cfg.Auto.Only {
			continue
		}
		past := false
		for _, t := range p.Tasks() {
			if past && t.Step != until {
				s, last := r.book.Step(t.Step), r.book.Step(until)
				if s.Block == "" || s.Block != last.Block {
					return out
				}
				continue
			}
			out = append(out, t)
			past = past || t.Step == until
		}
		if past {
			return out
		}
	}
	return out
}

// autoOpen does what nobody may do for an open task. An error says that it has
// to stay open for a person, and why; nil that it may still change by itself.
func (r *Runner) autoOpen(t steps.Task, s *steps.Step, ts steps.TaskState) error {
	if s.Kind == steps.Soak {
		if ts.Soak.Overdue {
			return &steps.Refusal{Kind: steps.NeedsPerson, Why: t.String() + " waits for a person: " + ts.Reason}
		}
		bad := ts.Soak.Now == steps.SoakRed || ts.Soak.Now == steps.SoakStale
		if bad && r.cfg.Now().Sub(ts.Soak.Since) > soakPatience {
			return &steps.Refusal{Kind: steps.NeedsPerson, Why: t.String() + " is " + ts.Soak.Now + ": " + ts.Reason}
		}
		return nil
	}
	var err error = &steps.Refusal{Kind: steps.NeedsPerson, Why: t.String() + " waits for a person: " + s.Title}
	if r.cfg.Auto.Nobody {
		err = r.nobody(t, s, ts)
	} else if s.Kind == steps.Gate && len(r.seen.Evidence[t]) == 0 {
		return nil // let it show what it sees before a person is called
	}
	if s.Kind == steps.Gate && r.cfg.Auto.Nobody && r.cfg.Now().Sub(ts.Since) < gatePatience {
		return nil
	}
	return err
}

// nobody does a person's step of a rehearsal on the embedded fleet.
func (r *Runner) nobody(t steps.Task, s *steps.Step, ts steps.TaskState) error {
	a := steps.Action{Task: t, Actor: Nobody, Value: Nobody}
	switch s.Kind {
	case steps.Gate:
		a.Confirm.How = "auto"
		missing, closed := r.kase().Unsigned(t), 0
		for _, x := range r.kase().Evidence(t) {
			if x.Verdict != steps.Green {
				closed++
			}
		}
		for _, e := range missing {
			if e.SignOff == "approver" && closed > len(missing) {
				continue // what it would be bound to is not what it has to be yet
			}
			a.Verb, a.Name = steps.SignOff, e.Title
			if err := r.submitNow(a); err != nil {
				return err
			}
		}
		a.Verb = steps.Yes
	case steps.Measure:
		a.Verb, a.Value, a.Reason = steps.Record, s.RehearsalFigure(), "rehearsal"
		if a.Value == "" {
			return &steps.Refusal{Kind: steps.NeedsPerson, Why: t.String() + " has no rehearsal value"}
		}
	case steps.Document:
		if ts.Wrote.SHA256 == "" {
			if err := r.invent(t, s); err != nil {
				return err
			}
		}
		a.Verb = steps.MarkDone
	default:
		a.Verb = steps.MarkDone
	}
	return r.submitNow(a)
}

// silent says that the host of what is under way has not answered for so long
// that a person could stop waiting. It goes on, if it does, without this console.
func (r *Runner) silent(t steps.Task) error {
	r.mu.Lock()
	since, asking := r.asking[t]
	r.mu.Unlock()
	away := r.cfg.Now().Sub(since)
	if !asking || away < cmp.Or(r.cfg.Auto.Patience, steps.AwayBeforeStopWaiting) {
		return nil
	}
	return &steps.Refusal{Kind: steps.HostAway, Why: fmt.Sprintf("%s has not answered for %s, and %s is %s",
		t.Host, away.Round(time.Second), t, r.state.Task(t).Status)}
}

// linkComing reports whether a host has not been reached yet but still may be.
func (r *Runner) linkComing(host string, err error) bool {
	h, asked := r.seen.Hosts[host]
	if !asked {
		return r.cfg.Now().Sub(r.begun) < linkPatience
	}
	return codeOf(err, 0) == steps.CodeUnreachable && h.Wrong == "" && r.cfg.Now().Sub(h.Since) < linkPatience
}

// autoRollback opens a rollback, or goes on with the open one, to its end.
func (r *Runner) autoRollback() {
	want := *r.cfg.Auto.Rollback
	if open := r.state.Rollback; open != nil && open.Scope != want {
		r.tell(Outcome{steps.CodePerson, fmt.Sprintf("a rollback of %s is open, not of %s; finish it with --rollback %s, or abandon it",
			open.Scope, want, open.Scope)})
		return
	}
	if r.state.Rollback == nil {
		if r.rolledBack {
			code, why := r.kase().Outcome([]steps.Task{})
			r.tell(Outcome{code, why})
			return
		}
		err := r.submitNow(steps.Action{Verb: steps.OpenRollback, Scope: want, Actor: "--auto", Confirm: r.autoConfirm()})
		if err != nil {
			code := codeOf(err, steps.CodePerson)
			if r.kase().NothingLeft(want) {
				code, _ = r.kase().Outcome([]steps.Task{})
			}
			r.tell(Outcome{code, err.Error()})
			return
		}
	}
	r.rolledBack = true
	next := r.kase().RollbackNext()
	moving := false
	for _, e := range next {
		ts := r.state.Task(e.Task)
		switch {
		case ts.Status.Busy():
			if err := r.silent(e.Task); err != nil {
				r.tell(Outcome{codeOf(err, steps.CodePerson), err.Error()})
				return
			}
			moving = true
		case ts.Status == steps.TaskOpen && r.cfg.Auto.Nobody:
			moving = r.nobody(e.Task, r.kase().Step(e.Task), ts) == nil || moving
		case e.Do == steps.DoByHand && r.cfg.Auto.Nobody:
			moving = r.submitNow(steps.Action{Verb: steps.MarkUndone, Task: e.Task, Actor: Nobody, Value: Nobody}) == nil || moving
		case e.Do == steps.DoUndo || e.Do == steps.DoExecute:
			moving = r.autoEntry(e, ts) || moving
		}
	}
	if moving || len(next) == 0 {
		r.rolling = true
		return
	}
	code, why := r.kase().Outcome([]steps.Task{})
	r.tell(Outcome{code, why})
}

// autoEntry confirms an entry's host where --max-danger allows it, and starts it.
func (r *Runner) autoEntry(e steps.Entry, ts steps.TaskState) bool {
	if ts.Status.Trouble() && !r.undoable(e, ts.Status) {
		return false
	}
	if _, ok := r.state.Rollback.Confirmed[e.Task.Host]; !ok {
		err := r.submitNow(steps.Action{Verb: steps.ConfirmHost, Host: e.Task.Host, Actor: "--auto", Confirm: r.autoConfirm()})
		if err != nil {
			r.tell(Outcome{codeOf(err, steps.CodePerson), err.Error()})
			return true
		}
	}
	err := r.rollEntry(e)
	return err == nil || r.checking[e.Task] || r.linkComing(e.Task.Host, err)
}

// codeOf a refusal that stops an automatic run.
func codeOf(err error, otherwise int) int {
	ref, ok := err.(*steps.Refusal)
	if !ok {
		return otherwise
	}
	switch ref.Kind {
	case steps.HostAway:
		return steps.CodeUnreachable
	case steps.UnknownFirst:
		return steps.CodeUnknown
	case steps.Never:
		return max(otherwise, steps.CodeDeclined)
	}
	return otherwise
}

// tell gives the outcome once. Without a journal there is only one.
func (r *Runner) tell(o Outcome) {
	if r.told {
		return
	}
	if r.frozen != nil {
		o = Outcome{steps.CodeDamaged, ErrFrozen.Error() + ": " + r.frozen.Error()}
	}
	r.told = true
	r.autoDone <- o
}

// autoEnd gives the outcome of a run that can go no further.
func (r *Runner) autoEnd() {
	if r.cfg.Auto == nil || r.told {
		return
	}
	code, why := r.kase().Outcome(r.autoTasks())
	r.tell(Outcome{code, why})
}
