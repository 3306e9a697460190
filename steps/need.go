package steps

// The rule of this file: what wants a person is one list, and every face asks
// it. What goes on by itself wants nobody, however long it takes.

import (
	"fmt"
	"maps"
	"slices"
)

// What a need is about.
const (
	NeedTrigger  = "trigger"  // it has fired, or cannot be told
	NeedTrouble  = "trouble"  // a task went wrong, or a soak is not green
	NeedRollback = "rollback" // the open rollback waits
	NeedAccept   = "accept"   // a phase goes on without some of its hosts
	NeedInputs   = "inputs"   // nothing starts before they are answered
	NeedWord     = "word"     // an open task waits for what only a person can say
	NeedNext     = "next"     // nothing is under way: somebody has to begin what is next
)

// Need is one thing that wants a person.
type Need struct {
	Kind string
	Code int    // of a run that stands like this; CodeDone is worth a look and holds nothing up
	Task Task   // zero where it is about none
	Name string // of a trigger or a phase
	Why  string // in a sentence
}

// Needs lists what wants a person, the loudest kind first. What waits for its
// turn counts only among some tasks (nil: all of them). A closed run wants nobody.
func (c *Case) Needs(over []Task) []Need {
	if c.State.Closed != nil {
		return nil
	}
	if over == nil {
		over = c.Book.Tasks()
	}
	out, taken := c.triggerNeeds(), c.takenBack()
	for _, k := range c.ledger() {
		if n, ok := c.trouble(k, c.State.Tasks[k]); ok && !taken[k] {
			out = append(out, n)
		}
	}
	if n, ok := c.rollbackNeed(out); ok {
		out = append(out, n)
	}
	if c.State.Rollback != nil {
		return out
	}
	if p := c.Unaccepted(); p != nil {
		in, of := c.InPlay(p.ID)
		out = append(out, Need{Kind: NeedAccept, Code: CodePerson, Name: p.ID,
			Why: fmt.Sprintf("phase %s waits to be accepted with %d of %d hosts", p.ID, in, of)})
	}
	return append(out, c.turns(over, out)...)
}

func (c *Case) triggerNeeds() []Need {
	var out []Need
	for _, id := range slices.Sorted(maps.Keys(c.State.Triggers)) {
		switch t := c.State.Triggers[id]; {
		case c.Answered(t):
		case t.Now == TriggerFired:
			out = append(out, Need{Kind: NeedTrigger, Code: CodeRed, Name: id, Why: t.says(id)})
		case t.Now == TriggerBlind && !c.restsNow(id):
			out = append(out, Need{Kind: NeedTrigger, Name: id, Why: fmt.Sprintf("the trigger %s cannot be told: %s", id, t.Reason)})
		}
	}
	return out
}

func (c *Case) restsNow(trigger string) bool {
	t := c.Book.Trigger(trigger)
	return t == nil || c.Rests(t) != ""
}

// ledger lists every task that an event names, those of the phases in the
// file's order and then the others: the same sentence each time.
func (c *Case) ledger() []Task {
	rest := maps.Clone(c.State.Tasks)
	var out []Task
	for _, t := range c.Book.Tasks() {
		if _, ok := rest[t]; ok {
			out = append(out, t)
			delete(rest, t)
		}
	}
	others := slices.Collect(maps.Keys(rest))
	sortTasks(others)
	return append(out, others...)
}

// takenBack are the tasks in trouble that the open rollback has still to undo:
// they want nobody but it.
func (c *Case) takenBack() map[Task]bool {
	if c.State.Rollback == nil {
		return nil
	}
	out := map[Task]bool{}
	for _, e := range c.UndoPlan(c.State.Rollback.Scope) {
		st := c.State.Task(e.Task).Status
		out[e.Task] = e.Do == DoUndo && (st == TaskFailed || st == TaskCancelled)
	}
	return out
}

// trouble gives the need of a task that went wrong.
func (c *Case) trouble(k Task, ts TaskState) (Need, bool) {
	n := Need{Kind: NeedTrouble, Task: k}
	switch ts.Status {
	case TaskUnknown, TaskUndoUnknown:
		n.Code, n.Why = CodeUnknown, fmt.Sprintf("%s is %s: %s", k, ts.Status, ts.Reason)
	case TaskFailed, TaskCancelled, TaskUndoFailed:
		if ts.Left != "" || c.State.Rollback == nil && (ts.Phase == RollbackBefore || ts.Phase == RollbackAfter) {
			return n, false // said, or gone with its rollback
		}
		n.Code, n.Why = CodeFailed, fmt.Sprintf("%s is %s: %s", k, ts.Status, firstOf(ts.Reason, "no reason given"))
		if ts.Status == TaskCancelled {
			n.Code = CodeDeclined
		}
	case TaskOpen:
		return c.soakTrouble(n, k, ts)
	}
	return n, n.Code != CodeDone
}

func (c *Case) soakTrouble(n Need, k Task, ts TaskState) (Need, bool) {
	s := c.Step(k)
	switch {
	case ts.Kind != Soak:
	case ts.Soak.Overdue:
		n.Code = CodePerson
		n.Why = fmt.Sprintf("the deadline of the soak %s passed while nobody looked; extend it, end it early, or say that it failed", k)
	case ts.Soak.Now == SoakRed || ts.Soak.Now == SoakStale:
		n.Code, n.Why = CodeRed, fmt.Sprintf("the soak %s is %s: %s", k, ts.Soak.Now, ts.Reason)
	case s != nil && c.unwatched(s, ts.Soak) > 0:
		n.Code = CodePerson
		n.Why = fmt.Sprintf("nobody has looked at the soak %s for %s, and only what is seen counts", k, brief(c.unwatched(s, ts.Soak)))
	}
	return n, n.Code != CodeDone
}

// rollbackNeed says what the open rollback waits for. What is in trouble of it
// has been said.
func (c *Case) rollbackNeed(said []Need) (Need, bool) {
	r := c.State.Rollback
	if r == nil || len(c.State.Busy("")) > 0 {
		return Need{}, false
	}
	n := Need{Kind: NeedRollback, Code: CodePerson, Why: "the rollback of " + r.Scope.String() + " is done, and waits to be ended"}
	if next := c.RollbackNext(); len(next) > 0 {
		n.Task = next[0].Task
		n.Why = fmt.Sprintf("the rollback of %s waits for %s", r.Scope, n.Task)
	}
	return n, !slices.ContainsFunc(said, func(x Need) bool { return !n.Task.Zero() && x.Task == n.Task })
}

// turns are a person's turns: inputs, what is open, and where nothing else is
// to be seen to, what is next. What waits for work under way waits for nobody.
func (c *Case) turns(over []Task, said []Need) []Need {
	var out []Need
	left := slices.DeleteFunc(slices.Clone(over), c.finished)
	if open := c.OpenInputs(); len(open) > 0 && len(left) > 0 {
		out = append(out, Need{Kind: NeedInputs, Code: CodePerson, Why: "the input " + open[0] + " is open"})
	}
	for _, t := range left {
		if ts := c.State.Task(t); ts.Status == TaskOpen && ts.Kind != Soak {
			out = append(out, Need{Kind: NeedWord, Code: CodePerson, Task: t, Why: t.String() + " " + c.Stands(t)})
		}
	}
	if len(out) > 0 || slices.ContainsFunc(said, func(n Need) bool { return n.Code != CodeDone && n.Code != CodeDeclined }) {
		return out
	}
	if t, ok := c.toBegin(left); ok {
		n := Need{Kind: NeedNext, Code: CodePerson, Task: t, Why: t.String() + " " + c.Stands(t)}
		if b := c.State.Back; b != nil {
			how := " has ended; "
			if !b.Finished {
				how = " was abandoned; "
			}
			n.Why = "the rollback of " + b.Scope.String() + how + n.Why
		}
		out = append(out, n)
	}
	return out
}

// toBegin gives the first task that nothing but a person begins. What waits for
// a task that was cancelled is not a person's turn before that is.
func (c *Case) toBegin(left []Task) (Task, bool) {
	if c.State.Sequence != nil || len(left) == 0 {
		return Task{}, false
	}
	ready := map[Task]bool{}
	for _, t := range c.Ready() {
		ready[t] = true
	}
	if i := slices.IndexFunc(left, func(t Task) bool { return ready[t] }); i >= 0 {
		return left[i], true
	}
	cancelled := slices.ContainsFunc(left, func(t Task) bool { return c.State.Task(t).Status == TaskCancelled })
	return left[0], !cancelled && c.UnderWay(left) == ""
}

// UnderWay says what goes on by itself: what runs, a soak among some tasks, a
// sequence. Empty where nothing does.
func (c *Case) UnderWay(over []Task) string {
	if busy := c.State.Busy(""); len(busy) > 0 {
		text := busy[0].String() + " " + c.Stands(busy[0])
		if n := len(busy) - 1; n > 0 {
			text += fmt.Sprintf(", and %d more", n)
		}
		return text
	}
	for _, t := range over {
		if text := c.soaking(t); text != "" {
			return text
		}
	}
	if q := c.State.Sequence; q != nil {
		return "the sequence over " + q.Scope.String() + " goes on"
	}
	return ""
}
