package terminal

import (
	"strings"
	"testing"
)

// wide shows titles and panes side by side.
var wide = size{200, 60}

// TestNight: the whole roll-out by keys, the console killed in the middle of a
// build, and then all the way back, left in the middle.
func TestNight(t *testing.T) {
	t.Parallel()
	c := rehearseWith(t, wide, slow)
	c.live()
	c.stage("to the build", (*console).toTheBuild)
	c.stage("killed in the build", (*console).killedInTheBuild)
	c.stage("a manual step", (*console).announces)
	c.stage("the gate", (*console).opensTheGate)
	c.stage("typed words", (*console).stopsTheCluster)
	c.stage("to the end", (*console).toTheEnd)
	c.stage("rolled back", func(c *console) {
		c.rollsBack("training is slower", "start.w82.u1")
		c.allIsOld()
	})
	c.stage("nothing twice", (*console).onceEach)
}

// phase executes what there is of the phase before its gate, by one yes.
func (c *console) phase() {
	c.Helper()
	c.selects("phase rollout", "Roll-out")
	c.press("x")
	c.yes("of rollout (med)")
}

// slow lets a build and an undo go on for some seconds, also at the speed of
// these tests: what is shown in the middle of them needs a middle.
func slow(t *testing.T, book string) string {
	book = with(t, book, "\ndocker compose build\n", "\ndocker compose build\n[ \"$BELAY_HOST\" != w80 ] || sleep 4800\n")
	const down = "docker compose down -t 60'\nundo.timeout = \"10m\"\nundo.verify.script = 'test -z \"$(docker ps -a -q --filter name=ray-worker)\"'"
	return with(t, book, down, "[ \"$BELAY_HOST\" != w82 ] || sleep 4800; "+down)
}

func (c *console) toTheBuild() {
	c.phase()
	c.recorded("four builds that run", func(es []event) bool { return len(attempts(es, "started", "build")) == 4 })
}

// attempts are those of a step that an event of a kind names.
func attempts(es []event, kind, step string) []string {
	var out []string
	for _, e := range es {
		if e.Kind == kind && strings.Contains(e.Data.Attempt, "."+step+".") {
			out = append(out, e.Data.Attempt)
		}
	}
	return out
}

func (c *console) killedInTheBuild() {
	c.kill9()
	was := c.events()
	if ended := attempts(was, "exited", "build"); len(ended) == 4 {
		c.Fatal("all four builds had ended before the console was killed; nothing was shown")
	}
	c.back()
	s := c.see("REHEARSAL embedded fleet", "Build 2.53")
	if id, want := runID(s), runID("run "+lastPart(c.runDir())); id != want {
		c.Errorf("the same command opens run %q, want %q", id, want)
	}
	c.waitRow("Build 2.53", "done 4/4")
	for _, kind := range []string{"intended", "started", "exited"} {
		if n := len(attempts(c.events(), kind, "build")); n != 4 {
			c.Errorf("%d builds are %s, want each of the four once", n, kind)
		}
	}
	c.onceEach()
	c.live()
}

// kill9 ends the console as a power cut would.
func (c *console) kill9() {
	c.Helper()
	pid := c.pid()
	kill(c.T, pid)
	c.ended()
}

func lastPart(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func (c *console) announces() {
	c.comes("Announce")
	c.press("x")
	c.waitRow("Announce", "waits for a person")
	c.press("m")
	c.see("MARK DONE Announce", "what shows it")
	c.write("mail to all at 22:05")
	c.press("Enter")
	c.yes("MARK DONE Announce")
	c.waitRow("Announce", "marked done")
}

func (c *console) opensTheGate() {
	c.comes("Stop the cluster?")
	c.press("x")
	c.waitRow("Stop the cluster?", "waits for a yes")
	c.press("x")
	c.see("GATE Stop the cluster?")
	c.see("y yes, open it (not now)") // the sign-offs are missing
	c.press("y")
	c.see("GATE Stop the cluster?", "not now: ")
	c.press("Escape")
	c.gone("GATE Stop")
	for _, who := range []string{"the users know", "the partner agrees"} {
		c.press("A")
		if who == "the partner agrees" {
			c.see("SIGN OFF as approver: "+who, "your name")
			c.write("ben")
			c.press("Enter")
		}
		c.see("SIGN OFF", who)
		c.press("y")
		c.gone("SIGN OFF")
		c.until("the word in the run's log: "+who, func(s string) bool { return lastFact(s, " "+who) != "" })
	}
	c.press("x")
	c.until("a green gate", func(s string) bool {
		return strings.Contains(s, "GATE Stop the cluster?") && strings.Contains(s, "y yes, open it   A sign off (not now)")
	})
	c.press("Enter") // the default leaves it closed
	c.gone("GATE Stop")
	c.waitRow("Stop the cluster?", "waits for a yes")
	c.press("x")
	c.yes("GATE Stop the cluster?")
	c.waitRow("Stop the cluster?", "done")
}

func (c *console) stopsTheCluster() {
	c.comes("Save the logs")
	c.press("x")
	c.word("EXECUTE", "3 workers")
	c.waitRow("Save the logs", "done 3/3")
	c.comes("The head has seen")
	c.press("x") // it changes nothing, and so it runs at once
	c.waitRow("The head has seen", "done")
	c.comes("Stop the 2.40 head")
	c.press("x")
	c.see("EXECUTE Stop the 2.40 head", "type  head rehearsal  to confirm")
	c.write("head")
	c.press("Enter") // half of it is not it
	c.see("EXECUTE Stop the 2.40 head", "type head rehearsal exactly")
	c.press("C-u")
	c.word("EXECUTE Stop the 2.40 head", "head rehearsal")
	c.waitRow("Stop the 2.40 head", "done")
}
