package steps

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const soaking = `
[[phase]]
id = "p"
[[phase.step]]
id = "k"
kind = "soak"
on = "w1"
soak = { for = "10m", deadline = "30m", on_red = "pause" }
evidence = [ { title = "alerts", script = "alerts" } ]
[[phase.step]]
id = "n"
on = "w1"
danger = "none"
script = "true"
`

// looks lets the evidence of the soak be seen with a verdict, every ten seconds
// for a while, and folds what follows.
func (s *scene) looks(v Verdict, d time.Duration) *scene {
	for end := s.c.Now.Add(d); s.c.Now.Before(end) && s.state("k@w1").Status == TaskOpen; {
		s.c.Now = s.c.Now.Add(10 * time.Second)
		s.see(v)
	}
	return s
}

func (s *scene) see(v Verdict) *scene {
	s.t.Helper()
	s.c.Seen.Evidence[at("k@w1")] = []Reading{{Title: "alerts", Host: "w1", Verdict: v, Text: "0", At: s.c.Now}}
	if e, ok := s.c.SoakNow(at("k@w1")); ok {
		s.fold(e)
	}
	return s
}

// fold takes an event at this moment.
func (s *scene) fold(e Event) {
	s.t.Helper()
	s.seq++
	if err := s.c.State.Apply(s.seq, s.c.Now, e); err != nil {
		s.t.Fatal(err)
	}
	s.log = append(s.log, e)
}

// comes is a console that comes back after nobody looked for a while.
func (s *scene) comes(after time.Duration) *scene {
	s.later(after).fold(s.c.SoakResumed(at("k@w1"), time.Time{}))
	return s
}

func soakScene(t *testing.T) *scene { return play(t, "live", soaking).do(x("k@w1")).see(Green) }

func TestSoakThatIsLookedAt(t *testing.T) {
	s := soakScene(t).looks(Green, 11*time.Minute)
	s.is("k@w1", TaskDone)
	s = soakScene(t).looks(Red, 31*time.Minute)
	s.is("k@w1", TaskFailed)
	if why := s.state("k@w1").Reason; !strings.HasPrefix(why, "not green for 10m before its deadline; alerts: ") {
		t.Error(why)
	}
	if soakScene(t).looks(Green, 9*time.Minute).looks(Red, 25*time.Minute).is("k@w1", TaskFailed); t.Failed() {
		t.Error("seen from its start to its deadline")
	}
}

func TestDeadlineThatNobodySaw(t *testing.T) {
	s := soakScene(t).looks(Green, 4*time.Minute).comes(40 * time.Minute)
	s.is("k@w1", TaskOpen)
	if k := s.state("k@w1"); !k.Soak.Overdue || !strings.Contains(k.Reason, "its deadline passed at 12:30:06, and nobody looked for 40m; green for 4m of 10m") {
		t.Errorf("%+v", k)
	}
	if code, why := s.c.Outcome(nil); code != CodePerson || !strings.Contains(why, "passed while nobody looked; extend it") {
		t.Errorf("outcome %d, %s", code, why)
	}
	s.looks(Green, 20*time.Minute).is("k@w1", TaskOpen) // however green it is
	s.looks(Red, time.Minute).is("k@w1", TaskOpen)
	s.never(x("n@w1"), Later, "waits for k@w1, which is soaking")

	for name, tt := range map[string]struct {
		a  Action
		to Status
	}{
		"early end": {reasoned(EarlyEnd, "k@w1", "seen by the other shift"), TaskDone},
		"failed":    {reasoned(Fail, "k@w1", "alerts at 02:10"), TaskFailed},
		"skipped":   {reasoned(Skip, "k@w1", "next week again"), TaskSkipped},
	} {
		s := soakScene(t).looks(Green, 4*time.Minute).comes(40 * time.Minute).do(tt.a)
		if s.is("k@w1", tt.to); t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestExtendedSoak(t *testing.T) {
	more := Action{Verb: Extend, Task: at("k@w1"), Value: "15m", Reason: "we slept"}
	s := soakScene(t).looks(Green, 4*time.Minute).comes(40 * time.Minute)
	s.no(Action{Verb: Extend, Task: at("k@w1"), Value: "15m"}, NeedsReason, "needs a reason")
	s.no(Action{Verb: Extend, Task: at("k@w1"), Value: "soon", Reason: "x"}, NeedsReason, `"soon" is not a duration`)
	was := s.c.Now
	s.do(more)
	if k := s.state("k@w1").Soak; k.Overdue || !k.Until.Equal(was.Add(15*time.Minute)) || k.Unseen != 0 {
		t.Errorf("%+v", k)
	}
	s.looks(Green, 7*time.Minute).is("k@w1", TaskDone)

	s = soakScene(t).looks(Green, 4*time.Minute).comes(40 * time.Minute).do(more)
	s.looks(Red, 16*time.Minute).is("k@w1", TaskFailed) // from now on it was looked at

	s = soakScene(t).do(more) // before it passes: from where it was
	if end := s.c.SoakDeadline(at("k@w1")); !end.Equal(s.state("k@w1").Soak.Began.Add(45 * time.Minute)) {
		t.Errorf("extended to %s", end)
	}
	s.looks(Red, 44*time.Minute).is("k@w1", TaskOpen).looks(Red, 2*time.Minute).is("k@w1", TaskFailed)
	none := play(t, "live", strings.Replace(soaking, `, deadline = "30m"`, "", 1)).do(x("k@w1"))
	none.never(more, Never, "no deadline to extend")
}

// TestDeadlineWithADoubt: it passes while somebody looks, but so much of the
// time was not seen that it may have been green for long enough.
func TestDeadlineWithADoubt(t *testing.T) {
	s := soakScene(t).looks(Red, 5*time.Minute).comes(12*time.Minute).looks(Red, 20*time.Minute)
	s.is("k@w1", TaskOpen)
	if k := s.state("k@w1"); !k.Soak.Overdue {
		t.Errorf("%+v", k)
	}
	s = soakScene(t).looks(Red, 5*time.Minute).comes(2*time.Minute).looks(Red, 30*time.Minute)
	s.is("k@w1", TaskFailed) // two minutes more would not have helped
}

// TestSleepingMachineSawNothing: the process lived on, and nobody looked.
func TestSleepingMachineSawNothing(t *testing.T) {
	s := soakScene(t).looks(Green, time.Minute).later(20 * time.Minute).see(Green)
	s.is("k@w1", TaskOpen)
	if k := s.state("k@w1").Soak; k.Green > time.Minute || k.Unseen < 19*time.Minute {
		t.Errorf("%+v", k)
	}
	s.looks(Green, 8*time.Minute).is("k@w1", TaskOpen)
}

// TestOnRed: what a soak does when its evidence turns red, or cannot be told any
// longer, after four of its ten minutes.
func TestOnRed(t *testing.T) {
	for _, test := range []struct {
		rule  string
		seen  Verdict
		to    Status
		now   string
		green time.Duration // five minutes of green later
		why   string
	}{
		{`on_red = "pause"`, Red, TaskOpen, SoakRed, 9 * time.Minute, "alerts: 0"},
		{`on_red = "restart"`, Red, TaskOpen, SoakRed, 5 * time.Minute, "alerts: 0"},
		{`on_red = "fail"`, Red, TaskFailed, SoakFailed, 0, "alerts: 0"},
		{`on_stale = "pause"`, CannotTell, TaskOpen, SoakStale, 9 * time.Minute, "alerts: 0"},
		{`on_stale = "fail"`, CannotTell, TaskFailed, SoakFailed, 0, "alerts: 0"},
		{`on_red = "fail"`, CannotTell, TaskOpen, SoakStale, 9 * time.Minute, "alerts: 0"},
		{`on_red = "restart"`, CannotTell, TaskOpen, SoakStale, 9 * time.Minute, "alerts: 0"},
	} {
		t.Run(test.rule+" "+string(test.seen), func(t *testing.T) {
			src := strings.Replace(soaking, `on_red = "pause"`, test.rule, 1)
			s := play(t, "live", src).do(x("k@w1")).see(Green).looks(Green, 4*time.Minute).see(test.seen)
			began := s.state("k@w1").Soak.Began
			s.looks(test.seen, 30*time.Second).is("k@w1", test.to)
			if k := s.state("k@w1"); k.Soak.Now != test.now || k.Reason != test.why || !k.Soak.Began.Equal(began) {
				t.Errorf("%+v", k)
			}
			if test.to == TaskFailed {
				s.never(x("n@w1"), OnHold, "k@w1 holds: it is failed")
				return
			}
			s.see(Green).looks(Green, 5*time.Minute)
			if got := s.state("k@w1").Soak.GreenAt(s.c.Now, 1); got != test.green {
				t.Errorf("green for %s, want %s", got, test.green)
			}
			s.looks(Green, 10*time.Minute-test.green).see(Green).is("k@w1", TaskDone)
		})
	}
}

// TestSoakThatGoesOnNeedsNobody: neither it nor what waits for it is a person's
// turn, as long as somebody looks and nothing else is to be done.
func TestSoakThatGoesOnNeedsNobody(t *testing.T) {
	other := soaking + "[[phase.step]]\nid = \"o\"\nfree = true\ndanger = \"none\"\nscript = \"true\"\n"
	for name, test := range map[string]struct {
		phases string
		do     func(*scene)
		code   int
		why    string
	}{
		"before the first look": {soaking, func(s *scene) {}, CodeDone, "k@w1 is soaking, green for 0s of 10m"},
		"green":                 {soaking, func(s *scene) { s.see(Green).looks(Green, 4*time.Minute) }, CodeDone, "k@w1 is soaking, green for 4m of 10m"},
		"red":                   {soaking, func(s *scene) { s.looks(Red, time.Minute) }, CodeRed, "the soak k@w1 is red: alerts: 0"},
		"other work":            {other, func(s *scene) { s.looks(Green, time.Minute) }, CodePerson, "o@local is not started"},
		"other work is done":    {other, func(s *scene) { s.done("o").see(Green).looks(Green, time.Minute) }, CodeDone, "k@w1 is soaking, green for 1m of 10m"},
		"nobody looks": {soaking, func(s *scene) { s.see(Green).later(time.Hour) }, CodePerson,
			"nobody has looked at the soak k@w1 for 1h, and only what is seen counts"},
	} {
		s := play(t, "live", test.phases).do(x("k@w1"))
		test.do(s)
		if code, why := s.c.Outcome(nil); code != test.code || why != test.why {
			t.Errorf("%s: %d %q, want %d %q", name, code, why, test.code, test.why)
		}
	}
}

// TestSoaksAreJudgedByWhatWasSeen: whoever looks and goes, a soak completes only
// on green that was seen, and fails at its deadline only where what nobody saw
// could not have saved it.
func TestSoaksAreJudgedByWhatWasSeen(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := play(t, "live", soaking).do(x("k@w1"))
		began := s.state("k@w1").Soak.Began
		var green, unseen time.Duration
		was := Verdict("")
		for range rapid.IntRange(1, 60).Draw(r, "looks") {
			away := rapid.IntRange(0, 5).Draw(r, "goes") == 0
			if away {
				d := time.Duration(rapid.IntRange(1, 40*60).Draw(r, "away")) * time.Second
				s.comes(d)
				unseen, was = unseen+d, ""
				if st := s.state("k@w1"); st.Status != TaskOpen || st.Soak.Overdue != (s.c.Now.Sub(began) > 30*time.Minute) {
					r.Fatalf("back after %s: %+v", d, st)
				}
			} else {
				d := time.Duration(rapid.IntRange(1, 60).Draw(r, "seconds")) * time.Second
				v := rapid.SampledFrom([]Verdict{Green, Green, Green, Red, CannotTell}).Draw(r, "verdict")
				s.later(d).see(v)
				if was == Green { // the value stood until the next was read
					green += d
				}
				was = v
			}
			last := s.c.Now
			switch st := s.state("k@w1"); st.Status {
			case TaskDone:
				if green < 10*time.Minute || last.Sub(began) > 30*time.Minute && st.Soak.Overdue {
					r.Fatalf("complete after %s of green", green)
				}
				return
			case TaskFailed:
				if green+unseen >= 10*time.Minute {
					r.Fatalf("failed, with %s green and %s unseen", green, unseen)
				}
				return
			}
		}
	})
}

// TestSoakIsWrittenDownByTheRunsClock: a console that is left loses half a
// minute of green at most where time passes as everywhere, and a second of the
// wall where it passes faster.
func TestSoakIsWrittenDownByTheRunsClock(t *testing.T) {
	s := play(t, "live", soaking).do(x("k@w1")).see(Green)
	for _, want := range []struct {
		speed float64
		after time.Duration
		beats bool
	}{{1, 29 * time.Second, false}, {1, 31 * time.Second, true}, {60, 500 * time.Millisecond, false}, {60, 1100 * time.Millisecond, true}} {
		c := s.c
		st := c.State.Clone()
		st.Opened.Speed, st.Opened.EnvKind, st.Opened.Env = want.speed, Embedded, "rehearsal"
		c.State, c.Now = st, c.State.Task(at("k@w1")).Soak.Since.Add(want.after)
		if _, beats := c.SoakNow(at("k@w1")); beats != want.beats {
			t.Errorf("at %gx after %s: written down %v, want %v", want.speed, want.after, beats, want.beats)
		}
	}
}

// Whoever leaves a green soak writes down what was seen until then, and no more
// than that; nobody counts on after it, and never beyond the soak's own time.
func TestLeavingKeepsWhatWasSeen(t *testing.T) {
	s := play(t, "live", soaking).do(x("k@w1")).see(Green).later(13 * time.Second)
	s.c.Seen.Evidence[at("k@w1")] = []Reading{{Title: "alerts", Host: "w1", Verdict: Green, At: s.c.Now}}
	e, ok := s.c.SoakLeft(at("k@w1"))
	if !ok || e.To != SoakGreen || e.Green != Duration(13*time.Second) {
		t.Fatalf("%+v %v", e, ok)
	}
	s.fold(e)
	if got := s.later(2 * time.Minute).c.StandsStill(at("k@w1")); got != "k@w1 stands still, for no console looks at it: green for 13s of 10m so far" {
		t.Error(got)
	}
	if e := s.c.SoakResumed(at("k@w1"), time.Time{}); e.Green != Duration(13*time.Second) || e.Reason != "nobody looked for 2m" {
		t.Errorf("%+v", e)
	}
	s = play(t, "live", soaking).do(x("k@w1")).see(Red)
	if e, ok := s.c.SoakLeft(at("k@w1")); ok {
		t.Errorf("red: %+v", e)
	}
	s = play(t, "live", soaking).do(x("k@w1")).see(Green)
	s.c.State.Opened.Speed, s.c.State.Opened.EnvKind = 600, Embedded
	if got := s.later(59 * time.Second).c.soaking(at("k@w1")); !strings.Contains(got, "green for 10m of 10m") {
		t.Error(got)
	}
}
