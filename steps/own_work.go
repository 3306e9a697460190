package steps

// The rule of this file: what this run does itself explains what is seen while
// it is under way, and for a moment after. It explains nothing else.

import "time"

// span is a stretch of time in which a step of this run explains what is seen.
type span struct {
	host     string
	from, to time.Time
	why      string
	away     bool // its host is away; else something dangerous is under way there
}

// ownWork lists what this run does and did on the hosts that a condition is
// about: those it is read on by name, or all where a probe speaks for all.
func (c *Case) ownWork(t *Trigger) []span {
	var about []string
	if t.When.On != "" {
		about = c.Book.HostsOf(t.When.On)
	}
	var out []span
	for s := range c.Book.Steps() {
		for _, h := range s.TaskHosts() {
			if about == nil || contains(about, h) {
				out = append(out, c.workOf(s, h)...)
			}
		}
	}
	return out
}

// workOf a step on a host: its dangerous attempts, and what it has taken away.
func (c *Case) workOf(s *Step, host string) []span {
	var out []span
	t := Task{s.ID, host}
	settles := c.State.StableFor(Duration(OwnWorkSettles))
	for _, a := range c.State.Task(t).Attempts {
		danger := s.Danger
		if a.Undo && s.Undo != nil && s.Undo.Danger != Unset {
			danger = s.Undo.Danger
		}
		if danger < High {
			continue
		}
		to := c.Now
		if a.Stage == "" {
			to = a.Ended
		}
		out = append(out, span{host: host, from: a.Intended, to: to.Add(settles), why: "own work: " + t.String()})
	}
	if began, ended, ok := c.away(s, host); ok {
		to := c.Now
		if !ended.IsZero() {
			to = ended
		}
		out = append(out, span{host: host, from: began, to: to.Add(settles), why: "own work: " + s.ID + " took " + host + " away", away: true})
	}
	return out
}
