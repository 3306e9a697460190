package ui

// The rule of this file: what gets how much of the screen is the operator's
// choice; it changes no selection and scrolls nothing.

import (
	tea "charm.land/bubbletea/v2"

	"belay/ui/dialog"
	"belay/ui/style"
)

// larger gives the focused pane more of the screen.
func (m *model) larger() {
	if m.focus.part == serverPart && m.board && m.w >= middle && !m.zoom {
		m.board = false
		return
	}
	m.zoom = true
}

// smaller takes it back.
func (m *model) smaller() {
	if m.zoom {
		m.zoom = false
		return
	}
	m.board = true
}

// moveSplit moves the line between steps and servers, as far as both keep room.
func (m *model) moveSplit(by int) {
	was, before := m.layout(), m.split
	if m.w < middle {
		m.split.Down += by
	} else {
		m.split.Right += by
	}
	now := m.layout()
	switch {
	case m.zoom || was.tabs:
		m.split = before
		m.say(style.Dim, "one pane has the screen; there is nothing to move")
	case was.left == now.left && was.steps == now.steps:
		m.split = before
		m.say(style.Dim, "the line goes no further")
	}
}

// mouseOn stands in the footer for as long as the mouse is on.
const mouseOn = "mouse on: hold Shift to select"

// toggleMouse turns the mouse on or off. It is off at first: a terminal that
// reports the mouse selects no text.
func (m *model) toggleMouse() {
	if m.mouse = !m.mouse; !m.mouse {
		m.say(style.Dim, "mouse off")
	}
}

// wheelLines is how many lines one notch of the wheel scrolls.
const wheelLines = 3

// wheel scrolls the pane under the pointer, and the open question before all.
func (m *model) wheel(msg tea.MouseWheelMsg) {
	by := map[tea.MouseButton]int{tea.MouseWheelUp: -1, tea.MouseWheelDown: 1}[msg.Button]
	switch {
	case by == 0 || !m.mouse || m.kase == nil:
	case m.asked != nil && !m.asked.line:
		m.asked.HandleKey(dialog.Key{Name: map[int]string{-1: "pgup", 1: "pgdown"}[by]})
	default:
		for f, at := range m.places {
			if at.has(msg.X, msg.Y) {
				m.roll(f, by)
				return
			}
		}
	}
}

// roll scrolls one pane, and leaves the focus where it is.
func (m *model) roll(f focus, by int) {
	if l := m.logAt(f); l.Ring != nil {
		m.views[l.key] = l.scroll(m.views[l.key], by*wheelLines)
		return
	}
	was := m.focus
	m.focus = f
	if f.part != stepsPart {
		by *= wheelLines
	}
	m.move(by)
	m.focus = was
}
