package steps

// The rule of this file: a person's word is taken with a reason or with
// evidence, never with a bare key, and it is told apart from proof for ever.

import (
	"fmt"
	"strings"
)

func skip(c *Case, a Action) ([]Event, error) {
	s, ts := c.Step(a.Task), c.State.Task(a.Task)
	if s.Kind == Gate {
		return nil, refuse(Never, "override it ({override}), with a reason", "a gate is never skipped")
	}
	switch ts.Status {
	case TaskNotStarted, TaskFailed, TaskCancelled, TaskOpen, TaskUndone:
	case TaskSkipped:
		return nil, refuse(Never, "take the skip back ({skip})", "%s is skipped", a.Task)
	default:
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	if a.Reason == "" {
		return nil, refuse(NeedsReason, "say why", "skipping %s needs a reason", a.Task)
	}
	return []Event{Skipped{Task: a.Task, Reason: a.Reason}}, nil
}

func unskip(c *Case, a Action) ([]Event, error) {
	ts := c.State.Task(a.Task)
	if ts.Status != TaskSkipped {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	if ts.Excluded {
		return nil, refuse(Never, "include the host again ({exclude})", "%s is excluded", a.Task.Host)
	}
	return []Event{Unskipped{Task: a.Task}}, nil
}

func markDone(c *Case, a Action) ([]Event, error) {
	s, ts := c.Step(a.Task), c.State.Task(a.Task)
	if s.Kind == Gate {
		return nil, refuse(Never, "override it ({override}), with a reason", "a gate is not marked done; it opens on its evidence")
	}
	switch ts.Status {
	case TaskOpen:
		if s.Kind == Soak {
			return nil, refuse(Never, "", "a %s is not marked done; it opens on its evidence", s.Kind)
		}
		if s.Kind == Measure {
			return nil, refuse(NeedsReason, "type the figure and its source", "%s records a figure", s.ID)
		}
		if s.Kind == Document {
			return c.markWritten(a, s, ts)
		}
		if a.Value == "" {
			return nil, refuse(NeedsReason, "say what shows it", "marking %s done needs evidence", a.Task)
		}
	case TaskFailed, TaskCancelled:
		if a.Value == "" || a.Reason == "" {
			return nil, refuse(NeedsReason, "say what shows it, and why", "marking %s done needs evidence and a reason", a.Task)
		}
	case TaskNotStarted, TaskUndone:
		return c.markAtOnce(a, s)
	default:
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	return []Event{MarkedDone{Task: a.Task, Evidence: a.Value, Reason: a.Reason}}, nil
}

// markAtOnce opens a manual step and marks it done in one go.
func (c *Case) markAtOnce(a Action, s *Step) ([]Event, error) {
	if s.Kind != Manual {
		return nil, refuse(Later, "begin it ({execute})", "%s has not begun", a.Task)
	}
	if a.Value == "" {
		return nil, refuse(NeedsReason, "say what shows it", "marking %s done needs evidence", a.Task)
	}
	begin := a
	begin.Verb = Execute
	out, err := execute(c, begin)
	if err != nil {
		return nil, err
	}
	return append(out, MarkedDone{Task: a.Task, Evidence: a.Value, Reason: a.Reason}), nil
}

func markUndone(c *Case, a Action) ([]Event, error) {
	ts := c.State.Task(a.Task)
	if !c.CanUndo(a.Task) {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	if c.State.Rollback != nil {
		if r := c.turn(a.Task); r != nil {
			return nil, r
		}
	} else if ts.Status != TaskUndoFailed {
		if s := c.Step(a.Task); s.Undo == nil && s.Kind != Edit {
			return nil, refuse(Never, "", "%s has no undo: %s", s.ID, firstOf(s.NoUndo, "the runbook gives none"))
		}
		if !c.byHand(a.Task) {
			return nil, refuse(Later, "undo it ({undo})", "%s has an undo of its own", a.Task)
		}
		if r := c.stoodOn(a.Task); r != nil {
			return nil, r
		}
	}
	if a.Value == "" {
		return nil, refuse(NeedsReason, "say what shows it", "marking %s undone needs evidence", a.Task)
	}
	return []Event{MarkedDone{Task: a.Task, Undo: true, Evidence: a.Value, Reason: a.Reason}}, nil
}

func leaveUndo(c *Case, a Action) ([]Event, error) {
	ts := c.State.Task(a.Task)
	if !c.CanUndo(a.Task) || ts.Status != TaskUndoFailed && c.State.Rollback == nil {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	if c.State.Rollback != nil {
		if r := c.turn(a.Task); r != nil {
			return nil, r
		}
	}
	if a.Reason == "" {
		return nil, refuse(NeedsReason, "say why", "leaving %s as it is needs a reason; the report says: not restored", a.Task)
	}
	return []Event{NotRestored{Task: a.Task, Reason: a.Reason}}, nil
}

func fail(c *Case, a Action) ([]Event, error) {
	ts := c.State.Task(a.Task)
	if ts.Status != TaskOpen {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	if a.Reason == "" {
		return nil, refuse(NeedsReason, "say why", "giving %s up needs a reason", a.Task)
	}
	return []Event{CannotBeDone{Task: a.Task, Reason: a.Reason}}, nil
}

// yes opens a gate on green evidence.
func yes(c *Case, a Action) ([]Event, error) {
	s, ts := c.Step(a.Task), c.State.Task(a.Task)
	if s.Kind != Gate || ts.Status != TaskOpen {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	seen := c.Evidence(a.Task)
	if shut := notGreen(seen); len(shut) > 0 {
		return nil, refuse(EvidenceBad, "wait, mend it, or override ({override}), with a reason",
			"the gate is closed, %d of %d not green: %s", len(shut), len(seen), strings.Join(shut, "; "))
	}
	if len(seen) == 0 {
		return nil, refuse(NeedsLook, "", "the evidence of %s has not been looked at", a.Task)
	}
	return []Event{Passed{Task: a.Task, By: a.Actor, Evidence: seen}}, nil
}

// notGreen says of each reading that is not green what it is of, and why.
func notGreen(seen []Reading) (out []string) {
	for _, r := range seen {
		if r.Verdict != Green {
			out = append(out, fmt.Sprintf("%s is %s: %s", Finding{Title: r.Title, Host: r.Host}.name(), r.Verdict, firstOf(r.Why, r.Text)))
		}
	}
	return out
}

// signOff records a person's yes. In one shared screen nobody can tell who
// pressed the key; the event says so.
func signOff(c *Case, a Action) ([]Event, error) {
	s, ts := c.Step(a.Task), c.State.Task(a.Task)
	if ts.Status != TaskOpen {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	for _, e := range s.Evidence {
		if e.SignOff == "" || e.Title != a.Name {
			continue
		}
		return c.signs(a, e)
	}
	return nil, refuse(Never, "", "%s has no sign-off %q", a.Task.Step, a.Name)
}

// signs takes the yes of whom an evidence wants it from. The approver's is bound
// to what it was given on.
func (c *Case) signs(a Action, e Evidence) ([]Event, error) {
	out := SignedOff{Task: a.Task, Title: e.Title, As: e.SignOff, By: firstOf(a.Actor, c.State.Driver), How: SameSession}
	if a.Confirm.How == "auto" {
		out.How = "given by --auto"
	}
	if e.SignOff != "approver" {
		return []Event{out}, nil
	}
	switch partner := c.State.Partner; {
	case c.Book.Kind == Embedded:
		out.By = firstOf(a.Partner, partner, out.By)
	case partner == "":
		return nil, refuse(NeedsPerson, "name one with :partner NAME", "%q is for an approver, and no partner is named", e.Title)
	case a.Partner == "":
		return nil, refuse(NeedsReason, "give the name of who says yes", "%q is for the approver, %s", e.Title, partner)
	case a.Partner != partner:
		return nil, refuse(NeedsPerson, ":partner NAME names another", "%q is for the approver, %s, and not for %s", e.Title, partner, a.Partner)
	default:
		out.By = partner
	}
	b, _, err := c.bond(a.Task, ForSignOff)
	if err != nil {
		return nil, refuse(Never, "", "%s: %v", a.Task, err)
	}
	out.Bond = &b
	return []Event{out}, nil
}

// override lets a gate pass against its evidence, or a task start against a guard.
func override(c *Case, a Action) ([]Event, error) {
	s, ts := c.Step(a.Task), c.State.Task(a.Task)
	if ts.Status != TaskOpen || s.Kind == Soak {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	if a.Reason == "" {
		return nil, refuse(NeedsReason, "say why", "an override needs a reason")
	}
	yes, r := c.agreed(&a, Critical, c.Phrase(Critical, []Task{a.Task}))
	if r != nil {
		return nil, r
	}
	return append(yes, Overridden{Task: a.Task, Reason: a.Reason, Confirm: a.Confirm, Evidence: c.Evidence(a.Task)}), nil
}

func earlyEnd(c *Case, a Action) ([]Event, error) {
	s, ts := c.Step(a.Task), c.State.Task(a.Task)
	if s.Kind != Soak || ts.Status != TaskOpen {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	if a.Reason == "" {
		return nil, refuse(NeedsReason, "say why", "ending a soak early needs a reason")
	}
	green := ts.Soak.GreenAt(c.Now, c.State.Speed())
	return []Event{Soaked{Task: a.Task, To: SoakShortened, Green: Duration(green), Reason: a.Reason, Evidence: c.Evidence(a.Task)}}, nil
}

// record takes a typed figure.
func record(c *Case, a Action) ([]Event, error) {
	s, ts := c.Step(a.Task), c.State.Task(a.Task)
	if s.Kind != Measure || s.Measure == nil {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	if ts.Status != TaskOpen {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	if a.Value == "" || a.Reason == "" {
		return nil, refuse(NeedsReason, "type the figure and where it comes from", "%s needs a figure and its source", a.Task)
	}
	figure, err := s.Measure.Figure(a.Value)
	if err != nil {
		return nil, refuse(NeedsReason, "", "%v", err)
	}
	return []Event{Measured{Task: a.Task, Name: s.Measure.Name, Value: figure, Unit: s.Measure.Unit, Source: a.Reason}}, nil
}
