package ui

import (
	"strings"
	"testing"

	"belay/steps"
)

// passed is a run in which the gate has been passed: three workers are to be
// stopped next, and behind them stands a point of no return.
func passed(t testing.TB) *fake {
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	f.done("build")
	gate := steps.Task{Step: "go", Host: steps.LocalHost}
	f.do(steps.Action{Verb: steps.Execute, Task: gate})
	f.apply(steps.Overridden{Task: gate, Reason: "the probe is broken"})
	return f
}

// TestAPhaseIsCountedAsItWillHappen: at 80x24, without scrolling, the preview
// says how far one yes goes, what it stops at and what it will not pass.
func TestAPhaseIsCountedAsItWillHappen(t *testing.T) {
	d := sit(t, passed(t), 80, 24)
	d.press(":")
	d.words("phase rollout")
	d.press("enter", "x")
	d.expect(t, "EXECUTE 3 of 11 tasks of rollout (high)", "does     3 of 11 tasks", "stops at Stop the head (stop-head@head), a point of no return",
		"not covered: Stop the head is a point of no return: Ray's", "type  3 workers  to confirm",
		"w81: Stop all 2.40 workers, high", "docker compose down -t 60", "with     REPO=/opt/megabuild")
	d.press("pgdown")
	d.expect(t, "w82: Stop all 2.40 workers, high", "the same as on w81", "Not covered by this yes", "head: Stop the head", "w81: Watch this server")
	if strings.Contains(d.screen(), "docker compose up -d") {
		t.Errorf("what is not covered is shown as if it were:\n%s", d.screen())
	}
}

// TestWarningsStandAboveTheScript: a person who reads only the first lines of a
// preview has read what cannot be taken back.
func TestWarningsStandAboveTheScript(t *testing.T) {
	f := passed(t)
	f.done("stop")
	d := sit(t, f, 80, 24)
	d.press("x")
	d.expect(t, "EXECUTE Stop the head on head (critical)", "return   point of no return: Ray's in-memory state")
	screen := d.screen()
	if strings.Index(screen, "point of no return") > strings.Index(screen, "host     head") {
		t.Errorf("the warning stands below the facts:\n%s", screen)
	}
	d.words("head rehearsal")
	d.press("enter")
	f.finish("stop-head", 0)
	d.look()
	d.press("k", "k", "u")
	d.expect(t, "UNDO Stop the head", "restores not all: Ray's in-memory state")
}

// TestATitleKeepsItsEnd: however long a step's title, the host and the level
// are read.
func TestATitleKeepsItsEnd(t *testing.T) {
	src := strings.Replace(runbookText(t), "Back up the configuration", "Back up the configuration of every service and of everything that belongs to it", 1)
	d := sit(t, fakeOf(t, "rehearsal", []byte(src)), 80, 24)
	d.press("down", "down", "x")
	d.expect(t, "EXECUTE Back up the", "on w81 (low)")
	d.press("esc", "p")
	d.expect(t, "PREVIEW Back up the", "on w81 (nothing is sent)")
}

// TestVariablesThatMatterStandFirst: what the texts of a step name, before all
// the others; and of a second host only what differs.
func TestVariablesThatMatterStandFirst(t *testing.T) {
	src := strings.Replace(runbookText(t), "PER_HOST = 4\n", "PER_HOST = 4\nAN_OTHER = \"x\"\n", 1)
	src = strings.Replace(src, "\"$REPO\"'\n", "\"$REPO\" $BELAY_ADDRESS'\n", 1)
	d := sit(t, fakeOf(t, "rehearsal", []byte(src)), 120, 36)
	d.press("p")
	d.expect(t, "head: Back up the configuration, low", "w81: Back up the configuration, low", "the same as on head", "but with BELAY_ADDRESS=10.0.0.81")
	if n := strings.Count(d.screen(), "REPO=/opt/megabuild"); n != 1 {
		t.Errorf("the values that all hosts share stand there %d times:\n%s", n, d.screen())
	}
	d.press("esc", "down", "down", "x")
	d.above(t, "Variables that its texts name", "REPO=/opt/megabuild")
	d.above(t, "REPO=/opt/megabuild", "The other variables that it gets")
	d.above(t, "The other variables that it gets", "AN_OTHER=x")
}

// TestAWrappedLineKeepsItsRule: the rest of a long line of a script stands beside
// the rule with a mark, so that it is no line of its own.
func TestAWrappedLineKeepsItsRule(t *testing.T) {
	src := strings.Replace(runbookText(t), "script = 'tar cf", "script = 'echo "+strings.Repeat("x", 80)+"; tar cf", 1)
	d := sit(t, fakeOf(t, "rehearsal", []byte(src)), 80, 24)
	d.press("down", "down", "p")
	d.expect(t, "╎ ╎ echo xxx", "╎ ╎…xxx", `; tar cf "$HOME/backup.tar" "$REPO"`)
}
