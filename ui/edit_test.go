package ui

import (
	"strings"
	"testing"

	"belay/steps"
)

const editText = `
[[phase.step]]
id = "env"
title = "Turn the token on"
kind = "edit"
on = "workers"
danger = "low"
dir = "$REPO"
file = { path = ".env", set = { MODE = "token", TOKEN = { secret = "RAY_TOKEN" } } }
[[phase.step]]
id = "build"
`

// editing is a run that is about to change a file on three workers.
func editing(t *testing.T) *fake {
	src := strings.Replace(runbookText(t), "[[phase.step]]\nid = \"build\"\n", editText[1:], 1)
	src = strings.Replace(src, "[hosts]\n", "[secrets]\nRAY_TOKEN = { env = \"RAY_TOKEN\" }\n[hosts]\n", 1)
	f := fakeOf(t, "rehearsal", []byte(src))
	f.assume("prepare")
	f.file = []byte("A=1\nMODE=none\nTOKEN=old-token\n")
	return f
}

// TestAnEditShowsWhatItChanges: lines and no secret, before the script that
// makes it, which is there to its last line.
func TestAnEditShowsWhatItChanges(t *testing.T) {
	for _, key := range []string{"x", "p"} {
		d := sit(t, editing(t), 120, 36)
		d.press("down", key)
		d.expect(t, "Turn the token on", "Edit of .env", "-MODE=none", "+MODE=token", "-TOKEN=‹hidden›", "+TOKEN=‹secret RAY_TOKEN›")
		if strings.Contains(d.screen(), "refuse()") {
			t.Errorf("%s shows the generated script first:\n%s", key, d.screen())
		}
		all := ""
		for range 12 {
			d.press("pgdown")
			all += d.screen()
		}
		if !strings.Contains(all, "In full: the generated script, ") || !strings.Contains(all, `echo "EDIT_EXISTED=$existed"`) || strings.Contains(all, "old-token") {
			t.Errorf("%s does not show all of the script, or a secret:\n%s", key, all)
		}
	}
}

// TestARollbackShowsWhatComesBack: the word of a host is typed in front of its
// scope and the lines that come back, and only below them stand the scripts.
func TestARollbackShowsWhatComesBack(t *testing.T) {
	f := editing(t)
	f.done("env")
	f.file, f.kept = []byte("A=1\nMODE=token\nTOKEN=new-token\n"), []byte("A=1\nMODE=none\nTOKEN=old-token\n")
	env := steps.Task{Step: "env", Host: "w81"}
	d := sit(t, f, 120, 36)
	if !d.goToTask(env) {
		t.Fatal("there is no row")
	}
	d.press("u")
	d.expect(t, "UNDO Turn the token on on w81", "Puts back .env", "-MODE=token", "+MODE=none", "-TOKEN=‹secret RAY_TOKEN›", "+TOKEN=‹hidden›")
	d.press("esc", "R")
	d.expect(t, "ROLL BACK what? (below: the plan of the whole run)")
	d.press("p")
	d.expect(t, "ROLL BACK phase rollout: the whole plan", "undos: 3 by script, 0 by hand, 0 not at all; steps around them: 2; hosts: 5")
	d.words("no")
	d.press("enter", "y")
	f.do(steps.Action{Verb: steps.Execute, Task: steps.Task{Step: "stop-jobs", Host: steps.LocalHost}})
	f.do(steps.Action{Verb: steps.MarkDone, Task: steps.Task{Step: "stop-jobs", Host: steps.LocalHost}, Value: "none ran"})
	d.look()
	d.press("esc") // the plan, or the word of the first host
	d.press("esc")
	d.askHost("w81")
	d.look()
	d.expect(t, "ROLL BACK w81 (high), of the rollback of phase rollout", "w81: undo Turn the token on", "Puts back .env", "-MODE=token", "+MODE=none")
	d.above(t, "does     w81: undo Turn the token on", "Puts back .env")
	d.above(t, "Puts back .env", "In full: the generated script of w81: undo Turn the token on")
	if strings.Contains(d.screen(), "new-token") || strings.Contains(d.screen(), "old-token") {
		t.Errorf("a secret is on the screen:\n%s", d.screen())
	}
	f.kept = nil
	d.press("esc")
	d.askHost("w81")
	d.look()
	d.expect(t, "the file is removed: there was none before")
}
