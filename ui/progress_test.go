package ui

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
)

// TestTheTerminalShowsProgress: how far the run is, that it has trouble, and
// nothing once it is closed.
func TestTheTerminalShowsProgress(t *testing.T) {
	f := newFake(t, "rehearsal")
	d := sit(t, f, 80, 24)
	if p := d.View().ProgressBar; p != nil {
		t.Errorf("a terminal that did not say it takes it gets %+v", p)
	}
	d.opts.Environ = []string{"WT_SESSION=1"}
	if p := d.View().ProgressBar; p == nil || p.State != tea.ProgressBarDefault || p.Value != 0 {
		t.Errorf("at first %+v", p)
	}
	f.done("backup")
	d.look()
	if p := d.View().ProgressBar; p == nil || p.Value != 100*4/21 {
		t.Errorf("after 4 of 21 %+v", p)
	}
	bad := sit(t, midway(t), 80, 24)
	bad.opts.Environ = []string{"TERM_PROGRAM=ghostty"}
	if p := bad.View().ProgressBar; p == nil || p.State != tea.ProgressBarError {
		t.Errorf("with a failure %+v", p)
	}
	f.do(steps.Action{Verb: steps.Close, Reason: "enough"})
	d.look()
	if p := d.View().ProgressBar; p != nil {
		t.Errorf("of a closed run %+v", p)
	}
}
