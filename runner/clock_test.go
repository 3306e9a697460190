package runner

import (
	"errors"
	"testing"
	"time"

	"belay/steps"
)

func TestSkewIsWhatIsCertain(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		theirs, sent, got float64 // seconds after noon; theirs was cut to the second
		want              float64
	}{
		{0, 0, 0.1, 0}, {0, 0.9, 1, 0}, {1, 0.9, 1.05, 0}, // it may be right
		{5, 0, 0.5, 4.5}, {-5, 0, 0.5, -4}, // ahead at least, behind at least
		{10, 0, 20, 0}, {25, 0, 20, 5}, {-3, 0, 20, -2}, // a slow answer tells less
	} {
		at := func(s float64) time.Time { return noon.Add(time.Duration(s * float64(time.Second))) }
		if got := Skew(at(tt.theirs), at(tt.sent), at(tt.got)); got != time.Duration(tt.want*float64(time.Second)) {
			t.Errorf("%+v: %v", tt, got)
		}
	}
	if Skew(time.Time{}, noon, noon) != 0 {
		t.Error("a host that does not tell its clock is not off")
	}
}

// TestAHostInAnotherTime: nothing is launched there without a reason, the
// binding says so, and the clock is asked for again.
func TestAHostInAnotherTime(t *testing.T) {
	g := newRig(t, book)
	h := g.hosts["a"]
	h.clock = func() time.Time { return time.Now().Add(45 * time.Second) }
	g.start(nil)
	g.bound()
	g.through("look", "b")
	var ref *steps.Refusal
	if err := g.do(execute("look@a")); !errors.As(err, &ref) || ref.Kind != steps.ClockOff {
		t.Fatalf("a launch in another time: %v", err)
	}
	if d := g.runner.Snapshot().Case.State.Hosts["a"].Skew.D(); d < 43*time.Second || d > 46*time.Second {
		t.Errorf("bound with a skew of %v", d)
	}
	over := execute("look@a")
	over.Reason = "its battery is dead"
	over.Confirm = steps.Confirmation{How: "typed", Typed: "a production"}
	g.must(over)
	g.until("done", g.is("look@a", steps.TaskDone))
	h.mu.Lock()
	h.clock = nil
	h.mu.Unlock()
	g.until("set", func(c *steps.Case) bool { _, off := c.SkewOf("a"); return !off })
}
