package steps

import (
	"reflect"
	"testing"
)

// TestWhoIsJournalled: what an action leads to says who wished for it; what a
// host or the time brings about names nobody.
func TestWhoIsJournalled(t *testing.T) {
	s := play(t, "live", ofEachKind)
	s.done("c@w1", "m", "f").do(x("g"), Action{Verb: SignOff, Task: at("g"), Name: "agreed"}).green("g").do(verb(Yes, "g"))
	s.do(x("k"), full(Extend, "k"), full(EarlyEnd, "k"))
	s.do(Action{Verb: Hold, Reason: "tea"}, Action{Verb: Release}, Action{Verb: Note, Value: "x"})
	s.do(Action{Verb: OpenRollback, Reason: "back", Confirm: Confirmation{How: "key"}}, Action{Verb: Abandon, Reason: "no"})
	s.do(verb(UndoTask, "c@w1")).finish("c@w1").do(x("c@w1"), verb(CancelTask, "c@w1")).lost("c@w1").do(full(Resolve, "c@w1"), full(Skip, "c@w1"), verb(Unskip, "c@w1"))
	s.do(Action{Verb: Close, Reason: "enough"})
	nobody := map[string]bool{"opened": false, "started": true, "exited": true, "verified": true, "lost": true, "bound": true}
	for _, e := range s.log {
		if want := map[bool]string{true: "", false: "ada"}[nobody[e.Kind()]]; By(e) != want && By(e) != "bob" {
			t.Errorf("%s is by %q, want %q", e.Kind(), By(e), want)
		}
	}
	// and an event that a person leads to has room for a name
	for _, kind := range []string{"skipped", "unskipped", "held", "released", "excluded", "included", "stopped-waiting", "left-out", "amended", "noted",
		"rollback-opened", "rollback-closed", "closed", "cancel-asked", "resolved", "began", "marked-done", "cannot-be-done", "passed", "signed-off",
		"measured", "soaked", "not-restored", "bound", "answered", "phase-opened", "phase-accepted", "wrote", "triggered", "approved"} {
		if _, ok := reflect.TypeOf(New(kind)).FieldByName("By"); !ok {
			t.Errorf("%s does not say who", kind)
		}
	}
}
