package ui

// The rule of this file: a gate, a soak and a sign-off are decided in front of
// the live evidence, and what may not be said yet is greyed with its reason.

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// askOpen opens the dialog of an open task by its kind.
func (m *model) askOpen(t steps.Task) {
	switch m.kase.Step(t).Kind {
	case steps.Gate:
		m.askGate(t)
	case steps.Soak:
		m.askSoak(t)
	case steps.Document:
		m.askDocument(t)
	default:
		m.askMark(t)
	}
}

// evidence is the table of a task's live evidence.
func (m *model) evidence(t steps.Task) func(w int) []string {
	return func(w int) []string { return pane.Evidence(m.kase, t, w, m.st) }
}

// signsOff is what A does at a gate that waits for a sign-off.
const signsOff = "sign off"

// askGate shows the evidence and takes the yes, only while all of it is green.
// The keys are those of the row.
func (m *model) askGate(t steps.Task) {
	q := &question{Dialog: dialog.New("gate", inert("GATE "+m.kase.Step(t).Title), "leave it closed",
		dialog.Option{Key: "y", Label: "yes, open it", ID: "yes"},
		dialog.Option{Key: "O", Label: "override", ID: "override", Safe: true}), body: m.evidence(t)}
	signed := slices.ContainsFunc(m.kase.Step(t).Evidence, func(e steps.Evidence) bool { return e.SignOff != "" })
	if signed {
		q.Options = slices.Insert(q.Options, 2, dialog.Option{Key: "A", Label: signsOff, ID: "sign", Safe: true})
	}
	q.live = func() {
		override := &q.Options[len(q.Options)-1]
		q.Options[1].Off, override.Off = "", m.st.Keyed(allGreen)
		if why := m.barred(t); why != "" {
			q.Options[1].Off, override.Off = "not now: "+why, ""
		}
		if !signed {
			return
		}
		q.Options[2].Off = ""
		if _, ok := m.unsigned(t); !ok {
			q.Options[2].Off = "no sign-off is missing"
		}
	}
	q.on = func(a dialog.Answer) tea.Cmd {
		switch a.ID {
		case "sign":
			m.askSignOff(t)
			return nil
		case "override":
			return m.askOverride(t)
		}
		return m.submit(nil, steps.Action{Verb: steps.Yes, Task: t})
	}
	m.ask(q)
}

// allGreen is why there is nothing to override.
const allGreen = "all of it is green: {execute}, then y opens it"

// barred says why a gate would not take a yes now; "" where it would.
func (m *model) barred(t steps.Task) string {
	ref, err := m.decide(steps.Action{Verb: steps.Yes, Task: t})
	if err == nil || ref != nil && ref.Kind == steps.NeedsLook {
		return ""
	}
	return inert(refusalText(ref, err))
}

func refusalText(ref *steps.Refusal, err error) string {
	if ref != nil {
		return ref.Why
	}
	return err.Error()
}

// soaking is how an open soak stands.
func (m *model) soaking(t steps.Task) func(w int) []string {
	return func(w int) []string { return pane.Soaking(m.kase, t, w, m.st) }
}

// askSoak shows what the soak sees; it may be ended early, with a reason.
func (m *model) askSoak(t steps.Task) {
	q := &question{Dialog: dialog.New("soak", inert("SOAK "+m.kase.Step(t).Title+" on "+t.Host), "go on soaking",
		dialog.Option{Key: "d", Label: "extend its deadline", ID: "extend", Safe: true},
		dialog.Option{Key: "e", Label: "end it early", ID: "end", Safe: true},
		dialog.Option{Key: "f", Label: "it failed", ID: "fail", Safe: true},
		dialog.Option{Key: "s", Label: "skip it", ID: "skip", Safe: true}), body: m.soaking(t)}
	if m.kase.State.Task(t).Soak.Overdue {
		q.Title, q.Options[0].Label, q.tone = inert("OVERDUE: "+m.kase.Step(t).Title+" on "+t.Host), "leave it open", style.Danger
	}
	if m.kase.SoakDeadline(t).IsZero() {
		q.Options[1].Off = "it has no deadline"
	}
	q.on = func(a dialog.Answer) tea.Cmd {
		switch a.ID {
		case "extend":
			m.askExtend(t)
			return nil
		case "fail":
			m.askCannot(t)
			return nil
		case "skip":
			m.askSkip(t.String(), []steps.Task{t})
			return nil
		}
		m.askReason("end", "END EARLY "+m.kase.Step(t).Title+" on "+t.Host+" (it will read shortened)", "end it",
			m.soaking(t), steps.Action{Verb: steps.EarlyEnd, Task: t})
		return nil
	}
	m.ask(q)
}

// askExtend asks for how much longer a soak may take, and why.
func (m *model) askExtend(t steps.Task) {
	a := steps.Action{Verb: steps.Extend, Task: t}
	q := &question{Dialog: dialog.New("extend", inert("EXTEND "+m.kase.Step(t).Title+" on "+t.Host), "cancel",
		dialog.Option{Key: "y", Label: "extend", ID: "extend"}), body: m.soaking(t)}
	isSpan := func(text string) error { var d steps.Duration; return d.UnmarshalText([]byte(text)) }
	q.Fields = []dialog.Field{{Label: "for how much longer", Note: "such as 30m; from its deadline, or from now where that has passed", Check: isSpan},
		{Label: reasonLabel}}
	q.on = func(ans dialog.Answer) tea.Cmd {
		a.Value, a.Reason = ans.Values[0], ans.Values[1]
		return m.submit(nil, a)
	}
	m.ask(q)
}

// override asks to let an open task pass against its evidence.
func (m *model) override() {
	if t, ok := m.task(); ok {
		m.askOverride(t)
	}
}

func (m *model) askOverride(t steps.Task) tea.Cmd {
	ref, err := m.decide(steps.Action{Verb: steps.Override, Task: t, Reason: "?"})
	if ref != nil && m.kase.State.Task(t).Status == steps.TaskOpen && m.barred(t) == "" {
		m.say(style.Dim, "nothing to override: "+m.st.Keyed(allGreen))
		return nil
	}
	if ref == nil || ref.Kind != steps.NeedsConfirm && ref.Kind != steps.NeedsPerson {
		m.refused(err)
		return nil
	}
	m.askConsent(consent{action: steps.Action{Verb: steps.Override, Task: t}, level: ref.Level, phrase: ref.Phrase,
		why: "it goes against the evidence, and the report says so", title: inert("OVERRIDE " + m.kase.Step(t).Title + " (critical)"), body: m.evidence(t)})
	return nil
}

// unsigned gives the first sign-off that an open task still waits for.
func (m *model) unsigned(t steps.Task) (steps.Evidence, bool) {
	if list := m.kase.Unsigned(t); len(list) > 0 && m.kase.State.Task(t).Status == steps.TaskOpen {
		return list[0], true
	}
	return steps.Evidence{}, false
}

// approve asks for the sign-off that the selected task waits for, else for the
// second yes to what is next for it.
func (m *model) approve() tea.Cmd {
	t, ok := m.task()
	if !ok {
		return nil
	}
	if _, waits := m.unsigned(t); waits {
		m.askSignOff(t)
		return nil
	}
	return m.propose(steps.Action{Verb: steps.Approve, Task: t})
}

// askSignOff asks who says yes. In one shared screen nobody can tell who types;
// the report says so.
func (m *model) askSignOff(t steps.Task) {
	e, ok := m.unsigned(t)
	if !ok {
		m.say(style.Dim, m.st.Keyed("no sign-off is waited for here; {execute} begins a gate"))
		return
	}
	q := &question{Dialog: dialog.New("sign off", inert("SIGN OFF as "+e.SignOff+": "+e.Title), "cancel",
		dialog.Option{Key: "y", Label: "I say yes", ID: "yes"}), body: m.evidence(t)}
	q.Fields = []dialog.Field{{Label: "your name", Value: m.kase.State.Driver}}
	q.Focus = 1
	if e.SignOff == "approver" {
		q.Focus = 0
		q.Fields[0].Value = ""
		q.Fields[0].Check = func(name string) error { return m.mayApprove(name) }
		q.Fields[0].Note = "recorded as typed in the same session"
	}
	q.on = func(a dialog.Answer) tea.Cmd {
		name := a.Values[0]
		var acts []steps.Action
		if e.SignOff == "approver" && m.kase.State.Partner == "" {
			acts = append(acts, steps.Action{Verb: steps.Drive, Actor: m.kase.State.Driver, Partner: name})
		}
		return m.submit(nil, append(acts, steps.Action{Verb: steps.SignOff, Task: t, Name: e.Title, Partner: name})...)
	}
	m.ask(q)
}

type notApprover string

func (e notApprover) Error() string { return string(e) }

func (m *model) mayApprove(name string) error {
	switch p := m.kase.State.Partner; {
	case name == m.kase.State.Driver:
		return notApprover("the driver cannot approve too")
	case p != "" && name != p:
		return notApprover("the partner of this run is " + p + "; :partner NAME names another")
	}
	return nil
}
