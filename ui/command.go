package ui

// The rule of this file: the command line says nothing that keys could not
// lead to; a line that is not understood does nothing and says what is known.

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/style"
)

// command is one word of the command line.
type command struct {
	name, args, help string
	do               func(m *model, words []string, rest string) tea.Cmd
}

var commands []command

func init() { // the help of the screen lists them
	commands = []command{
		{"goto", "STEP [HOST]", "select a step", (*model).cmdGoto},
		{"phase", "PHASE", "select a phase", (*model).cmdPhase},
		{"note", "TEXT", "a note on the run", (*model).cmdNote},
		{"attach", "FILE [TEXT]", "keep a file that shows something, with a note on the selected step", (*model).cmdAttach},
		{"partner", "NAME", "name the second person", (*model).cmdPartner},
		{"as", "NAME", "somebody else drives from now on", (*model).cmdAs},
		{"accept", "PHASE REASON", "accept a phase with hosts left out", (*model).cmdAccept},
		{"rebind", "HOST REASON", "take a host as it is now", (*model).cmdRebind},
		{"wait", "HOST REASON", "stop waiting for a host that stays away", (*model).cmdWait},
		{"login", "", "try the servers that are down, and be asked what they want", (*model).cmdLogin},
		{"triggers", "[ID]", "what the triggers see", (*model).cmdTriggers},
		{"fire", "ID REASON", "say that a trigger's condition holds", (*model).cmdFire},
		{"override", "ID", "go on against a trigger that has fired", (*model).cmdOverride},
		{"amend", "", "what the runbook's file would change, and take it", (*model).cmdAmend},
		{"tour", "", "begin the tour of the keys, or end it", (*model).cmdTour},
		{"close", "[REASON]", "close the run; abandoned when it is not complete", (*model).cmdClose},
		{"q", "", "leave", func(m *model, _ []string, _ string) tea.Cmd { m.askLeave(); return nil }},
	}
}

// command asks for a line.
func (m *model) command() {
	q := &question{Dialog: &dialog.Dialog{Name: "command", Title: "Command", Sends: "run",
		Fields: []dialog.Field{{Label: ":", Optional: true, Past: m.history, Complete: m.complete}}}, line: true}
	q.on = func(a dialog.Answer) tea.Cmd { return m.obey(a.Values[0]) }
	m.ask(q)
}

// goesOn is what a line can go on with: what is known and begins with its last
// word. A line that ends with a blank has no last word yet.
func (m *model) goesOn(line string) []string {
	words := strings.Fields(line)
	if len(words) == 0 || strings.HasSuffix(line, " ") {
		return nil
	}
	var known []string
	if len(words) == 1 {
		for _, c := range commands {
			known = append(known, c.name)
		}
		for _, b := range keyMap {
			if _, ok := m.action(b.name()); ok {
				known = append(known, b.name())
			}
		}
	} else {
		for s := range m.kase.Book.Steps() {
			known = append(known, s.ID)
		}
		for _, p := range m.kase.Book.Phases {
			known = append(known, p.ID)
		}
		known = append(known, m.kase.Book.AllHosts()...)
		for _, t := range m.kase.Book.Triggers {
			known = append(known, t.ID)
		}
	}
	slices.Sort(known)
	last := words[len(words)-1]
	return slices.DeleteFunc(slices.Compact(known), func(k string) bool { return !strings.HasPrefix(k, last) })
}

// complete finishes the last word of a line as far as only one thing can be meant.
func (m *model) complete(line string) string {
	offered := m.goesOn(line)
	if len(offered) == 0 {
		return line
	}
	words := strings.Fields(line)
	stem := strings.TrimSuffix(line, words[len(words)-1])
	if len(offered) == 1 {
		return stem + offered[0] + " "
	}
	common := offered[0]
	for _, o := range offered {
		for !strings.HasPrefix(o, common) {
			common = common[:len(common)-1]
		}
	}
	return stem + common
}

// aboutTyped tells of a command line what it would do, or how it can go on.
func (m *model) aboutTyped(q *question) string {
	if q.Name != "command" {
		return ""
	}
	if text := m.aboutLine(q.Fields[0].Value); text != "" {
		return m.st.Paint(style.Dim, text)
	}
	return ""
}

func (m *model) aboutLine(line string) string {
	words, offered := strings.Fields(line), m.goesOn(line)
	if len(words) == 0 {
		return "an action by its name, or: goto  phase  note  partner"
	}
	if len(words) == 1 && len(offered) == 1 {
		words = offered
	}
	if b, ok := m.action(words[0]); ok && len(words) == 1 {
		return b.help + " (key " + m.hint(b).Key + ")"
	}
	for _, c := range commands {
		if c.name == words[0] {
			return strings.TrimSpace(c.args + "  " + c.help)
		}
	}
	return strings.Join(offered, "  ")
}

// obey carries out a line.
func (m *model) obey(line string) tea.Cmd {
	words := strings.Fields(strings.TrimPrefix(line, ":"))
	if len(words) == 0 {
		return nil
	}
	m.history = append(m.history, line)
	if b, ok := m.action(words[0]); ok && len(words) == 1 {
		return m.perform(b, ":"+words[0])
	}
	for _, c := range commands {
		if c.name == words[0] {
			return c.do(m, words[1:], strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(line, ":"), words[0])))
		}
	}
	switch i := slices.IndexFunc(keyMap, func(b binding) bool { return b.name() == words[0] }); {
	case i >= 0 && len(words) > 1:
		m.say(style.Warn, ":"+words[0]+" takes no words: it is about the selected row")
	case i >= 0:
		m.say(style.Dim, ":"+words[0]+" does nothing here; it is for "+keyMap[i].in.String())
	default:
		var known []string
		for _, c := range commands {
			known = append(known, c.name)
		}
		m.say(style.Warn, "there is no :"+words[0]+"; known are "+strings.Join(known, " ")+", and every action of the help by its word")
	}
	return nil
}

// action is an action of the key map by its name, where it has a meaning in the
// focused pane.
func (m *model) action(name string) (binding, bool) {
	here := m.here()
	for _, b := range keyMap {
		if b.name() == name && b.in&here != 0 && b.do != nil && b.word != "command" {
			return b, true
		}
	}
	return binding{}, false
}

// after cuts the first word off a text.
func after(rest string, words []string) string {
	if len(words) == 0 {
		return ""
	}
	return strings.TrimSpace(strings.TrimPrefix(rest, words[0]))
}

// need says how a command is written when a word of it is missing.
func (m *model) need(name string, words []string, n int) bool {
	if len(words) >= n {
		return true
	}
	for _, c := range commands {
		if c.name == name {
			m.say(style.Warn, "write :"+c.name+" "+c.args)
		}
	}
	return false
}

func (m *model) cmdGoto(words []string, _ string) tea.Cmd {
	if !m.need("goto", words, 1) {
		return nil
	}
	s := m.kase.Book.Step(words[0])
	if s == nil {
		m.say(style.Warn, fmt.Sprintf("there is no step %q", words[0]))
		return nil
	}
	t := steps.Task{Step: s.ID, Host: s.TaskHosts()[0]}
	if len(words) > 1 {
		t.Host = words[1]
	}
	if !m.goToTask(t) {
		m.say(style.Warn, t.String()+" is not in the tree")
	}
	return nil
}

func (m *model) cmdPhase(words []string, _ string) tea.Cmd {
	if !m.need("phase", words, 1) {
		return nil
	}
	for i, r := range m.rows {
		if r.Group && r.Depth == 0 && r.ID.Phase == words[0] {
			m.moveTo(i)
			return nil
		}
	}
	m.say(style.Warn, fmt.Sprintf("there is no phase %q", words[0]))
	return nil
}

func (m *model) cmdNote(words []string, rest string) tea.Cmd {
	if !m.need("note", words, 1) {
		return nil
	}
	return m.submit(nil, steps.Action{Verb: steps.Note, Value: rest})
}

func (m *model) cmdAttach(words []string, rest string) tea.Cmd {
	run, ok := m.run.(Attacher)
	switch {
	case !ok:
		m.say(style.Dim, "this run keeps no files")
		return nil
	case !m.need("attach", words, 1):
		return nil
	}
	t, _ := m.task()
	ctx, text := m.ctx, after(rest, words)
	return func() tea.Msg {
		return doneMsg{action: steps.Action{Verb: "attach " + steps.Verb(words[0]) + " to", Task: t}, err: run.Attach(ctx, t, words[0], text)}
	}
}

func (m *model) cmdPartner(words []string, rest string) tea.Cmd {
	if !m.need("partner", words, 1) {
		return nil
	}
	return m.submit(nil, steps.Action{Verb: steps.Drive, Actor: m.kase.State.Driver, Partner: rest})
}

func (m *model) cmdAs(words []string, rest string) tea.Cmd {
	if !m.need("as", words, 1) {
		return nil
	}
	partner := m.kase.State.Partner
	if partner == rest { // they change places
		partner = m.kase.State.Driver
	}
	return m.submit(nil, steps.Action{Verb: steps.Drive, Actor: rest, Partner: partner})
}

func (m *model) cmdAccept(words []string, rest string) tea.Cmd {
	if !m.need("accept", words, 2) {
		return nil
	}
	return m.submit(nil, steps.Action{Verb: steps.Accept, Phase: words[0], Reason: after(rest, words)})
}

func (m *model) cmdRebind(words []string, rest string) tea.Cmd {
	if !m.need("rebind", words, 2) {
		return nil
	}
	run, ctx, host := m.run, m.ctx, words[0]
	a := steps.Action{Verb: steps.Rebind, Host: host, Reason: after(rest, words), Actor: m.kase.State.Driver}
	return func() tea.Msg { return doneMsg{action: a, err: run.Rebind(ctx, host, a)} }
}

func (m *model) cmdWait(words []string, rest string) tea.Cmd {
	if !m.need("wait", words, 2) {
		return nil
	}
	return m.submit(nil, steps.Action{Verb: steps.StopWaiting, Host: words[0], Reason: after(rest, words)})
}

func (m *model) cmdLogin([]string, string) tea.Cmd {
	if m.opts.Login == nil {
		m.say(style.Dim, "there is no server to log in to")
		return nil
	}
	return tea.Exec(m.opts.Login(), func(err error) tea.Msg { return pagedMsg{err} })
}

func (m *model) cmdClose(_ []string, rest string) tea.Cmd {
	return m.submit(func(m *model) { m.say(style.Strong, m.st.Keyed("the run is closed; {leave} leaves")) }, steps.Action{Verb: steps.Close, Reason: rest})
}
