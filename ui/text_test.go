package ui

import (
	"strings"
	"testing"
	"time"

	"belay/steps"
)

// TestEnterComesBeforeTheAnswers: while a text is focused, the question says
// that Enter leaves it first, and y is a letter of the text.
func TestEnterComesBeforeTheAnswers(t *testing.T) {
	for _, s := range [][2]int{{80, 24}, {120, 36}} {
		f := newFake(t, "rehearsal")
		f.done("backup")
		d := sit(t, f, s[0], s[1])
		d.press("x", "m")
		d.expect(t, "MARK DONE Tell the teams", "esc cancel   Enter leaves the text, then:   y mark done", "Esc closes this question, and nothing is done")
		d.press("y")
		d.expect(t, "what shows it: [y_", "Enter leaves the text, then:")
		d.press("enter")
		d.expect(t, "what shows it: [y_", "y alone is the key of an answer and no text; write more,")
		d.press("e", "s", "enter")
		d.expect(t, "[ esc cancel ]   y mark done   f it cannot be done   Tab to the text")
		d.press("tab")
		d.expect(t, "what shows it: [yes_", "Enter leaves the text, then:")
		d.press("enter", "y")
		if ts := f.state.Task(steps.Task{Step: "tell", Host: steps.LocalHost}); ts.Status != steps.TaskDone {
			t.Fatalf("%s: %s", ts.Status, d.said)
		}
	}
}

// TestAKeyThatComesTooSoonIsSaid: in a question, and on the screen itself.
func TestAKeyThatComesTooSoonIsSaid(t *testing.T) {
	f := newFake(t, "rehearsal")
	d := sit(t, f, 120, 36)
	d.press("x")
	d.clock = d.clock.Add(100 * time.Millisecond)
	d.send(keyOf("y"))
	d.expect(t, "y execute", "y came too soon to be meant, and was not taken: press it again")
	if len(f.sent) > 0 {
		t.Fatal("it was taken")
	}
	d.press("j")
	if strings.Contains(d.screen(), "too soon") {
		t.Error("the next key does not take the word away")
	}
	d.press("esc", "r")
	d.send(keyOf("r"))
	d.expect(t, "r came too soon")
}

// TestEveryTextSaysWhatEnterDoes: words, a note, two texts in a row.
func TestEveryTextSaysWhatEnterDoes(t *testing.T) {
	d := sit(t, passed(t), 80, 24)
	d.press("x")
	d.expect(t, "type  3 workers  to confirm", "Enter confirms, once the words stand there exactly")
	d.press("esc", "i")
	d.expect(t, "NOTE on", "Enter records it")
	d.press("esc")
	f := failed(t, "rehearsal")
	d = sit(t, f, 80, 24)
	d.press(":")
	d.words("goto stop w81")
	d.press("enter", "enter", "m")
	d.expect(t, "MARK DONE Stop all", "Enter goes on to the next text")
	d.words("it is down")
	d.press("enter")
	d.expect(t, "Enter leaves the text, then:")
}

// TestARefusalIsReadToItsEnd: why a gate is closed is not cut, and all of it is
// named.
func TestARefusalIsReadToItsEnd(t *testing.T) {
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	f.done("build")
	gate := steps.Task{Step: "go", Host: steps.LocalHost}
	f.do(steps.Action{Verb: steps.Execute, Task: gate})
	for i, h := range f.book.HostOrder {
		r := steps.Reading{Title: "free disk", Host: h, Text: "31 GiB", Want: ">= 20 GiB", Verdict: steps.Green, At: f.now}
		if i > 1 {
			r.Text, r.Verdict = "3 GiB", steps.Red
		}
		f.seen.Evidence[gate] = append(f.seen.Evidence[gate], r)
	}
	d := sit(t, f, 80, 24)
	d.expect(t, "A sign off")
	d.press("x")
	d.expect(t, "y yes, open it (not now)   A sign off", "O override", "[ ] not signed yet: partner agrees")
	d.press("y")
	screen := strings.Join(strings.FieldsFunc(d.screen(), func(r rune) bool { return strings.ContainsRune(" \n╎", r) }), " ")
	for _, want := range []string{"not now: the gate is closed, 3 of 5 not green:", "free disk on w81 is red: 3 GiB", "free disk on w82 is red: 3 GiB",
		"partner agrees is not signed yet: waits for the driver"} {
		if !strings.Contains(screen, want) {
			t.Errorf("the screen does not say %q:\n%s", want, d.screen())
		}
	}
	d.press("A")
	d.expect(t, "SIGN OFF as driver: partner agrees")
	d.press("y")
	d.press("x")
	d.expect(t, "A sign off (not now)")
	d.press("esc")
	if strings.Contains(d.screen(), "A sign off") || strings.Contains(d.screen(), "A approve") {
		t.Errorf("nobody's yes is waited for, and A is offered:\n%s", d.screen())
	}
}
