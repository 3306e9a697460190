package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"belay/runner/job"
	"belay/steps"
)

// A log that does not flow says what reads it, what it met with, and since when;
// a secret in a complaint is masked as one in a line is.
func TestALogThatDoesNotFlowSaysWhy(t *testing.T) {
	g := newRig(t, book+`
[watch.a]
on = "a"
logs = [{ name = "app", script = "docker logs --follow app" }, { name = "quiet", script = "tail -F /var/log/quiet" }]
`)
	g.watch, g.secrets = true, map[string][]byte{"TOKEN": []byte("s3cr3t-t0ken")}
	g.hosts["a"].stream = func(ctx context.Context, s job.Script, w io.Writer) error {
		if strings.Contains(s.Text, "quiet") {
			fmt.Fprintln(w, "one line")
			<-ctx.Done()
			return ctx.Err()
		}
		return errors.New("a: stream: exit code 1: no such container with s3cr3t-t0ken")
	}
	g.start(nil)
	log := func(name string) LogView {
		for _, h := range g.runner.Snapshot().Hosts {
			for _, l := range h.Logs {
				if h.ID == "a" && l.Name == name {
					return l
				}
			}
		}
		return LogView{}
	}
	g.until("the log that failed says why", func(*steps.Case) bool { return log("app").Why != "" })
	l := log("app")
	if l.Why != "exit code 1: no such container with ‹secret TOKEN›" || l.Script != "docker logs --follow app" || l.Since.IsZero() {
		t.Errorf("%+v", l)
	}
	g.until("the log that flows has a line and no complaint", func(*steps.Case) bool {
		q := log("quiet")
		return !q.At.IsZero() && q.Why == ""
	})
}

// What cannot be kept on disk any more flows on, and the log says so, once and on
// a line of its own.
func TestALogThatIsNotKeptAnyMoreSaysSo(t *testing.T) {
	var log bytes.Buffer
	full := errors.New("no space left on device")
	k := &spooling{to: failing{full}, log: &log}
	for _, part := range []string{"one\ntw", "o\n", "three\n"} {
		if n, err := io.WriteString(io.MultiWriter(&log, k), part); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	want := "one\ntw\n=== belay: what this log says from here on is kept in memory only, and not on disk: no space left on device\no\nthree\n"
	if got := log.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A host whose logs nobody named shows what the newest script prints there; one
// whose logs are named shows those.
func TestAHostWithoutALogShowsItsOutput(t *testing.T) {
	g := newRig(t, book+`
[watch.b]
on = "b"
logs = [{ name = "app", script = "tail -F /var/log/app" }]
`)
	for _, h := range g.hosts {
		h.script = func(r job.Request) (string, string, int) {
			if r.ID == "r1.look.a.1" {
				return "looked\n", "", 0
			}
			return "", "OLD=x\n", 0 // one that prints nothing takes the place of nothing
		}
	}
	g.watch = true
	g.start(nil)
	g.bound()
	for _, step := range []string{"look@a", "look@b", "change@a"} {
		g.must(execute(step))
		g.until("done", g.is(step, steps.TaskDone))
	}
	for _, h := range g.runner.Snapshot().Hosts {
		switch h.ID {
		case "a":
			if len(h.Logs) != 1 || h.Logs[0].Name != "output of look@a" || h.Logs[0].Ring.Window(0, 1)[0].Text != "looked" {
				t.Errorf("%+v", h.Logs)
			}
		case "b":
			if len(h.Logs) != 1 || h.Logs[0].Name != "app" {
				t.Errorf("%+v", h.Logs)
			}
		}
	}
}

// A log that does not flow is asked for again as soon as a step has ended on its
// host: what was stopped there may be back.
func TestALogIsAskedForAgainWhenAStepHasEnded(t *testing.T) {
	g := newRig(t, book)
	g.start(nil)
	g.until("a has said who it is", func(c *steps.Case) bool { return c.Seen.Hosts["a"].Up })
	w := g.runner.hosts["a"]
	w.mu.Lock()
	before := w.stirred
	w.mu.Unlock()
	if err := g.do(execute("look@a")); err != nil {
		t.Fatal(err)
	}
	g.until("the end of the step is told to what watches its host", func(*steps.Case) bool {
		select {
		case <-before:
			return true
		default:
			return false
		}
	})
	over := make(chan bool)
	go func() { over <- w.rest(t.Context(), time.Hour) }()
	for {
		w.stir() // again, until the other has begun to wait
		select {
		case whole := <-over:
			if whole {
				t.Error("it has waited for an hour")
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
}
