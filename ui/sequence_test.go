package ui

import (
	"strings"
	"testing"

	"belay/steps"
)

// begins starts a sequence over the roll-out, whose first steps are the builds.
func begins(t *testing.T, d *desk) {
	t.Helper()
	d.press(":")
	d.words("phase rollout")
	d.press("enter", "x")
	d.expect(t, "EXECUTE 4 of 16 tasks of rollout")
	d.words("5 servers")
	d.press("esc")
	tasks := d.f.book.Phase("rollout").Tasks()
	d.f.do(steps.Action{Verb: steps.Sequence, Scope: steps.Scope{Phase: "rollout"}, Tasks: tasks})
	d.look()
}

// TestASequenceThatStoppedIsTold: where one looks, with what would go on, until
// a person goes on; and one key leads to the row that it is about.
func TestASequenceThatStoppedIsTold(t *testing.T) {
	for _, s := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		d := sit(t, func() *fake { f := newFake(t, "rehearsal"); f.assume("prepare"); return f }(), s[0], s[1])
		begins(t, d)
		d.expect(t, "one yes: 0 of 4 done")
		d.press("q")
		d.expect(t, "LEAVE the console?", "the sequence over rollout ends with this console")
		d.press("esc")
		d.f.done("build")
		d.f.apply(steps.SequenceEnded{Why: "before go@local, which waits for a yes", Stop: steps.Task{Step: "go", Host: steps.LocalHost}})
		d.look()
		d.expect(t, "the sequence stopped: before go@local") // said at once, in the footer
		d.clock = d.clock.Add(sayFor + 1)
		d.look()
		d.expect(t, "the sequence over Roll-out stopped: ", "attention (1)") // and stands there
		d.press("2", "a")
		d.expect(t, "WHAT WANTS A PERSON", "the sequence over Roll-out stopped: before go@local, which",
			"x on go@local, then x on this row goes on")
		d.press("1")
		if row, _ := d.row(); !strings.Contains(row.Text, "Roll-out") {
			t.Errorf("1 leads to %q", row.Text)
		}
		gate := steps.Task{Step: "go", Host: steps.LocalHost}
		d.f.do(steps.Action{Verb: steps.Execute, Task: gate})
		d.f.apply(steps.Overridden{Task: gate})
		d.look()
		d.press("a")
		d.expect(t, "x on its row goes on with 3 of 11 tasks, up to stop-head@head")
		d.press("esc")
		d.f.do(steps.Action{Verb: steps.Execute, Task: steps.Task{Step: "stop", Host: "w81"}})
		d.look()
		if strings.Contains(d.screen(), "Roll-out stopped") {
			t.Errorf("a person went on, and still it is told:\n%s", d.screen())
		}
	}
}

// TestASequenceCutByLeavingIsTold: the next console says so, at once.
func TestASequenceCutByLeavingIsTold(t *testing.T) {
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	d := sit(t, f, 120, 36)
	begins(t, d)
	f.apply(steps.SequenceEnded{Why: "the console was left"})
	d = sit(t, f, 120, 36)
	d.expect(t, "the sequence stopped: the console was left; a tells what x goes on with")
	d.press("a")
	d.expect(t, "the sequence over Roll-out stopped: the console was left", "x on its row goes on with 4 of 16 tasks, up to go@local")
	d.press("1", "x")
	d.expect(t, "EXECUTE 4 of 16 tasks of rollout")
}

// TestNothingThatWaitsReadsAsPassed: no word on the screen says of a task that
// waits for a person that it is "open".
func TestNothingThatWaitsReadsAsPassed(t *testing.T) {
	f := newFake(t, "rehearsal")
	f.done("backup")
	tell, gate := steps.Task{Step: "tell", Host: steps.LocalHost}, steps.Task{Step: "go", Host: steps.LocalHost}
	f.do(steps.Action{Verb: steps.Execute, Task: tell})
	d := sit(t, f, 200, 60)
	d.expect(t, "waits for a person", "tell@local begun, waits for a person")
	f.do(steps.Action{Verb: steps.MarkDone, Task: tell, Value: "mail 4711"})
	f.done("build")
	f.do(steps.Action{Verb: steps.Execute, Task: gate})
	d.look()
	d.expect(t, "waits for a yes", "go@local begun, waits for a yes")
	d.press("a")
	d.expect(t, "the gate go waits for a yes: Stop the cluster?")
	d.press("esc", "j", "x") // what comes after it
	d.expect(t, "waits for go@local, which waits for a yes")
	for _, line := range strings.Split(d.screen(), "\n") {
		if strings.Contains(line, "gate open") || strings.Contains(line, "is open") || strings.Contains(line, "] Stop the cluster?") && strings.Contains(line, "open") {
			t.Errorf("%q", line)
		}
	}
}
