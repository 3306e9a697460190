package steps

import (
	"strings"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	number := func(n float64, unit string) Value { return Value{Known: true, IsNumber: true, Number: n, Unit: unit} }
	text := func(s string) Value { return ParseValue(s, time.Time{}) }
	tests := []struct {
		want     string
		v        Value
		baseline *Value
		verdict  Verdict
		why      string
	}{
		{">= 20 GiB", number(18.2*(1<<30), "B"), nil, Red, "18.2 GiB, want >= 20 GiB"},
		{">= 20 GiB", text("21 GiB"), nil, Green, "21 GiB, want >= 20 GiB"},
		{">= 20GiB", text("21 GB"), nil, Red, "21 GB, want >= 20GiB"},
		{">= 20 GiB", text("21"), nil, CannotTell, "21 and 20 GiB are not the same unit, want >= 20 GiB"},
		{"== 0", text("0 B"), nil, Green, ""},
		{"> 0", number(3, "B"), nil, Green, "3 B, want > 0"},
		{"<= 90 %", text("89.5%"), nil, Green, ""},
		{"< 1 m", text("59s"), nil, Green, ""},
		{"< 1 m", text("60000 ms"), nil, Red, ""},
		{"== 0", Value{Raw: "no such host\nx"}, nil, CannotTell, `no value ("no such host"), want == 0`},
		{"!= 0", text("many"), nil, CannotTell, `"many" is no number, want != 0`},
		{"== 2.53.0", text("2.53.0\n"), nil, Green, "2.53.0, want == 2.53.0"},
		{"!= 2.53.0", text("2.53.0"), nil, Red, ""},
		{"~ ^ok", text("ok, all"), nil, Green, ""},
		{"!~ error", text("an error"), nil, Red, "an error, want !~ error"},
		{"<= baseline", number(5, ""), ptr(number(5, "")), Green, "5, want <= baseline (5)"},
		{"<= baseline", number(5, ""), nil, CannotTell, "5, want <= baseline, but there is no baseline"},
		{"<= baseline", number(5, ""), &Value{}, CannotTell, ""},
		{"<= baseline + 20%", number(6.1, ""), ptr(number(5, "")), Red, "6.1, want <= baseline + 20% (6)"},
		{">= baseline * 1.1", number(110, "ms"), ptr(number(0.1, "s")), Green, ""},
		{">= baseline - 5", number(4, ""), ptr(number(10, "")), Red, "4, want >= baseline - 5 (5)"},
		{">= baseline - 1 GiB", text("9 GiB"), ptr(text("10 GiB")), Green, ""},
		{">= baseline - 512 MiB", text("9 GiB"), ptr(text("10 GiB")), Red, "9 GiB, want >= baseline - 512 MiB (9.5 GiB)"},
		{"== baseline", text("2.40.0"), ptr(text("2.40.0")), Green, "2.40.0, want == baseline (2.40.0)"},
		{"< baseline", number(1, ""), ptr(text("x")), CannotTell, ""},
	}
	for _, tt := range tests {
		w, err := ParseWant(tt.want)
		if err != nil {
			t.Errorf("%s: %v", tt.want, err)
			continue
		}
		verdict, why := w.Judge(tt.v, tt.baseline)
		if verdict != tt.verdict || tt.why != "" && why != tt.why {
			t.Errorf("%s of %v: %s, %q; want %s, %q", tt.want, tt.v, verdict, why, tt.verdict, tt.why)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestParseWantRefuses(t *testing.T) {
	for in, hint := range map[string]string{
		"": "begins with none", "20": "begins with none", ">=": "nothing to compare", "= 5": "begins with none",
		">= many": "compares numbers", ">= 20 GIB": `unknown unit "GIB"`, "~ (": "missing closing", "<= baseline + x": "after baseline",
		"<= baseline * 5 GiB": "after baseline", "<= baseline ** 2": "after baseline", ">= 2.53.0": "unknown unit",
		"~ baseline (": "missing closing",
	} {
		if _, err := ParseWant(in); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("%q: %v, want %q", in, err, hint)
		}
	}
}

func TestChange(t *testing.T) {
	v := func(s string) *Value { return ptr(ParseValue(s, time.Time{})) }
	tests := []struct {
		change           string
		result, baseline *Value
		verdict          Verdict
		why              string
	}{
		{">= 10%", v("115"), v("100"), Green, "115 after 100 (+15%), want >= 10%"},
		{">= 10%", v("105"), v("100"), Red, "105 after 100 (+5%), want >= 10%"},
		{"<= -15%", v("80 ms"), v("100 ms"), Green, "80 ms after 100 ms (-20%), want <= -15%"},
		{">= 10%", v("5"), v("0"), CannotTell, ""},
		{">= 10%", v("5"), nil, CannotTell, ""},
		{">= 10%", nil, v("5"), CannotTell, "no result yet, want >= 10%"},
		{">= 5", v("105"), v("100"), Green, "105 after 100 (+5), want >= 5"},
		{"<= 20 ms", v("0.11 s"), v("100 ms"), Green, ""},
		{">= 5", v("90 %"), v("80 %"), CannotTell, ""},
		{">= 5%", v("90 %"), v("80 %"), Green, "90 % after 80 % (+10%), want >= 5%"},
		{"<= baseline * 1.1", v("109"), v("100"), Green, ""},
		{">= 1%", v("x"), v("100"), CannotTell, ""},
	}
	for _, tt := range tests {
		c, err := ParseChange(tt.change)
		if err != nil {
			t.Errorf("%s: %v", tt.change, err)
			continue
		}
		verdict, why := c.Judge(tt.result, tt.baseline)
		if verdict != tt.verdict || tt.why != "" && why != tt.why {
			t.Errorf("%s: %s, %q; want %s, %q", tt.change, verdict, why, tt.verdict, tt.why)
		}
	}
	for _, in := range []string{"== fast", "~ x", "10%"} {
		if _, err := ParseChange(in); err == nil {
			t.Errorf("%q was taken", in)
		}
	}
}
