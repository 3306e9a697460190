package ui

// The rule of this file: what concerns the whole screen is asked like anything
// else. Leaving stops nothing, and says what goes on.

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// askInputs asks for every value that the runbook wants at the start.
func (m *model) askInputs() {
	open := m.kase.OpenInputs()
	if len(open) == 0 {
		return
	}
	q := &question{Dialog: dialog.New("inputs", "VALUES that this run needs", "later")}
	for _, name := range open {
		v := m.kase.Book.Vars[name]
		f := dialog.Field{Label: inert(name), Note: inert(v.Ask), Check: v.Accepts}
		if m.kase.Book.Kind == steps.Embedded {
			f.Value = v.Rehearsal
		}
		q.Fields = append(q.Fields, f)
	}
	q.Sends = "answer"
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		p.Text(style.Plain, "Nothing starts before they are there. Enter goes on to the next, on the last one it records them; they cannot be changed once work has begun.")
		return p.Lines
	}
	q.on = func(a dialog.Answer) tea.Cmd {
		var acts []steps.Action
		for i, name := range open {
			acts = append(acts, steps.Action{Verb: steps.Answer, Name: name, Value: a.Values[i]})
		}
		return m.submit(nil, acts...)
	}
	m.ask(q)
}

// askLeave says what goes on without the screen.
func (m *model) askLeave() {
	q := &question{Dialog: dialog.New("leave", "LEAVE the console?", "stay",
		dialog.Option{Key: "y", Label: "leave", ID: "leave", Bare: true})}
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		var goesOn []string
		for _, t := range m.kase.State.Busy("") {
			goesOn = append(goesOn, m.kase.Under(t)+m.without(t))
		}
		for t, ts := range m.kase.State.Tasks {
			if ts.Status == steps.TaskOpen && ts.Kind == steps.Soak {
				goesOn = append(goesOn, t.String()+" "+m.soakUnseen(t))
			}
		}
		if q := m.kase.State.Sequence; q != nil {
			goesOn = append(goesOn, "the sequence over "+q.Scope.String()+" ends with this console: what has started goes on, nothing after it is begun")
		}
		if m.kase.State.Rollback != nil {
			goesOn = append(goesOn, "the rollback stays open; it goes no further until it is told to")
		}
		slices.Sort(goesOn)
		for _, line := range goesOn {
			p.Text(style.Warn, line)
		}
		if len(goesOn) == 0 {
			p.Text(style.Plain, "Nothing is running.")
		}
		p.Text(style.Plain, m.comingBack())
		return p.Lines
	}
	q.on = func(dialog.Answer) tea.Cmd {
		m.leaves = true
		return tea.Quit
	}
	m.ask(q)
}

// comingBack says what the command does next time.
func (m *model) comingBack() string {
	if m.kase.State.Closed != nil {
		return "The run is closed. The same command begins a new one; belay report tells about this one."
	}
	return "Nothing new is started, and nothing is stopped. The same command takes the run up again."
}

// without says what becomes of a task that is under way while no console is there.
func (m *model) without(t steps.Task) string {
	if a := m.kase.State.Task(t).Attempt(); a != nil && a.Stage == steps.TaskVerifying {
		return "; nobody looks for its proof meanwhile, the next console begins anew"
	}
	return "; it goes on without this console"
}

// soakUnseen says what leaving means to an open soak.
func (m *model) soakUnseen(t steps.Task) string {
	text := "does not count as green while nobody looks"
	if end := m.kase.SoakDeadline(t); !end.IsZero() {
		text += fmt.Sprintf(", but its deadline at %s goes on; if it passes, the soak is not failed: it waits for your word",
			end.In(m.kase.Now.Location()).Format("15:04"))
	}
	return text
}

// attention lists what wants a person; a key goes there.
func (m *model) attention() {
	q := &question{Dialog: dialog.New("attention", "WHAT WANTS A PERSON", "close")}
	wishes := m.wishes
	for i, w := range wishes {
		if i < 9 && (!w.Task.Zero() || w.Host != "" || w.Row != (pane.ID{}) || w.Trigger != "") {
			q.Options = append(q.Options, dialog.Option{Key: fmt.Sprint(i + 1), Label: "go to " + fmt.Sprint(i+1), ID: fmt.Sprint(i), Safe: true})
		}
	}
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		if len(wishes) == 0 {
			p.Text(style.Plain, "No trouble, and no question.")
			p.Text(style.Plain, m.standing())
		}
		for i, x := range wishes {
			p.Toned(x.Tone, fmt.Sprint(i+1), x.Text)
			p.Toned(style.Dim, "", m.st.Keyed(x.Hint))
		}
		return p.Lines
	}
	q.on = func(a dialog.Answer) tea.Cmd {
		for i, w := range wishes {
			if fmt.Sprint(i) != a.ID {
				continue
			}
			switch {
			case w.Trigger != "":
				m.askTrigger(w.Trigger)
			case w.Row != (pane.ID{}):
				m.goToRow(w.Row)
			case w.Host != "":
				m.goTo(focus{serverPart, w.Host})
			case !w.Task.Zero():
				m.goToTask(w.Task)
			}
		}
		return nil
	}
	m.ask(q)
}

// standing says how the run stands, by what "belay status" says it by.
func (m *model) standing() string {
	code, why := m.kase.Outcome(nil)
	switch {
	case m.kase.State.Closed != nil:
		return "The run was " + m.kase.ClosedWords() + ". Nothing waits for anybody."
	case code != steps.CodeDone:
		return "It waits for you: " + why + "."
	case why != "":
		return "It goes on by itself: " + why + "."
	}
	return "Every phase is finished: close the run with :close."
}

// dump saves the screen as text.
func (m *model) dump() tea.Cmd {
	if m.opts.Save == nil {
		m.say(style.Dim, "there is nowhere to save the screen to")
		return nil
	}
	save, text := m.opts.Save, ansi.Strip(strings.Join(m.lines, "\n"))+"\n"
	return func() tea.Msg {
		name, err := save(text)
		if err != nil {
			return doneMsg{err: fmt.Errorf("save the screen: %w", err)}
		}
		return doneMsg{action: steps.Action{Verb: "screen saved in", Name: name}}
	}
}
