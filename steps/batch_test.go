package steps

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// five is a runbook of five hosts, of a step and a block in batches.
const five = `
format = 1
title = "five"
[hosts]
w1 = { address = "10.0.0.1" }
w2 = { address = "10.0.0.2" }
w3 = { address = "10.0.0.3" }
w4 = { address = "10.0.0.4" }
w5 = { address = "10.0.0.5" }
[groups]
five = ["w5", "w4", "w3", "w2", "w1"]
[environments.live]
kind = "live"
[[phase]]
id = "p"
[[phase.step]]
id = "a"
on = "five"
batch = [1, "40%"]
danger = "low"
script = "true"
undo.script = "true"
estimate = "1m"
[[phase.step]]
id = "b"
on = "five"
block = "roll"
batch = [2]
danger = "none"
script = "true"
estimate = "1m"
[[phase.step]]
id = "c"
on = "five"
block = "roll"
batch = [2]
danger = "none"
script = "true"
estimate = "2m"
[[phase.step]]
id = "z"
danger = "none"
script = "true"
estimate = "1s"
`

func playFive(t *testing.T, edits ...string) *scene {
	t.Helper()
	return playBook(t, book(t, "live", strings.NewReplacer(edits...).Replace(five)))
}

func (s *scene) ready(want string) *scene {
	s.t.Helper()
	if got := names(s.c.Ready()); got != want {
		s.t.Errorf("ready: %s, want %s", got, want)
	}
	return s
}

func TestBatchSizes(t *testing.T) {
	tests := []struct {
		list  string
		hosts int
		want  string
	}{
		{`[1, 5, "20%"]`, 1, "[1]"},
		{`[1, 5, "20%"]`, 4, "[1 3]"},
		{`[1, 5, "20%"]`, 20, "[1 5 4 4 4 2]"},
		{`[1, 5, "35%"]`, 20, "[1 5 7 7]"},
		{`[1, 5, "20%"]`, 257, "[1 5 52 52 52 52 43]"},
		{`["20%"]`, 3, "[1 1 1]"},
		{`["1%"]`, 101, "[2" + strings.Repeat(" 2", 49) + " 1]"},
		{`["34%"]`, 3, "[2 1]"},
		{`["100%"]`, 257, "[257]"},
		{`[300]`, 257, "[257]"},
		{`["50%", 1]`, 5, "[3 1 1]"},
	}
	for _, tt := range tests {
		rb := load(t, "[[phase]]\n[[phase.step]]\nbatch = "+tt.list+"\n")
		list := rb.Phases[0].Steps[0].Batch
		if got := fmt.Sprint(batchSizes(list, tt.hosts)); got != tt.want {
			t.Errorf("%s of %d hosts: %s, want %s", tt.list, tt.hosts, got, tt.want)
		}
		if got := sizes(list); got != tt.list {
			t.Errorf("spelt %s, want %s", got, tt.list)
		}
	}
}

// TestEveryShareOfEveryGroup: each host is in one batch, in the group's order,
// and a share is the least number of hosts that is not below it.
func TestEveryShareOfEveryGroup(t *testing.T) {
	for hosts := 1; hosts <= 257; hosts++ {
		ids := make([]string, hosts)
		for i := range ids {
			ids[i] = fmt.Sprint("h", i)
		}
		for share := 1; share <= 100; share++ {
			g := segment{"", []*Step{{Hosts: ids, Batch: []BatchSize{{N: 1}, {N: share, Percent: true}}}}}
			batches := g.batches()
			if got := slices.Concat(batches...); !slices.Equal(got, ids) || len(batches[0]) != 1 {
				t.Fatalf("%d%% of %d: %v", share, hosts, batches)
			}
			for i, b := range batches[1:] {
				n, last := len(b), i == len(batches)-2
				if n < 1 || !last && n*100 < share*hosts || (n-1)*100 >= share*hosts {
					t.Fatalf("%d%% of %d: a batch of %d", share, hosts, n)
				}
			}
		}
	}
}

func TestBatchUnreadable(t *testing.T) {
	for value, want := range map[string]string{
		`[1, 0]`:                    `3:13: error: 0: want at least 1 host, or a share of them such as "20%" [value]`,
		`[-1]`:                      `3:10: error: -1: want at least 1 host`,
		`["0%"]`:                    `3:10: error: "0%": want a number of hosts such as 5, or "1%" to "100%" of them [value]`,
		`[1, "101%"]`:               `3:13: error: "101%": want a number of hosts`,
		`["20"]`:                    `3:10: error: "20": want a number of hosts such as 5, or "1%" to "100%" of them; did you mean 20, or "20%"? [value]`,
		`["20.5%"]`:                 `3:10: error: "20.5%": want`,
		`[0.2]`:                     `3:10: error: want a number of hosts such as 5, or a share of them such as "20%", not a float [value]`,
		`[[1], [2]]`:                `3:`,
		`5`:                         `3:9: error: phase[0].step[0].batch: want an array, not an integer [type]`,
		"[1]\nbtach=1":              `4:1: error: unknown key "btach"; did you mean "batch"? [unknown-key]`,
		"[1]\nmax_failures = \"1\"": `4:16: error: phase[0].step[0].max_failures: want an integer, not a string [type]`,
	} {
		rb, ps := Load("f", []byte("[[phase]]\n[[phase.step]]\nbatch = "+value+"\n"))
		if rb != nil || len(ps) == 0 || !strings.HasPrefix(ps[0].String(), "f:"+want) {
			t.Errorf("batch = %s: %v\nwant f:%s", value, ps, want)
		}
	}
}

func TestCheckBatch(t *testing.T) {
	block := "block = \"roll\"\nbatch = [2]\ndanger = \"none\"\nscript = \"true\"\nestimate = \"1m\""
	for _, tt := range []struct{ old, new, want string }{
		{`batch = [1, "40%"]`, `batch = [1, "40%"]`, ""},
		{`batch = [1, "40%"]`, `batch = []`, "19:9: error: no batch at all"},
		{`batch = [1, "40%"]`, `max_failures = 1`, "19:1: error: max_failures without batch"},
		{`batch = [1, "40%"]`, "batch = [1]\nmax_failures = -1", "20:16: error: max_failures is -1"},
		{`batch = [1, "40%"]`, "batch = [1]\nmax_failures = 5", "20:16: error: max_failures of 5 on 5 hosts: no failure would ever stop it"},
		{`batch = [1, "40%"]`, "batch = [1]\nmax_failures = 4", ""},
		{`batch = [1, "40%"]`, `batch = ["100%", 1]`, "19:9: warning: the first batch takes all 5 hosts"},
		{`batch = [1, "40%"]`, "batch = [1]\nfree = true", "19:1: error: a step that is free has no order"},
		{"id = \"a\"\non = \"five\"", "id = \"a\"\non = \"w1\"", "19:1: error: the step is on one host, w1"},
		{"id = \"a\"\non = \"five\"", "id = \"a\"", "18:1: error: the step is on one host, local"},
		{block, strings.Replace(block, "[2]", "[3]", 1), `36:9: error: block "roll" says batch = [3], max_failures = 0;`},
		{block, strings.Replace(block, "batch = [2]\n", "", 1), `35:9: error: block "roll" says no batch;`},
		{block, strings.Replace(block, "[2]", "[2]\nmax_failures = 1", 1), `37:9: error: block "roll" says batch = [2], max_failures = 1;`},
		{"id = \"z\"\n", "id = \"z\"\nkind = \"gate\"\non = \"five\"\nbatch = [1]\nevidence = [{ title = \"e\", script = \"true\" }]\n", "44:1: error: a gate opens once for all its hosts"},
		{"[[phase.step]]\nid = \"z\"", "[[rollback.after]]\nid = \"z\"\non = \"five\"\nbatch = [1]", "43:1: error: the steps around a rollback's undos have no batches"},
	} {
		ps := Check(load(t, strings.Replace(five, tt.old, tt.new, 1)))
		ps = slices.DeleteFunc(ps, func(p Problem) bool { return p.Rule != "batch" })
		switch {
		case tt.want == "" && len(ps) == 0:
		case len(ps) != 1 || tt.want == "" || !strings.Contains(ps[0].String(), ":"+tt.want):
			t.Errorf("%s: %v\nwant %s", tt.new, ps, tt.want)
		}
	}
}

func TestBatchesInTheGroupsOrder(t *testing.T) {
	s := playFive(t).ready("a@w5")
	s.never(x("a@w4"), Later, "a@w4 waits for a@w5, which is not started").do(x("a@w5")).never(x("a@w3"), Later, "waits for a@w5, which is starting")
	s.finish("a@w5").ready("a@w4 a@w3").never(x("a@w2"), Later, "a@w2 waits for a@w4")
	s.done("a@w3").ready("a@w4").done("a@w4").done("a@w2", "a@w1")
	s.ready("b@w5 b@w4").done("b@w5").ready("c@w5 b@w4").never(x("c@w4"), Later, "c@w4 waits for b@w4") // each host its own steps in order
	s.done("c@w5").never(x("b@w3"), Later, "b@w3 waits for b@w4").done("b@w4", "c@w4").ready("b@w3 b@w2")
	s.do(Action{Verb: Exclude, Host: "w3", Phase: "p", Reason: "away"}).done("b@w2", "c@w2").ready("b@w1") // finished is finished
}

func TestFailedCanaryStopsTheRest(t *testing.T) {
	s := playFive(t).failed("a@w5").ready("")
	s.never(x("a@w4"), OnHold, "a@w5 holds: 1 of 5 hosts is failed (w5), and max_failures allows none")
	s.do(Action{Verb: Release, Scope: Scope{Task: at("a@w5")}}) // a hold, and not the order
	s.never(x("a@w4"), Later, "a@w4 waits: 1 of 5 hosts is failed (w5), and max_failures allows none")
	s.do(verb(Retry, "a@w5")).never(x("a@w4"), Later, "waits for a@w5").finish("a@w5").ready("a@w4 a@w3")
	s.failed("a@w3").never(x("a@w4"), OnHold, "1 of 5 hosts is failed (w3)").do(verb(Retry, "a@w3")).finish("a@w3").do(x("a@w4"))
}

func TestFailuresWithinTheLimit(t *testing.T) {
	s := playFive(t, `batch = [1, "40%"]`, "batch = [1, \"40%\"]\nmax_failures = 1").failed("a@w5").ready("a@w4 a@w3")
	s.done("a@w4").do(x("a@w3")).lost("a@w3")
	s.ready("").never(x("a@w2"), OnHold, "2 of 5 hosts are in trouble (w3, w5), more than the 1 that max_failures allows")
	for _, failed := range []string{"a@w3", "a@w5"} {
		s.do(Action{Verb: Release, Scope: Scope{Task: at(failed)}})
	}
	s.never(x("a@w2"), Later, "2 of 5 hosts are in trouble (w5, w3), more than the 1 that max_failures allows")
	s.do(full(Resolve, "a@w3")).never(x("a@w2"), Later, "a@w2 waits: 2 of 5 hosts are failed (w5, w3)").ready("")
}

func TestWithinTheLimitOnlyTheHostIsHeld(t *testing.T) {
	limit := []string{"batch = [2]", "batch = [2]\nmax_failures = 1"}
	s := playFive(t, limit...).done("a@w5").done("a@w4", "a@w3").done("a@w2", "a@w1").failed("b@w5")
	s.never(x("c@w5"), OnHold, "b@w5 holds: it is failed").ready("b@w4").done("b@w4", "c@w4").ready("b@w3 b@w2")
	if !s.c.Passed(at("b@w5")) || !s.c.Passed(at("c@w5")) || s.c.Passed(at("b@w3")) {
		s.t.Error("passed over is w5 and nothing else")
	}
	s.done("b@w3", "c@w3").failed("b@w2").ready("")
	if s.c.Passed(at("b@w5")) || s.c.Ends(at("b@w2")) != "2 of 5 hosts are failed (w5, w2), more than the 1 that max_failures allows" {
		s.t.Errorf("it ends because %s", s.c.Ends(at("b@w2")))
	}
	s.never(x("b@w1"), OnHold, "2 of 5 hosts are failed (w2, w5), more than the 1").do(full(Skip, "b@w2")).ready("c@w2").done("c@w2")
	s.done("b@w1", "c@w1").ready("").never(x("z"), Later, "z@local waits for b@w5, which is failed").do(full(Skip, "b@w5")).done("c@w5").done("z")
}

func TestReachPassesOver(t *testing.T) {
	s := playFive(t, `batch = [1, "40%"]`, "batch = [1, \"40%\"]\nmax_failures = 1")
	all := s.c.Book.Phase("p").Tasks()[:5]
	if got := s.c.Ramps(all)[0].String(); got != "1, then 2 and 2 of 5 hosts; up to 1 in trouble are passed over" {
		t.Errorf("batches: %s", got)
	}
	s.failed("a@w5")
	r := s.c.Reach(all)
	if names(r.Tasks) != "a@w4 a@w3 a@w2 a@w1" || names(r.Passed) != "a@w5" || !r.Stop.Zero() {
		t.Errorf("%+v", r)
	}
	if got := s.c.Ramps(r.Tasks)[0].String(); got != "2 and 2 of 5 hosts; up to 1 in trouble are passed over" {
		t.Errorf("batches of the rest: %s", got)
	}
	s.failed("a@w4")
	if r := s.c.Reach(all); r.Stop != at("a@w5") || len(r.Tasks) > 0 {
		t.Errorf("above the limit it reaches %+v", r)
	}
}

func TestRampInWords(t *testing.T) {
	for want, sizes := range map[string][]int{
		"1, then 5, then 7 and 7 of 20 hosts":           {1, 5, 7, 7},
		"1, then 5, then 3 times 4, then 2 of 20 hosts": {1, 5, 4, 4, 4, 2},
		"20 times 1 of 20 hosts":                        slices.Repeat([]int{1}, 20),
	} {
		if got := (Ramp{Sizes: sizes, Hosts: 20}).String(); got != want+"; a host in trouble stops the rest" {
			t.Errorf("%v: %s, want %s", sizes, got, want)
		}
	}
}

// TestABatchTakesAsLongAsItsSlowest: a in three batches, the block in three.
func TestABatchTakesAsLongAsItsSlowest(t *testing.T) {
	s := playFive(t)
	if d, whole := s.c.Planned("p"); !whole || d != 3*time.Minute+3*3*time.Minute+time.Second {
		t.Errorf("planned %s", d)
	}
	s.done("a@w5") // it took 2s, and so the two batches after it
	if d, whole := s.c.Remaining("p"); !whole || d != 2*2*time.Second+3*3*time.Minute+time.Second {
		t.Errorf("remaining %s", d)
	}
}

func TestPlanTellsBatches(t *testing.T) {
	var got []string
	for _, p := range Plan(book(t, "live", five), nil) {
		got = append(got, fmt.Sprintf("%s@%s %d/%d", p.Step, p.Host, p.Batch, p.Batches))
	}
	wantLines(t, got, "a@w5 1/3", "a@w4 2/3", "a@w3 2/3", "a@w2 3/3", "a@w1 3/3",
		"b@w5 1/3", "c@w5 1/3", "b@w4 1/3", "c@w4 1/3", "b@w3 2/3", "c@w3 2/3", "b@w2 2/3", "c@w2 2/3", "b@w1 3/3", "c@w1 3/3", "z@local 0/0")
}

func TestAmendBatches(t *testing.T) {
	s := playFive(t).done("a@w5")
	s.c.Next = book(t, "live", strings.Replace(five, `[1, "40%"]`, "[1]\nmax_failures = 1", 1))
	wantLines(t, s.c.Changes(s.c.Next), `step a: batch = [1], max_failures = 1; was: batch = [1, "40%"], max_failures = 0`)
	s.do(Action{Verb: Amend})
	s.c.Book = s.c.Next
	s.c.Old[s.c.Book.Hash] = s.c.Book
	s.ready("a@w4").done("a@w4").done("a@w3").done("a@w2").done("a@w1").do(x("b@w5")).finish("b@w5")
	s.c.Next = book(t, "live", strings.ReplaceAll(five, "batch = [2]", "batch = [1]"))
	s.never(Action{Verb: Amend}, Never, "block roll has begun; its order, hosts and batches cannot change")
}

// drawBatch makes batches for some runbooks, and a limit.
func drawBatch(t *rapid.T) string {
	size := rapid.SampledFrom([]string{"", "[1]", `[1, "50%"]`, "[2]", `["100%"]`}).Draw(t, "batch")
	if size == "" {
		return ""
	}
	return fmt.Sprintf("batch = %s\nmax_failures = %d\n", size, rapid.IntRange(0, 1).Draw(t, "limit"))
}

// guardBatch holds that nothing starts while an earlier batch is unfinished
// beyond the limit.
func (w *world) guardBatch(t *rapid.T, k Task) {
	s := w.c.Book.Step(k.Step)
	if s == nil || len(s.Batch) == 0 {
		return
	}
	first, own := 0, slices.Index(s.Hosts, k.Host) // of its batch
	for i := 0; ; i++ {
		b := s.Batch[min(i, len(s.Batch)-1)]
		n := b.N
		if b.Percent {
			n = max(1, (len(s.Hosts)*b.N+99)/100)
		}
		if first+n > own {
			break
		}
		first += n
	}
	bad := map[string]bool{}
	for o := range w.c.Book.Steps() {
		if o.ID != s.ID && (s.Block == "" || o.Block != s.Block || o.Phase != s.Phase) {
			continue
		}
		for _, h := range s.Hosts[:first] {
			switch st := w.c.State.Task(Task{o.ID, h}).Status; {
			case st.Finished():
			case st.Busy() || st == TaskOpen:
				t.Fatalf("%s starts while %s@%s is %s", k, o.ID, h, st)
			default:
				bad[h] = bad[h] || st.Trouble()
			}
		}
	}
	for h, trouble := range bad {
		if !trouble {
			t.Fatalf("%s starts, and %s of an earlier batch has not begun", k, h)
		}
	}
	if len(bad) > s.MaxFailures {
		t.Fatalf("%s starts with %v in trouble, and %d may be", k, bad, s.MaxFailures)
	}
}
