package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/runner"
	"belay/steps"
	"belay/ui/pane"
	"belay/ui/style"
)

// rollingBack is a run that goes back, with everything done but its end.
func rollingBack(t *testing.T) *fake {
	f := passed(t)
	f.done("stop")
	f.do(steps.Action{Verb: steps.OpenRollback, Reason: "nodes lost"})
	f.now = f.now.Add(time.Minute)
	jobs := steps.Task{Step: "stop-jobs", Host: steps.LocalHost}
	f.do(steps.Action{Verb: steps.Execute, Task: jobs})
	f.do(steps.Action{Verb: steps.MarkDone, Task: jobs, Value: "none ran"})
	for _, h := range f.book.AllHosts() {
		f.do(steps.Action{Verb: steps.ConfirmHost, Host: h})
	}
	for len(f.undos()) > 0 {
		for _, e := range f.undos() {
			f.do(steps.Action{Verb: steps.UndoTask, Task: e.Task})
			f.finish(e.Task.Step, 0)
		}
	}
	f.done("verify-240")
	return f
}

// undos are the entries of the rollback's next stage, while they are undos.
func (f *fake) undos() []steps.Entry {
	c := f.kase()
	if next := c.RollbackNext(); len(next) > 0 && next[0].Do == steps.DoUndo {
		return next
	}
	return nil
}

// TestAFailedUndoIsTriedAgainAfterAYes: its row offers that at every size, and the
// first key only asks.
func TestAFailedUndoIsTriedAgainAfterAYes(t *testing.T) {
	for _, s := range [][2]int{{80, 24}, {120, 36}} {
		f := passed(t)
		f.done("stop")
		f.do(steps.Action{Verb: steps.OpenRollback, Reason: "nodes lost"})
		jobs := steps.Task{Step: "stop-jobs", Host: steps.LocalHost}
		f.do(steps.Action{Verb: steps.Execute, Task: jobs})
		f.do(steps.Action{Verb: steps.MarkDone, Task: jobs, Value: "none ran"})
		for _, h := range f.book.AllHosts() {
			f.do(steps.Action{Verb: steps.ConfirmHost, Host: h})
		}
		e := f.undos()[0]
		f.do(steps.Action{Verb: steps.UndoTask, Task: e.Task})
		f.finish(e.Task.Step, 1)
		d := sit(t, f, s[0], s[1])
		d.press("esc")
		d.expect(t, "r retry")
		if strings.Contains(d.screen(), "V verify again") {
			t.Error("an undo without a verify offers to look at it again")
		}
		sent := len(f.sent)
		d.press("r")
		if len(f.sent) > sent {
			t.Fatalf("%s at the first key", f.sent[sent].Verb)
		}
		d.expect(t, "RETRY THE UNDO of Stop all", "y retry", "docker compose up -d")
		d.press("pgdown")
		d.expect(t, "BELAY_ATTEMPT=7f3a.stop.w80.u2")
		d.press("y")
		if len(f.sent) != sent+1 || f.state.Task(e.Task).Status != steps.TaskUndoing {
			t.Fatalf("%s is %s after the yes", e.Task, f.state.Task(e.Task).Status)
		}
	}
}

// TestTheEndOfARollbackIsTold: it rings and says what came back, the cursor stays
// with it and offers nothing there that would go forward, until something is
// begun again.
func TestTheEndOfARollbackIsTold(t *testing.T) {
	for _, s := range [][2]int{{80, 24}, {120, 36}, {200, 60}, {70, 24}} {
		f := rollingBack(t)
		d := sit(t, f, s[0], s[1])
		d.press("esc")
		f.do(steps.Action{Verb: steps.EndRollback})
		if !d.rings() {
			t.Error("nobody hears it")
		}
		d.expect(t, "ROLLBACK of run ended after", "7 of 7 undos done", "back     7 of 7 undos done, on", "head", "w82", "took", "esc close")
		d.press("esc")
		d.expect(t, "[x] Rollback of run", "done 2:12", "enter open  ? help", "a attention", "q leave")
		if at := cursorRow(d); !strings.Contains(at, "Rollback of run") || strings.Contains(d.screen(), "x execute") {
			t.Errorf("%v: the cursor is on %q:\n%s", s, at, d.screen())
		}
		sent := len(f.sent)
		d.press("x")
		d.expect(t, "the rollback has ended, nothing of it is left to do")
		if len(f.sent) != sent || d.asked != nil {
			t.Errorf("x did something: %v", d.verbs()[sent:])
		}
		d.press("enter")
		d.expect(t, "ROLLBACK of run ended after", "[x] head Every node says 2.40.0")
		d.press("esc", ".")
		if at := cursorRow(d); !strings.Contains(at, "Rollback of run") {
			t.Errorf("%v: . goes to %q", s, at)
		}
		f.do(steps.Action{Verb: steps.Execute, Task: d.kase.Order[0]})
		d.look()
		if strings.Contains(d.screen(), "Rollback of run") {
			t.Errorf("%v: something was begun, and it is still told:\n%s", s, d.screen())
		}
	}
}

// rings takes the newest snapshot and reports whether the bell rings.
func (d *desk) rings() bool {
	_, cmd := d.Update(snapshotMsg(d.f.Snapshot()))
	d.View()
	if cmd == nil {
		return false
	}
	raw, ok := cmd().(tea.RawMsg)
	return ok && raw.Msg == "\a"
}

// cursorRow is the row under the cursor.
func cursorRow(d *desk) string {
	for line := range strings.Lines(d.screen()) {
		if strings.HasPrefix(line, d.st.Frame.Mark) {
			return line
		}
	}
	return ""
}

// TestWhatDidNotComeBackStandsFirst: what was left, and what is red now, is told
// before what is well.
func TestWhatDidNotComeBackStandsFirst(t *testing.T) {
	f := passed(t)
	f.done("stop")
	f.do(steps.Action{Verb: steps.OpenRollback, Reason: "nodes lost"})
	jobs := steps.Task{Step: "stop-jobs", Host: steps.LocalHost}
	f.do(steps.Action{Verb: steps.Execute, Task: jobs})
	f.do(steps.Action{Verb: steps.MarkDone, Task: jobs, Value: "none ran"})
	f.do(steps.Action{Verb: steps.ConfirmHost, Host: "w82"})
	stop := steps.Task{Step: "stop", Host: "w82"}
	f.do(steps.Action{Verb: steps.UndoTask, Task: stop})
	f.finish("stop", 1)
	f.do(steps.Action{Verb: steps.LeaveUndo, Task: stop, Reason: "its disk is full"})
	g := &f.hosts[0].Gauges[1].Reading
	g.Verdict, g.Text, g.Want, g.At = steps.Red, "3", "== 4", f.now
	d := sit(t, f, 100, 40)
	d.press("esc")
	f.do(steps.Action{Verb: steps.Abandon, Reason: "it has to be done by hand"})
	d.look()
	d.expect(t, "ROLLBACK of run abandoned after", "1 NOT RESTORED", "why      it has to be done by hand", "not back stop@w82: its disk is full",
		"not back 6 undos were not begun", "red      head: up 3, want == 4")
	lines := d.screen()
	if strings.Index(lines, "red      head") > strings.Index(lines, "\nback ") && strings.Contains(lines, "\nback ") {
		t.Errorf("it tells first what is well:\n%s", lines)
	}
}

// TestAttentionAndStatusSayTheSame: what the screen says nobody has to see to is
// what status gives the code for.
func TestAttentionAndStatusSayTheSame(t *testing.T) {
	f := rollingBack(t)
	d := sit(t, f, 120, 36)
	d.press("esc")
	f.do(steps.Action{Verb: steps.EndRollback})
	d.look()
	d.press("esc", "a")
	code, why := d.kase.Outcome(nil)
	if code != steps.CodePerson || !strings.HasPrefix(why, "the rollback of run has ended; build@head") {
		t.Errorf("%d %q", code, why)
	}
	d.expect(t, "No trouble, and no question.", "It waits for you: "+why)
	d.press("esc")
	for _, x := range d.kase.Order {
		f.do(steps.Action{Verb: steps.Execute, Task: x})
	}
	d.look()
	d.press("a")
	if code, why = d.kase.Outcome(nil); code != steps.CodeDone || why == "" {
		t.Errorf("%d %q", code, why)
	}
	d.expect(t, "It goes on by itself: "+why)
}

// TestARollbackIsTheProgress: how far the run has come is what a rollback takes
// back, and what it proposes by a trigger is being done.
func TestARollbackIsTheProgress(t *testing.T) {
	f := passed(t)
	f.done("stop")
	f.apply(steps.Triggered{Trigger: "lost", Title: "Nodes lost", To: steps.TriggerFired, Proposes: steps.Scope{Phase: "rollout"}, Reason: "4 more within 10m"})
	d := sit(t, f, 120, 36)
	d.expect(t, "TRIGGER FIRED: lost")
	d.press("esc", "a")
	d.expect(t, "TRIGGER Nodes lost: 4 more within 10m")
	d.press("esc")
	f.do(steps.Action{Verb: steps.OpenRollback, Scope: steps.Scope{Host: "w82"}})
	d.look()
	d.expect(t, "ROLLING BACK w82", "TRIGGER FIRED: lost") // one server is not what it proposes
	d.press("esc")
	f.do(steps.Action{Verb: steps.Abandon, Reason: "all of it"})
	f.do(steps.Action{Verb: steps.OpenRollback})
	d.look()
	d.press("esc", "esc")
	d.expect(t, "ROLLING BACK run", "of the rollback of run", "waits for you: Cancel all running jobs")
	for _, no := range []string{"TRIGGER FIRED", "latest safe rollback", "Roll-out 7 of"} {
		if strings.Contains(d.screen(), no) {
			t.Errorf("it still says %q:\n%s", no, d.screen())
		}
	}
}

// TestARollbackThatComesToAPersonRings.
func TestARollbackThatComesToAPersonRings(t *testing.T) {
	f := passed(t)
	d := sit(t, f, 120, 36)
	f.do(steps.Action{Verb: steps.OpenRollback})
	if !d.rings() {
		t.Error("nobody hears it")
	}
	d.expect(t, "the rollback waits for you: Cancel all running jobs", "x execute  ? help")
	if d.rings() {
		t.Error("it rings again")
	}
}

// TestLeavingAndHelpStay: at every width and in every state the way out and the
// help are in the footer.
func TestLeavingAndHelpStay(t *testing.T) {
	for _, w := range []int{60, 70, 80, 81, 99, 100, 120} {
		for name, f := range map[string]*fake{"new": newFake(t, "rehearsal"), "failed": failed(t, "rehearsal"), "rolled back": rollingBack(t)} {
			d := sit(t, f, w, 24)
			for _, keys := range [][]string{{"esc"}, {"4"}, {"1", "2"}, {"3"}} {
				d.press(keys...)
				if s := d.screen(); !strings.Contains(s, "? help") || !strings.Contains(s, "q leave") {
					t.Errorf("%s at %d after %v:\n%s", name, w, keys, s)
				}
			}
		}
	}
}

// TestValuesKeepTheirTitles: a value that is too long loses its end, on a pane of
// any size, and never its title.
func TestValuesKeepTheirTitles(t *testing.T) {
	f := newFake(t, "rehearsal")
	long := "0 (ray-worker-1 restarting, ray-worker-2 restarting, ray-worker-3 restarting, ray-worker-4 restarting)"
	g := &f.hosts[1].Gauges[1].Reading
	g.Text, g.Want, g.Verdict = long, "== 4", steps.Red
	n := 0.0
	g.Number = &n
	for _, s := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		d := sit(t, f, s[0], s[1])
		d.press("5")
		d.expect(t, "disk ", "up 0", "/4 red", "ray 2.40.0", "workers 4/4")
		d.press("z")
		d.expect(t, "disk ", "up 0", "/4 red", "ray 2.40.0", "workers 4/4")
		if s[0] == 200 {
			d.expect(t, long)
		}
	}
}

// TestAStoppedLogSaysWhoStoppedIt: what this run has stopped cannot be followed,
// and the pane says so above the words of what cannot follow it.
func TestAStoppedLogSaysWhoStoppedIt(t *testing.T) {
	f := fakeOf(t, "rehearsal", []byte(strings.Replace(runbookText(t), "id = \"stop\"\n", "id = \"stop\"\noutage = \"begins\"\n", 1)))
	f.assume("prepare")
	f.done("build")
	gate := steps.Task{Step: "go", Host: steps.LocalHost}
	f.do(steps.Action{Verb: steps.Execute, Task: gate})
	f.apply(steps.Overridden{Task: gate, Reason: "the probe is broken"})
	f.done("stop")
	host := func(id string) *runner.LogView {
		for i := range f.hosts {
			if f.hosts[i].ID == id {
				return &f.hosts[i].Logs[0]
			}
		}
		return nil
	}
	const no = "exit code 1: No such container: ray-worker-1"
	host("w81").Why, host("head").Why = no, no
	d := sit(t, f, 200, 60)
	d.expect(t, "stopped by this run (stop)", "no longer flows: exit code 1")
	if n := strings.Count(d.screen(), "stopped by this run"); n != 1 {
		t.Errorf("%d panes say so, but one log does not flow because of a step:\n%s", n, d.screen())
	}
	host("w81").Ring = nil
	d.look()
	d.expect(t, "no lines: stopped by this run (stop)", "it is followed again by itself; it says:", no)
}

// TestALevelSaysWhyItIsRaised: what is asked for at a higher level than its danger
// says what raises it.
func TestALevelSaysWhyItIsRaised(t *testing.T) {
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	st := style.New(style.Terminal{Dark: true}, style.Solid)
	detail := func(step, host string) string {
		c := f.kase()
		return strings.Join(strings.Fields(strings.Join(pane.Detail(pane.NewRun(&c, nil), steps.Task{Step: step, Host: host}, 200, st), " ")), " ")
	}
	for _, x := range [][3]string{
		{"build", "head", "danger low, confirmed by: y"},
		{"nodes", "head", "danger none, confirmed like low (y): it opens the phase's window"},
	} {
		if got := detail(x[0], x[1]); !strings.Contains(got, x[2]) {
			t.Errorf("%s: want %q in %s", x[0], x[2], got)
		}
	}
}
