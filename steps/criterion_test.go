package steps

import (
	"strings"
	"testing"
)

const twoMeasures = `
[[phase]]
id = "p"
[[phase.step]]
id = "before"
kind = "measure"
measure = { name = "epoch", unit = "s", as = "baseline", ask = "How long?" }
[[phase.step]]
id = "after"
kind = "measure"
on = "all"
measure = { name = "epoch", unit = "s", as = "result", ask = "How long?" }
[[criterion]]
id = "faster"
title = "Faster"
measure = "epoch"
success = "<= -10%"
failed = "> 5%"
`

func TestCriteria(t *testing.T) {
	for _, tt := range []struct {
		before, w1, w2 string
		verdict, why   string
	}{
		{"", "", "", Undecided, "no result of epoch yet"},
		{"200", "", "", Undecided, "no result of epoch yet"},
		{"", "150", "", Undecided, "150 s, but there is no baseline"},
		{"200", "150", "", Success, "150 s after 200 s (-25%), want <= -10%"},
		{"200", "150", "150", Success, "w1: 150 s after 200 s (-25%), want <= -10%; w2: 150 s after 200 s"},
		{"200", "150", "195", Undecided, "w2: 195 s after 200 s (-2.5%), want <= -10%, and not > 5% either"},
		{"200", "150", "250", Failed, "w2: 250 s after 200 s (+25%), want > 5%"},
		{"200", "250", "150", Failed, "w1: 250 s after 200 s"},
		{"200", "4 m", "", Failed, "240 s after 200 s (+20%)"},
		{"0", "1", "", Undecided, "no percentage of zero"},
	} {
		s := play(t, "live", twoMeasures)
		record := func(step, v string) {
			if v != "" {
				s.do(Action{Verb: Record, Task: at(step), Value: v, Reason: "log"})
			}
		}
		if tt.before != "" {
			s.do(x("before"))
			record("before", tt.before)
		} else {
			s.do(reasoned(Skip, "before", "no time"))
		}
		s.do(x("after@w1"), x("after@w2"))
		record("after@w1", tt.w1)
		record("after@w2", tt.w2)
		j := s.c.Judgements()[0]
		if j.Verdict != tt.verdict || !strings.Contains(j.Why, tt.why) || j.Invented {
			t.Errorf("%+v: %s: %s", tt, j.Verdict, j.Why)
		}
	}
	s := play(t, "rehearsal", twoMeasures).done("before", "after@w1")
	if j := s.c.Judgements()[0]; j.Verdict != Undecided || !j.Invented {
		t.Errorf("a rehearsal has decided: %+v", j)
	}
	// a journal of an older belay may hold a text
	s = play(t, "live", twoMeasures).done("before").on(Measured{Task: at("after@w1"), Name: "epoch", Value: "quick", Unit: "s"})
	if j := s.c.Judgements()[0]; j.Verdict != Undecided || !strings.Contains(j.Why, "not both numbers") {
		t.Errorf("%+v", j)
	}
}
