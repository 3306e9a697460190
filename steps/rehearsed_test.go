package steps

import "testing"

func TestRehearsedIsWhatWasProvenOnRealHosts(t *testing.T) {
	const src = `
[[phase]]
id = "p"
[[phase.step]]
id = "a"
on = "w1"
danger = "low"
script = "a"
undo.script = "back"
[[phase.step]]
id = "b"
on = "w1"
danger = "none"
script = "b"
verify.script = "ok"
[[phase.step]]
id = "c"
kind = "manual"
`
	s := play(t, "staging", src).done("a@w1")
	left := func(events []Event, rb *Runbook) (ids string) {
		list, of := rb.NotRehearsed(Rehearsed(events))
		if of != 2 {
			t.Errorf("%d steps do something, want 2", of)
		}
		for _, u := range list {
			ids += u.Step
		}
		return ids
	}
	if got := left(s.log, s.c.Book); got != "b" {
		t.Errorf("left %q, want b", got)
	}
	s.do(verb(Execute, "b@w1"))
	id := s.c.State.Task(at("b@w1")).Attempt().ID
	s.on(Started{Attempt: id}, Exited{Attempt: id, OK: true, Verify: true})
	if got := left(s.log, s.c.Book); got != "b" {
		t.Errorf("not proven yet, and left %q", got)
	}
	s.on(Verified{Attempt: id, Holds: true, Proven: true})
	if got := left(s.log, s.c.Book); got != "" {
		t.Errorf("left %q, want none", got)
	}
	// Another script is another content; variables and titles are not content.
	if got := left(s.log, book(t, "live", pair+src)); got != "" {
		t.Errorf("the same steps in another environment: left %q", got)
	}
	s.log[0] = Opened{Run: "r1", EnvKind: Embedded}
	if got := left(s.log, s.c.Book); got != "ab" {
		t.Errorf("the embedded fleet counted: left %q", got)
	}
	s.log[0] = Opened{Run: "r1", EnvKind: Live}
	if got := left(s.log, s.c.Book); got != "ab" {
		t.Errorf("a live run is no rehearsal: left %q", got)
	}
}
