package steps

import (
	"testing"
	"time"
)

// TestReasons asks for what a person has to say, and takes nothing without it.
func TestReasons(t *testing.T) {
	tests := []struct {
		from string
		a    Action
		why  string
	}{
		{"c not started", verb(Skip, "c@w1"), "needs a reason"},
		{"c failed", Action{Verb: MarkDone, Task: at("c@w1"), Value: "seen"}, "evidence and a reason"},
		{"c failed", Action{Verb: MarkDone, Task: at("c@w1"), Reason: "why"}, "evidence and a reason"},
		{"c unknown", Action{Verb: Resolve, Task: at("c@w1"), Value: "not"}, "needs a reason"},
		{"c unknown", Action{Verb: Resolve, Task: at("c@w1"), Value: "maybe", Reason: "r"}, "what became of it"},
		{"c undo failed", verb(MarkUndone, "c@w1"), "needs evidence"},
		{"c undo failed", verb(LeaveUndo, "c@w1"), "needs a reason"},
		{"m not started", verb(MarkDone, "m"), "needs evidence"},
		{"m open", verb(MarkDone, "m"), "needs evidence"},
		{"m open", verb(Fail, "m"), "needs a reason"},
		{"g open", verb(Override, "g"), "needs a reason"},
		{"k open", verb(EarlyEnd, "k"), "needs a reason"},
		{"f open", Action{Verb: Record, Task: at("f"), Value: "3"}, "a figure and its source"},
	}
	for _, test := range tests {
		s := play(t, "live", ofEachKind)
		reach[test.from](s)
		s.never(test.a, NeedsReason, test.why)
	}
}

// TestHowItWasDone tells a person's word from proof.
func TestHowItWasDone(t *testing.T) {
	tests := []struct {
		from string
		a    Action
		how  string
	}{
		{"c failed", full(MarkDone, "c@w1"), HowMarked},
		{"m open", full(MarkDone, "m"), HowMarked},
		{"g open", full(Override, "g"), HowOverridden},
		{"g open", verb(Yes, "g"), HowProven},
		{"k open", full(EarlyEnd, "k"), HowShortened},
	}
	for _, test := range tests {
		s := play(t, "live", ofEachKind)
		reach[test.from](s)
		s.do(test.a)
		if got := s.state(taskOf(test.from[:1])).How; got != test.how {
			t.Errorf("%s, %s: done by %q, want %q", test.from, test.a.Verb, got, test.how)
		}
	}
}

func TestNothingOfWhatIsNotThere(t *testing.T) {
	s := play(t, "live", ofEachKind)
	for v, r := range rules {
		if !r.task {
			continue
		}
		s.never(full(v, "zzz@w1"), Never, `there is no step "zzz"`)
		s.never(full(v, "c@w2"), Never, "step c has no task on w2")
		s.never(Action{Verb: v, Reason: "r", Value: "v"}, Never, "there is no step")
	}
	s.never(Action{Verb: "dance"}, Never, "no action")
	s.never(Action{Verb: Sequence, Tasks: []Task{at("zzz@w1")}}, Never, "there is no step")
	s.never(Action{Verb: Hold, Scope: Scope{Phase: "q"}}, Never, "no phase")
	s.never(Action{Verb: Hold, Scope: Scope{Host: "w9"}}, Never, "no host")
	s.never(Action{Verb: Hold, Scope: Scope{Task: at("c@w1")}}, Never, "a phase or a host is held")
	s.do(Action{Verb: Close, Reason: "enough"})
	s.never(x("c@w1"), Never, "the run is closed")
	s.do(Action{Verb: Note, Value: "afterwards"})
}

// TestStopWaiting gives up on a host only after a minute, with a reason, and
// makes unknown what was under way there, and nothing else.
func TestStopWaiting(t *testing.T) {
	give := Action{Verb: StopWaiting, Host: "w1", Reason: "power cut"}
	for state, want := range map[string]Status{"starting": TaskUnknown, "running": TaskUnknown, "cancelling": TaskUnknown,
		"verifying": TaskUnknown, "undoing": TaskUndoUnknown, "done": TaskDone, "failed": TaskFailed, "not started": TaskNotStarted} {
		s := play(t, "live", ofEachKind)
		reach["c "+state](s)
		s.never(give, Never, "can be reached")
		s.away("w1", 59*time.Second).never(give, Later, "is away for 59s")
		s.away("w1", 60*time.Second).never(Action{Verb: StopWaiting, Host: "w1"}, NeedsReason, "needs a reason")
		s.do(give).is("c@w1", want)
	}
	play(t, "live", ofEachKind).never(Action{Verb: StopWaiting, Host: "w9", Reason: "r"}, Never, "nobody has looked")
}

func TestHostFit(t *testing.T) {
	s := play(t, "live", ofEachKind)
	s.away("w1", time.Second).never(x("c@w1"), HostAway, "w1 is unreachable: no route")
	s.c.Seen.Hosts["w1"] = HostSeen{Up: true, Wrong: "host key changed"}
	s.never(x("c@w1"), HostAway, "not the host we know")
	s.never(Action{Verb: Rebind, Host: "w1"}, NeedsLook, "not been asked")
	s.never(Action{Verb: Rebind, Host: "w1", Bound: &Bound{HostKey: "k2"}}, NeedsReason, "needs a reason")
	s.do(Action{Verb: Rebind, Host: "w1", Bound: &Bound{HostKey: "k2"}, Reason: "new disk"})
	if s.c.State.Hosts["w1"].HostKey != "k2" {
		t.Error("the host was not bound again")
	}
}

func TestGateOpensOnGreenAlone(t *testing.T) {
	const gate = `
[[phase]]
id = "p"
[[phase.step]]
id = "g"
kind = "gate"
on = "all"
evidence = [ { title = "disk", script = "true", max_age = "30s" }, { title = "partner", sign_off = "approver" } ]
`
	s := play(t, "live", gate).do(x("g"))
	yes := verb(Yes, "g")
	read := func(host string, v Verdict) Reading {
		return Reading{Title: "disk", Host: host, Verdict: v, Text: "9 GiB", At: s.c.Now}
	}
	s.never(yes, EvidenceBad, "not looked at yet")
	s.c.Seen.Evidence[at("g")] = []Reading{read("w1", Green)}
	s.never(yes, EvidenceBad, "not looked at yet") // one host of two
	s.c.Seen.Evidence[at("g")] = []Reading{read("w1", Green), read("w2", Red)}
	s.never(yes, EvidenceBad, "disk on w2 is red: 9 GiB")
	s.green("g").never(yes, EvidenceBad, "waits for the approver")
	sign := Action{Verb: SignOff, Task: at("g"), Name: "partner"}
	s.never(sign, NeedsPerson, "no partner is named")
	s.do(Action{Verb: Drive, Actor: "ada", Partner: "bob"}).never(sign, NeedsReason, `for the approver, bob`)
	sign.Partner = "cyd"
	s.never(sign, NeedsPerson, "for the approver, bob, and not for cyd")
	sign.Partner = "bob"
	s.do(sign)
	if got := s.state("g").Signed["partner"]; got.By != "bob" || got.How != "typed in the same session" {
		t.Errorf("signed off: %+v", got)
	}
	for _, r := range s.later(5 * time.Second).c.Evidence(at("g")) {
		if r.Title == "partner" && s.c.Now.Sub(r.At) != 5*time.Second {
			t.Errorf("a yes of 5 s ago is said to be of %v ago: %+v", s.c.Now.Sub(r.At), r)
		}
	}
	s.later(26*time.Second).never(yes, EvidenceBad, "cannot tell: last seen")
	s.green("g").do(yes)
	if passed := s.log[len(s.log)-1].(Passed); len(passed.Evidence) != 3 {
		t.Errorf("the event carries %d readings, want 3", len(passed.Evidence))
	}
}

func TestRetryPolicies(t *testing.T) {
	policy := func(word string) *scene {
		return play(t, "live", `
[[phase]]
id = "p"
window = "1h"
[[phase.step]]
id = "c"
on = "w1"
danger = "critical"
retry = "`+word+`"
script = "true"
undo.script = "true"
`)
	}
	again := verb(Retry, "c@w1")
	policy("ask").failed("c@w1").asks(again, Critical, "w1 live")
	s := policy("safe").failed("c@w1").asks(again, Low, "")
	s.later(2*time.Hour).no(again, OutsideWindow, "the window of phase p ended")
	again.Reason = "nearly there"
	s.asks(again, Critical, "w1 live").do(again)
	if in := s.log[len(s.log)-1].(Intended); in.Override != "nearly there" || in.N != 2 {
		t.Errorf("intended %+v", in)
	}
	again.Reason = ""
	policy("never").failed("c@w1").never(again, Never, "never tried again")
	s = policy("never").do(x("c@w1")).lost("c@w1").never(again, UnknownFirst, "nobody can prove")
	s.do(resolved("partly"), again)
}

func TestCheckBeforeStart(t *testing.T) {
	s := play(t, "live", `
[[phase]]
id = "p"
[[phase.step]]
id = "c"
on = "w1"
danger = "low"
script = "true"
undo.script = "true"
check = { title = "room", script = "true" }
`)
	seen := func(v Verdict) { s.c.Seen.Checks[at("c@w1")] = []Reading{{Title: "room", Verdict: v, At: s.c.Now}} }
	s.no(x("c@w1"), NeedsLook, "has not been looked at")
	seen(Red)
	s.no(x("c@w1"), EvidenceBad, "the check of c@w1 is red")
	s.asks(reasoned(Execute, "c@w1", "known"), Critical, "w1 live")
	seen(Green)
	s.asks(x("c@w1"), Low, "")
	s.later(31*time.Second).no(x("c@w1"), NeedsLook, "has not been looked at") // lately
	seen(CannotTell)
	s.no(x("c@w1"), EvidenceBad, "cannot tell").do(reasoned(Execute, "c@w1", "known"))
	in := s.log[len(s.log)-1].(Intended)
	if in.Override != "known" || len(in.Evidence) != 1 || in.Evidence[0].Verdict != CannotTell {
		t.Errorf("the event does not carry what was overridden: %+v", in)
	}
}

func TestHolds(t *testing.T) {
	const two = `
[[phase]]
id = "p"
[[phase.step]]
id = "a"
on = "all"
free = true
danger = "none"
script = "true"
undo.script = "true"
[[phase.step]]
id = "b"
on = "all"
free = true
danger = "none"
script = "true"
[[phase]]
id = "q"
[[phase.step]]
id = "z"
on = "all"
danger = "none"
script = "true"
`
	for _, scope := range []Scope{{}, {Phase: "p"}, {Host: "w1"}} {
		s := play(t, "live", two).do(x("a@w1")).started("a@w1")
		s.do(Action{Verb: Hold, Scope: scope, Reason: "lunch"})
		s.never(x("b@w1"), OnHold, "is on hold: lunch").never(Action{Verb: Hold, Scope: scope}, Never, "on hold")
		s.exits("a@w1", 0).do(verb(UndoTask, "a@w1")).do(verb(CancelTask, "a@w1")) // never stops these
		if scope.Host == "w1" {
			s.do(x("b@w2"))
		}
		s.do(Action{Verb: Release, Scope: scope}).never(Action{Verb: Release, Scope: scope}, Never, "not on hold")
	}
	s := play(t, "live", two).failed("a@w1")
	s.never(x("b@w1"), OnHold, "a@w1 holds: it is failed")
	s.do(x("b@w2"))                                                   // another host
	s.do(reasoned(Execute, "z@w1", "cannot wait"))                    // another phase
	s.do(verb(Retry, "a@w1")).started("a@w1").is("a@w1", TaskRunning) // the hold allows its own retry
	s.exits("a@w1", 1).never(x("b@w1"), OnHold, "a@w1 holds")
	for name, lift := range map[string][]Action{
		"released": {{Verb: Release, Scope: Scope{Task: at("a@w1")}}},
		"skipped":  {reasoned(Skip, "a@w1", "r")},
		"marked":   {full(MarkDone, "a@w1")},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, "live", two).failed("a@w1").do(lift...)
			s.do(x("b@w1"))
		})
	}
	play(t, "live", two).failed("a@w1").do(verb(UndoTask, "a@w1")).finish("a@w1").do(x("b@w1"))
	s = play(t, "live", two).failed("a@w1").do(Action{Verb: Release, Scope: Scope{Task: at("a@w1")}})
	s.do(verb(Retry, "a@w1")).started("a@w1").exits("a@w1", 1).never(x("b@w1"), OnHold, "a@w1 holds") // a new failure
}

func TestPhaseWindowAndOverride(t *testing.T) {
	const p = `
[[phase]]
id = "p"
window = "1h"
[[phase.step]]
id = "a"
on = "w1"
danger = "none"
script = "true"
[[phase.step]]
id = "b"
on = "w1"
danger = "none"
script = "true"
[[phase.step]]
id = "m"
kind = "manual"
`
	s := play(t, "live", p).asks(x("a@w1"), Low, "").done("a@w1") // the window opens with a yes
	until := s.c.State.Phases["p"].Until
	if until.IsZero() || until.After(s.c.Now.Add(time.Hour)) {
		t.Errorf("the window ends at %s", until)
	}
	s.c.Now = until
	s.do(x("b@w1")).finish("b@w1")
	s.c.Now = until.Add(time.Hour)
	s.no(x("m"), OutsideWindow, "the window of phase p ended").asks(reasoned(Execute, "m", "late"), Critical, "local live")
	s.do(reasoned(Execute, "m", "late"))
	if b := s.log[len(s.log)-1].(Began); b.Override != "late" || b.Confirm.Level != Critical {
		t.Errorf("the override is not in the event: %+v", b)
	}
}

func TestInputsAreAnsweredOnceWorkBegins(t *testing.T) {
	s := play(t, "live", `
[vars]
COMMIT = { ask = "Which?", match = "[0-9a-f]+" }
[[phase]]
id = "p"
[[phase.step]]
id = "a"
danger = "none"
script = "true"
`)
	say := func(v string) Action { return Action{Verb: Answer, Name: "COMMIT", Value: v} }
	s.never(x("a"), NeedsPerson, "the input COMMIT is open")
	s.never(say("xyz"), NeedsReason, "does not match").never(say("ab\ncd"), NeedsReason, "")
	s.never(Action{Verb: Answer, Name: "NO", Value: "1"}, Never, "asks for no input")
	s.do(say("abc"), say("abd"), x("a")).never(say("abe"), Never, "work has begun")
}

func TestDriverAndPartner(t *testing.T) {
	s := play(t, "live", ofEachKind)
	s.never(Action{Verb: Drive, Actor: "ada", Partner: "ada"}, Never, "two people")
	s.do(Action{Verb: Drive, Actor: "eve", Partner: "bob"})
	if s.c.State.Driver != "eve" || s.c.State.Partner != "bob" {
		t.Errorf("driver %q, partner %q", s.c.State.Driver, s.c.State.Partner)
	}
}

func TestExclude(t *testing.T) {
	const block = `
[[phase]]
id = "p"
[[phase.step]]
id = "g"
kind = "gate"
evidence = [ { title = "e", script = "true" } ]
[[phase.step]]
id = "a"
block = "roll"
on = "all"
danger = "none"
script = "true"
[[phase.step]]
id = "b"
block = "roll"
on = "all"
danger = "low"
script = "true"
undo.script = "true"
[[phase]]
id = "q"
[[phase.step]]
id = "z"
danger = "none"
script = "true"
`
	out := Action{Verb: Exclude, Host: "w1", Phase: "p", Name: "roll", Reason: "broken disk"}
	s := play(t, "live", block).done("g", "a@w1").do(x("b@w1")).never(out, Later, "b@w1 is starting")
	s.lost("b@w1").never(out, UnknownFirst, "nobody can prove").do(Action{Verb: Resolve, Task: at("b@w1"), Value: "partly", Reason: "half"})
	s.never(x("a@w2"), OnHold, "b@w1 holds") // a failed host holds its block
	s.never(Action{Verb: Exclude, Host: "w1", Phase: "p", Name: "roll"}, NeedsReason, "needs a reason")
	s.do(out).is("a@w1", TaskDone, "b@w1", TaskSkipped)
	s.never(verb(Unskip, "b@w1"), Never, "w1 is excluded").done("a@w2", "b@w2")
	wantLines(t, s.plan(Scope{}), "undo b@w2", "undo b@w1") // partly done work stays in the rollback
	take := Action{Verb: Accept, Phase: "p", Reason: "two of three will do"}
	s.never(x("z"), NeedsReason, "phase p is not finished")
	s.asks(take, High, "p").do(take, x("z"))
	s.do(Action{Verb: Include, Host: "w1", Phase: "p"}).is("b@w1", TaskFailed)
	s.never(take, Never, "nothing in p waits").do(out).never(Action{Verb: Exclude, Host: "w1", Phase: "p", Reason: "r"}, Never, "nothing of w1 is left")
	if s.c.PhaseFinished("p") {
		t.Error("an acceptance covers a host that was left out after it")
	}

	s = play(t, "live", block)
	s.never(Action{Verb: Exclude, Host: LocalHost, Phase: "p", Reason: "r"}, Never, "nothing of local is left") // a gate is never skipped
	s.do(Action{Verb: Exclude, Host: "w1", Phase: "p", Reason: "r"}).never(take, Later, "g@local is not started")
	s.do(Action{Verb: Include, Host: "w1", Phase: "p"}).is("a@w1", TaskNotStarted)
	s.never(Action{Verb: Include, Host: "w1", Phase: "p"}, Never, "not excluded")
}

func TestGateCountsHostsInPlay(t *testing.T) {
	s := play(t, "live", `
[[phase]]
id = "p"
[[phase.step]]
id = "a"
on = "all"
danger = "none"
script = "true"
[[phase.step]]
id = "g"
kind = "gate"
evidence = [ { title = "e", on = "all", script = "true" } ]
`)
	s.do(Action{Verb: Exclude, Host: "w1", Phase: "p", Reason: "r"}).done("a@w2").do(x("g"))
	s.c.Seen.Evidence[at("g")] = []Reading{{Title: "e", Host: "w1", Verdict: Red, At: s.c.Now}, {Title: "e", Host: "w2", Verdict: Green, At: s.c.Now}}
	s.do(verb(Yes, "g"))
}

func TestClose(t *testing.T) {
	s := play(t, "live", ofEachKind).do(x("c@w1")).never(Action{Verb: Close, Reason: "r"}, Later, "c@w1 is starting")
	s.finish("c@w1").never(Action{Verb: Close}, NeedsReason, "not complete").done("m").do(x("g"), reasoned(Override, "g", "r")).done("k", "f")
	s.do(Action{Verb: Close})
	if !s.c.State.Closed.Complete {
		t.Error("the run is not complete")
	}
}
