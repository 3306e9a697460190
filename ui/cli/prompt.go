package cli

// The rule of this file: what an action still needs is asked as its refusal
// says, and anything but the exact answer does nothing.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"belay/runner"
	"belay/runner/tail"
	"belay/steps"
	"belay/ui/pane"
)

// show prints how the run stands and what can be done.
func (f *plain) show(s runner.Snapshot, list []entry) {
	c := &s.Case
	f.print("\n")
	for _, h := range s.Hosts {
		switch seen := c.Seen.Hosts[h.ID]; {
		case seen.Wrong != "":
			f.print("host %s: not the host we know: %s\n", h.ID, tail.Inert(seen.Wrong))
		case !seen.Up:
			f.print("host %s: unreachable: %s\n", h.ID, tail.Inert(seen.Why))
		}
		if hint := c.Seen.Hosts[h.ID].Hint; hint != "" {
			f.print("  hint: %s\n", tail.Inert(hint))
		}
		if d, off := c.SkewOf(h.ID); off {
			f.print("host %s: its clock is %s ours\n", h.ID, steps.Ahead(d))
		}
	}
	run := pane.NewRun(c, s.Asking)
	f.showTriggers(c)
	for _, t := range tasksOf(c) {
		ts := c.State.Task(t)
		switch {
		case ts.Status.Trouble():
			f.print("%s is %s%s\n", t, ts.Status, tail.Inert(because(ts.Reason)))
		case ts.Status == steps.TaskOpen:
			f.showOpen(c, t)
		case ts.Status.Busy():
			f.print("%s\n", tail.Inert(run.Under(t)))
		}
	}
	if line := leftOff(c); line != "" {
		f.print("%s\n", tail.Inert(line))
	}
	if s.Frozen != nil {
		f.print("the journal cannot be relied on, nothing new is started: %s\n", tail.Inert(s.Frozen.Error()))
	}
	n := c.Progress("")
	f.print("%s: %d of %d tasks finished\n", environmentWord(c.Book.Env, c.Book.Kind), n.Done+n.Skipped, n.Total)
	if why := f.stuck(c, list); why != "" {
		f.print("nothing is next: %s\n", tail.Inert(why))
	}
	for _, e := range list {
		f.print("%3d  %s", f.numbers.give(e), e.label)
		if e.about != "" {
			f.print("  (%s)", tail.Inert(e.about))
		}
		f.print("\n")
	}
}

// stuck says why the list offers nothing to do, of the first task that waits.
func (f *plain) stuck(c *steps.Case, list []entry) string {
	for _, e := range list {
		if e.action.Verb != "" {
			return ""
		}
	}
	for _, t := range c.Book.Tasks() {
		if st := c.State.Task(t).Status; st == steps.TaskNotStarted || st == steps.TaskUndone {
			if _, err := steps.Decide(*c, f.trial(f.taskEntry(c, steps.Execute, t))); err != nil {
				return err.Error()
			}
		}
	}
	return ""
}

func (f *plain) showOpen(c *steps.Case, t steps.Task) {
	s := c.Step(t)
	f.print("%s %s %s: %s\n", s.Kind, t, s.Waits(), tail.Inert(s.Title))
	for line := range strings.Lines(s.Text) {
		f.print("  | %s\n", tail.Inert(strings.TrimRight(line, "\n")))
	}
	if s.Kind != steps.Gate && s.Kind != steps.Soak {
		return
	}
	for _, r := range c.Evidence(t) {
		f.print("  %s %s%s: %s %s\n", r.Verdict, tail.Inert(r.Title), onHost(r.Host), tail.Inert(r.Text), tail.Inert(because(r.Why)))
	}
}

func onHost(h string) string {
	if h == "" {
		return ""
	}
	return " on " + h
}

// carryOut asks for what an entry needs and submits it.
func (f *plain) carryOut(ctx context.Context, e entry) error {
	if e.do != nil {
		return f.forgive(e.do(ctx))
	}
	a := e.action
	for _, q := range e.asks {
		line, err := f.ask(ctx, q.text)
		if err != nil {
			return err
		}
		if line == "" {
			f.print("nothing was done\n")
			return nil
		}
		q.set(&a, line)
	}
	return f.submit(ctx, a)
}

// forgive prints an error that does not end the session.
func (f *plain) forgive(err error) error {
	if err == nil || errors.Is(err, errQuit) || errors.Is(err, errEnd) || errors.Is(err, errSignal) {
		return err
	}
	f.print("%s\n", tail.Inert(err.Error()))
	return nil
}

// submit tries an action and asks for what the refusal misses, each thing once.
func (f *plain) submit(ctx context.Context, a steps.Action) error {
	asked := map[string]bool{}
	for {
		err := f.s.runner.Submit(ctx, a)
		var ref *steps.Refusal
		if err == nil {
			return nil
		}
		if !errors.As(err, &ref) {
			return f.forgive(err)
		}
		before := len(asked)
		more, err := f.mend(ctx, &a, ref, asked)
		switch {
		case err != nil:
			return err
		case !more && len(asked) > before:
			f.print("nothing was done\n")
			return nil
		case !more:
			f.print("refused: %s\n", tail.Inert(ref.Error()))
			return nil
		}
	}
}

// mend asks for what a refusal misses; more says to try again.
func (f *plain) mend(ctx context.Context, a *steps.Action, ref *steps.Refusal, asked map[string]bool) (more bool, err error) {
	once := func(what string) bool {
		was := asked[what]
		asked[what] = true
		return !was
	}
	c := f.s.runner.Snapshot().Case
	switch ref.Kind {
	case steps.NeedsReason, steps.EvidenceBad, steps.OutsideWindow, steps.ClockOff:
		if a.Reason != "" || !once("reason") || a.Verb == steps.Yes {
			return false, nil
		}
		f.print("%s\n", tail.Inert(ref.Why))
		a.Reason, err = f.ask(ctx, "why do it nevertheless? (empty: do nothing) ")
		return a.Reason != "", err
	case steps.NeedsConfirm:
		if !once("confirm") {
			return false, nil
		}
		a.Shown = c.Shown(*a)
		f.preview(&c, *a)
		return f.confirm(ctx, &c, a, ref)
	case steps.NeedsPerson:
		if ref.Phrase == "" || !once("approver") {
			return false, nil
		}
		return f.approve(ctx, &c, a, ref)
	}
	return false, nil
}

// confirm asks for y, or for the words.
func (f *plain) confirm(ctx context.Context, c *steps.Case, a *steps.Action, ref *steps.Refusal) (bool, error) {
	if ref.Phrase == "" {
		line, err := f.ask(ctx, fmt.Sprintf("danger %s; type y to go on: ", ref.Level))
		a.Confirm = steps.Confirmation{Level: ref.Level, How: "key", By: f.s.p.actor()}
		return strings.EqualFold(line, "y"), err
	}
	if c.NeedsApprover(ref.Level) {
		return f.approve(ctx, c, a, ref)
	}
	line, err := f.ask(ctx, fmt.Sprintf("danger %s; type %q to go on: ", ref.Level, ref.Phrase))
	a.Confirm = steps.Confirmation{Level: ref.Level, How: "typed", Typed: line, By: f.s.p.actor()}
	return line == ref.Phrase, err
}

// approve asks the second person for the words, or the driver for a reason to
// act single-handed.
func (f *plain) approve(ctx context.Context, c *steps.Case, a *steps.Action, ref *steps.Refusal) (bool, error) {
	by, single := c.State.Partner, ""
	if by == "" {
		if a.Verb == steps.Approve {
			return false, nil // there is nobody whose yes it could be
		}
		line, err := f.ask(ctx, "an approver has to type the words. Name a partner, or type: single-handed REASON: ")
		if err != nil || line == "" {
			return false, err
		}
		if reason, ok := strings.CutPrefix(line, "single-handed"); ok {
			if by, single = f.s.p.actor(), strings.TrimSpace(reason); single == "" {
				return false, nil
			}
		} else {
			by = line
			if err := f.s.runner.Submit(ctx, steps.Action{Verb: steps.Drive, Actor: f.s.p.actor(), Partner: by}); err != nil {
				return false, f.forgive(err)
			}
		}
	}
	line, err := f.ask(ctx, fmt.Sprintf("danger %s; %s types %q to go on: ", ref.Level, tail.Inert(by), ref.Phrase))
	a.Confirm = steps.Confirmation{Level: ref.Level, How: "typed", Typed: line, By: by, Single: single}
	return line == ref.Phrase, err
}

// preview prints what an action would do, before anybody agrees to it.
func (f *plain) preview(c *steps.Case, a steps.Action) {
	var tasks []steps.Task
	switch c.Meant(a) {
	case steps.Execute, steps.Retry, steps.UndoTask:
		tasks = []steps.Task{a.Task}
	case steps.Sequence:
		tasks = f.previewReach(c, a.Tasks)
	case steps.OpenRollback:
		f.showPlan(c.UndoPlan(a.Scope))
	case steps.ConfirmHost:
		f.showPlan(slices.DeleteFunc(c.UndoPlan(c.State.Rollback.Scope), func(e steps.Entry) bool { return e.Task.Host != a.Host }))
	}
	for _, t := range tasks {
		f.previewTask(c, t, c.Meant(a) == steps.UndoTask || c.State.Task(t).Status == steps.TaskUndoFailed)
	}
}

// previewReach says how far one yes goes, and gives the tasks that it begins.
func (f *plain) previewReach(c *steps.Case, tasks []steps.Task) []steps.Task {
	r := c.Reach(tasks)
	f.print("this yes is for %s, in order", count(len(r.Tasks), "task"))
	if !r.Stop.Zero() {
		f.print("; it stops at %s, %s; %s behind that", r.Stop, tail.Inert(r.Why), count(r.Rest, "task"))
	}
	for _, x := range c.Ramps(r.Tasks) {
		f.print("\n  batches of %s: %s", tail.Inert(x.Name), x)
	}
	f.print("\n")
	return r.Tasks
}

func (f *plain) previewTask(c *steps.Case, t steps.Task, undo bool) {
	s := c.Step(t)
	f.print("%s  %s\n", t, tail.Inert(s.Title))
	f.showYes(c, t, undo)
	if s.NoReturn != "" {
		f.print("  point of no return: %s\n", tail.Inert(s.NoReturn))
	}
	if s.NoUndo != "" && !undo {
		f.print("  no undo: %s\n", tail.Inert(s.NoUndo))
	}
	w, err := c.Work(t, undo, "")
	if err != nil {
		f.print("  %s\n", tail.Inert(err.Error()))
		return
	}
	if s.Script == "" && s.Kind != steps.Edit {
		return
	}
	f.print("  in %s, timeout %s\n", tail.Inert(first(w.Dir, "the home folder")), w.Timeout)
	for line := range strings.Lines(w.Text) {
		f.print("  | %s\n", tail.Project([]byte(strings.TrimRight(line, "\n"))).Text)
	}
	if values, err := c.Reads(t); err == nil && len(values) > 0 {
		f.print("  with %s\n", tail.Inert(strings.Join(values, "  ")))
	}
	if !undo && s.Undo != nil {
		for line := range strings.Lines(first(s.Undo.Script, s.Undo.Text)) {
			f.print("  undo | %s\n", tail.Project([]byte(strings.TrimRight(line, "\n"))).Text)
		}
	}
}

// showYes tells of a second yes that was given ahead.
func (f *plain) showYes(c *steps.Case, t steps.Task, undo bool) {
	a := steps.Action{Verb: steps.Execute, Task: t}
	if undo {
		a.Verb = steps.UndoTask
	}
	switch given, lives, why := c.Approval(a); {
	case lives:
		f.print("  %s said yes %s ago (%s); it lives for %s\n", tail.Inert(given.By), seconds(steps.Duration(c.Now.Sub(given.At))),
			given.How, steps.Duration(steps.ApprovalLife))
	case why != "":
		f.print("  %s\n", tail.Inert(why))
	}
}

func (f *plain) showPlan(plan []steps.Entry) {
	for _, e := range plan {
		done := ""
		if e.Done {
			done = ", done"
		}
		f.print("  %-7s %-13s %s%s%s\n", e.Part, e.Do, e.Task, done, tail.Inert(because(e.Why)))
	}
}
