package ui

// The rule of this file: what is sent to a person's desktop is one line of our
// own, without a sign that a terminal would obey; the bell says the same to those
// who want no more.

import (
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// Alarm is how a person is called who does not look.
type Alarm string

// Alarms. Desktop is a notification by OSC 9 beside the bell, for terminals that
// know it (iTerm2, WezTerm, Ghostty, kitty, Windows Terminal); inside tmux it
// needs allow-passthrough (tmux(1)).
const (
	Bell    Alarm = "bell"
	Desktop Alarm = "desktop"
	Silent  Alarm = "none"
)

// alarm calls a person.
func (m *model) alarm() tea.Cmd {
	switch m.opts.Alarm {
	case Silent:
		return nil
	case Desktop:
		return tea.Raw("\a" + notification(m.cause(), m.opts.Tmux))
	}
	return tea.Raw("\a")
}

// cause is what a person is called for, in one line.
func (m *model) cause() string {
	why := "something has ended"
	if len(m.wishes) > 0 {
		why = m.wishes[0].Text
	} else if m.said != "" {
		why = m.said
	}
	return m.title() + ": " + why
}

// causeMost is how long a notification may be, in runes.
const causeMost = 200

// notification is OSC 9 with a text, as tmux passes it on where we are in one:
// wrapped in a DCS, with every ESC doubled.
func notification(text string, tmux bool) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, inert(text))
	if r := []rune(text); len(r) > causeMost {
		text = string(r[:causeMost]) + "…"
	}
	seq := ansi.Notify(text)
	if tmux {
		seq = ansi.TmuxPassthrough(seq)
	}
	return seq
}
