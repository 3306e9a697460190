package steps

import (
	"errors"
	"strings"
	"testing"
)

// One step of each kind that behaves differently. c has all that a command can have.
const ofEachKind = `
[[phase]]
id = "p"
[[phase.step]]
id = "c"
on = "w1"
free = true
danger = "low"
script = "true"
verify.script = "true"
undo.script = "true"
undo.verify.script = "true"
[[phase.step]]
id = "m"
kind = "manual"
free = true
text = "do it"
undo.text = "undo it"
[[phase.step]]
id = "g"
kind = "gate"
free = true
evidence = [ { title = "e", script = "true" }, { title = "agreed", sign_off = "driver" } ]
[[phase.step]]
id = "k"
kind = "soak"
free = true
soak = { for = "1m", deadline = "1h" }
evidence = [ { title = "e", script = "true" } ]
[[phase.step]]
id = "f"
kind = "measure"
free = true
measure = { name = "jobs", ask = "How many?" }
`

// reach leads a task into each state of states.md.
var reach = map[string]func(*scene){
	"c not started":  func(s *scene) {},
	"c starting":     func(s *scene) { s.do(x("c@w1")) },
	"c running":      func(s *scene) { s.do(x("c@w1")).started("c@w1") },
	"c cancelling":   func(s *scene) { s.do(x("c@w1")).started("c@w1").do(verb(CancelTask, "c@w1")) },
	"c verifying":    func(s *scene) { s.do(x("c@w1")).started("c@w1").exits("c@w1", 0) },
	"c done":         func(s *scene) { s.done("c@w1") },
	"c failed":       func(s *scene) { s.failed("c@w1") },
	"c cancelled":    func(s *scene) { s.do(x("c@w1")).started("c@w1").do(verb(CancelTask, "c@w1")).stopped("c@w1") },
	"c unknown":      func(s *scene) { s.do(x("c@w1")).lost("c@w1") },
	"c skipped":      func(s *scene) { s.do(reasoned(Skip, "c@w1", "not now")) },
	"c undoing":      func(s *scene) { s.done("c@w1").do(verb(UndoTask, "c@w1")) },
	"c undone":       func(s *scene) { s.done("c@w1").do(verb(UndoTask, "c@w1")).finish("c@w1") },
	"c undo failed":  func(s *scene) { s.done("c@w1").do(verb(UndoTask, "c@w1")).started("c@w1").exits("c@w1", 1) },
	"c undo unknown": func(s *scene) { s.done("c@w1").do(verb(UndoTask, "c@w1")).lost("c@w1") },
	"m not started":  func(s *scene) {},
	"m open":         func(s *scene) { s.do(x("m")) },
	"m done":         func(s *scene) { s.done("m") },
	"m failed":       func(s *scene) { s.do(x("m"), reasoned(Fail, "m", "no key")) },
	"m skipped":      func(s *scene) { s.do(reasoned(Skip, "m", "not now")) },
	"g not started":  func(s *scene) {},
	"g open":         func(s *scene) { s.do(x("g")).green("g").do(Action{Verb: SignOff, Task: at("g"), Name: "agreed"}) },
	"g done":         func(s *scene) { s.do(x("g")).do(reasoned(Override, "g", "late")) },
	"g failed":       func(s *scene) { s.do(x("g"), reasoned(Fail, "g", "no")) },
	"k open":         func(s *scene) { s.do(x("k")) },
	"k done":         func(s *scene) { s.done("k") },
	"k failed":       func(s *scene) { s.do(x("k")).on(Soaked{Task: at("k"), To: "failed"}) },
	"f open":         func(s *scene) { s.do(x("f")) },
	"f done":         func(s *scene) { s.done("f") },
}

// matrix says for every state and verb whether a task may do it, given every
// reason, evidence and confirmation: "y", or the kind of the refusal: n never,
// l later (busy), u unknown first, p needs a person, r needs another wording.
const matrix = `
                exe ret ver und can ski uns mar mud fai yes sig ove ear rec res lea ext
c not started    y   n   n   n   n   y   n   l   n   n   n   n   n   n   n   n   n   n
c starting       l   l   l   l   y   l   l   l   l   l   l   l   l   l   l   l   l   l
c running        l   l   l   l   y   l   l   l   l   l   l   l   l   l   l   l   l   l
c cancelling     l   l   l   l   l   l   l   l   l   l   l   l   l   l   l   l   l   l
c verifying      l   l   l   l   y   l   l   l   l   l   l   l   l   l   l   l   l   l
c done           n   n   n   y   n   n   n   n   l   n   n   n   n   n   n   n   n   n
c failed         n   y   y   y   n   y   n   y   l   n   n   n   n   n   n   n   n   n
c cancelled      n   y   y   y   n   y   n   y   l   n   n   n   n   n   n   n   n   n
c unknown        u   u   u   u   u   u   u   u   u   u   u   u   u   u   u   y   u   u
c skipped        n   n   n   n   n   n   y   n   n   n   n   n   n   n   n   n   n   n
c undoing        l   l   l   l   y   l   l   l   l   l   l   l   l   l   l   l   l   l
c undone         y   n   n   n   n   y   n   l   n   n   n   n   n   n   n   n   n   n
c undo failed    n   y   n   y   n   n   n   n   y   n   n   n   n   n   n   n   y   n
c undo unknown   u   u   u   u   u   u   u   u   u   u   u   u   u   u   u   y   u   u
m not started    y   n   n   n   n   y   n   y   n   n   n   n   n   n   n   n   n   n
m open           p   n   n   n   n   y   n   y   n   y   n   n   y   n   n   n   n   n
m done           n   n   n   p   n   n   n   n   y   n   n   n   n   n   n   n   n   n
m failed         n   y   n   p   n   y   n   y   y   n   n   n   n   n   n   n   n   n
m skipped        n   n   n   n   n   n   y   n   n   n   n   n   n   n   n   n   n   n
g not started    y   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n
g open           p   n   n   n   n   n   n   n   n   y   y   y   y   n   n   n   n   n
g done           n   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n
g failed         n   y   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n
k open           p   n   n   n   n   y   n   n   n   y   n   n   n   y   n   n   n   y
k done           n   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n
k failed         n   y   n   n   n   y   n   y   n   n   n   n   n   n   n   n   n   n
f open           p   n   n   n   n   y   n   r   n   y   n   n   y   n   y   n   n   n
f done           n   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n   n
`

var columns = []Verb{Execute, Retry, VerifyAgain, UndoTask, CancelTask, Skip, Unskip, MarkDone, MarkUndone, Fail,
	Yes, SignOff, Override, EarlyEnd, Record, Resolve, LeaveUndo, Extend}

func TestEveryStateByEveryVerb(t *testing.T) {
	words := map[RefusalKind]string{Never: "n", Later: "l", UnknownFirst: "u", NeedsPerson: "p", NeedsReason: "r"}
	lines := strings.Split(strings.Trim(matrix, "\n"), "\n")[1:]
	seen := map[Status]bool{}
	for _, line := range lines {
		name := strings.TrimSpace(line[:15])
		cells := strings.Fields(line[15:])
		if len(cells) != len(columns) || reach[name] == nil {
			t.Fatalf("%s: %d cells", name, len(cells))
		}
		s := play(t, "live", ofEachKind)
		reach[name](s)
		task := taskOf(name[:1])
		seen[s.state(task).Status] = true
		if got := string(s.state(task).Status); got != name[2:] {
			t.Fatalf("%s is %s", name, got)
		}
		for i, v := range columns {
			got := "y"
			_, err := s.try(full(v, task))
			var r *Refusal
			if errors.As(err, &r) {
				got = words[r.Kind]
			}
			if got != cells[i] {
				t.Errorf("%s, %s: %s, want %s (%v)", name, v, got, cells[i], err)
			}
		}
	}
	if len(seen) != 15 {
		t.Errorf("%d of 15 states were reached", len(seen))
	}
}

func taskOf(step string) string {
	if step == "c" {
		return "c@w1"
	}
	return step
}

// TestWhereVerbsLead follows each arrow of the table of states.
func TestWhereVerbsLead(t *testing.T) {
	tests := []struct {
		from string
		do   func(*scene)
		to   Status
	}{
		{"c starting", func(s *scene) { s.on(NotStarted{Attempt: s.id("c@w1"), Why: "disk full"}) }, TaskNotStarted},
		{"c starting", func(s *scene) { s.lost("c@w1") }, TaskUnknown},
		{"c cancelling", func(s *scene) { s.exits("c@w1", 0) }, TaskVerifying},
		{"c cancelling", func(s *scene) { s.exits("c@w1", 1) }, TaskFailed},
		{"c cancelling", func(s *scene) { s.lost("c@w1") }, TaskUnknown},
		{"c cancelling", func(s *scene) { s.started("c@w1") }, TaskCancelling},
		{"c running", func(s *scene) { s.on(TimedOut{Attempt: s.id("c@w1"), After: 1}).stopped("c@w1") }, TaskFailed},
		{"c verifying", func(s *scene) { s.proves("c@w1", true) }, TaskDone},
		{"c verifying", func(s *scene) { s.proves("c@w1", false) }, TaskFailed},
		{"c verifying", func(s *scene) { s.on(Verified{Attempt: s.id("c@w1")}) }, TaskFailed},
		{"c verifying", func(s *scene) { s.do(verb(CancelTask, "c@w1")) }, TaskFailed},
		{"c failed", func(s *scene) { s.do(verb(VerifyAgain, "c@w1")) }, TaskVerifying},
		{"c failed", func(s *scene) { s.do(verb(VerifyAgain, "c@w1")).proves("c@w1", true) }, TaskDone},
		{"c failed", func(s *scene) { s.do(verb(Retry, "c@w1")) }, TaskStarting},
		{"c failed", func(s *scene) { s.do(verb(Retry, "c@w1")).on(NotStarted{Attempt: s.id("c@w1")}) }, TaskFailed},
		{"c failed", func(s *scene) { s.do(full(MarkDone, "c@w1")) }, TaskDone},
		{"c failed", func(s *scene) { s.do(full(Skip, "c@w1"), full(Unskip, "c@w1")) }, TaskFailed},
		{"c cancelled", func(s *scene) { s.do(full(Skip, "c@w1"), full(Unskip, "c@w1")) }, TaskCancelled},
		{"c cancelled", func(s *scene) { s.do(verb(VerifyAgain, "c@w1")) }, TaskVerifying},
		{"c cancelled", func(s *scene) { s.do(verb(UndoTask, "c@w1")) }, TaskUndoing},
		{"c unknown", func(s *scene) { s.do(resolved("happened")) }, TaskVerifying},
		{"c unknown", func(s *scene) { s.do(resolved("not")) }, TaskNotStarted},
		{"c unknown", func(s *scene) { s.do(resolved("partly")) }, TaskFailed},
		{"c unknown", func(s *scene) { s.exits("c@w1", 0).proves("c@w1", true) }, TaskDone}, // a look found it
		{"c skipped", func(s *scene) { s.do(verb(Unskip, "c@w1")) }, TaskNotStarted},
		{"c undoing", func(s *scene) { s.started("c@w1").exits("c@w1", 0) }, TaskUndoing},
		{"c undoing", func(s *scene) { s.exits("c@w1", 0).proves("c@w1", true) }, TaskUndone},
		{"c undoing", func(s *scene) { s.exits("c@w1", 0).do(verb(CancelTask, "c@w1")) }, TaskUndoFailed},
		{"c undoing", func(s *scene) { s.on(NotStarted{Attempt: s.id("c@w1")}) }, TaskDone},
		{"c undoing", func(s *scene) { s.do(verb(CancelTask, "c@w1")).stopped("c@w1") }, TaskUndoFailed},
		{"c undone", func(s *scene) { s.do(x("c@w1")) }, TaskStarting},
		{"c undo failed", func(s *scene) { s.do(verb(Retry, "c@w1")) }, TaskUndoing},
		{"c undo failed", func(s *scene) { s.do(full(MarkUndone, "c@w1")) }, TaskUndone},
		{"c undo failed", func(s *scene) { s.do(full(LeaveUndo, "c@w1")) }, TaskUndoFailed},
		{"c undo unknown", func(s *scene) { s.do(resolved("happened")) }, TaskUndoing},
		{"c undo unknown", func(s *scene) { s.do(resolved("not")) }, TaskDone},
		{"c undo unknown", func(s *scene) { s.do(resolved("partly")) }, TaskUndoFailed},
		{"m not started", func(s *scene) { s.do(full(MarkDone, "m")) }, TaskDone},
		{"m open", func(s *scene) { s.do(full(Override, "m")) }, TaskDone},
		{"m open", func(s *scene) { s.do(full(Skip, "m"), full(Unskip, "m")) }, TaskNotStarted},
		{"m failed", func(s *scene) { s.do(verb(Retry, "m")) }, TaskOpen},
		{"m done", func(s *scene) { s.do(full(MarkUndone, "m")) }, TaskUndone},
		{"g open", func(s *scene) { s.do(verb(Yes, "g")) }, TaskDone},
		{"g failed", func(s *scene) { s.do(verb(Retry, "g")) }, TaskOpen},
		{"k open", func(s *scene) { s.do(full(EarlyEnd, "k")) }, TaskDone},
		{"k open", func(s *scene) { s.on(Soaked{Task: at("k"), To: "red"}) }, TaskOpen},
		{"k open", func(s *scene) { s.on(Soaked{Task: at("k"), To: "restarted"}) }, TaskOpen},
		{"f open", func(s *scene) { s.do(full(Record, "f")) }, TaskDone},
	}
	for _, test := range tests {
		s := play(t, "live", ofEachKind)
		reach[test.from](s)
		test.do(s)
		s.is(taskOf(test.from[:1]), test.to)
	}
}

func resolved(as string) Action {
	return Action{Verb: Resolve, Task: at("c@w1"), Value: as, Reason: "looked"}
}
