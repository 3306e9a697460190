package ui

import (
	"testing"
	"time"

	"belay/steps"
)

var stopHead = steps.Task{Step: "stop-head", Host: "head"}

// atTheHead is a live run with a partner, at its first critical step.
func atTheHead(t *testing.T, w, h int) *desk {
	f := newFake(t, "production")
	for _, k := range f.book.Tasks() {
		if k == stopHead {
			break
		}
		f.apply(steps.Assumed{Task: k})
	}
	return sit(t, f, w, h)
}

// TestSecondYesAhead: A takes the approver's words, and x then asks for a key.
func TestSecondYesAhead(t *testing.T) {
	for _, size := range [][2]int{{120, 36}, {80, 24}} {
		d := atTheHead(t, size[0], size[1])
		d.press("A")
		d.expect(t, "SECOND YES to execute Stop the head on head (critical)", "ben types this", "type  head production  to confirm")
		d.press("y", "enter")
		if len(d.f.sent) > 0 {
			t.Fatalf("a key was taken for the words: %v", d.verbs())
		}
		d.press("ctrl+u")
		d.words("head production")
		d.press("enter")
		if p := d.f.state.Approvals[stopHead]; p.By != "ben" || p.Typed != "head production" {
			t.Fatalf("approved %+v, said %q", p, d.said)
		}
		d.f.now = d.f.now.Add(72 * time.Second)
		d.look()
		d.press("x")
		d.expect(t, "EXECUTE Stop the head on head (critical", "ben said yes 1:12 ago", "y execute")
		d.press("y")
		a := d.f.state.Task(stopHead).Attempt()
		if a == nil || a.Confirm.Approver != "ben" || a.Confirm.By != "ana" || a.Confirm.How != "key" {
			t.Fatalf("attempt %+v, said %q", a, d.said)
		}
	}
}

// TestSecondYesDies while the driver's question stands open.
func TestSecondYesDies(t *testing.T) {
	d := atTheHead(t, 120, 36)
	d.press("A")
	d.words("head production")
	d.press("enter", "x")
	d.f.now = d.f.now.Add(steps.ApprovalLife + time.Minute)
	d.look()
	d.expect(t, "the yes of ben counts no more: it is 6m old and lives for 5m")
	d.press("y")
	if a := d.f.state.Task(stopHead).Attempt(); a != nil {
		t.Fatalf("it started: %+v", a)
	}
	d.expect(t, "not done: the yes of ben counts no more")
	d.press("x")
	d.expect(t, "type  head production  to confirm", "ben types this")
}

// TestWhatWasShownIsWhatIsSent: a value that changes behind an open question
// makes its yes one for something else.
func TestWhatWasShownIsWhatIsSent(t *testing.T) {
	d := atTheHead(t, 120, 36)
	d.press("x")
	other := *d.f.book
	other.Vars = map[string]steps.Var{"REPO": {Value: "/elsewhere"}, "PER_HOST": d.f.book.Vars["PER_HOST"]}
	d.f.book = &other
	d.words("head production")
	d.press("enter")
	if a := d.f.state.Task(stopHead).Attempt(); a != nil {
		t.Fatalf("it started: %+v", a)
	}
	d.expect(t, "stop-head@head is not what was shown: the variables have changed; look at it again")
}

// TestNobodyIsAskedOnTheFleet: there the dialog only says who would be.
func TestNobodyIsAskedOnTheFleet(t *testing.T) {
	f := newFake(t, "rehearsal")
	for _, k := range f.book.Tasks() {
		if k == stopHead {
			break
		}
		f.apply(steps.Assumed{Task: k})
	}
	d := sit(t, f, 120, 36)
	d.press("A")
	d.expect(t, "not done: no second yes is needed in rehearsal")
	d.press("x")
	d.expect(t, "here nobody else is asked, in production the approver would be")
}
