package steps

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func load(t testing.TB, src string) *Runbook {
	t.Helper()
	rb, ps := Load("test.toml", []byte(src))
	if ps.Failed() {
		t.Fatal(ps)
	}
	return rb
}

const overlaid = `
format = 1
[vars]
A = "file"
B = { ask = "B?", match = "[a-z]+", rehearsal = "invented" }
H = "file"
[hosts]
w1 = { address = "10.0.0.1", user = "op", port = 2222, vars = { H = "host" } }
w2 = { address = "10.0.0.2" }
[groups]
all = ["w2", "w1"]
[environments.production]
kind = "live"
approver_from = "critical"
[environments.staging]
kind = "rehearsal"
vars = { A = "staging", H = "staging", NEW = 1 }
hosts = { w1 = { address = "10.1.0.1", vars = { X = "x" } } }
danger = { a = "high" }
[environments.staging.watch.w]
gauges = []
[watch.w]
on = "all"
logs = [{ name = "l", script = "tail -f l" }]
[[phase]]
id = "p"
[[phase.step]]
id = "a"
on = "all"
danger = "low"
script = "true"
[[phase.step]]
id = "b"
skip_in = ["staging", "rehearsal"]
skip_reason = "no second site"
danger = "none"
script = "true"
[[rollback.after]]
id = "r"
on = "w1"
`

func TestForLaysAnEnvironmentOver(t *testing.T) {
	file := load(t, overlaid)
	rb, err := file.For("staging")
	if err != nil {
		t.Fatal(err)
	}
	if rb.Env != "staging" || rb.Kind != Rehearsal || rb.Approver != Unset {
		t.Errorf("%q %q %v", rb.Env, rb.Kind, rb.Approver)
	}
	if h := rb.Hosts["w1"]; h.Address != "10.1.0.1" || h.User != "op" || h.Port != 2222 || h.Vars["H"].Value != "host" || h.Vars["X"].Value != "x" {
		t.Errorf("w1 = %+v", h)
	}
	a := rb.Step("a")
	if a.Danger != High || !slices.Equal(a.Hosts, []string{"w2", "w1"}) || a.Left != "" {
		t.Errorf("a: %v on %v, left %q", a.Danger, a.Hosts, a.Left)
	}
	if b := rb.Step("b"); b.Left != "no second site" || !slices.Equal(b.Hosts, []string{"local"}) {
		t.Errorf("b on %v, left %q", b.Hosts, b.Left)
	}
	if r := rb.Step("r"); !slices.Equal(r.Hosts, []string{"w1"}) {
		t.Errorf("r on %v", r.Hosts)
	}
	if w := rb.Watches["w"]; w.On != "all" || len(w.Logs) != 1 || w.Gauges == nil {
		t.Errorf("watch = %+v", w)
	}
	if file.Step("a").Danger != Low || file.Step("a").Hosts != nil || file.Hosts["w1"].Address != "10.0.0.1" ||
		file.Vars["A"].Value != "file" || file.Hosts["w1"].Vars["X"].Value != "" || file.Watches["w"].Gauges != nil {
		t.Error("For changed the runbook that it was asked on")
	}
}

func TestForKinds(t *testing.T) {
	file := load(t, overlaid)
	live, err := file.For("production")
	if err != nil || live.Kind != Live || live.Approver != Critical || live.Step("b").Left != "" {
		t.Errorf("production: %v %+v", err, live)
	}
	embedded, err := file.For("rehearsal")
	if err != nil || embedded.Kind != Embedded || embedded.Vars["A"].Value != "file" || embedded.Step("b").Left == "" {
		t.Errorf("rehearsal: %v %+v", err, embedded)
	}
	if _, err := file.For("prodution"); err == nil || !strings.Contains(err.Error(), `did you mean "production"?`) {
		t.Errorf("unknown: %v", err)
	}
}

func TestEnvironPrecedence(t *testing.T) {
	rb, err := load(t, overlaid).For("staging")
	if err != nil {
		t.Fatal(err)
	}
	facts := Facts{Run: "r1", Attempt: "a7", Stamp: time.Date(2024, 5, 6, 9, 8, 9, 0, time.FixedZone("", 7200))}
	answers := map[string]string{"B": "yes"}
	got, err := Environ(rb, rb.Step("a"), "w1", answers, map[string]string{"X": "captured", "BELAY_HOST": "evil"}, facts)
	want := "A=staging B=yes H=host NEW=1 X=captured BELAY_HOST=w1 BELAY_ADDRESS=10.1.0.1 BELAY_RUN=r1 BELAY_STEP=a BELAY_ATTEMPT=a7 BELAY_STAMP=20240506T070809Z"
	slices.Sort(got)
	words := strings.Fields(want)
	slices.Sort(words)
	if err != nil || !slices.Equal(got, words) {
		t.Errorf("%v\n got %v\nwant %v", err, got, words)
	}
	if _, err := Environ(rb, rb.Step("a"), "w1", nil, nil, facts); err == nil || !strings.Contains(err.Error(), "input B: no answer yet") {
		t.Errorf("open input: %v", err)
	}
	if _, err := Environ(rb, rb.Step("a"), "w1", map[string]string{"B": "yes\n"}, nil, facts); err == nil {
		t.Error("an answer that does not match as a whole was taken")
	}
	embedded, _ := load(t, overlaid).For("rehearsal")
	if env, err := Environ(embedded, embedded.Step("b"), "local", nil, nil, facts); err != nil || !slices.Contains(env, "B=invented") || !slices.Contains(env, "BELAY_ADDRESS=localhost") {
		t.Errorf("embedded: %v %v", err, env)
	}
}

func TestExpand(t *testing.T) {
	env := []string{"A=1", "AB=2", "EMPTY=", "DOLLAR=$A"}
	for in, want := range map[string]string{
		"$A/$AB/$A.x": "1/2/1.x", "~ ^ok$": "~ ^ok$", "$EMPTY.": ".", "$DOLLAR": "$A", "$$A": "$1", "5 $": "5 $", "$1": "$1",
	} {
		if got, err := Expand(in, env); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"$ABC", "${A}", "$A$HOME"} {
		if got, err := Expand(in, env); err == nil {
			t.Errorf("%q gave %q", in, got)
		}
	}
}

func TestContentHash(t *testing.T) {
	s := Step{ID: "a", Title: "x", Script: "true"}
	same := Step{ID: "b", Kind: Command, Shell: "sh", Script: "true", Timeout: Duration(DefaultTimeout), Danger: High, Refs: []string{"R"}}
	if ContentHash(&s) != ContentHash(&same) {
		t.Error("the hash covers more than what is done")
	}
	for name, change := range map[string]func(*Step){
		"script": func(s *Step) { s.Script = "false" }, "dir": func(s *Step) { s.Dir = "/" },
		"shell": func(s *Step) { s.Shell = "bash" }, "timeout": func(s *Step) { s.Timeout = 1 },
		"undo": func(s *Step) { s.Undo = &Undo{Script: "x"} }, "file": func(s *Step) { s.File = &FileEdit{Path: "x"} },
	} {
		other := s
		change(&other)
		if ContentHash(&s) == ContentHash(&other) {
			t.Errorf("another %s has the same hash", name)
		}
	}
	if VarsHash([]string{"A=1", "BELAY_ATTEMPT=1"}) != VarsHash([]string{"BELAY_ATTEMPT=2", "A=1"}) || VarsHash([]string{"A=1"}) == VarsHash([]string{"A=2"}) {
		t.Error("VarsHash covers the wrong things")
	}
}

// A soak of days is short on the embedded fleet, and there alone.
func TestForShortensASoakOfARehearsal(t *testing.T) {
	src := strings.Replace(sound, `deadline = "10m"`, `deadline = "10m", rehearsal = "1m"`, 1)
	rb, ps := Load("f", []byte(src))
	if rb == nil {
		t.Fatal(ps)
	}
	for env, want := range map[string]string{EmbeddedEnv: "1m", "staging": "5m", "production": "5m"} {
		at, err := rb.For(env)
		if err != nil {
			t.Fatal(err)
		}
		if got := at.Step("soaking").Soak.For.String(); got != want {
			t.Errorf("in %s it lasts %s, want %s", env, got, want)
		}
	}
	if got := rb.Step("soaking").Soak.For.String(); got != "5m" {
		t.Errorf("the file's own text became %s", got)
	}
}
