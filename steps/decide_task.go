package steps

// The rule of this file: a task is started on a host only from a state in which
// nothing of it can be under way, and every start is a new attempt.

import "fmt"

// open reports whether a step of this kind is opened and closed by evidence or
// by a person, rather than by a script.
func (s *Step) open() bool {
	switch s.Kind {
	case Manual, Document, Gate, Soak:
		return true
	case Measure:
		return s.Script == ""
	}
	return false
}

// Person reports whether a step waits for a person's word rather than for a
// script or for time.
func (s *Step) Person() bool { return s.open() && s.Kind != Soak }

// Waits says of a step that is open what it waits for. "Open" alone reads as
// passed, and so no face says it.
func (s *Step) Waits() string {
	switch s.Kind {
	case Gate:
		return "waits for a yes"
	case Soak:
		return "is soaking"
	case Measure:
		return "waits for a figure"
	case Document:
		return "waits for its text"
	}
	return "waits for a person"
}

// Stands says in a few words how a task stands, to follow its name: "is
// running", "waits for a yes".
func (c *Case) Stands(t Task) string {
	ts := c.State.Task(t)
	if s := c.Step(t); ts.Status == TaskOpen && s != nil {
		return s.Waits()
	}
	return "is " + string(ts.Status)
}

// RehearsalFigure is what a measure records on the embedded fleet.
func (s *Step) RehearsalFigure() string {
	if s.Measure != nil && s.Rehearsal[s.Measure.Name] != "" {
		return s.Rehearsal[s.Measure.Name]
	}
	return s.Rehearsal["value"]
}

func execute(c *Case, a Action) ([]Event, error) {
	s, ts := c.next(a.Task), c.State.Task(a.Task)
	if ts.Status != TaskNotStarted && ts.Status != TaskUndone {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	return c.start(a, s, ts, c.Level(a.Task))
}

// start is the common end of execute and retry.
func (c *Case) start(a Action, s *Step, ts TaskState, level Danger) ([]Event, error) {
	if r := c.mayStart(a.Task); r != nil {
		return nil, r
	}
	guard := c.outsideWindow(s)
	if guard == nil {
		guard = c.clockOff(s, a.Task.Host)
	}
	if guard != nil && a.Reason == "" {
		return nil, guard
	}
	open, r := c.openPhase(s, a.Reason)
	if r != nil {
		return nil, r
	}
	checked, over, r := c.checked(a, s)
	if r != nil {
		return nil, r
	}
	switch {
	case over, guard != nil:
		level = Critical
	case inRollback(s):
		level = None // the plan was confirmed as a whole for this host
	}
	yes, r := c.agreed(&a, level, c.Phrase(level, []Task{a.Task}))
	if r != nil {
		return nil, r
	}
	open = append(open, yes...)
	reason := ""
	if over || guard != nil {
		reason = a.Reason
	}
	if s.open() {
		return append(open, Began{Task: a.Task, Phase: s.Phase, As: s.Kind, N: ts.Opens + 1, Book: c.Book.Hash,
			Confirm: a.Confirm, Override: reason, Evidence: checked}), nil
	}
	in, err := c.intend(a, s, ts, false)
	if err != nil {
		return nil, err
	}
	in.Evidence, in.Override = checked, reason
	return append(open, in), nil
}

// checked judges what a step's check saw. A reason lets it start against a red
// check; that counts as an override.
func (c *Case) checked(a Action, s *Step) (seen []Reading, over bool, r *Refusal) {
	if s.Check == nil {
		return nil, false, nil
	}
	seen = c.Seen.Checks[a.Task]
	if !c.fresh(seen, *s.Check) {
		return nil, false, refuse(NeedsLook, "", "the check of %s has not been looked at", a.Task)
	}
	for _, x := range seen {
		if x.Verdict == Green {
			continue
		}
		if a.Reason != "" {
			return seen, true, nil
		}
		return nil, false, refuse(EvidenceBad, "mend it, or give a reason; it counts as an override",
			"the check of %s is %s: %s", a.Task, x.Verdict, firstOf(x.Why, x.Text))
	}
	return seen, false, nil
}

// nextAttempt is the id that the next try of a task gets, or of its undo, and
// which try it is.
func (c *Case) nextAttempt(t Task, undo bool) (id string, n int) {
	n, tag := c.State.Task(t).tries(undo)+1, ""
	if undo {
		tag = "u"
	}
	return fmt.Sprintf("%s.%s.%s.%s%d", c.State.Opened.Run, t.Step, t.Host, tag, n), n
}

// intend makes the event that has to be on disk before anything leaves.
func (c *Case) intend(a Action, s *Step, ts TaskState, undo bool) (Intended, error) {
	id, n := c.nextAttempt(a.Task, undo)
	env, err := c.Environ(a.Task, id)
	if err != nil {
		return Intended{}, refuse(Never, "", "%s: %v", a.Task, err)
	}
	book := firstOf(ts.UndoBook, ts.Book, c.Book.Hash)
	if !undo {
		book = c.Book.Hash
	}
	confirm := a.Confirm
	if confirm.Level == Unset {
		confirm.Level = None
	}
	if confirm.By == "" {
		confirm.By = a.Actor
	}
	return Intended{Task: a.Task, Phase: s.Phase, Attempt: id, N: n, Undo: undo, Script: ContentHash(s),
		Vars: VarsHash(env), Book: book, Confirm: confirm}, nil
}

// tries counts the attempts to do a task, or to undo it.
func (t TaskState) tries(undo bool) int {
	n := 0
	for i := range t.Attempts {
		if t.Attempts[i].Undo == undo {
			n++
		}
	}
	return n
}

func retry(c *Case, a Action) ([]Event, error) {
	s, ts := c.next(a.Task), c.State.Task(a.Task)
	if ts.Status == TaskUndoFailed {
		return undoTask(c, a)
	}
	if ts.Status != TaskFailed && ts.Status != TaskCancelled {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	level := c.Level(a.Task)
	switch s.Retry {
	case "safe":
		level = min(level, Low)
	case "never":
		if !ts.Resolved {
			return nil, refuse(Never, "undo it ({undo}), or skip it ({skip}) with a reason", "the runbook says that %s is never tried again", s.ID)
		}
	}
	return c.start(a, s, ts, level)
}

func verifyAgain(c *Case, a Action) ([]Event, error) {
	s, ts := c.Step(a.Task), c.State.Task(a.Task)
	at := ts.Attempt()
	switch {
	case ts.Status != TaskFailed && ts.Status != TaskCancelled, at == nil:
		return nil, c.cannot(a.Verb, a.Task, ts)
	case at.Undo:
		return nil, refuse(Never, "retry it, or mark it done with evidence", "the newest attempt of %s was to undo it", a.Task)
	}
	if s.Verify == nil {
		return nil, refuse(Never, "retry it, or mark it done with evidence", "%s has no verify", s.ID)
	}
	return []Event{Verifying{Task: a.Task, Attempt: at.ID}}, nil
}

func undoTask(c *Case, a Action) ([]Event, error) {
	s, ts := c.Step(a.Task), c.State.Task(a.Task)
	if ts.Status.Busy() {
		return nil, refuse(Later, "cancel it first ({cancel})", "%s is %s", a.Task, ts.Status)
	}
	if !c.CanUndo(a.Task) {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	if s.Undo == nil && s.Kind != Edit {
		return nil, refuse(Never, "", "%s has no undo: %s", s.ID, firstOf(s.NoUndo, "the runbook gives none"))
	}
	if c.byHand(a.Task) {
		return nil, refuse(NeedsPerson, "do what its text says, then mark it undone ({mark done})", "the undo of %s is done by hand", s.ID)
	}
	if r := c.hostFit(a.Task.Host); r != nil {
		return nil, r
	}
	level, phrase := c.UndoLevel(a.Task), ""
	if c.State.Rollback != nil {
		if r := c.undoTurn(a.Task); r != nil {
			return nil, r
		}
		if ts.Status == TaskUndoFailed {
			level = min(level, Low) // nobody agreed to a second try of it
		} else {
			level = None // the plan was confirmed as a whole for this host
		}
	} else {
		if r := c.stoodOn(a.Task); r != nil {
			return nil, r
		}
		phrase = c.Phrase(level, []Task{a.Task})
	}
	yes, r := c.agreed(&a, level, phrase)
	if r != nil {
		return nil, r
	}
	in, err := c.intend(a, s, ts, true)
	if err != nil {
		return nil, err
	}
	return append(yes, in), nil
}

// CanUndo reports whether there may be something to take back.
func (c *Case) CanUndo(t Task) bool {
	ts := c.State.Task(t)
	switch ts.Status {
	case TaskDone, TaskFailed, TaskCancelled, TaskUndoFailed:
	case TaskSkipped:
		if !ts.partly() {
			return false
		}
	case TaskOpen: // a person may be half way
		if c.State.Rollback == nil {
			return false
		}
	default:
		return false
	}
	return ts.How != HowAssumed && ts.Left == "" && ts.Order > 0
}

// partly reports whether a task was skipped after it had been tried.
func (t TaskState) partly() bool {
	return t.Status == TaskSkipped && (t.Before == TaskFailed || t.Before == TaskCancelled || t.Before == TaskUndoFailed)
}

// byHand reports whether a person takes the task back: no script does, or a
// person did the task, so that no script knows what it would find.
func (c *Case) byHand(t Task) bool {
	s, ts := c.Step(t), c.State.Task(t)
	if s.Kind != Edit && (s.Undo == nil || s.Undo.Script == "") {
		return s.Undo != nil
	}
	return ts.How == HowMarked
}

// stoodOn refuses to take a task away under another that needs it and is done,
// or may have changed something.
func (c *Case) stoodOn(t Task) *Refusal {
	me, found := c.Step(t), []Task{}
	for k := range c.State.Tasks {
		s := c.Step(k)
		if s == nil || !contains(s.Needs, t.Step) || sameBlock(s, me) && k.Host != t.Host {
			continue
		}
		if e, ok := c.undoEntry(k); ok && (!e.Done || e.Do == DoNothing) {
			found = append(found, k)
		}
	}
	if len(found) == 0 {
		return nil
	}
	sortTasks(found)
	return refuse(Later, "undo that first ({undo}), or roll back ({roll back})", "%s %s and needs it", found[0], c.Stands(found[0]))
}

func cancelTask(c *Case, a Action) ([]Event, error) {
	ts := c.State.Task(a.Task)
	at := ts.Attempt()
	stage := ts.Status
	if at != nil && at.Stage != "" {
		stage = at.Stage
	}
	switch stage {
	case TaskStarting, TaskRunning:
		return []Event{CancelAsked{Attempt: at.ID, Why: firstOf(a.Reason, "cancelled by "+a.Actor)}}, nil
	case TaskVerifying:
		return []Event{Verified{Attempt: at.ID, Proven: false, Evidence: ts.Evidence}}, nil
	case TaskCancelling:
		return nil, refuse(Later, "", "%s is being cancelled", a.Task)
	}
	return nil, c.cannot(a.Verb, a.Task, ts)
}

func resolve(c *Case, a Action) ([]Event, error) {
	s, ts := c.Step(a.Task), c.State.Task(a.Task)
	if ts.Status != TaskUnknown && ts.Status != TaskUndoUnknown {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	if a.Value != "happened" && a.Value != "not" && a.Value != "partly" {
		return nil, refuse(NeedsReason, "say happened, not or partly", "resolve needs what became of it")
	}
	if a.Reason == "" {
		return nil, refuse(NeedsReason, "say how you know", "resolve needs a reason")
	}
	verify := s.Verify != nil
	if ts.Status == TaskUndoUnknown {
		verify = s.Undo != nil && s.Undo.Verify != nil
	}
	return []Event{Resolved{Task: a.Task, As: a.Value, Verify: verify && a.Value == "happened", Reason: a.Reason}}, nil
}

// cannot refuses an action that the task's state does not offer.
func (c *Case) cannot(v Verb, t Task, ts TaskState) *Refusal {
	switch {
	case ts.Status.Busy():
		return refuse(Later, "cancel it ({cancel})", "%s is %s", t, ts.Status)
	case ts.Status == TaskUnknown || ts.Status == TaskUndoUnknown:
		return refuse(UnknownFirst, "resolve it ({resolve})", "nobody can prove what became of %s", t)
	case ts.Status == TaskOpen && v == Execute:
		return refuse(NeedsPerson, "", "%s has begun and %s", t, c.Stands(t))
	case ts.How == HowAssumed && v == UndoTask:
		return refuse(Never, "", "%s was done before this run, so this run cannot take it back", t)
	}
	hint := map[Status]string{TaskFailed: "retry it ({retry})", TaskCancelled: "retry it ({retry})", TaskSkipped: "take the skip back ({skip})",
		TaskUndoFailed: "retry the undo ({retry})"}[ts.Status]
	return refuse(Never, hint, "%s %s, so it cannot be: %s", t, c.Stands(t), v)
}
