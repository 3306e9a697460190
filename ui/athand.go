package ui

// The rule of this file: help is one key away, on every screen, and reading it
// changes nothing.

import (
	"belay/ui/dialog"
	"belay/ui/pane"
)

// atHand shows whom to call, what is known, and where to read on.
func (m *model) atHand() {
	q := &question{Dialog: dialog.New("at hand", "AT HAND: contacts, escalation, known troubles, links", "close")}
	q.body = func(w int) []string { return pane.AtHand(m.kase, w, m.st) }
	m.ask(q)
}
