package ui

import (
	"strings"
	"testing"
	"time"

	"belay/steps"
)

const proven = `verify = { script = 'docker run --rm ray:2.53.0 ray --version', stable = "60s", timeout = "10m" }`

// verifying is a run on which one build has ended and is being verified: it has
// held for 24 of 60 seconds of the file.
func verifying(t testing.TB, env string) *fake {
	src := strings.Replace(runbookText(t), "verify.script = 'docker run --rm ray:2.53.0 ray --version'", proven, 1)
	f := fakeOf(t, env, []byte(src))
	f.assume("prepare")
	task := steps.Task{Step: "build", Host: "head"}
	f.do(steps.Action{Verb: steps.Execute, Task: task})
	id := f.state.Task(task).Attempt().ID
	f.apply(steps.Started{Attempt: id}, steps.Exited{Attempt: id, OK: true, Verify: true})
	since := time.Duration(float64(24*time.Second) / f.state.Speed())
	f.now = f.now.Add(108 * time.Second)
	f.seen.Proofs = map[steps.Task]steps.Proof{task: {Holds: f.now.Add(-since), For: time.Minute, Until: f.now.Add(8*time.Minute + 12*time.Second)}}
	return f
}

// at is a wide desk with the cursor on a task.
func at(t *testing.T, f *fake, task string) *desk {
	t.Helper()
	d := sit(t, f, 200, 60)
	d.press(":")
	d.words("goto " + task)
	d.press("enter")
	return d
}

// TestAVerifySaysHowFarItIs: how long it has held, for how long it has to, and
// when it is given up; on the embedded fleet, by which clock.
func TestAVerifySaysHowFarItIs(t *testing.T) {
	d := at(t, verifying(t, "staging"), "build head")
	d.expect(t, "verifying held 0:24/1:00", "proof    holds for 0:24 of 1:00, gives up in 8:12")

	d = at(t, verifying(t, "rehearsal"), "build head")
	d.expect(t, "verifying held 0:00/0:01", "proof    holds for 0:24 of 1:00 at 60x = 0:00 of", "0:01, gives up in 8:12")

	task := steps.Task{Step: "build", Host: "head"}
	p := d.f.seen.Proofs[task]
	p.For = 30 * time.Second // half a second of the wall
	d.f.seen.Proofs[task] = p
	d.look()
	d.expect(t, "proof    holds for 0:24 of 0:30 at 60x,", "8:12")
	if s := d.screen(); strings.Contains(s, "held 0:") || strings.Contains(s, "0:30 at 60x =") {
		t.Errorf("what passes at once is counted in seconds of the wall:\n%s", s)
	}
	p.For, p.Holds = time.Minute, time.Time{}
	d.f.seen.Proofs[task] = p
	d.look()
	d.expect(t, "proof    does not hold yet, has to for 1:00 at 60x =")
	if strings.Contains(d.screen(), "held 0:00/0:01") {
		t.Error("what does not hold is shown as held")
	}
}

// TestTheRollbackSaysFirstWhatIsUnderWay: before its plan, with what that means,
// and with the way out.
func TestTheRollbackSaysFirstWhatIsUnderWay(t *testing.T) {
	f := verifying(t, "staging")
	for _, h := range []string{"w81", "w82", "w80"} {
		f.apply(steps.Assumed{Task: steps.Task{Step: "build", Host: h}})
	}
	d := sit(t, f, 80, 24)
	d.press("q")
	d.expect(t, "build@head is verifying for 1:48", "nobody looks for its proof meanwhile")
	d.press("esc", "R")
	d.expect(t, "first    build@head is verifying for 1:48, holds for 0:24 of 1:00", "so       no rollback over that can be opened before it has", "c cancel build@head")
	if s := d.screen(); strings.Index(s, "build@head is verifying") > strings.Index(s, "takes ") {
		t.Errorf("the plan comes first:\n%s", s)
	}
	d.press("c")
	d.expect(t, "CANCEL Build 2.53", "nothing is sent to the host", "[ esc let it run ]")
	d.press("y")
	if ts := f.state.Task(steps.Task{Step: "build", Host: "head"}); ts.Status != steps.TaskFailed {
		t.Fatalf("it is %s: %s", ts.Status, d.said)
	}
	d.press("esc", "R")
	if strings.Contains(d.screen(), "is verifying") {
		t.Errorf("nothing is under way, and still it is told:\n%s", d.screen())
	}
}

// TestTwoClocksAreNamed: what passes faster than the wall says so wherever it
// stands; on real servers there is one clock, and nothing is said.
func TestTwoClocksAreNamed(t *testing.T) {
	soak := func(env string) *desk {
		f := newFake(t, env)
		for _, k := range f.book.Tasks() {
			if k.Step == "watch" {
				break
			}
			f.apply(steps.Assumed{Task: k})
		}
		task := steps.Task{Step: "watch", Host: "w81"}
		f.do(steps.Action{Verb: steps.Execute, Task: task})
		f.apply(steps.Soaked{Task: task, To: "green"})
		f.now = f.now.Add(5 * time.Second)
		return at(t, f, "watch w81")
	}
	soak("rehearsal").expect(t, "soaking 0:10 left", "green for 5:00 of 15:00 at 60x = 0:05 of", "deadline 22:00:45, in 0:40")
	soak("staging").expect(t, "soaking 14:55 left", "green for 0:05 of 15:00 ", "deadline 22:45:00, in 44:55")
	start := func(env string) *desk {
		f := newFake(t, env)
		f.assume("prepare")
		return at(t, f, "build head")
	}
	start("rehearsal").expect(t, "estimate 5m at 60x = 5s", "ready est 5s", "at 60x = 50s   done not before 22:00")
	d := start("staging")
	d.expect(t, "estimate 5m", "ready est 5m", "left at least 50m   done not before 22:50")
	if strings.Contains(d.screen(), " at 1x") {
		t.Error("one clock is called two")
	}
}
