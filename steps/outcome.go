package steps

// The rule of this file: how a run stands is read off its state, in the order
// in which an operator has to care.

import (
	"fmt"
	"maps"
	"slices"
)

// Exit codes of product.md section 3.
const (
	CodeDone        = 0
	CodeFailed      = 1
	CodeUsage       = 2
	CodeDeclined    = 3
	CodePerson      = 4
	CodeRed         = 5
	CodeUnknown     = 6
	CodeUnreachable = 7
	CodeDamaged     = 8
)

// Ready gives the tasks that order and needs let start now, in order. Holds,
// hosts and confirmations are not looked at.
func (c *Case) Ready() []Task {
	if c.State.Rollback != nil || c.State.Closed != nil {
		return nil
	}
	var out []Task
	finished := true // every phase so far
	for i := range c.Book.Phases {
		p := &c.Book.Phases[i]
		if open := !c.State.Phases[p.ID].Opened.IsZero(); finished || open && c.addedBefore(p.ID).Zero() {
			out = append(out, c.readyIn(p)...)
		}
		finished = finished && c.PhaseFinished(p.ID)
	}
	return out
}

// readyIn walks a phase once; what is free may be ready behind what is not.
func (c *Case) readyIn(p *Phase) []Task {
	var out []Task
	clear, needs := true, map[string]Task{}
	for _, g := range segments(p.Steps) {
		rest := clear
		for _, t := range g.tasks() {
			if c.finished(t) {
				continue
			}
			s := c.inForce(t.Step)
			st := c.State.Task(t).Status
			startable := st == TaskNotStarted || st == TaskUndone
			if (clear && rest || s.Free) && startable && c.unmetNeeds(s, t, needs) == nil {
				out = append(out, t)
			}
			if s.Free {
				continue
			}
			rest = rest && g.block == "" // inside a block one thing goes after the other
		}
		for _, t := range bound(g) {
			clear = clear && c.finished(t)
		}
	}
	return out
}

// Outcome says how a run stands over some tasks (nil: all of them): the exit
// code, and why in a sentence. CodeDone with a sentence is a run that waits for
// nobody and is not at its end: a soak goes on by itself.
func (c *Case) Outcome(over []Task) (int, string) {
	if over == nil {
		over = c.Book.Tasks()
	}
	if c.State.Closed != nil && !c.State.Closed.Complete {
		return CodeDeclined, "abandoned: " + c.State.Closed.Reason
	}
	worst, why := CodeDone, ""
	note := func(code int, format string, a ...any) {
		if precedence(code) > precedence(worst) {
			worst, why = code, fmt.Sprintf(format, a...)
		}
	}
	for _, k := range c.ledger() {
		c.troubleOf(k, c.State.Tasks[k], note)
	}
	if c.State.Closed == nil {
		for _, id := range c.State.fired() {
			note(CodeRed, "%s", c.State.Triggers[id].says(id))
		}
	}
	if c.State.Rollback != nil && len(c.RollbackNext()) > 0 {
		note(CodePerson, "the rollback of %s waits for %s", c.State.Rollback.Scope, c.RollbackNext()[0].Task)
	}
	if p := c.Unaccepted(); p != nil {
		in, of := c.InPlay(p.ID)
		note(CodePerson, "phase %s waits to be accepted with %d of %d hosts", p.ID, in, of)
	}
	soaking := c.waiting(over, note)
	switch {
	case worst == CodePerson && c.nextHostAway() != "":
		return CodeUnreachable, c.nextHostAway()
	case worst == CodeDone:
		return worst, soaking
	}
	return worst, why
}

// waiting notes the first of the tasks that waits for somebody. What waits
// for a soak that goes on, as the soak itself, waits for nobody; how far that is
// comes back. What waits for a task that was cancelled is not a person's turn
// before that is.
func (c *Case) waiting(over []Task, note func(int, string, ...any)) (soaking string) {
	ready, behind, cancelled := map[Task]bool{}, Task{}, false
	for _, t := range c.Ready() {
		ready[t] = true
	}
	waits := func(t Task) {
		if open := c.OpenInputs(); len(open) > 0 {
			note(CodePerson, "the input %s is open", open[0])
		}
		note(CodePerson, "%s %s", t, c.Stands(t))
	}
	for _, t := range over {
		st := c.State.Task(t).Status
		switch {
		case c.finished(t):
		case st == TaskCancelled:
			cancelled = true
		case (st == TaskNotStarted || st == TaskUndone) && !ready[t]:
			if behind.Zero() {
				behind = t
			}
		case c.soaking(t) != "":
			soaking = firstOf(soaking, c.soaking(t))
		default:
			waits(t)
			return soaking
		}
	}
	if !behind.Zero() && soaking == "" && !cancelled {
		waits(behind)
	}
	return soaking
}

// ledger lists every task that an event names, sorted: the same sentence each time.
func (c *Case) ledger() []Task {
	out := slices.Collect(maps.Keys(c.State.Tasks))
	sortTasks(out)
	return out
}

func (c *Case) troubleOf(k Task, ts TaskState, note func(int, string, ...any)) {
	switch ts.Status {
	case TaskUnknown, TaskUndoUnknown:
		note(CodeUnknown, "%s is %s: %s", k, ts.Status, ts.Reason)
	case TaskFailed, TaskUndoFailed:
		if ts.Left == "" {
			note(CodeFailed, "%s is %s: %s", k, ts.Status, ts.Reason)
		}
	case TaskCancelled:
		if ts.Left == "" {
			note(CodeDeclined, "%s is %s: %s", k, ts.Status, firstOf(ts.Reason, "no reason given"))
		}
	case TaskOpen:
		switch {
		case ts.Kind == Soak && ts.Soak.Overdue:
			note(CodePerson, "the deadline of the soak %s passed while nobody looked; extend it, end it early, or say that it failed", k)
		case ts.Kind == Soak && (ts.Soak.Now == SoakRed || ts.Soak.Now == SoakStale):
			note(CodeRed, "the soak %s is %s: %s", k, ts.Soak.Now, ts.Reason)
		case ts.Kind == Soak:
			if s := c.Step(k); s != nil && c.unwatched(s, ts.Soak) > 0 {
				note(CodePerson, "nobody has looked at the soak %s for %s, and only what is seen counts", k, brief(c.unwatched(s, ts.Soak)))
			}
		}
	}
}

func (c *Case) nextHostAway() string {
	for _, t := range c.Ready() {
		if c.Step(t).open() {
			continue // what a person does needs no host
		}
		if r := c.hostFit(t.Host); r != nil {
			return r.Why
		}
	}
	return ""
}

// precedence orders exit codes: where several hold, the first of 2, 8, 6, 5, 1, 7, 4, 3 wins.
func precedence(code int) int {
	for i, x := range []int{0, 3, 4, 7, 1, 5, 6, 8, 2} {
		if x == code {
			return i
		}
	}
	return 0
}

// Worse gives the exit code that wins over two.
func Worse(a, b int) int {
	if precedence(b) > precedence(a) {
		return b
	}
	return a
}

// Progress counts the tasks of a phase ("" for all phases).
type Progress struct {
	Done, Skipped, Total, Trouble, Busy, Excluded int
}

// Progress of a phase, or of the run.
func (c *Case) Progress(phase string) Progress {
	var p Progress
	for i := range c.Book.Phases {
		if ph := &c.Book.Phases[i]; phase == "" || ph.ID == phase {
			for _, t := range ph.Tasks() {
				c.count(&p, t)
			}
		}
	}
	return p
}

func (c *Case) count(p *Progress, t Task) {
	ts := c.State.Task(t)
	p.Total++
	switch {
	case ts.Excluded:
		p.Excluded++
		p.Skipped++
	case ts.Status == TaskSkipped || c.inForce(t.Step).Left != "":
		p.Skipped++
	case ts.Status == TaskDone:
		p.Done++
	case ts.Status.Trouble():
		p.Trouble++
	case ts.Status.Busy() || ts.Status == TaskOpen:
		p.Busy++
	}
}
