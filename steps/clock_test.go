package steps

import (
	"strings"
	"testing"
	"time"
)

const clockBook = `
[[phase]]
id = "p"
title = "P"
window = "6h"
[[phase.step]]
id = "stop"
title = "Stop"
on = "all"
danger = "high"
estimate = "3m"
script = "stop"
undo.script = "start"
[[phase.step]]
id = "train"
title = "Train"
on = "w1"
danger = "low"
script = "train"
undo.script = "untrain"
no_return = "what it wrote"
[[phase.step]]
id = "wait"
title = "Wait"
kind = "soak"
on = "w1"
soak = { for = "15m" }
evidence = [{ title = "e", script = "true" }]
[[rollback.after]]
id = "look"
title = "Look"
on = "w1"
danger = "none"
estimate = "5m"
script = "look"
`

func (s *scene) estimate(task string, d time.Duration, from string) *scene {
	s.t.Helper()
	e, ok := s.c.EstimateOf(at(task))
	if e != (Estimate{d, from}) || ok != (from != "") {
		s.t.Errorf("%s: %+v %v, want %v by %q", task, e, ok, d, from)
	}
	return s
}

// TestEstimatesInTheirOrder: another host of this run, another run that did the
// very same, the file, nobody.
func TestEstimatesInTheirOrder(t *testing.T) {
	s := play(t, "live", clockBook)
	s.estimate("stop@w1", 3*time.Minute, "the runbook").estimate("train@w1", 0, "").estimate("wait@w1", 15*time.Minute, "the runbook")
	hash := ContentHash(s.c.Book.Step("train"))
	s.c.Past = map[string]Past{hash: {time.Hour, "r0"}, ContentHash(s.c.Book.Step("stop")): {time.Minute, "r0"}}
	s.estimate("train@w1", time.Hour, "run r0").estimate("stop@w2", time.Minute, "run r0")
	s.do(x("stop@w1")).later(40 * time.Second)
	if d, whole := s.c.Remaining("p"); whole != true || d != time.Minute+time.Hour+15*time.Minute {
		t.Errorf("left %v %v", d, whole)
	}
	s.finish("stop@w1").estimate("stop@w2", 42*time.Second, "w1")
	s.do(x("stop@w2")).later(30 * time.Second)
	if d, _ := s.c.Remaining("p"); d != 12*time.Second+time.Hour+15*time.Minute {
		t.Errorf("with 30 of 42 seconds gone %v are left", d)
	}
	s.c.Book.Kind = Embedded // its times never count, nor do others for it
	s.estimate("train@w1", 0, "").estimate("stop@w2", 3*time.Minute, "the runbook")
}

func TestTooksAreOfRealServersAtTheirOwnSpeed(t *testing.T) {
	s := play(t, "live", clockBook).done("stop@w1").failed("stop@w2")
	s.do(verb(UndoTask, "stop@w1")).finish("stop@w1")
	var at []time.Time
	for i := range s.log {
		at = append(at, noon.Add(time.Duration(i)*time.Second))
	}
	hash := ContentHash(s.c.Book.Step("stop"))
	got := Tooks(s.log, at)
	if len(got) != 2 || got[hash] != (Past{2 * time.Second, "r1"}) || got[pastUndo(hash)] != (Past{2 * time.Second, "r1"}) {
		t.Errorf("%+v", got)
	}
	for _, o := range []Opened{{Run: "r1", EnvKind: Embedded}, {Run: "r1", EnvKind: Rehearsal, Speed: 60}} {
		s.log[0] = o
		if got := Tooks(s.log, at); len(got) != 0 {
			t.Errorf("%+v: %+v", o, got)
		}
	}
}

// TestLatestRollback: what was timed, else the file's word, else "before".
func TestLatestRollback(t *testing.T) {
	s := play(t, "live", clockBook)
	if _, _, ok := s.c.LatestRollback(); ok {
		t.Error("no window is open")
	}
	s.done("stop@w1", "stop@w2")
	until := s.c.State.Phases["p"].Until
	latest := func(d time.Duration, sure bool) {
		t.Helper()
		if at, known, ok := s.c.LatestRollback(); !ok || known != sure || until.Sub(at) != d {
			t.Errorf("%v before the end, sure %v; want %v, %v", until.Sub(at), known, d, sure)
		}
	}
	latest(5*time.Minute, false) // the undos are unknown: at least the look
	hash := ContentHash(s.c.Book.Step("stop"))
	s.c.Past = map[string]Past{pastUndo(hash): {2 * time.Minute, "r0"}}
	latest(7*time.Minute, true) // both hosts together, then the look
	s.c.Past = nil
	s.c.Book.Rollback.Estimate = Duration(90 * time.Minute)
	latest(90*time.Minute, true)
	s.c.State.Opened.EnvKind, s.c.State.Opened.Speed = Embedded, 60
	latest(90*time.Minute, true) // the fleet is faster, the night that is rehearsed is not
}

func TestThePointOfNoReturnIsTold(t *testing.T) {
	s := play(t, "live", clockBook)
	step, passed := s.c.PointOfNoReturn("p")
	if step == nil || step.ID != "train" || passed {
		t.Errorf("%+v %v", step, passed)
	}
	s.done("stop@w1", "stop@w2").do(x("train@w1"))
	if _, passed := s.c.PointOfNoReturn("p"); !passed {
		t.Error("it has begun: it may have happened")
	}
	s.on(NotStarted{Attempt: s.id("train@w1"), Why: "refused"})
	if _, passed := s.c.PointOfNoReturn("p"); passed {
		t.Error("it is proven never to have started")
	}
}

// TestAClockThatIsFarOffStopsLaunches, but for a rollback, and a person may go on.
func TestAClockThatIsFarOffStopsLaunches(t *testing.T) {
	s := play(t, "live", clockBook)
	off := func(host string, d time.Duration) {
		h := s.c.Seen.Hosts[host]
		h.Skew = d
		s.c.Seen.Hosts[host] = h
	}
	off("w2", 2*time.Second)
	if _, worth := s.c.SkewOf("w2"); worth {
		t.Error("two seconds are not worth a word")
	}
	off("w1", -31*time.Second)
	off("w2", 29*time.Second)
	if d, worth := s.c.SkewOf("w2"); d != 29*time.Second || !worth {
		t.Error("29 seconds are worth a word")
	}
	s.asks(x("stop@w2"), High, "w2")
	s.no(x("stop@w1"), ClockOff, "the clock of w1 is 31s behind ours (set its clock")
	row := Action{Verb: Sequence, Tasks: []Task{at("stop@w1")}}
	s.never(row, Never, "stop@w1 is next, which is critical, asked by itself")
	s.asks(reasoned(Execute, "stop@w1", "its battery is dead"), Critical, "w1 live")
	s.do(reasoned(Execute, "stop@w1", "its battery is dead"))
	if a := s.state("stop@w1").Attempt(); a.Override != "its battery is dead" {
		t.Errorf("%+v", a)
	}
	s.finish("stop@w1").done("stop@w2").do(verb(UndoTask, "stop@w1")).finish("stop@w1")
	s.do(Action{Verb: OpenRollback}).do(Action{Verb: ConfirmHost, Host: "w2"}, verb(UndoTask, "stop@w2")).finish("stop@w2")
	s.do(Action{Verb: ConfirmHost, Host: "w1"}).do(x("look@w1"))
	if why := s.state("look@w1").Attempt().Override; why != "" || !strings.Contains(Ahead(3*time.Second), "ahead of") {
		t.Errorf("going back was held up: %q", why)
	}
}
