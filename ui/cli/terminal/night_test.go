package terminal

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// wide shows titles and panes side by side.
var wide = size{200, 60}

// TestNight: the whole roll-out by keys, the console killed in the middle of a
// build, and then all the way back, left in the middle.
func TestNight(t *testing.T) {
	if os.Getenv("BELAY_NIGHT") == "" {
		t.Skip("BELAY_NIGHT is not set: the whole night takes minutes, and has not passed often enough yet to hold up a change")
	}
	t.Parallel()
	c := rehearse(t, wide)
	c.live()
	c.stage("to the build", (*console).toTheBuild)
	c.stage("killed in the build", (*console).killedInTheBuild)
	c.stage("a manual step", (*console).announces)
	c.stage("the gate", (*console).opensTheGate)
	c.stage("typed words", (*console).stopsTheCluster)
	c.stage("to the end", (*console).toTheEnd)
	c.stage("rolled back", (*console).rollsBack)
	c.stage("nothing twice", (*console).onceEach)
}

// phase executes what there is of the phase, by the words that it asks for.
func (c *console) phase(words string) {
	c.Helper()
	c.selects("phase rollout", "Roll-out")
	c.press("x")
	if words == "" {
		c.yes("of rollout (")
	} else {
		c.word("of rollout (", words)
	}
}

func (c *console) toTheBuild() {
	c.phase("5 hosts")
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
		c.recorded("sign-off: "+who, func(es []event) bool { return es[len(es)-1].Kind == "signed-off" })
	}
	c.press("x")
	c.until("a green gate", func(s string) bool {
		return strings.Contains(s, "GATE Stop the cluster?") && strings.Contains(s, "y yes, open it   a sign off (not now)")
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

var asked = regexp.MustCompile(`type  (\d hosts|\d servers|\d workers|head|w8\d)  to confirm`)

// toTheEnd executes the phase, again and again, and does by hand what it stops
// for, until the phase is finished.
func (c *console) toTheEnd() {
	for range 20 {
		if c.goesOn() {
			break
		}
	}
	if s := c.screen(); !finished(s) {
		c.Fatalf("the phase is not finished:\n%s", s)
	}
	c.until("2.53 on all panes, and twelve workers", func(s string) bool {
		return strings.Count(s, "Ray 2.53.0") == 4 && strings.Contains(s, "12/12")
	})
}

// waits is the state of a step that somebody has to do something about.
var waits = regexp.MustCompile(`ready|waits for`)

var phaseDone = regexp.MustCompile(`\[x\] Roll-out .*done (\d+)/(\d+)`)

// finished reports whether the whole phase is done.
func finished(screen string) bool {
	m := phaseDone.FindStringSubmatch(screen)
	return m != nil && m[1] == m[2]
}

// goesOn does what is next: the rest of the phase, or what a person has to do.
// It reports whether nothing is left to be done.
func (c *console) goesOn() bool {
	c.Helper()
	c.press(".")
	s := c.until("the cursor on what is next", func(s string) bool {
		return finished(s) || waits.MatchString(cursor(s)) && !strings.Contains(cursor(s), "] Roll-out")
	})
	if finished(s) {
		return true
	}
	at := cursor(s)
	switch {
	case strings.Contains(at, "Seconds per epoch"):
		c.records("Seconds per epoch", "176")
	case strings.Contains(at, "Memory per worker"):
		c.records("Memory per worker", "1.4")
	case strings.Contains(at, "Put the cleanup cron back"):
		c.press("x")
		c.waitRow("Put the cleanup", "waits for")
		c.press("m")
		c.see("MARK DONE Put the cleanup")
		c.write("four crontabs compared")
		c.press("Enter")
		c.yes("MARK DONE Put the cleanup")
	case strings.Contains(at, "Start the training"): // a point of no return is asked by itself
		c.press("x")
		c.see("EXECUTE Start the training", "point of no return")
		c.yes("EXECUTE Start the training")
		c.waitRow("Start the training", "done")
	default:
		c.restOfPhase()
	}
	return false
}

// records gives a figure and where it comes from.
func (c *console) records(title, figure string) {
	c.Helper()
	c.press("x")
	c.waitRow(title, "waits for a figure")
	c.press("m")
	c.see("RECORD "+title, "where it comes from")
	c.write(figure)
	c.press("Enter")
	c.write("the log of the training")
	c.press("Enter")
	c.yes("RECORD " + title)
}

// restOfPhase starts a sequence over the phase and waits until it stops.
func (c *console) restOfPhase() {
	c.Helper()
	before := c.count("sequence-ended")
	c.selects("phase rollout", "Roll-out")
	n := c.count("sequenced")
	c.press("x")
	s := c.until("a question, or work that needs none", func(s string) bool {
		return strings.Contains(s, "of rollout (") && strings.Contains(s, "esc cancel") || c.count("sequenced") > n
	})
	switch m := asked.FindStringSubmatch(s); {
	case m != nil:
		c.write(m[1])
		c.press("Enter")
	case strings.Contains(s, "of rollout ("):
		c.press("y")
	}
	c.gone("of rollout (")
	c.recorded("the end of the sequence", func([]event) bool {
		if s := c.screen(); strings.Contains(s, "FAILED:") {
			c.Fatalf("a step failed:\n%s", s)
		}
		return c.count("sequence-ended") > before
	})
}

// rollsBack takes the whole run back, and leaves in the middle of it.
func (c *console) rollsBack() {
	c.press("R")
	c.see("ROLL BACK (a plan is shown first)")
	c.press("r")
	c.see("ROLL BACK run: the whole plan", "reason")
	c.write("training is slower")
	c.press("Enter")
	c.yes("the whole plan")
	c.recorded("an open rollback", func(es []event) bool { return has(es, "rollback-opened") })
	left := false
	for range 60 {
		if has(c.events(), "rollback-closed") {
			break
		}
		if !left && c.goneBack() >= 4 {
			left = true
			c.leavesTheRollback()
		}
		c.rollsOn()
	}
	es := c.events()
	if !has(es, "rollback-closed") {
		c.Fatalf("the rollback does not end:\n%s", c.screen())
	}
	if !left {
		c.Error("the rollback ended before the test could leave it in the middle")
	}
	words := map[string]int{}
	for _, e := range es {
		if e.Kind == "rollback-confirmed" {
			words[e.Data.Host]++
		}
	}
	for host, n := range words {
		if n != 1 {
			c.Errorf("the word of %s was taken %d times, want once per host", host, n)
		}
	}
	c.until("2.40 on all panes, and twelve workers", func(s string) bool {
		return strings.Count(s, "Ray 2.40.0") == 4 && strings.Contains(s, "12/12")
	})
	c.leaves()
	c.endFleet(c.T)
	for _, host := range []string{"head", "w81", "w82", "w80"} {
		out := c.onHost(host, "docker ps -a --format '{{.Names}} {{.Image}}'")
		if !strings.Contains(out, ":2.40.0") || strings.Contains(out, "2.53") {
			c.Errorf("containers of %s after the rollback:\n%s", host, out)
		}
	}
}

// goneBack counts what the rollback has done so far.
func (c *console) goneBack() int {
	c.Helper()
	n, open := 0, false
	for _, e := range c.events() {
		open = open || e.Kind == "rollback-opened"
		if open && e.Kind == "exited" {
			n++
		}
	}
	return n
}

func has(es []event, kind string) bool {
	for _, e := range es {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

// leavesTheRollback leaves and comes back: nothing goes on before a person says so.
func (c *console) leavesTheRollback() {
	c.leavesBy("C-c")
	n := c.count("intended")
	c.back()
	s := c.live4()
	c.Logf("back in the middle:\n%s", s)
	if now := c.count("intended"); now != n {
		c.Errorf("%d attempts began by themselves after coming back to an open rollback", now-n)
	}
}

// live4 waits until four servers are in reach.
func (c *console) live4() string {
	c.Helper()
	return c.until("four servers in reach", func(s string) bool { return len(up.FindAllString(s, -1)) == 4 })
}

var hostWord = regexp.MustCompile(`type  ((?:head|w8\d)(?: rehearsal)?)  to confirm`)

// question reports whether one is open.
func question(screen string) bool { return strings.Contains(screen, "the question is focused") }

// rollsOn answers what the rollback asks for; while nothing happens, it tells
// it to go on.
func (c *console) rollsOn() {
	c.Helper()
	n, since := len(c.events()), time.Now()
	s := c.until("a question, progress or a standstill", func(s string) bool {
		if now := len(c.events()); now > n {
			return true
		}
		return question(s) || time.Since(since) > standstill
	})
	switch m := hostWord.FindStringSubmatch(s); {
	case !question(s) && len(c.events()) > n:
	case !question(s):
		c.press("R")
		c.see("ROLLBACK of run")
		c.press("x")
		c.gone("ROLLBACK of run")
	case m != nil:
		c.press("C-u")
		c.write(m[1])
		c.press("Enter")
		c.gone("type  " + m[1])
	case strings.Contains(s, "everything below"):
		c.yes("everything below")
	case strings.Contains(s, "MARK "):
		c.press("C-u")
		c.write("seen by both of us")
		c.press("Enter", "y")
		c.gone("MARK ")
	case strings.Contains(s, "EXECUTE "):
		c.yes("EXECUTE ")
	default:
		c.Fatalf("nobody expected this question:\n%s", s)
	}
}

// standstill is how long nothing happens before a person tells it to go on.
const standstill = 3 * time.Second
