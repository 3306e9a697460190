package ui

import (
	"strings"
	"testing"
	"time"

	"belay/steps"
)

const triggersText = `
[[trigger]]
id = "lost"
title = "More than three nodes lost"
when = { on = "servers", probe = "disk", want = "< 1 GiB", max_age = "1h" }
proposes = "rollout"
note = "Not while we stop them."
[[trigger]]
id = "bug"
title = "A critical bug"
proposes = "run"
`

// armed is a run in its roll-out, whose trigger sees well.
func armed(t *testing.T) *fake {
	f := fakeOf(t, "rehearsal", []byte(runbookText(t)+triggersText))
	f.seen.Triggers = map[string][]steps.Reading{}
	f.assume("prepare")
	f.done("build")
	f.reads("80 GiB", steps.Green)
	return f
}

// reads lets every server give a value to the trigger.
func (f *fake) reads(text string, v steps.Verdict) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.book.HostsOf("servers") {
		r := steps.Reading{Host: h, Text: text, Verdict: v, Why: "no route", At: f.now}
		if x := steps.ParseValue(text, f.now); x.IsNumber {
			r.Number, r.Unit, r.Why = &x.Number, x.Unit, ""
		}
		f.seen.Triggers["lost"] = append(f.seen.Triggers["lost"], r)
	}
}

// turns lets the run make the change that its trigger makes now.
func (f *fake) turns(t *testing.T) {
	t.Helper()
	c := f.kase()
	e, ok := c.TriggerNow("lost")
	if !ok {
		t.Fatalf("the trigger changes nothing: %+v", c.Sight(c.Book.Trigger("lost")))
	}
	f.apply(e)
}

func TestATriggerAsksAndHoldsByDefault(t *testing.T) {
	for _, s := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		f := armed(t)
		d := sit(t, f, s[0], s[1])
		f.reads("0.5 GiB", steps.Green)
		f.turns(t)
		d.look()
		d.expect(t, "TRIGGER FIRED: More than three nodes lost", "0.5 GiB", "want < 1 GiB", "to roll back phase rollout", "hold")
		sent := len(f.sent)
		d.press("esc")
		if len(f.sent) != sent {
			t.Fatalf("esc sent %+v", f.sent[sent:])
		}
		d.expect(t, "TRIGGER FIRED: lost", "attention (1)")
		d.press("a")
		d.expect(t, "WHAT WANTS A PERSON", "TRIGGER More than three nodes lost", "it proposes to roll back rollout")
		d.press("1")
		d.expect(t, "TRIGGER FIRED: More than three nodes lost")
		d.press("R")
		d.expect(t, "ROLL BACK phase rollout: the whole plan")
		if f.state.Rollback != nil {
			t.Fatal("a rollback was opened by one key")
		}
		d.press("esc")
	}
}

func TestATriggerIsOverriddenWithAReasonAndTheWord(t *testing.T) {
	f := armed(t)
	d := sit(t, f, 120, 36)
	f.reads("0.5 GiB", steps.Green)
	f.turns(t)
	d.look()
	d.press("O")
	d.expect(t, "GO ON AGAINST More than three nodes lost (critical)")
	d.words("the probe counts twice")
	d.press("tab")
	d.words("rehearsal")
	d.press("enter")
	if f.state.Triggers["lost"].Now != steps.TriggerOverridden || f.state.Triggers["lost"].Reason != "the probe counts twice" {
		t.Fatalf("%+v\n%s", f.state.Triggers, d.screen())
	}
	if strings.Contains(d.screen(), "TRIGGER FIRED") {
		t.Errorf("it is still told:\n%s", d.screen())
	}
}

func TestATriggerThatCannotTellIsShown(t *testing.T) {
	f := armed(t)
	d := sit(t, f, 120, 36)
	d.press(":")
	d.words("triggers")
	d.press("enter")
	d.expect(t, "TRIGGERS (they propose", "More than three nodes lost: rollout", "quiet", "a person's word")
	d.press("esc")
	for range 8 {
		f.now = f.now.Add(10 * time.Second)
		f.reads("?", steps.CannotTell)
	}
	d.look()
	d.press(":")
	d.words("triggers lost")
	d.press("enter")
	d.expect(t, "TRIGGER More than three nodes lost", "cannot tell", "no route")
	d.press("esc")
	f.turns(t)
	d.look()
	d.press("a")
	d.expect(t, "the trigger lost cannot be told for 1:", "no route")
	d.press("esc", ":")
	d.words("phase rollout")
	d.press("enter", "2", "z")
	d.expect(t, "Triggers", "lost cannot tell")
}

func TestAPersonFiresATrigger(t *testing.T) {
	f := armed(t)
	d := sit(t, f, 120, 36)
	d.press(":")
	d.words("triggers bug")
	d.press("enter", "f")
	d.expect(t, "IT HOLDS: A critical bug")
	d.words("results are wrong")
	d.press("enter", "y")
	if x := f.state.Triggers["bug"]; x.Now != steps.TriggerFired || x.By != "ana" || x.Reason != "results are wrong" {
		t.Fatalf("%+v\n%s", x, d.screen())
	}
	d.expect(t, "TRIGGER FIRED: A critical bug", "results are wrong", "roll back the run")
}
