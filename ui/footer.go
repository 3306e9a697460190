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
			first = pane.Fit(" "+m.st.Paint(style.Strong, q.Fields[0].Label+q.Fields[0].Value+"_")+"  "+or(q.says, m.aboutTyped(q)), m.w, m.st)
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
	var words []string
	switch {
	case m.here() == inLogs:
		words = []string{"follow", "help", "search", "filter", "error", "copy", "mark", "heads", "wrap", "right", "zoom", "next pane", "back", "leave"}
	case m.focus.part != stepsPart:
		words = []string{"execute", "help", "down", "up", "pager", "copy", "zoom", "next pane", "back", "leave"}
	default:
		words = m.stepWords()
	}
	out := make([]pane.Hint, 0, len(words)+1)
	for _, w := range words {
		b := m.named(w)
		if m.kase.State.Closed != nil && b.changes() {
			continue
		}
		h := m.hint(b)
		if m.focus.part == stepsPart {
			m.reword(&h)
		}
		out = append(out, h)
	}
	if m.mouse {
		h := m.hint(m.named("mouse"))
		h.Word = mouseOn
		out = slices.Insert(out, 1, h)
	}
	return out
}

// reword says of some keys what they do now: how much wants a person, that a
// gate waits for a sign-off, and that what is marked is an undo.
func (m *model) reword(h *pane.Hint) {
	row, _ := m.row()
	t, _ := m.task()
	ts := m.kase.State.Task(t)
	switch n := len(m.wishes); {
	case h.Word == "attention" && n > 0:
		h.Word, h.Stays = fmt.Sprintf("attention (%d)", n), true
	case h.Word == "approve" && m.signable():
		h.Word = signsOff
	case h.Word == "execute" && ts.Status == steps.TaskOpen && ts.Kind == steps.Gate:
		h.Word = "look, and say yes"
	case h.Word == "mark done" && row.ID.Entry == steps.PartUndo:
		h.Word = string(steps.MarkUndone)
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

// stepWords are the words of the actions that the selected row's state offers.
func (m *model) stepWords() []string {
	rest := []string{"attention", "hold", "roll back", "command", "zoom", "next pane", "leave"}
	t, ok := m.task()
	if m.onBack() {
		return append([]string{"open", "help"}, rest...)
	}
	if !ok {
		return append([]string{"help"}, rest...)
	}
	row, _ := m.row()
	ts := m.kase.State.Task(t)
	var own []string
	switch {
	case row.ID.Rollback && m.kase.State.Rollback == nil:
		own = []string{"detail", "help"}
	case ts.Status.Busy():
		own = []string{"cancel", "help", "detail"}
	case ts.Status == steps.TaskUndoFailed:
		own = []string{"retry", "help", "mark done"}
	case row.ID.Rollback && m.doneByHand(t):
		own = []string{"mark done", "help", "execute"}
	case row.ID.Rollback:
		own = []string{"execute", "help", "mark done"}
	case ts.Status == steps.TaskUnknown || ts.Status == steps.TaskUndoUnknown:
		own = []string{"resolve", "help"}
	case ts.Status.Trouble():
		own = []string{"retry", "help", "undo", "skip", "roll back", "mark done"}
		if s := m.kase.Step(t); s.Verify != nil {
			own = append(own, "verify again")
		}
	case ts.Status == steps.TaskOpen && ts.Kind == steps.Gate:
		own = []string{"execute", "help"}
		if m.signable() || m.kase.NeedsApprover(steps.Critical) {
			own = append(own, "approve")
		}
		if m.barred(t) != "" {
			own = append(own, "override")
		}
	case ts.Status == steps.TaskOpen && ts.Kind == steps.Soak:
		own = []string{"execute", "help", "skip"}
	case ts.Status == steps.TaskOpen:
		own = []string{"mark done", "help", "skip"}
	case ts.Status == steps.TaskDone && m.kase.Undoable(t):
		own = []string{"undo", "help", "preview"}
	case ts.Status == steps.TaskSkipped || ts.Status == steps.TaskDone:
		own = []string{"preview", "help"}
	case m.kase.Ready(t):
		own = []string{"execute", "help", "preview", "skip"}
	default:
		own = []string{"preview", "help", "next step"}
	}
	return append(own, slices.DeleteFunc(rest, func(w string) bool { return slices.Contains(own, w) })...)
}
