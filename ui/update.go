package ui

// The rule of this file: what a message means is one switch with one line per
// case. Update does no work and waits for nothing.

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"belay/runner"
	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/style"
)

// Init asks the terminal for its background; nothing waits for the answer.
func (m *model) Init() tea.Cmd {
	if m.opts.Theme == Auto || m.opts.Theme == "" {
		return tea.RequestBackgroundColor
	}
	return nil
}

// Update takes one message.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.drawn = false
	cmd := tea.Batch(m.take(msg), m.begin())
	m.learn()
	return m, cmd
}

// take does what a message means.
func (m *model) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.background(msg.IsDark())
	case tea.FocusMsg:
		m.focused()
	case tea.BlurMsg:
		m.blur()
	case tea.PasteMsg:
		m.paste(msg.Content)
	case tea.KeyPressMsg:
		cmd := m.key(dialog.Key{Name: msg.String(), Text: msg.Text, Repeat: msg.IsRepeat, At: m.opts.keyAt()})
		return tea.Batch(cmd, m.keep())
	case snapshotMsg:
		return m.observe(runner.Snapshot(msg))
	case textMsg:
		m.edited(Text(msg))
	case tea.MouseWheelMsg:
		m.wheel(msg)
		return m.keep()
	case siftedMsg:
		return m.sifted(msg)
	case notKeptMsg:
		m.say(style.Warn, "how the screen is looked at cannot be kept: "+msg.err.Error())
	case pagedMsg:
		m.paged(msg)
	case copiedMsg:
		m.copied(msg)
	case doneMsg:
		m.done(msg)
	case wroteMsg:
		return m.wrote(msg)
	case toldMsg:
		m.told(msg)
	default:
		m.drawn = true
	}
	return nil
}

// background takes what the terminal says of itself, unless a person said it.
func (m *model) background(dark bool) {
	if m.opts.Theme == Auto || m.opts.Theme == "" {
		m.dark = dark
		m.restyle()
	}
}

func (m *model) focused() {
	m.blurred = false
	m.guard.Focus(m.opts.now())
}

func (m *model) blur() {
	m.blurred = true
	if m.asked != nil {
		m.asked.Blur()
	}
}

// paste is text, never keys: it can fill a field and nothing else.
func (m *model) paste(text string) {
	if m.asked != nil {
		m.asked.Paste(text)
		return
	}
	m.say(style.Dim, "a paste is no command; nothing was done")
}

// key takes one key press.
func (m *model) key(k dialog.Key) tea.Cmd {
	if m.kase == nil {
		if k.Name == "ctrl+c" || k.Name == "q" {
			m.leaves = true
			return tea.Quit
		}
		return nil
	}
	if m.asked != nil {
		if k.Name == "ctrl+c" && m.asked.Name != "leave" {
			m.close()
			m.askLeave()
			return nil
		}
		return m.answer(k)
	}
	may := m.guard.Act(k)
	b, ok := m.bound(k.Name)
	switch {
	case !ok:
		m.say(style.Dim, k.Name+m.st.Keyed(" does nothing here; {help} lists the keys"))
		return nil
	case b.acts && !may:
		m.say(style.Dim, tooSoon(k))
		return nil
	}
	return m.perform(b, k.Name)
}

// perform does what a binding means, asked for by a key or by its name.
func (m *model) perform(b binding, by string) tea.Cmd {
	if m.kase.State.Closed != nil && b.changes() {
		m.say(style.Warn, "not done: the run is "+m.kase.ClosedWords()+"; start a new run")
		return nil
	}
	m.said = ""
	cmd := b.do(m)
	if b.acts && cmd == nil && m.asked == nil && m.said == "" {
		m.say(style.Dim, by+m.st.Keyed(" ("+b.word+") does nothing here; {help} lists the keys"))
	}
	return cmd
}

// doneMsg is what came of an action.
type doneMsg struct {
	action steps.Action
	err    error
	then   func(*model) // on success
}

// submit asks the run for actions, one after the other, outside of Update.
func (m *model) submit(then func(*model), actions ...steps.Action) tea.Cmd {
	run, ctx := m.run, m.ctx
	for i := range actions {
		if actions[i].Actor == "" {
			actions[i].Actor = m.kase.State.Driver
		}
	}
	return func() tea.Msg {
		for _, a := range actions {
			if err := run.Submit(ctx, a); err != nil {
				return doneMsg{action: a, err: err}
			}
		}
		return doneMsg{action: actions[len(actions)-1], then: then}
	}
}

// done tells what came of an action. The cursor follows again what is next.
func (m *model) done(d doneMsg) {
	if d.err == nil {
		m.say(style.Dim, describe(d.action)+": accepted")
		m.moved = false
		if d.then != nil {
			d.then(m)
		}
		return
	}
	m.refused(d.err)
}

// refused says why something was not done and what would help.
func (m *model) refused(err error) {
	var ref *steps.Refusal
	if !errors.As(err, &ref) {
		m.say(style.Danger, err.Error())
		return
	}
	text := "not done: " + ref.Why
	if ref.Hint != "" {
		text += "; " + m.st.Keyed(ref.Hint)
	}
	m.say(style.Warn, text)
}

// describe names an action for a line of text.
func describe(a steps.Action) string {
	var on string
	switch {
	case !a.Task.Zero():
		on = a.Task.String()
	case a.Host != "":
		on = a.Host
	case a.Phase != "":
		on = a.Phase
	case a.Name != "":
		on = a.Name
	case a.Verb == steps.Hold || a.Verb == steps.Release || a.Verb == steps.Sequence || a.Verb == steps.OpenRollback:
		on = a.Scope.String()
	}
	return strings.TrimSpace(string(a.Verb) + " " + on)
}
