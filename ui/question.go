package ui

// The rule of this file: one question at a time, and a question that the
// program wants to ask waits until the operator has answered the one that is open.

import (
	tea "charm.land/bubbletea/v2"

	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// question is an open dialog: what is asked, what is shown with it, and what
// its answer leads to.
type question struct {
	*dialog.Dialog
	tone style.Tone
	body func(w int) []string
	live func() // after each snapshot
	on   func(dialog.Answer) tea.Cmd
	says string
	line bool // it is asked in the footer, not in a box
}

// ask opens a question because of a key.
func (m *model) ask(q *question) {
	m.asked = q
	if !q.line { // a line confirms nothing, and is typed at once
		m.guard.Open(m.opts.now(), false)
	}
	if q.live != nil {
		q.live()
	}
}

// later asks when no question is open, and by the rules for what the program
// asks by itself.
func (m *model) later(ask func()) {
	m.waiting = append(m.waiting, ask)
	m.askNext()
}

func (m *model) askNext() {
	for m.asked == nil && len(m.waiting) > 0 && m.kase != nil {
		next := m.waiting[0]
		m.waiting = m.waiting[1:]
		next()
		m.guard.Open(m.opts.now(), true)
	}
}

func (m *model) close() { m.asked = nil }

// answer gives a key to the open question.
func (m *model) answer(k dialog.Key) tea.Cmd {
	q := m.asked
	if !m.guard.Pass(k, q.Typing()) {
		return nil
	}
	q.says = ""
	a := q.HandleKey(k)
	q.says = a.Say
	if a.ID == "" {
		return nil
	}
	m.close()
	var cmd tea.Cmd
	if a.ID != dialog.Cancel && q.on != nil {
		cmd = q.on(a)
	}
	m.askNext()
	return cmd
}

// form is the open question as it is drawn.
func (q *question) form(w int) pane.Form {
	f := pane.Form{Title: q.Title, Tone: q.tone, Scroll: q.Scroll, Say: q.says}
	if q.body != nil {
		f.Body = q.body(pane.Inner(w))
	}
	for i, x := range q.Fields {
		f.Fields = append(f.Fields, pane.FormField{Label: x.Label, Value: x.Value, Want: x.Want, Note: x.Note, Focused: q.Focus == i})
	}
	for i, o := range q.Options {
		f.Options = append(f.Options, pane.FormOption{Key: o.Key, Label: o.Label, Off: o.Off,
			Highlighted: i == q.At && !q.Typing()})
	}
	return f
}
