package steps

import (
	"testing"
	"time"
)

func TestOutcome(t *testing.T) {
	tests := []struct {
		name string
		do   func(*scene)
		code int
		why  string
	}{
		{"nothing yet", func(s *scene) {}, CodePerson, "build@w1 is not started"},
		{"failed", func(s *scene) { s.failed("build@w1") }, CodeFailed, "build@w1 is failed: exit code 1"},
		{"unknown before failed", func(s *scene) { s.failed("build@w1").do(x("build@w2")).lost("build@w2") }, CodeUnknown, "build@w2 is unknown: rebooted"},
		{"away", func(s *scene) { s.away("w1", time.Second) }, CodeUnreachable, "w1 is unreachable: no route"},
		{"failed before away", func(s *scene) { s.failed("build@w1").away("w2", time.Second) }, CodeFailed, "build@w1 is failed: exit code 1"},
		{"rollback", func(s *scene) {
			s.done("build@w1", "build@w2", "g", "stop@w1").do(back)
		}, CodePerson, "the rollback of run waits for first@local"},
		{"all done", func(s *scene) {
			s.done("build@w1", "build@w2", "g", "stop@w2", "stop@w1", "start@w1", "soak@w1", "start@w2", "soak@w2", "tell", "look", "mail")
		}, CodeDone, ""},
		{"soak is red", func(s *scene) {
			s.done("build@w1", "build@w2", "g", "stop@w2", "stop@w1", "start@w1").do(x("soak@w1"))
			s.on(Soaked{Task: at("soak@w1"), To: "red", Reason: "alerts"})
		}, CodeRed, "the soak soak@w1 is red: alerts"},
		{"cancelled, and all else waits for it", func(s *scene) {
			s.done("build@w1").do(x("build@w2")).started("build@w2").do(verb(CancelTask, "build@w2")).stopped("build@w2")
		}, CodeDeclined, "build@w2 is cancelled: cancelled by ada"},
		{"cancelled, and there is other work", func(s *scene) {
			s.do(x("build@w2")).started("build@w2").do(Action{Verb: CancelTask, Task: at("build@w2"), Reason: "wrong host"}).stopped("build@w2")
		}, CodePerson, "build@w1 is not started"},
		{"timed out is no cancel", func(s *scene) {
			s.do(x("build@w1")).started("build@w1").on(TimedOut{Attempt: s.id("build@w1"), After: Duration(time.Hour)}, CancelAsked{Attempt: s.id("build@w1")}).stopped("build@w1")
		}, CodeFailed, "build@w1 is failed: timed out after 1h"},
		{"abandoned", func(s *scene) { s.do(Action{Verb: Close, Reason: "enough"}) }, CodeDeclined, "abandoned: enough"},
	}
	for _, test := range tests {
		s := play(t, "live", rollout)
		test.do(s)
		if code, why := s.c.Outcome(nil); code != test.code || why != test.why {
			t.Errorf("%s: %d %q, want %d %q", test.name, code, why, test.code, test.why)
		}
	}
}

// TestOutcomeNamesAnOpenInput: nothing starts before it is answered.
func TestOutcomeNamesAnOpenInput(t *testing.T) {
	s := play(t, "live", "[vars]\nCOMMIT = { ask = \"Which\" }\n"+rollout)
	if code, why := s.c.Outcome(nil); code != CodePerson || why != "the input COMMIT is open" {
		t.Errorf("%d %q", code, why)
	}
}

// TestWorse holds the order of product.md: the first of 2, 8, 6, 5, 1, 7, 4, 3 wins.
func TestWorse(t *testing.T) {
	order := []int{2, 8, 6, 5, 1, 7, 4, 3, 0}
	for i, a := range order {
		for _, b := range order[i:] {
			if Worse(a, b) != a || Worse(b, a) != a {
				t.Errorf("of %d and %d wins %d", a, b, Worse(a, b))
			}
		}
	}
}

func TestProgressAndEstimates(t *testing.T) {
	s := play(t, "live", rollout).done("build@w1").failed("build@w2")
	if got, want := s.c.Progress("p"), (Progress{Done: 1, Total: 9, Trouble: 1}); got != want {
		t.Errorf("progress %+v, want %+v", got, want)
	}
	if _, ok := s.c.Estimate(at("stop@w1")); ok {
		t.Error("an estimate out of nothing")
	}
	if d, ok := s.c.Estimate(at("build@w2")); !ok || d != 2*time.Second {
		t.Errorf("as long as on w1: %s", d)
	}
	if d, ok := s.c.Estimate(at("build@w1")); ok {
		t.Errorf("a failed attempt tells nothing, but says %s", d)
	}
	if d, whole := s.c.Remaining("p"); whole || d != 2*time.Second+2*time.Minute {
		t.Errorf("remaining at least %s, whole %t", d, whole)
	}
	s.do(Action{Verb: Exclude, Host: "w2", Phase: "p", Reason: "r"})
	if p := s.c.Progress("p"); p.Excluded != 4 || p.Skipped != 4 {
		t.Errorf("with a host left out %+v", p)
	}
}
