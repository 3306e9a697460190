package pane

// The rule of this file: what wants a person is in one list, loudest first, and
// the list is computed from the run, so nothing can be dismissed by looking.

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

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
	Hint    string // what would help; {execute} is the key of that action
	Tone    style.Tone
}

// Attention lists what wants a person: what the run needs, and what only a
// console sees. What is next is not in it: that waits all night.
func Attention(r *Run, frozen error, servers []Server) []Wish {
	var out []Wish
	if frozen != nil {
		out = append(out, Wish{Text: "the journal cannot be relied on, nothing new is started: " + frozen.Error(), Tone: style.Danger})
	}
	for _, n := range r.Needs(nil) {
		if w := r.wish(n); w.Text != "" {
			out = append(out, w)
		}
	}
	out = append(out, r.askingWishes()...)
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
	if w, ok := r.leftOff(); ok {
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b Wish) int { return cmp.Compare(volume[b.Tone], volume[a.Tone]) })
	return out
}

// volume of the tones of wishes.
var volume = map[style.Tone]int{style.Danger: 2, style.Warn: 1}

// wish puts a need into words, with what would help; no text where the screen
// shows it otherwise.
func (r *Run) wish(n steps.Need) Wish {
	w := Wish{Task: n.Task, Text: n.Why, Tone: style.Strong}
	switch n.Kind {
	case steps.NeedTrigger:
		return r.triggerWish(n)
	case steps.NeedTrouble:
		return r.troubleWish(w)
	case steps.NeedRollback:
		return r.rollbackWish(w)
	case steps.NeedAccept:
		w.Row, w.Hint = ID{Phase: n.Name}, ":accept "+n.Name+" REASON"
	case steps.NeedInputs:
		w.Text, w.Hint = fmt.Sprintf("%d inputs have no answer", len(r.OpenInputs())), "{execute} asks for them"
	case steps.NeedWord:
		return r.wordWish(w)
	case steps.NeedNext:
		w.Text = ""
	}
	return w
}

// mends names the keys that help against a trouble.
func mends(ts steps.TaskState) string {
	switch {
	case ts.Status == steps.TaskUnknown, ts.Status == steps.TaskUndoUnknown:
		return "{resolve} resolve"
	case ts.Status == steps.TaskUndoFailed:
		return "{retry} retry the undo, {mark done} mark undone"
	case ts.Status == steps.TaskOpen && ts.Soak.Overdue:
		return "Enter: extend it, end it, or say that it failed"
	case ts.Status == steps.TaskOpen:
		return "Enter shows the evidence"
	}
	return "{retry} retry, {undo} undo, {skip} skip"
}

// rollbackWish says what the rollback waits for, while it does not go on by itself.
func (r *Run) rollbackWish(w Wish) Wish {
	next, waits := r.RollbackWaits()
	host, word := r.Unconfirmed()
	switch {
	case w.Task.Zero() && r.Rolling, !w.Task.Zero() && !waits:
		w.Text = ""
		return w
	case w.Task.Zero():
		w.Row, w.Hint = ID{Rollback: true}, "{execute} ends it"
		return w
	case r.State.Task(next.Task).Status == steps.TaskOpen:
		w = r.wordWish(w)
		w.Text = "the rollback waits: " + w.Text
	default:
		w.Text, w.Hint = "the rollback waits: "+EntryText(r.Step(next.Task), next), "{execute} goes on"
	}
	switch {
	case next.Do == steps.DoByHand:
		w.Hint = "{mark done} marks it undone"
	case word:
		w.Hint = "{execute} asks for the word of " + host
	case next.Do == steps.DoExecute && r.State.Task(next.Task).Status != steps.TaskOpen && r.Step(next.Task).Person():
		w.Hint = "{execute} begins it"
	}
	w.Row = entryID(next)
	return w
}

// entryID is the row of an entry of the open rollback.
func entryID(e steps.Entry) ID {
	return ID{Rollback: true, Step: e.Task.Step, Host: e.Task.Host, Entry: e.Part}
}

// troubleWish says what mends a trouble, and that the rollback waits for that.
func (r *Run) troubleWish(w Wish) Wish {
	w.Tone, w.Hint = style.Danger, mends(r.State.Task(w.Task))
	if next, waits := r.RollbackWaits(); waits && next.Task == w.Task {
		w.Text, w.Row = "the rollback waits: "+w.Text, entryID(next)
	}
	return w
}

func (r *Run) wordWish(w Wish) Wish {
	t, title := w.Task, r.Step(w.Task).Title
	switch r.State.Task(t).Kind {
	case steps.Gate:
		w.Text, w.Hint = fmt.Sprintf("the gate %s waits for a yes: %s", t.Step, title), "{execute} shows its evidence and takes the yes"
	case steps.Measure:
		w.Text, w.Hint = fmt.Sprintf("%s waits for a figure: %s", t, title), "{mark done} records it"
	default:
		w.Text, w.Hint = fmt.Sprintf("%s %s: %s", t, r.Stands(t), title), "{mark done} marks it done"
	}
	return w
}

// askingWishes are the attempts whose host does not answer.
func (r *Run) askingWishes() []Wish {
	var out []Wish
	for _, t := range slices.SortedFunc(maps.Keys(r.Asking), func(a, b steps.Task) int { return cmp.Compare(a.String(), b.String()) }) {
		if r.State.Task(t).Status.Busy() {
			out = append(out, Wish{Task: t, Tone: style.Warn, Text: fmt.Sprintf("%s is not seen for %s", t, Clock(r.Now.Sub(r.Asking[t])))})
		}
	}
	return out
}
