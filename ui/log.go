package ui

// The rule of this file: which part of a log is looked at, and how, is the
// operator's. Nothing that a host prints moves a view that does not follow.

import (
	"fmt"

	"belay/runner/tail"
	"belay/ui/pane"
	"belay/ui/style"
)

// viewed is a log as a pane shows it.
type viewed struct {
	pane.Log
	key  string // of its view, which outlives the pane
	w, h int    // of the text in the pane, as it was last drawn
}

// at gives the log that a pane shows; without a ring there is none.
func (m *model) logAt(f focus) viewed {
	switch f.part {
	case serverPart:
		if i := m.server(f.host); i >= 0 {
			s := m.servers[i]
			x := viewed{Log: s.Log, key: viewKey(s)}
			box, ok := m.places[f]
			if !ok { // on another page of the board
				box = m.anyServer()
			}
			x.w, x.h = box.w, s.Room(m.views[x.key], box.w, box.h, m.st)
			return x
		}
	case detailPart:
		l, key := m.output()
		return viewed{l, key, m.inner.w, max(1, m.inner.h)}
	}
	return viewed{}
}

// anyServer is the place of some server's pane: those that are not on the
// screen would have one like it.
func (m *model) anyServer() box {
	for _, s := range m.servers {
		if b, ok := m.places[focus{serverPart, s.ID}]; ok {
			return b
		}
	}
	return box{w: m.w, h: m.h / 2}
}

// looked is the log that the focused pane shows.
func (m *model) looked() viewed { return m.logAt(m.focus) }

func viewKey(s pane.Server) string { return s.ID + "/" + s.Log.Name }

// change changes how the focused log is looked at, where there is one.
func (m *model) change(f func(l viewed, v pane.LogView) pane.LogView) {
	if l := m.looked(); l.Ring != nil {
		m.views[l.key] = f(l, m.views[l.key])
	}
}

// page is how many lines of the focused pane are on the screen.
func (m *model) page() int { return max(1, m.places[m.focus].h-1) }

// catchUp lets searches and filters look at the lines that have come, in all
// logs, so that there are never many.
func (m *model) catchUp() {
	for _, h := range m.snap.Hosts {
		for _, l := range h.Logs {
			m.caughtUp(h.ID+"/"+l.Name, l.Ring)
		}
	}
	l, key := m.output()
	m.caughtUp(key, l.Ring)
}

// caughtUp catches up with one log, and takes a view that was anchored in
// another ring off it: a retry prints anew.
func (m *model) caughtUp(key string, ring *tail.Ring) {
	v, ok := m.views[key]
	if !ok || ring == nil {
		return
	}
	if was := m.rings[key]; was != nil && was != ring {
		v.Paused, v.Top, v.Jump, v.Marking = false, 0, pane.NoJump, false
		m.views[key] = v
	}
	m.rings[key] = ring
	for _, x := range v.Indexes() {
		x.Catch(ring)
	}
}

// scroll moves a view by lines; at its end it follows again.
func (l viewed) scroll(v pane.LogView, by int) pane.LogView {
	if v.Marking {
		return l.extend(v, by)
	}
	last := l.Last(v, l.w, l.h)
	if !v.Paused {
		v.Top = last
	}
	v.Top = min(l.Step(v, v.Top, by), last)
	v.Paused = v.Top < last
	return v
}

// scrollLog moves the view of the focused log.
func (m *model) scrollLog(by int) {
	m.change(func(l viewed, v pane.LogView) pane.LogView { return l.scroll(v, by) })
}

// pageLog moves the view by what is on the screen, or by a part of it, and
// skips nothing where lines are wrapped.
func (m *model) pageLog(by, of int) {
	m.change(func(l viewed, v pane.LogView) pane.LogView {
		from := v.Top
		if !v.Paused {
			from = l.Last(v, l.w, l.h)
		}
		if v.Marking {
			from = v.To
		}
		if by < 0 {
			from = l.Step(v, from, -1)
		}
		return l.scroll(v, by*max(1, l.Fit(v, from, by < 0, l.w, l.h)/of))
	})
}

// follow turns following on or off.
func (m *model) follow() {
	m.change(func(l viewed, v pane.LogView) pane.LogView {
		v.Paused, v.Top, v.Jump = !v.Paused, l.Last(v, l.w, l.h), pane.NoJump
		return v
	})
}

// standStill stops every log where it is, so that servers can be compared at
// one moment, or lets all of them follow again. Nothing is lost meanwhile.
func (m *model) standStill() {
	stop := false
	for _, s := range m.servers {
		stop = stop || s.Log.Ring != nil && !m.views[viewKey(s)].Paused
	}
	n := 0
	for _, s := range m.servers {
		l := m.logAt(focus{serverPart, s.ID})
		if l.Ring == nil {
			continue
		}
		v := m.views[l.key]
		if stop && !v.Paused {
			v.Top = l.Last(v, l.w, l.h)
		}
		v.Paused, n = stop, n+1
		m.views[l.key] = v
	}
	switch {
	case n == 0:
		m.say(style.Dim, "no server has a log")
	case stop:
		m.say(style.Strong, fmt.Sprintf("%d logs stand still; what comes is kept; = lets them follow again", n))
	default:
		m.say(style.Dim, fmt.Sprintf("%d logs follow", n))
	}
}

// aside moves the focused log sideways, not beyond its longest line on the
// screen. To the left of a shortened head is the head in full.
func (m *model) aside(by int) {
	m.change(func(l viewed, v pane.LogView) pane.LogView {
		switch widest := l.Widest(v, l.w, l.h, m.st); {
		case v.Wrap:
			m.say(style.Dim, m.st.Keyed("long lines are wrapped: all of them is shown; {wrap} ends it"))
		case by < 0 && v.X == 0 && v.Times != pane.InFull:
			v.Times = pane.InFull
		case by > 0 && v.X+l.w >= widest:
			m.say(style.Dim, "no line on the screen is longer")
		default:
			v.X = max(0, v.X+by)
		}
		return v
	})
}

func (m *model) wrap() {
	m.change(func(_ viewed, v pane.LogView) pane.LogView {
		v.Wrap = !v.Wrap
		return v
	})
}

// times turns through the ways to show the heads of lines.
func (m *model) times() {
	m.change(func(_ viewed, v pane.LogView) pane.LogView {
		v.Times = v.Times.Next()
		return v
	})
}
