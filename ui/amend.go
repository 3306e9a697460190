package ui

// The rule of this file: another text of the runbook is taken only after what
// it changes was shown, and what has been done keeps its undo unless a person
// says otherwise. What was not taken is not forgotten.

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// Text is the runbook's file as it is on disk now: another text than the run's,
// the run's own again, or one with an error.
type Text struct {
	Book  *steps.Runbook // its environment applied; nil where the text has an error
	Wrong string         // the first error
	// Untried says what of it is new and was never rehearsed on real hosts.
	Untried string
}

// textMsg is the runbook's file after a change.
type textMsg Text

// edited keeps what is on disk and offers it.
func (m *model) edited(t Text) {
	m.text = t
	if m.kase != nil {
		m.wish()
	}
	if t.Book != nil {
		m.later("amend", func() { m.askAmend(m.offered(), nil) })
	}
}

// offered is the text that may be taken, or nil.
func (m *model) offered() *steps.Runbook {
	if m.text.Book == nil || m.text.Book.Hash == m.kase.Book.Hash {
		return nil
	}
	return m.text.Book
}

// wish lists what wants a person, the runbook's file at the end.
func (m *model) wish() {
	m.wishes = pane.Attention(m.kase, m.snap.Frozen, m.servers)
	switch {
	case m.text.Wrong != "":
		m.wishes = append(m.wishes, pane.Wish{Text: "the runbook's file has an error, the run keeps its text: " + m.text.Wrong,
			Hint: "mend the file", Tone: style.Warn})
	case m.offered() != nil:
		m.wishes = append(m.wishes, pane.Wish{Text: "the runbook's file has another text than this run",
			Hint: ":amend shows what it changes and takes it", Tone: style.Strong})
	}
}

// cmdAmend offers the text on disk again.
func (m *model) cmdAmend(_ []string, _ string) tea.Cmd {
	switch {
	case m.text.Wrong != "":
		m.say(style.Warn, "the runbook's file has an error: "+m.text.Wrong)
	case m.offered() == nil:
		m.say(style.Dim, "the runbook's file has the text of this run")
	}
	m.askAmend(m.offered(), nil)
	return nil
}

// askAmend shows what another text of the runbook would change. Take names the
// steps whose new undo is taken for what has been done. What stands in the way
// now is looked at again with every snapshot.
func (m *model) askAmend(next *steps.Runbook, take []string) {
	if next == nil {
		return
	}
	a := steps.Action{Verb: steps.Amend, Actor: m.kase.State.Driver, Take: take,
		Confirm: steps.Confirmation{Level: steps.Low, How: "key", By: m.kase.State.Driver}}
	q := &question{Dialog: dialog.New("amend", "THE RUNBOOK HAS CHANGED", "keep the old text",
		dialog.Option{Key: "y", Label: "take the new text", ID: "amend"}), tone: style.Warn}
	if len(m.kase.ChangedUndos(next)) > 0 {
		q.Options = append(q.Options, dialog.Option{Key: "u", Label: "choose the undos", ID: "undos", Safe: true})
	}
	var err error
	q.live = func() {
		c := m.snap.Case
		c.Next = next
		q.Options[1].Off = ""
		if _, err = steps.Decide(c, a); err != nil {
			q.Options[1].Off = inert(err.Error())
		}
	}
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		if err != nil {
			p.Toned(style.Danger, "refused", err.Error())
		}
		p.Text(style.Plain, "What is done, running or skipped stays as it was executed. What has not begun takes the new text. :amend asks this again.")
		if m.text.Book == next && m.text.Untried != "" {
			p.Text(style.Warn, m.text.Untried)
		}
		p.ChangedUndos(m.kase.ChangedUndos(next), take)
		p.Head("What changes")
		for _, l := range m.kase.Changes(next) {
			p.Text(style.Plain, l)
		}
		p.ScriptChanges(m.kase.Book, next)
		return p.Lines
	}
	run, ctx := m.run, m.ctx
	q.on = func(ans dialog.Answer) tea.Cmd {
		if ans.ID == "undos" {
			m.askUndoText(next, m.kase.ChangedUndos(next), nil)
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
