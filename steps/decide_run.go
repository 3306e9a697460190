package steps

// The rule of this file: what concerns the run, a phase or a host stops new
// work or lets it go on. It never stops running work, a soak, a verify, an undo,
// a rollback or a cancel.

import (
	"regexp"
	"strings"
	"time"
)

// AwayBeforeStopWaiting is how long a host must have been unreachable before a
// person may stop waiting for it (states.md).
const AwayBeforeStopWaiting = 60 * time.Second

func hold(c *Case, a Action) ([]Event, error) {
	if !a.Scope.Task.Zero() || a.Scope.Phase != "" && a.Scope.Host != "" {
		return nil, refuse(Never, "", "the run, a phase or a host is held, not %s", a.Scope)
	}
	if r := c.covers(a.Scope); r != nil {
		return nil, r
	}
	if _, ok := c.State.Holds[a.Scope]; ok {
		return nil, refuse(Never, "release it ({hold})", "%s is on hold", a.Scope)
	}
	out := []Event{Held{Scope: a.Scope, Reason: firstOf(a.Reason, "held by "+a.Actor)}}
	if c.State.Sequence != nil {
		out = append(out, SequenceEnded{Why: "hold"})
	}
	return out, nil
}

func release(c *Case, a Action) ([]Event, error) {
	if t := a.Scope.Task; !t.Zero() {
		if ts := c.State.Task(t); !ts.Status.Trouble() || ts.Released {
			return nil, refuse(Never, "", "%s holds nothing", t)
		}
	} else if _, ok := c.State.Holds[a.Scope]; !ok {
		return nil, refuse(Never, "", "%s is not on hold", a.Scope)
	}
	return []Event{Released{Scope: a.Scope, Reason: a.Reason}}, nil
}

// exclude leaves a host out of a block, or of a phase where no block is named.
// A gate that opens for all hosts at once is never left out with one of them.
func exclude(c *Case, a Action) ([]Event, error) {
	p := c.Book.Phase(a.Phase)
	if p == nil {
		return nil, refuse(Never, "", "there is no phase %q", a.Phase)
	}
	if r := c.restless(a.Host); r != nil {
		return nil, r
	}
	var out []Task
	for _, t := range p.Tasks() {
		s := c.inForce(t.Step)
		if t.Host != a.Host || a.Name != "" && s.Block != a.Name || s.Kind == Gate && s.Block == "" {
			continue
		}
		switch c.State.Task(t).Status {
		case TaskNotStarted, TaskUndone, TaskFailed, TaskCancelled:
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return nil, refuse(Never, "", "nothing of %s is left to exclude in %s", a.Host, a.Phase)
	}
	if a.Reason == "" {
		return nil, refuse(NeedsReason, "say why", "excluding %s needs a reason", a.Host)
	}
	return []Event{Excluded{Host: a.Host, Phase: a.Phase, Block: a.Name, Reason: a.Reason, Tasks: out}}, nil
}

// restless refuses while a host has a task that runs or that nobody knows of.
func (c *Case) restless(host string) *Refusal {
	if busy := c.State.Busy(host); len(busy) > 0 {
		return refuse(Later, "cancel it first ({cancel})", "%s is %s", busy[0], c.State.Task(busy[0]).Status)
	}
	var unknown []Task
	for k, ts := range c.State.Tasks {
		if k.Host == host && (ts.Status == TaskUnknown || ts.Status == TaskUndoUnknown) {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	sortTasks(unknown)
	return c.cannot(Exclude, unknown[0], c.State.Task(unknown[0]))
}

func include(c *Case, a Action) ([]Event, error) {
	p := c.Book.Phase(a.Phase)
	if p == nil {
		return nil, refuse(Never, "", "there is no phase %q", a.Phase)
	}
	var out []Task
	for _, t := range p.Tasks() {
		if t.Host == a.Host && c.State.Task(t).Excluded {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return nil, refuse(Never, "", "%s is not excluded from %s", a.Host, a.Phase)
	}
	return []Event{Included{Host: a.Host, Phase: a.Phase, Tasks: out}}, nil
}

func stopWaiting(c *Case, a Action) ([]Event, error) {
	h, seen := c.Seen.Hosts[a.Host]
	switch away := c.Now.Sub(h.Since); {
	case !seen:
		return nil, refuse(Never, "", "nobody has looked for %s", a.Host)
	case h.Up:
		return nil, refuse(Never, "", "%s can be reached", a.Host)
	case away < AwayBeforeStopWaiting:
		return nil, refuse(Later, "", "%s is away for %s; give it %s", a.Host, away.Round(time.Second), AwayBeforeStopWaiting)
	case a.Reason == "":
		return nil, refuse(NeedsReason, "say why", "to stop waiting for %s needs a reason: its tasks become unknown", a.Host)
	}
	return []Event{StoppedWaiting{Host: a.Host, Reason: a.Reason}}, nil
}

func answer(c *Case, a Action) ([]Event, error) {
	v, ok := c.Book.Vars[a.Name]
	if !ok || !v.IsInput() {
		return nil, refuse(Never, "", "the runbook asks for no input %q", a.Name)
	}
	if v.Match != "" {
		re, err := regexp.Compile(`^(?:` + v.Match + `)$`)
		if err != nil || !re.MatchString(a.Value) {
			return nil, refuse(NeedsReason, "", "%s: %q does not match %s", a.Name, a.Value, v.Match)
		}
	}
	if strings.ContainsAny(a.Value, "\x00\n") || a.Value == "" {
		return nil, refuse(NeedsReason, "", "%s: want one line that is not empty", a.Name)
	}
	if old, ok := c.State.Answers[a.Name]; ok && len(c.State.Tasks) > 0 {
		return nil, refuse(Never, "start a new run", "%s is %q, and work has begun with it", a.Name, old)
	}
	return []Event{Answered{Name: a.Name, Value: a.Value}}, nil
}

func drive(c *Case, a Action) ([]Event, error) {
	if a.Actor == "" {
		return nil, refuse(NeedsReason, "give --as NAME", "who drives has no name")
	}
	if a.Partner == a.Actor {
		return nil, refuse(Never, "", "driver and partner have to be two people")
	}
	return []Event{Drove{Driver: a.Actor, Partner: a.Partner}}, nil
}

// accept takes a phase with hosts left out; it is typed, for what is left out
// is easily forgotten.
func accept(c *Case, a Action) ([]Event, error) {
	p := c.Book.Phase(a.Phase)
	if p == nil {
		return nil, refuse(Never, "", "there is no phase %q", a.Phase)
	}
	open, excluded := c.unfinished(p)
	switch {
	case !excluded || c.State.Phases[a.Phase].Accepted != "":
		return nil, refuse(Never, "", "nothing in %s waits to be accepted", a.Phase)
	case !open.Zero():
		return nil, refuse(Later, "", "%s %s", open, c.Stands(open))
	case a.Reason == "":
		return nil, refuse(NeedsReason, "say why", "accepting %s with hosts left out needs a reason", a.Phase)
	}
	if r := c.confirmed(High, a.Phase, a); r != nil {
		return nil, r
	}
	return []Event{PhaseAccepted{Phase: a.Phase, Reason: a.Reason}}, nil
}

func note(c *Case, a Action) ([]Event, error) {
	if strings.TrimSpace(a.Value) == "" && a.File == nil {
		return nil, refuse(NeedsReason, "", "a note needs a text")
	}
	return []Event{Noted{Task: a.Task, Text: a.Value, File: a.File}}, nil
}

// rebind takes a host as it is now, with a reason.
func rebind(c *Case, a Action) ([]Event, error) {
	if a.Bound == nil {
		return nil, refuse(NeedsLook, "", "%s has not been asked who it is", a.Host)
	}
	_, known := c.State.Hosts[a.Host]
	if known && a.Reason == "" {
		return nil, refuse(NeedsReason, "say why it changed", "binding %s again needs a reason", a.Host)
	}
	b := *a.Bound
	b.Host, b.Reason = a.Host, a.Reason
	return []Event{b}, nil
}

// closeRun ends the run: complete when every phase is finished, else abandoned.
func closeRun(c *Case, a Action) ([]Event, error) {
	if busy := c.State.Busy(""); len(busy) > 0 {
		return nil, refuse(Later, "wait, or cancel it", "%s is %s", busy[0], c.State.Task(busy[0]).Status)
	}
	if c.State.Rollback != nil {
		return nil, refuse(Later, "finish or abandon it", "a rollback is open")
	}
	if c.Complete() {
		return []Event{Closed{Complete: true, Reason: a.Reason}}, nil
	}
	if a.Reason == "" {
		return nil, refuse(NeedsReason, "say why", "the run is not complete; abandoning it needs a reason")
	}
	return []Event{Closed{Reason: a.Reason}}, nil
}

// Complete reports whether every phase is finished.
func (c *Case) Complete() bool {
	for i := range c.Book.Phases {
		if !c.PhaseFinished(c.Book.Phases[i].ID) {
			return false
		}
	}
	return true
}
