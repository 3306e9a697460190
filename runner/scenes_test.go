package runner

// Scenes of gates, soaks, proofs, sequences, timeouts and hosts that stay away,
// on imagined hosts: what is shown here is the conductor, not the wire.

import (
	"errors"
	"strings"
	"testing"
	"time"

	"belay/runner/job"
	"belay/steps"
)

const scenesBook = twoHosts + `
window = "2h"
[[phase.step]]
id = "first"
title = "First"
on = "both"
danger = "low"
script = "first"
timeout = "1s"
undo.script = "unfirst"
[[phase.step]]
id = "go"
title = "Go?"
kind = "gate"
evidence = [ { title = "room", on = "both", script = "room", want = ">= 20 GiB", max_age = "3s" }, { title = "we agree", sign_off = "driver" } ]
[[phase.step]]
id = "up"
title = "Up"
on = "both"
block = "roll"
danger = "low"
check = { script = "fit" }
script = "up"
verify = { script = "alive", want = "== 4", stable = "400ms", timeout = "2s" }
undo.script = "down"
[[phase.step]]
id = "rest"
title = "Rest"
kind = "soak"
on = "both"
block = "roll"
soak = { for = "600ms", every = "100ms", deadline = "1m" }
evidence = [ { title = "alerts", script = "alerts", want = "<= baseline" } ]
`

// answersBy makes a host answer looks by their text.
func (g *rig) answersBy(host string, f func(text string) (string, int)) {
	h := g.hosts[host]
	h.mu.Lock()
	defer h.mu.Unlock()
	h.look = func(s job.Script) job.Result {
		out, exit := f(s.Text)
		return job.Result{Out: []byte(out), Exit: exit}
	}
}

func scenes(t *testing.T) *rig {
	g := newRig(t, scenesBook)
	for _, h := range []string{"a", "b", "local"} {
		g.answersBy(h, wellAnd("", ""))
	}
	return g
}

// wellAnd answers everything well, but one text otherwise.
func wellAnd(text, instead string) func(string) (string, int) {
	return func(s string) (string, int) {
		if s == text {
			return instead, 0
		}
		return map[string]string{"room": "30 GiB", "alive": "4", "alerts": "2", "fit": "yes"}[s], 0
	}
}

func key(v steps.Verb, t string) steps.Action {
	return steps.Action{Verb: v, Task: task(t), Confirm: steps.Confirmation{How: "key"}}
}

func TestGateOpensOnGreenAndAYes(t *testing.T) {
	g := scenes(t)
	g.answersBy("b", wellAnd("room", "3 GiB"))
	g.start(nil)
	g.bound()
	g.through("first", "a", "b")
	g.must(execute("go@local"))
	g.must(steps.Action{Verb: steps.SignOff, Task: task("go@local"), Name: "we agree"})
	var ref *steps.Refusal
	if err := g.do(key(steps.Yes, "go@local")); !errors.As(err, &ref) || ref.Kind != steps.EvidenceBad {
		t.Fatalf("a red gate: %v", err)
	}
	g.answersBy("b", wellAnd("", ""))
	g.until("green", func(c *steps.Case) bool { return worst(c.Evidence(task("go@local"))) == steps.Green })
	g.must(key(steps.Yes, "go@local"))
	g.until("passed", g.is("go@local", steps.TaskDone))
}

// A gate that stands on hosts asks them, and not this machine, what its evidence
// says nothing else about.
func TestGateOnHostsAsksThem(t *testing.T) {
	g := newRig(t, strings.Replace(scenesBook, `kind = "gate"
evidence = [ { title = "room", on = "both", `, `kind = "gate"
on = "both"
evidence = [ { title = "room", `, 1))
	for _, h := range []string{"a", "b"} {
		g.answersBy(h, wellAnd("", ""))
	}
	g.answersBy("local", wellAnd("room", "3 GiB"))
	g.start(nil)
	g.bound()
	g.through("first", "a", "b")
	g.must(execute("go@local"))
	g.must(steps.Action{Verb: steps.SignOff, Task: task("go@local"), Name: "we agree"})
	g.until("green", func(c *steps.Case) bool { return worst(c.Evidence(task("go@local"))) == steps.Green })
}

// toTheRoll brings the scene to the point where the block may begin.
func toTheRoll(g *rig) {
	g.t.Helper()
	g.start(nil)
	g.bound()
	g.through("first", "a", "b")
	g.must(execute("go@local"))
	g.must(steps.Action{Verb: steps.SignOff, Task: task("go@local"), Name: "we agree"})
	g.until("green", func(c *steps.Case) bool { return worst(c.Evidence(task("go@local"))) == steps.Green })
	g.must(key(steps.Yes, "go@local"))
}

func TestSequenceGoesHostByHostThroughTheSoak(t *testing.T) {
	g := scenes(t)
	toTheRoll(g)
	tasks := []steps.Task{task("up@a"), task("rest@a"), task("up@b"), task("rest@b")}
	g.must(steps.Action{Verb: steps.Sequence, Tasks: tasks, Scope: steps.Scope{Phase: "one"}, Confirm: steps.Confirmation{How: "key"}})
	g.until("the block is done", func(c *steps.Case) bool { return c.Complete() && c.State.Sequence == nil })
	kinds := g.journal.kinds()
	if !strings.HasSuffix(kinds, "sequence-ended") || strings.Count(kinds, "verified") != 2 {
		t.Fatal(kinds)
	}
	if up := g.runner.Snapshot().Case.State.Task(task("rest@b")); up.Soak.Green < 500*time.Millisecond {
		t.Fatalf("the soak was green for %v only", up.Soak.Green)
	}
}

func TestSequenceStopsAtAFailure(t *testing.T) {
	g := scenes(t)
	toTheRoll(g)
	g.hosts["a"].mu.Lock()
	g.hosts["a"].script = func(job.Request) (string, string, int) { return "", "", 1 }
	g.hosts["a"].mu.Unlock()
	g.must(steps.Action{Verb: steps.Sequence, Tasks: []steps.Task{task("up@a"), task("rest@a"), task("up@b")},
		Scope: steps.Scope{Phase: "one"}, Confirm: steps.Confirmation{How: "key"}})
	g.until("ended", func(c *steps.Case) bool {
		return c.State.Sequence == nil && c.State.Task(task("up@a")).Status == steps.TaskFailed
	})
	if n := g.hosts["b"].ran["up"]; n != 0 {
		t.Fatal("the block went on to b")
	}
}

func TestVerifyHasToHoldWithoutAGap(t *testing.T) {
	g := scenes(t)
	looks := 0
	g.answersBy("a", func(s string) (string, int) {
		if s != "alive" {
			return wellAnd("", "")(s)
		}
		if looks++; looks == 2 {
			return "3", 0 // a worker flashes out of the list
		}
		return "4", 0
	})
	toTheRoll(g)
	g.must(execute("up@a"))
	g.until("proven", g.is("up@a", steps.TaskDone))
	g.hosts["a"].mu.Lock()
	defer g.hosts["a"].mu.Unlock()
	if looks < 4 {
		t.Fatalf("the proof was taken after %d looks", looks)
	}
}

// TestAFaceSeesHowFarAProofIs: what it waits for, since when it holds, and when
// it is given up; and nothing of it is left when it has ended.
func TestAFaceSeesHowFarAProofIs(t *testing.T) {
	g := scenes(t)
	g.answersBy("a", wellAnd("alive", "3"))
	toTheRoll(g)
	g.must(execute("up@a"))
	proof := func(c *steps.Case) (steps.Proof, bool) { p, ok := c.Seen.Proofs[task("up@a")]; return p, ok }
	g.until("a proof that does not hold", func(c *steps.Case) bool {
		p, ok := proof(c)
		left := p.Until.Sub(c.Now)
		return ok && p.For == 400*time.Millisecond && p.Holds.IsZero() && left > 0 && left <= 2*time.Second
	})
	g.answersBy("a", wellAnd("", ""))
	g.until("one that holds", func(c *steps.Case) bool {
		p, ok := proof(c)
		return ok && !p.Holds.IsZero() && p.Held(c.Now, 1) <= p.For
	})
	g.until("proven, and nothing is looked for", func(c *steps.Case) bool {
		_, looking := proof(c)
		return c.State.Task(task("up@a")).Status == steps.TaskDone && !looking
	})
}

// TestAConsoleThatComesBackShowsWhatFailed: a person decides by the end of an
// output, also where an earlier console followed it.
func TestAConsoleThatComesBackShowsWhatFailed(t *testing.T) {
	g := scenes(t)
	g.hosts["a"].mu.Lock()
	g.hosts["a"].script = func(job.Request) (string, string, int) {
		return strings.Repeat("a line of output\n", 10_000) + "no space left on device\n", "", 1
	}
	g.hosts["a"].mu.Unlock()
	g.start(nil)
	g.bound()
	g.must(execute("first@a"))
	g.until("failed", g.is("first@a", steps.TaskFailed))
	g.kill()
	g.start(nil)
	g.until("its output", func(*steps.Case) bool { return g.runner.Output(task("first@a")) != nil })
	ring := g.runner.Output(task("first@a"))
	first, next := ring.Span()
	last := ring.Window(next-1, 1)
	if len(last) != 1 || last[0].Text != "no space left on device" || next-first > 10_000 {
		t.Fatalf("%d lines, the last is %+v", next-first, last)
	}
}

func TestVerifyThatIsNotProvenFails(t *testing.T) {
	g := scenes(t)
	g.answersBy("a", wellAnd("alive", "2"))
	toTheRoll(g)
	g.must(execute("up@a"))
	g.until("failed", g.is("up@a", steps.TaskFailed))
	g.answersBy("a", wellAnd("", ""))
	g.must(key(steps.VerifyAgain, "up@a"))
	g.until("proven", g.is("up@a", steps.TaskDone))
	if n := g.hosts["a"].ran["up"]; n != 1 {
		t.Fatalf("verifying again started the script: %d", n)
	}
}

func TestRedCheckStopsAStart(t *testing.T) {
	g := scenes(t)
	g.answersBy("a", func(s string) (string, int) {
		if s == "fit" {
			return "no", 1
		}
		return wellAnd("", "")(s)
	})
	toTheRoll(g)
	var ref *steps.Refusal
	if err := g.do(execute("up@a")); !errors.As(err, &ref) || ref.Kind != steps.EvidenceBad {
		t.Fatalf("a red check: %v", err)
	}
	over := execute("up@a")
	over.Reason = "we know why"
	if err := g.do(over); !errors.As(err, &ref) || ref.Level != steps.Critical {
		t.Fatalf("an override counts as critical: %v", err)
	}
	over.Confirm = steps.Confirmation{How: "typed", Typed: "a production"}
	g.must(over)
	g.until("done", g.is("up@a", steps.TaskDone))
}

func TestTimeIsUp(t *testing.T) {
	g := scenes(t)
	g.hosts["a"].block["r1.first.a.1"] = make(chan struct{})
	g.start(nil)
	g.bound()
	g.must(execute("first@a"))
	g.until("failed", g.is("first@a", steps.TaskFailed))
	if why := g.runner.Snapshot().Case.State.Task(task("first@a")).Reason; !strings.Contains(why, "timed out after 1s") {
		t.Fatal(why)
	}
}

func TestSoakPausesOnRedAndCountsOnlyGreen(t *testing.T) {
	g := scenes(t)
	toTheRoll(g)
	g.must(execute("up@a"))
	g.until("done", g.is("up@a", steps.TaskDone))
	g.answersBy("a", wellAnd("alerts", "3"))
	g.must(execute("rest@a"))
	g.until("red", func(c *steps.Case) bool { return c.State.Task(task("rest@a")).Soak.Now == "red" })
	g.kill()
	g.start(nil)
	g.until("red again", func(c *steps.Case) bool { return len(c.Seen.Evidence[task("rest@a")]) > 0 })
	if st := g.runner.Snapshot().Case.State.Task(task("rest@a")); st.Status != steps.TaskOpen || st.Soak.Green != 0 {
		t.Fatalf("%s, green for %v", st.Status, st.Soak.Green)
	}
	g.answersBy("a", wellAnd("", ""))
	g.until("complete", g.is("rest@a", steps.TaskDone))
}

func TestStopWaitingForAHost(t *testing.T) {
	g := scenes(t)
	g.hosts["a"].block["r1.first.a.1"] = make(chan struct{})
	g.start(nil)
	g.bound()
	g.must(execute("first@a"))
	g.until("running", g.is("first@a", steps.TaskRunning))
	g.hosts["a"].setAway(true)
	g.until("away", func(c *steps.Case) bool { return !c.Seen.Hosts["a"].Up })
	var ref *steps.Refusal
	if err := g.do(steps.Action{Verb: steps.StopWaiting, Host: "a", Reason: "its rack is dark"}); !errors.As(err, &ref) || ref.Kind != steps.Later {
		t.Fatalf("before a minute has passed: %v", err)
	}
	g.runner.post(func() {
		seen := g.runner.seen.Hosts["a"]
		seen.Since = time.Now().Add(-2 * time.Minute)
		g.runner.seen.Hosts["a"] = seen
	})
	g.must(steps.Action{Verb: steps.StopWaiting, Host: "a", Reason: "its rack is dark"})
	g.until("unknown", g.is("first@a", steps.TaskUnknown))
	g.hosts["a"].setAway(false)
	g.must(steps.Action{Verb: steps.Resolve, Task: task("first@a"), Value: "partly", Reason: "looked at the disk"})
	g.until("failed", g.is("first@a", steps.TaskFailed))
}

// TestDeadlineThatNobodySawAsks: the console is killed in a soak, and comes back
// after its deadline. All is green, and still a person is asked.
func TestDeadlineThatNobodySawAsks(t *testing.T) {
	g := newRig(t, strings.Replace(scenesBook, `for = "600ms", every = "100ms", deadline = "1m"`, `for = "1h", every = "100ms", deadline = "2h"`, 1))
	for _, h := range []string{"a", "b", "local"} {
		g.answersBy(h, wellAnd("", ""))
	}
	toTheRoll(g)
	g.through("up", "a")
	g.must(execute("rest@a"))
	rest := task("rest@a")
	g.until("green", func(c *steps.Case) bool { return c.State.Task(rest).Soak.Now == steps.SoakGreen })
	g.kill()
	g.journal.skip(3 * time.Hour)
	g.start(nil)
	g.until("green again, and overdue", func(c *steps.Case) bool {
		k := c.State.Task(rest)
		return k.Status == steps.TaskOpen && k.Soak.Overdue && k.Soak.Now == steps.SoakGreen
	})
	g.kill()
	g.start(&Auto{Max: steps.Critical})
	if o := <-g.runner.Done(); o.Code != steps.CodePerson || !strings.Contains(o.Why, "rest@a") {
		t.Fatalf("--auto: %+v\n%s", o, g.journal.kinds())
	}
	g.kill()
	g.start(nil)
	g.until("looking", func(c *steps.Case) bool { return c.State.Task(rest).Soak.Now == steps.SoakGreen })
	g.must(steps.Action{Verb: steps.Extend, Task: rest, Value: "1h", Reason: "the link was down"})
	g.until("soaking", func(c *steps.Case) bool {
		k := c.State.Task(rest).Soak
		return !k.Overdue && k.Now == steps.SoakGreen && c.SoakDeadline(rest).After(c.Now.Add(59*time.Minute))
	})
	g.must(steps.Action{Verb: steps.EarlyEnd, Task: rest, Reason: "the other shift looked"})
	g.until("shortened", func(c *steps.Case) bool { return c.State.Task(rest).How == steps.HowShortened })
}
