package runner

// What a silent host may cost: time, never a second start, and never the truth.

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"belay/steps"
)

// TestEachConsoleAsksAHostFirst: that a host was bound by an earlier console
// says nothing about it now.
func TestEachConsoleAsksAHostFirst(t *testing.T) {
	g := newRig(t, book)
	g.start(nil)
	g.bound()
	g.kill()
	g.hosts["a"].setAway(true)
	g.start(nil)
	var ref *steps.Refusal
	if err := g.do(execute("look@a")); !errors.As(err, &ref) || ref.Kind != steps.HostAway {
		t.Errorf("got %v", err)
	}
	if kinds := g.journal.kinds(); strings.Contains(kinds, "intended") {
		t.Error(kinds)
	}
}

// running starts look@a, which does not end by itself.
func (g *rig) running(auto *Auto) {
	g.t.Helper()
	g.hosts["a"].block["r1.look.a.1"] = make(chan struct{})
	g.start(auto)
	if auto == nil {
		g.bound()
		g.must(execute("look@a"))
	}
	g.until("running", g.is("look@a", steps.TaskRunning))
}

func TestAutoGivesUpOnASilentHost(t *testing.T) {
	g := newRig(t, book)
	g.running(&Auto{Max: steps.High, Patience: time.Millisecond})
	g.hosts["a"].setAway(true)
	o := <-g.runner.Done()
	if o.Code != steps.CodeUnreachable || !strings.Contains(o.Why, "look@a is running") {
		t.Errorf("%+v", o)
	}
	if st := g.journal.fold().Task(task("look@a")).Status; st != steps.TaskRunning {
		t.Errorf("giving up made it %s", st)
	}
}

// TestNotSeenSince: however often a silent host is asked, it was last seen when
// it fell silent.
func TestNotSeenSince(t *testing.T) {
	g := newRig(t, book)
	g.running(nil)
	asking := func() time.Time { return g.runner.Snapshot().Asking[task("look@a")] }
	g.hosts["a"].setAway(true)
	g.until("not seen", func(*steps.Case) bool { return !asking().IsZero() })
	since := asking()
	g.until("asked three times more", func(*steps.Case) bool {
		g.hosts["a"].mu.Lock()
		defer g.hosts["a"].mu.Unlock()
		return g.hosts["a"].looks >= 3
	})
	if got := asking(); !got.Equal(since) {
		t.Errorf("not seen since %s, and then since %s", since, got)
	}
	g.hosts["a"].setAway(false)
	g.until("seen again", func(*steps.Case) bool { return asking().IsZero() })
}

// TestTimeIsUpWhileNobodyLooked: a script has no more time for the console's
// having been killed.
func TestTimeIsUpWhileNobodyLooked(t *testing.T) {
	g := newRig(t, book)
	g.running(nil)
	g.kill()
	for i := range g.journal.lines {
		if g.journal.lines[i].kind == "started" {
			g.journal.lines[i].at = time.Now().Add(-31 * time.Minute)
		}
	}
	g.start(nil)
	g.until("stopped", g.is("look@a", steps.TaskFailed))
	if kinds := g.journal.kinds(); !strings.Contains(kinds, "timed-out cancel-asked cancelled") {
		t.Error(kinds)
	}
}

// TestOutputCutOnTheHost: the end is still heard of, and the cut is on record.
func TestOutputCutOnTheHost(t *testing.T) {
	g := newRig(t, book)
	g.running(nil)
	g.kill()
	g.hosts["a"].cut = true
	g.start(nil)
	close(g.hosts["a"].block["r1.look.a.1"])
	g.until("done", g.is("look@a", steps.TaskDone))
	var last steps.Exited
	for _, l := range g.journal.lines {
		if l.kind == "exited" {
			if err := json.Unmarshal(l.data, &last); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !last.Shrunk {
		t.Errorf("%+v", last)
	}
}
