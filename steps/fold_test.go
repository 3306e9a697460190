package steps

import (
	"strings"
	"testing"
	"time"
)

// TestFoldRefuses what cannot follow, without a change.
func TestFoldRefuses(t *testing.T) {
	const id = "r1.c.w1.1"
	c := at("c@w1")
	tests := []struct {
		from, why string
		e         Event
	}{
		{"c not started", "the run was opened before", Opened{Run: "r2"}},
		{"c not started", "no rollback is open", RollbackConfirmed{Host: "w1"}},
		{"c not started", "no rollback is open", LeftOut{Host: "w1"}},
		{"c not started", "no rollback is open", RollbackClosed{}},
		{"c not started", "as its newest attempt", Started{Attempt: id}},
		{"c not started", "which is not started", Resolved{Task: c, As: "happened", Verify: true}},
		{"c running", "was made before", Intended{Task: at("x@w1"), Attempt: id}},
		{"c running", "which is running", Intended{Task: c, Attempt: "r1.c.w1.2"}},
		{"c running", "which is running", Skipped{Task: c}},
		{"c running", "which is running", MarkedDone{Task: c}},
		{"c running", "which is running", Excluded{Host: "w1", Tasks: []Task{c}}},
		{"c unknown", "which is unknown", Intended{Task: c, Attempt: "r1.c.w1.2"}},
		{"c done", "has ended", Exited{Attempt: id, OK: true}},
		{"c done", "has ended", Started{Attempt: id}},
		{"c failed", "has ended", Verified{Attempt: id, Holds: true}},
		{"c done", "but c@w1 is done", Verifying{Task: c, Attempt: id}},
		{"c undone", "as its newest attempt", Exited{Attempt: id, OK: true}},
		{"g done", "for g@local, which is done", Passed{Task: at("g")}},
		{"k done", "for k@local, which is done", Soaked{Task: at("k"), To: "red"}},
		{"m not started", "for m@local, which is not started", CannotBeDone{Task: at("m")}},
	}
	for _, test := range tests {
		s := play(t, "live", ofEachKind)
		reach[test.from](s)
		before := s.c.State.Clone()
		err := s.c.State.Apply(s.seq+1, s.c.Now, test.e)
		if err == nil || !strings.Contains(err.Error(), test.why) {
			t.Errorf("%s, then %s: %v, want %s", test.from, test.e.Kind(), err, test.why)
		}
		if diff := same(before, s.c.State); diff != "" {
			t.Errorf("%s, then %s: refused, and it changed\n%s", test.from, test.e.Kind(), diff)
		}
	}
	if err := NewState().Apply(1, noon, Noted{Text: "early"}); err == nil {
		t.Error("an event before the run was opened")
	}
	s := play(t, "live", ofEachKind).done("c@w1").do(Action{Verb: OpenRollback})
	if err := s.c.State.Apply(99, noon, RollbackOpened{}); err == nil {
		t.Error("a rollback in a rollback")
	}
}

func TestFoldKeepsTheAttempt(t *testing.T) {
	s := play(t, "live", ofEachKind).do(x("c@w1")).started("c@w1")
	s.on(TimedOut{Attempt: s.id("c@w1"), After: Duration(time.Minute)}, CancelAsked{Attempt: s.id("c@w1"), Why: "its time was up"})
	s.stopped("c@w1").is("c@w1", TaskFailed)
	a := s.state("c@w1").Attempt()
	if !a.TimedOut || a.Why != "timed out after 1m" || a.Stage != "" || a.Ended.IsZero() || !a.Started.After(a.Intended) {
		t.Errorf("attempt %+v", a)
	}
	if got := s.state("c@w1").Reason; got != "timed out after 1m" {
		t.Errorf("failed because %q", got)
	}
	s.do(verb(Retry, "c@w1"))
	if ts := s.state("c@w1"); len(ts.Attempts) != 2 || ts.Attempt().ID != "r1.c.w1.2" || ts.Reason != "" {
		t.Errorf("after a retry %+v", ts)
	}
	s.exits("c@w1", 0).on(Verified{Attempt: s.id("c@w1")})
	if got := s.state("c@w1").Reason; got != "verify: not proven" {
		t.Errorf("failed because %q", got)
	}
	s.do(verb(VerifyAgain, "c@w1")).proves("c@w1", false)
	if got := s.state("c@w1").Reason; got != "verify: refuted" {
		t.Errorf("failed because %q", got)
	}
}

func TestFoldOfASoak(t *testing.T) {
	s := play(t, "live", ofEachKind).do(x("k"))
	s.on(Soaked{Task: at("k"), To: "green"}).later(20 * time.Second)
	soak := s.state("k").Soak
	if got := soak.GreenAt(s.c.Now, 1); got != 20*time.Second {
		t.Errorf("green for %s", got)
	}
	if got := soak.GreenAt(s.c.Now, 60); got != 20*time.Minute {
		t.Errorf("at speed 60 green for %s", got)
	}
	if got := soak.GreenAt(soak.Since.Add(-time.Hour), 1); got != 0 {
		t.Errorf("with the clock set back green for %s", got)
	}
	s.on(Soaked{Task: at("k"), To: "red", Green: Duration(20 * time.Second)}).later(time.Hour)
	if got := s.state("k").Soak.GreenAt(s.c.Now, 1); got != 20*time.Second {
		t.Errorf("while red, green for %s", got)
	}
	began := s.state("k").Soak.Began
	s.on(Soaked{Task: at("k"), To: "restarted"})
	if k := s.state("k").Soak; k.Green != 0 || !k.Began.Equal(began) {
		t.Errorf("restarted: %+v; the deadline is from the start", k)
	}
}

// TestScriptedFigure: a figure that a script measured does not end its task.
func TestScriptedFigure(t *testing.T) {
	s := play(t, "live", ofEachKind).do(x("c@w1")).started("c@w1").on(Measured{Task: at("c@w1"), Name: "jobs", Value: "3"})
	s.is("c@w1", TaskRunning)
	if s.c.State.Measures[at("c@w1")].Value != "3" {
		t.Error("the figure is lost")
	}
}

func TestOnlyTheEmbeddedFleetIsFast(t *testing.T) {
	for kind, want := range map[EnvKind]float64{Embedded: 60, Live: 1, Rehearsal: 1} {
		s := NewState()
		if err := s.Apply(1, noon, Opened{Run: "r", EnvKind: kind, Speed: 60}); err != nil {
			t.Fatal(err)
		}
		if s.Speed() != want || s.StableFor(Duration(time.Minute)) != time.Duration(float64(time.Minute)/want) {
			t.Errorf("%s: speed %v", kind, s.Speed())
		}
	}
}

// TestCloneIsIndependent: what a face was given does not change under it.
func TestCloneIsIndependent(t *testing.T) {
	sign := func(title string) SignedOff { return SignedOff{Task: at("g"), Title: title, By: "bob"} }
	s := play(t, "live", ofEachKind).do(x("g")).on(sign("one")).do(x("c@w1")).exits("c@w1", 1, "A=1")
	s.on(RollbackOpened{}, RollbackConfirmed{Host: "w1"})
	clone, want := s.c.State.Clone(), s.retold()
	s.on(sign("two"), RollbackConfirmed{Host: "w2"}, LeftOut{Host: "w2"}, Held{Scope: Scope{Host: "w2"}}, Answered{Name: "N"},
		Measured{Task: at("f")}, PhaseAccepted{Phase: "p"}, Bound{Host: "w1", HostKey: "other"})
	s.on(RollbackClosed{}).do(verb(Retry, "c@w1")).exits("c@w1", 1, "A=2", "B=3")
	if diff := same(want, clone); diff != "" {
		t.Errorf("(- as it was, + clone now)\n%s", diff)
	}
}

// TestUnskipGivesTheReasonBack: what had failed says again why.
func TestUnskipGivesTheReasonBack(t *testing.T) {
	s := play(t, "live", ofEachKind)
	reach["c failed"](s)
	why := s.c.State.Task(at("c@w1")).Reason
	s.do(full(Skip, "c@w1"), full(Unskip, "c@w1"))
	if got := s.c.State.Task(at("c@w1")).Reason; got != why || why == "" {
		t.Errorf("reason %q, want %q", got, why)
	}
}
