package steps

import (
	"slices"
	"strings"
	"testing"
)

// row is a phase of steps that one yes may cover, up to a gate, a point of no
// return that is not even dangerous, and a critical step.
const row = `
[[phase]]
id = "p"
[[phase.step]]
id = "a"
on = "all"
danger = "high"
script = "true"
undo.script = "true"
[[phase.step]]
id = "look"
script = "true"
[[phase.step]]
id = "g"
kind = "gate"
evidence = [ { title = "agreed", sign_off = "driver" } ]
[[phase.step]]
id = "n"
on = "all"
script = "true"
no_return = "what was written since"
undo.script = "true"
[[phase.step]]
id = "last"
free = true
script = "true"
[[phase.step]]
id = "crit"
on = "w1"
danger = "critical"
script = "true"
undo.script = "true"
`

func (s *scene) reaches(stop, why string, tasks ...string) *scene {
	s.t.Helper()
	r := s.c.Reach(s.c.Book.Phase("p").Tasks())
	var got []string
	for _, t := range r.Tasks {
		got = append(got, t.Step+"@"+t.Host)
	}
	if !slices.Equal(got, tasks) || !r.Stop.Zero() && r.Stop.String() != stop || r.Stop.Zero() != (stop == "") || r.Why != why {
		s.t.Errorf("it reaches %v and stops at %s, %q (%d behind it)\nwant %v, %s, %q", got, r.Stop, r.Why, r.Rest, tasks, stop, why)
	}
	return s
}

func whole(s *scene) Action {
	return Action{Verb: Sequence, Scope: Scope{Phase: "p"}, Tasks: s.c.Book.Phase("p").Tasks()}
}

func inRow(task string) Action {
	a := x(task)
	a.Confirm = Confirmation{How: "sequence", Level: High}
	return a
}

// TestOneYesNeverPassesAPointOfNoReturn: neither by what it says that it covers
// nor by what it lets begin.
func TestOneYesNeverPassesAPointOfNoReturn(t *testing.T) {
	s := play(t, "live", row)
	s.reaches("g@local", "which waits for a yes", "a@w1", "a@w2", "look@local")
	s.asks(whole(s), High, "2 all").do(whole(s))
	s.do(inRow("a@w1"), inRow("a@w2")).exits("a@w1", 0).exits("a@w2", 0).do(inRow("look")).exits("look@local", 0)
	s.no(inRow("g"), NeedsConfirm, "g@local, which waits for a yes")
	s.on(SequenceEnded{Why: "before g@local"}).do(x("g"), Action{Verb: SignOff, Task: at("g"), Name: "agreed"}, verb(Yes, "g"))

	// The step changes nothing by its danger, and is asked all the same.
	s.asks(x("n@w1"), Low, "")
	s.reaches("n@w1", "a point of no return, asked by itself")
	s.never(whole(s), Never, "n@w1 is next, a point of no return, asked by itself")
	s.do(Action{Verb: Sequence, Tasks: []Task{at("last"), at("n@w1")}}) // it covers what is before it
	s.no(inRow("n@w1"), NeedsConfirm, "a point of no return, asked by itself")
	s.do(inRow("last")).exits("last@local", 0).on(SequenceEnded{Why: SequenceDone})
	s.do(x("n@w1"), x("n@w2")).exits("n@w1", 0).exits("n@w2", 0)
	s.reaches("crit@w1", "which is critical, asked by itself")
}

// TestAYesIsForWhatItCovers: what is behind its stop raises neither the level nor
// the count, and local is no server beside servers.
func TestAYesIsForWhatItCovers(t *testing.T) {
	low := strings.Replace(row, "danger = \"high\"", "danger = \"low\"", 1)
	high := strings.Replace(low, "free = true\n", "on = \"all\"\ndanger = \"high\"\nundo.script = \"true\"\n", 1)
	s := play(t, "live", high)
	s.reaches("g@local", "which waits for a yes", "a@w1", "a@w2", "look@local")
	s.asks(whole(s), Low, "")
	s.do(whole(s)).no(inRow("last@w1"), Later, "wait")
	s = play(t, "live", row)
	s.asks(Action{Verb: Sequence, Tasks: []Task{at("a@w1"), at("look")}}, High, "w1")
	s.do(x("a@w1")).exits("a@w1", 0).asks(whole(s), High, "w2")
}

// TestWhatAStoppedSequenceLeaves: it is told until a person goes on.
func TestWhatAStoppedSequenceLeaves(t *testing.T) {
	left := func(s *scene, want bool, why string, next int) {
		t.Helper()
		q, r, ok := s.c.LeftOff()
		if ok != want || q.Why != why || len(r.Tasks) != next {
			t.Errorf("left off %v: %q with %d tasks next, want %v, %q, %d", ok, q.Why, len(r.Tasks), want, why, next)
		}
	}
	s := play(t, "live", row)
	left(s, false, "", 0)
	s.do(whole(s), inRow("a@w1"))
	left(s, false, "", 0) // it is under way
	if r := s.c.Reach(s.c.Book.Phase("p").Tasks()); r.Busy != 1 || len(r.Tasks) != 2 {
		t.Errorf("%d under way and %d to begin, want 1 and 2", r.Busy, len(r.Tasks))
	}
	s.exits("a@w1", 1).on(SequenceEnded{Why: "a@w1 is failed"})
	left(s, true, "a@w1 is failed", 0) // nothing of it before that is mended
	s.reaches("a@w1", "which is failed")
	s.do(verb(Retry, "a@w1")).exits("a@w1", 0) // what stopped it is mended; nobody went on yet
	left(s, true, "a@w1 is failed", 2)
	s.do(x("a@w2"))
	left(s, false, "", 0) // by hand
	s.exits("a@w2", 0)

	s = play(t, "live", row)
	s.do(whole(s), Action{Verb: Hold})
	left(s, true, "hold", 3)
	s.do(Action{Verb: Release}, whole(s)).on(SequenceEnded{Why: "the console was left"})
	left(s, true, "the console was left", 3)
	s.do(whole(s)).on(SequenceEnded{Why: SequenceDone})
	left(s, false, "", 0)
	s = play(t, "live", row)
	s.do(whole(s), inRow("a@w1"), inRow("a@w2")).exits("a@w1", 0).exits("a@w2", 0).do(inRow("look")).exits("look@local", 0)
	s.on(SequenceEnded{Why: "before g@local", Stop: at("g")}).do(x("g"), Action{Verb: SignOff, Task: at("g"), Name: "agreed"}, verb(Yes, "g"))
	left(s, true, "before g@local", 0) // it is at the point of no return now
	s.do(x("n@w1")).exits("n@w1", 0)
	left(s, false, "", 0)

	s = play(t, "live", row)
	s.do(whole(s), inRow("a@w1")).exits("a@w1", 0).on(SequenceEnded{Why: "x"}).do(Action{Verb: OpenRollback})
	left(s, false, "", 0) // the way back is another way
}

// TestEvidenceIsDue: before each undo, in a rollback once per host, and never
// where nothing is watched.
func TestEvidenceIsDue(t *testing.T) {
	s := play(t, "live", ofEachKind+"[watch.w]\non = \"w1\"\nlogs = [ { name = \"l\", script = \"tail\" } ]\n")
	due := func(host string, want bool) {
		t.Helper()
		if got := s.c.KeepsEvidence(host); got != want {
			t.Errorf("%s: %v, want %v", host, got, want)
		}
	}
	s.done("c@w1")
	due("w1", true)
	due("w2", false)
	s.on(EvidenceKept{Host: "w1", File: "x"})
	due("w1", true) // each single undo has its own
	s.do(Action{Verb: OpenRollback})
	due("w1", true)
	clone := s.c.State.Clone()
	s.on(EvidenceKept{Host: "w1", Why: "no space left on device"})
	due("w1", false) // also where it could not be kept: the next undo does not wait for it again
	if clone.Rollback.Kept["w1"] {
		t.Error("a copy of the state changed")
	}
}
