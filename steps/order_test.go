package steps

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const ordered = `
[[phase]]
id = "p"
[[phase.step]]
id = "a"
on = "all"
danger = "none"
script = "true"
[[phase.step]]
id = "f"
free = true
needs = ["a"]
danger = "none"
script = "true"
[[phase.step]]
id = "b"
on = "all"
block = "roll"
danger = "none"
script = "true"
[[phase.step]]
id = "c"
on = "all"
block = "roll"
needs = ["b"]
danger = "none"
script = "true"
[[phase.step]]
id = "d"
danger = "none"
needs = ["c"]
script = "true"
[[phase]]
id = "q"
[[phase.step]]
id = "z"
danger = "none"
script = "true"
[[phase.step]]
id = "y"
free = true
danger = "none"
script = "true"
`

func TestReadyWalksTheFile(t *testing.T) {
	s := play(t, "live", ordered)
	for _, want := range []string{"a@w1 a@w2", "a@w2", "f@local b@w1", "b@w1", "c@w1", "b@w2", "c@w2", "d@local", "z@local y@local"} {
		ready := s.c.Ready()
		if got := names(ready); got != want {
			t.Fatalf("ready: %s, want %s", got, want)
		}
		s.done(ready[0].String())
	}
}

func names(ts []Task) string {
	var out []string
	for _, t := range ts {
		out = append(out, t.String())
	}
	return strings.Join(out, " ")
}

func TestOrderAndNeeds(t *testing.T) {
	s := play(t, "live", ordered)
	s.never(x("b@w1"), Later, "b@w1 waits for a@w1, which is not started").done("a@w1")
	s.never(x("b@w1"), Later, "waits for a@w2").never(x("f"), Later, "f@local waits for a@w2") // a need is of the whole step
	s.done("a@w2").done("b@w1", "f").never(x("b@w2"), Later, "b@w2 waits for c@w1")            // host by host
	s.done("c@w1").done("b@w2").never(x("d"), Later, "d@local waits for c@w2")
	s.do(full(Skip, "c@w2")).done("d") // a skipped step is no longer in the way
}

func TestPhasesInOrder(t *testing.T) {
	s := play(t, "live", ordered)
	s.never(x("z"), NeedsReason, "phase p is not finished").never(x("y"), NeedsReason, "phase p is not finished") // free is inside a phase
	s.do(reasoned(Execute, "z", "in parallel")).finish("z")
	if got := s.c.State.Phases["q"].Reason; got != "in parallel" {
		t.Errorf("phase q was opened because %q", got)
	}
	if got := names(s.c.Ready()); got != "a@w1 a@w2 y@local" {
		t.Errorf("ready: %s", got)
	}
	s.do(x("y")) // the phase is open
	s = play(t, "live", ordered).do(x("a@w1"), x("a@w2"))
	if got := names(s.c.Ready()); got != "" {
		t.Errorf("while phase p runs, ready: %s", got)
	}
}

func TestStepLeftOutByItsEnvironment(t *testing.T) {
	src := strings.Replace(ordered, `id = "d"`, "id = \"d\"\nskip_in = [\"live\"]\nskip_reason = \"no d\"", 1)
	s := play(t, "live", src).done("a@w1", "a@w2", "f", "b@w1", "c@w1", "b@w2", "c@w2")
	s.never(x("d"), Never, "left out in live: no d").do(x("z"))
}

// wide is a runbook of as many steps and hosts; every fourth pair rolls.
func wide(hosts, count int) string {
	var b strings.Builder
	b.WriteString("format = 1\n[environments.live]\nkind = \"live\"\n[hosts]\n")
	var ids []string
	for h := range hosts {
		id := fmt.Sprintf("h%03d", h)
		ids = append(ids, fmt.Sprintf("%q", id))
		fmt.Fprintf(&b, "%s = { address = \"10.0.%d.%d\" }\n", id, h/250, h%250)
	}
	fmt.Fprintf(&b, "[groups]\nall = [%s]\n", strings.Join(ids, ","))
	for i := range count {
		if i%20 == 0 {
			fmt.Fprintf(&b, "[[phase]]\nid = \"p%d\"\n", i/20)
		}
		fmt.Fprintf(&b, "[[phase.step]]\nid = \"s%d\"\non = \"all\"\ndanger = \"low\"\nscript = \"true\"\nundo.script = \"true\"\n", i)
		if i%4 > 1 {
			fmt.Fprintf(&b, "block = \"roll%d\"\n", i/4)
		}
		if i > 0 {
			fmt.Fprintf(&b, "needs = [\"s%d\"]\n", i-1)
		}
	}
	return b.String()
}

// great is a run of 256 hosts and 60 steps with a share of it done.
func great(t testing.TB, share float64) *scene {
	rb := book(t, "live", wide(256, 60))
	s := playBook(t, rb)
	tasks := rb.Tasks()
	for i, k := range tasks[:int(float64(len(tasks))*share)] {
		id := fmt.Sprintf("a%d", i)
		s.on(Intended{Task: k, Phase: rb.Step(k.Step).Phase, Attempt: id, N: 1, Book: rb.Hash},
			Started{Attempt: id}, Exited{Attempt: id, OK: true})
	}
	for i := range rb.Phases {
		s.on(PhaseOpened{Phase: rb.Phases[i].ID})
	}
	return s
}

func BenchmarkGreatRun(b *testing.B) {
	half, all := great(b, 0.5), great(b, 1)
	next := half.c.Ready()[0]
	b.Run("Ready", func(b *testing.B) {
		for b.Loop() {
			half.c.Ready()
		}
	})
	b.Run("PhaseFinished", func(b *testing.B) {
		for b.Loop() {
			half.c.PhaseFinished("p0")
		}
	})
	b.Run("held", func(b *testing.B) {
		for b.Loop() {
			half.c.held(next)
		}
	})
	b.Run("Execute", func(b *testing.B) {
		for b.Loop() {
			_, _ = Decide(half.c, Action{Verb: Execute, Task: next, Confirm: Confirmation{How: "key"}})
		}
	})
	b.Run("UndoPlan", func(b *testing.B) {
		for b.Loop() {
			all.c.UndoPlan(Scope{})
		}
	})
	b.Run("Outcome", func(b *testing.B) {
		for b.Loop() {
			half.c.Outcome(nil)
		}
	})
	b.Run("Clone", func(b *testing.B) {
		for b.Loop() {
			all.c.State.Clone()
		}
	})
	b.Run("Fold", func(b *testing.B) {
		for b.Loop() {
			st := NewState()
			for i, e := range all.log {
				if err := st.Apply(int64(i+1), noon, e); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// TestGreatRunIsNotQuadratic: eight times the hosts take some eight times as
// long; the square of that would be 64. What else the machine does only ever
// adds to a time, so the best of several is taken, and of more where it is busy.
func TestGreatRunIsNotQuadratic(t *testing.T) {
	run := func(hosts int) func() time.Duration {
		rb := book(t, "live", wide(hosts, 12))
		s := playBook(t, rb)
		for i, k := range rb.Tasks() {
			s.on(Intended{Task: k, Phase: rb.Step(k.Step).Phase, Attempt: fmt.Sprint(i), Book: rb.Hash})
			s.exits(k.String(), 0)
		}
		return func() time.Duration {
			began := time.Now()
			s.c.Ready()
			s.c.UndoPlan(Scope{})
			return time.Since(began)
		}
	}
	few, many := run(32), run(256)
	small, large := few(), many()
	for i := 0; i < 5 || i < 50 && large > 30*small; i++ {
		small, large = min(small, few()), min(large, many())
	}
	if t.Logf("32 hosts: %s, 256 hosts: %s", small, large); large > 30*small {
		t.Errorf("256 hosts take %d times what 32 take", large/small)
	}
}
