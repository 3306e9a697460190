package cli

// The rule of this file: an action is offered when the decision allows it, or
// when only a confirmation, a reason or a look is missing. The list knows no
// rule of its own.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"belay/runner"
	"belay/steps"
)

// entry is one line of the prompt.
type entry struct {
	label  string // also what may be typed instead of the number
	about  string
	action steps.Action
	asks   []question
	do     func(ctx context.Context) error // instead of an action
}

// question is what an action needs to be told.
type question struct {
	text string
	set  func(a *steps.Action, answer string)
}

var (
	askReason = question{"why? ", func(a *steps.Action, s string) { a.Reason = s }}
	askShown  = question{"what shows it? ", func(a *steps.Action, s string) { a.Value = s }}
	askFigure = question{"the figure? ", func(a *steps.Action, s string) { a.Value = s }}
	askSource = question{"where does it come from? ", func(a *steps.Action, s string) { a.Reason = s }}
	askAs     = question{"what became of it: happened, not or partly? ", func(a *steps.Action, s string) { a.Value = s }}
	askKnown  = question{"how do you know? ", func(a *steps.Action, s string) { a.Reason = s }}
	askMore   = question{"for how much longer? ", func(a *steps.Action, s string) { a.Value = s }}
	askSeen   = question{"what was seen? ", func(a *steps.Action, s string) { a.Reason = s }}
	askWho    = question{"who says yes? ", func(a *steps.Action, s string) { a.Partner = s }}
	askNote   = question{"the note: ", func(a *steps.Action, s string) { a.Value = s }}
)

// questions by verb; what is not listed asks nothing at first.
var questions = map[steps.Verb][]question{
	steps.Skip: {askReason}, steps.MarkUndone: {askShown}, steps.Fail: {askReason}, steps.Override: {askReason},
	steps.EarlyEnd: {askReason}, steps.Extend: {askMore, askReason}, steps.Record: {askFigure, askSource}, steps.Resolve: {askAs, askKnown},
	steps.LeaveUndo: {askReason}, steps.Hold: {askReason}, steps.Exclude: {askReason}, steps.StopWaiting: {askReason},
	steps.LeaveOut: {askReason}, steps.Accept: {askReason}, steps.Note: {askNote}, steps.Abandon: {askReason},
	steps.MarkDone: {askShown}, steps.Fire: {askSeen}, steps.OverrideTrigger: {askReason},
}

// menu is what the prompt lists now.
func (f *plain) menu(s runner.Snapshot) []entry {
	if f.all {
		return append(f.everything(s), entry{label: "less", about: "list only what is next", do: f.toggle})
	}
	c := &s.Case
	ready := map[steps.Task]bool{}
	for _, t := range c.Ready() {
		ready[t] = true
	}
	out := f.triggerEntries(c, false)
	for _, t := range tasksOf(c) {
		for _, v := range nextVerbs(c, t, ready[t]) {
			out = f.offer(out, c, f.taskEntry(c, v, t))
		}
	}
	out = append(out, f.sequences(c)...)
	out = append(out, f.rollback(s)...)
	if p := c.Unaccepted(); p != nil {
		in, of := c.InPlay(p.ID)
		e := f.runEntry("accept "+p.ID, steps.Action{Verb: steps.Accept, Phase: p.ID})
		e.about = fmt.Sprintf("with %d of %d hosts", in, of)
		out = f.offer(out, c, e)
	}
	for _, sc := range heldScopes(c) {
		out = f.offer(out, c, f.runEntry("release "+sc.String(), steps.Action{Verb: steps.Release, Scope: sc}))
	}
	if f.s.next != nil {
		out = append(out, entry{label: "amend", about: "take the runbook's new text", do: f.amend})
	}
	out = f.login(out)
	if c.Complete() {
		out = f.offer(out, c, f.runEntry("close", steps.Action{Verb: steps.Close}))
	}
	return append(out, entry{label: "more", about: "list everything that is allowed", do: f.toggle},
		entry{label: "quit", about: "leave; what runs goes on", do: func(context.Context) error { return errQuit }})
}

// heldScopes are what a person holds, in the same order each time: a number of
// the list must not change its meaning under the fingers.
func heldScopes(c *steps.Case) []steps.Scope {
	return slices.SortedFunc(maps.Keys(c.State.Holds), func(a, b steps.Scope) int { return strings.Compare(a.String(), b.String()) })
}

func (f *plain) toggle(context.Context) error {
	f.all = !f.all
	return nil
}

// tasksOf lists the tasks of the phases and, while one is open, of the rollback.
func tasksOf(c *steps.Case) []steps.Task {
	out := c.Book.Tasks()
	if c.State.Rollback != nil {
		seen := map[steps.Task]bool{}
		for _, t := range out {
			seen[t] = true
		}
		for _, e := range c.UndoPlan(c.State.Rollback.Scope) {
			if !seen[e.Task] {
				out = append(out, e.Task)
			}
		}
	}
	return out
}

// nextVerbs are the actions worth listing for a task in its state.
func nextVerbs(c *steps.Case, t steps.Task, ready bool) []steps.Verb {
	switch ts := c.State.Task(t); ts.Status {
	case steps.TaskOpen:
		return []steps.Verb{steps.Write, steps.Yes, steps.SignOff, steps.MarkDone, steps.Record, steps.Extend, steps.EarlyEnd, steps.Override, steps.Fail, steps.Skip}
	case steps.TaskFailed, steps.TaskCancelled:
		return []steps.Verb{steps.Retry, steps.VerifyAgain, steps.UndoTask, steps.MarkDone, steps.Skip, steps.Release}
	case steps.TaskUnknown, steps.TaskUndoUnknown:
		return []steps.Verb{steps.Resolve}
	case steps.TaskUndoFailed:
		return []steps.Verb{steps.Retry, steps.MarkUndone, steps.LeaveUndo}
	case steps.TaskNotStarted, steps.TaskUndone:
		if ready || c.State.Rollback != nil {
			return []steps.Verb{steps.Execute, steps.Approve, steps.Skip}
		}
	default:
		if ts.Status.Busy() {
			return []steps.Verb{steps.CancelTask}
		}
	}
	return nil
}

// allVerbs are the actions on a task, in the order of the list.
var allVerbs = []steps.Verb{steps.Execute, steps.Retry, steps.VerifyAgain, steps.CancelTask, steps.Yes, steps.SignOff, steps.Approve,
	steps.Write, steps.MarkDone, steps.Record, steps.Extend, steps.EarlyEnd, steps.Override, steps.Fail, steps.Resolve, steps.UndoTask, steps.MarkUndone,
	steps.LeaveUndo, steps.Skip, steps.Unskip, steps.Release}

// everything lists what is allowed on every task, host and phase, and the run.
func (f *plain) everything(s runner.Snapshot) []entry {
	c := &s.Case
	var out []entry
	for _, t := range tasksOf(c) {
		for _, v := range allVerbs {
			out = f.offer(out, c, f.taskEntry(c, v, t))
		}
		if ts := c.State.Task(t); ts.Attempt() != nil {
			out = append(out, entry{label: "look " + t.String(), about: "ask the host what became of it", do: f.look(t)})
		}
		out = append(out, f.runEntry("note "+t.String(), steps.Action{Verb: steps.Note, Task: t}))
	}
	out = append(out, f.sequences(c)...)
	out = append(out, f.triggerEntries(c, true)...)
	out = append(out, f.rollback(s)...)
	for i := range c.Book.Phases {
		out = append(out, f.onScope(c, steps.Scope{Phase: c.Book.Phases[i].ID})...)
		out = f.offer(out, c, f.runEntry("accept "+c.Book.Phases[i].ID, steps.Action{Verb: steps.Accept, Phase: c.Book.Phases[i].ID}))
	}
	for _, h := range c.Book.AllHosts() {
		out = append(out, f.onHost(c, h)...)
	}
	out = append(out, f.onScope(c, steps.Scope{})...)
	if f.s.next != nil {
		out = append(out, entry{label: "amend", about: "take the runbook's new text", do: f.amend})
	}
	out = f.login(out)
	return append(out,
		f.runEntry("note", steps.Action{Verb: steps.Note}),
		entry{label: "driver", about: "somebody else drives from now on", do: f.driver},
		entry{label: "partner", about: "name the second person", do: f.partner},
		f.closing(c),
		entry{label: "quit", about: "leave; what runs goes on", do: func(context.Context) error { return errQuit }})
}

// login offers to try the servers that are down, where there are any.
func (f *plain) login(out []entry) []entry {
	down := (&logins{servers: f.s.servers}).down()
	if len(down) == 0 {
		return out
	}
	return append(out, entry{label: "login", about: "try " + strings.Join(down, ", ") + ", and be asked what they want",
		do: func(ctx context.Context) error {
			err := (&logins{ctx: ctx, p: f.s.p, servers: f.s.servers}).Run()
			f.greeted(ctx, down)
			return err
		}})
}

// greeted waits a moment until the runner knows who answered, so that the list
// that follows is about servers that are there.
func (f *plain) greeted(ctx context.Context, ids []string) {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	for {
		seen := f.s.runner.Snapshot().Case.Seen.Hosts
		if !slices.ContainsFunc(ids, func(id string) bool {
			return f.s.servers[id].Link().Up && !seen[id].Up && seen[id].Wrong == ""
		}) {
			return
		}
		select {
		case <-f.s.runner.Changed():
		case <-ctx.Done():
			return
		}
	}
}

func (f *plain) closing(c *steps.Case) entry {
	e := f.runEntry("close", steps.Action{Verb: steps.Close})
	if !c.Complete() {
		e.about, e.asks = "abandon the run", []question{askReason}
	}
	return e
}

// onScope are hold, release and roll back on the run, a phase or a host.
func (f *plain) onScope(c *steps.Case, sc steps.Scope) []entry {
	out := f.offer(nil, c, f.runEntry("hold "+sc.String(), steps.Action{Verb: steps.Hold, Scope: sc}))
	out = f.offer(out, c, f.runEntry("release "+sc.String(), steps.Action{Verb: steps.Release, Scope: sc}))
	back := f.runEntry("roll back "+sc.String(), steps.Action{Verb: steps.OpenRollback, Scope: sc})
	back.asks = []question{askReason}
	return f.offer(out, c, back)
}

func (f *plain) onHost(c *steps.Case, h string) []entry {
	out := f.onScope(c, steps.Scope{Host: h})
	for i := range c.Book.Phases {
		ph := c.Book.Phases[i].ID
		for _, block := range c.Book.Phases[i].Blocks() {
			out = f.offer(out, c, f.runEntry("exclude "+h+" from "+block, steps.Action{Verb: steps.Exclude, Host: h, Phase: ph, Name: block}))
		}
		out = f.offer(out, c, f.runEntry("exclude "+h+" from "+ph, steps.Action{Verb: steps.Exclude, Host: h, Phase: ph}))
		out = f.offer(out, c, f.runEntry("include "+h+" in "+ph, steps.Action{Verb: steps.Include, Host: h, Phase: ph}))
	}
	out = f.offer(out, c, f.runEntry("stop waiting for "+h, steps.Action{Verb: steps.StopWaiting, Host: h}))
	out = f.offer(out, c, f.runEntry("leave out "+h, steps.Action{Verb: steps.LeaveOut, Host: h}))
	if c.Seen.Hosts[h].Wrong != "" {
		out = append(out, entry{label: "rebind " + h, about: "take it as it is now: " + c.Seen.Hosts[h].Wrong, do: f.rebind(h)})
	}
	return out
}

// taskEntry is a verb on a task; of sign-offs, the first that is missing.
func (f *plain) taskEntry(c *steps.Case, v steps.Verb, t steps.Task) entry {
	e := entry{label: string(v) + " " + t.String(), about: c.Step(t).Title, asks: questions[v],
		action: steps.Action{Verb: v, Task: t, Actor: f.s.p.actor()}}
	switch v {
	case steps.Release:
		e.action.Task, e.action.Scope = steps.Task{}, steps.Scope{Task: t}
		e.about = "lift the hold that it causes"
	case steps.SignOff:
		if list := c.Unsigned(t); len(list) > 0 && c.State.Task(t).Status == steps.TaskOpen {
			e.action.Name = list[0].Title
			e.about = fmt.Sprintf("%q, by the %s", list[0].Title, list[0].SignOff)
			if list[0].SignOff == "approver" {
				e.asks = []question{askWho}
			}
		}
	case steps.Write:
		e.action.Wrote, e.do = &steps.Wrote{SHA256: "x"}, f.write(t) // tried as if something had been written
	case steps.MarkDone:
		if c.Step(t).Kind == steps.Document {
			e.asks = nil // its file shows it
		} else if c.State.Task(t).Status != steps.TaskOpen {
			e.asks = []question{askShown, askReason}
		}
	}
	return e
}

func (f *plain) runEntry(label string, a steps.Action) entry {
	a.Actor = f.s.p.actor()
	return entry{label: label, action: a, asks: questions[a.Verb]}
}

// offer appends an entry when the decision leaves it open to a person.
func (f *plain) offer(list []entry, c *steps.Case, e entry) []entry {
	a := f.trial(e)
	if a.Verb == steps.Close && a.Reason == "" && !c.Complete() {
		return list
	}
	_, err := steps.Decide(*c, a)
	var ref *steps.Refusal
	if err == nil || errors.As(err, &ref) && open(ref) {
		return append(list, e)
	}
	return list
}

// trial is an entry's action as if its questions had been answered.
func (f *plain) trial(e entry) steps.Action {
	a := e.action
	for _, q := range e.asks {
		q.set(&a, "x")
	}
	switch a.Verb {
	case steps.Resolve:
		a.Value = "partly"
	case steps.SignOff:
		a.Partner = "" // whose name it is, is asked
	}
	return a
}

// open reports whether a person can still mend what a refusal misses.
func open(r *steps.Refusal) bool {
	switch r.Kind {
	case steps.NeedsConfirm, steps.NeedsReason, steps.NeedsLook, steps.OutsideWindow, steps.ClockOff:
		return true
	case steps.NeedsPerson:
		return r.Phrase != ""
	}
	return false
}
