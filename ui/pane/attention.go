package pane

// The rule of this file: what wants a person is in one list, loudest first, and
// the list is computed from the run, so nothing can be dismissed by looking.

import (
	"cmp"
	"fmt"

	"belay/steps"
	"belay/ui/style"
)

// Wish is one thing that wants a person.
type Wish struct {
	Task    steps.Task // zero for what concerns a host or the run
	Row     ID         // of the group or the rollback's entry that it is about
	Host    string
	Trigger string
	Text    string
	Hint    string
	Tone    style.Tone
}

// Attention lists what wants a person.
func Attention(r *Run, frozen error, servers []Server) []Wish {
	var out []Wish
	if frozen != nil {
		out = append(out, Wish{Text: "the journal cannot be relied on, nothing new is started: " + frozen.Error(), Tone: style.Danger})
	}
	out = append(out, r.triggerWishes()...)
	taken := r.takenBack()
	for _, t := range r.everyTask() {
		if w, ok := r.wish(t); ok && !taken[t] {
			out = append(out, w)
		}
	}
	for _, s := range servers {
		switch {
		case s.Wrong != "":
			out = append(out, Wish{Host: s.ID, Text: s.ID + " is not the host we know: " + s.Wrong, Hint: cmp.Or(s.Hint, ":rebind "+s.ID+" REASON"), Tone: style.Danger})
		case !s.Up && s.Why != "":
			w := Wish{Host: s.ID, Text: fmt.Sprintf("%s is unreachable since %s: %s", s.ID, since(s.Now, s.Since), s.Why), Hint: s.Hint, Tone: style.Warn}
			if s.Now.Sub(s.Since) >= steps.AwayBeforeStopWaiting && len(r.State.Busy(s.ID)) > 0 {
				w.Hint = ":wait " + s.ID + " REASON stops waiting"
			}
			out = append(out, w)
		}
	}
	out = append(out, r.clockWishes()...)
	if open := r.OpenInputs(); len(open) > 0 {
		out = append(out, Wish{Text: fmt.Sprintf("%d inputs have no answer", len(open)), Hint: "x asks for them", Tone: style.Strong})
	}
	out = r.withRollback(out)
	if w, ok := r.leftOff(); ok {
		out = append(out, w)
	}
	return out
}

// everyTask lists the tasks of the phases and of the open rollback, in order.
func (r *Run) everyTask() []steps.Task {
	out := r.Book.Tasks()
	if r.State.Rollback != nil {
		for _, e := range r.UndoPlan(r.State.Rollback.Scope) {
			if e.Part != steps.PartUndo {
				out = append(out, e.Task)
			}
		}
	}
	return out
}

// takenBack are the tasks in trouble that the open rollback has still to undo:
// they want nobody but it.
func (r *Run) takenBack() map[steps.Task]bool {
	out := map[steps.Task]bool{}
	if r.State.Rollback == nil {
		return out
	}
	for _, e := range r.UndoPlan(r.State.Rollback.Scope) {
		st := r.State.Task(e.Task).Status
		out[e.Task] = e.Do == steps.DoUndo && (st == steps.TaskFailed || st == steps.TaskCancelled)
	}
	return out
}

// withRollback adds what the open rollback waits for. Where its task is in the
// list already, the list says only that the rollback waits for that: one thing
// has one key.
func (r *Run) withRollback(out []Wish) []Wish {
	next, waits := r.RollbackWaits()
	if !waits {
		return out
	}
	row := ID{Rollback: true, Step: next.Task.Step, Host: next.Task.Host, Entry: next.Part}
	for i, w := range out {
		if w.Task == next.Task {
			out[i].Text, out[i].Row = "the rollback waits: "+w.Text, row
			return out
		}
	}
	hint := "x goes on"
	host, word := r.Unconfirmed()
	switch {
	case next.Do == steps.DoByHand:
		hint = "m marks it undone"
	case word:
		hint = "x asks for the word of " + host
	case next.Do == steps.DoExecute && r.Step(next.Task).Person():
		hint = "x begins it"
	}
	return append(out, Wish{Task: next.Task, Row: row, Text: "the rollback waits: " + EntryText(r.Step(next.Task), next), Hint: hint, Tone: style.Strong})
}

func (r *Run) wish(t steps.Task) (Wish, bool) {
	ts := r.State.Task(t)
	w := Wish{Task: t, Tone: style.Danger}
	switch ts.Status {
	case steps.TaskFailed, steps.TaskCancelled:
		w.Hint = "r retry, u undo, s skip"
	case steps.TaskUndoFailed:
		w.Hint = "r retry the undo, m mark undone"
	case steps.TaskUnknown, steps.TaskUndoUnknown:
		w.Hint = "! resolve"
	case steps.TaskOpen:
		return r.openWish(t, ts)
	default:
		if since, ok := r.Asking[t]; ok && ts.Status.Busy() {
			w.Text, w.Tone = fmt.Sprintf("%s is not seen for %s", t, Clock(r.Now.Sub(since))), style.Warn
			return w, true
		}
		return w, false
	}
	if ts.Left != "" {
		return w, false
	}
	w.Text = fmt.Sprintf("%s is %s: %s", t, ts.Status, or(ts.Reason, "no reason given"))
	return w, true
}

func (r *Run) openWish(t steps.Task, ts steps.TaskState) (Wish, bool) {
	w := Wish{Task: t, Tone: style.Strong}
	switch {
	case ts.Kind == steps.Soak && ts.Soak.Overdue:
		w.Text, w.Hint, w.Tone = fmt.Sprintf("the deadline of %s passed while nobody looked", t), "Enter: extend it, end it, or say that it failed", style.Danger
	case ts.Kind == steps.Soak && (ts.Soak.Now == steps.SoakRed || ts.Soak.Now == steps.SoakStale):
		w.Text, w.Hint, w.Tone = fmt.Sprintf("%s soak is %s: %s", t, ts.Soak.Now, ts.Reason), "Enter shows the evidence", style.Danger
	case ts.Kind == steps.Soak:
		return w, false
	case ts.Kind == steps.Gate:
		w.Text, w.Hint = fmt.Sprintf("the gate %s waits for a yes: %s", t.Step, r.Step(t).Title), "x shows its evidence and takes the yes"
	case ts.Kind == steps.Measure:
		w.Text, w.Hint = fmt.Sprintf("%s waits for a figure: %s", t, r.Step(t).Title), "m records it"
	default:
		w.Text, w.Hint = fmt.Sprintf("%s %s: %s", t, r.Stands(t), r.Step(t).Title), "m marks it done"
	}
	return w, true
}
