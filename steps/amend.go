package steps

// The rule of this file: what has begun stays as it was executed; only what
// has not begun takes a new text, and a person accepts it.

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
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
			out = append(out, fmt.Sprintf("step %s: %s changed%s", id, changedParts(was, s), c.frozenNote(was)))
		case !slices.Equal(s.Hosts, was.Hosts):
			out = append(out, fmt.Sprintf("step %s: hosts %v, were %v", id, s.Hosts, was.Hosts))
		case !sameBatches(s, was):
			out = append(out, fmt.Sprintf("step %s: %s; was: %s", id, s.saysBatch(), was.saysBatch()))
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

// changedParts names what of a step's content (ContentHash) is another.
func changedParts(was, s *Step) string {
	undo := func(s *Step) Undo {
		if s.Undo == nil {
			return Undo{}
		}
		u := *s.Undo
		return Undo{Script: u.Script, Dir: u.Dir, Text: u.Text, Timeout: u.Timeout}
	}
	var parts []string
	for _, x := range []struct {
		name string
		is   bool
	}{
		{"kind", s.Kind != was.Kind}, {"script", s.Script != was.Script}, {"folder", s.Dir != was.Dir}, {"shell", s.Shell != was.Shell},
		{"timeout", s.Timeout != was.Timeout}, {"edit", !reflect.DeepEqual(s.File, was.File)}, {"undo", !reflect.DeepEqual(undo(s), undo(was))},
	} {
		if x.is {
			parts = append(parts, x.name)
		}
	}
	return strings.Join(parts, " and ")
}

func (c *Case) frozenNote(s *Step) string {
	for _, h := range s.TaskHosts() {
		if st := c.State.Task(Task{s.ID, h}).Status; st != TaskNotStarted && st != TaskUndone {
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
		return nil, refuse(Later, "wait, or cancel it ({cancel})", "%s is under way; a new text is taken when nothing is", c.State.Busy("")[0])
	case n.Kind != c.Book.Kind:
		return nil, refuse(Never, "start a new run", "the environment is of kind %s now and was %s", n.Kind, c.Book.Kind)
	}
	for _, p := range c.Book.Phases {
		for _, g := range segments(p.Steps) {
			if g.block == "" || !c.begun(g) {
				continue
			}
			if now := blockOf(n, g.block, p.ID); now == nil || !slices.EqualFunc(now.batches(), g.batches(), slices.Equal) || !slices.Equal(ids(now.steps), ids(g.steps)) {
				return nil, refuse(Never, "put the old order back", "block %s has begun; its order, hosts and batches cannot change", g.block)
			}
		}
	}
	if r := c.confirmed(Low, "", a); r != nil {
		return nil, r
	}
	undos, r := c.take(n, a.Take)
	if r != nil {
		return nil, r
	}
	out := []Event{Amended{Hash: n.Hash, Reason: a.Reason, Diff: c.Changes(n), Undos: undos, Unrehearsed: a.Unrehearsed}}
	if c.State.Sequence != nil { // its yes was for the text before
		out = append(out, SequenceEnded{Why: "the runbook's new text was taken"})
	}
	return out, nil
}

// What is taken of an undo that changed.
const (
	TakeOld = "old" // as it was executed; the default
	TakeNew = "new"
)

// UndoTaken is the answer to one changed undo.
type UndoTaken struct {
	Step  string `json:"step"`
	Tasks []Task `json:"tasks"`
	Take  string `json:"take"`
}

// UndoChange is an undo of work that has been done, which another text changes.
type UndoChange struct {
	Step     string
	Tasks    []Task // that would take the new one
	Old, New *Step  // with their undos; of Old, as it binds the first of the tasks
}

// ChangedUndos lists the undos of what has been done that another text changes,
// in its order. Whose undo is the backup of an edit is not among them: a text
// cannot change what was kept.
func (c *Case) ChangedUndos(next *Runbook) []UndoChange {
	var out []UndoChange
	for _, id := range idsInOrder(next) {
		n := next.Step(id)
		if was := c.inForce(id); n.Kind == Edit || was != nil && sameUndo(was, n) {
			continue
		}
		u := UndoChange{Step: id, New: n}
		for _, t := range c.begunOf(id) {
			s := c.Step(t)
			if s == nil || s.Kind == Edit || sameUndo(s, n) {
				continue
			}
			if u.Old == nil {
				u.Old = s
			}
			u.Tasks = append(u.Tasks, t)
		}
		if u.Old != nil {
			out = append(out, u)
		}
	}
	return out
}

// begunOf lists the tasks of a step that have left something behind, in the
// order of their hosts' names.
func (c *Case) begunOf(step string) []Task {
	var out []Task
	for t, ts := range c.State.Tasks {
		if t.Step == step && ts.Order > 0 && ts.How != HowAssumed && ts.Status != TaskUndone {
			out = append(out, t)
		}
	}
	sortTasks(out)
	return out
}

func sameUndo(a, b *Step) bool {
	x, errX := json.Marshal([]any{a.Undo, a.NoUndo})
	y, errY := json.Marshal([]any{b.Undo, b.NoUndo})
	return errX == nil && errY == nil && string(x) == string(y)
}

// take answers every changed undo: new for the steps that are named, else old.
func (c *Case) take(next *Runbook, fresh []string) ([]UndoTaken, *Refusal) {
	var out []UndoTaken
	known := []string{}
	for _, u := range c.ChangedUndos(next) {
		known = append(known, u.Step)
		answer := UndoTaken{Step: u.Step, Tasks: u.Tasks, Take: TakeOld}
		if slices.Contains(fresh, u.Step) {
			answer.Take = TakeNew
		}
		out = append(out, answer)
	}
	for _, id := range fresh {
		if !slices.Contains(known, id) {
			return nil, refuse(Never, "", "the undo of %s has not changed, or nothing of it has been done", id)
		}
	}
	return out, nil
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
