package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/pane"
	"belay/ui/screentest"
)

func started(t *testing.T) *desk {
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	return sit(t, f, 120, 36)
}

func (d *desk) expect(t *testing.T, words ...string) {
	t.Helper()
	screen := d.screen()
	screentest.Check(t, screen, d.w, d.h)
	for _, w := range words {
		if !strings.Contains(screen, w) {
			t.Fatalf("the screen does not say %q:\n%s", w, screen)
		}
	}
}

func (d *desk) verbs() (out []steps.Verb) {
	for _, a := range d.f.sent {
		out = append(out, a.Verb)
	}
	return out
}

func TestCursorStartsOnWhatIsReady(t *testing.T) {
	d := started(t)
	row, _ := d.row()
	if row.ID != (pane.ID{Phase: "rollout", Step: "build"}) {
		t.Errorf("the cursor is on %+v", row.ID)
	}
	d.expect(t, "x execute  ? help", "assumed done")
	d.f.done("build")
	d.look()
	if row, _ = d.row(); row.Task.Step != "go" {
		t.Errorf("the cursor did not follow: %+v", row.ID)
	}
	d.press("k")
	d.f.do(steps.Action{Verb: steps.Execute, Task: steps.Task{Step: "go", Host: "local"}})
	d.f.apply(steps.Overridden{Task: steps.Task{Step: "go", Host: "local"}})
	was := d.sel
	d.look()
	if d.sel != was {
		t.Error("the cursor moved under the operator's hand")
	}
	d.press(".")
	if row, _ = d.row(); row.Text != "Stop all 2.40 workers" {
		t.Errorf("'.' went to %+v", row)
	}
}

// What failed is what the cursor stands on and what the keys are about, also
// where it is folded away and where other work is still under way.
func TestCursorStaysWithWhatFailed(t *testing.T) {
	d := sit(t, midway(t), 120, 36)
	task := steps.Task{Step: "stop", Host: "w80"}
	if row, _ := d.row(); row.Task != task {
		t.Fatalf("the cursor is on %q, want what failed", row.Text)
	}
	d.press("h", "h", "h", "h") // folds the step, then its phase
	if row, _ := d.row(); row.ID != (pane.ID{Phase: "rollout"}) || row.Open {
		t.Fatalf("the cursor is on %+v", row)
	}
	d.press("i")
	d.words("seen")
	d.press("enter") // after an action the cursor follows again
	if row, _ := d.row(); d.moved || row.ID.Phase != "rollout" {
		t.Fatalf("moved %v, the cursor went to %q", d.moved, row.Text)
	}
	d.press("R")
	d.expect(t, "p phase rollout", "o host w80")
	d.press("esc", "g")
	if row, _ := d.row(); row.ID.Phase != "prepare" {
		t.Fatalf("g went to %q", row.Text)
	}
	d.press(".")
	if row, _ := d.row(); row.Task != task {
		t.Fatalf("'.' went to %q, want what failed", row.Text)
	}
	d.press("R")
	d.expect(t, "p phase rollout", "o host w80")
	d.press("esc")
	d.f.do(steps.Action{Verb: steps.Release, Scope: steps.Scope{Task: task}, Reason: "w80 goes last"})
	d.look()
	if row, _ := d.row(); row.Task.Host != "w82" {
		t.Errorf("the cursor is on %q although its hold is released, want what is under way", row.Text)
	}
}

func TestLowTakesAnotherKey(t *testing.T) {
	d := started(t)
	d.press("down", "x") // the build on the head alone
	d.expect(t, "EXECUTE Build 2.53", "esc cancel", "y execute", "docker compose build", "git -C")
	d.press("enter")
	if len(d.f.sent) > 0 || d.asked != nil {
		t.Fatalf("Enter on the default: sent %v, open %v", d.verbs(), d.asked)
	}
	d.press("x", "x", "x")
	if len(d.f.sent) > 0 {
		t.Fatal("the opening key confirmed")
	}
	d.press("y")
	if got := d.f.state.Task(steps.Task{Step: "build", Host: "head"}).Status; got != steps.TaskStarting {
		t.Fatalf("after y: %s, %v", got, d.said)
	}
}

func TestHeldKeyStartsNothingTwice(t *testing.T) {
	d := started(t)
	d.press("down")
	d.clock = d.clock.Add(time.Second)
	for range 40 { // x is held down for a second
		d.clock = d.clock.Add(30 * time.Millisecond)
		d.send(keyOf("x"))
	}
	d.clock = d.clock.Add(100 * time.Millisecond)
	d.send(tea.KeyPressMsg{Code: 'y', Text: "y", IsRepeat: true})
	if len(d.f.sent) > 0 {
		t.Fatalf("sent %v", d.verbs())
	}
}

func TestHighTakesTheHostsWords(t *testing.T) {
	d := started(t)
	d.f.done("build")
	gate := steps.Task{Step: "go", Host: "local"}
	d.f.do(steps.Action{Verb: steps.Execute, Task: gate})
	d.f.apply(steps.Overridden{Task: gate})
	d.look()
	d.press("x")
	d.expect(t, "type  3 workers  to confirm", "docker compose down -t 60")
	d.press("y", "enter")
	d.send(tea.PasteMsg{Content: "3 workers"})
	d.press("enter")
	if slices.Contains(d.verbs()[2:], steps.Sequence) {
		t.Fatal("neither y nor a paste confirms words")
	}
	d.press("ctrl+u")
	d.words("3 work")
	d.send(tea.BlurMsg{})
	d.expect(t, "to confirm: [")
	if d.asked.Fields[0].Value != "" {
		t.Errorf("a lost focus left %q", d.asked.Fields[0].Value)
	}
	d.send(tea.FocusMsg{})
	d.clock = d.clock.Add(time.Second)
	d.words("3 w")
	d.send(tea.WindowSizeMsg{Width: 90, Height: 30})
	d.words("orkers")
	d.press("enter")
	if d.f.state.Sequence == nil {
		t.Fatalf("the words did not confirm: %q, %v", d.said, d.verbs())
	}
}

func TestCriticalOnALiveRunNeedsTheApprover(t *testing.T) {
	f := newFake(t, "production")
	f.apply(steps.Drove{Driver: "ana"})
	task := steps.Task{Step: "stop-head", Host: "head"}
	for _, k := range f.book.Tasks() {
		if k == task {
			break
		}
		f.apply(steps.Assumed{Task: k})
	}
	d := sit(t, f, 120, 36)
	d.press("x")
	d.expect(t, "LIVE PRODUCTION", "type  head production  to confirm", "no partner is named", "point of no return")
	d.expect(t, "if single-handed, because: [_") // what is missing is asked first
	d.press("tab")
	d.words("head production")
	d.press("enter")
	d.expect(t, "if single-handed, because: say something")
	if len(f.sent) > 0 {
		t.Fatal("it went without an approver or a reason")
	}
	d.press("esc", ":")
	d.words("partner ben")
	d.press("enter", "x")
	d.expect(t, "ben types this")
	d.words("head production")
	d.press("enter")
	a := f.state.Task(task).Attempt()
	if a == nil || a.Confirm.By != "ben" || a.Confirm.Typed != "head production" {
		t.Fatalf("attempt %+v, said %q", a, d.said)
	}
}

func TestSkipNeedsAReason(t *testing.T) {
	d := started(t)
	d.press("down", "s")
	d.expect(t, "SKIP Build 2.53")
	d.press("enter", "tab", "y")
	if len(d.f.sent) > 0 {
		t.Fatal("skipped without a reason")
	}
	d.words("the head has it")
	d.press("enter", "y")
	ts := d.f.state.Task(steps.Task{Step: "build", Host: "head"})
	if ts.Status != steps.TaskSkipped || ts.Reason != "the head has it" {
		t.Fatalf("%s, %q", ts.Status, ts.Reason)
	}
}

func TestGateOpensOnlyOnGreen(t *testing.T) {
	d := started(t)
	d.f.done("build")
	gate := steps.Task{Step: "go", Host: "local"}
	d.look()
	d.press("x") // level none: it begins at once
	if d.f.state.Task(gate).Status != steps.TaskOpen {
		t.Fatalf("the gate is %s", d.f.state.Task(gate).Status)
	}
	d.press("x", "y")
	d.expect(t, "GATE Stop the cluster?", "not looked at yet", "not now")
	for _, h := range d.f.book.HostOrder {
		d.f.seen.Evidence[gate] = append(d.f.seen.Evidence[gate], steps.Reading{Title: "free disk", Host: h, Text: "31 GiB", Want: ">= 20 GiB", Verdict: steps.Green, At: d.f.now})
	}
	d.look()
	d.expect(t, "[x] green: free disk on head", "31 GiB, want >= 20 GiB", "waits for the driver")
	d.press("A")
	d.expect(t, "SIGN OFF as driver")
	d.press("y", "x")
	d.expect(t, "yes of ana")
	d.press("y")
	if got := d.f.state.Task(gate); got.Status != steps.TaskDone || len(got.Evidence) != 5 {
		t.Fatalf("the gate is %s: %s\n%s", got.Status, d.said, d.screen())
	}
}

func TestFailureOpensByItselfAndHolds(t *testing.T) {
	d := started(t)
	task := steps.Task{Step: "build", Host: "head"}
	d.f.do(steps.Action{Verb: steps.Execute, Task: task})
	d.look()
	ring := tail.NewRing(0)
	fmt.Fprint(ring, "no space left on device\n")
	d.f.outputs[task] = ring
	d.f.finish("build", 1)
	d.clock = d.clock.Add(time.Minute)
	d.send(keyOf("j"))
	d.look()
	d.expect(t, "FAILED: Build 2.53", "no space left on device", "code 1", "[ esc hold ]", "r retry", "u undo", "s skip")
	d.clock = d.clock.Add(200 * time.Millisecond)
	d.send(keyOf("r")) // meant for something else
	d.expect(t, "[ esc hold ]")
	if row, _ := d.row(); d.f.state.Task(row.Task).Status == steps.TaskDone {
		t.Errorf("the cursor went to %+v", row.ID)
	}
	d.press("r")
	d.expect(t, "RETRY Build 2.53")
	d.press("y")
	if n := len(d.f.state.Task(task).Attempts); n != 2 {
		t.Fatalf("%d attempts: %s", n, d.said)
	}
}

func TestUnknownIsResolvedWithAReason(t *testing.T) {
	d := started(t)
	task := steps.Task{Step: "build", Host: "head"}
	d.f.do(steps.Action{Verb: steps.Execute, Task: task})
	d.look()
	d.f.apply(steps.Lost{Attempt: d.f.state.Task(task).Attempt().ID, Why: "the host was started anew"})
	d.look()
	d.expect(t, "UNKNOWN: Build 2.53", "the host was started anew", "[ esc leave it unknown ]")
	d.press("n")
	d.expect(t, "RESOLVE build@head: it did not (say how you know)")
	d.words("the image is not there")
	d.press("enter", "y")
	if got := d.f.state.Task(task).Status; got != steps.TaskNotStarted {
		t.Fatalf("%s: %s", got, d.said)
	}
}

func TestRollbackShowsItsPlanAndAsksPerHost(t *testing.T) {
	d := started(t)
	d.f.done("build")
	d.look()
	d.press("R")
	d.expect(t, "ROLL BACK", "r the run", "Undos, the newest work first")
	d.press("r")
	d.expect(t, "ROLL BACK the run: the whole plan", "Cancel all running jobs", "head: undo Build")
	d.words("the tests are red")
	d.press("enter", "y")
	if d.f.state.Rollback == nil {
		t.Fatalf("no rollback is open: %s", d.said)
	}
	d.expect(t, "Rollback of run", "waits for a person")
	// before: a manual step, begun and marked
	d.press("x", "x")
	d.words("none was running")
	d.press("enter", "y")
	d.look()
	d.expect(t, "type  w80  to confirm", "git -C \"$REPO\" worktree remove")
	d.words("w80")
	d.press("enter")
	if _, ok := d.f.state.Rollback.Confirmed["w80"]; !ok {
		t.Fatalf("w80 is not confirmed: %s", d.said)
	}
	d.look()
	d.expect(t, "Rollback of run", "rolling back")
}

// What an operator is being asked is not asked a second time by the program,
// whose question came up while another one was open.
func TestNothingIsAskedTwice(t *testing.T) {
	d := started(t)
	d.f.done("build")
	d.f.do(steps.Action{Verb: steps.OpenRollback})
	d.look()
	d.press("R")
	d.f.do(steps.Action{Verb: steps.Execute, Task: steps.Task{Step: "stop-jobs", Host: steps.LocalHost}})
	d.f.do(steps.Action{Verb: steps.MarkDone, Task: steps.Task{Step: "stop-jobs", Host: steps.LocalHost}, Value: "none ran"})
	d.look() // the program wants the word of w80, and waits
	d.press("x")
	d.expect(t, "ROLL BACK w80")
	d.words("w80")
	d.clock = d.clock.Add(2 * time.Second)
	d.Update(keyOf("enter")) // what follows from it is still under way
	if d.asked != nil {
		t.Fatalf("it is asked again:\n%s", d.screen())
	}
	task := steps.Task{Step: "build", Host: "w82"}
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	d = sit(t, f, 120, 36)
	f.do(steps.Action{Verb: steps.Execute, Task: task})
	d.look()
	d.press("R")
	f.finish("build", 1)
	d.look()
	d.press("esc")
	d.expect(t, "FAILED: Build 2.53", "on w82")
}

func TestLeaveSaysWhatGoesOn(t *testing.T) {
	d := started(t)
	d.f.do(steps.Action{Verb: steps.Execute, Task: steps.Task{Step: "build", Host: "w81"}})
	d.look()
	d.press("ctrl+c")
	d.expect(t, "LEAVE the console?", "build@w81 is starting for 0:00; it goes on without this console", "[ esc stay ]")
	d.press("enter")
	if d.leaves || d.asked != nil {
		t.Fatal("Enter left")
	}
	d.press("q")
	d.clock = d.clock.Add(time.Second)
	_, cmd := d.Update(keyOf("y"))
	if cmd == nil || !d.leaves {
		t.Fatal("y did not leave")
	}
	if _, ok := cmd().(tea.QuitMsg); !ok {
		t.Fatal("y gave another command")
	}
}

func TestLogStandsStillWhileLinesComeAndGo(t *testing.T) {
	d := started(t)
	ring := d.f.hosts[0].Logs[0].Ring
	d.press("4", "z", "k", "k", "k")
	key := d.looked().key
	top := d.views[key].Top
	before := d.screen()
	for i := range 500 {
		fmt.Fprintf(ring, "line %d%s\n", i, strings.Repeat(" and so on", 20))
	}
	d.look()
	if d.views[key].Top != top || !strings.Contains(before, "paused at") {
		t.Fatalf("the view drifted from %d to %d", top, d.views[key].Top)
	}
	first := func(s string) string { return strings.Split(s, "\n")[4] }
	if first(before) != first(d.screen()) {
		t.Fatalf("the first line was %q and is %q", first(before), first(d.screen()))
	}
	d.press("G", "k", "l")
	if d.views[key].X != 8 {
		t.Error("no scroll aside")
	}
	d.press("G")
	d.expect(t, "following", "from column 9")
	if !strings.Contains(d.screen(), "9") {
		t.Error("the newest line is not there")
	}
}

func TestSearchCounts(t *testing.T) {
	d := started(t)
	d.press("4", "z", "/")
	d.words("21:3")
	d.press("enter")
	d.expect(t, "/21:3 10 of 10")
	d.press("n")
	d.expect(t, "/21:3 9 of 10")
	d.press("N")
	d.expect(t, "/21:3 10 of 10")
	ring := d.f.hosts[0].Logs[0].Ring
	fmt.Fprint(ring, "all is well\nERROR: the raylet died\nall is well\n")
	d.press("G", "e")
	key := d.looked().key
	if got := d.views[key].Hit; got != 61 {
		t.Errorf("e went to line %d", got)
	}
}

func TestRefusalSaysWhyAndWhatHelps(t *testing.T) {
	d := started(t)
	d.press("j", "j", "j", "j", "j", "j", "x") // stop the workers: locked
	d.expect(t, "waits for")
	if d.asked != nil {
		t.Error("a question opened for what is refused")
	}
}

func TestHelpHasEveryKey(t *testing.T) {
	d := started(t)
	help := strings.Join(helpLines(140, "", nil, d.st), "\n")
	for _, b := range keyMap {
		if !strings.Contains(help, b.help) {
			t.Errorf("the help lacks %q", b.help)
		}
	}
	seen := map[string]where{}
	for _, b := range keyMap {
		for _, k := range b.keys {
			if seen[k]&b.in != 0 {
				t.Errorf("%s has two meanings in one pane", k)
			}
			seen[k] |= b.in
		}
	}
	for _, k := range []string{"ctrl+b", "ctrl+a", "ctrl+s", "ctrl+q"} {
		if seen[k] != 0 {
			t.Errorf("%s belongs to tmux, screen or the terminal", k)
		}
	}
}

func TestInputsAreAskedFirst(t *testing.T) {
	src := strings.Replace(runbookText(t), "[vars]\n", "[vars]\nCOMMIT = { ask = \"Commit to roll out\", match = \"^[0-9a-f]{4}$\" }\n", 1)
	d := sit(t, fakeOf(t, "staging", []byte(src)), 120, 36)
	d.expect(t, "VALUES that this run needs", "Commit to roll out", "REHEARSAL in STAGING")
	d.clock = d.clock.Add(2 * time.Second)
	d.send(tea.PasteMsg{Content: "beef\n"})
	d.press("enter")
	if d.f.state.Answers["COMMIT"] != "beef" {
		t.Fatalf("answers %v: %s", d.f.state.Answers, d.said)
	}
}

func TestMarkAndHoldAndExclude(t *testing.T) {
	f := newFake(t, "rehearsal")
	f.done("backup")
	d := sit(t, f, 120, 36)
	tell := steps.Task{Step: "tell", Host: "local"}
	d.press("x", "m")
	d.words("message 4711")
	d.press("enter", "y")
	if ts := f.state.Task(tell); ts.How != steps.HowMarked {
		t.Fatalf("%s by %s: %s", ts.Status, ts.How, d.said)
	}
	d.press("3")
	d.expect(t, "marked done")
	d.press("1", "H", "r")
	d.expect(t, "RUN ON HOLD", "held")
	d.press("H", "r")
	if len(f.state.Holds) > 0 {
		t.Fatalf("holds %v", f.state.Holds)
	}
	d.press("1", "j", "X")
	d.expect(t, "EXCLUDE head")
	d.words("it burns")
	d.press("enter", "y")
	d.expect(t, "excluded")
}

func TestBellAtTheThreeMoments(t *testing.T) {
	d := started(t)
	task := steps.Task{Step: "build", Host: "head"}
	d.f.do(steps.Action{Verb: steps.Execute, Task: task})
	d.look()
	d.f.now = d.f.now.Add(40 * time.Second)
	d.f.finish("build", 0)
	if _, cmd := d.Update(snapshotMsg(d.f.Snapshot())); cmd == nil {
		t.Error("a step of 40 s ended in silence")
	}
	other := steps.Task{Step: "build", Host: "w81"}
	d.f.do(steps.Action{Verb: steps.Execute, Task: other})
	d.look()
	d.f.now = d.f.now.Add(2 * time.Second)
	d.f.finish("build", 0)
	if _, cmd := d.Update(snapshotMsg(d.f.Snapshot())); cmd != nil {
		t.Error("a step of 2 s rang")
	}
}
