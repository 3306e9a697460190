package terminal

// The rule of this file: a rollback is answered as an operator does it: what it
// asks for is given, and where it waits without a question, R lets it go on.

import (
	"regexp"
	"strings"
)

// rollsBack takes the whole run back. In the middle of an undo, named by the end
// of its attempt's id, it leaves the console and comes back; "" is never.
func (c *console) rollsBack(why, leaveIn string) {
	c.Helper()
	c.press("R")
	c.see("ROLL BACK what?")
	c.press("r")
	c.see("ROLL BACK the run: the whole plan", "reason")
	c.write(why)
	c.press("Enter")
	c.yes("the whole plan")
	c.recorded("an open rollback", func(es []event) bool { return has(es, "rollback-opened") })
	left := leaveIn == ""
	for range 60 {
		es := c.events()
		if has(es, "rollback-closed") {
			break
		}
		if !left && named(es, "intended", leaveIn) {
			left = true
			c.leavesTheRollback(leaveIn)
		}
		c.rollsOn()
	}
	if !has(c.events(), "rollback-closed") {
		c.Fatalf("the rollback does not end:\n%s", c.screen())
	}
	if !left {
		c.Error("the rollback ended before the test could leave it in the middle")
	}
	c.onceAHost()
	c.isToldTheEnd()
}

// isToldTheEnd: the end of a rollback is on the screen by itself, the cursor stays
// with it, and nothing there goes forward.
func (c *console) isToldTheEnd() {
	c.Helper()
	c.see(backEnded, "undos done", "took", "esc close")
	c.press("Escape")
	c.gone(backEnded)
	s := c.until("the cursor on the rollback that has ended", func(s string) bool {
		return strings.Contains(cursor(s), "[x] Rollback of run") && strings.Contains(cursor(s), "done")
	})
	if strings.Contains(s, "x execute") {
		c.Errorf("the footer offers to go forward as if nothing had been:\n%s", s)
	}
	if strings.Contains(s, "TRIGGER FIRED") {
		c.Errorf("a trigger is still red after the rollback that it proposed:\n%s", s)
	}
}

const backEnded = "ROLLBACK of run ended after"

// onceAHost holds that no host's word was taken twice.
func (c *console) onceAHost() {
	c.Helper()
	words := map[string]int{}
	for _, e := range c.events() {
		if e.Kind == "rollback-confirmed" {
			words[e.Data.Host]++
		}
	}
	for host, n := range words {
		if n != 1 {
			c.Errorf("the word of %s was taken %d times, want once per host", host, n)
		}
	}
}

// allIsOld holds that every server runs 2.40 and nothing else: the panes say
// so, and so do the servers themselves when the fleet has ended.
func (c *console) allIsOld() {
	c.until("2.40 on all panes, and twelve workers", func(s string) bool {
		return len(version("2.40.0").FindAllString(s, -1)) == 4 && strings.Contains(s, "12/12")
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

// version finds the panes of servers that run a version of Ray.
func version(of string) *regexp.Regexp {
	return regexp.MustCompile(`containers \d+/\d+ +Ray ` + regexp.QuoteMeta(of))
}

// named reports whether an event of a kind is of an attempt that is named by
// the end of its id.
func named(es []event, kind, attempt string) bool {
	for _, e := range es {
		if e.Kind == kind && strings.HasSuffix(e.Data.Attempt, "."+attempt) {
			return true
		}
	}
	return false
}

func has(es []event, kind string) bool {
	for _, e := range es {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

// leavesTheRollback leaves in the middle of an undo and comes back: the undo is
// found again and ends, and nothing goes on before a person says so.
func (c *console) leavesTheRollback(undo string) {
	c.Helper()
	c.recorded("an undo that runs: "+undo, func(es []event) bool { return named(es, "started", undo) })
	c.leavesBy("C-c")
	was := c.events()
	if named(was, "exited", undo) {
		c.Fatalf("%s had ended before the console was left; nothing was shown", undo)
	}
	c.back()
	c.until("a rollback that waits", func(s string) bool { return asks.MatchString(s) || rollbackWaits(s) })
	now := c.events()
	if !named(now, "exited", undo) || !named(now, "verified", undo) {
		c.Errorf("%s is not followed to its end", undo)
	}
	if n := count(now, "intended") - count(was, "intended"); n != 0 {
		c.Errorf("%d attempts began by themselves after coming back to an open rollback", n)
	}
}

// rollbackWaits reports whether the open rollback waits for a person.
func rollbackWaits(screen string) bool {
	return strings.Contains(row(screen, "Rollback of run"), "waits for a person")
}

// rollbackOver reports whether the run's log tells the end of a rollback.
func rollbackOver(screen string) bool {
	return strings.HasSuffix(strings.TrimSpace(lastFact(screen, "rollback ")), "rollback finished")
}

// asks finds what a rollback asks for.
var asks = regexp.MustCompile(`type  ((?:head|w8\d|local)(?: rehearsal)?)  to confirm|MARK (?:UNDONE|DONE) |EXECUTE `)

// rollsOn answers what the rollback asks for; where it waits without a question,
// it is told to go on.
func (c *console) rollsOn() {
	c.Helper()
	s := c.until("a question, or a rollback that waits or is over", func(s string) bool {
		if strings.Contains(s, "FAILED:") {
			c.Fatalf("the rollback failed:\n%s", s)
		}
		return asks.MatchString(s) || rollbackWaits(s) || rollbackOver(s) || strings.Contains(s, backEnded)
	})
	switch m := asks.FindStringSubmatch(s); {
	case m != nil:
		n := len(c.events())
		c.answersRollback(m[0], m[1])
		c.recorded("what came of the answer", func(es []event) bool { return len(es) > n })
	case rollbackWaits(s):
		c.press("R")
		s = c.until("a question", func(s string) bool { return asks.MatchString(s) || strings.Contains(s, "ROLLBACK of the run") })
		if asks.MatchString(s) {
			return // it asked by itself in the same moment
		}
		c.press("x")
		c.gone("ROLLBACK of the run")
	default:
		c.recorded("the end of the rollback", func(es []event) bool { return has(es, "rollback-closed") })
	}
}

// answersRollback gives what the open question of a rollback asks for: a word,
// a yes, or what shows that something was done.
func (c *console) answersRollback(question, word string) {
	c.Helper()
	switch {
	case word != "":
		c.press("C-u")
		c.write(word)
		c.press("Enter")
		c.gone("type  " + word)
	case strings.HasPrefix(question, "MARK"):
		c.press("C-u")
		c.write("seen by both of us")
		c.press("Enter", "y")
		c.gone(question)
	default:
		c.yes(question)
	}
}
