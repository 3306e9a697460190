package ui

// The rule of this file: a rollback is never one key. Its scope is chosen, its
// whole plan is shown, and every host's word is typed as the plan reaches it.

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// rollback offers the scopes of a new rollback, or what can be done about the
// one that is open.
func (m *model) rollback() {
	if m.kase.State.Rollback != nil {
		m.askOpenRollback()
		return
	}
	row, _ := m.row()
	scopes := map[string]steps.Scope{"run": {}}
	q := &question{Dialog: dialog.New("rollback", "ROLL BACK what? (below: the plan of the whole run)", "cancel",
		dialog.Option{Key: "r", Label: "the run", ID: "run", Safe: true}), tone: style.Warn}
	if row.ID.Phase != "" {
		scopes["phase"] = steps.Scope{Phase: row.ID.Phase}
		q.Options = append(q.Options, dialog.Option{Key: "p", Label: inert("phase " + row.ID.Phase), ID: "phase", Safe: true})
	}
	if t, ok := m.task(); ok && t.Host != steps.LocalHost {
		scopes["host"] = steps.Scope{Host: t.Host}
		q.Options = append(q.Options, dialog.Option{Key: "o", Label: inert("host " + t.Host), ID: "host", Safe: true})
	}
	busy := m.kase.State.Busy("")
	if len(busy) > 0 {
		q.Options = append(q.Options, dialog.Option{Key: "c", Label: inert("cancel " + busy[0].String()), ID: "stop", Safe: true})
	}
	q.body = func(w int) []string { return pane.Plan(m.kase, steps.Scope{}, w, m.st) }
	q.on = func(a dialog.Answer) tea.Cmd {
		if a.ID == "stop" {
			m.askCancel(busy[0])
			return nil
		}
		return m.askRollback(scopes[a.ID])
	}
	m.ask(q)
}

// askRollback shows the whole plan of a scope and takes a yes.
func (m *model) askRollback(sc steps.Scope) tea.Cmd {
	a := steps.Action{Verb: steps.OpenRollback, Scope: sc}
	if ref, err := m.decide(a); err != nil && (ref == nil || ref.Kind != steps.NeedsConfirm) {
		m.refused(err)
		return nil
	}
	q := &question{Dialog: dialog.New("plan", "ROLL BACK "+pane.ScopeName(sc)+": the whole plan", "cancel",
		dialog.Option{Key: "y", Label: "open this rollback", ID: "go"}), tone: style.Danger}
	q.Fields = []dialog.Field{{Label: reasonLabel}}
	q.body = func(w int) []string { return pane.Plan(m.kase, sc, w, m.st) }
	q.on = func(ans dialog.Answer) tea.Cmd {
		a.Reason = ans.Values[0]
		a.Confirm = steps.Confirmation{Level: steps.Low, How: "key", By: m.kase.State.Driver}
		return m.submit(nil, a)
	}
	m.ask(q)
	return nil
}

// askOpenRollback shows the plan of the open rollback and what can be done
// about it.
func (m *model) askOpenRollback() {
	r := m.kase.State.Rollback
	q := &question{Dialog: dialog.New("rollback", "ROLLBACK of "+pane.ScopeName(r.Scope), "close",
		dialog.Option{Key: "x", Label: "go on", ID: "go", Safe: true},
		dialog.Option{Key: "o", Label: "leave a host out that stays away", ID: "leave", Safe: true},
		dialog.Option{Key: "d", Label: "abandon it", ID: "abandon", Safe: true}), tone: style.Warn}
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		p.Toned(style.Warn, "waits", m.rollbackWaits())
		return append(p.Lines, pane.Plan(m.kase, r.Scope, w, m.st)...)
	}
	q.on = func(a dialog.Answer) tea.Cmd {
		switch a.ID {
		case "leave":
			m.askLeaveOut()
			return nil
		case "abandon":
			m.askReason("abandon", "ABANDON the rollback of "+pane.ScopeName(r.Scope), "abandon it",
				func(w int) []string { return pane.Plan(m.kase, r.Scope, w, m.st) }, steps.Action{Verb: steps.Abandon})
			return nil
		}
		return m.rollOn()
	}
	m.ask(q)
}

// rollbackWaits says what the open rollback waits for.
func (m *model) rollbackWaits() string {
	next := m.kase.RollbackNext()
	if len(next) == 0 {
		return "for nothing: all of it is done"
	}
	e := next[0]
	s := m.kase.Step(e.Task)
	text := pane.EntryText(s, e) + ": " + e.Do
	if host, ok := m.kase.Unconfirmed(); ok {
		text += "; the word for " + host + " is not typed yet"
	}
	if s.Undo != nil && s.Undo.Text != "" && e.Do == steps.DoByHand {
		text += ": " + s.Undo.Text
	}
	return text
}

// rollOn goes on with the open rollback: it asks for the next host's word, for
// what a person has to do, or lets it run.
func (m *model) rollOn() tea.Cmd {
	if m.kase.State.Rollback == nil {
		m.sayBack()
		return nil
	}
	if host, ok := m.kase.Unconfirmed(); ok {
		m.askHost(host)
		return nil
	}
	next := m.kase.RollbackNext()
	if len(next) == 0 {
		return m.submit(nil, steps.Action{Verb: steps.EndRollback})
	}
	for _, e := range next {
		ts := m.kase.State.Task(e.Task)
		switch {
		case e.Do == steps.DoResolve:
			m.askResolve(e.Task)
			return nil
		case e.Do == steps.DoByHand:
			m.goToEntry(e)
			m.askMark(e.Task)
			return nil
		case ts.Status == steps.TaskOpen:
			m.askOpen(e.Task)
			return nil
		case ts.Status == steps.TaskUndoFailed, ts.Status.Trouble() && e.Do == steps.DoExecute:
			m.askFailure(e.Task)
			return nil
		case e.Do == steps.DoExecute && m.kase.Step(e.Task).Person() && !ts.Status.Busy():
			return m.propose(steps.Action{Verb: steps.Execute, Task: e.Task})
		}
	}
	run, ctx := m.run, m.ctx
	return func() tea.Msg {
		return doneMsg{action: steps.Action{Verb: "go on with the rollback"}, err: run.Roll(ctx)}
	}
}

func (m *model) goToEntry(e steps.Entry) {
	for i, r := range m.rows {
		if r.ID.Rollback && r.Task == e.Task && r.ID.Entry == e.Part {
			m.moveTo(i)
		}
	}
}

// askHost asks for the word of one host of the open rollback.
func (m *model) askHost(host string) {
	sc := m.kase.State.Rollback.Scope
	level := m.kase.HostLevel(sc, host)
	diffs, reads := map[steps.Task]*string{}, []tea.Cmd{}
	for _, e := range m.kase.UndoPlan(sc) {
		if e.Task.Host == host && !e.Done {
			diffs[e.Task] = new(string)
			reads = append(reads, m.peek(e.Task, e.Part == steps.PartUndo, diffs[e.Task]))
		}
	}
	m.askConsent(consent{
		action: steps.Action{Verb: steps.ConfirmHost, Host: host}, level: level,
		phrase: m.kase.Phrase(level, []steps.Task{{Host: host}}),
		about:  aboutHost(host),
		title:  fmt.Sprintf("ROLL BACK %s (%s), of the rollback of %s", inert(host), level, pane.ScopeName(sc)),
		begin:  tea.Batch(reads...),
		body: func(w int) []string {
			return pane.HostPart(m.kase, sc, host, func(t steps.Task) string {
				if d, ok := diffs[t]; ok {
					return *d
				}
				return pane.Unread(m.kase.Step(t), true, nil)
			}, w, m.st)
		},
	})
}

// askLeaveOut leaves the host that the rollback waits for out of it.
func (m *model) askLeaveOut() {
	next := m.kase.RollbackNext()
	if len(next) == 0 {
		m.say(style.Dim, "the rollback waits for no host")
	}
	for _, e := range next {
		a := steps.Action{Verb: steps.LeaveOut, Host: e.Task.Host}
		ref, err := m.decide(a)
		if ref == nil || ref.Kind != steps.NeedsReason {
			m.refused(err)
			continue
		}
		m.askReason("leave out", "LEAVE "+e.Task.Host+" OUT (its undos read: not restored)", "leave it out", nil, a)
		return
	}
}
