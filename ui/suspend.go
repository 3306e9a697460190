package ui

// The rule of this file: a console that is suspended watches nothing, and says so
// before.

import (
	tea "charm.land/bubbletea/v2"

	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// askSuspend says what stands still while the shell has the terminal.
func (m *model) askSuspend() {
	if m.opts.Suspend == nil {
		m.say(style.Dim, "there is no shell here that could take the terminal")
		return
	}
	q := &question{Dialog: dialog.New("suspend", "SUSPEND the console?", "stay",
		dialog.Option{Key: "y", Label: "suspend", ID: "suspend", Bare: true})}
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		p.Text(style.Plain, "The shell gets the terminal, and fg there comes back.")
		p.Text(style.Warn, "Until then nobody watches: no value is looked at, no trigger fires, a soak's green time does not count, nothing new is begun, and nobody else can drive this run.")
		p.Text(style.Plain, "What runs on the servers goes on. A second window of tmux needs none of this.")
		return p.Lines
	}
	q.on = func(dialog.Answer) tea.Cmd {
		return tea.Exec(m.opts.Suspend(), func(err error) tea.Msg { return pagedMsg{err} })
	}
	m.ask(q)
}
