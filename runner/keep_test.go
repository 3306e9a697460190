package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"belay/runner/job"
	"belay/steps"
)

const keepBook = book + `
[[phase.step]]
id = "more"
title = "More"
on = "both"
danger = "low"
free = true
script = "more"
undo.script = "less"
[watch.all]
on = "both"
logs = [ { name = "main", script = "follow" } ]
gauges = [ { title = "disk", script = "disk", want = "< 80 %" } ]
`

// kept is what a test's keeper was given.
type kept struct {
	mu   sync.Mutex
	got  []Evidence
	ran  []int // how often anything had been undone on the host by then
	fail error
}

func keeping(t *testing.T) (*rig, *kept) {
	g, k := newRig(t, keepBook), &kept{}
	g.secrets = map[string][]byte{"TOKEN": []byte("tiger-in-the-tank")}
	for id, h := range g.hosts {
		g.answersBy(id, func(s string) (string, int) {
			if s == "disk" {
				return "91 %", 0
			}
			return "", 0
		})
		h.stream = func(ctx context.Context, _ job.Script, w io.Writer) error {
			for i := range 3 * KeptLines {
				fmt.Fprintf(w, "%s line %d with tiger-in-the-tank\n", id, i)
			}
			<-ctx.Done()
			return ctx.Err()
		}
	}
	g.keep = func(e Evidence) (steps.EvidenceKept, error) {
		h := g.hosts[e.Host]
		h.mu.Lock()
		ran := h.ran["restore $OLD"] + h.ran["less"]
		h.mu.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		k.got, k.ran = append(k.got, e), append(k.ran, ran)
		return steps.EvidenceKept{File: "evidence/" + e.Attempt, SHA256: "x", Bytes: 1}, k.fail
	}
	return g, k
}

// printed is how many lines of a host's first log the console has.
func (g *rig) printed(host string) int64 {
	for _, h := range g.runner.Snapshot().Hosts {
		if h.ID == host && len(h.Logs) > 0 {
			_, next := h.Logs[0].Ring.Span()
			return next
		}
	}
	return 0
}

func undo(t string) steps.Action {
	return steps.Action{Verb: steps.UndoTask, Task: task(t), Confirm: steps.Confirmation{How: "key"}}
}

// TestEvidenceIsKeptBeforeAnUndo: values and the newest lines, secrets replaced,
// on disk and in the journal before anything leaves for the host.
func TestEvidenceIsKeptBeforeAnUndo(t *testing.T) {
	for _, watch := range []bool{true, false} { // a console that follows the logs, and one that does not
		g, k := keeping(t)
		g.watch = watch
		g.start(nil)
		g.bound()
		g.through("look", "a", "b")
		g.through("change", "a")
		g.until("the log has been printed", func(*steps.Case) bool { return !watch || g.printed("a") == 3*KeptLines })
		g.must(undo("change@a"))
		g.until("undone", g.is("change@a", steps.TaskUndone))
		if len(k.got) != 1 || k.ran[0] != 0 {
			t.Fatalf("kept %d times, when %v undos had run", len(k.got), k.ran)
		}
		e := k.got[0]
		if e.Host != "a" || e.Attempt != "r1.change.a.u1" || len(e.Values) != 1 || e.Values[0].Reading.Text != "91 %" ||
			e.Values[0].Reading.Verdict != steps.Red || len(e.Logs) != 1 || e.Logs[0].Name != "main" {
			t.Fatalf("%+v", e)
		}
		_, next := e.Logs[0].Ring.Span()
		if last, ok := e.Logs[0].Ring.Raw(next - 1); !ok || last.Text != "a line 2999 with ‹secret TOKEN›" {
			t.Errorf("the newest line is %q", last.Text)
		}
		kinds := g.journal.kinds()
		if i := strings.LastIndex(kinds, "intended"); !strings.HasPrefix(kinds[i:], "intended evidence-kept started") {
			t.Errorf("the journal reads %s", kinds[i:])
		}
		g.kill()
	}
}

// TestARollbackKeepsOncePerHost: before its first undo there.
func TestARollbackKeepsOncePerHost(t *testing.T) {
	g, k := keeping(t)
	g.start(nil)
	g.bound()
	for _, s := range []string{"look", "change", "more"} {
		g.through(s, "a", "b")
	}
	g.kill()
	g.start(&Auto{Max: steps.Critical, Rollback: &steps.Scope{}})
	if o := <-g.runner.Done(); o.Code != 0 {
		t.Fatalf("%+v\n%s", o, g.journal.kinds())
	}
	hosts := map[string]int{}
	for i, e := range k.got {
		hosts[e.Host]++
		if k.ran[i] != 0 {
			t.Errorf("on %s %d undos had run before its evidence was kept", e.Host, k.ran[i])
		}
	}
	if hosts["a"] != 1 || hosts["b"] != 1 || len(hosts) != 2 {
		t.Errorf("kept %v, want once per host", hosts)
	}
	if n := g.hosts["a"].ran["restore $OLD"] + g.hosts["a"].ran["less"]; n != 2 {
		t.Errorf("%d undos ran on a", n)
	}
}

// TestEvidenceNeverStopsAnUndo: a disk that is full here, a host that answers
// nothing there; the journal says so, and the undo goes on.
func TestEvidenceNeverStopsAnUndo(t *testing.T) {
	g, k := keeping(t)
	k.fail = errors.New("no space left on device")
	g.hosts["a"].stream = func(ctx context.Context, _ job.Script, _ io.Writer) error {
		<-ctx.Done()
		return ctx.Err()
	}
	g.start(nil)
	g.bound()
	g.through("look", "a", "b")
	g.through("change", "a")
	begun := time.Now()
	g.must(undo("change@a"))
	g.until("undone", g.is("change@a", steps.TaskUndone))
	if d := time.Since(begun); d > keepPatience+5*time.Second {
		t.Errorf("the undo waited %s", d)
	}
	found := false
	for _, e := range g.runner.Snapshot().Events {
		if x, ok := e.Event.(steps.EvidenceKept); ok {
			found = x.File == "" && x.Why == "no space left on device" && x.Host == "a" && x.Attempt == "r1.change.a.u1"
		}
	}
	if !found {
		t.Errorf("the journal does not say that nothing was kept: %s", g.journal.kinds())
	}
}

// TestACancelWhileEvidenceIsKept: nothing is sent any more.
func TestACancelWhileEvidenceIsKept(t *testing.T) {
	g, _ := keeping(t)
	waits, goes := make(chan struct{}), make(chan struct{})
	g.keep = func(Evidence) (steps.EvidenceKept, error) {
		close(waits)
		<-goes
		return steps.EvidenceKept{File: "x"}, nil
	}
	g.start(nil)
	g.bound()
	g.through("look", "a", "b")
	g.through("change", "a")
	g.must(undo("change@a"))
	<-waits
	g.must(steps.Action{Verb: steps.CancelTask, Task: task("change@a")})
	close(goes)
	g.until("as it was", g.is("change@a", steps.TaskDone))
	if n := g.hosts["a"].ran["restore $OLD"]; n != 0 {
		t.Errorf("the undo ran %d times", n)
	}
	if !strings.HasSuffix(g.journal.kinds(), "cancel-asked evidence-kept not-started") {
		t.Errorf("the journal reads %s", g.journal.kinds())
	}
}
