package runner

import (
	"context"
	"slices"
	"strings"
	"testing"

	"belay/runner/job"
	"belay/steps"
)

const editBook = `
format = 1
title = "edit"
[secrets]
TOKEN = { env = "TOKEN" }
[hosts]
a = { address = "a" }
[environments.production]
kind = "live"
[[phase]]
id = "one"
title = "One"
[[phase.step]]
id = "env"
title = "Env"
kind = "edit"
on = "a"
danger = "low"
dir = "/srv"
file = { path = ".env", set = { MODE = "token" } }
`

// TestPeekReadsTheFileAndWhatIsKept: the file before, and what the edit says
// that it keeps after; neither with a secret.
func TestPeekReadsTheFileAndWhatIsKept(t *testing.T) {
	g := newRig(t, editBook)
	g.secrets = map[string][]byte{"TOKEN": []byte("0123456789")}
	files := map[string]string{".env": "MODE=none\nOTHER=0123456789\n", "/keep/a-.env": "MODE=old\n"}
	g.hosts["a"].script = func(job.Request) (string, string, int) {
		return "", "EDIT_BACKUP=/keep/a-.env\nEDIT_SHA=x\nEDIT_EXISTED=yes\n", 0
	}
	g.hosts["a"].look = func(s job.Script) job.Result {
		for name, text := range files {
			if slices.Contains(s.Env, "BELAY_FILE="+name) {
				return job.Result{Out: []byte(text)}
			}
		}
		return job.Result{Exit: peekAbsent}
	}
	g.start(nil)
	g.bound()
	ctx, env := context.Background(), steps.Task{Step: "env", Host: "a"}
	if now, err := g.runner.Peek(ctx, env); err != nil || string(now) != "MODE=none\nOTHER=‹secret TOKEN›\n" {
		t.Errorf("the file reads %q, %v", now, err)
	}
	if _, err := g.runner.PeekKept(ctx, env); err == nil || !strings.Contains(err.Error(), "has not said where") {
		t.Errorf("before the edit: %v", err)
	}
	g.must(execute("env@a"))
	g.until("the edit", g.is(env.String(), steps.TaskDone))
	if was, err := g.runner.PeekKept(ctx, env); err != nil || string(was) != "MODE=old\n" {
		t.Errorf("kept is %q, %v", was, err)
	}
	delete(files, "/keep/a-.env")
	if _, err := g.runner.PeekKept(ctx, env); err == nil || !strings.Contains(err.Error(), "gone from a") {
		t.Errorf("without the backup: %v", err)
	}
}
