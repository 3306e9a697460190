package runner

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"belay/runner/job"
	"belay/steps"
)

const triggersBook = twoHosts + `
[[phase.step]]
id = "first"
title = "First"
on = "both"
danger = "low"
script = "first"
undo.script = "unfirst"
[[phase.step]]
id = "second"
title = "Second"
on = "both"
danger = "low"
script = "second"
undo.script = "unsecond"
[[trigger]]
id = "load"
title = "Too much load"
when = { on = "both", script = "load", want = "> baseline + 5", max_age = "3s" }
proposes = "one"
`

// loads is a rig whose hosts answer the trigger's script; "?" is that it fails.
func loads(t *testing.T) (g *rig, set func(string)) {
	g = newRig(t, triggersBook)
	rb, err := g.book.For(steps.EmbeddedEnv)
	if err != nil {
		t.Fatal(err)
	}
	g.book = rb
	g.journal.lines = nil
	g.journal.Append("opened", steps.Opened{Run: "r1", Hash: rb.Hash, Env: rb.Env, EnvKind: rb.Kind, Speed: 60, Operator: "ana"})
	var now atomic.Value
	now.Store("10")
	for _, h := range []string{"a", "b"} {
		g.answersBy(h, func(s string) (string, int) {
			if v := now.Load().(string); s != "load" || v != "?" {
				return v, 0
			}
			return "", 3
		})
	}
	return g, func(v string) { now.Store(v) }
}

func trigger(now string) func(*steps.Case) bool {
	return func(c *steps.Case) bool { return c.State.Triggers["load"].Now == now }
}

func TestATriggerFiresClearsAndStopsASequence(t *testing.T) {
	g, set := loads(t)
	set("20")
	g.start(nil)
	g.bound()
	if n := len(g.runner.Snapshot().Case.Seen.Triggers); n != 0 {
		t.Fatalf("looked before its phase was open: %d", n)
	}
	g.through("first", "a") // the baseline is 20
	seen := func(c *steps.Case) bool { return c.Sight(c.Book.Trigger("load")).Verdict == steps.Green }
	g.until("looked at, and 20 is what it was", seen)
	end := make(chan struct{})
	g.hosts["b"].mu.Lock()
	g.hosts["b"].block["r1.first.b.1"] = end
	g.hosts["b"].mu.Unlock()
	row := steps.Action{Verb: steps.Sequence, Confirm: steps.Confirmation{How: "key"},
		Tasks: []steps.Task{task("first@b"), task("second@a"), task("second@b")}}
	g.must(row)
	g.until("it runs", g.is("first@b", steps.TaskRunning))
	set("26")
	g.until("fired", trigger(steps.TriggerFired))
	g.until("the row has ended", func(c *steps.Case) bool { return c.State.Sequence == nil })
	close(end)
	g.until("what ran came to its end", g.is("first@b", steps.TaskDone))
	var ref *steps.Refusal
	if err := g.do(row); !errors.As(err, &ref) || ref.Kind != steps.EvidenceBad {
		t.Fatalf("another row: %v", err)
	}
	if n := g.hosts["a"].ran["second"]; n != 0 {
		t.Fatal("the row went on")
	}
	f := g.runner.Snapshot().Case.State.Triggers["load"]
	if len(f.Evidence) != 2 || f.Evidence[1].Host != "b" || f.Evidence[1].Text != "26" || !strings.Contains(f.Reason, "26, want > baseline + 5 (25)") {
		t.Fatalf("%+v", f)
	}
	set("?")
	g.until("blind", func(c *steps.Case) bool { return c.Sight(c.Book.Trigger("load")).Verdict == steps.CannotTell })
	if snap := g.runner.Snapshot(); !trigger(steps.TriggerFired)(&snap.Case) {
		t.Fatal("a firing that nobody can see any more was forgotten")
	}
	set("25")
	g.until("cleared", trigger(""))
	g.must(row)
	g.until("the rest", g.is("second@b", steps.TaskDone))
	if kinds := g.journal.kinds(); strings.Count(kinds, "triggered") != 2 {
		t.Fatal(kinds)
	}
}

func TestAnAutomaticRunEndsRed(t *testing.T) {
	g, set := loads(t)
	g.hosts["a"].script = func(r job.Request) (string, string, int) {
		if strings.HasPrefix(r.Script.Text, "second") {
			set("16")
		}
		return "", "", 0
	}
	end := make(chan struct{})
	g.hosts["a"].block["r1.second.a.1"] = end
	g.start(&Auto{Max: steps.Critical})
	g.until("fired", trigger(steps.TriggerFired))
	select {
	case o := <-g.runner.Done():
		t.Fatalf("it ended while a step was under way: %+v", o)
	default:
	}
	close(end)
	o := <-g.runner.Done()
	if o.Code != steps.CodeRed || !strings.Contains(o.Why, "load has fired") {
		t.Fatalf("%+v", o)
	}
	g.kill()

	// The next console looks for itself before it believes an old firing.
	set("10")
	g.start(&Auto{Max: steps.Critical})
	if o := <-g.runner.Done(); o.Code != steps.CodeDone {
		t.Fatalf("%+v\n%s", o, g.journal.kinds())
	}
	if !strings.Contains(g.journal.kinds(), "triggered") || len(g.runner.Snapshot().Case.State.Triggers) != 0 {
		t.Fatal(g.journal.kinds())
	}
}

func TestATriggerRestsWhileARollbackIsOpen(t *testing.T) {
	g, set := loads(t)
	g.start(nil)
	g.bound()
	g.through("first", "a", "b")
	set("99")
	g.until("fired", trigger(steps.TriggerFired))
	g.must(steps.Action{Verb: steps.OpenRollback, Scope: steps.Scope{Phase: "one"}, Confirm: steps.Confirmation{How: "key"}})
	g.until("it rests", func(c *steps.Case) bool { return len(c.Seen.Triggers["load"]) == 0 })
	g.kill()
	g.start(&Auto{Max: steps.Critical, Rollback: &steps.Scope{Phase: "one"}})
	select {
	case o := <-g.runner.Done():
		if o.Code != steps.CodeDone {
			t.Fatalf("%+v", o)
		}
	case <-time.After(time.Minute):
		t.Fatal(g.journal.kinds())
	}
	if c := g.runner.Snapshot().Case; len(c.State.Triggers) != 0 || c.Sight(c.Book.Trigger("load")).Rests == "" {
		t.Fatalf("%+v", c.State.Triggers)
	}
}
