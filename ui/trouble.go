package ui

// The rule of this file: when something goes wrong the default is to hold. What
// can be done about it is one key away, and each leads to its own question.

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// askFailure opens when a task fails, or on Enter.
func (m *model) askFailure(t steps.Task) {
	ts, s, host := m.kase.State.Task(t), m.kase.Step(t), inert(t.Host)
	options := []dialog.Option{
		m.option("r", "retry", "retry", steps.Action{Verb: steps.Retry, Task: t}),
		m.option("V", "verify again", "verify", steps.Action{Verb: steps.VerifyAgain, Task: t}),
		m.option("s", "skip", "skip", steps.Action{Verb: steps.Skip, Task: t}),
		m.option("m", "mark done", "mark", steps.Action{Verb: steps.MarkDone, Task: t}),
		m.option("u", "undo it", "undo", steps.Action{Verb: steps.UndoTask, Task: t}),
		m.option("X", "exclude "+host, "exclude", steps.Action{Verb: steps.Exclude, Host: t.Host, Phase: s.Phase, Name: s.Block}),
		m.option("R", "undo all of "+host, "back", steps.Action{Verb: steps.OpenRollback, Scope: steps.Scope{Host: t.Host}}),
	}
	if ts.Status == steps.TaskUndoFailed {
		options = []dialog.Option{
			m.option("r", "retry the undo", "retry", steps.Action{Verb: steps.Retry, Task: t}),
			m.option("m", "mark undone", "mark", steps.Action{Verb: steps.MarkUndone, Task: t}),
			m.option("l", "leave it, not restored", "leave", steps.Action{Verb: steps.LeaveUndo, Task: t}),
		}
	}
	copies := dialog.Option{Key: "c", Label: "copy the ssh line", ID: "copy", Safe: true}
	if m.ssh(t.Host) == "" {
		copies.Off = "no ssh line leads to " + host
	}
	q := &question{Dialog: dialog.New("failure", inert(fmt.Sprintf("%s: %s on %s", upper(ts.Status), s.Title, t.Host)), "hold",
		append(options, copies)...), tone: style.Danger}
	q.about = aboutTask(t, ts.Status)
	q.body = func(w int) []string { return m.whatHappened(t, w, m.room(q)) }
	q.on = func(a dialog.Answer) tea.Cmd { return m.afterFailure(t, a.ID) }
	m.readsLog(q, t)
	m.ask(q)
}

// option is an answer that leads to an action's own question; it is greyed with
// the reason when the action would be refused.
func (m *model) option(key, label, id string, a steps.Action) dialog.Option {
	return dialog.Option{Key: key, Label: label, ID: id, Safe: true, Off: pane.WhyNot(m.kase.Case, a)}
}

func (m *model) afterFailure(t steps.Task, id string) tea.Cmd {
	switch id {
	case "retry":
		return m.propose(steps.Action{Verb: steps.Retry, Task: t})
	case "verify":
		return m.propose(steps.Action{Verb: steps.VerifyAgain, Task: t})
	case "undo":
		return m.propose(steps.Action{Verb: steps.UndoTask, Task: t})
	case "skip":
		m.askSkip(t.String(), []steps.Task{t})
	case "mark":
		m.askMark(t)
	case "exclude":
		return m.askExclude(t)
	case "back":
		return m.askRollback(steps.Scope{Host: t.Host})
	case "leave":
		m.askReason("leave it", "LEAVE "+t.String()+" as it is (the report says: not restored)", "leave it",
			m.about(t), steps.Action{Verb: steps.LeaveUndo, Task: t})
	case "copy":
		return m.copy(m.ssh(t.Host), m.ssh(t.Host)+"\n")
	}
	return nil
}

func (m *model) ssh(host string) string {
	if m.opts.SSH == nil || host == steps.LocalHost {
		return ""
	}
	return m.opts.SSH(host)
}

// Lines of an output in a question: at least, and where there is room.
const (
	tailLeast = 4
	tailMost  = 40
)

// whatHappened shows why a task is in trouble and its exit code, how to get
// there, and then as much of the end of its output as room lines hold. The rest
// is below.
func (m *model) whatHappened(t steps.Task, w, room int) []string {
	p, ts := pane.NewPage(w, m.st), m.kase.State.Task(t)
	p.Toned(style.Danger, "because", or(ts.Reason, "no reason was given"))
	a := ts.Attempt()
	if a != nil {
		p.Toned(style.Strong, "exit", m.exitOf(t, a))
	}
	p.Field("ssh", m.ssh(t.Host))
	bad, good := pane.ByColour(ts.Evidence)
	p.Readings(bad[:min(2, len(bad))], m.kase.Now)
	rest := pane.NewPage(w, m.st)
	rest.Readings(append(bad[min(2, len(bad)):], good...), m.kase.Now)
	if a != nil {
		rest.Field("attempt", a.ID)
		if m.opts.LogFile != nil {
			rest.Field("log", m.opts.LogFile(a.ID))
		}
	}
	if ts.Status.Trouble() && !ts.Released {
		rest.Field("holds", m.holds(t))
	}
	p.Lines = append(p.Lines, m.st.Paint(style.Strong, "End of its output"))
	lines := append(p.Lines, m.outputEnd(t, w, max(tailLeast, min(room-len(p.Lines), tailMost)))...)
	return append(append(lines, ""), rest.Lines...)
}

// holds says what a task in trouble keeps from starting.
func (m *model) holds(t steps.Task) string {
	if s := m.kase.Step(t); len(s.Batch) > 0 {
		return fmt.Sprintf("its host in this phase; with more than %d of %d hosts in trouble, all of its batches; other phases go on",
			s.MaxFailures, len(s.TaskHosts()))
	}
	return "its host in this phase, and its block where it has one; other phases go on"
}

// exitOf says how an attempt ended.
func (m *model) exitOf(t steps.Task, a *steps.Attempt) string {
	text := "no exit code"
	if a.HasCode {
		text = fmt.Sprintf("code %d", a.Code)
	}
	text += fmt.Sprintf(", attempt %d", a.N)
	if d, ok := m.kase.Elapsed(t); ok {
		text += ", after " + pane.Clock(d)
	}
	if a.Left > 0 {
		text += fmt.Sprintf(", %d processes still alive", a.Left)
	}
	return text
}

// outputEnd is the end of a task's output, in at most h lines.
func (m *model) outputEnd(t steps.Task, w, h int) []string {
	ring := m.run.Output(t)
	if ring == nil {
		p := pane.NewPage(w, m.st)
		p.Text(style.Dim, "there is none that this console could read; its log file has what there is")
		return p.Lines
	}
	first, next := ring.Span()
	if first == next {
		return []string{m.st.Paint(style.Dim, "it printed nothing")}
	}
	lines := pane.Log{Ring: ring}.Lines(pane.LogView{Wrap: true}, w, h, m.st)
	for len(lines) > 1 && strings.TrimSpace(ansi.Strip(lines[len(lines)-1])) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func upper(s steps.Status) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// resolve asks what became of the selected unknown task.
func (m *model) resolve() {
	t, ok := m.task()
	if !ok {
		return
	}
	if st := m.kase.State.Task(t).Status; st != steps.TaskUnknown && st != steps.TaskUndoUnknown {
		m.say(style.Dim, fmt.Sprintf("%s %s; only what is unknown is resolved", t, m.kase.Stands(t)))
		return
	}
	m.askResolve(t)
}

// askResolve offers to look first, then takes a person's word with a reason.
func (m *model) askResolve(t steps.Task) {
	answer := ""
	q := &question{Dialog: dialog.New("resolve", inert("UNKNOWN: "+m.kase.Step(t).Title+" on "+t.Host), "leave it unknown"),
		about: aboutTask(t, m.kase.State.Task(t).Status), tone: style.Danger}
	if _, can := m.run.(Looker); can {
		q.Options = append(q.Options, dialog.Option{Key: "l", Label: "look: ask the host, change nothing", ID: "look", Safe: true})
	}
	q.Options = append(q.Options,
		dialog.Option{Key: "d", Label: "it happened", ID: "happened", Safe: true},
		dialog.Option{Key: "n", Label: "it did not", ID: "not", Safe: true},
		dialog.Option{Key: "p", Label: "it happened partly", ID: "partly", Safe: true})
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		p.Text(style.Plain, "It may have happened, and nobody can prove it. Nothing is tried again before a person says what became of it.")
		p.Toned(style.Strong, "host says", answer)
		return append(p.Lines, m.whatHappened(t, w, m.room(q)-len(p.Lines))...)
	}
	q.on = func(a dialog.Answer) tea.Cmd {
		if a.ID != "look" {
			m.askReason("resolve", "RESOLVE "+t.String()+": "+q.label(a.ID)+" (say how you know)", "that is so", q.body,
				steps.Action{Verb: steps.Resolve, Task: t, Value: a.ID})
			return nil
		}
		answer = "asking"
		m.ask(q)
		look, ctx := m.run.(Looker), m.ctx
		return func() tea.Msg {
			text, err := look.Look(ctx, t)
			if err != nil {
				text = "no answer: " + err.Error()
			}
			return toldMsg{&answer, tail.Inert(text)}
		}
	}
	m.readsLog(q, t)
	m.ask(q)
}

// cancel asks whether to stop what is running of the selected row.
func (m *model) cancel() {
	if t, ok := m.task(); ok {
		m.askCancel(t)
	}
}

func (m *model) askCancel(t steps.Task) {
	if _, err := m.decide(steps.Action{Verb: steps.CancelTask, Task: t}); err != nil {
		m.refused(err)
		return
	}
	q := &question{Dialog: dialog.New("cancel", inert("CANCEL "+m.kase.Step(t).Title+" on "+t.Host), "let it run",
		dialog.Option{Key: "y", Label: "cancel it", ID: "stop"}), tone: style.Danger}
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		p.Text(style.Strong, m.kase.Under(t))
		if a := m.kase.State.Task(t).Attempt(); a != nil && a.Stage == steps.TaskVerifying {
			p.Text(style.Plain, "Its script has ended, and nothing is sent to the host: only the look for its proof is given up. It then reads failed, not proven; "+m.st.Keyed("{verify again} looks again, ")+m.wayBack(t)+".")
		} else {
			p.Text(style.Plain, "TERM is sent to every process of it, and KILL to what is left after a while. It may then be half done; "+m.wayBack(t)+".")
		}
		p.Head("End of its output")
		p.Lines = append(p.Lines, m.outputEnd(t, w, tailLeast*2)...)
		return p.Lines
	}
	q.on = func(dialog.Answer) tea.Cmd { return m.submit(nil, steps.Action{Verb: steps.CancelTask, Task: t}) }
	m.readsLog(q, t)
	m.ask(q)
}

// wayBack says what can be done about a task that may be half done.
func (m *model) wayBack(t steps.Task) string {
	switch s := m.kase.Step(t); {
	case s.Kind == steps.Edit || s.Undo != nil:
		return "its undo is offered"
	case s.Danger > steps.None:
		return "it has no undo: " + or(s.NoUndo, "the runbook gives none")
	}
	return "it is of danger none, and changes nothing"
}
