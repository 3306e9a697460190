package cli

// The rule of this file: what goes on by itself was shown as a whole and agreed
// to as a whole: a row of tasks, and a rollback.

import (
	"context"
	"fmt"
	"strings"

	"belay/runner"
	"belay/runner/tail"
	"belay/steps"
	"belay/ui/pane"
)

// sequences offers one yes for the tasks of a phase, or of a host in it, up to
// the first that needs a person of its own.
func (f *plain) sequences(c *steps.Case) []entry {
	ready := c.Ready()
	if len(ready) == 0 || c.State.Rollback != nil || c.State.Sequence != nil {
		return nil
	}
	phase := c.Step(ready[0]).Phase
	var all []steps.Task
	byHost := map[string][]steps.Task{}
	for _, t := range c.Book.Phase(phase).Tasks() {
		if st := c.State.Task(t).Status; st == steps.TaskNotStarted || st == steps.TaskUndone {
			all = append(all, t)
			byHost[t.Host] = append(byHost[t.Host], t)
		}
	}
	var out []entry
	add := func(sc steps.Scope, tasks []steps.Task) {
		reach := c.Reach(tasks)
		if len(tasks) < 2 || len(reach.Tasks) == 0 {
			return
		}
		e := f.runEntry("execute "+sc.String(), steps.Action{Verb: steps.Sequence, Scope: sc, Tasks: tasks})
		e.about = count(len(reach.Tasks), "task") + " in a row, until a failure or the end"
		if !reach.Stop.Zero() {
			e.about = fmt.Sprintf("%s in a row, until a failure or %s, %s", count(len(reach.Tasks), "task"), reach.Stop, reach.Why)
		}
		out = f.offer(out, c, e)
	}
	add(steps.Scope{Phase: phase}, all)
	if !f.all {
		return out
	}
	for _, h := range c.Book.AllHosts() {
		add(steps.Scope{Phase: phase, Host: h}, byHost[h])
	}
	return out
}

// leftOff says why a sequence stopped before its end, and what is next of it;
// "" where none did. One that is under way in the journal was cut, unless its
// console is still there.
func leftOff(c *steps.Case) string {
	if q := c.State.Sequence; q != nil {
		return fmt.Sprintf("a sequence over %s goes on only while its console is there; %s of it to be done", q.Scope, count(len(c.Reach(q.Tasks).Tasks), "task"))
	}
	q, reach, ok := c.LeftOff()
	if !ok {
		return ""
	}
	next := reach.Stop
	if len(reach.Tasks) > 0 {
		next = reach.Tasks[0]
	}
	return fmt.Sprintf("the sequence over %s stopped: %s; next of it is %s", q.Scope, q.Why, next)
}

// rollback is what an open rollback asks for.
func (f *plain) rollback(s runner.Snapshot) []entry {
	c := &s.Case
	r := c.State.Rollback
	if r == nil {
		return nil
	}
	var out []entry
	asked := map[string]bool{}
	waiting := false
	for _, e := range c.UndoPlan(r.Scope) {
		if _, ok := r.Confirmed[e.Task.Host]; e.Done || ok || asked[e.Task.Host] {
			continue
		}
		asked[e.Task.Host] = true
		out = f.offer(out, c, f.runEntry("confirm "+e.Task.Host, steps.Action{Verb: steps.ConfirmHost, Host: e.Task.Host}))
	}
	for _, e := range c.RollbackNext() {
		v, ok := entryVerbs[e.Do]
		if ok {
			out = f.offer(out, c, f.taskEntry(c, v, e.Task))
			out = f.offer(out, c, f.taskEntry(c, steps.LeaveUndo, e.Task))
		}
		waiting = waiting || e.Do == steps.DoUndo || e.Do == steps.DoExecute
	}
	if waiting && !s.Rolling {
		out = append(out, entry{label: "go on", about: "with the rollback, as far as its hosts are confirmed", do: f.s.runner.Roll})
	}
	out = f.offer(out, c, f.runEntry("finish rollback", steps.Action{Verb: steps.EndRollback}))
	return f.offer(out, c, f.runEntry("abandon rollback", steps.Action{Verb: steps.Abandon}))
}

// entryVerbs are what an entry of a rollback asks a person for.
var entryVerbs = map[string]steps.Verb{
	steps.DoUndo: steps.UndoTask, steps.DoByHand: steps.MarkUndone, steps.DoResolve: steps.Resolve, steps.DoCancel: steps.CancelTask,
}

// amend shows what a new text changes and takes it.
func (f *plain) amend(ctx context.Context) error {
	c := f.s.runner.Snapshot().Case
	for _, line := range c.Changes(f.s.next) {
		f.print("  %s\n", line)
	}
	f.showChanges(c.Book, f.s.next)
	if line := f.s.p.untried(c.Book, f.s.next); line != "" {
		f.print("  %s\n", tail.Inert(line))
	}
	take, err := f.takeUndos(ctx, c.ChangedUndos(f.s.next))
	if err != nil {
		return err
	}
	line, err := f.ask(ctx, "take the new text for what has not begun? type y: ")
	if err != nil || line != "y" {
		f.print("nothing was done\n")
		return err
	}
	reason, err := f.ask(ctx, "why? ")
	if err != nil {
		return err
	}
	return f.s.amend(ctx, steps.Action{Verb: steps.Amend, Actor: f.s.p.actor(), Reason: reason, Take: take,
		Confirm: steps.Confirmation{Level: steps.Low, How: "key", By: f.s.p.actor()}})
}

// showChanges prints every script that a new text changes, line by line.
func (f *plain) showChanges(book, next *steps.Runbook) {
	for s := range next.Steps() {
		if diff := pane.ScriptDiff(book, s); diff != "" {
			f.showText("script of "+s.ID, diff)
		}
	}
}

// takeUndos asks, where the undo of what has been done changed, which is taken:
// the old one, unless the answer is exactly "new".
func (f *plain) takeUndos(ctx context.Context, undos []steps.UndoChange) (take []string, err error) {
	for _, u := range undos {
		f.print("the undo of %s changed, which was done on %s\n", u.Step, tasksOn(u.Tasks))
		f.showText("as executed", pane.UndoText(u.Old))
		f.showText("new", pane.UndoText(u.New))
		line, err := f.ask(ctx, "type new to take the new one for what was done (empty: the old one stays): ")
		if err != nil {
			return nil, err
		}
		if line == steps.TakeNew {
			take = append(take, u.Step)
		}
	}
	return take, nil
}

func (f *plain) showText(lead, text string) {
	for line := range strings.Lines(text) {
		f.print("  %s | %s\n", lead, tail.Project([]byte(strings.TrimRight(line, "\n"))).Text)
	}
}

func tasksOn(tasks []steps.Task) string {
	var out []string
	for _, t := range tasks {
		out = append(out, t.Host)
	}
	return join(out)
}

// partner names the second person.
func (f *plain) partner(ctx context.Context) error {
	name, err := f.ask(ctx, "the partner's name: ")
	if err != nil || name == "" {
		return err
	}
	return f.s.runner.Submit(ctx, steps.Action{Verb: steps.Drive, Actor: f.s.p.actor(), Partner: name})
}

// driver hands the run to somebody else; if that is the partner, they change places.
func (f *plain) driver(ctx context.Context) error {
	name, err := f.ask(ctx, "who drives from now on? ")
	if err != nil || name == "" {
		return err
	}
	st := f.s.runner.Snapshot().Case.State
	partner := st.Partner
	if partner == name {
		partner = st.Driver
	}
	if err := f.s.runner.Submit(ctx, steps.Action{Verb: steps.Drive, Actor: name, Partner: partner}); err != nil {
		return err
	}
	f.s.p.opt.as = name // what is said from here on is this person's
	return nil
}

func (f *plain) rebind(host string) func(context.Context) error {
	return func(ctx context.Context) error {
		reason, err := f.ask(ctx, "why did it change? (empty: do nothing) ")
		if err != nil || reason == "" {
			return err
		}
		return f.s.runner.Rebind(ctx, host, steps.Action{Reason: reason, Actor: f.s.p.actor()})
	}
}

func (f *plain) look(t steps.Task) func(context.Context) error {
	return func(ctx context.Context) error {
		text, err := f.s.runner.Look(ctx, t)
		if err != nil {
			return err
		}
		f.print("%s\n", text)
		return nil
	}
}
