package steps

import (
	"slices"
	"testing"
	"time"
)

const outageBook = `
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "build"
title = "Build"
on = "all"
danger = "critical"
script = "build"
no_undo = "x"
[[phase.step]]
id = "stop"
title = "Stop"
on = "all"
danger = "high"
outage = "begins"
script = "stop"
undo.script = "start"
[[phase.step]]
id = "switch"
title = "Switch"
on = "all"
danger = "med"
script = "switch"
undo.script = "switch back"
[[phase.step]]
id = "start"
title = "Start"
block = "roll"
on = "all"
danger = "high"
outage = "ends"
script = "start"
undo.script = "stop"
[[phase.step]]
id = "wait"
title = "Wait"
block = "roll"
on = "all"
kind = "manual"
`

// outage holds who is away and who is back; without either there is none.
func (s *scene) outage(away, back string) *scene {
	s.t.Helper()
	o, ok := s.c.Outage("p")
	list := func(w string) []string {
		switch w {
		case "":
			return nil
		case "both":
			return []string{"w1", "w2"}
		}
		return []string{w}
	}
	if ok != (away+back != "") || !slices.Equal(o.Away, list(away)) || !slices.Equal(o.Back, list(back)) || (away == "") != !o.Ended.IsZero() && ok {
		s.t.Errorf("outage %v %+v, want %q away and %q back", ok, o, away, back)
	}
	for _, h := range []string{"w1", "w2"} {
		if (s.c.Away(h) != nil) != slices.Contains(o.Away, h) {
			s.t.Errorf("Away(%s) is %v", h, s.c.Away(h))
		}
	}
	return s
}

func TestOutageIsTheFiles(t *testing.T) {
	s := play(t, "live", outageBook)
	s.outage("", "").done("build@w1", "build@w2").outage("", "")
	s.do(x("stop@w1")).outage("w1", "") // intended: it may have happened
	began := s.c.Now
	s.started("stop@w1").exits("stop@w1", 0)
	s.done("stop@w2").outage("both", "").done("switch@w1", "switch@w2")
	s.done("start@w1").outage("w2", "w1")
	s.do(x("wait@w1")).finish("wait@w1").later(time.Minute).failed("start@w2").outage("w2", "w1")
	s.do(verb(Retry, "start@w2")).finish("start@w2").outage("", "both")
	o, _ := s.c.Outage("p")
	if o.Began.Sub(began) > 2*time.Second || o.Lasts(s.c.Now.Add(time.Hour)) != o.Ended.Sub(o.Began) {
		t.Errorf("began %v, want about %v; %+v", o.Began, began, o)
	}
}

func TestOutageThatNeverStartedIsNone(t *testing.T) {
	s := play(t, "live", outageBook).done("build@w1", "build@w2").do(x("stop@w1"))
	s.on(NotStarted{Attempt: s.id("stop@w1"), Why: "refused"}).outage("", "")
}

func TestOutageEndsByARollbackAndBeginsAnew(t *testing.T) {
	s := play(t, "live", outageBook).done("build@w1", "build@w2", "stop@w1", "stop@w2")
	first, _ := s.c.Outage("p")
	s.do(Action{Verb: OpenRollback, Scope: Scope{Phase: "p"}})
	for _, h := range []string{"w1", "w2"} {
		s.outage(map[string]string{"w1": "both", "w2": "w2"}[h], map[string]string{"w1": "", "w2": "w1"}[h])
		s.do(Action{Verb: ConfirmHost, Host: h}, verb(UndoTask, "stop@"+h)).finish("stop@" + h)
	}
	s.outage("", "both")
	s.on(RollbackClosed{Finished: true})
	s.later(time.Hour).do(x("stop@w2")).outage("w2", "")
	if again, _ := s.c.Outage("p"); again.Began.Sub(first.Began) < time.Hour {
		t.Errorf("began %v, and first %v", again.Began, first.Began)
	}
}
