package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"belay/runner/job"
	"belay/runner/tail"
	"belay/steps"
)

// twoHosts is how the runbooks of these tests begin: with a phase that is open.
const twoHosts = `
format = 1
title = "test"
[hosts]
a = { address = "a" }
b = { address = "b" }
[groups]
both = ["a", "b"]
[environments.production]
kind = "live"
[[phase]]
id = "one"
title = "One"
`

const book = twoHosts + `
[[phase.step]]
id = "look"
title = "Look"
on = "both"
danger = "none"
script = "true"
[[phase.step]]
id = "change"
title = "Change"
on = "both"
danger = "low"
capture = { OLD = "first" }
script = "change"
undo.script = "restore $OLD"
[[phase.step]]
id = "soak"
title = "Soak"
kind = "soak"
on = "a"
soak = { for = "1s", every = "1s" }
evidence = [ { title = "well", script = "well" } ]
[[phase.step]]
id = "last"
title = "Last"
on = "b"
danger = "low"
script = "last"
verify = { script = "proof", timeout = "5s" }
no_undo = "nothing to take back"
`

type rig struct {
	t       *testing.T
	journal *memory
	hosts   map[string]*fakeHost // the imagined ones
	real    func() map[string]Host
	secrets map[string][]byte
	runner  *Runner
	stop    context.CancelFunc
	ended   chan struct{}
	book    *steps.Runbook
	logs    string
	watch   bool
	keep    Keeper
	heads   func() map[string]bool
}

func newRig(t *testing.T, text string) *rig {
	t.Helper()
	rb, problems := steps.Load("test.toml", []byte(text))
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	rb, err := rb.For("production")
	if err != nil {
		t.Fatal(err)
	}
	g := &rig{t: t, journal: &memory{}, hosts: map[string]*fakeHost{}, book: rb, logs: t.TempDir()}
	g.real = func() map[string]Host {
		out := map[string]Host{}
		for id, h := range g.hosts {
			out[id] = h
		}
		return out
	}
	for _, h := range append(rb.AllHosts(), steps.LocalHost) {
		g.hosts[h] = newFakeHost(h)
	}
	for id, h := range g.hosts {
		h.script = changes(id)
	}
	g.journal.Append("opened", steps.Opened{Run: "r1", Hash: rb.Hash, Env: rb.Env, EnvKind: rb.Kind, Operator: "ana"})
	t.Cleanup(func() {
		if g.stop != nil {
			g.kill()
		}
	})
	return g
}

func changes(host string) func(job.Request) (string, string, int) {
	return func(r job.Request) (string, string, int) {
		return "output of " + r.ID + "\n", "OLD=" + host + r.ID + "\n", 0
	}
}

func (g *rig) start(auto *Auto) {
	g.t.Helper()
	hosts := g.real()
	secrets, err := tail.NewSecrets(g.secrets)
	if err != nil {
		g.t.Fatal(err)
	}
	g.runner = New(Config{Book: g.book, Old: map[string]*steps.Runbook{g.book.Hash: g.book}, State: g.journal.fold(),
		Journal: g.journal, Hosts: hosts, Secrets: secrets, Values: g.secrets, Logs: g.logs, Now: g.journal.now, Auto: auto, Watch: g.watch, Keep: g.keep, Heads: g.heads})
	ctx, stop := context.WithCancel(context.Background())
	g.stop, g.ended = stop, make(chan struct{})
	go func() {
		g.runner.Run(ctx)
		for _, h := range hosts {
			h.Close()
		}
		close(g.ended)
	}()
}

// kill ends the console as kill -9 would: nothing is journalled any more.
func (g *rig) kill() {
	g.stop()
	<-g.ended
	g.stop = nil
}

func (g *rig) until(what string, ok func(*steps.Case) bool) {
	g.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		s := g.runner.Snapshot()
		if ok(&s.Case) {
			return
		}
		select {
		case <-g.runner.Changed():
		case <-time.After(100 * time.Millisecond):
		case <-deadline:
			g.t.Fatalf("never: %s\njournal: %s\n%s", what, g.journal.kinds(), states(&s.Case))
		}
	}
}

func states(c *steps.Case) string {
	var b strings.Builder
	for _, t := range c.Book.Tasks() {
		fmt.Fprintf(&b, "%s: %s %s\n", t, c.State.Task(t).Status, c.State.Task(t).Reason)
	}
	return b.String()
}

func task(s string) steps.Task {
	step, host, _ := strings.Cut(s, "@")
	return steps.Task{Step: step, Host: host}
}

func (g *rig) is(t string, st steps.Status) func(*steps.Case) bool {
	return func(c *steps.Case) bool { return c.State.Task(task(t)).Status == st }
}

func (g *rig) do(a steps.Action) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if a.Actor == "" {
		a.Actor = "ana"
	}
	return g.runner.Submit(ctx, a)
}

func (g *rig) must(a steps.Action) {
	g.t.Helper()
	if err := g.do(a); err != nil {
		g.t.Fatalf("%s %s: %v", a.Verb, a.Task, err)
	}
}

func execute(t string) steps.Action {
	return steps.Action{Verb: steps.Execute, Task: task(t), Confirm: steps.Confirmation{How: "key"}}
}

func (g *rig) bound() {
	g.until("hosts bound", func(c *steps.Case) bool { return len(c.State.Hosts) == len(g.book.AllHosts())+1 })
}

func TestAutoToTheEnd(t *testing.T) {
	g := newRig(t, book)
	g.start(&Auto{Max: steps.High})
	o := <-g.runner.Done()
	if o.Code != steps.CodeFailed && o.Code != steps.CodeDone {
		t.Fatalf("%+v\n%s", o, g.journal.kinds())
	}
	if o.Code != steps.CodeDone {
		s := g.runner.Snapshot()
		t.Fatalf("%+v\n%s", o, states(&s.Case))
	}
	if n := g.hosts["a"].ran["change"]; n != 1 {
		t.Fatalf("change ran %d times on a", n)
	}
	if g.journal.fold().Closed != nil {
		t.Fatal("closing a run is a person's act")
	}
}

func TestIntentIsOnDiskBeforeALaunch(t *testing.T) {
	g := newRig(t, book)
	g.start(nil)
	g.bound()
	seen := ""
	g.hosts["a"].mu.Lock()
	g.hosts["a"].script = func(job.Request) (string, string, int) { seen = g.journal.kinds(); return "", "", 0 }
	g.hosts["a"].mu.Unlock()
	g.must(execute("look@a"))
	g.until("done", g.is("look@a", steps.TaskDone))
	if !strings.HasSuffix(seen, "intended") {
		t.Fatalf("at the launch the journal read: %s", seen)
	}
}

func TestKilledConsoleAttachesAndStartsNothingTwice(t *testing.T) {
	g := newRig(t, book)
	end := make(chan struct{})
	g.hosts["a"].block["r1.look.a.1"] = end
	g.start(nil)
	g.bound()
	g.must(execute("look@a"))
	g.until("running", g.is("look@a", steps.TaskRunning))
	g.kill()
	g.start(nil)
	g.until("still running", g.is("look@a", steps.TaskRunning))
	close(end)
	g.until("done", g.is("look@a", steps.TaskDone))
	if n := g.hosts["a"].ran["true"]; n != 1 {
		t.Fatalf("started %d times", n)
	}
}

func TestLostAnswerOfALaunch(t *testing.T) {
	g := newRig(t, book)
	g.hosts["a"].lose = true
	g.start(nil)
	g.bound()
	g.must(execute("look@a"))
	g.until("done", g.is("look@a", steps.TaskDone))
	if n := g.hosts["a"].ran["true"]; n != 1 {
		t.Fatalf("started %d times", n)
	}
}

func TestKilledBeforeTheLaunchIsNotReplayed(t *testing.T) {
	g := newRig(t, book)
	g.start(nil)
	g.bound()
	g.hosts["a"].setAway(true)
	g.until("seen away", func(c *steps.Case) bool { return !c.Seen.Hosts["a"].Up })
	var ref *steps.Refusal
	if err := g.do(execute("look@a")); !errors.As(err, &ref) || ref.Kind != steps.HostAway {
		t.Fatalf("a host that is away: %v", err)
	}
	g.kill()
	g.journal.Append("intended", steps.Intended{Task: task("look@a"), Phase: "one", Attempt: "r1.look.a.1", N: 1, Book: g.book.Hash})
	g.start(nil)
	g.until("asking", func(c *steps.Case) bool { return len(g.runner.Snapshot().Asking) == 1 })
	g.hosts["a"].setAway(false)
	g.until("proven not started", g.is("look@a", steps.TaskNotStarted))
	if n := g.hosts["a"].ran["true"]; n != 0 {
		t.Fatalf("started %d times", n)
	}
}

func TestFailureHoldsAndARetryGoesOn(t *testing.T) {
	g := newRig(t, book)
	exit := 3
	g.hosts["a"].script = func(job.Request) (string, string, int) { return "", "OLD=x\n", exit }
	g.start(nil)
	g.bound()
	g.must(execute("look@a"))
	g.until("failed", g.is("look@a", steps.TaskFailed))
	if err := g.do(execute("change@a")); err == nil {
		t.Fatal("the hold was ignored")
	}
	g.hosts["a"].mu.Lock()
	exit = 0
	g.hosts["a"].mu.Unlock()
	g.must(steps.Action{Verb: steps.Retry, Task: task("look@a")})
	g.until("done", g.is("look@a", steps.TaskDone))
}

func TestCancel(t *testing.T) {
	g := newRig(t, book)
	g.hosts["a"].block["r1.look.a.1"] = make(chan struct{})
	g.start(nil)
	g.bound()
	g.must(execute("look@a"))
	g.until("running", g.is("look@a", steps.TaskRunning))
	g.must(steps.Action{Verb: steps.CancelTask, Task: task("look@a")})
	g.until("cancelled", g.is("look@a", steps.TaskCancelled))
}

func TestRollbackGoesBackByWhatRan(t *testing.T) {
	g := newRig(t, book)
	g.start(&Auto{Max: steps.High})
	<-g.runner.Done()
	g.kill()
	g.start(&Auto{Max: steps.Critical, Rollback: &steps.Scope{}})
	if o := <-g.runner.Done(); o.Code != 0 {
		t.Fatalf("%+v\n%s", o, g.journal.kinds())
	}
	for _, h := range []string{"a", "b"} {
		if n := g.hosts[h].ran["restore $OLD"]; n != 1 {
			t.Fatalf("undo ran %d times on %s", n, h)
		}
	}
	if g.journal.fold().Rollback != nil {
		t.Fatal("the rollback is still open")
	}
}

func TestJournalThatFailsFreezesLaunches(t *testing.T) {
	g := newRig(t, book)
	g.start(nil)
	g.bound()
	g.journal.mu.Lock()
	g.journal.fail = errors.New("no space left on device")
	g.journal.mu.Unlock()
	if err := g.do(execute("look@a")); !errors.Is(err, ErrFrozen) {
		t.Fatalf("got %v", err)
	}
	if n := g.hosts["a"].ran["true"]; n != 0 {
		t.Fatalf("started %d times", n)
	}
}

// TestAnEndSeenFromOutsideIsUnknown: whoever saw it cannot tell the script's own
// exit code from a kill before its first line, so neither can we.
func TestAnEndSeenFromOutsideIsUnknown(t *testing.T) {
	for _, code := range []int{0, 137} {
		g := newRig(t, book)
		g.hosts["a"].script = func(job.Request) (string, string, int) { return "", "", code }
		g.start(nil)
		g.bound()
		g.hosts["a"].mu.Lock()
		g.hosts["a"].outside = true
		g.hosts["a"].mu.Unlock()
		g.must(execute("look@a"))
		g.until("unknown", g.is("look@a", steps.TaskUnknown))
		if err := g.do(execute("look@a")); err == nil {
			t.Error("it was started again before a person said what became of it")
		}
		g.kill()
	}
}
