package ui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/screentest"
)

// failed is a run on which the stop of a worker failed after much output.
func failed(t testing.TB, env string) *fake {
	f := passed(t)
	if env != "rehearsal" {
		f = newFake(t, env)
		for _, k := range f.book.Tasks() {
			if k.Step == "stop" {
				break
			}
			f.apply(steps.Assumed{Task: k})
		}
	}
	task := steps.Task{Step: "stop", Host: "w81"}
	f.do(steps.Action{Verb: steps.Execute, Task: task})
	ring := tail.NewRing(0)
	for i := range 300 {
		fmt.Fprintf(ring, "Container ray-worker-%d  Stopping\n", i)
	}
	fmt.Fprint(ring, "Error response from daemon: cannot stop container: ray-worker-299: permission denied\nmake: *** [down] Error 17\n")
	f.outputs[task] = ring
	f.finish("stop", 17)
	return f
}

// TestAFailureIsDecidedAtOneGlance: at every size all answers, the exit code and
// the end of the output stand on the screen, without scrolling.
func TestAFailureIsDecidedAtOneGlance(t *testing.T) {
	for _, s := range [][2]int{{80, 24}, {120, 36}, {200, 60}, {100, 25}} {
		for _, env := range []string{"rehearsal", "production"} {
			d := sit(t, failed(t, env), s[0], s[1])
			d.opts.SSH = func(host string) string {
				if env == "production" {
					return "ssh ops@10.0.0.81"
				}
				return ""
			}
			d.press(":")
			d.words("goto stop w81")
			d.press("enter", "enter")
			d.expect(t, "FAILED: Stop all 2.40 workers on w81", "because  exit code 17", "code 17, attempt 1",
				"denied", "make: *** [down] Error 17",
				"[ esc hold ]", "r retry", "V verify again (not now)", "s skip", "m mark done", "u undo it", "X exclude w81", "R undo all of w81", "c copy the ssh line", "L its full log")
			if env == "production" {
				d.expect(t, "ssh      ssh ops@10.0.0.81")
			}
			if s[1] >= 36 && !strings.Contains(d.screen(), "Container ray-worker-285") {
				t.Errorf("there is room for more of the output:\n%s", d.screen())
			}
			d.press("V")
			d.expect(t, "stop has no verify", "[ esc hold ]", "make: *** [down] Error 17")
			screentest.Check(t, d.screen(), s[0], s[1])
		}
	}
}

// TestEachAnswerToAFailureHasAQuestionOfItsOwn: none of them does anything at
// once, and Enter holds.
func TestEachAnswerToAFailureHasAQuestionOfItsOwn(t *testing.T) {
	for key, title := range map[string]string{"r": "RETRY Stop all", "s": "SKIP Stop all", "m": "MARK DONE Stop all", "u": "UNDO Stop all",
		"X": "EXCLUDE w81", "R": "ROLL BACK host w81: the whole plan"} {
		f := failed(t, "rehearsal")
		d := sit(t, f, 80, 24)
		d.press(":")
		d.words("goto stop w81")
		sent := len(f.sent)
		d.press("enter", "enter", key)
		d.expect(t, title)
		d.press("esc")
		if len(f.sent) != sent {
			t.Errorf("%s sent %v", key, d.verbs()[sent:])
		}
	}
	f := failed(t, "rehearsal")
	d := sit(t, f, 80, 24)
	d.press(":")
	d.words("goto stop w81")
	d.press("enter", "enter", "m")
	d.expect(t, "MARK DONE Stop all", "because  exit code 17", "make: *** [down] Error 17")
	d.press("esc", "enter", "s")
	d.expect(t, "SKIP Stop all", "because  exit code 17", "make: *** [down] Error 17")
	d.press("esc", "enter", "enter")
	if d.asked != nil || f.state.Task(steps.Task{Step: "stop", Host: "w81"}).Status != steps.TaskFailed {
		t.Error("Enter did not hold")
	}
}

// TestAnUndoThatFailedHasItsOwnAnswers.
func TestAnUndoThatFailedHasItsOwnAnswers(t *testing.T) {
	f := failed(t, "rehearsal")
	task := steps.Task{Step: "stop", Host: "w81"}
	f.do(steps.Action{Verb: steps.UndoTask, Task: task})
	a := f.state.Task(task).Attempt()
	f.apply(steps.Started{Attempt: a.ID}, steps.Exited{Attempt: a.ID, Code: 1, Why: "exit code 1"})
	d := sit(t, f, 80, 24)
	d.press(":")
	d.words("goto stop w81")
	d.press("enter", "enter")
	d.expect(t, "UNDO FAILED: Stop all", "r retry the undo", "m mark undone", "l leave it, not restored", "[ esc hold ]")
	d.press("m")
	d.expect(t, "MARK UNDONE Stop all")
	d.press("esc", "enter", "r")
	d.expect(t, "RETRY THE UNDO of Stop all 2.40 workers on w81", "docker compose up -d")
	if strings.Contains(d.screen(), "docker compose down") {
		t.Errorf("the retry of an undo shows what it undoes:\n%s", d.screen())
	}
}

// TestTheFullLogIsOneKeyAway: L, as on the screen, and the question stands when
// the pager has ended.
func TestTheFullLogIsOneKeyAway(t *testing.T) {
	f := failed(t, "rehearsal")
	d := sit(t, f, 80, 24)
	var read []Whole
	d.opts.Pager = func(w Whole) tea.ExecCommand { read = append(read, w); return nil }
	d.opts.LogFile = func(attempt string) string { return "logs/" + attempt + ".log" }
	d.press(":")
	d.words("goto stop w81")
	d.press("enter", "enter", "L")
	a := f.state.Task(steps.Task{Step: "stop", Host: "w81"}).Attempt()
	if len(read) != 1 || read[0].File != "logs/"+a.ID+".log" || read[0].Top != -1 {
		t.Fatalf("the pager was given %+v", read)
	}
	d.expect(t, "FAILED: Stop all 2.40 workers", "L its full log")
}

// TestACancelSaysWhatTakesItBack: and does not promise an undo that there is not.
func TestACancelSaysWhatTakesItBack(t *testing.T) {
	undo := "undo.script = 'git -C \"$REPO\" worktree remove ray'\n"
	for by, want := range map[string]string{undo: "its undo is offered", "no_undo = \"the tree stays\"\n": "it has no undo: the tree stays"} {
		f := fakeOf(t, "rehearsal", []byte(strings.Replace(runbookText(t), undo, by, 1)))
		f.assume("prepare")
		task := steps.Task{Step: "build", Host: "w81"}
		f.do(steps.Action{Verb: steps.Execute, Task: task})
		f.apply(steps.Started{Attempt: f.state.Task(task).Attempt().ID})
		d := sit(t, f, 120, 36)
		d.goToTask(task)
		d.press("c")
		d.expect(t, "CANCEL Build 2.53", want)
	}
}
