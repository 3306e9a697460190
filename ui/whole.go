package ui

// The rule of this file: a pager is given text that can do nothing, and while it
// has the terminal the run goes on.

import (
	tea "charm.land/bubbletea/v2"

	"belay/runner/tail"
	"belay/ui/style"
)

// Whole is a log that is to be read in the operator's pager.
type Whole struct {
	Title string
	File  string     // holds all of it in the run directory; empty where there is none
	Ring  *tail.Ring // what is kept of it in memory; nil where only the file has it
	Top   int64      // number of the line to begin at; -1 for the end
}

// pagedMsg is how the pager ended.
type pagedMsg struct{ err error }

// whole opens the focused log, or the output of the selected task, in $PAGER.
func (m *model) whole() tea.Cmd {
	w, ok := m.wholeOf()
	switch {
	case !ok:
		m.say(style.Dim, "there is no log or output here to open")
		return nil
	case m.opts.Pager == nil:
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
		return w, l.Ring != nil
	}
	t, ok := m.task()
	if !ok {
		return w, false
	}
	w.Title, w.Ring = "output of "+t.String(), m.run.Output(t)
	if a := m.kase.State.Task(t).Attempt(); a != nil && m.opts.LogFile != nil {
		w.File = m.opts.LogFile(a.ID)
	}
	return w, w.Ring != nil || w.File != ""
}

// paged says how the pager ended, where it did not end well.
func (m *model) paged(p pagedMsg) {
	if p.err != nil {
		m.say(style.Warn, p.err.Error())
	}
}
