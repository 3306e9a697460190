package ui

// The rule of this file: the last line of the screen names the keys that make
// sense now, by the words of the key map; what must not be missed stands there
// before them.

import (
	"fmt"
	"slices"

	"belay/steps"
	"belay/ui/pane"
	"belay/ui/style"
)

// footer is how far the run is or what was just said, and the keys.
func (m *model) footer() []string {
	first := pane.Progress(m.kase, m.w, m.st)
	if m.said != "" {
		first = pane.Fit(" "+m.st.Paint(m.tone, m.said), m.w, m.st)
	}
	second, lost := " Esc closes this question, and nothing is done", " this terminal has lost the focus; keys go to another window"
	if q := m.asked; q != nil {
		if q.line {
			second = " command line focused: Enter sends it, Esc leaves it, Tab completes"
			lost = " command line focused, but this terminal has lost the focus"
			first = pane.Fit(" "+m.st.Paint(style.Strong, q.Fields[0].Label+q.Fields[0].Value+"_")+"  "+q.says, m.w, m.st)
		}
	}
	if m.blurred {
		second = m.st.Paint(style.Warn, lost)
	}
	if m.asked != nil || m.blurred {
		return []string{first, pane.Fit(second, m.w, m.st)}
	}
	if m.snap.Frozen != nil {
		first = pane.Fit(m.st.Paint(style.Danger, " the journal cannot be relied on: nothing new is started"), m.w, m.st)
	}
	return []string{first, pane.Hints(m.hints(), m.w, m.st)}
}

// hints are the keys that make sense now, what matters most first.
func (m *model) hints() []pane.Hint {
	var keys []string
	switch {
	case m.here() == inLogs:
		keys = []string{"f", "?", "/", "&", "e", "y", "v", "t", "w", "l", "z", "tab", "esc", "q"}
	case m.focus.part != stepsPart:
		keys = []string{"x", "?", "j", "k", "L", "y", "z", "tab", "esc", "q"}
	default:
		keys = m.stepKeys()
	}
	out := make([]pane.Hint, 0, len(keys)+1)
	for _, k := range keys {
		if b, _ := m.bound(k); m.kase.State.Closed == nil || !b.changes() {
			out = append(out, m.hint(k))
		}
	}
	if m.mouse {
		out = slices.Insert(out, 1, pane.Hint{Key: "M", Word: mouseOn})
	}
	if m.focus.part == stepsPart {
		m.reword(out)
	}
	return out
}

// reword says of some keys what they do now: how much wants a person, that a
// gate waits for a sign-off, and that what is marked is an undo.
func (m *model) reword(hints []pane.Hint) {
	waits := m.signable()
	row, _ := m.row()
	t, _ := m.task()
	ts := m.kase.State.Task(t)
	for i, h := range hints {
		switch n := len(m.wishes); {
		case h.Key == "a" && n > 0:
			hints[i].Word, hints[i].Stays = fmt.Sprintf("attention (%d)", n), true
		case h.Key == "A" && waits:
			hints[i].Word = signsOff
		case h.Key == "x" && ts.Status == steps.TaskOpen && ts.Kind == steps.Gate:
			hints[i].Word = "look, and say yes"
		case h.Key == "m" && row.ID.Entry == steps.PartUndo:
			hints[i].Word = string(steps.MarkUndone)
		}
	}
}

// signable reports whether the selected task waits for a sign-off.
func (m *model) signable() bool {
	t, ok := m.task()
	if ok {
		_, ok = m.unsigned(t)
	}
	return ok
}

// stepKeys are the actions that the selected row's state offers.
func (m *model) stepKeys() []string {
	rest := []string{"a", "H", "R", ":", "z", "tab", "q"}
	t, ok := m.task()
	if m.onBack() {
		return append([]string{"enter", "?"}, rest...)
	}
	if !ok {
		return append([]string{"?"}, rest...)
	}
	row, _ := m.row()
	ts := m.kase.State.Task(t)
	var own []string
	switch {
	case row.ID.Rollback && m.kase.State.Rollback == nil:
		own = []string{"2", "?"}
	case ts.Status.Busy():
		own = []string{"c", "?", "2"}
	case ts.Status == steps.TaskUndoFailed:
		own = []string{"r", "?", "m"}
	case row.ID.Rollback && m.doneByHand(t):
		own = []string{"m", "?", "x"}
	case row.ID.Rollback:
		own = []string{"x", "?", "m"}
	case ts.Status == steps.TaskUnknown || ts.Status == steps.TaskUndoUnknown:
		own = []string{"!", "?"}
	case ts.Status.Trouble():
		own = []string{"r", "?", "u", "s", "R", "m"}
		if s := m.kase.Step(t); s.Verify != nil {
			own = append(own, "V")
		}
	case ts.Status == steps.TaskOpen && ts.Kind == steps.Gate:
		own = []string{"x", "?"}
		if m.signable() || m.kase.NeedsApprover(steps.Critical) {
			own = append(own, "A")
		}
		if m.barred(t) != "" {
			own = append(own, "O")
		}
	case ts.Status == steps.TaskOpen && ts.Kind == steps.Soak:
		own = []string{"x", "?", "s"}
	case ts.Status == steps.TaskOpen:
		own = []string{"m", "?", "s"}
	case ts.Status == steps.TaskDone && m.kase.Undoable(t):
		own = []string{"u", "?", "p"}
	case ts.Status == steps.TaskSkipped || ts.Status == steps.TaskDone:
		own = []string{"p", "?"}
	case m.kase.Ready(t):
		own = []string{"x", "?", "p", "s"}
	default:
		own = []string{"p", "?", "."}
	}
	return append(own, slices.DeleteFunc(rest, func(k string) bool { return slices.Contains(own, k) })...)
}
