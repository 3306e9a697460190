package steps

import (
	"slices"
	"testing"
	"time"
)

const rollout = `
[[phase]]
id = "p"
window = "6h"
[[phase.step]]
id = "build"
on = "all"
danger = "low"
script = "true"
undo.script = "true"
[[phase.step]]
id = "g"
kind = "gate"
evidence = [ { title = "e", script = "true" } ]
[[phase.step]]
id = "stop"
on = "all"
danger = "low"
needs = ["build", "g"]
script = "true"
undo.script = "true"
[[phase.step]]
id = "start"
block = "roll"
on = "all"
danger = "low"
needs = ["stop"]
script = "true"
undo.script = "true"
[[phase.step]]
id = "soak"
kind = "soak"
block = "roll"
on = "all"
soak = { for = "1m" }
evidence = [ { title = "e", script = "true" } ]
[[phase]]
id = "q"
[[phase.step]]
id = "tell"
kind = "manual"
undo.text = "tell them again"
[[phase.step]]
id = "look"
danger = "none"
script = "true"
[[phase.step]]
id = "mail"
danger = "low"
no_undo = "mail is sent"
script = "true"
[[rollback.before]]
id = "first"
kind = "manual"
[[rollback.after]]
id = "last"
on = "w1"
danger = "none"
script = "true"
`

func rolledOut(t *testing.T) *scene {
	t.Helper()
	return play(t, "live", rollout).done("build@w1", "build@w2", "g", "stop@w2", "stop@w1",
		"start@w1", "soak@w1", "start@w2", "soak@w2", "tell", "look", "mail")
}

var back = Action{Verb: OpenRollback, Reason: "nodes lost"}

func confirmOn(host string) Action { return Action{Verb: ConfirmHost, Host: host} }

func TestRollbackPlan(t *testing.T) {
	s := rolledOut(t)
	wantLines(t, s.plan(Scope{}), "execute first@local", "not undone mail@local", "by hand tell@local",
		"undo start@w2", "undo start@w1", "undo stop@w1", "undo stop@w2", "undo build@w2", "undo build@w1", "execute last@w1")
	wantLines(t, s.plan(Scope{Phase: "p"}), "execute first@local", "undo start@w2", "undo start@w1",
		"undo stop@w1", "undo stop@w2", "undo build@w2", "undo build@w1", "execute last@w1")
	wantLines(t, s.plan(Scope{Host: "w1"}), "undo start@w1", "undo stop@w1", "undo build@w1", "execute last@w1")
	stages := map[string]int{}
	for _, e := range s.c.UndoPlan(Scope{}) {
		stages[e.Task.String()] = e.Stage
	}
	if stages["start@w2"] == stages["start@w1"] || stages["stop@w1"] != stages["stop@w2"] {
		t.Errorf("a block goes host by host and the rest together: %v", stages)
	}
	if why := s.c.UndoPlan(Scope{})[1].Why; why != "mail is sent" {
		t.Errorf("not undone because %q", why)
	}
}

func TestRollbackFromEndToEnd(t *testing.T) {
	s := rolledOut(t)
	s.no(back, NeedsConfirm, "has to be confirmed").do(back).never(back, Never, "is open")
	for _, a := range []Action{x("look"), verb(Retry, "look"), full(Skip, "look"), full(MarkDone, "look"), verb(Yes, "g"),
		full(Override, "g"), {Verb: Exclude, Host: "w1", Phase: "p", Reason: "r"}, {Verb: Sequence, Tasks: []Task{at("look")}}} {
		s.never(a, Later, "a rollback of run is open")
	}
	s.never(verb(UndoTask, "stop@w1"), Later, "waits for first@local")
	s.done("first").never(Action{Verb: EndRollback}, Later, "tell@local is not done")
	s.never(verb(UndoTask, "tell"), NeedsPerson, "done by hand").do(full(MarkUndone, "tell"))
	s.never(verb(UndoTask, "start@w1"), Later, "start@w1 waits for start@w2")
	s.no(verb(UndoTask, "start@w2"), NeedsConfirm, "the rollback on w2 has to be confirmed")
	s.asks(confirmOn("w2"), High, "w2").do(confirmOn("w2"), verb(UndoTask, "start@w2")).finish("start@w2")
	s.no(verb(UndoTask, "start@w1"), NeedsConfirm, "on w1").do(confirmOn("w1"), verb(UndoTask, "start@w1")).finish("start@w1")
	s.do(verb(UndoTask, "stop@w1"), verb(UndoTask, "stop@w2")).finish("stop@w1").finish("stop@w2") // once per host
	s.do(verb(UndoTask, "build@w1"), verb(UndoTask, "build@w2")).finish("build@w1").finish("build@w2")
	s.done("last@w1").do(Action{Verb: EndRollback})

	s.is("g", TaskNotStarted, "soak@w1", TaskNotStarted, "soak@w2", TaskNotStarted, "build@w1", TaskUndone, "mail", TaskDone)
	if p := s.c.State.Phases["p"]; !p.Opened.IsZero() {
		t.Error("the window of a phase that was rolled back goes on")
	}
	s.do(x("build@w1"))
	if in := s.log[len(s.log)-1].(Intended); in.Attempt != "r1.build.w1.2" || in.N != 2 {
		t.Errorf("forward again is %+v", in)
	}
}

// TestRollbackIsComputedAgain folds the journal of a console that died in the
// middle of an undo: the same plan, and no word given on anyone's behalf.
// TestRollbackByHandNeedsNoHost: what a person does around the undos waits for
// no machine, not even for one that nothing else of the runbook asks.
func TestRollbackByHandNeedsNoHost(t *testing.T) {
	s := rolledOut(t).do(back)
	delete(s.c.State.Hosts, LocalHost)
	delete(s.c.Seen.Hosts, LocalHost)
	s.do(x("first")).is("first", TaskOpen)
	s.do(full(MarkDone, "first")).is("first", TaskDone)
}

func TestRollbackIsComputedAgain(t *testing.T) {
	s := rolledOut(t).do(Action{Verb: OpenRollback, Scope: Scope{Phase: "p"}}).done("first")
	s.do(confirmOn("w2"), verb(UndoTask, "start@w2")).started("start@w2")
	want := s.plan(Scope{Phase: "p"})
	s.c.State = s.retold()
	wantLines(t, s.plan(Scope{Phase: "p"}), want...)
	s.never(verb(UndoTask, "start@w2"), Later, "is undoing").is("start@w2", TaskUndoing).exits("start@w2", 0)
	if got := s.plan(Scope{Phase: "p"})[1]; got != "undo start@w2 (done)" {
		t.Errorf("after the undo: %s", got)
	}
	s.no(verb(UndoTask, "start@w1"), NeedsConfirm, "on w1")
}

func TestRollbackOfTrouble(t *testing.T) {
	s := play(t, "live", rollout).done("build@w1").failed("build@w2").do(full(Skip, "build@w2")).done("g").
		do(x("stop@w1")).lost("stop@w1").do(x("stop@w2"))
	wantLines(t, s.plan(Scope{}), "execute first@local", "cancel stop@w2", "resolve stop@w1", "undo build@w2", "undo build@w1", "execute last@w1")
	s.never(back, Later, "stop@w2 is starting")
	s.on(NotStarted{Attempt: s.id("stop@w2")}).do(back).done("first").do(confirmOn("w1"), confirmOn("w2"))
	s.never(verb(UndoTask, "stop@w1"), UnknownFirst, "nobody can prove")
	s.do(Action{Verb: Resolve, Task: at("stop@w1"), Value: "not", Reason: "looked"})
	s.do(verb(UndoTask, "build@w2")).is("build@w2", TaskUndoing) // half done, then skipped
	s.exits("build@w2", 1).is("build@w2", TaskUndoFailed).do(verb(Retry, "build@w2")).exits("build@w2", 1)
	s.do(full(LeaveUndo, "build@w2"), verb(UndoTask, "build@w1")).finish("build@w1").done("last@w1")
	wantLines(t, s.plan(Scope{}), "execute first@local (done)", "not restored build@w2", "undo build@w1 (done)", "execute last@w1 (done)")
	s.do(Action{Verb: EndRollback})
}

func TestNothingToRollBack(t *testing.T) {
	play(t, "live", rollout).never(back, Never, "nothing that this run did")
	s := rolledOut(t)
	s.never(Action{Verb: OpenRollback, Scope: Scope{Task: at("stop@w1")}}, Never, "is rolled back, not stop@w1")
	s.never(Action{Verb: OpenRollback, Scope: Scope{Phase: "nope"}}, Never, "no phase")
	for _, a := range []Action{confirmOn("w1"), {Verb: LeaveOut, Host: "w1", Reason: "r"}, {Verb: Abandon, Reason: "r"}, {Verb: EndRollback}} {
		s.never(a, Never, "no rollback is open")
	}
	s.never(x("first"), Never, "belongs to a rollback")
}

func TestLeaveOutAndAbandon(t *testing.T) {
	s := rolledOut(t).do(Action{Verb: OpenRollback, Scope: Scope{Phase: "p"}}).done("first").do(confirmOn("w1"), confirmOn("w2"))
	out := Action{Verb: LeaveOut, Host: "w2", Reason: "dead"}
	s.never(out, Never, "can be reached").do(verb(UndoTask, "start@w2")).away("w2", 2*time.Minute)
	s.never(out, Later, "start@w2 is undoing").never(Action{Verb: Abandon, Reason: "r"}, Later, "start@w2 is undoing")
	s.do(Action{Verb: StopWaiting, Host: "w2", Reason: "dead"}).is("start@w2", TaskUndoUnknown)
	s.never(Action{Verb: LeaveOut, Host: "w2"}, NeedsReason, "not restored").do(out)
	wantLines(t, s.plan(Scope{Phase: "p"}), "execute first@local (done)", "not restored start@w2", "undo start@w1", "undo stop@w1",
		"not restored stop@w2", "not restored build@w2", "undo build@w1", "execute last@w1")
	s.do(verb(UndoTask, "start@w1")).finish("start@w1") // the others go on
	s.never(Action{Verb: Abandon}, NeedsReason, "needs a reason").do(Action{Verb: Abandon, Reason: "we go forward"})
	s.is("g", TaskNotStarted, "stop@w1", TaskDone, "start@w1", TaskUndone) // gates open again before what was undone
	if s.c.State.Rollback != nil || s.c.State.Undone != 0 {
		t.Error("an abandoned rollback counts as one")
	}
	s.never(x("start@w1"), OnHold, "start@w2 holds: it is undo unknown")
	s.do(Action{Verb: Resolve, Task: at("start@w2"), Value: "happened", Reason: "looked"})
	s.no(x("start@w1"), Later, "start@w1 waits for g@local")
}

func TestAroundStepsAreNewEachTime(t *testing.T) {
	rolledOut(t).do(back).done("first").do(Action{Verb: Abandon, Reason: "r"}, back).is("first", TaskNotStarted)
	s := play(t, "live", rollout).done("build@w1").do(back).done("first").do(confirmOn("w1"), verb(UndoTask, "build@w1")).finish("build@w1")
	s.do(x("last@w1")).lost("last@w1").do(Action{Verb: Abandon, Reason: "r"}).done("build@w1")
	s.do(back).is("last@w1", TaskUnknown) // what may be under way is not forgotten
}

func TestSingleUndo(t *testing.T) {
	s := rolledOut(t)
	s.never(verb(UndoTask, "stop@w1"), Later, "start@w1 is done and needs it")
	s.never(verb(UndoTask, "build@w1"), Later, "stop@w1 is done and needs it")
	s.never(verb(UndoTask, "mail"), Never, "mail has no undo: mail is sent")
	s.asks(verb(UndoTask, "start@w1"), Low, "").do(verb(UndoTask, "start@w1")).finish("start@w1")
	s.never(verb(UndoTask, "stop@w1"), Later, "start@w2 is done and needs it") // outside a block the whole step
	s.do(verb(UndoTask, "start@w2")).never(verb(UndoTask, "stop@w1"), Later, "start@w2 is undoing and needs it")
	s.finish("start@w2").do(verb(UndoTask, "stop@w1"))
	s.do(verb(CancelTask, "stop@w1")).stopped("stop@w1").is("stop@w1", TaskUndoFailed)
}

func TestOrderIsOfWhatRan(t *testing.T) {
	const free = `
[[phase]]
id = "p"
[[phase.step]]
id = "a"
free = true
danger = "low"
script = "true"
undo.script = "true"
[[phase.step]]
id = "b"
free = true
danger = "low"
script = "true"
undo.script = "true"
`
	wantLines(t, play(t, "live", free).done("b", "a").plan(Scope{}), "undo a@local", "undo b@local")
	s := play(t, "live", free).do(x("a"))
	s.on(NotStarted{Attempt: s.id("a")}) // it never ran, so it ran after b
	wantLines(t, s.done("b", "a").plan(Scope{}), "undo a@local", "undo b@local")
	s = play(t, "live", free).do(x("a")).lost("a").do(Action{Verb: Resolve, Task: at("a"), Value: "not", Reason: "r"})
	wantLines(t, s.plan(Scope{}))
	wantLines(t, s.done("b", "a").plan(Scope{}), "undo a@local", "undo b@local")
	s = play(t, "live", free).done("a", "b").do(verb(UndoTask, "a")).finish("a").done("a")
	wantLines(t, s.plan(Scope{}), "undo a@local", "undo b@local")
}

func TestPointOfNoReturn(t *testing.T) {
	s := play(t, "live", `
[[phase]]
id = "p"
[[phase.step]]
id = "a"
on = "w2"
danger = "low"
script = "true"
undo.script = "true"
[[phase.step]]
id = "b"
on = "w1"
danger = "low"
no_return = "rows written since"
script = "true"
undo.script = "true"
[[phase.step]]
id = "c"
on = "w2"
danger = "low"
script = "true"
undo.script = "true"
`).done("a@w2")
	s.asks(verb(UndoTask, "a@w2"), Low, "").done("b@w1", "c@w2")
	s.asks(verb(UndoTask, "b@w1"), Critical, "w1 live").asks(verb(UndoTask, "c@w2"), Critical, "w2 live").asks(verb(UndoTask, "a@w2"), Low, "")
	if e := s.c.UndoPlan(Scope{})[1]; e.Task != at("b@w1") || e.Do != DoUndo || e.Why != "rows written since" {
		t.Errorf("the plan does not list what is not restored: %+v", e)
	}
	s.do(back).asks(confirmOn("w1"), Critical, "w1 live").asks(confirmOn("w2"), Critical, "w2 live")
}

func TestMarkedDoneIsUndoneByHand(t *testing.T) {
	s := play(t, "live", rollout).failed("build@w1").do(full(MarkDone, "build@w1"))
	s.never(verb(UndoTask, "build@w1"), NeedsPerson, "by hand")
	wantLines(t, s.plan(Scope{Host: "w1"}), "by hand build@w1", "execute last@w1")
	s.do(full(MarkUndone, "build@w1")).is("build@w1", TaskUndone)
}

func TestAssumedIsNotUndone(t *testing.T) {
	s := play(t, "live", rollout).on(Assumed{Task: at("build@w1"), Values: map[string]string{"V": "1"}})
	s.is("build@w1", TaskDone).never(verb(UndoTask, "build@w1"), Never, "was done before this run")
	wantLines(t, s.plan(Scope{Host: "w1"}), "execute last@w1")
}

// TestOpenManualWorkIsInThePlan: a person may be half way through it.
func TestOpenManualWorkIsInThePlan(t *testing.T) {
	s := rolledOut(t).do(full(MarkUndone, "tell"), x("tell")).do(Action{Verb: OpenRollback, Scope: Scope{Phase: "q"}}).done("first")
	s.do(full(MarkUndone, "tell")).done("last@w1").do(Action{Verb: EndRollback})
}

const captures = `
[[phase]]
id = "p"
[[phase.step]]
id = "switch"
on = "w1"
danger = "low"
script = "true"
capture = { OLD = "last", NEW = "last" }
undo.script = "checkout $OLD"
[[phase.step]]
id = "use"
on = "w1"
danger = "none"
script = "echo ${NEW}"
needs = ["switch"]
`

func TestUndoKeepsTheFirstCapture(t *testing.T) {
	s := play(t, "live", captures).do(x("switch@w1")).exits("switch@w1", 1, "OLD=") // empty was not captured
	s.do(verb(Retry, "switch@w1")).exits("switch@w1", 1, "OLD=40", "NEW=1")         // captured although it failed
	s.do(verb(Retry, "switch@w1")).exits("switch@w1", 0, "OLD=53", "NEW=2")
	env := func() []string {
		e, err := s.c.Environ(at("switch@w1"), "")
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if e := env(); !slices.Contains(e, "OLD=40") || !slices.Contains(e, "NEW=2") {
		t.Errorf("environment %v: want the first OLD, for an undo uses it, and the newest NEW", e)
	}
	s.do(verb(UndoTask, "switch@w1")).exits("switch@w1", 1)
	if e := env(); !slices.Contains(e, "OLD=40") {
		t.Errorf("environment after a failed undo %v", e)
	}
	s.do(verb(Retry, "switch@w1")).exits("switch@w1", 0).do(x("switch@w1")).exits("switch@w1", 0, "OLD=54", "NEW=3")
	if e := env(); !slices.Contains(e, "OLD=54") {
		t.Errorf("environment after undone %v", e)
	}
}

func TestSkippedCapture(t *testing.T) {
	s := play(t, "live", captures).do(full(Skip, "switch@w1"))
	s.never(x("use@w1"), Later, "a value that it captures is used later")
	s.do(verb(Unskip, "switch@w1")).done("switch@w1", "use@w1")
	for text, reads := range map[string]bool{"$OLD": true, "a ${OLD} b": true, "${OLD:-x}": true, "${#OLD}": true,
		"$OLD_COMMIT": false, "OLD": false, "$OLDER $XOLD": false, "$$OLD": true} {
		if got := readsAny([]string{text}, "OLD"); got != reads {
			t.Errorf("%q reads OLD: %t", text, got)
		}
	}
}
