package steps

// The rule of this file: the order of a run is the order of the file, and what
// has to come before a task can be said in one sentence.

import (
	"slices"
	"strings"
)

// TaskHosts are the hosts that a step has a task on. A gate opens once, however
// many hosts its evidence comes from; in a block it opens once per host.
func (s *Step) TaskHosts() []string {
	if s.Kind == Gate && s.Block == "" {
		return []string{LocalHost}
	}
	return s.Hosts
}

// segment is one step, or the steps of one block.
type segment struct {
	block string
	steps []*Step
}

func segments(list []Step) []segment {
	var out []segment
	for i := range list {
		s := &list[i]
		if n := len(out); n > 0 && s.Block != "" && out[n-1].block == s.Block {
			out[n-1].steps = append(out[n-1].steps, s)
			continue
		}
		out = append(out, segment{s.Block, []*Step{s}})
	}
	return out
}

func (g segment) hosts() []string { return g.steps[0].TaskHosts() }

// tasks of a segment in order: a block goes host by host.
func (g segment) tasks() []Task {
	var out []Task
	for _, h := range g.hosts() {
		for _, s := range g.steps {
			out = append(out, Task{s.ID, h})
		}
	}
	return out
}

// Tasks gives the tasks of a phase in the order of their execution.
func (p *Phase) Tasks() []Task { return tasksOf(p.Steps) }

func tasksOf(list []Step) []Task {
	var out []Task
	for _, g := range segments(list) {
		out = append(out, g.tasks()...)
	}
	return out
}

// Tasks gives every task of the phases in order, without the rollback's.
func (rb *Runbook) Tasks() []Task {
	var out []Task
	for i := range rb.Phases {
		out = append(out, rb.Phases[i].Tasks()...)
	}
	return out
}

// Phase gives a phase by id, or nil.
func (rb *Runbook) Phase(id string) *Phase {
	for i := range rb.Phases {
		if rb.Phases[i].ID == id {
			return &rb.Phases[i]
		}
	}
	return nil
}

// finished reports whether what comes after a task may go on.
func (c *Case) finished(t Task) bool {
	if s := c.Book.Step(t.Step); s != nil && s.Left != "" {
		return true
	}
	return c.State.Task(t).Status.Finished()
}

// before lists what the file's order wants finished before a task.
func (c *Case) before(t Task) []Task {
	s := c.Book.Step(t.Step)
	p := c.Book.Phase(s.Phase)
	if p == nil || s.Free {
		return nil
	}
	var out []Task
	for _, g := range segments(p.Steps) {
		if !slices.Contains(g.steps, s) {
			out = append(out, bound(g)...)
			continue
		}
		if g.block == "" {
			return out
		}
		for _, k := range bound(g) {
			if k == t {
				return out
			}
			out = append(out, k)
		}
	}
	return out
}

// bound gives the tasks of a segment that bind those after them.
func bound(g segment) []Task {
	var out []Task
	for _, t := range g.tasks() {
		for _, s := range g.steps {
			if s.ID == t.Step && !s.Free {
				out = append(out, t)
			}
		}
	}
	return out
}

// unmet gives the first thing that has to be finished before a task, by order
// or by needs, and why.
func (c *Case) unmet(t Task) *Refusal {
	for _, k := range c.before(t) {
		if !c.finished(k) {
			return c.waitsFor(t, k)
		}
	}
	return c.unmetNeeds(c.Book.Step(t.Step), t)
}

// unmetNeeds gives the first of a step's needs that is not finished for a task:
// on the same host inside a block, on all hosts otherwise.
func (c *Case) unmetNeeds(s *Step, t Task) *Refusal {
	for _, id := range s.Needs {
		need := c.Book.Step(id)
		for _, h := range need.TaskHosts() {
			k := Task{id, h}
			if need.Block != "" && need.Block == s.Block && h != t.Host {
				continue
			}
			if !c.finished(k) {
				return c.waitsFor(t, k)
			}
			if ts := c.State.Task(k); ts.Status == TaskSkipped && !ts.Excluded && c.capturedLater(need) {
				return refuse(Later, "un-skip it", "%s was skipped, and a value that it captures is used later", k)
			}
		}
	}
	return nil
}

func (c *Case) waitsFor(t, k Task) *Refusal {
	st := c.State.Task(k).Status
	hint := ""
	if st == TaskNotStarted || st == TaskUndone {
		hint = "execute it, or skip it with a reason"
	}
	return refuse(Later, hint, "%s waits for %s, which is %s", t, k, st)
}

// capturedLater reports whether another step's text uses a value that s captures.
func (c *Case) capturedLater(s *Step) bool {
	for name := range s.Capture {
		for _, p := range c.Book.Phases {
			for i := range p.Steps {
				if o := &p.Steps[i]; o.ID != s.ID && uses(o, name) {
					return true
				}
			}
		}
	}
	return false
}

func uses(s *Step, name string) bool {
	texts := []string{s.Script, s.Dir}
	for _, e := range []*Evidence{s.Check, s.Verify} {
		if e != nil {
			texts = append(texts, e.Script, e.Want, e.Path)
		}
	}
	if s.Undo != nil {
		texts = append(texts, s.Undo.Script)
	}
	for _, t := range texts {
		if strings.Contains(t, "$"+name) || strings.Contains(t, "${"+name) {
			return true
		}
	}
	return false
}

// PhaseFinished reports whether every task of a phase is finished and nothing
// was left out without a person's acceptance.
func (c *Case) PhaseFinished(id string) bool {
	p := c.Book.Phase(id)
	excluded := false
	for _, t := range p.Tasks() {
		if !c.finished(t) {
			return false
		}
		excluded = excluded || c.State.Task(t).Excluded
	}
	return !excluded || c.State.Phases[id].Accepted != ""
}

// earlierPhase gives the first phase before id that is not finished, or nil.
func (c *Case) earlierPhase(id string) *Phase {
	for i := range c.Book.Phases {
		p := &c.Book.Phases[i]
		if p.ID == id {
			return nil
		}
		if !c.PhaseFinished(p.ID) {
			return p
		}
	}
	return nil
}
