package ui

// The rule of this file: when something goes wrong the default is to hold. What
// can be done about it is one key away, and each leads to its own question.

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// askFailure opens when a task fails, or on Enter.
func (m *model) askFailure(t steps.Task) {
	ts := m.kase.State.Task(t)
	s := m.kase.Step(t)
	q := &question{Dialog: dialog.New("failure", inert(fmt.Sprintf("%s: %s on %s", upper(ts.Status), s.Title, t.Host)), "hold",
		m.option("r", "retry", "retry", steps.Action{Verb: steps.Retry, Task: t}),
		m.option("v", "verify again", "verify", steps.Action{Verb: steps.VerifyAgain, Task: t}),
		m.option("u", "undo", "undo", steps.Action{Verb: steps.UndoTask, Task: t}),
		m.option("s", "skip", "skip", steps.Action{Verb: steps.Skip, Task: t}),
		m.option("m", "mark done", "mark", steps.Action{Verb: steps.MarkDone, Task: t}),
		m.option("X", "exclude "+inert(t.Host), "exclude", steps.Action{Verb: steps.Exclude, Host: t.Host, Phase: s.Phase, Name: s.Block}),
	), tone: style.Danger}
	if ts.Status == steps.TaskUndoFailed {
		q.Options[5] = m.option("m", "mark undone", "mark", steps.Action{Verb: steps.MarkUndone, Task: t})
		q.Options[6] = m.option("l", "leave it, not restored", "leave", steps.Action{Verb: steps.LeaveUndo, Task: t})
	}
	if ssh := m.ssh(t.Host); ssh != "" {
		q.Options = append(q.Options, dialog.Option{Key: "c", Label: "copy the ssh line", ID: "copy", Safe: true})
	}
	q.about = aboutTask(t, ts.Status)
	q.body = m.whatHappened(t)
	q.on = func(a dialog.Answer) tea.Cmd { return m.afterFailure(t, a.ID) }
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
		m.askSkip([]steps.Task{t})
	case "mark":
		m.askMark(t)
	case "exclude":
		return m.askExclude(t)
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

// tailLines is how much of an output a dialog shows.
const tailLines = 12

// whatHappened shows why a task is in trouble, its exit code and the end of its
// output.
func (m *model) whatHappened(t steps.Task) func(w int) []string {
	return func(w int) []string {
		p := pane.NewPage(w, m.st)
		ts := m.kase.State.Task(t)
		p.Toned(style.Danger, "because", or(ts.Reason, "no reason was given"))
		if a := ts.Attempt(); a != nil {
			p.Field("attempt", a.ID)
			if a.HasCode {
				p.Field("exit", fmt.Sprintf("code %d", a.Code))
			}
			if m.opts.LogFile != nil {
				p.Field("log", m.opts.LogFile(a.ID))
			}
		}
		if k, held := m.kase.HeldBy(t); held && k == t || ts.Status.Trouble() && !ts.Released {
			p.Field("holds", "its host in this phase, and its block where it has one; other phases go on")
		}
		p.Field("ssh", m.ssh(t.Host))
		if len(ts.Evidence) > 0 {
			p.Head("Evidence")
			p.Readings(ts.Evidence, m.kase.Now)
		}
		p.Head("End of its output")
		p.Lines = append(p.Lines, m.outputEnd(t, w)...)
		return p.Lines
	}
}

func (m *model) outputEnd(t steps.Task, w int) []string {
	ring := m.run.Output(t)
	if ring == nil {
		return []string{m.st.Paint(style.Dim, "this console did not follow it; the log file has all of it")}
	}
	first, next := ring.Span()
	if first == next {
		return []string{m.st.Paint(style.Dim, "it printed nothing")}
	}
	l := pane.Log{Ring: ring}
	return l.Lines(pane.LogView{Wrap: true}, w, min(tailLines, int(next-first)), m.st)
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
	happened := m.whatHappened(t)
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		p.Text(style.Plain, "It may have happened, and nobody can prove it. Nothing is tried again before a person says what became of it.")
		p.Toned(style.Strong, "host says", answer)
		return append(p.Lines, happened(w)...)
	}
	q.on = func(a dialog.Answer) tea.Cmd {
		if a.ID != "look" {
			m.askReason("resolve", "RESOLVE "+t.String()+": "+a.ID+" (say how you know)", "that is so", q.body,
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
			p.Text(style.Plain, "Its script has ended, and nothing is sent to the host: only the look for its proof is given up. It then reads failed, not proven; V looks again, its undo is offered.")
		} else {
			p.Text(style.Plain, "TERM is sent to every process of it, and KILL to what is left after a while. It may then be half done; its undo is offered.")
		}
		p.Head("End of its output")
		p.Lines = append(p.Lines, m.outputEnd(t, w)...)
		return p.Lines
	}
	q.on = func(dialog.Answer) tea.Cmd { return m.submit(nil, steps.Action{Verb: steps.CancelTask, Task: t}) }
	m.ask(q)
}
