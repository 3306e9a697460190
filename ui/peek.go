package ui

// The rule of this file: what a question shows that a host has to be asked for
// is read once the question stands, and the question does not wait for it.

import (
	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/pane"
)

// begin gives the command that the open question begins with, once.
func (m *model) begin() tea.Cmd {
	if m.asked == nil {
		return nil
	}
	cmd := m.asked.begin
	m.asked.begin = nil
	return cmd
}

// toldMsg is text that was fetched for an open dialog.
type toldMsg struct {
	into *string
	text string
}

func (m *model) told(t toldMsg) { *t.into = t.text }

// peek reads the file that an edit or its undo would change, for the diff.
func (m *model) peek(t steps.Task, undo bool, into *string) tea.Cmd {
	s := m.kase.Step(t)
	if s.Kind != steps.Edit || s.File == nil {
		return nil
	}
	p, ok := m.run.(Peeker)
	if !ok {
		*into = pane.Unread(s, undo, nil)
		return nil
	}
	ctx := m.ctx
	return func() tea.Msg {
		now, err := p.Peek(ctx, t)
		if err == nil && !undo {
			return toldMsg{into, pane.Diff(s, now)}
		}
		var was []byte
		if err == nil {
			was, err = p.PeekKept(ctx, t)
		}
		if err != nil {
			return toldMsg{into, pane.Unread(s, undo, err)}
		}
		return toldMsg{into, pane.DiffBack(s, now, was)}
	}
}
