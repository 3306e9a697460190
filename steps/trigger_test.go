package steps

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const triggerBook = `
[probes.lost]
host = "w1"
read = "text"
script = "count"
[probes.mem]
read = "text"
script = "mem"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "before"
title = "Before"
kind = "measure"
measure = { name = "failures", as = "baseline", ask = "How many?" }
[[phase.step]]
id = "build"
title = "Build"
on = "all"
danger = "low"
script = "build"
undo.script = "unbuild"
[[phase.step]]
id = "stop"
title = "Stop"
on = "all"
danger = "high"
outage = "begins"
script = "stop"
undo.script = "start"
[[phase.step]]
id = "start"
title = "Start"
on = "all"
danger = "high"
outage = "ends"
script = "start"
undo.script = "stop"
[[phase]]
id = "later"
title = "Later"
[[phase.step]]
id = "look"
title = "Look"
danger = "none"
script = "look"
[[trigger]]
id = "lost"
title = "Nodes lost"
when = { probe = "lost", want = "> 3", within = "10m" }
mute = "own-work"
proposes = "p"
[[trigger]]
id = "memory"
title = "Memory up"
when = { on = "all", probe = "mem", want = "> baseline + 20%", stable = "2m" }
mute = "own-work"
proposes = "p"
[[trigger]]
id = "failures"
title = "Failures up"
when = { probe = "lost", want = "> baseline of failures + 20%" }
proposes = "run"
[[trigger]]
id = "bug"
title = "A critical bug"
proposes = "run"
`

func triggers(t *testing.T) *scene {
	s := play(t, "live", triggerBook)
	s.c.Seen.Triggers = map[string][]Reading{}
	return s
}

// sees lets a trigger read a figure on a host now; "?" is that nobody could.
func (s *scene) sees(id, host, text string) *scene {
	r := Reading{Host: host, Text: text, At: s.c.Now, Verdict: CannotTell, Why: "no route"}
	if v := ParseValue(text, s.c.Now); v.IsNumber {
		n := v.Number
		r.Verdict, r.Number, r.Unit, r.Why = Green, &n, v.Unit, ""
	}
	s.c.Seen.Triggers[id] = append(s.c.Seen.Triggers[id], r)
	return s
}

// shows holds what a trigger shows, and the change that it makes ("" for none),
// which is folded.
func (s *scene) shows(id string, v Verdict, to string) *scene {
	s.t.Helper()
	sight := s.c.Sight(s.c.Book.Trigger(id))
	e, ok := s.c.TriggerNow(id)
	if sight.Verdict != v || e.To != to || ok != (to != "") {
		s.t.Errorf("%s shows %s and becomes %q, want %s and %q: %+v", id, sight.Verdict, e.To, v, to, sight.Evidence)
	}
	if ok {
		s.on(e)
	}
	return s
}

func (s *scene) begun() *scene {
	return s.do(x("before")).finish("before").done("build@w1", "build@w2")
}

func TestTriggerCountsWhatGrowsInItsWindow(t *testing.T) {
	s := triggers(t)
	s.sees("lost", "w1", "9").shows("lost", Green, "") // its phase has not begun: it rests
	s.begun().sees("lost", "w1", "10").shows("lost", Green, "")
	s.later(time.Minute).sees("lost", "w1", "12").shows("lost", Green, "")
	s.later(time.Minute).sees("lost", "w1", "0").shows("lost", Green, "") // the counter began anew
	s.later(time.Minute).sees("lost", "w1", "1").shows("lost", Red, TriggerFired)
	if f := s.c.State.Triggers["lost"]; f.Proposes != (Scope{Phase: "p"}) || f.Evidence[0].Text != "4 more within 10m" || f.Evidence[0].Want != "not > 3" {
		t.Errorf("%+v", f)
	}
	if code, why := s.c.Outcome(nil); code != CodeRed || !strings.Contains(why, "lost has fired: 4 more within 10m; it proposes") {
		t.Errorf("%d %s", code, why)
	}
	s.sees("lost", "w1", "?").shows("lost", Red, "") // nobody sees, and what was seen stands
	for range 20 {
		s.later(30*time.Second).sees("lost", "w1", "1")
	}
	seen := s.c.Seen.Triggers["lost"]
	s.c.Seen.Triggers["lost"] = seen[len(seen)-10:] // another console, which saw nothing grow
	s.shows("lost", Green, "")
	s.c.Seen.Triggers["lost"] = seen
	s.shows("lost", Green, TriggerCleared)
	if code, _ := s.c.Outcome(nil); code != CodePerson {
		t.Errorf("exit code %d after it cleared", code)
	}
}

func TestTriggerComesAndGoesInOneFiring(t *testing.T) {
	s := triggers(t).begun()
	s.on(Measured{Task: at("before"), Name: "failures", Value: "10"})
	read := func(v string) *scene { return s.later(10*time.Second).sees("failures", "w1", v) }
	read("11").shows("failures", Green, "")
	read("12.1").shows("failures", Red, TriggerFired)
	read("11").shows("failures", Green, "")
	read("13").shows("failures", Red, "")
	for range 3 {
		read("5").shows("failures", Green, "")
	}
	read("5").shows("failures", Green, TriggerCleared)
	read("12.1").shows("failures", Red, TriggerFired)
}

func TestTriggerLasts(t *testing.T) {
	s := triggers(t).begun()
	n := 10.0
	p := s.c.State.Phases["p"]
	for _, h := range []string{"w1", "w2"} {
		p.Baseline = append(p.Baseline, Reading{Title: "trigger memory", Host: h, Text: "10 GiB", Number: &n, Unit: "GiB"})
	}
	s.c.State.Phases["p"] = p
	both := func(v string, want Verdict, to string) {
		t.Helper()
		s.later(20*time.Second).sees("memory", "w1", "11 GiB").sees("memory", "w2", v).shows("memory", want, to)
	}
	for range 5 {
		both("13 GiB", Green, "")
	}
	both("11 GiB", Green, "") // a gap
	for range 6 {
		both("13 GiB", Green, "")
	}
	both("13 GiB", Red, TriggerFired)
	s.later(31*time.Second).shows("memory", CannotTell, "")
	both("13 GiB", Green, "") // it has to last anew, and it has not cleared yet
	if s.c.State.Triggers["memory"].Now != TriggerFired {
		t.Error("a firing that went blind was forgotten")
	}
}

func TestTriggerThatCannotTellSaysSo(t *testing.T) {
	s := triggers(t)
	s.shows("failures", CannotTell, "")
	s.begun().on(Measured{Task: at("before"), Name: "failures", Value: "10"}).sees("failures", "w1", "?").shows("failures", CannotTell, "")
	for range 6 {
		s.later(10*time.Second).sees("failures", "w1", "?")
	}
	s.shows("failures", CannotTell, TriggerBlind).shows("failures", CannotTell, "")
	if code, _ := s.c.Outcome(nil); code == CodeRed {
		t.Error("what cannot be told is not red")
	}
	s.sees("failures", "w1", "1").shows("failures", Green, TriggerSees)
	s.c.State.Measures = map[Task]Measured{} // without a baseline nobody can tell
	s.shows("failures", CannotTell, TriggerBlind)
}

func TestOwnWorkDoesNotFire(t *testing.T) {
	s := triggers(t).begun().sees("lost", "w1", "0").sees("memory", "w1", "1").sees("memory", "w2", "1")
	s.do(x("stop@w2")).started("stop@w2").later(10*time.Second).sees("lost", "w1", "8").shows("lost", Green, "")
	if m := s.c.Sight(s.c.Book.Trigger("lost")).Muted; m != "own work: stop@w2" {
		t.Errorf("muted by %q", m)
	}
	s.exits("stop@w2", 0).later(50*time.Second).sees("lost", "w1", "12").shows("lost", Green, "") // it settles
	s.later(time.Minute).sees("lost", "w1", "13").later(time.Minute).sees("lost", "w1", "15").shows("lost", Green, "")
	s.later(time.Minute).sees("lost", "w1", "?").shows("lost", Green, "") // w2 is away: it cannot answer
	s.later(time.Minute).sees("lost", "w1", "17").shows("lost", Red, TriggerFired)

	// Of the level: w2 is away by our own doing, w1 is not.
	s.sees("memory", "w1", "?").sees("memory", "w2", "?").shows("memory", CannotTell, TriggerBlind)
	s.sees("memory", "w1", "1").sees("memory", "w2", "?")
	r := s.c.Sight(s.c.Book.Trigger("memory")).Evidence
	if r[0].Verdict != CannotTell || r[1].Verdict != Green || r[1].Why != "own work: stop took w2 away" {
		t.Errorf("%+v", r)
	}
}

func TestATriggerRestsDuringARollbackAndIsQuietAfter(t *testing.T) {
	s := triggers(t).begun()
	s.do(Action{Verb: Fire, Name: "bug", Reason: "results are wrong"})
	if code, why := s.c.Outcome(nil); code != CodeRed || !strings.Contains(why, "bug has fired: results are wrong; it proposes to roll back run") {
		t.Errorf("%d %s", code, why)
	}
	s.do(Action{Verb: OpenRollback})
	s.never(Action{Verb: Fire, Name: "lost", Reason: "x"}, Later, "a rollback of run is open")
	s.sees("lost", "w1", "0").later(time.Second).sees("lost", "w1", "9").shows("lost", Red, "")
	s.on(RollbackClosed{Reason: "not now"})
	if s.c.State.Triggers["bug"].Now != TriggerFired {
		t.Error("an abandoned rollback has settled nothing")
	}
	s.shows("lost", Red, TriggerFired)
	s.do(Action{Verb: OpenRollback}).on(RollbackClosed{Finished: true})
	if len(s.c.State.Triggers) != 0 {
		t.Errorf("after the rollback that they proposed: %+v", s.c.State.Triggers)
	}
	s.never(Action{Verb: Fire, Name: "bug", Reason: "x"}, Later, "nothing of the run has begun")
	s.never(Action{Verb: Fire, Name: "lost", Reason: "x"}, Later, "phase p has not begun")
}

func TestAFiringStopsWhatGoesOnByItself(t *testing.T) {
	s := triggers(t).begun()
	row := Action{Verb: Sequence, Tasks: []Task{at("stop@w1"), at("stop@w2")}}
	s.never(Action{Verb: Fire, Name: "no"}, Never, "no trigger")
	s.never(Action{Verb: Fire, Name: "bug"}, NeedsReason, "needs a reason")
	s.do(Action{Verb: Fire, Name: "bug", Reason: "wrong"})
	s.never(Action{Verb: Fire, Name: "bug", Reason: "x"}, Never, "already")
	s.never(row, EvidenceBad, "bug has fired: wrong; it proposes to roll back run (roll back, wait")
	s.do(x("stop@w1")) // a person's own step goes on
	s.never(Action{Verb: OverrideTrigger, Name: "lost", Reason: "x"}, Never, "has not fired")
	s.never(Action{Verb: OverrideTrigger, Name: "bug"}, NeedsReason, "needs a reason")
	s.asks(Action{Verb: OverrideTrigger, Name: "bug", Reason: "known"}, Critical, "live")
	s.do(Action{Verb: OverrideTrigger, Name: "bug", Reason: "known"})
	if s.c.TriggerStops() != nil {
		t.Error("it still stops")
	}
	if code, _ := s.c.Outcome(nil); code == CodeRed {
		t.Error("it is overridden and still red")
	}
	s.finish("stop@w1").do(Action{Verb: Sequence, Tasks: []Task{at("stop@w2")}})
}

func TestAPersonsFiringDoesNotClearByItself(t *testing.T) {
	s := triggers(t).begun()
	s.do(Action{Verb: Fire, Name: "lost", Reason: "two racks are dark"})
	for range 30 {
		s.later(30*time.Second).sees("lost", "w1", "0").shows("lost", Green, "")
	}
}

func TestTriggersOfARunInARehearsalLiveFaster(t *testing.T) {
	s := triggers(t).begun()
	s.c.State.Opened.EnvKind, s.c.State.Opened.Speed = Embedded, 60
	s.sees("lost", "w1", "0").later(time.Second).sees("lost", "w1", "3").later(11*time.Second).sees("lost", "w1", "5")
	s.shows("lost", Green, "") // ten minutes are ten seconds
	s.later(time.Second).sees("lost", "w1", "9").shows("lost", Red, TriggerFired)
	if every := s.c.Book.Trigger("lost").Every(s.c.State); every != time.Second {
		t.Errorf("it looks every %v", every)
	}
}

func TestWantsOfAMeasure(t *testing.T) {
	base := ParseValue("10", noon)
	for want, v := range map[string]string{"<= baseline of rate + 20%": "12", "> baseline of x.y-z": "11", "<= baseline  of rate": "10"} {
		w, err := ParseWant(want)
		if err != nil || w.NeedsBaseline() || w.Measure() == "" {
			t.Errorf("%s: %v, measure %q", want, err, w.Measure())
		}
		if got, why := w.Judge(ParseValue(v, noon), &base); got != Green {
			t.Errorf("%s: %s %s", want, got, why)
		}
		if got, why := w.Judge(ParseValue(v, noon), nil); got != CannotTell || !strings.Contains(why, "no baseline of "+w.Measure()) {
			t.Errorf("%s without: %s %s", want, got, why)
		}
	}
	for _, bad := range []string{"> baselin", "> baseline of", "> baseline of a b", "> baseline20%", "> baseline of +5"} {
		if w, err := ParseWant(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, w)
		}
	}
	if _, err := ParseChange("<= baseline of other"); err == nil {
		t.Error("a criterion has a baseline of its own")
	}
}

func TestCheckTriggers(t *testing.T) {
	const when = `when = { probe = "ray.nodes_lost", want = "> 3", within = "10m" }`
	for _, tt := range []struct{ with, text string }{
		{`when = { script = "true" }`, "needs want: an exit code cannot tell"},
		{`when = { probe = "ray.nodes_lost", want = "> baseline", within = "10m" }`, "want a plain figure"},
		{`when = { probe = "ray.nodes_lost", want = "< 3", within = "10m" }`, "or stable instead"},
		{`when = { probe = "ray.version", want = "~ x", within = "10m" }`, "want a plain figure"},
		{`when = { probe = "ray.nodes_lost", want = "> 3", within = "10m", stable = "1m" }`, "want one of them"},
		{`when = { probe = "ray.nodes_lost", want = "> 3", within = "2s" }`, "want 10s to 1d"},
		{`when = { probe = "ray.nodes_lost", want = "> 3", stable = "3d" }`, "want at most 1d"},
		{`when = { probe = "ray.nodes_lost", want = "> baseline of rate" }`, `no step measures "rate" as a baseline`},
		{`mute = "own-work"`, "nothing to mute"},
		{`when = { sign_off = "driver" }`, "only a gate"},
		{``, ""},
		{`when = { probe = "ray.nodes_lost", want = "> 3", stable = "10m" }`, ""},
	} {
		ps := Check(load(t, strings.Replace(sound, when, tt.with, 1)))
		if tt.text == "" {
			if len(ps) > 0 {
				t.Errorf("%s: %v", tt.with, ps)
			}
			continue
		}
		if !strings.Contains(fmt.Sprint(ps), tt.text) {
			t.Errorf("%s: no %q in %v", tt.with, tt.text, ps)
		}
	}
	ps := Check(load(t, strings.Replace(sound, `want = "<= baseline"`, `want = "<= baseline", within = "1m"`, 1)))
	if !strings.Contains(fmt.Sprint(ps), "within belongs to the condition of a trigger") {
		t.Errorf("%v", ps)
	}
}
