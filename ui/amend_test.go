package ui

import (
	"strings"
	"testing"

	"belay/steps"
)

// TestChangedUndoIsAQuestion: the old one is what nobody has to choose.
func TestChangedUndoIsAQuestion(t *testing.T) {
	build := steps.Task{Step: "build", Host: "w81"}
	changed := func(t *testing.T, w, h int) *desk {
		d := started(t)
		d.f.done("build")
		old := d.f.book.Step("build").Undo.Script
		src := strings.Replace(runbookText(t), old, "echo the new undo", 1)
		all, _ := steps.Load("run.toml", []byte(src))
		next, err := all.For("rehearsal")
		if err != nil || src == runbookText(t) {
			t.Fatal(err)
		}
		d.look()
		d.send(textMsg{Book: next})
		return d
	}
	undo := func(d *desk) string {
		c := d.f.kase()
		w, err := c.Work(build, true, "")
		if err != nil {
			d.f.t.Fatal(err)
		}
		return w.Text
	}
	d := changed(t, 120, 36)
	d.expect(t, "THE RUNBOOK HAS CHANGED", "build on head w80 w81 w82: the old undo stays, as executed", "u choose the undos")
	d.press("y")
	if undo(d) == "echo the new undo" {
		t.Error("the new undo was taken, and nobody chose it")
	}

	d = changed(t, 120, 36)
	d.press("u")
	d.expect(t, "THE UNDO OF Build 2.53", "-git -C", "+echo the new undo", "o the old one, as executed", "n the new one")
	d.press("enter") // the default is to go back
	if d.asked != nil {
		t.Errorf("open: %+v", d.asked.Title)
	}
	d.press(":")
	d.words("amend")
	d.press("enter", "u", "n")
	d.expect(t, "build on head w80 w81 w82: the new undo is taken")
	d.press("y")
	if got := undo(d); got != "echo the new undo" {
		t.Errorf("the undo is %q, said %q", got, d.said)
	}
	last := d.f.events[len(d.f.events)-1].Event.(steps.Amended)
	if len(last.Undos) != 1 || last.Undos[0].Take != steps.TakeNew || len(last.Undos[0].Tasks) != 4 {
		t.Errorf("journalled %+v", last.Undos)
	}
}

// rewritten is the runbook of the tests with another text in one step.
func rewritten(t *testing.T, from, to string) *steps.Runbook {
	t.Helper()
	all, problems := steps.Load("run.toml", []byte(strings.Replace(runbookText(t), from, to, 1)))
	if problems.Failed() {
		t.Fatal(problems)
	}
	next, err := all.For("rehearsal")
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func TestAmendIsAQuestion(t *testing.T) {
	d := started(t)
	next := rewritten(t, "ray status", "ray status --verbose")
	d.send(textMsg{Book: next})
	d.expect(t, "THE RUNBOOK HAS CHANGED", "step nodes: script", "[ esc keep the old text ]")
	d.press("enter")
	if d.asked != nil || d.f.book.Hash == next.Hash {
		t.Fatalf("Enter took it, or asks again:\n%s", d.screen())
	}
	d.press("a") // what was not taken is not forgotten
	d.expect(t, "the runbook's file has another text than this run", ":amend shows what it changes")
	d.press("esc", ":")
	d.words("amend")
	d.press("enter")
	d.expect(t, "THE RUNBOOK HAS CHANGED")
	d.press("y")
	if d.f.book.Hash != next.Hash {
		t.Fatalf("not taken: %s", d.said)
	}
	if len(d.wishes) > 0 {
		t.Errorf("it still wants a person: %v", d.wishes)
	}
}

// A text cannot be taken while work is under way; the open question says so,
// and takes it when the work has ended.
func TestAmendWaitsForWork(t *testing.T) {
	d := started(t)
	d.f.do(steps.Action{Verb: steps.Execute, Task: steps.Task{Step: "build", Host: "w81"}})
	d.look()
	next := rewritten(t, "ray status", "ray status --verbose")
	d.send(textMsg{Book: next})
	d.expect(t, "THE RUNBOOK HAS CHANGED", "refused", "build@w81 is under way", "y take the new text (not now)")
	d.press("y")
	if d.f.book.Hash == next.Hash || d.asked == nil {
		t.Fatalf("y took it while work is under way:\n%s", d.screen())
	}
	d.f.finish("build", 0)
	d.look()
	d.expect(t, "THE RUNBOOK HAS CHANGED", "[ esc keep the old text ]   y take the new text ")
	d.press("y")
	if d.f.book.Hash != next.Hash {
		t.Fatalf("not taken: %s\n%s", d.said, d.screen())
	}
}

// A text with an error is no offer, and is told; the run's own text again wants
// nobody.
func TestAmendTellsOfAnError(t *testing.T) {
	d := started(t)
	d.send(textMsg{Wrong: "run.toml:12:3: error: unknown key \"scirpt\" [key]"})
	if d.asked != nil {
		t.Fatalf("it is offered:\n%s", d.screen())
	}
	d.expect(t, "attention (1)")
	d.press("a")
	d.expect(t, "the runbook's file has an error, the run keeps its text: run.toml:12:3")
	d.press("esc")
	d.send(textMsg{Book: rewritten(t, "ray status", "ray status --verbose")})
	d.expect(t, "THE RUNBOOK HAS CHANGED")
	d.press("esc")
	d.send(textMsg{Book: d.f.book})
	if d.asked != nil || len(d.wishes) > 0 {
		t.Errorf("the run's own text wants a person: %v\n%s", d.wishes, d.screen())
	}
}
