package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

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
	if l.Why != "a: stream: exit code 1: no such container with ‹secret TOKEN›" || l.Script != "docker logs --follow app" || l.Since.IsZero() {
		t.Errorf("%+v", l)
	}
	g.until("the log that flows has a line and no complaint", func(*steps.Case) bool {
		q := log("quiet")
		return !q.At.IsZero() && q.Why == ""
	})
}
