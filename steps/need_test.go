package steps

import (
	"strings"
	"testing"
	"time"
)

// needs puts needs into lines: "kind code what".
func (s *scene) needs() []string {
	var out []string
	for _, n := range s.c.Needs(nil) {
		out = append(out, n.Kind+" "+n.Task.String()+" "+n.Name+": "+n.Why)
	}
	return out
}

// TestNeedsAreWhatThePersonDoes: what runs wants nobody, and what waits for it
// neither; everything else is named once.
func TestNeedsAreWhatThePersonDoes(t *testing.T) {
	undo := func(s *scene) *scene { return s.done("build@w1", "build@w2", "g", "stop@w1").do(back) }
	for name, test := range map[string]struct {
		do    func(*scene)
		needs []string
		under string
	}{
		"nothing yet":          {func(s *scene) {}, []string{"next build@w1 : build@w1 is not started"}, ""},
		"runs, others could":   {func(s *scene) { s.do(x("build@w1")) }, []string{"next build@w2 : build@w2 is not started"}, "build@w1 is starting"},
		"runs, the rest waits": {func(s *scene) { s.do(x("build@w1"), x("build@w2")).started("build@w2") }, nil, "build@w1 is starting, and 1 more"},
		"a gate":               {func(s *scene) { s.done("build@w1", "build@w2").do(x("g")) }, []string{"word g@local : g@local waits for a yes"}, ""},
		"failed":               {func(s *scene) { s.failed("build@w1") }, []string{"trouble build@w1 : build@w1 is failed: exit code 1"}, ""},
		"left out": {func(s *scene) {
			s.do(Action{Verb: Exclude, Host: "w2", Phase: "p", Reason: "r"}).done("build@w1", "g", "stop@w1", "start@w1", "soak@w1")
		},
			[]string{"accept @ p: phase p waits to be accepted with 1 of 2 hosts"}, ""},
		"a sequence":       {func(s *scene) { s.do(Action{Verb: Sequence, Tasks: []Task{at("build@w1"), at("build@w2")}}) }, nil, "the sequence over run goes on"},
		"a rollback waits": {func(s *scene) { undo(s) }, []string{"rollback first@local : the rollback of run waits for first@local"}, ""},
		"what a person does of a rollback is named once": {func(s *scene) { undo(s).do(x("first")) },
			[]string{"rollback first@local : the rollback of run waits for first@local"}, ""},
		"an undo runs": {func(s *scene) { undo(s).done("first").do(confirmOn("w1"), verb(UndoTask, "stop@w1")) }, nil, "stop@w1 is undoing"},
		"an undo failed": {func(s *scene) {
			undo(s).done("first").do(confirmOn("w1"), verb(UndoTask, "stop@w1")).started("stop@w1").exits("stop@w1", 1)
		},
			[]string{"trouble stop@w1 : stop@w1 is undo failed: exit code 1"}, ""},
		"a rollback was abandoned": {func(s *scene) { undo(s).do(Action{Verb: Abandon, Reason: "no"}) },
			[]string{"next stop@w2 : the rollback of run was abandoned; stop@w2 is not started"}, ""},
		"a trigger": {func(s *scene) { s.on(Triggered{Trigger: "t", To: TriggerFired, Reason: "4 more"}) },
			[]string{"trigger @ t: the trigger t has fired: 4 more; it proposes to roll back run"}, ""},
	} {
		s := play(t, "live", rollout)
		test.do(s)
		t.Run(name, func(t *testing.T) {
			wantLines(t, s.needs(), test.needs...)
			if under := s.c.UnderWay(s.c.Book.Tasks()); under != test.under {
				t.Errorf("under way %q, want %q", under, test.under)
			}
			code, why := s.c.Outcome(nil)
			if len(test.needs) == 0 && (code != CodeDone || why != test.under) || len(test.needs) > 0 && !strings.HasSuffix(test.needs[0], why) {
				t.Errorf("the outcome is another: %d %q", code, why)
			}
		})
	}
}

// TestRollbackReopensWhatWasOnlySeen: what was checked, measured or looked at
// before is not true of what is there now, and is asked again on the way forward.
func TestRollbackReopensWhatWasOnlySeen(t *testing.T) {
	const looks = `
[[phase]]
id = "p"
[[phase.step]]
id = "see"
on = "all"
danger = "none"
capture = { SEEN = "first" }
script = "true"
[[phase.step]]
id = "stop"
on = "all"
danger = "low"
script = "true"
undo.script = "true"
[[phase.step]]
id = "gone"
on = "w1"
danger = "none"
script = "true"
[[phase.step]]
id = "keep"
danger = "low"
no_undo = "a copy is kept"
script = "true"
`
	forward := func() *scene {
		return play(t, "live", looks).do(x("see@w1")).started("see@w1").exits("see@w1", 0, "SEEN=1").
			done("see@w2", "stop@w1", "stop@w2").failed("gone@w1").do(reasoned(Skip, "gone@w1", "known"), verb(Unskip, "gone@w1"))
	}
	s := forward().do(back).do(confirmOn("w1"), confirmOn("w2"), verb(UndoTask, "stop@w2")).finish("stop@w2").do(verb(UndoTask, "stop@w1")).finish("stop@w1")
	s.is("see@w1", TaskDone, "gone@w1", TaskFailed).do(Action{Verb: EndRollback})
	s.is("see@w1", TaskNotStarted, "see@w2", TaskNotStarted, "stop@w1", TaskUndone, "gone@w1", TaskNotStarted, "keep", TaskNotStarted)
	if v, _ := s.state("see@w1").Captured("SEEN", First); v != "1" {
		t.Error("what a rollback reads is gone before anything was begun again")
	}
	if ready := s.c.Ready(); len(ready) != 2 || ready[0] != at("see@w1") {
		t.Errorf("next is %v", ready)
	}
	s.do(x("see@w1")).started("see@w1").exits("see@w1", 0, "SEEN=2")
	if v, _ := s.state("see@w1").Captured("SEEN", First); v != "2" {
		t.Errorf("a new try captured %q, and keeps what was before the rollback", v)
	}
	s.later(time.Second)
	if old, now := s.retold().Task(at("gone@w1")).Status, s.state("gone@w1").Status; old != now {
		t.Errorf("the journal tells %s, and it is %s", old, now)
	}

	s = forward().do(Action{Verb: OpenRollback, Scope: Scope{Host: "w2"}}).do(confirmOn("w2"), verb(UndoTask, "stop@w2")).finish("stop@w2").do(Action{Verb: EndRollback})
	s.is("see@w1", TaskDone, "see@w2", TaskNotStarted, "gone@w1", TaskFailed)

	s = forward().do(back, Action{Verb: Abandon, Reason: "not now"})
	s.is("see@w1", TaskDone, "see@w2", TaskDone) // nothing was undone
}

// TestWentBackIsKnownUntilSomethingIsBegun.
func TestWentBackIsKnownUntilSomethingIsBegun(t *testing.T) {
	s := rolledOut(t).do(back).done("first").do(confirmOn("w1"), confirmOn("w2"))
	for _, k := range []string{"tell"} {
		s.do(Action{Verb: MarkUndone, Task: at(k), Value: "told"})
	}
	for len(s.c.RollbackNext()) > 0 && s.c.RollbackNext()[0].Do == DoUndo {
		for _, e := range s.c.RollbackNext() {
			s.do(Action{Verb: UndoTask, Task: e.Task}).finish(e.Task.String())
		}
	}
	s.done("last@w1")
	if _, _, ok := s.c.WentBack(); ok {
		t.Error("it has ended before it ended")
	}
	plan := s.plan(Scope{})
	s.do(Action{Verb: EndRollback})
	b, was, ok := s.c.WentBack()
	if !ok || !b.Finished || !b.Ended.After(b.Opened) || b.Reason != "nodes lost" || len(was) != len(plan) {
		t.Fatalf("%+v\n%v\n%v", b, was, plan)
	}
	for _, e := range was {
		if !e.Done {
			t.Errorf("%s of %s is not done afterwards", e.Do, e.Task)
		}
	}
	if code, why := s.c.Outcome(nil); code != CodePerson || why != "the rollback of run has ended; build@w1 is undone" {
		t.Errorf("%d %s", code, why)
	}
	if r := s.retold(); r.Back == nil || r.Back.Scope != b.Scope {
		t.Error("the journal does not tell it")
	}
	s.do(x("build@w1"))
	if _, _, ok := s.c.WentBack(); ok {
		t.Error("something was begun, and it is still told")
	}
}
