package ui

// The rule of this file: what a key would start is asked of package steps
// first. The refusal says what is still missing, and that alone is asked for.

import (
	"errors"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// execute does what x means on the selected row.
func (m *model) execute() tea.Cmd {
	row, ok := m.row()
	switch {
	case !ok:
		return nil
	case len(m.kase.OpenInputs()) > 0:
		m.askInputs()
		return nil
	case row.ID.Rollback:
		return m.rollOn()
	case row.Task.Zero():
		return m.executeGroup(row)
	}
	return m.executeTask(row.Task)
}

func (m *model) executeTask(t steps.Task) tea.Cmd {
	ts := m.kase.State.Task(t)
	switch {
	case ts.Status == steps.TaskOpen:
		m.askOpen(t)
		return nil
	case ts.Status == steps.TaskUnknown || ts.Status == steps.TaskUndoUnknown:
		m.askResolve(t)
		return nil
	case ts.Status.Trouble():
		m.askFailure(t)
		return nil
	}
	return m.propose(steps.Action{Verb: steps.Execute, Task: t})
}

// executeGroup proposes all that is not finished of a group, as one sequence.
func (m *model) executeGroup(row pane.Row) tea.Cmd {
	var tasks []steps.Task
	for _, t := range row.Tasks {
		if st := m.kase.State.Task(t).Status; !st.Finished() && m.kase.Step(t).Left == "" {
			tasks = append(tasks, t)
		}
	}
	if len(tasks) == 0 {
		m.say(style.Dim, row.Text+": all of it is finished")
		return nil
	}
	left := slices.DeleteFunc(slices.Clone(tasks), m.kase.Passed)
	if len(left) == 0 {
		left = tasks
	}
	if t := m.kase.Foremost(left); m.kase.State.Task(t).Status.Trouble() || m.kase.State.Task(t).Status == steps.TaskOpen {
		return m.executeTask(t)
	}
	if why := m.firstBar(left); why != "" {
		m.say(style.Warn, why)
		return nil
	}
	if len(tasks) == 1 || m.kase.Alone(left[0]) != "" {
		return m.propose(steps.Action{Verb: steps.Execute, Task: left[0]})
	}
	scope := steps.Scope{Phase: row.ID.Phase, Host: row.ID.Host}
	return m.propose(steps.Action{Verb: steps.Sequence, Scope: scope, Tasks: tasks})
}

// firstBar says why the first task of a sequence could not start.
func (m *model) firstBar(tasks []steps.Task) string {
	for _, t := range tasks {
		if m.kase.Ready(t) || m.kase.State.Task(t).Status.Busy() {
			return ""
		}
	}
	return pane.WhyNot(m.kase.Case, steps.Action{Verb: steps.Execute, Task: tasks[0], Actor: m.kase.State.Driver})
}

// decide asks what an action would meet with now.
func (m *model) decide(a steps.Action) (*steps.Refusal, error) {
	if a.Actor == "" {
		a.Actor = m.kase.State.Driver
	}
	_, err := steps.Decide(m.snap.Case, a)
	var ref *steps.Refusal
	errors.As(err, &ref)
	return ref, err
}

// propose submits an action, or asks for what is still missing for it.
func (m *model) propose(a steps.Action) tea.Cmd {
	ref, err := m.decide(a)
	switch {
	case err == nil:
		return m.submit(nil, a)
	case ref == nil:
		m.refused(err)
		return nil
	}
	c := consent{action: a, level: ref.Level, phrase: ref.Phrase}
	switch ref.Kind {
	case steps.NeedsConfirm:
	case steps.NeedsPerson:
		if ref.Level == steps.Unset {
			m.refused(err)
			return nil
		}
	case steps.NeedsLook:
		c.level = m.levelOf(a)
		c.phrase = m.kase.Words(a, c.level)
		if c.level <= steps.None {
			return m.submit(nil, a)
		}
	case steps.NeedsReason, steps.OutsideWindow, steps.ClockOff, steps.EvidenceBad:
		c.why = ref.Why
		a.Reason = "?"
		again, _ := m.decide(a)
		if again != nil && again.Kind != steps.NeedsConfirm && again.Kind != steps.NeedsPerson && again.Kind != steps.NeedsLook {
			m.refused(again)
			return nil
		}
		if again != nil {
			c.level, c.phrase = again.Level, again.Phrase
		}
		if again != nil && again.Kind == steps.NeedsLook {
			c.level = m.levelOf(a)
			c.phrase = m.kase.Words(a, c.level)
		}
	default:
		m.refused(err)
		return nil
	}
	m.askConsent(c)
	return nil
}

func (m *model) levelOf(a steps.Action) steps.Danger {
	if m.undoes(a) {
		return m.kase.UndoLevel(a.Task)
	}
	return m.kase.Level(a.Task)
}

// undoes reports whether an action starts an undo: also the retry of one.
func (m *model) undoes(a steps.Action) bool {
	v := m.kase.Meant(a)
	return v == steps.UndoTask || v == steps.Retry && m.kase.State.Task(a.Task).Status == steps.TaskUndoFailed
}

// consent is what is asked before an action: its confirmation, and a reason
// where it goes against a guard.
type consent struct {
	action steps.Action
	level  steps.Danger
	phrase string
	why    string // a reason is asked for, and why
	title  string
	about  string // where the program may ask the same
	body   func(w int) []string
	begin  tea.Cmd // reads what the body shows
}

const (
	reasonLabel = "reason"
	aloneLabel  = "if single-handed, because"
)

// askConsent shows the preview and asks by the ladder.
func (m *model) askConsent(c consent) {
	a := c.action
	c.action.Shown = m.kase.Shown(a)
	q := &question{Dialog: dialog.New("confirm", m.consentTitle(c), "cancel"), about: c.about, tone: levelTone(c.level),
		body: c.body, begin: c.begin}
	if q.body == nil {
		q.body, q.begin = m.previewOf(a, c)
	}
	if c.why != "" {
		q.Fields = append(q.Fields, dialog.Field{Label: reasonLabel, Note: c.why})
	}
	approver := m.kase.NeedsApprover(c.level) && c.phrase != "" // else the words were typed ahead
	if approver && a.Verb != steps.Approve {
		q.Fields = append(q.Fields, m.aloneField())
	}
	if c.phrase != "" {
		note := ""
		if approver && m.kase.State.Partner != "" {
			note = m.kase.State.Partner + " types this; " + m.kase.State.Driver + " drives"
			if a.Verb == steps.Approve {
				note = m.kase.State.Partner + " types this; it starts nothing, and counts for 5 minutes and for what is shown here"
			}
		}
		q.Fields = append(q.Fields, dialog.Field{Label: "type", Want: c.phrase, Note: note})
		q.Sends = "go"
	} else {
		q.Options = append(q.Options, dialog.Option{Key: "y", Label: yesWord(m.kase, a), ID: "go"})
	}
	if q.Focus = slices.IndexFunc(q.Fields, func(f dialog.Field) bool { return !f.Optional }); q.Focus < 0 {
		q.Focus = len(q.Fields)
	}
	q.on = func(ans dialog.Answer) tea.Cmd { return m.submit(nil, m.confirmed(q, c, ans)) }
	m.ask(q)
}

// yesWord is what y does.
func yesWord(r *pane.Run, a steps.Action) string {
	if a.Verb == steps.Sequence {
		return "execute " + pane.Counted(r.Reach(a.Tasks))
	}
	return string(a.Verb)
}

// aloneField lets the driver act without the approver, with a reason.
func (m *model) aloneField() dialog.Field {
	f := dialog.Field{Label: aloneLabel, Optional: true}
	if m.kase.State.Partner == "" {
		f.Note = "no partner is named (:partner NAME); without one this needs a reason, and the report says so"
		f.Optional = false
	}
	return f
}

// confirmed puts an answer into the action that it confirms.
func (m *model) confirmed(q *question, c consent, ans dialog.Answer) steps.Action {
	a := c.action
	a.Confirm = steps.Confirmation{Level: c.level, How: "key", By: m.kase.State.Driver}
	for i, f := range q.Fields {
		switch {
		case f.Want != "":
			a.Confirm.How, a.Confirm.Typed = "typed", f.Want
		case f.Label == aloneLabel:
			a.Confirm.Single = ans.Values[i]
		default:
			a.Reason = ans.Values[i]
		}
	}
	if m.kase.NeedsApprover(c.level) && c.phrase != "" && a.Confirm.Single == "" {
		a.Confirm.By = m.kase.State.Partner
	}
	return a
}

func (m *model) consentTitle(c consent) string {
	if c.title != "" {
		return c.title
	}
	a := c.action
	what := ""
	switch {
	case a.Verb == steps.Sequence:
		what = fmt.Sprintf("EXECUTE %s of %s", pane.Counted(m.kase.Reach(a.Tasks)), m.nameOf(a))
	case a.Verb == steps.Approve:
		what = "SECOND YES to " + string(m.kase.Meant(a)) + " " + m.kase.Step(a.Task).Title + " on " + a.Task.Host
	case m.undoes(a) && a.Verb == steps.Retry:
		what = "RETRY THE UNDO of " + m.kase.Step(a.Task).Title + " on " + a.Task.Host
	case a.Verb == steps.Retry:
		what = "RETRY " + m.kase.Step(a.Task).Title + " on " + a.Task.Host
	case m.undoes(a):
		what = "UNDO " + m.kase.Step(a.Task).Title + " on " + a.Task.Host
	default:
		what = "EXECUTE " + m.kase.Step(a.Task).Title + " on " + a.Task.Host
	}
	what += " (" + c.level.String()
	if !m.undoes(a) && (a.Verb == steps.Execute || a.Verb == steps.Retry) {
		if s := m.kase.Step(a.Task); s.Undo == nil && s.Kind == steps.Command && s.Danger > steps.None {
			what += ", no undo"
		}
	}
	return inert(what + ")")
}

// nameOf says what a sequence is over: one step, or its scope.
func (m *model) nameOf(a steps.Action) string {
	for _, t := range a.Tasks {
		if t.Step != a.Tasks[0].Step {
			return a.Scope.String()
		}
	}
	return m.kase.Step(a.Tasks[0]).Title
}

// previewOf is the body of a confirmation. For an edit it begins to read the
// file that would change.
func (m *model) previewOf(a steps.Action, c consent) (func(w int) []string, tea.Cmd) {
	if a.Verb == steps.Sequence {
		return func(w int) []string { return pane.SequencePreview(m.kase, a.Tasks, c.level, w, m.st) }, nil
	}
	if m.kase.Meant(a) == steps.Override {
		return m.evidence(a.Task), nil
	}
	ask := &pane.Ask{Task: a.Task, Undo: m.undoes(a), Level: c.level, Reason: c.why}
	cmd := m.peek(ask.Task, ask.Undo, &ask.Diff)
	return func(w int) []string { return pane.Preview(m.kase, *ask, w, m.st) }, cmd
}

// preview shows what x would send, and sends nothing.
func (m *model) preview() {
	row, ok := m.row()
	if !ok || len(row.Tasks) == 0 {
		return
	}
	what := row.Text
	if !row.Task.Zero() {
		what = inert(m.kase.Step(row.Task).Title + " on " + row.Task.Host)
	}
	q := &question{Dialog: dialog.New("preview", "PREVIEW "+what+" (nothing is sent)", "close")}
	if row.Task.Zero() {
		level := m.kase.SequenceLevel(m.kase.Reach(row.Tasks))
		q.body = func(w int) []string { return pane.SequencePreview(m.kase, row.Tasks, level, w, m.st) }
	} else {
		q.body, q.begin = m.previewOf(steps.Action{Verb: steps.Execute, Task: row.Task}, consent{level: m.kase.Level(row.Task)})
	}
	m.ask(q)
}

func (m *model) undo() tea.Cmd {
	t, ok := m.task()
	if !ok {
		return nil
	}
	if row, _ := m.row(); row.Task.Zero() {
		done := slices.DeleteFunc(slices.Clone(row.Tasks), func(t steps.Task) bool { return !m.kase.Undoable(t) })
		if len(done) != 1 {
			m.say(style.Warn, m.st.Keyed("an undo is of one task: select it, or roll back ({roll back})"))
			return nil
		}
		t = done[0]
	}
	return m.propose(steps.Action{Verb: steps.UndoTask, Task: t})
}

func (m *model) retry() tea.Cmd {
	if t, ok := m.task(); ok {
		return m.propose(steps.Action{Verb: steps.Retry, Task: t})
	}
	return nil
}

func (m *model) verifyAgain() tea.Cmd {
	if t, ok := m.task(); ok {
		return m.propose(steps.Action{Verb: steps.VerifyAgain, Task: t})
	}
	return nil
}

func levelTone(d steps.Danger) style.Tone {
	switch {
	case d >= steps.High:
		return style.Danger
	case d >= steps.Low:
		return style.Warn
	}
	return style.Plain
}
