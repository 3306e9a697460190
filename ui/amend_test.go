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
		d.send(editedMsg{next})
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
