package ui

// The rule of this file: a trigger asks and never acts. The default holds, and
// every other answer leads to a question of its own.

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// sight finds what a trigger shows now.
func (m *model) sight(id string) (steps.Sight, bool) {
	if t := m.kase.Book.Trigger(id); t != nil {
		return m.kase.Sight(t), true
	}
	t, ok := m.kase.State.Triggers[id] // the text in force has it no longer
	return steps.Sight{Trigger: &steps.Trigger{ID: id, Title: t.Title}, State: t}, ok
}

// askTrigger shows a trigger and what can be done about it.
func (m *model) askTrigger(id string) {
	s, ok := m.sight(id)
	if !ok {
		m.say(style.Warn, fmt.Sprintf("there is no trigger %q", id))
		return
	}
	title, tone, hold := "TRIGGER "+s.Trigger.Title, style.Plain, "close"
	if s.Red() {
		title, tone, hold = "TRIGGER FIRED: "+s.Trigger.Title, style.Danger, "hold"
	}
	q := &question{Dialog: dialog.New("trigger", inert(title), hold), tone: tone}
	if s.Red() {
		sc := s.State.Proposes
		q.Options = append(q.Options,
			m.option("R", "roll back "+pane.ScopeName(sc)+" (its plan is shown first)", "back", steps.Action{Verb: steps.OpenRollback, Scope: sc}),
			m.option("O", "go on against it, with a reason", "over", steps.Action{Verb: steps.OverrideTrigger, Name: id}))
	} else {
		q.Options = append(q.Options, m.option("f", "it holds: say what was seen", "fire", steps.Action{Verb: steps.Fire, Name: id}))
	}
	q.about = aboutTrigger(id)
	body := func(w int) []string {
		now, _ := m.sight(id)
		return pane.TriggerPage(m.kase, now, w, m.st)
	}
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		if s.Red() {
			p.Text(style.Plain, "Hold starts nothing. What runs goes on; what would have gone on by itself has stopped.")
		}
		return append(p.Lines, body(w)...)
	}
	q.on = func(a dialog.Answer) tea.Cmd {
		switch a.ID {
		case "back":
			return m.askRollback(s.State.Proposes)
		case "over":
			return m.askOverrideTrigger(id)
		}
		m.askReason("fire", "IT HOLDS: "+s.Trigger.Title, "let it fire", body, steps.Action{Verb: steps.Fire, Name: id})
		return nil
	}
	m.ask(q)
}

// askOverrideTrigger asks for the reason and the word of going on against one.
func (m *model) askOverrideTrigger(id string) tea.Cmd {
	s, _ := m.sight(id)
	a := steps.Action{Verb: steps.OverrideTrigger, Name: id}
	if ref, err := m.decide(a); ref == nil || ref.Kind != steps.NeedsReason {
		m.refused(err)
		return nil
	}
	m.askConsent(consent{action: a, level: steps.Critical, phrase: m.kase.Phrase(steps.Critical, nil),
		why: "it goes into the report; the trigger says no more until its condition has gone and comes again", title: inert("GO ON AGAINST " + s.Trigger.Title + " (critical)"),
		body: func(w int) []string {
			now, _ := m.sight(id)
			return pane.TriggerPage(m.kase, now, w, m.st)
		}})
	return nil
}

// triggers lists all triggers; a key shows one.
func (m *model) triggers() {
	sights := m.kase.Sights()
	q := &question{Dialog: dialog.New("triggers", "TRIGGERS (they propose, and start nothing)", "close")}
	for i, s := range sights {
		if i < 9 {
			q.Options = append(q.Options, dialog.Option{Key: fmt.Sprint(i + 1), Label: inert(s.Trigger.ID), ID: s.Trigger.ID, Safe: true})
		}
	}
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		if len(sights) == 0 {
			p.Text(style.Plain, "The runbook has none.")
		}
		for i, s := range m.kase.Sights() {
			word, why, tone := pane.TriggerWord(s)
			p.Toned(style.Plain, fmt.Sprint(i+1), s.Trigger.Title+": "+s.Trigger.Proposes)
			if why != "" {
				word += ": " + why
			}
			p.Toned(tone, "", word)
		}
		return p.Lines
	}
	q.on = func(a dialog.Answer) tea.Cmd { m.askTrigger(a.ID); return nil }
	m.ask(q)
}

// noticeTriggers compares what triggers were with what they are; true when it
// should ring.
func (m *model) noticeTriggers(before *pane.Run) bool {
	ring := false
	for id, t := range m.kase.State.Triggers {
		if before.State.Triggers[id].Now == t.Now {
			continue
		}
		switch t.Now {
		case steps.TriggerFired:
			ring = true
			m.later(aboutTrigger(id), func() {
				if m.kase.State.Triggers[id].Now == steps.TriggerFired {
					m.askTrigger(id)
				}
			})
		case steps.TriggerBlind:
			ring = true
			m.say(style.Warn, "the trigger "+id+" cannot be told: "+t.Reason)
		}
	}
	for id, t := range before.State.Triggers {
		if _, still := m.kase.State.Triggers[id]; !still && t.Now == steps.TriggerFired && m.kase.State.Undone == before.State.Undone {
			m.say(style.OK, "the trigger "+id+" has cleared")
		}
	}
	return ring
}

func (m *model) cmdFire(words []string, rest string) tea.Cmd {
	if !m.need("fire", words, 2) {
		return nil
	}
	return m.submit(nil, steps.Action{Verb: steps.Fire, Name: words[0], Reason: after(rest, words)})
}

func (m *model) cmdOverride(words []string, _ string) tea.Cmd {
	if !m.need("override", words, 1) {
		return nil
	}
	return m.askOverrideTrigger(words[0])
}

func (m *model) cmdTriggers(words []string, _ string) tea.Cmd {
	if len(words) > 0 {
		m.askTrigger(words[0])
		return nil
	}
	m.triggers()
	return nil
}
