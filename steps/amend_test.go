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

// undoText is what an undo of a task would send now.
func (s *scene) undoText(name string) string {
	s.t.Helper()
	w, err := s.c.Work(at(name), true, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return w.Text
}

func TestChangedUndoIsAQuestion(t *testing.T) {
	change := []string{`undo.script = "undo one"`, `undo.script = "undo two"`}
	begun := func() *scene { return play(t, "live", amended).done("a@w1").failed("b@w1") }

	s := begun().propose("live", change...)
	asked := s.c.ChangedUndos(s.c.Next)
	if len(asked) != 2 || asked[0].Step != "a" || asked[1].Step != "b" || names(asked[1].Tasks) != "b@w1" ||
		asked[0].Old.Undo.Script != "undo one" || asked[0].New.Undo.Script != "undo two" {
		t.Fatalf("asked: %+v", asked) // c has not begun, so it is not asked about
	}
	s.never(Action{Verb: Amend, Take: []string{"c"}}, Never, "the undo of c has not changed, or nothing of it has been done")

	s = begun().take("live", change...) // nobody chose: as it was executed
	if got := s.log[len(s.log)-1].(Amended).Undos; len(got) != 2 || got[0].Take != TakeOld || got[1].Take != TakeOld {
		t.Errorf("journalled %+v", got)
	}
	if s.undoText("a@w1") != "undo one" || s.undoText("c@w1") != "undo two" {
		t.Errorf("a: %q, c: %q", s.undoText("a@w1"), s.undoText("c@w1"))
	}
	if again := s.propose("live", append(change, `script = "one"`, `script = "three"`)...).c.ChangedUndos(s.c.Next); len(again) != 0 {
		t.Errorf("asked again about what has not changed since: %+v", again)
	}

	s = begun().propose("live", change...)
	s.do(Action{Verb: Amend, Reason: "the old one cannot work", Take: []string{"a"}})
	s.c.Book = s.c.Next
	s.c.Old[s.c.Book.Hash], s.c.Next = s.c.Book, nil
	if s.undoText("a@w1") != "undo two" || s.undoText("b@w1") != "undo one" {
		t.Errorf("a: %q, b: %q", s.undoText("a@w1"), s.undoText("b@w1"))
	}
	if step := s.c.Step(at("a@w1")); step.Script != "one" {
		t.Errorf("what was executed reads %q now", step.Script)
	}
	wantLines(t, s.plan(Scope{}), "undo b@w1", "undo a@w1")
	s.do(reasoned(Skip, "b@w1", "not needed"), verb(UndoTask, "a@w1"))
	in := s.log[len(s.log)-1].(Intended)
	if in.Book != s.c.Book.Hash || in.Script != ContentHash(s.c.Step(at("a@w1"))) {
		t.Errorf("intended %+v", in)
	}
	s.finish("a@w1").is("a@w1", TaskUndone)
	if diff := same(s.retold(), s.c.State); diff != "" {
		t.Errorf("the journal tells another run:\n%s", diff)
	}
	s.do(x("a@w1")).finish("a@w1")
	if s.state("a@w1").UndoBook != "" || s.undoText("a@w1") != "undo two" {
		t.Errorf("done again by the text in force: %+v", s.state("a@w1"))
	}
}

// TestAnUndoThatCameAndWent: there was none, or there is none any more.
func TestAnUndoThatCameAndWent(t *testing.T) {
	gone := []string{"id = \"a\"\non = \"w1\"\ndanger = \"low\"\nscript = \"one\"\nundo.script = \"undo one\"", "id = \"a\"\non = \"w1\"\ndanger = \"low\"\nscript = \"one\"\nno_undo = \"it was wrong\""}
	s := play(t, "live", amended).done("a@w1").propose("live", gone...)
	s.do(Action{Verb: Amend, Take: []string{"a"}})
	s.c.Book = s.c.Next
	s.c.Old[s.c.Book.Hash] = s.c.Book
	wantLines(t, s.plan(Scope{}), "not undone a@w1")
	s.never(verb(UndoTask, "a@w1"), Never, "a has no undo: it was wrong")

	back := play(t, "live", strings.NewReplacer(gone...).Replace(amended)).done("a@w1")
	wantLines(t, back.plan(Scope{}), "not undone a@w1")
	back.c.Next = book(t, "live", pair+amended)
	if asked := back.c.ChangedUndos(back.c.Next); len(asked) != 1 || asked[0].Old.Undo != nil {
		t.Fatalf("asked %+v", asked)
	}
	back.do(Action{Verb: Amend, Take: []string{"a"}})
	back.c.Book = back.c.Next
	back.c.Old[back.c.Book.Hash] = back.c.Book
	wantLines(t, back.plan(Scope{}), "undo a@w1")
	if back.undoText("a@w1") != "undo one" {
		t.Errorf("undo %q", back.undoText("a@w1"))
	}
}

// TestAmendTakesYesesBack: what was agreed to was the text before.
func TestAmendTakesYesesBack(t *testing.T) {
	s := play(t, "live", amended).done("a@w1")
	s.do(Action{Verb: Sequence, Tasks: []Task{at("b@w1"), at("c@w1")}}).take("live", `script = "one"`, `script = "two"`)
	if s.c.State.Sequence != nil {
		t.Error("the sequence goes on with a text that nobody saw")
	}
	s.do(Action{Verb: OpenRollback}, Action{Verb: ConfirmHost, Host: "w1"})
	s.take("live", `undo.script = "undo one"`, `undo.script = "undo two"`)
	s.no(verb(UndoTask, "a@w1"), NeedsConfirm, "the rollback on w1 has to be confirmed")
}
