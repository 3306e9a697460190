package steps

import (
	"strings"
	"testing"
)

const oneStep = `
[[phase]]
id = "p"
[[phase.step]]
id = "DANGER"
on = "all"
free = true
danger = "LEVEL"
script = "true"
undo.script = "true"
`

// one gives a run with a single step of a danger, with more lines of its own.
func one(t *testing.T, env, danger, more string) *scene {
	t.Helper()
	src := strings.NewReplacer("DANGER", "c", "LEVEL", danger).Replace(oneStep)
	if strings.Contains(more, "no_undo") {
		src = strings.Replace(src, "undo.script = \"true\"\n", "", 1)
	}
	return play(t, env, src+more)
}

func TestLadder(t *testing.T) {
	tests := []struct {
		env, danger, more string
		level             Danger
		phrase            string
	}{
		{"live", "none", "", None, ""},
		{"live", "low", "", Low, ""},
		{"live", "med", "", Med, ""},
		{"live", "high", "", High, "w1"},
		{"live", "critical", "", Critical, "w1 live"},
		{"staging", "critical", "", Critical, "w1 staging"},
		{"rehearsal", "critical", "", Critical, "w1 rehearsal"},
		{"live", "low", "confirm = \"high\"", High, "w1"},
		{"live", "high", "confirm = \"low\"", High, "w1"},
		{"live", "low", "no_undo = \"x\"", Med, ""},
		{"live", "med", "no_undo = \"x\"", High, "w1"},
		{"live", "high", "no_undo = \"x\"", Critical, "w1 live"},
		{"live", "none", "no_undo = \"x\"", None, ""},
	}
	for _, test := range tests {
		s := one(t, test.env, test.danger, test.more)
		s.asks(x("c@w1"), test.level, test.phrase)
	}
}

func TestConfirming(t *testing.T) {
	with := func(how, typed string) Action {
		a := x("c@w1")
		a.Confirm = Confirmation{How: how, Typed: typed}
		return a
	}
	one(t, "live", "med", "").do(with("key", ""))
	one(t, "live", "med", "").do(with("typed", ""))
	s := one(t, "live", "high", "")
	s.no(with("key", ""), NeedsConfirm, `type "w1"`).no(with("typed", "w2"), NeedsConfirm, `type "w1"`)
	s.no(with("typed", "w1 "), NeedsConfirm, `type "w1"`).no(with("typed", "W1"), NeedsConfirm, `type "w1"`)
	s.do(with("typed", "w1"))
	one(t, "live", "critical", "").no(with("typed", "w1"), NeedsConfirm, `type "w1 live"`)
}

func TestApproverAndSingleHanded(t *testing.T) {
	s := one(t, "guarded", "critical", "")
	a := x("c@w1")
	a.Confirm = Confirmation{How: "typed", Typed: "w1 guarded", By: "ada"}
	s.no(a, NeedsPerson, "no partner is named").asks(a, Critical, "w1 guarded")
	single := a
	single.Confirm.Single = "bob is on a train"
	s.do(single)
	if in := s.log[len(s.log)-1].(Intended); in.Confirm.Single != "bob is on a train" {
		t.Errorf("the reason is not in the event: %+v", in.Confirm)
	}
	s.do(Action{Verb: Drive, Actor: "ada", Partner: "bob"})
	a.Task = at("c@w2")
	a.Confirm.Typed = "w2 guarded"
	s.no(a, NeedsPerson, "bob has to type the words")
	a.Confirm.By = "bob"
	s.do(a)

	a = x("c@w1")
	a.Confirm = Confirmation{How: "typed", Typed: "w1", By: "ada"}
	one(t, "guarded", "high", "").do(a) // below the level of the approver
	a.Confirm.Typed = "w1 rehearsal"
	one(t, "rehearsal", "critical", "").do(a) // never on the embedded fleet
}

func TestAutoStopsAtItsLevel(t *testing.T) {
	auto := x("c@w1")
	auto.Confirm = Confirmation{How: "auto", Level: Low}
	one(t, "live", "low", "").do(auto)
	one(t, "live", "med", "").no(auto, NeedsPerson, "danger med is above what --max-danger allows (--max-danger med)")
	auto.Confirm.Level = Critical
	one(t, "live", "critical", "").do(auto)
	one(t, "guarded", "critical", "").no(auto, NeedsPerson, "the yes of an approver")
}

// TestAutoRollsBackAtTheDangerOfItsUndos: a person types a word for each host,
// whatever the danger; --auto types nothing. It does all of it or nothing.
func TestAutoRollsBackAtTheDangerOfItsUndos(t *testing.T) {
	back := func(l Danger) Action {
		return Action{Verb: OpenRollback, Reason: "a test", Confirm: Confirmation{How: "auto", Level: l}}
	}
	host := func(l Danger) Action {
		return Action{Verb: ConfirmHost, Host: "w1", Confirm: Confirmation{How: "auto", Level: l}}
	}
	for danger, l := range map[string]Danger{"low": Low, "med": Med, "critical": Critical} {
		s := one(t, "live", danger, "undo.danger = \""+danger+"\"").done("c@w1")
		s.no(back(l-1), NeedsPerson, "--max-danger "+danger).asks(Action{Verb: OpenRollback, Reason: "r"}, Low, "")
		s.do(back(l)).no(host(l-1), NeedsPerson, "--max-danger "+danger)
		s.no(Action{Verb: ConfirmHost, Host: "w1", Confirm: Confirmation{How: "key"}}, NeedsConfirm, `type "w1`)
		s.do(host(l))
	}
	s := one(t, "live", "low", "no_return = \"what it wrote\"").done("c@w1")
	s.no(back(High), NeedsPerson, "danger critical is above what --max-danger allows (--max-danger critical)")
	s = one(t, "guarded", "critical", "").done("c@w1")
	s.no(back(Critical), NeedsPerson, "the yes of an approver")
}

func TestSequence(t *testing.T) {
	both := Action{Verb: Sequence, Tasks: []Task{at("c@w1"), at("c@w2")}}
	in := func(task string) Action {
		a := x(task)
		a.Confirm = Confirmation{How: "sequence"}
		return a
	}
	one(t, "live", "low", "").asks(both, Low, "")
	one(t, "live", "none", "").asks(both, None, "")
	s := one(t, "live", "high", "").asks(both, High, "2 all")
	s.no(in("c@w1"), NeedsConfirm, "type").do(both).never(both, Later, "a sequence over run is under way")
	s.do(in("c@w1")).exits("c@w1", 1)
	again := verb(Retry, "c@w1")
	again.Confirm.How = "sequence"
	s.no(again, NeedsConfirm, `type "w1"`) // one yes is for one start
	s.do(Action{Verb: Hold}, Action{Verb: Release}).no(in("c@w2"), NeedsConfirm, "type")
	if s.c.State.Sequence != nil {
		t.Error("a hold does not end the sequence")
	}

	one(t, "live", "critical", "").never(both, Never, "c@w1 is next, which is critical, asked by itself")
	play(t, "live", ofEachKind).never(Action{Verb: Sequence}, Never, "nothing to execute")
}

// TestPhraseIsTheSameEachTime: what is shown is what is compared.
func TestPhraseIsTheSameEachTime(t *testing.T) {
	src := strings.Replace(pair, "[groups]\n", "[groups]\nzoo = [\"w2\", \"w1\"]\nbar = [\"w1\", \"w2\"]\n", 1)
	s := playBook(t, book(t, "live", src+ofEachKind))
	for range 50 {
		if got := s.c.Phrase(High, []Task{at("c@w1"), at("c@w2")}); got != "2 all" {
			t.Fatalf("phrase %q", got)
		}
	}
}

func TestUndoLevel(t *testing.T) {
	one(t, "live", "high", "").done("c@w1").asks(verb(UndoTask, "c@w1"), High, "w1")
	one(t, "live", "high", "undo.danger = \"low\"").done("c@w1").asks(verb(UndoTask, "c@w1"), Low, "")
	one(t, "live", "none", "").done("c@w1").asks(verb(UndoTask, "c@w1"), None, "")
}
