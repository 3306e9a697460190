package ui

// The rule of this file: what a pane shows of a server is put together once per
// snapshot; which of its logs, and which part of it, is the operator's.

import (
	"belay/runner"
	"belay/runner/tail"
	"belay/steps"
	"belay/ui/pane"
)

// firstServer is the number of the first server's pane; the ones before it are
// steps, detail and run log.
const firstServer = 4

// serversOf turns the hosts of a snapshot into panes' data. The machine that
// Belay runs on has no pane of its own while there are servers.
func (m *model) serversOf(s runner.Snapshot) []pane.Server {
	var out []pane.Server
	for _, h := range s.Hosts {
		if h.ID == steps.LocalHost && len(s.Hosts) > 1 {
			continue
		}
		p := pane.Server{ID: h.ID, Role: h.Host.Role, Up: h.Link.Up, Since: h.Link.Since, Wrong: h.Wrong,
			Logs: len(h.Logs), Now: s.Case.Now}
		if n := firstServer + len(out); n <= 9 {
			p.Number = n
		}
		if h.Link.Err != nil {
			p.Why = h.Link.Err.Error()
		}
		for _, g := range h.Gauges {
			p.Gauges = append(p.Gauges, pane.Gauge{Title: g.Title, Reading: g.Reading, Percent: g.Percent, Every: g.Every})
		}
		if n := len(h.Logs); n > 0 {
			i := m.log[h.ID] % n
			l := h.Logs[i]
			p.Log = pane.Log{Name: l.Name, Nth: i + 1, Ring: l.Ring, Why: l.Why, At: l.At}
		}
		for _, t := range m.kase.State.Busy(h.ID) {
			d, _ := m.kase.Elapsed(t)
			p.Work = m.kase.Step(t).Title + " " + pane.Clock(d)
		}
		out = append(out, p)
	}
	return out
}

// server gives the index of a host's pane, or -1.
func (m *model) server(host string) int {
	for i, s := range m.servers {
		if s.ID == host {
			return i
		}
	}
	return -1
}

// looked is the log that the focused pane shows, and the key of its view.
func (m *model) looked() (pane.Log, string) {
	switch m.focus.part {
	case serverPart:
		if i := m.server(m.focus.host); i >= 0 {
			return m.servers[i].Log, viewKey(m.servers[i])
		}
	case detailPart:
		return m.output()
	}
	return pane.Log{}, ""
}

func viewKey(s pane.Server) string { return s.ID + "\x00" + s.Log.Name }

// page is how many lines of the focused log are on the screen.
func (m *model) page() int { return max(1, m.height[m.focus]) }

// scrollLog moves the view of the focused log; at its end it follows again.
func (m *model) scrollLog(by int64) {
	l, key := m.looked()
	if l.Ring == nil {
		return
	}
	v := m.views[key]
	first, next := l.Ring.Span()
	last := max(first, next-int64(m.page()))
	if !v.Paused {
		v.Top = last
	}
	v.Top = max(first, v.Top+by)
	v.Paused = v.Top < last
	m.views[key] = v
}

// follow turns following on or off.
func (m *model) follow() {
	l, key := m.looked()
	if l.Ring == nil {
		return
	}
	v := m.views[key]
	first, next := l.Ring.Span()
	v.Paused = !v.Paused
	v.Top = max(first, next-int64(m.page()))
	m.views[key] = v
}

// aside moves the focused log sideways.
func (m *model) aside(by int) {
	if _, key := m.looked(); key != "" {
		v := m.views[key]
		v.X = max(0, v.X+by)
		m.views[key] = v
	}
}

func (m *model) wrap() {
	if _, key := m.looked(); key != "" {
		v := m.views[key]
		v.Wrap = !v.Wrap
		m.views[key] = v
	}
}

// times turns through the ways to show the time at the head of a line.
func (m *model) times() {
	if _, key := m.looked(); key != "" {
		v := m.views[key]
		v.Times = (v.Times + 1) % 3
		m.views[key] = v
	}
}

// otherLog shows the next or the previous log of a server.
func (m *model) otherLog(by int) {
	host := m.host
	for _, h := range m.snap.Hosts {
		if n := len(h.Logs); h.ID == host && n > 0 {
			m.log[host] = (m.log[host] + by + n) % n
		}
	}
	m.servers = m.serversOf(m.snap)
}

// search looks for a text in the focused log, backward from its end.
func (m *model) search(text string) {
	l, key := m.looked()
	if l.Ring == nil {
		return
	}
	v := m.views[key]
	v.Search, v.Query, v.Count = text, tail.Literal(text), 0
	_, next := l.Ring.Span()
	v.Hit = next
	m.views[key] = v
	if text != "" {
		m.match(true)
	}
}

// match goes to the next match of the search, or the previous one.
func (m *model) match(backward bool) {
	l, key := m.looked()
	v := m.views[key]
	if l.Ring == nil || v.Search == "" {
		return
	}
	m.views[key] = m.to(l, v, v.Query, backward, v.Hit)
	v = m.views[key]
	v.Nth, v.Count = l.Ring.Count(v.Query, v.Hit)
	m.views[key] = v
}

// to brings the next line that a query finds into the middle of the view.
func (m *model) to(l pane.Log, v pane.LogView, q tail.Query, backward bool, from int64) pane.LogView {
	step := int64(1)
	if backward {
		step = -1
	}
	n, ok := l.Ring.Find(q, from+step, backward)
	if !ok {
		m.say(0, "no more of it that way")
		return v
	}
	first, next := l.Ring.Span()
	v.Hit = n
	v.Top = max(first, n-int64(m.page()/2))
	v.Paused = v.Top < next-int64(m.page())
	return v
}

var trouble = must(tail.Pattern(`error|fail|fatal|panic|exception|traceback|critical|denied|refused|no space`))

func must(q tail.Query, err error) tail.Query {
	if err != nil {
		panic(err)
	}
	return q
}

// nextError goes to the next line that speaks of trouble, or the previous one.
func (m *model) nextError(backward bool) {
	l, key := m.looked()
	if l.Ring == nil {
		return
	}
	v := m.views[key]
	from := v.Hit
	if !v.Paused {
		_, next := l.Ring.Span()
		from = next
	}
	m.views[key] = m.to(l, v, trouble, backward, from)
}
