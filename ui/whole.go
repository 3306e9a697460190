package ui

// The rule of this file: a pager is given text that can do nothing, and while it
// has the terminal the run goes on.

import (
	tea "charm.land/bubbletea/v2"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/style"
)

// Whole is a log that is to be read in the operator's pager.
type Whole struct {
	Title string
	File  string     // holds all of it in the run directory, after FILE.1 where that is; empty where there is none
	Ring  *tail.Ring // what is kept of it in memory; nil where only the file has it
	Top   int64      // number of the line to begin at, in the file where there is one; -1 for the end
}

// pagedMsg is how the pager ended.
type pagedMsg struct{ err error }

// whole opens the focused log, or the output of the selected task, in $PAGER.
func (m *model) whole() tea.Cmd {
	w, ok := m.wholeOf()
	if !ok {
		m.say(style.Dim, "there is no log or output here to open")
		return nil
	}
	return m.read(w)
}

// read gives the screen to the pager.
func (m *model) read(w Whole) tea.Cmd {
	if m.opts.Pager == nil {
		m.say(style.Dim, "there is no pager")
		return nil
	}
	return tea.Exec(m.opts.Pager(w), func(err error) tea.Msg { return pagedMsg{err} })
}

func (m *model) wholeOf() (Whole, bool) {
	l := m.looked()
	w := Whole{Title: l.Name, Ring: l.Ring}
	if v := m.views[l.key]; v.Paused {
		w.Top = v.Top
	} else if l.Ring != nil {
		w.Top = -1
	}
	if m.focus.part == serverPart {
		w.Title = m.focus.host + " " + l.Name
		if m.opts.WatchFile == nil || l.Ring == nil {
			return w, l.Ring != nil
		}
		var first int64
		if w.File, first = m.opts.WatchFile(m.focus.host, l.Name); w.File != "" && w.Top >= 0 {
			w.Top = max(0, w.Top-first)
		}
		return w, true
	}
	t, ok := m.task()
	if !ok {
		return w, false
	}
	own, ok := m.attemptOf(t)
	own.Top = w.Top
	return own, ok
}

// attemptOf is the output of a task's newest attempt, from its end.
func (m *model) attemptOf(t steps.Task) (Whole, bool) {
	w := Whole{Title: "output of " + t.String(), Ring: m.run.Output(t), Top: -1}
	if a := m.kase.State.Task(t).Attempt(); a != nil && m.opts.LogFile != nil {
		w.File = m.opts.LogFile(a.ID)
	}
	return w, w.Ring != nil || w.File != ""
}

// readsLog offers the whole log of a task's newest attempt in a question, which
// stands as before when the pager has ended. The key is that of the screen.
func (m *model) readsLog(q *question, t steps.Task) {
	o := dialog.Option{Key: "L", Label: "its full log", ID: "log", Safe: true, Bare: true}
	if _, ok := m.attemptOf(t); !ok {
		o.Off = "there is no log of it"
	}
	q.Options = append(q.Options, o)
	on := q.on
	q.on = func(a dialog.Answer) tea.Cmd {
		if a.ID != o.ID {
			return on(a)
		}
		w, _ := m.attemptOf(t)
		m.ask(q)
		return m.read(w)
	}
}

// paged says how the pager ended, where it did not end well.
func (m *model) paged(p pagedMsg) {
	if p.err != nil {
		m.say(style.Warn, p.err.Error())
	}
}
