package runner

// What goes on by itself asks a host once: one that refuses is a person's to see.

import (
	"strings"
	"testing"
	"time"

	"belay/runner/job"
	"belay/steps"
)

var noSpace = &job.Refused{Code: job.RefusedSpace, Text: "only 0 KiB free"}

func (g *rig) refuses(host string, err error) {
	h := g.hosts[host]
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refuses, h.tried = err, 0
}

func (g *rig) tried(host string) int {
	h := g.hosts[host]
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tried
}

// outcome waits for the end of an automatic run.
func (g *rig) outcome() Outcome {
	g.t.Helper()
	select {
	case o := <-g.runner.Done():
		return o
	case <-time.After(20 * time.Second):
		g.t.Fatalf("the run does not end\njournal: %.400s", g.journal.kinds())
		return Outcome{}
	}
}

func TestAutoStopsAtARefusal(t *testing.T) {
	g := newRig(t, book)
	g.refuses("b", noSpace)
	g.start(&Auto{Max: steps.High})
	if o := g.outcome(); o.Code != steps.CodePerson || !strings.Contains(o.Why, "look@b was not started") || !strings.Contains(o.Why, "0 KiB free") {
		t.Errorf("%+v", o)
	}
	if n := g.tried("b"); n != 1 {
		t.Errorf("b was asked %d times, want once", n)
	}
	if n := strings.Count(g.journal.kinds(), "not-started"); n != 1 {
		t.Errorf("%d attempts were not started, want 1", n)
	}
}

func TestSequenceStopsAtARefusal(t *testing.T) {
	g := newRig(t, book)
	g.start(nil)
	g.bound()
	g.refuses("b", noSpace)
	tasks := []steps.Task{task("look@a"), task("look@b"), task("change@a"), task("change@b")}
	sequence := steps.Action{Verb: steps.Sequence, Tasks: tasks, Scope: steps.Scope{Phase: "one"}, Confirm: steps.Confirmation{How: "key"}}
	g.must(sequence)
	g.until("the sequence ends", func(c *steps.Case) bool { return c.State.Sequence == nil && g.tried("b") > 0 })
	if n := g.tried("b"); n != 1 {
		t.Errorf("b was asked %d times, want once", n)
	}
	g.refuses("b", nil)
	g.must(sequence) // a person has seen to it
	g.until("it goes to its end", func(c *steps.Case) bool { return c.State.Task(task("change@b")).Status == steps.TaskDone })
}

func TestRollbackStopsAtARefusal(t *testing.T) {
	g := newRig(t, book)
	g.start(nil)
	g.bound()
	for _, x := range []string{"look@a", "look@b", "change@a", "change@b"} {
		g.must(execute(x))
		g.until(x, g.is(x, steps.TaskDone))
	}
	g.refuses("b", noSpace)
	typed := func(host string) steps.Confirmation { return steps.Confirmation{How: "typed", Typed: host, By: "ana"} }
	g.must(steps.Action{Verb: steps.OpenRollback, Reason: "a test", Confirm: steps.Confirmation{How: "key"}})
	for _, h := range []string{"b", "a"} {
		g.must(steps.Action{Verb: steps.ConfirmHost, Host: h, Confirm: typed(h)})
	}
	g.until("it stands still", func(c *steps.Case) bool { return !g.runner.Snapshot().Rolling && g.tried("b") > 0 })
	if n := g.tried("b"); n != 1 {
		t.Errorf("b was asked %d times, want once", n)
	}
	g.refuses("b", nil)
	if err := g.runner.Roll(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.until("both are undone", func(c *steps.Case) bool {
		return g.is("change@a", steps.TaskUndone)(c) && g.is("change@b", steps.TaskUndone)(c)
	})
}
