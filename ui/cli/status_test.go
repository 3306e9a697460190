package cli

// The rule of this file: how a run stands is read while another process drives it.

import (
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"belay/steps"
)

const greenSoak = `
format = 1
title = "a soak that goes on"
[hosts]
a = { address = "a" }
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "k"
title = "Watch"
kind = "soak"
on = "a"
soak = { for = "10h", deadline = "1000h" }
evidence = [ { title = "there", script = "true" } ]
`

// TestStatusOfASoakThatGoesOn: it needs nobody while it is looked at. Whoever
// stops looking is told that it needs somebody.
func TestStatusOfASoakThatGoesOn(t *testing.T) {
	t.Parallel()
	b := &bench{t: t, dir: t.TempDir()}
	state := filepath.Join(b.dir, "state")
	b.environ = map[string]string{"HOME": b.dir, "BELAY_STATE": state, "PATH": os.Getenv("PATH"), "USER": "ana"}
	b.self = filepath.Join(b.dir, "belay")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(exe, b.self); err != nil {
		t.Fatal(err)
	}
	b.write("runbook.toml", greenSoak)
	defer endFleets(state)

	goesOn := regexp.MustCompile(`(?m)^needs nobody: k@a is soaking, green for [1-9][0-9ms]* of 10h$`)
	driver, said := b.process("rehearse", "--auto")
	b.await("the soak is green", func() bool {
		code, out, _ := b.belay("", "status")
		return code == steps.CodeDone && goesOn.MatchString(out) && regexp.MustCompile(`(?m)^open since`).MatchString(out)
	})
	if out, _ := b.want(0, "", "runs"); !regexp.MustCompile(` open, its fleet is process [0-9]+ +0/1 `).MatchString(out) {
		t.Error(out)
	}
	if err := driver.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = driver.Wait()
	if code := driver.ProcessState.ExitCode(); code != steps.CodePerson {
		t.Errorf("exit code %d\n%s", code, said)
	}
	// what was seen is kept, and nobody counts on
	still := regexp.MustCompile(`k@a stands still, for no console looks at it: green for [1-9][0-9ms]* of 10h so far`)
	if code, out, _ := b.belay("", "status"); code != steps.CodePerson || !still.MatchString(out) {
		t.Errorf("code %d\n%s", code, out)
	}
}
