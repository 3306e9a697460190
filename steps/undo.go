package steps

// The rule of this file: what takes a run back is computed from what really
// ran, in the reverse of the order in which it ran, and is computed again
// whenever it is asked for. It is never a list in a file.

import (
	"cmp"
	"slices"
)

// Parts of a rollback.
const (
	PartBefore = "before"
	PartUndo   = "undo"
	PartAfter  = "after"
)

// What an entry of a rollback asks for.
const (
	DoExecute = "execute"      // a step of before or after
	DoUndo    = "undo"         // by its script
	DoByHand  = "by hand"      // by a person, then marked
	DoNothing = "not undone"   // there is no undo; it is said, and nothing is done
	DoResolve = "resolve"      // unknown: a person has to say first
	DoCancel  = "cancel"       // still under way
	DoLeft    = "not restored" // left out or left as it is, with a reason
)

// Entry is one line of a rollback.
type Entry struct {
	Task  Task
	Part  string
	Do    string
	Why   string // of what is not undone or left; of what an undo will not restore
	Stage int    // entries of one stage go together
	Done  bool
}

// UndoPlan computes the rollback of a scope from the ledger.
func (c *Case) UndoPlan(scope Scope) []Entry {
	var out []Entry
	add := func(part string, list []Step) {
		for _, t := range tasksOf(list) {
			if scope.Host != "" && t.Host != scope.Host || c.Step(t).Left != "" {
				continue
			}
			out = append(out, c.aroundEntry(part, t))
		}
	}
	add(PartBefore, c.Book.Rollback.Before)
	for _, t := range c.ran(scope) {
		if e, ok := c.undoEntry(t); ok {
			out = append(out, e)
		}
	}
	add(PartAfter, c.Book.Rollback.After)
	for i := range out {
		if i > 0 {
			out[i].Stage = out[i-1].Stage
			if out[i].Task.Step != out[i-1].Task.Step || out[i].Part != out[i-1].Part || c.rolls(out[i].Task) {
				out[i].Stage++
			}
		}
	}
	return out
}

// rolls reports whether a task belongs to a block, where hosts go one by one.
func (c *Case) rolls(t Task) bool { return c.Step(t).Block != "" }

// ran lists what this run did in a scope, newest first. What was undone since
// the rollback was opened keeps its place.
func (c *Case) ran(scope Scope) []Task {
	type placed struct {
		task Task
		at   int64
	}
	var found []placed
	for k, ts := range c.State.Tasks {
		place := c.place(ts)
		if place == 0 {
			continue
		}
		s := c.Step(k)
		if s == nil || inRollback(s) {
			continue
		}
		if scope.Phase != "" && s.Phase != scope.Phase || scope.Host != "" && k.Host != scope.Host {
			continue
		}
		found = append(found, placed{k, place})
	}
	slices.SortFunc(found, func(a, b placed) int { return cmp.Compare(b.at, a.at) })
	out := make([]Task, len(found))
	for i, f := range found {
		out[i] = f.task
	}
	return out
}

func (c *Case) place(ts TaskState) int64 {
	if ts.Order > 0 {
		return ts.Order
	}
	if r := c.State.Rollback; r != nil && ts.Status == TaskUndone && !ts.Since.Before(r.Opened) {
		return ts.Was
	}
	return 0
}

func (c *Case) aroundEntry(part string, t Task) Entry {
	e := Entry{Task: t, Part: part, Do: DoExecute}
	st := c.State.Task(t).Status
	if st == TaskUnknown {
		e.Do = DoResolve
	}
	if c.State.Rollback != nil {
		e.Done = st.Finished()
		if why, ok := c.State.Rollback.LeftOut[t.Host]; ok && !e.Done {
			e.Do, e.Why, e.Done = DoLeft, why, true
		}
	}
	return e
}

// undoEntry says what a task that ran needs; false when it changed nothing.
func (c *Case) undoEntry(t Task) (Entry, bool) {
	s, ts := c.Step(t), c.State.Task(t)
	e := Entry{Task: t, Part: PartUndo, Do: DoUndo, Why: s.NoReturn}
	switch {
	case ts.Left != "":
		e.Do, e.Why, e.Done = DoLeft, ts.Left, true
	case ts.Status == TaskUndone:
		e.Done = true
	case ts.Status == TaskUnknown || ts.Status == TaskUndoUnknown:
		e.Do = DoResolve
	case ts.Status.Busy() && ts.Status != TaskUndoing:
		e.Do = DoCancel
	case ts.Status == TaskNotStarted || ts.Status == TaskSkipped && !ts.partly():
		return e, false
	case c.byHand(t):
		e.Do = DoByHand
	case s.Kind == Edit || s.Undo != nil:
	case s.Danger > None:
		e.Do, e.Why, e.Done = DoNothing, firstOf(s.NoUndo, "the runbook gives no undo"), true
	default:
		return e, false
	}
	if r := c.State.Rollback; r != nil && !e.Done {
		if why, ok := r.LeftOut[t.Host]; ok {
			e.Do, e.Why, e.Done = DoLeft, why, true
		}
	}
	return e, true
}

// rollbackTurn lets a step around the undos start when it is its turn.
func (c *Case) rollbackTurn(t Task) *Refusal {
	if c.State.Rollback == nil {
		return refuse(Never, "open a rollback ({roll back})", "%s belongs to a rollback, and none is open", t.Step)
	}
	if r := c.turn(t); r != nil {
		return r
	}
	if r := c.hostConfirmed(t.Host); r != nil || c.Step(t).open() {
		return r // what a person does needs no host
	}
	return c.hostFit(t.Host)
}

// undoTurn lets an undo start when it is its turn in the open rollback.
func (c *Case) undoTurn(t Task) *Refusal {
	if r := c.turn(t); r != nil {
		return r
	}
	return c.hostConfirmed(t.Host)
}

func (c *Case) turn(t Task) *Refusal {
	for _, e := range c.RollbackNext() {
		if e.Task == t {
			return nil
		}
	}
	next := c.RollbackNext()
	if len(next) == 0 {
		return refuse(Later, "", "the rollback has nothing left to do")
	}
	return refuse(Later, "", "%s waits for %s", t, next[0].Task)
}

// RollbackNext gives the entries of the first stage that is not done, or nil.
func (c *Case) RollbackNext() []Entry {
	if c.State.Rollback == nil {
		return nil
	}
	var out []Entry
	for _, e := range c.UndoPlan(c.State.Rollback.Scope) {
		if e.Done {
			continue
		}
		if len(out) > 0 && e.Stage != out[0].Stage {
			break
		}
		out = append(out, e)
	}
	return out
}

// HostLevel is the level at which the open or proposed rollback asks for a
// host's word: typed, wherever something is changed there.
func (c *Case) HostLevel(scope Scope, host string) Danger {
	if d := c.backDanger(scope, host); d > None {
		return max(d, High)
	}
	return None
}

// backDanger is the greatest danger of what a rollback does on a host ("" for
// all hosts), without the word that a person types for it.
func (c *Case) backDanger(scope Scope, host string) Danger {
	danger, past := None, false
	for _, e := range c.UndoPlan(scope) {
		if e.Do == DoNothing || e.Do == DoLeft {
			continue
		}
		past = past || e.Part == PartUndo && c.Step(e.Task).NoReturn != ""
		if host != "" && e.Task.Host != host {
			continue
		}
		d := c.Step(e.Task).Danger
		if e.Part == PartUndo {
			d = c.UndoLevel(e.Task)
		}
		danger = max(danger, d)
	}
	if danger > None && past {
		return Critical
	}
	return danger
}

// backUnattended lets --auto roll back where it may do all of it: half a
// rollback is worse than none.
func (c *Case) backUnattended(scope Scope, level Danger, phrase string, got Confirmation) *Refusal {
	return c.unattended(level, max(Low, c.backDanger(scope, "")), phrase, got)
}

func (c *Case) hostConfirmed(host string) *Refusal {
	r := c.State.Rollback
	if _, ok := r.Confirmed[host]; ok {
		return nil
	}
	level := c.HostLevel(r.Scope, host)
	if level <= None {
		return nil
	}
	return needConfirm(NeedsConfirm, level, c.Phrase(level, []Task{{Host: host}}), "the rollback on "+host+" has to be confirmed")
}

func openRollback(c *Case, a Action) ([]Event, error) {
	if c.State.Rollback != nil {
		return nil, refuse(Never, "", "a rollback of %s is open", c.State.Rollback.Scope)
	}
	if !a.Scope.Task.Zero() {
		return nil, refuse(Never, "undo it ({undo})", "a host, a phase or the run is rolled back, not %s", a.Scope)
	}
	if r := c.covers(a.Scope); r != nil {
		return nil, r
	}
	plan, work := c.UndoPlan(a.Scope), 0
	for _, e := range plan {
		if e.Do == DoCancel {
			return nil, refuse(Later, "cancel it first ({cancel})", "%s is %s", e.Task, c.State.Task(e.Task).Status)
		}
		if e.Part == PartUndo && e.Do != DoNothing {
			work++
		}
	}
	if work == 0 {
		return nil, refuse(Never, "", "nothing that this run did in %s can be taken back", a.Scope)
	}
	r := c.confirmed(Low, "", a)
	if a.Confirm.How == "auto" {
		r = c.backUnattended(a.Scope, max(Low, c.HostLevel(a.Scope, "")), "", a.Confirm)
	}
	if r != nil {
		return nil, r
	}
	return []Event{RollbackOpened{Scope: a.Scope, Reason: a.Reason, Entries: len(plan)}}, nil
}

// NothingLeft reports whether nothing stands of what this run did in a scope:
// a rollback of it would find no work, and nothing that it could not restore.
func (c *Case) NothingLeft(scope Scope) bool {
	for _, e := range c.UndoPlan(scope) {
		if e.Part == PartUndo {
			return false
		}
	}
	return true
}

func confirmHost(c *Case, a Action) ([]Event, error) {
	if c.State.Rollback == nil {
		return nil, refuse(Never, "", "no rollback is open")
	}
	scope := c.State.Rollback.Scope
	level := c.HostLevel(scope, a.Host)
	phrase := c.Phrase(level, []Task{{Host: a.Host}})
	r := c.confirmed(level, phrase, a)
	if a.Confirm.How == "auto" && level > None {
		r = c.backUnattended(scope, level, phrase, a.Confirm)
	}
	if r != nil {
		return nil, r
	}
	a.Confirm.Level = level
	return []Event{RollbackConfirmed{Host: a.Host, Confirm: a.Confirm}}, nil
}

// leaveOut drops a host that stays away from the open rollback.
func leaveOut(c *Case, a Action) ([]Event, error) {
	h, seen := c.Seen.Hosts[a.Host]
	busy := c.State.Busy(a.Host)
	switch {
	case c.State.Rollback == nil:
		return nil, refuse(Never, "", "no rollback is open")
	case !seen:
		return nil, refuse(Never, "", "nobody has looked for %s", a.Host)
	case h.Up && h.Wrong == "":
		return nil, refuse(Never, "", "%s can be reached", a.Host)
	case len(busy) > 0:
		return nil, refuse(Later, "stop waiting for it first", "%s is %s", busy[0], c.State.Task(busy[0]).Status)
	case a.Reason == "":
		return nil, refuse(NeedsReason, "say why", "leaving %s out needs a reason: its undos read not restored", a.Host)
	}
	return []Event{LeftOut{Host: a.Host, Reason: a.Reason}}, nil
}

func abandonRollback(c *Case, a Action) ([]Event, error) {
	if c.State.Rollback == nil {
		return nil, refuse(Never, "", "no rollback is open")
	}
	for _, e := range c.UndoPlan(c.State.Rollback.Scope) {
		if st := c.State.Task(e.Task).Status; st.Busy() {
			return nil, refuse(Later, "wait, or cancel it ({cancel})", "%s is %s", e.Task, st)
		}
	}
	if a.Reason == "" {
		return nil, refuse(NeedsReason, "say why", "abandoning a rollback needs a reason")
	}
	return []Event{RollbackClosed{Reason: a.Reason, Reopens: c.lookedAt(c.State.Rollback.Scope)}}, nil
}

func endRollback(c *Case, a Action) ([]Event, error) {
	if c.State.Rollback == nil {
		return nil, refuse(Never, "", "no rollback is open")
	}
	if next := c.RollbackNext(); len(next) > 0 {
		return nil, refuse(Later, "", "%s is not done", next[0].Task)
	}
	return []Event{RollbackClosed{Finished: true, Reopens: c.lookedAt(c.State.Rollback.Scope)}}, nil
}
