package pane

// The rule of this file: a state is a glyph and a word, never one without the
// other, and what a person said is told apart from what was proven.

import (
	"time"

	"belay/steps"
	"belay/ui/style"
)

// Mark is how a state is shown.
type Mark struct {
	Glyph string
	Word  string
	Tone  style.Tone
}

// Glyphs of states: plain ASCII on every terminal, so that a log of the screen
// can be read aloud.
const (
	glyphDone    = "[x]"
	glyphBusy    = "[~]"
	glyphTrouble = "[!]"
	glyphSkipped = "[-]"
	glyphTodo    = "[ ]"
)

// Run is a run as the panes look at it: the case, and what is asked of it often.
type Run struct {
	*steps.Case
	Asking  map[steps.Task]time.Time // attempts whose host does not answer, since when
	Rolling bool                     // the open rollback goes on by itself
	Order   []steps.Task             // that may start now, in order
	ready   map[steps.Task]bool
	counts  map[string]steps.Progress // what has been counted of this moment, by phase
	spans   map[string]span
}

// span is a time, and whether it is all that is known to be.
type span struct {
	time.Duration
	whole bool
}

// NewRun prepares a case for drawing.
func NewRun(c *steps.Case, asking map[steps.Task]time.Time) *Run {
	r := &Run{Case: c, Asking: asking, Order: c.Ready(), ready: map[steps.Task]bool{},
		counts: map[string]steps.Progress{}, spans: map[string]span{}}
	for _, t := range r.Order {
		r.ready[t] = true
	}
	return r
}

// Ready reports whether order and needs let a task start now.
func (r *Run) Ready(t steps.Task) bool { return r.ready[t] }

// Progress counts a phase's tasks, or all: once a moment, and not for every key.
func (r *Run) Progress(phase string) steps.Progress {
	n, ok := r.counts[phase]
	if !ok {
		n = r.Case.Progress(phase)
		r.counts[phase] = n
	}
	return n
}

// Remaining is steps.Case.Remaining, once a moment.
func (r *Run) Remaining(phase string) (time.Duration, bool) {
	d, ok := r.spans[phase]
	if !ok {
		d.Duration, d.whole = r.Case.Remaining(phase)
		r.spans[phase] = d
	}
	return d.Duration, d.whole
}

// Mark of a task.
func (r *Run) Mark(t steps.Task) Mark {
	ts := r.State.Task(t)
	s := r.Step(t)
	if since, ok := r.Asking[t]; ok && ts.Status.Busy() {
		return Mark{glyphBusy, "not seen for " + Clock(r.Now.Sub(since)), style.Warn}
	}
	switch {
	case s != nil && s.Left != "":
		return Mark{glyphSkipped, "left out", style.Dim}
	case ts.Left != "":
		return Mark{glyphTrouble, "not restored", style.Danger}
	case ts.Excluded:
		return Mark{glyphSkipped, "excluded", style.Warn}
	case ts.Status == steps.TaskNotStarted || ts.Status == steps.TaskUndone:
		return r.todo(t, ts)
	case ts.Status == steps.TaskOpen:
		return openMark(s, ts)
	case ts.Status == steps.TaskDone:
		return Mark{glyphDone, doneWord(ts.How), style.OK}
	case ts.Status == steps.TaskSkipped:
		return Mark{glyphSkipped, "skipped", style.Dim}
	case ts.Status.Busy():
		return Mark{glyphBusy, string(ts.Status), style.Busy}
	}
	return Mark{glyphTrouble, string(ts.Status), style.Danger}
}

func (r *Run) todo(t steps.Task, ts steps.TaskState) Mark {
	word, tone := "locked", style.Dim
	if ts.Status == steps.TaskUndone {
		word, tone = "undone", style.Plain
	}
	if !r.ready[t] {
		return Mark{glyphTodo, word, tone}
	}
	if r.Held(t) != "" {
		return Mark{glyphTodo, "held", style.Warn}
	}
	if ts.Status == steps.TaskUndone {
		return Mark{glyphTodo, "undone, ready", style.Strong}
	}
	return Mark{glyphTodo, "ready", style.Strong}
}

// Held says what holds a task back, or "".
func (r *Run) Held(t steps.Task) string {
	s := r.Step(t)
	for _, sc := range []steps.Scope{{}, {Phase: s.Phase}, {Host: t.Host}} {
		if why, ok := r.State.Holds[sc]; ok {
			return sc.String() + " is on hold: " + why
		}
	}
	_, why := r.HeldBy(t)
	return why
}

func doneWord(how string) string {
	switch how {
	case steps.HowAssumed:
		return "assumed done"
	case steps.HowMarked, steps.HowOverridden, steps.HowShortened:
		return how
	case steps.HowResolved:
		return "done by word"
	}
	return "done"
}

// openMark never says "open": of a gate that reads as passed.
func openMark(s *steps.Step, ts steps.TaskState) Mark {
	if ts.Kind != steps.Soak {
		return Mark{glyphBusy, s.Waits(), style.Busy}
	}
	switch k := ts.Soak; {
	case k.Overdue:
		return Mark{glyphTrouble, "soak overdue", style.Danger}
	case k.Now == steps.SoakRed, k.Now == steps.SoakStale:
		return Mark{glyphTrouble, "soak " + k.Now, style.Danger}
	}
	return Mark{glyphBusy, "soaking", style.Busy}
}

// RollbackWaits gives the entry of the open rollback that waits for a person;
// false while the rollback goes on by itself, and when none is open.
func (r *Run) RollbackWaits() (steps.Entry, bool) {
	next := r.RollbackNext()
	if len(next) == 0 || len(r.State.Busy("")) > 0 {
		return steps.Entry{}, false
	}
	for _, e := range next {
		byItself := e.Do == steps.DoUndo || e.Do == steps.DoExecute && r.State.Task(e.Task).Status != steps.TaskOpen
		if r.Rolling && byItself {
			return steps.Entry{}, false
		}
	}
	return next[0], true
}

// Unconfirmed gives the host of the open rollback's next stage whose word is
// still to be typed.
func (r *Run) Unconfirmed() (string, bool) {
	for _, e := range r.RollbackNext() {
		if _, ok := r.State.Rollback.Confirmed[e.Task.Host]; !ok && r.HostLevel(r.State.Rollback.Scope, e.Task.Host) > steps.None {
			return e.Task.Host, true
		}
	}
	return "", false
}

// Elapsed of a task: how long its newest attempt took or has taken so far.
func (r *Run) Elapsed(t steps.Task) (time.Duration, bool) {
	ts := r.State.Task(t)
	a := ts.Attempt()
	switch {
	case ts.Status == steps.TaskOpen:
		return r.Now.Sub(ts.Since), true
	case ts.Status == steps.TaskNotStarted: // what was before a rollback is over
		return 0, false
	case a == nil || a.Intended.IsZero():
		return 0, false
	case ts.Status.Busy():
		return r.Now.Sub(a.Intended), true
	case a.Ended.IsZero():
		return 0, false
	}
	return a.Ended.Sub(a.Intended), true
}

// Undoable reports whether an undo of a task is ready at hand.
func (r *Run) Undoable(t steps.Task) bool {
	s := r.Step(t)
	return r.CanUndo(t) && (s.Kind == steps.Edit || s.Undo != nil && s.Undo.Script != "")
}
