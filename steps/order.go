package steps

// The rule of this file: the order of a run is the order of the file, and what
// has to come before a task can be said in one sentence. What comes before it
// within its own step or block is in standing.go.

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

// tasks of a segment in the order of its hosts, each host's in the file's.
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
	if s := c.inForce(t.Step); s != nil && s.Left != "" {
		return true
	}
	return c.State.Task(t).Status.Finished()
}

// unmetOrder gives the first thing that the file's order wants finished before a
// task, and why.
func (c *Case) unmetOrder(t Task) *Refusal {
	s := c.inForce(t.Step)
	p := c.Book.Phase(s.Phase)
	if p == nil || s.Free {
		return nil
	}
	for _, g := range segments(p.Steps) {
		if slices.Contains(g.steps, s) {
			return c.unmetInside(g, t)
		}
		for _, k := range bound(g) {
			if !c.finished(k) {
				return c.waitsFor(t, k)
			}
		}
	}
	return nil
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
	if r := c.unmetOrder(t); r != nil {
		return r
	}
	s := c.inForce(t.Step)
	if k := c.addedBefore(s.Phase); !k.Zero() {
		return refuse(Later, "execute it ({execute}), or skip it ({skip}) with a reason", "%s is new, and stands before what is done", k)
	}
	return c.unmetNeeds(s, t, map[string]Task{})
}

// addedBefore gives a task that an amendment put into a phase before this one,
// after that phase was finished.
func (c *Case) addedBefore(phase string) Task {
	if p := c.State.Phases[phase]; p.Opened.IsZero() || p.Reason != "" || c.State.Book == c.State.Opened.Hash {
		return Task{}
	}
	for i := range c.Book.Phases {
		if c.Book.Phases[i].ID == phase {
			break
		}
		for _, t := range c.Book.Phases[i].Tasks() {
			if _, known := c.State.Tasks[t]; !known && !c.finished(t) {
				return t
			}
		}
	}
	return Task{}
}

func sameBlock(a, b *Step) bool { return a.Block != "" && a.Block == b.Block && a.Phase == b.Phase }

// unmetNeeds gives the first of a step's needs that is not met for a task: on
// the same host inside a block, on all hosts otherwise. What is missing of a
// whole step is kept in whole, for it is the same for every host.
func (c *Case) unmetNeeds(s *Step, t Task, whole map[string]Task) *Refusal {
	for _, id := range s.Needs {
		need := c.inForce(id)
		if need == nil {
			return refuse(Never, "", "step %s needs %s, which is not in the runbook", s.ID, id)
		}
		k, seen := whole[id]
		switch {
		case sameBlock(need, s):
			k = c.missing(need, []string{t.Host})
		case !seen:
			k = c.missing(need, need.TaskHosts())
			whole[id] = k
		}
		switch {
		case k.Zero():
		case c.finished(k):
			return refuse(Later, "un-skip it", "%s was skipped, and a value that it captures is used later", k)
		default:
			return c.waitsFor(t, k)
		}
	}
	return nil
}

// missing gives the first task of a needed step that does not meet the need.
func (c *Case) missing(need *Step, hosts []string) Task {
	for _, h := range hosts {
		k := Task{need.ID, h}
		ts := c.State.Task(k)
		if !c.finished(k) || ts.Status == TaskSkipped && !ts.Excluded && c.capturedLater(need) {
			return k
		}
	}
	return Task{}
}

func (c *Case) waitsFor(t, k Task) *Refusal {
	st := c.State.Task(k).Status
	hint := ""
	if st == TaskNotStarted || st == TaskUndone {
		hint = "execute it ({execute}), or skip it ({skip}) with a reason"
	}
	return refuse(Later, hint, "%s waits for %s, which %s", t, k, c.Stands(k))
}

// capturedLater reports whether another step's text reads a value that s captures.
func (c *Case) capturedLater(s *Step) bool {
	for name := range s.Capture {
		for o := range c.Book.Steps() {
			if o.ID != s.ID && (readsAny(o.texts(), name) || readsAny(o.undoTexts(), name)) {
				return true
			}
		}
	}
	return false
}

// texts of a step in which a variable may be read, but for its undo's.
func (s *Step) texts() []string {
	out := []string{s.Script, s.Dir}
	for _, e := range s.Evidence {
		out = append(out, e.Script, e.Want, e.Path)
	}
	for _, e := range []*Evidence{s.Check, s.Verify} {
		if e != nil {
			out = append(out, e.Script, e.Want, e.Path)
		}
	}
	if s.File != nil {
		out = append(out, s.File.Path)
	}
	return out
}

func (s *Step) undoTexts() []string {
	if s.Undo == nil {
		return nil
	}
	out := []string{s.Undo.Script, s.Undo.Dir}
	if e := s.Undo.Verify; e != nil {
		out = append(out, e.Script, e.Want, e.Path)
	}
	return out
}

// readsAny reports whether a text names $NAME or ${NAME...}, as a whole word.
func readsAny(texts []string, name string) bool {
	for _, text := range texts {
		for rest := text; ; {
			_, after, ok := strings.Cut(rest, "$")
			if !ok {
				break
			}
			rest = after
			word, named := strings.CutPrefix(strings.TrimLeft(after, "{#"), name)
			if named && (word == "" || !isWord(word[0])) {
				return true
			}
		}
	}
	return false
}

func isWord(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

// PhaseFinished reports whether every task of a phase is finished and nothing
// was left out without a person's acceptance.
func (c *Case) PhaseFinished(id string) bool {
	p := c.Book.Phase(id)
	if p == nil {
		return true
	}
	open, excluded := c.unfinished(p)
	return open.Zero() && (!excluded || c.State.Phases[id].Accepted != "")
}

// unfinished gives the first task of a phase that is not finished, if any, and
// whether a host was left out of it.
func (c *Case) unfinished(p *Phase) (open Task, excluded bool) {
	for _, t := range p.Tasks() {
		if open.Zero() && !c.finished(t) {
			open = t
		}
		excluded = excluded || c.State.Task(t).Excluded
	}
	return open, excluded
}

// InPlay counts the servers of a phase, and those of them that no task of it
// leaves out.
func (c *Case) InPlay(phase string) (in, of int) {
	p, out := c.Book.Phase(phase), map[string]bool{}
	if p == nil {
		return 0, 0
	}
	for _, t := range p.Tasks() {
		if t.Host != LocalHost {
			out[t.Host] = out[t.Host] || c.State.Task(t).Excluded
		}
	}
	for _, excluded := range out {
		if !excluded {
			in++
		}
	}
	return in, len(out)
}

// Unaccepted gives the first phase that is finished but for a person's
// acceptance of the hosts that were left out, or nil.
func (c *Case) Unaccepted() *Phase {
	for i := range c.Book.Phases {
		p := &c.Book.Phases[i]
		if open, excluded := c.unfinished(p); open.Zero() && excluded && c.State.Phases[p.ID].Accepted == "" {
			return p
		}
	}
	return nil
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

// UsesLocal reports whether a script of the runbook runs on this machine.
func (rb *Runbook) UsesLocal() bool {
	for s := range rb.Steps() {
		if !s.open() && contains(s.Hosts, LocalHost) {
			return true
		}
	}
	return false
}
