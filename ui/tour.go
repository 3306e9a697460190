package ui

// The rule of this file: the tour teaches by what happens and not by what is
// pressed. A lesson is over when its situation was there and has passed,
// whichever way the operator took; no lesson stands in the way of a key, and
// none is told twice.

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"belay/ui/pane"
	"belay/ui/style"
)

// tourRows is how many lines the tour takes above the footer.
const tourRows = 2

// lesson is one thing that the tour tells.
type lesson struct {
	id   string // as it is kept with the view
	says string // words in braces become the keys that the map gives them
	here func(*model) bool
	met  func(*model) bool // nil: it is over when its situation has passed
}

// lessons in the order in which they are told: first what is asked or wrong now.
var lessons = []lesson{
	{"words", "What is dangerous wants words, not a key. Type them as they stand there, then Enter: only an exact match counts. Esc leaves it.",
		func(m *model) bool { q := m.asked; return q != nil && q.Typing() && q.Fields[q.Focus].Want != "" }, nil},
	{"failure", "It failed, and what comes after it is held until you decide. Read what it printed; waiting loses nothing. Esc decides nothing.", asked("failure"), nil},
	{"gate", "A gate shows what is true now, and how old that is. All green, it waits for a person's yes; red or stale, it stays shut.", asked("gate"), nil},
	{"plan", "The way back is computed from what really ran in this run. Read it to its end: nothing starts before you confirm it here.", asked("rollback", "plan"), nil},
	{"confirm", "Here stands all that would be sent, with its undo; j and k scroll. y does it, Esc does not. Enter confirms nothing, here or anywhere.", asked("confirm"), nil},
	{"read", "Where, what, with which values, how it is proven, and how it is taken back. j and k scroll. Esc closes it, and nothing was sent.", asked("preview"), nil},
	{"leave", "Leaving stops nothing: what runs on the servers goes on, and the same command brings you back. Esc stays.", asked("leave"), nil},
	{"trouble", "Something failed, and what needs it is held. {retry} tries again, {skip} leaves it out, {undo} takes it back, {roll back} goes back further. {attention} leads to it.",
		(*model).inTrouble, nil},
	{"back", "A rollback is under way: {execute} on its row goes on with it, and every undo is verified. {hold} holds it, {attention} tells what waits.",
		func(m *model) bool { return m.kase.State.Rollback != nil }, nil},
	{"log", "{follow} stands still or follows, {search} searches, {error} goes to the error before, {filter} keeps some lines only, {zoom} gives it the screen; {back} goes back.",
		func(m *model) bool { return m.asked == nil && m.focus.part == serverPart }, nil},
	{"select", "{down} and {up} move through the steps, and 2 Detail tells about the selected one. {next step} goes back to what is next.",
		always, func(m *model) bool { return m.moved }},
	{"preview", "{preview} shows what a step would send to a server, and sends nothing. Try it on any step.", always, func(m *model) bool { return m.isLearnt("read") }},
	{"execute", "{execute} executes the selected step. What changes nothing runs at once; the rest shows itself first and asks.", always, (*model).hasBegun},
	{"servers", "Each server has a pane with its log and its values. {servers} and the digits after it focus them, {next pane} goes around.", always,
		func(m *model) bool { return m.focus.part == serverPart }},
	{"group", "{group} goes to the row of the group around a step. {execute} there asks once and executes all of it, until something needs a person.", always,
		func(m *model) bool { return m.kase.State.Sequence != nil || m.kase.State.Stopped != nil }},
	{"rollback", "{roll back} shows how what was done would be taken back. Have a look before you need it; Esc leaves it.", (*model).hasBegun,
		func(m *model) bool { return m.isLearnt("plan") }},
	{"attention", "{attention} lists what wants a person, and leads there; the header counts it. {help} lists all keys, {command} takes words.", always,
		asked("attention", "help", "command")},
}

// closing stands there when all has been told.
const closing = "That was the tour. Go on to the end, or break something with --fault and go back. :tour takes this line away."

func always(*model) bool { return true }

// asked reports whether one of these questions is open.
func asked(names ...string) func(*model) bool {
	return func(m *model) bool { return m.asked != nil && slices.Contains(names, m.asked.Name) }
}

// inTrouble reports whether something has failed and no rollback is under way.
func (m *model) inTrouble() bool {
	if m.kase.State.Rollback != nil {
		return false
	}
	for _, ts := range m.kase.State.Tasks {
		if ts.Status.Trouble() {
			return true
		}
	}
	return false
}

// hasBegun reports whether anything was ever executed in this run.
func (m *model) hasBegun() bool {
	for _, ts := range m.kase.State.Tasks {
		if len(ts.Attempts) > 0 {
			return true
		}
	}
	return false
}

// tour is how far an operator has been led around.
type tour struct {
	on     bool
	learnt map[string]bool
	told   string // the lesson that is on the screen
}

func (m *model) isLearnt(id string) bool { return m.tour.learnt[id] }

// learn looks which lessons are over, and which is to be told now.
func (m *model) learn() {
	if !m.tour.on || m.kase == nil {
		return
	}
	told := ""
	for _, l := range lessons {
		switch here := l.here(m); {
		case m.isLearnt(l.id):
		case l.met != nil && l.met(m), l.met == nil && !here && l.id == m.tour.told:
			m.tour.learnt[l.id] = true
		case here && told == "" && (m.asked == nil || l.met == nil):
			told = l.id
		}
	}
	m.tour.told = told
}

// tourHeight is how many lines the tour takes now.
func (m *model) tourHeight() int {
	if !m.tour.on || m.w < leastW || m.h-tourRows < leastH {
		return 0
	}
	return tourRows
}

// guide gives the lines of the tour.
func (m *model) guide() []string {
	rows := m.tourHeight()
	if rows == 0 {
		return nil
	}
	text := closing
	for _, l := range lessons {
		if l.id == m.tour.told {
			text = m.st.Keyed(l.says)
		}
	}
	if m.tour.told == "" && len(m.tour.learnt) < len(lessons) {
		text = "Esc closes this question, and nothing is done. The tour goes on after it."
		if m.asked == nil {
			text = "Go on: the tour tells of gates, failures and the way back when they come. :tour takes this line away."
		}
	}
	lead := fmt.Sprintf(" tour %d/%d ", len(m.tour.learnt), len(lessons))
	room := m.w - len(lead) - 2
	out := make([]string, 0, rows)
	for i, l := range pane.Wrap(text, room) {
		if i > 0 {
			lead = strings.Repeat(" ", len(lead))
			out = append(out, lead+" "+l)
			continue
		}
		out = append(out, m.st.Focus.Render(lead)+" "+l)
	}
	return pane.Block(out, m.w, rows, m.st)
}

// cmdTour begins the tour, or ends it.
func (m *model) cmdTour([]string, string) tea.Cmd {
	m.tour.on = !m.tour.on
	said := "the tour is over; :tour begins it again"
	if m.tour.on {
		m.tour.learnt, said = map[string]bool{}, "the tour begins; :tour ends it"
	}
	m.say(style.Dim, said)
	return nil
}
