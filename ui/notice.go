package ui

// The rule of this file: three moments are never missed: something ended that
// took a while, something went wrong, something waits for a person.

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/pane"
	"belay/ui/style"
)

// long is how long a step must have run for its end to ring.
const long = 30 * time.Second

// notice compares a snapshot with the one before: it rings, and asks what has
// to be asked. The first snapshot rings for nothing; it only asks what the run
// cannot begin without, or what an open rollback cannot go on without.
func (m *model) notice(before *pane.Run) tea.Cmd {
	if before == nil {
		if len(m.kase.OpenInputs()) > 0 {
			m.later("inputs", m.askInputs)
		}
		for t, ts := range m.kase.State.Tasks {
			if ts.Status == steps.TaskOpen && ts.Soak.Overdue {
				m.later(aboutDeadline(t), m.still(t, ts.Status, m.askSoak))
			}
		}
		if q, _, ok := m.kase.LeftOff(); ok {
			m.say(style.Warn, "the sequence stopped: "+q.Why+m.st.Keyed("; {attention} tells what {execute} goes on with"))
		} else if n := len(m.wishes); n > 0 {
			m.say(style.Strong, m.st.Keyed("{attention} lists what wants a person"))
		}
		m.confirmNext(before)
		return nil
	}
	ring := false
	for t, ts := range m.kase.State.Tasks {
		was := before.State.Task(t)
		if was.Status == ts.Status && was.Soak.Now == ts.Soak.Now && was.Soak.Overdue == ts.Soak.Overdue {
			continue
		}
		ring = m.changed(t, was, ts) || ring
	}
	ring = m.noticeTriggers(before) || ring
	ring = m.noticeBack(before) || ring
	ring = m.noticeTurn(before) || ring
	if m.confirmNext(before) {
		ring = true
	}
	if q, _, ok := m.kase.LeftOff(); ok && before.State.Sequence != nil {
		m.say(style.Warn, "the sequence stopped: "+q.Why+m.st.Keyed("; {attention} tells what {execute} goes on with"))
		ring = true
	}
	if m.snap.Frozen != nil {
		m.say(style.Danger, "the journal cannot be relied on, nothing new is started: "+m.snap.Frozen.Error())
	}
	if ring {
		return m.alarm()
	}
	return nil
}

// changed handles one task that is not as it was; true when it should ring.
func (m *model) changed(t steps.Task, was, is steps.TaskState) bool {
	switch {
	case is.Status == steps.TaskUnknown || is.Status == steps.TaskUndoUnknown:
		m.later(aboutTask(t, is.Status), m.still(t, is.Status, m.askResolve))
		return true
	case is.Status == steps.TaskFailed || is.Status == steps.TaskUndoFailed:
		m.later(aboutTask(t, is.Status), m.still(t, is.Status, m.askFailure))
		return true
	case is.Status == steps.TaskOpen && is.Soak.Overdue && !was.Soak.Overdue:
		m.later(aboutDeadline(t), m.still(t, is.Status, m.askSoak))
		return true
	case is.Status == steps.TaskOpen && is.Kind == steps.Soak:
		return is.Soak.Now == steps.SoakRed || is.Soak.Now == steps.SoakStale && was.Soak.Now == steps.SoakGreen
	case is.Status == steps.TaskOpen:
		return true
	case was.Status == steps.TaskOpen && was.Kind == steps.Soak:
		return true
	case was.Status.Busy() && !is.Status.Busy():
		d, _ := m.kase.Elapsed(t)
		return d > long || is.Status.Trouble()
	}
	return false
}

// still asks only if the task is as it was when the question came up: another
// answer may have settled it meanwhile.
func (m *model) still(t steps.Task, st steps.Status, ask func(steps.Task)) func() {
	return func() {
		if m.kase.State.Task(t).Status == st {
			ask(t)
		}
	}
}

// confirmNext asks for the next host's word when an open rollback has come to
// it; true when it asks.
func (m *model) confirmNext(before *pane.Run) bool {
	host, ok := m.kase.Unconfirmed()
	if m.kase.State.Rollback == nil {
		m.askedFor = ""
	}
	if !ok || len(m.kase.State.Busy("")) > 0 {
		return false
	}
	if m.askedFor == host && before.State.Rollback != nil {
		return false
	}
	m.askedFor = host
	m.later(aboutHost(host), func() {
		if now, ok := m.kase.Unconfirmed(); ok && now == host {
			m.askHost(host)
		}
	})
	return true
}
