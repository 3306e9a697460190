package ui

// The rule of this file: another text of the runbook is taken only after what
// it changes was shown, and what has been done keeps its undo unless a person
// says otherwise.

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// askAmend shows what another text of the runbook would change. Take names the
// steps whose new undo is taken for what has been done.
func (m *model) askAmend(next *steps.Runbook, take []string) {
	if next == nil || next.Hash == m.kase.Book.Hash {
		m.say(style.Dim, "the runbook on disk is the one of this run")
		return
	}
	c := m.snap.Case
	c.Next = next
	a := steps.Action{Verb: steps.Amend, Actor: m.kase.State.Driver, Take: take,
		Confirm: steps.Confirmation{Level: steps.Low, How: "key", By: m.kase.State.Driver}}
	_, err := steps.Decide(c, a)
	changes, undos := c.Changes(next), c.ChangedUndos(next)
	q := &question{Dialog: dialog.New("amend", "THE RUNBOOK HAS CHANGED", "keep the old text",
		dialog.Option{Key: "y", Label: "take the new text", ID: "amend"}), tone: style.Warn}
	if len(undos) > 0 {
		q.Options = append(q.Options, dialog.Option{Key: "u", Label: "choose the undos", ID: "undos", Safe: true})
	}
	if err != nil {
		q.Options[1].Off = inert(err.Error())
	}
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		if err != nil {
			p.Toned(style.Danger, "refused", err.Error())
		}
		p.Text(style.Plain, "What is done, running or skipped stays as it was executed. What has not begun takes the new text. :amend asks this again.")
		p.ChangedUndos(undos, take)
		p.Head("What changes")
		for _, l := range changes {
			p.Text(style.Plain, l)
		}
		return p.Lines
	}
	run, ctx := m.run, m.ctx
	q.on = func(ans dialog.Answer) tea.Cmd {
		if ans.ID == "undos" {
			m.askUndoText(next, undos, nil)
			return nil
		}
		return func() tea.Msg { return doneMsg{action: a, err: run.Amend(ctx, next, a)} }
	}
	m.ask(q)
}

// askUndoText asks which undo is taken, for one step after the other.
func (m *model) askUndoText(next *steps.Runbook, undos []steps.UndoChange, take []string) {
	if len(undos) == 0 {
		m.askAmend(next, take)
		return
	}
	u := undos[0]
	q := &question{Dialog: dialog.New("undo text", inert("THE UNDO OF "+u.New.Title+" HAS CHANGED"), "back; nothing is taken yet",
		dialog.Option{Key: "o", Label: "the old one, as executed", ID: steps.TakeOld, Safe: true},
		dialog.Option{Key: "n", Label: "the new one", ID: steps.TakeNew, Safe: true}), tone: style.Warn}
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		p.UndoChange(u)
		return p.Lines
	}
	q.on = func(ans dialog.Answer) tea.Cmd {
		if ans.ID == steps.TakeNew {
			take = append(slices.Clone(take), u.Step)
		}
		m.askUndoText(next, undos[1:], take)
		return nil
	}
	m.ask(q)
}
