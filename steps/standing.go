package steps

// The rule of this file: a batch begins when the ones before it are through. A
// host in trouble goes no further, and how many of them are passed over is said
// in the file.

import (
	"fmt"
	"slices"
	"strings"
)

// together reports whether the tasks of two steps go in batches of one segment.
func together(a, b *Step) bool {
	return sameBlock(a, b) || a.ID == b.ID && len(a.Batch) > 0
}

// standing says how far a host is in a segment: the task that it is at, zero
// when it is through, and whether it is stuck there: in trouble, with nothing
// under way.
func (c *Case) standing(g segment, host string) (at Task, stuck bool) {
	for _, s := range g.steps {
		k := Task{s.ID, host}
		if s.Free || c.finished(k) {
			continue
		}
		switch st := c.State.Task(k).Status; {
		case st.Busy() || st == TaskOpen:
			return k, false
		case st.Trouble() && !stuck:
			at, stuck = k, true
		case at.Zero():
			at = k
		}
	}
	return at, stuck
}

// unmetInside gives what has to come before a task in its own segment: the
// batches before its own, but for the hosts that max_failures passes over, and
// the steps before it on its host.
func (c *Case) unmetInside(g segment, t Task) *Refusal {
	var stuck []Task
	for _, hosts := range g.batches() {
		if slices.Contains(hosts, t.Host) {
			break
		}
		for _, h := range hosts {
			k, out := c.standing(g, h)
			switch {
			case out && g.batched():
				stuck = append(stuck, k)
			case !k.Zero():
				return c.waitsFor(t, k)
			}
		}
	}
	if len(stuck) > g.steps[0].MaxFailures {
		return refuse(Later, "retry ({retry}) or undo ({undo}), or skip ({skip}) with a reason", "%s waits: %s", t, c.tooMany(g.steps[0], stuck))
	}
	for _, s := range g.steps {
		k := Task{s.ID, t.Host}
		if k == t {
			break
		}
		if !s.Free && !c.finished(k) {
			return c.waitsFor(t, k)
		}
	}
	return nil
}

// readyInside gives the tasks of a segment that order and needs let start, where
// what stands before it is finished (clear) or not: what is free may be ready
// behind what is not.
func (c *Case) readyInside(g segment, clear bool, needs map[string]Task) []Task {
	var out []Task
	stuck := 0
	for _, hosts := range g.batches() {
		through := clear
		for _, h := range hosts {
			turn := clear // of the next step on this host
			for _, s := range g.steps {
				t := Task{s.ID, h}
				if c.finished(t) {
					continue
				}
				st := c.State.Task(t).Status
				startable := st == TaskNotStarted || st == TaskUndone
				if (turn || s.Free) && startable && c.unmetNeeds(s, t, needs) == nil {
					out = append(out, t)
				}
				turn = turn && s.Free
			}
			at, held := c.standing(g, h)
			if held && g.batched() {
				stuck++
				continue
			}
			through = through && at.Zero()
		}
		clear = through && stuck <= g.steps[0].MaxFailures
	}
	return out
}

// Passed reports whether what goes on by itself goes on without a task: its
// host is stuck in its batches, and no more hosts are than max_failures allows.
func (c *Case) Passed(t Task) bool {
	s := c.inForce(t.Step)
	if s == nil || s.MaxFailures == 0 {
		return false
	}
	g := c.segmentOf(s)
	if _, stuck := c.standing(g, t.Host); !stuck {
		return false
	}
	return len(c.stuckIn(g)) <= s.MaxFailures
}

// Ends says why what goes on by itself goes no further when it comes to a task
// in trouble.
func (c *Case) Ends(t Task) string {
	if s := c.inForce(t.Step); s != nil && s.MaxFailures > 0 {
		if stuck := c.stuckIn(c.segmentOf(s)); len(stuck) > s.MaxFailures {
			return c.tooMany(s, stuck)
		}
	}
	return t.String() + " " + c.Stands(t)
}

// Through says how a sequence over some tasks ended of which nothing is left to
// begin: SequenceDone, or without which hosts.
func (c *Case) Through(tasks []Task) string {
	past := slices.DeleteFunc(slices.Clone(tasks), func(t Task) bool { return !c.State.Task(t).Status.Trouble() })
	if len(past) == 0 {
		return SequenceDone
	}
	text := "the rest is done; " + past[0].String() + " " + c.Stands(past[0])
	if n := len(past) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return text
}

// stuckIn gives the hosts of a segment that are in trouble, by the task that
// each is stuck at.
func (c *Case) stuckIn(g segment) []Task {
	var out []Task
	for _, h := range g.hosts() {
		if k, stuck := c.standing(g, h); stuck {
			out = append(out, k)
		}
	}
	return out
}

// segmentOf gives the segment that a step of a phase stands in; one without
// batches where it is of a rollback.
func (c *Case) segmentOf(s *Step) segment {
	if p := c.Book.Phase(s.Phase); p != nil {
		for _, g := range segments(p.Steps) {
			if slices.Contains(g.steps, s) {
				return g
			}
		}
	}
	return segment{"", []*Step{s}}
}

// tooMany says how many hosts are in trouble in the batches of a step, one task
// of each, and how many may be.
func (c *Case) tooMany(s *Step, stuck []Task) string {
	are, hosts := "are", make([]string, 0, 4)
	if len(stuck) == 1 {
		are = "is"
	}
	word := string(c.State.Task(stuck[0]).Status)
	for i, k := range stuck {
		if string(c.State.Task(k).Status) != word {
			word = "in trouble"
		}
		if i < 3 || len(stuck) == 4 {
			hosts = append(hosts, k.Host)
		}
	}
	if n := len(stuck) - len(hosts); n > 0 {
		hosts = append(hosts, fmt.Sprintf("%d more", n))
	}
	limit := "and max_failures allows none"
	if s.MaxFailures > 0 {
		limit = fmt.Sprintf("more than the %d that max_failures allows", s.MaxFailures)
	}
	return fmt.Sprintf("%d of %d hosts %s %s (%s), %s", len(stuck), len(s.TaskHosts()), are, word, strings.Join(hosts, ", "), limit)
}
