package ui

import (
	"strings"
	"testing"

	"belay/steps"
)

const figure = `
[[phase.step]]
id = "epoch"
title = "Seconds per epoch"
kind = "measure"
note = "The plan gives no way to read it."
measure = { name = "epoch", unit = "s", as = "baseline", ask = "Median of the last ten epochs of the training" }
[[phase]]
id = "rollout"
`

// above holds that one text stands above another on the screen.
func (d *desk) above(t *testing.T, first, then string) {
	t.Helper()
	s := d.screen()
	i, j := strings.Index(s, first), strings.Index(s, then)
	if i < 0 || j >= 0 && j < i {
		t.Errorf("%q does not stand above %q:\n%s", first, then, s)
	}
}

// TestWhatAPersonDoesStandsFirst: in the detail and in the question, at 80x24.
func TestWhatAPersonDoesStandsFirst(t *testing.T) {
	src := strings.Replace(runbookText(t), "[[phase]]\nid = \"rollout\"\n", figure[1:], 1)
	f := fakeOf(t, "rehearsal", []byte(src))
	f.done("backup")
	tell := steps.Task{Step: "tell", Host: steps.LocalHost}
	d := sit(t, f, 80, 24)
	d.press("2")
	d.expect(t, "state    [ ] ready", "do       Write to the channel: maintenance tonight.")
	d.above(t, "do       Write", "step     tell")
	d.press("x", "m")
	d.expect(t, "MARK DONE Tell the teams", "do       Write to the channel: maintenance tonight.", "what shows it: [_")
	d.above(t, "do       Write", "step     tell")
	d.words("message 4711")
	d.press("enter", "y")
	if f.state.Task(tell).Status != steps.TaskDone {
		t.Fatal(d.said)
	}
	d.press("x", "m")
	d.expect(t, "RECORD Seconds per epoch", "figure   Median of the last ten epochs of the training, in s")
	d.above(t, "figure   Median", "step     epoch")
}

// TestWhatIsNotGreenStandsFirst: of five values the two that close the gate are
// read without scrolling, and what is green is below them.
func TestWhatIsNotGreenStandsFirst(t *testing.T) {
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	f.done("build")
	gate := steps.Task{Step: "go", Host: steps.LocalHost}
	f.do(steps.Action{Verb: steps.Execute, Task: gate})
	for _, h := range f.book.HostOrder {
		r := steps.Reading{Title: "free disk", Host: h, Text: "31 GiB", Want: ">= 20 GiB", Verdict: steps.Green, At: f.now}
		if h == "w82" {
			r.Text, r.Verdict = "3 GiB", steps.Red
		}
		f.seen.Evidence[gate] = append(f.seen.Evidence[gate], r)
	}
	d := sit(t, f, 80, 24)
	d.press("2")
	d.expect(t, "evidence 2 of 5 not green", "[!] red: free disk on w82", "3 GiB, want >= 20 GiB", "[ ] not signed yet: partner agrees")
	d.above(t, "[!] red: free disk on w82", "step     go")
	d.press("1", "x")
	d.expect(t, "GATE Stop the cluster?", "evidence 2 of 5 not green")
	d.above(t, "[ ] not signed yet: partner agrees", "[x] green: free disk on head")
	f.seen.Evidence[gate][3].Verdict = steps.Green
	f.do(steps.Action{Verb: steps.SignOff, Task: gate, Name: "partner agrees"})
	d.look()
	d.expect(t, "evidence all 5 green")
}

// TestAGreenGateOffersItsYes: and no override, by no key, until something is red.
func TestAGreenGateOffersItsYes(t *testing.T) {
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	f.done("build")
	gate := steps.Task{Step: "go", Host: steps.LocalHost}
	f.do(steps.Action{Verb: steps.Execute, Task: gate})
	for _, h := range f.book.HostOrder {
		f.seen.Evidence[gate] = append(f.seen.Evidence[gate], steps.Reading{Title: "free disk", Host: h, Text: "31 GiB", Want: ">= 20 GiB", Verdict: steps.Green, At: f.now})
	}
	f.do(steps.Action{Verb: steps.SignOff, Task: gate, Name: "partner agrees"})
	d := sit(t, f, 80, 24)
	d.expect(t, "x look, and say yes")
	if strings.Contains(d.screen(), "O override") {
		t.Errorf("an override of what is green:\n%s", d.screen())
	}
	d.press("O")
	d.expect(t, "nothing to override: all of it is green")
	d.press("x")
	d.expect(t, "y yes, open it", "O override (not now)")
	d.press("esc")
	f.seen.Evidence[gate][2].Verdict = steps.Red
	d.look()
	d.expect(t, "O override")
	d.press("x")
	d.expect(t, "y yes, open it (not now)", "O override")
}

// TestAnUndoByHandSaysWhatToDo: above everything else, when it is its turn.
func TestAnUndoByHandSaysWhatToDo(t *testing.T) {
	src := strings.Replace(runbookText(t), "text = \"Write to the channel", "undo.text = \"Write that it is off.\"\ntext = \"Write to the channel", 1)
	src = strings.Replace(src, "[[rollback.before]]\nid = \"stop-jobs\"\ntitle = \"Cancel all running jobs\"\nkind = \"manual\"\ntext = \"ray job stop\"\n", "", 1)
	f := fakeOf(t, "rehearsal", []byte(src))
	f.done("backup")
	tell := steps.Task{Step: "tell", Host: steps.LocalHost}
	f.do(steps.Action{Verb: steps.Execute, Task: tell})
	f.do(steps.Action{Verb: steps.MarkDone, Task: tell, Value: "mail"})
	f.do(steps.Action{Verb: steps.OpenRollback, Confirm: steps.Confirmation{How: "key"}})
	d := sit(t, f, 80, 24)
	d.press("esc", "x")
	d.expect(t, "MARK UNDONE Tell the teams", "undo it  Write that it is off.")
	d.above(t, "undo it  Write", "step     tell")
}
