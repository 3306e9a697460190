package steps

import (
	"strings"
	"testing"
)

func TestFigure(t *testing.T) {
	for _, tt := range []struct{ unit, text, want string }{
		{"s", "212", "212"}, {"s", " 212.5 ", "212.5"}, {"s", "212s", "212"}, {"s", "212 s", "212"}, {"s", "1.5 m", "90"}, {"s", "500 ms", "0.5"},
		{"GiB", "2.1 GiB", "2.1"}, {"GiB", "512 MiB", "0.5"}, {"%", "-3%", "-3"}, {"", "7", "7"}, {"", "1e3", "1e3"},
		{"jobs per hour", "12 jobs per hour", "12"}, {"jobs/s", "12 jobs/s", "12"},
		{"s", "", ""}, {"s", "many", ""}, {"s", "0,5", ""}, {"s", "1,234", ""}, {"s", "about 12", ""}, {"s", "12 13", ""}, {"s", "s", ""},
		{"s", "12 GiB", ""}, {"s", "12 jobs", ""}, {"", "12 s", ""}, {"GiB", "2.1 gib", ""}, {"s", "NaN", ""}, {"s", "1e999", ""}, {"s", "12..5", ""},
	} {
		got, err := (&MeasureRule{Name: "rate", Unit: tt.unit}).Figure(tt.text)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q in %q: %q, %v; want %q", tt.text, tt.unit, got, err, tt.want)
		}
		if err != nil && !strings.Contains(err.Error(), "want a number such as 12.5") {
			t.Errorf("%q in %q: the refusal does not say what is wanted: %v", tt.text, tt.unit, err)
		}
	}
}

const figures = `
[[phase]]
id = "p"
[[phase.step]]
id = "typed"
kind = "measure"
measure = { name = "epoch", unit = "s", as = "baseline", ask = "How long?" }
[[phase.step]]
id = "read"
kind = "measure"
on = "w1"
danger = "none"
measure = { name = "epoch", unit = "s", as = "result" }
script = "echo epoch=9 >>$BELAY_OUT"
`

func TestATextIsNoFigure(t *testing.T) {
	s := play(t, "live", figures).do(x("typed"))
	record := func(v string) Action { return Action{Verb: Record, Task: at("typed"), Value: v, Reason: "the log"} }
	s.no(record("fast enough"), NeedsReason, `"fast enough" is no figure; want a number such as 12.5 or 12.5 s`)
	s.no(record("3 GiB"), NeedsReason, "is not in the unit of epoch")
	s.do(record("3.5 m"))
	if got := s.c.State.Measures[at("typed")]; got.Value != "210" || got.Unit != "s" {
		t.Errorf("recorded %+v", got)
	}
	s.do(x("read@w1"))
	for value, want := range map[string]string{"9": "", "9 s": "", "soon": `measured epoch: "soon" is no figure`, "": "captured no value for epoch"} {
		ok, why := s.c.Judge(at("read@w1"), false, 0, map[string]string{"epoch": value})
		if ok != (want == "") || !strings.Contains(why, want) {
			t.Errorf("a script that measured %q: %t, %q; want %q", value, ok, why, want)
		}
	}
}
