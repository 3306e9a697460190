package ui

import (
	"strings"
	"testing"

	"belay/steps"
)

// TestTheRollbackWaitsForOneThingOnce: what a person does for a rollback stands
// once among what wants a person, with the key that does it.
func TestTheRollbackWaitsForOneThingOnce(t *testing.T) {
	d := started(t)
	d.f.done("build")
	d.f.do(steps.Action{Verb: steps.OpenRollback})
	d.look()
	d.press("esc", "a")
	d.expect(t, "the rollback waits: Cancel all running jobs", "x begins it")
	d.press("esc")
	jobs := steps.Task{Step: "stop-jobs", Host: steps.LocalHost}
	d.f.do(steps.Action{Verb: steps.Execute, Task: jobs})
	d.look()
	d.press("a")
	d.expect(t, "the rollback waits: stop-jobs@local waits for a person: Cancel all running jobs", "m marks it done")
	if n := strings.Count(d.screen(), "Cancel all running jobs\n") + strings.Count(d.screen(), "x goes on"); n > 0 || len(d.wishes) != 1 {
		t.Errorf("it stands there %d times:\n%s", len(d.wishes), d.screen())
	}
	d.press("1", "m")
	d.expect(t, "MARK DONE Cancel all running jobs")
	d.words("none ran")
	d.press("enter", "y")
	if d.f.state.Task(jobs).Status != steps.TaskDone {
		t.Fatal(d.said)
	}
	d.press("esc", "a")
	d.expect(t, "the rollback waits: w80: undo Build", "x asks for the word of w80")
}

// TestAnUndoByHandIsMarkedFromTheList: m on the row that the list leads to
// marks it undone.
func TestAnUndoByHandIsMarkedFromTheList(t *testing.T) {
	src := strings.Replace(runbookText(t), "text = \"Write to the channel", "undo.text = \"Write that it is off.\"\ntext = \"Write to the channel", 1)
	src = strings.Replace(src, "[[rollback.before]]\nid = \"stop-jobs\"\ntitle = \"Cancel all running jobs\"\nkind = \"manual\"\ntext = \"ray job stop\"\n", "", 1)
	f := fakeOf(t, "rehearsal", []byte(src))
	f.done("backup")
	tell := steps.Task{Step: "tell", Host: steps.LocalHost}
	f.do(steps.Action{Verb: steps.Execute, Task: tell})
	f.do(steps.Action{Verb: steps.MarkDone, Task: tell, Value: "mail"})
	f.do(steps.Action{Verb: steps.OpenRollback, Confirm: steps.Confirmation{How: "key"}})
	d := sit(t, f, 80, 24)
	d.press("esc", "g", "a")
	d.expect(t, "the rollback waits: undo Tell the teams", "m marks it undone")
	d.press("1")
	d.expect(t, "m mark undone")
	d.press("m")
	d.expect(t, "MARK UNDONE Tell the teams")
}

// TestWhatARollbackTakesBackWantsNobody: a failure that the open rollback will
// undo is no longer offered to be retried.
func TestWhatARollbackTakesBackWantsNobody(t *testing.T) {
	f := failed(t, "rehearsal")
	d := sit(t, f, 120, 36)
	d.press("a")
	d.expect(t, "stop@w81 is failed", "r retry, u undo, s skip")
	d.press("esc")
	f.do(steps.Action{Verb: steps.OpenRollback})
	d.look()
	d.press("esc", "a")
	d.expect(t, "WHAT WANTS A PERSON", "the rollback waits")
	if strings.Contains(d.screen(), "r retry, u undo, s skip") {
		t.Errorf("it is still offered:\n%s", d.screen())
	}
}
