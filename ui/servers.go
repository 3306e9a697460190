package ui

// The rule of this file: what a pane shows of a server is put together once per
// snapshot; which of its logs, and which part of it, is the operator's.

import (
	"belay/runner"
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
		p := pane.Server{ID: h.ID, Role: h.Host.Role, Up: h.Link.Up, Since: h.Link.Since, Wrong: h.Wrong, Skew: h.Skew,
			Logs: len(h.Logs), Now: s.Case.Now}
		if n := firstServer + len(out); n <= 9 {
			p.Number = n
		}
		if h.Link.Err != nil {
			p.Why = h.Link.Err.Error()
		}
		if seen, asked := s.Case.Seen.Hosts[h.ID]; asked && !seen.Up {
			p.Hint = seen.Hint
			if p.Up && seen.Wrong == "" { // it lets us in, and answers nothing
				p.Up, p.Since, p.Why = false, seen.Since, seen.Why
			}
		}
		for _, g := range h.Gauges {
			p.Gauges = append(p.Gauges, pane.Gauge{Title: g.Title, Reading: g.Reading, Percent: g.Percent, Every: g.Every})
		}
		if n := len(h.Logs); n > 0 {
			i := m.log[h.ID] % n
			l := h.Logs[i]
			p.Log = pane.Log{Name: l.Name, Nth: i + 1, Ring: l.Ring, Script: l.Script, Why: l.Why, Since: l.Since, At: l.At}
		}
		if by := m.kase.Away(h.ID); by != nil {
			p.Stopped = by.ID
		}
		for _, t := range m.kase.State.Busy(h.ID) {
			d, _ := m.kase.Elapsed(t)
			p.Work = m.kase.Step(t).Title + " " + pane.Clock(d)
			if st := m.kase.State.Task(t).Status; st != steps.TaskRunning {
				p.Work = string(st) + " " + p.Work
			}
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

// otherLog shows the next or the previous log of a server.
func (m *model) otherLog(by int) {
	host := m.host
	for _, h := range m.snap.Hosts {
		if n := len(h.Logs); h.ID == host && n > 0 {
			m.log[host] = (m.log[host] + by + n) % n
		}
	}
	m.servers = m.serversOf(m.snap)
	m.catchUp()
}
