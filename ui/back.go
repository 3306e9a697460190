package ui

// The rule of this file: the end of a rollback is told like every other end, and
// the cursor stays with it until something is begun again.

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// noticeBack tells that a rollback has ended; true when it has.
func (m *model) noticeBack(before *pane.Run) bool {
	if before.State.Rollback == nil || m.kase.State.Rollback != nil {
		return false
	}
	text, tone := pane.BackWords(m.kase)
	if text == "" {
		return false
	}
	m.say(tone, text)
	m.moved = false
	m.plant()
	m.later("went back", m.askWentBack)
	return true
}

// noticeTurn tells that the open rollback has come to what a person does; true
// when it has. A host's word is asked for in a question of its own.
func (m *model) noticeTurn(before *pane.Run) bool {
	next, waits := m.kase.RollbackWaits()
	if _, word := m.kase.Unconfirmed(); !waits || word {
		return false
	}
	if was, waited := before.RollbackWaits(); waited && was.Task == next.Task && was.Part == next.Part {
		return false
	}
	m.say(style.Strong, "the rollback waits for you: "+pane.EntryText(m.kase.Step(next.Task), next))
	return true
}

// doneByHand reports whether the open rollback waits for a person to do a task.
func (m *model) doneByHand(t steps.Task) bool {
	next, waits := m.kase.RollbackWaits()
	return waits && next.Task == t && (next.Do == steps.DoByHand || m.kase.State.Task(t).Status == steps.TaskOpen)
}

// askWentBack shows how the rollback that has ended came out.
func (m *model) askWentBack() {
	text, tone := pane.BackWords(m.kase)
	if text == "" {
		return
	}
	q := &question{Dialog: dialog.New("went back", "ROLLBACK"+strings.TrimPrefix(text, "rollback"), "close"), tone: tone, about: "went back"}
	q.body = func(w int) []string { return pane.WentBack(m.kase, m.servers, w, m.st) }
	q.on = func(dialog.Answer) tea.Cmd { return nil }
	m.ask(q)
}

// onBack reports whether the cursor is on the rollback that has ended.
func (m *model) onBack() bool {
	row, ok := m.row()
	return ok && pane.HasEnded(m.kase, row)
}

// sayBack says that there is nothing to do there.
func (m *model) sayBack() {
	next := "close the run with :close"
	if m.kase.State.Closed != nil {
		next = "the run is " + m.kase.ClosedWords()
	} else if order := m.kase.Order; len(order) > 0 {
		next = "to go forward again, go to " + m.kase.Step(order[0]).Title + m.st.Keyed(" and press {execute} there")
	}
	m.say(style.Dim, "the rollback has ended, nothing of it is left to do; "+next)
}
