package ui

// The rule of this file: one question at a time, and a question that the
// program wants to ask waits until the operator has answered the one that is open.

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// question is an open dialog: what is asked, what is shown with it, and what
// its answer leads to.
type question struct {
	*dialog.Dialog
	about string // what it is about, where the program may want to ask the same
	tone  style.Tone
	body  func(w int) []string
	begin tea.Cmd // reads what the body shows, once it is asked
	live  func()  // after each snapshot
	on    func(dialog.Answer) tea.Cmd
	says  string
	line  bool // it is asked in the footer, not in a box
}

// ask opens a question because of a key.
func (m *model) ask(q *question) {
	m.asked = q
	m.waiting = slices.DeleteFunc(m.waiting, func(w wanted) bool { return q.about != "" && w.about == q.about })
	if !q.line { // a line confirms nothing, and is typed at once
		m.guard.Open(m.opts.now(), false)
	}
	if q.live != nil {
		q.live()
	}
}

// wanted is a question that the program wants to ask when none is open.
type wanted struct {
	about string
	ask   func()
}

// later asks when no question is open, and by the rules for what the program
// asks by itself. What an operator is being asked already is not asked again.
func (m *model) later(about string, ask func()) {
	if m.asked != nil && m.asked.about == about {
		return
	}
	m.waiting = append(slices.DeleteFunc(m.waiting, func(w wanted) bool { return w.about == about }), wanted{about, ask})
	m.askNext()
}

// What a question is about.
func aboutTask(t steps.Task, st steps.Status) string { return string(st) + " " + t.String() }
func aboutDeadline(t steps.Task) string              { return "deadline of " + t.String() }
func aboutTrigger(id string) string                  { return "trigger " + id }
func aboutHost(host string) string                   { return "roll back " + host }

func (m *model) askNext() {
	for m.asked == nil && len(m.waiting) > 0 && m.kase != nil {
		next := m.waiting[0]
		m.waiting = m.waiting[1:]
		next.ask()
		m.guard.Open(m.opts.now(), true)
	}
}

func (m *model) close() { m.asked = nil }

// answer gives a key to the open question.
func (m *model) answer(k dialog.Key) tea.Cmd {
	q := m.asked
	if !m.guard.Pass(k, q.Typing()) {
		q.says = tooSoon(k)
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

// tooSoon says of a key that it was dropped: nobody can have read the question,
// or it is the last one still held down.
func tooSoon(k dialog.Key) string {
	return k.Name + " came too soon to be meant, and was not taken: press it again"
}

// form is the open question as it is drawn.
func (q *question) form(w int) pane.Form {
	f := q.answers()
	if q.body != nil {
		f.Body = q.body(pane.Inner(w))
	}
	return f
}

// answers is the question without its body.
func (q *question) answers() pane.Form {
	f := pane.Form{Title: q.Title, Tone: q.tone, Scroll: q.Scroll, Say: q.says}
	for i, x := range q.Fields {
		f.Fields = append(f.Fields, pane.FormField{Label: x.Label, Value: x.Value, Want: x.Want, Note: x.Note, Focused: q.Focus == i})
	}
	for i, o := range q.Options {
		f.Options = append(f.Options, pane.FormOption{Key: o.Key, Label: o.Label, Off: o.Off,
			Highlighted: i == q.At && !q.Typing(), Later: i > 0 && q.Typing()})
	}
	switch at := min(1, len(f.Options)); {
	case q.Typing():
		f.Options = slices.Insert(f.Options, at, q.way())
	case len(q.Fields) > 0:
		f.Options = append(f.Options, q.way())
	}
	return f
}

// label is how an answer reads.
func (q *question) label(id string) string {
	for _, o := range q.Options {
		if o.ID == id {
			return o.Label
		}
	}
	return id
}

// way is the key that leads from a text to the answers, or back to it: while a
// text is focused, the keys of the answers are letters of it.
func (q *question) way() pane.FormOption {
	enter := pane.FormOption{Key: "Enter"}
	switch q.Enter() {
	case dialog.NoText:
		return pane.FormOption{Key: "Tab", Label: "to the text"}
	case dialog.ToNext:
		enter.Label = "goes on to the next text"
	case dialog.ToAnswer:
		enter.Label = "leaves the text"
		if len(q.Options) > 1 {
			enter.Label += ", then:"
		}
	case dialog.Sends:
		enter.Label = "records it"
		if q.Fields[q.Focus].Want != "" {
			enter.Label = "confirms, once the words stand there exactly"
		}
	}
	return enter
}
