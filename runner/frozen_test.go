package runner

// The rule of this file: without a journal nothing is started, and what runs can
// be stopped all the same.

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"belay/runner/job"
	"belay/steps"
)

func TestFrozenStillCancels(t *testing.T) {
	g := newRig(t, book)
	g.hosts["a"].block["r1.look.a.1"] = make(chan struct{})
	g.start(nil)
	g.bound()
	g.must(execute("look@a"))
	g.until("running", g.is("look@a", steps.TaskRunning))
	g.journal.mu.Lock()
	g.journal.fail = errors.New("input/output error")
	g.journal.mu.Unlock()
	if err := g.do(execute("look@b")); !errors.Is(err, ErrFrozen) {
		t.Fatalf("got %v", err)
	}
	g.must(steps.Action{Verb: steps.CancelTask, Task: task("look@a"), Confirm: steps.Confirmation{How: "key"}})
	g.until("cancelled on the host", func(*steps.Case) bool {
		g.hosts["a"].mu.Lock()
		defer g.hosts["a"].mu.Unlock()
		return g.hosts["a"].jobs["r1.look.a.1"].st.Signal == "TERM"
	})
	if n := g.hosts["b"].ran["true"]; n != 0 {
		t.Fatalf("started %d times on b", n)
	}
	g.kill()
	// The disk works again: the next console finds what became of it.
	g.journal.fail = nil
	g.start(nil)
	g.until("its end is known", g.is("look@a", steps.TaskFailed))
}

// TestHostsKnowMoreThanTheJournal: an attempt that no record names, or one that
// was launched at a record which is not in the journal.
func TestHostsKnowMoreThanTheJournal(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		exit   int
		why    string
	}{
		"all is known":     {"r1.look.a.1 h2\nwhole\n", 0, ""},
		"a fence":          {"r1.look.a.1 -\nwhole\n", 0, ""},
		"an attempt more":  {"r1.look.a.1 h2\nr1.change.a.1 h9\nwhole\n", 0, "a has attempt r1.change.a.1, of which the journal knows nothing"},
		"another chain":    {"r1.look.a.1 h77\nwhole\n", 0, "a launched attempt r1.look.a.1 at record h77, which is not in the journal"},
		"cannot be asked":  {"", 1, ""},
		"a cut answer":     {"r1.look.a.1 h2\nr1.chan", 0, ""},
		"not our language": {"Welcome!\nwhole\n", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, book)
			g.start(nil)
			g.bound()
			g.must(execute("look@a"))
			g.until("done", g.is("look@a", steps.TaskDone))
			g.kill()
			asked := make(chan struct{}, 100)
			g.hosts["a"].look = func(s job.Script) job.Result {
				if s.Text == job.Heads("r1").Text {
					asked <- struct{}{}
					return job.Result{Out: []byte(c.answer), Exit: c.exit}
				}
				return job.Result{}
			}
			g.heads = func() map[string]bool { return map[string]bool{"h1": true, "h2": true} }
			g.start(nil)
			<-asked
			g.until("both hosts are there", func(c *steps.Case) bool { return c.Seen.Hosts["a"].Up && c.Seen.Hosts["b"].Up })
			if c.why == "" {
				g.must(execute("look@b"))
				g.until("it goes on", g.is("look@b", steps.TaskDone))
				return
			}
			g.until("it is noticed", func(*steps.Case) bool { return g.runner.Snapshot().Frozen != nil })
			if err := g.runner.Snapshot().Frozen; !errors.Is(err, ErrCut) || !strings.Contains(err.Error(), c.why) {
				t.Error(err)
			}
			if err := g.do(execute("look@b")); !errors.Is(err, ErrFrozen) {
				t.Errorf("it was started: %v", err)
			}
		})
	}
}

// TestACopyThatCannotBeKeptFreezes: a log on a full disk, and one that takes
// every byte and cannot be synced. Without our copy no end is journalled, and so
// nothing is dropped on the host.
func TestACopyThatCannotBeKeptFreezes(t *testing.T) {
	for _, device := range []string{"/dev/full", "/dev/null"} {
		if _, err := os.Stat(device); err != nil {
			t.Skipf("no %s here", device)
		}
		g := newRig(t, book)
		if err := os.Symlink(device, filepath.Join(g.logs, "r1.look.a.1.log")); err != nil {
			t.Fatal(err)
		}
		g.start(nil)
		g.bound()
		g.must(execute("look@a"))
		g.until(device+" is noticed", func(*steps.Case) bool { return g.runner.Snapshot().Frozen != nil })
		if err := g.do(execute("look@b")); !errors.Is(err, ErrFrozen) {
			t.Errorf("%s: it was started: %v", device, err)
		}
		g.kill()
		if strings.Contains(g.journal.kinds(), "exited") {
			t.Errorf("%s: %s", device, g.journal.kinds())
		}
	}
}
