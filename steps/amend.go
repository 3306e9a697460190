package steps

// The rule of this file: what has begun stays as it was executed; only what
// has not begun takes a new text, and a person accepts it.

import (
	"fmt"
	"slices"
)

// Changes lists, a line each, what another text of the runbook would change.
func (c *Case) Changes(next *Runbook) []string {
	var out []string
	old := stepsByID(c.Book)
	fresh := stepsByID(next)
	for _, id := range idsInOrder(next) {
		s, was := fresh[id], old[id]
		switch {
		case was == nil:
			out = append(out, "new step "+id)
		case ContentHash(s) != ContentHash(was):
			out = append(out, fmt.Sprintf("step %s: script, dir, shell, timeout or undo changed%s", id, c.frozenNote(was)))
		case !slices.Equal(s.Hosts, was.Hosts):
			out = append(out, fmt.Sprintf("step %s: hosts %v, were %v", id, s.Hosts, was.Hosts))
		}
	}
	for _, id := range idsInOrder(c.Book) {
		if fresh[id] == nil {
			out = append(out, "step "+id+" removed"+c.frozenNote(old[id]))
		}
	}
	if len(out) == 0 && next.Hash != c.Book.Hash {
		out = append(out, "no step's script changed (titles, notes, variables, evidence or comments did)")
	}
	return out
}

func (c *Case) frozenNote(s *Step) string {
	for _, h := range s.TaskHosts() {
		if st := c.State.Task(Task{s.ID, h}).Status; st != TaskNotStarted {
			return "; what is " + string(st) + " stays as it was executed"
		}
	}
	return ""
}

func amend(c *Case, a Action) ([]Event, error) {
	n := c.Next
	switch {
	case n == nil || n.Hash == c.Book.Hash:
		return nil, refuse(Never, "", "the runbook has not changed")
	case len(c.State.Busy("")) > 0:
		return nil, refuse(Later, "wait, or cancel it", "%s is under way; a new text is taken when nothing is", c.State.Busy("")[0])
	case n.Kind != c.Book.Kind:
		return nil, refuse(Never, "start a new run", "the environment is of kind %s now and was %s", n.Kind, c.Book.Kind)
	}
	for _, p := range c.Book.Phases {
		for _, g := range segments(p.Steps) {
			if g.block == "" || !c.begun(g) {
				continue
			}
			if now := blockOf(n, g.block, p.ID); now == nil || !slices.Equal(now.hosts(), g.hosts()) || !slices.Equal(ids(now.steps), ids(g.steps)) {
				return nil, refuse(Never, "put the old order back", "block %s has begun; its order and hosts cannot change", g.block)
			}
		}
	}
	if r := c.confirmed(Low, "", a); r != nil {
		return nil, r
	}
	return []Event{Amended{Hash: n.Hash, Reason: a.Reason, Diff: c.Changes(n)}}, nil
}

func (c *Case) begun(g segment) bool {
	for _, t := range g.tasks() {
		if st := c.State.Task(t).Status; st != TaskNotStarted {
			return true
		}
	}
	return false
}

func blockOf(rb *Runbook, block, phase string) *segment {
	p := rb.Phase(phase)
	if p == nil {
		return nil
	}
	for _, g := range segments(p.Steps) {
		if g.block == block {
			return &g
		}
	}
	return nil
}

func ids(list []*Step) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.ID)
	}
	return out
}

func idsInOrder(rb *Runbook) []string {
	var out []string
	for _, list := range rb.lists() {
		for i := range list {
			out = append(out, list[i].ID)
		}
	}
	return out
}

func stepsByID(rb *Runbook) map[string]*Step {
	out := map[string]*Step{}
	for _, list := range rb.lists() {
		for i := range list {
			out[list[i].ID] = &list[i]
		}
	}
	return out
}

// lists gives the lists of steps of a runbook: the phases', then the rollback's.
func (rb *Runbook) lists() [][]Step {
	var out [][]Step
	for i := range rb.Phases {
		out = append(out, rb.Phases[i].Steps)
	}
	return append(out, rb.Rollback.Before, rb.Rollback.After)
}
