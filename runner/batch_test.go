package runner

// Batches on a real OpenSSH sshd and on the embedded fleet: a canary that fails
// stops the rest before anything is sent to them, and a limit passes it over.

import (
	"strings"
	"testing"

	"belay/runner/job"
	"belay/steps"
)

const batchBook = `
format = 1
title = "test"
[hosts]
a = { address = "a" }
b = { address = "b" }
c = { address = "c" }
d = { address = "d" }
[groups]
crew = ["d", "a", "c", "b"]
[environments.production]
kind = "live"
[[phase]]
id = "one"
title = "One"
[[phase.step]]
id = "up"
title = "Up"
on = "crew"
batch = [1, "50%"]
danger = "low"
script = 'echo run >>"$HOME/up.count"; test ! -e "$HOME/broken"'
undo.script = 'rm -f "$HOME/up.count"'
[[phase.step]]
id = "after"
title = "After"
danger = "none"
script = "true"
`

// sh runs a line on a host by another way in.
func (on ground) sh(t *testing.T, host, line string) {
	t.Helper()
	hosts := on.hosts()
	for _, h := range hosts {
		defer h.Close()
	}
	if res, err := hosts[host].Run(t.Context(), job.Script{Text: line}, 1000); err != nil || res.Exit != 0 {
		t.Fatalf("%s on %s: exit %d, %v", line, host, res.Exit, err)
	}
}

// ran says how often the step ran on d, a, c and b, the order of the group; and
// nothing was meant for a host on which it did not.
func ran(g *rig, on ground) string {
	g.t.Helper()
	var out []string
	c := g.runner.Snapshot().Case
	for _, h := range []string{"d", "a", "c", "b"} {
		n := strings.Count(on.read(h, "up.count"), "run")
		out = append(out, strings.Repeat("|", n)+".")
		if intents := len(c.State.Task(steps.Task{Step: "up", Host: h}).Attempts); intents != n {
			g.t.Errorf("%s: %d attempts, and it ran %d times", h, intents, n)
		}
	}
	return strings.Join(out, "")
}

func crew(g *rig) steps.Action {
	return steps.Action{Verb: steps.Sequence, Tasks: g.book.Tasks()[:4], Scope: steps.Scope{Phase: "one"}, Confirm: steps.Confirmation{How: "key"}}
}

func TestSuiteFailingCanaryStopsTheRest(t *testing.T) {
	onGrounds(t, func(t *testing.T, on ground) {
		on.sh(t, "d", `: >"$HOME/broken"`)
		g := newRig(t, batchBook)
		g.real = on.hosts
		g.start(nil)
		g.bound()
		g.must(crew(g))
		g.until("the sequence has stopped", func(c *steps.Case) bool { return c.State.Stopped != nil })
		if q := g.runner.Snapshot().Case.State.Stopped; q.Why != "up@d is failed" || ran(g, on) != "|...." {
			t.Fatalf("stopped because %s, ran %s", q.Why, ran(g, on))
		}
		err := g.do(execute("up@b"))
		if err == nil || !strings.Contains(err.Error(), "1 of 4 hosts is failed (d), and max_failures allows none") {
			t.Fatalf("the next batch: %v", err)
		}
		on.sh(t, "d", `rm "$HOME/broken"`)
		g.must(steps.Action{Verb: steps.Retry, Task: task("up@d"), Confirm: steps.Confirmation{How: "key"}})
		g.until("mended", g.is("up@d", steps.TaskDone))
		g.must(crew(g))
		g.until("the rest", func(c *steps.Case) bool { return c.State.Sequence == nil })
		if ran(g, on) != "||.|.|.|." || g.runner.Snapshot().Case.State.Stopped != nil {
			t.Fatalf("ran %s\n%s", ran(g, on), g.journal.kinds())
		}
		inBatches(g, "d", "a c", "b")
	}, "c", "d")
}

// inBatches: no attempt was meant before the one before it had ended.
func inBatches(g *rig, batches ...string) {
	g.t.Helper()
	c := g.runner.Snapshot().Case
	at := func(h string) *steps.Attempt { return c.State.Task(steps.Task{Step: "up", Host: h}).Attempt() }
	for i := 1; i < len(batches); i++ {
		for _, before := range strings.Fields(batches[i-1]) {
			for _, h := range strings.Fields(batches[i]) {
				if at(h).Intended.Before(at(before).Ended) {
					g.t.Errorf("%s was meant at %v, and %s ended at %v", h, at(h).Intended, before, at(before).Ended)
				}
			}
		}
	}
}

func TestSuiteLimitPassesOneOver(t *testing.T) {
	onGrounds(t, func(t *testing.T, on ground) {
		on.sh(t, "d", `: >"$HOME/broken"`)
		g := newRig(t, strings.Replace(batchBook, "batch = [1, \"50%\"]", "batch = [1, \"50%\"]\nmax_failures = 1", 1))
		g.real = on.hosts
		g.start(&Auto{Max: steps.Low})
		o := <-g.runner.Done()
		if o.Code != steps.CodeFailed || ran(g, on) != "|.|.|.|." {
			t.Fatalf("%+v, ran %s", o, ran(g, on))
		}
		inBatches(g, "d", "a c", "b")
		if c := g.runner.Snapshot().Case; len(c.State.Task(task("after@local")).Attempts) > 0 {
			t.Fatal("what comes after the step does not pass a host over")
		}
	}, "c", "d")
}

func TestSuiteMoreFailuresThanTheLimit(t *testing.T) {
	onGrounds(t, func(t *testing.T, on ground) {
		for _, h := range []string{"d", "c"} {
			on.sh(t, h, `: >"$HOME/broken"`)
		}
		g := newRig(t, strings.Replace(batchBook, "batch = [1, \"50%\"]", "batch = [1, \"50%\"]\nmax_failures = 1", 1))
		g.real = on.hosts
		g.start(nil)
		g.bound()
		g.must(crew(g))
		g.until("the sequence has stopped", func(c *steps.Case) bool {
			return c.State.Stopped != nil && c.State.Task(task("up@a")).Status == steps.TaskDone
		})
		want := "2 of 4 hosts are failed (d, c), more than the 1 that max_failures allows"
		if q := g.runner.Snapshot().Case.State.Stopped; q.Why != want || ran(g, on) != "|.|.|.." {
			t.Fatalf("stopped because %q, ran %s", q.Why, ran(g, on))
		}
	}, "c", "d")
}

// TestOneYesGoesOnWithoutAHost: what was passed over is said at the end, and is
// not called done.
func TestOneYesGoesOnWithoutAHost(t *testing.T) {
	g := newRig(t, strings.Replace(batchBook, "batch = [1, \"50%\"]", "batch = [1, \"50%\"]\nmax_failures = 2", 1))
	for _, h := range []string{"d", "c"} {
		g.hosts[h].script = func(job.Request) (string, string, int) { return "", "", 1 }
	}
	g.start(nil)
	g.bound()
	g.must(crew(g))
	g.until("the end of the sequence", func(c *steps.Case) bool { return c.State.Stopped != nil })
	c := g.runner.Snapshot().Case
	if q := c.State.Stopped; q.Why != "the rest is done; up@d is failed, and 1 more" {
		t.Fatalf("it ended because %q\n%s", q.Why, states(&c))
	}
	for _, h := range []string{"a", "b"} {
		if st := c.State.Task(task("up@" + h)).Status; st != steps.TaskDone {
			t.Errorf("%s is %s", h, st)
		}
	}
	if _, _, left := c.LeftOff(); left {
		t.Error("nothing is left of it to go on with")
	}
}
