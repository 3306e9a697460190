package steps

// The rule of this file: what is allowed now, and why not, is one function of
// runbook, journalled state, observations and time. Every face asks it, so a
// refusal holds everywhere.

import (
	"maps"
	"slices"
	"time"
)

// rule decides one verb.
type rule struct {
	decide  func(*Case, Action) ([]Event, error)
	task    bool // it is about one task, which has to exist
	forward bool // an open rollback refuses it, but for the rollback's own steps
}

var rules map[Verb]rule

func init() {
	rules = map[Verb]rule{
		Execute: {execute, true, true}, Retry: {retry, true, true}, VerifyAgain: {verifyAgain, true, true},
		Skip: {skip, true, true}, Unskip: {unskip, true, true}, MarkDone: {markDone, true, true},
		Fail: {fail, true, true}, Yes: {yes, true, true}, SignOff: {signOff, true, true},
		Override: {override, true, true}, EarlyEnd: {earlyEnd, true, true}, Extend: {extend, true, true}, Record: {record, true, true},
		Write: {write, true, true}, Approve: {approve, true, false},
		UndoTask: {undoTask, true, false}, CancelTask: {cancelTask, true, false}, Resolve: {resolve, true, false},
		MarkUndone: {markUndone, true, false}, LeaveUndo: {leaveUndo, true, false},
		Sequence: {sequence, false, true}, Exclude: {exclude, false, true}, Include: {include, false, true},
		Accept: {accept, false, true},
		Hold:   {decide: hold}, Release: {decide: release}, StopWaiting: {decide: stopWaiting},
		Answer: {decide: answer}, Drive: {decide: drive}, Note: {decide: note}, Rebind: {decide: rebind},
		Amend: {decide: amend}, OpenRollback: {decide: openRollback}, ConfirmHost: {decide: confirmHost},
		LeaveOut: {decide: leaveOut}, Abandon: {decide: abandonRollback}, EndRollback: {decide: endRollback},
		Close: {decide: closeRun}, Fire: {decide: fire}, OverrideTrigger: {decide: overrideTrigger},
	}
}

// Verbs lists every verb that can be decided, sorted.
func Verbs() []Verb { return slices.Sorted(maps.Keys(rules)) }

// Decide answers an action with the events that it leads to, or with a
// *Refusal. It changes nothing.
func Decide(c Case, a Action) ([]Event, error) {
	rule, ok := rules[a.Verb]
	if !ok {
		return nil, refuse(Never, "", "there is no action %q", a.Verb)
	}
	if c.State.Closed != nil && a.Verb != Note {
		return nil, refuse(Never, "start a new run", "the run is closed")
	}
	if rule.task || !a.Task.Zero() {
		if r := c.exists(a.Task); r != nil {
			return nil, r
		}
	}
	if rule.forward && c.State.Rollback != nil && !c.ofRollback(a.Task) {
		return nil, refuse(Later, "finish or abandon the rollback first", "a rollback of %s is open", c.State.Rollback.Scope)
	}
	events, err := rule.decide(&c, a)
	if err != nil {
		return nil, err
	}
	return signedBy(events, a.Actor), nil
}

// exists refuses a task that neither the runbook nor the ledger knows.
func (c *Case) exists(t Task) *Refusal {
	s := c.Step(t)
	if s == nil {
		return refuse(Never, "", "there is no step %q", t.Step)
	}
	if _, ok := c.State.Tasks[t]; !ok && !contains(s.TaskHosts(), t.Host) {
		return refuse(Never, "", "step %s has no task on %s", s.ID, t.Host)
	}
	return nil
}

// ofRollback reports whether an action on a task may be part of a rollback: the
// steps around the undos, and an undo that is tried again.
func (c *Case) ofRollback(t Task) bool {
	s := c.Step(t)
	return s != nil && (inRollback(s) || c.State.Task(t).Status == TaskUndoFailed)
}

// covers refuses a scope that names what is not there.
func (c *Case) covers(s Scope) *Refusal {
	switch {
	case s.Phase != "" && c.Book.Phase(s.Phase) == nil:
		return refuse(Never, "", "there is no phase %q", s.Phase)
	case s.Host != "" && s.Host != LocalHost && !contains(c.Book.HostOrder, s.Host):
		return refuse(Never, "", "there is no host %q", s.Host)
	}
	return nil
}

// StableFor is how long to wait until a duration of the file has passed on the
// run's clock: only the embedded fleet's is faster than the wall's.
func (s *State) StableFor(d Duration) time.Duration {
	return time.Duration(float64(d.D()) / s.Speed())
}

// mayStart is what any start of forward work asks for.
func (c *Case) mayStart(t Task) *Refusal {
	s := c.inForce(t.Step)
	switch {
	case s == nil:
		return refuse(Never, "undo it ({undo}), or skip it ({skip}) with a reason", "step %s is no longer in the runbook", t.Step)
	case s.Left != "":
		return refuse(Never, "", "%s is left out in %s: %s", s.ID, c.Book.Env, s.Left)
	case !contains(s.TaskHosts(), t.Host):
		return refuse(Never, "", "step %s has no task on %s", s.ID, t.Host)
	}
	if r := c.openInputs(); r != nil {
		return r
	}
	if inRollback(s) {
		return c.rollbackTurn(t)
	}
	if c.State.Rollback != nil {
		return refuse(Later, "finish or abandon the rollback first", "a rollback of %s is open", c.State.Rollback.Scope)
	}
	if r := c.held(t); r != nil {
		return r
	}
	if r := c.unmet(t); r != nil {
		return r
	}
	if s.open() {
		return nil
	}
	return c.hostFit(t.Host)
}

func inRollback(s *Step) bool { return s.Phase == RollbackBefore || s.Phase == RollbackAfter }

// openInputs refuses while a value that the file asks for is not known.
func (c *Case) openInputs() *Refusal {
	if open := c.OpenInputs(); len(open) > 0 {
		return refuse(NeedsPerson, "answer it, or give --set "+open[0]+"=VALUE", "the input %s is open", open[0])
	}
	return nil
}

// OpenInputs lists the inputs that have no answer yet, in the file's order.
func (c *Case) OpenInputs() []string {
	var out []string
	for _, n := range c.Book.VarOrder {
		if c.Book.Vars[n].IsInput() {
			if _, ok := c.State.Answers[n]; !ok {
				out = append(out, n)
			}
		}
	}
	return out
}

// hostFit refuses while a host cannot be asked or is not the one we know. One
// that is bound since an earlier console has to be asked by this one as well;
// where nobody looks at all, as in status, what was bound counts.
func (c *Case) hostFit(host string) *Refusal {
	h, ok := c.Seen.Hosts[host]
	switch {
	case ok && h.Wrong != "":
		return refuse(HostAway, firstOf(h.Hint, "compare by hand, then rebind with a reason"), "%s is not the host we know: %s", host, h.Wrong)
	case ok && !h.Up:
		return refuse(HostAway, firstOf(h.Hint, "it is tried again by itself"), "%s is unreachable: %s", host, h.Why)
	}
	if _, bound := c.State.Hosts[host]; !bound || !ok && c.Seen.Hosts != nil {
		return refuse(HostAway, "it is being asked", "%s has not said yet which machine it is", host)
	}
	return nil
}

// held says which hold covers a task: one that a person set, or the one that a
// failure sets by itself on its host (on its block, when rolling).
func (c *Case) held(t Task) *Refusal {
	s := c.Step(t)
	for _, sc := range []Scope{{}, {Phase: s.Phase}, {Host: t.Host}} {
		if why, ok := c.State.Holds[sc]; ok {
			return refuse(OnHold, "release it ({hold})", "%s is on hold: %s", sc, why)
		}
	}
	if k, why := c.HeldBy(t); why != "" {
		return refuse(OnHold, "retry ({retry}) or undo ({undo}) that task, skip it ({skip}) with a reason, or release the hold ({hold})", "%s holds: %s", k, why)
	}
	return nil
}

// HeldBy gives the task in trouble that holds t, and why: one on its host, or
// the first of its block or its batches where more hosts of them are in trouble
// than max_failures allows. One of these may itself be tried again.
func (c *Case) HeldBy(t Task) (Task, string) {
	s := c.next(t)
	var here, there []Task
	for k, ts := range c.State.Tasks {
		if k == t || !ts.Status.Trouble() || ts.Released || ts.Left != "" {
			continue
		}
		switch o := c.Step(k); {
		case o == nil || inRollback(o):
		case k.Host == t.Host && o.Phase == s.Phase:
			here = append(here, k)
		case together(o, s):
			there = append(there, k)
		}
	}
	sortTasks(here)
	sortTasks(there)
	seen := map[string]bool{}
	there = slices.DeleteFunc(there, func(k Task) bool { // one of each host
		again := seen[k.Host]
		seen[k.Host] = true
		return again
	})
	switch {
	case len(here) > 0:
		return here[0], "it is " + string(c.State.Task(here[0]).Status)
	case len(there) == 0, len(there) <= s.MaxFailures, c.State.Task(t).Status.Trouble():
		return Task{}, ""
	case len(s.Batch) == 0:
		return there[0], "it is " + string(c.State.Task(there[0]).Status)
	}
	return there[0], c.tooMany(s, there)
}

// openPhase gives the event that opens the task's phase, where it is not open.
func (c *Case) openPhase(s *Step, reason string) ([]Event, *Refusal) {
	p := c.phaseOf(s)
	if p == nil || !c.State.Phases[p.ID].Opened.IsZero() {
		return nil, nil
	}
	if e := c.earlierPhase(p.ID); e != nil {
		if reason == "" {
			return nil, refuse(NeedsReason, "give a reason to start this phase before it", "phase %s is not finished", e.ID)
		}
	} else {
		reason = ""
	}
	o := PhaseOpened{Phase: p.ID, Reason: reason}
	if p.Window > 0 {
		o.Until = c.Now.Add(p.Window.D())
	}
	return []Event{o}, nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
