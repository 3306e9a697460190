package steps

import (
	"slices"
	"strings"
	"testing"
)

const amended = `
[[phase]]
id = "p"
[[phase.step]]
id = "a"
on = "w1"
danger = "low"
script = "one"
undo.script = "undo one"
[[phase.step]]
id = "b"
block = "roll"
on = "all"
danger = "low"
script = "one"
undo.script = "undo one"
[[phase.step]]
id = "c"
block = "roll"
on = "all"
danger = "low"
script = "one"
undo.script = "undo one"
[[phase]]
id = "q"
[[phase.step]]
id = "z"
danger = "none"
script = "one"
`

// propose sets another text before the scene; take accepts it.
func (s *scene) propose(env string, edits ...string) *scene {
	s.t.Helper()
	src := strings.NewReplacer(edits...).Replace(pair + amended)
	s.c.Next = book(s.t, env, src)
	return s
}

func (s *scene) take(env string, edits ...string) *scene {
	s.t.Helper()
	s.propose(env, edits...).do(Action{Verb: Amend, Reason: "typo"})
	s.c.Book = s.c.Next
	s.c.Old[s.c.Book.Hash], s.c.Next = s.c.Book, nil
	return s
}

var amendIt = Action{Verb: Amend, Reason: "typo"}

func TestAmendNeedsRest(t *testing.T) {
	new := []string{`"one"`, `"two"`}
	s := play(t, "live", amended)
	s.never(amendIt, Never, "has not changed").propose("live").never(amendIt, Never, "has not changed")
	s.propose("live", new...).no(amendIt, NeedsConfirm, "confirmed")
	s.do(x("a@w1")).never(amendIt, Later, "a@w1 is under way")
	s.started("a@w1").never(amendIt, Later, "").exits("a@w1", 0)
	s.propose("staging", new...).never(amendIt, Never, "of kind rehearsal now and was live")
	s.take("live", new...)
	if s.c.State.Book != s.c.Book.Hash {
		t.Error("the new text is not in force")
	}

	soak := play(t, "live", amended+"[[phase.step]]\nid = \"k\"\nkind = \"soak\"\nfree = true\nsoak = { for = \"1m\" }\nevidence = [ { title = \"e\", script = \"true\" } ]\n")
	soak.do(Action{Verb: Execute, Task: at("k"), Reason: "early"})
	soak.propose("live", new...).do(amendIt) // an open soak may stay
}

func TestAmendFreezesWhatBegan(t *testing.T) {
	s := play(t, "live", amended).done("a@w1").failed("b@w1").take("live", `"one"`, `"two"`, "undo one", "undo two")
	script := func(name, want, undo string) {
		t.Helper()
		if step := s.c.Step(at(name)); step.Script != want || step.Undo.Script != undo {
			t.Errorf("%s: %q, undo %q; want %q, %q", name, step.Script, step.Undo.Script, want, undo)
		}
	}
	script("a@w1", "one", "undo one") // done: as executed, its undo included
	script("c@w1", "two", "undo two")
	script("b@w1", "one", "undo one") // failed: its undo is of what ran
	s.do(verb(Retry, "b@w1"))
	script("b@w1", "two", "undo two") // and a retry is of the text in force
	if in := s.log[len(s.log)-1].(Intended); in.Book != s.c.Book.Hash || in.Script != ContentHash(s.c.Book.Step("b")) {
		t.Errorf("intended another text than it names: %+v", in)
	}
	s.exits("b@w1", 0).do(verb(UndoTask, "a@w1"))
	if in := s.log[len(s.log)-1].(Intended); in.Script != ContentHash(s.c.Old[in.Book].Step("a")) || in.Book == s.c.Book.Hash {
		t.Errorf("the undo is not of the text that ran: %+v", in)
	}
}

func TestAmendKeepsAStartedBlock(t *testing.T) {
	swap := []string{`id = "b"`, `id = "c"`, `id = "c"`, `id = "b"`}
	for name, edits := range map[string][]string{
		"order": swap,
		"hosts": {`["w1", "w2"]`, `["w2", "w1"]`},
		"name":  {`"roll"`, `"rollout"`},
	} {
		s := play(t, "live", amended).propose("live", edits...)
		s.done("a@w1").do(amendIt) // not begun: anything goes
		s = play(t, "live", amended).done("a@w1", "b@w1").propose("live", edits...)
		s.never(amendIt, Never, "block roll has begun")
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestAmendAddsAndRemoves(t *testing.T) {
	extra := "[[phase.step]]\nid = \"n\"\ndanger = \"none\"\nscript = \"true\"\n"
	s := play(t, "live", amended).done("a@w1", "b@w1", "c@w1", "b@w2", "c@w2", "z")
	s.take("live", `[[phase.step]]
id = "b"`, extra+`[[phase.step]]
id = "b"`, "[[phase]]\nid = \"q\"\n", "[[phase]]\nid = \"q\"\n"+strings.ReplaceAll(extra, `"n"`, `"m"`))
	s.never(x("m"), Later, "n@local is new, and stands before what is done")
	if got := names(s.c.Ready()); got != "n@local" {
		t.Errorf("ready: %s", got)
	}
	s.do(full(Skip, "n")).do(x("m"))

	gone := "[[phase.step]]\nid = \"a\"\non = \"w1\"\ndanger = \"low\"\nscript = \"one\"\nundo.script = \"undo one\"\n"
	for _, how := range []string{"done", "failed"} {
		s = play(t, "live", amended)
		if how == "done" {
			s.done("a@w1")
		} else {
			s.failed("a@w1")
		}
		if diff := s.propose("live", gone, "").c.Changes(s.c.Next); !slices.ContainsFunc(diff, func(l string) bool { return strings.HasPrefix(l, "step a removed") }) {
			t.Errorf("changes: %v", diff)
		}
		s.take("live", gone, "")
		wantLines(t, s.plan(Scope{}), "undo a@w1") // it stays in the ledger
		s.never(verb(Retry, "a@w1"), map[string]RefusalKind{"done": Never, "failed": Never}[how], "a")
		s.do(verb(UndoTask, "a@w1")).finish("a@w1").never(x("a@w1"), Never, "no longer in the runbook")
	}
}
