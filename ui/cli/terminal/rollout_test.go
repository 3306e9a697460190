package terminal

// The rule of this file: a phase is carried on as an operator does it: start
// what needs no person, read why it stopped, do by hand what it stopped for.

import (
	"regexp"
	"strings"
)

// asked finds the words that a question wants typed before a sequence.
var asked = regexp.MustCompile(`type  (\d hosts|\d servers|\d workers|head|w8\d)  to confirm`)

// toTheEnd executes the phase, again and again, and does by hand what it stops
// for, until the phase is finished.
func (c *console) toTheEnd() {
	for range 20 {
		if finished(c.goesOn()) {
			c.until("2.53 on all panes, and twelve workers", func(s string) bool {
				return len(version("2.53.0").FindAllString(s, -1)) == 4 && strings.Contains(s, "12/12")
			})
			return
		}
	}
	c.Fatalf("the phase is not finished:\n%s", c.screen())
}

var phaseDone = regexp.MustCompile(`\[x\] Roll-out .*done (\d+)/(\d+)`)

// finished reports whether the whole phase is done.
func finished(screen string) bool {
	m := phaseDone.FindStringSubmatch(screen)
	return m != nil && m[1] == m[2]
}

// goesOn does what is next: the rest of the phase, or what a person has to do.
// It gives the screen after it.
func (c *console) goesOn() string {
	c.Helper()
	c.press(".")
	at := cursor(c.until("the cursor on what is next", func(s string) bool { return strings.Contains(cursor(s), "[ ] ") }))
	switch {
	case strings.Contains(at, "Seconds per epoch"):
		return c.records("Seconds per epoch", "176")
	case strings.Contains(at, "Memory per worker"):
		return c.records("Memory per worker", "1.4")
	case strings.Contains(at, "Start the training"): // a point of no return is asked for by itself
		c.press("x")
		c.see("EXECUTE Start the training", "point of no return")
		c.yes("EXECUTE Start the training")
		return c.waitRow("no return: Start the training", "done")
	case strings.Contains(at, "Put the cleanup cron back"):
		c.press("x")
		c.waitRow("Put the cleanup", "waits for a person")
		c.press("m")
		c.see("MARK DONE Put the cleanup")
		c.write("four crontabs compared")
		c.press("Enter")
		c.yes("MARK DONE Put the cleanup")
		return c.waitRow("Put the cleanup", "marked done")
	}
	return c.restOfPhase()
}

// records gives a figure and where it comes from.
func (c *console) records(title, figure string) string {
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
	return c.waitRow(title, "done")
}

// restOfPhase starts a sequence over the phase and waits until the screen says
// that it has ended.
func (c *console) restOfPhase() string {
	c.Helper()
	before := c.count("sequence-ended")
	c.startsSequence()
	return c.until("the end of the sequence", func(s string) bool {
		if strings.Contains(s, "FAILED:") {
			c.Fatalf("a step failed:\n%s", s)
		}
		return stopped.MatchString(lastFact(s, " sequence ")) && c.count("sequence-ended") > before
	})
}

// startsSequence executes the phase and gives the words that it asks for.
func (c *console) startsSequence() {
	c.Helper()
	before := c.count("sequenced")
	c.selects("phase rollout", "Roll-out")
	c.press("x")
	s := c.until("a question, or a sequence that needs none", func(s string) bool {
		return strings.Contains(s, "of rollout (") && strings.Contains(s, "esc cancel") || c.count("sequenced") > before
	})
	switch m := asked.FindStringSubmatch(s); {
	case m != nil:
		c.write(m[1])
		c.press("Enter")
		c.gone("of rollout (")
	case strings.Contains(s, "of rollout ("):
		c.yes("of rollout (")
	}
}

// stopped is how the run's log tells the end of a sequence.
var stopped = regexp.MustCompile(` sequence (stopped:|done)`)

// lastFact is the newest line of the run's log that says some words.
func lastFact(screen, words string) string {
	last := ""
	for _, line := range pane(screen, "3 Run log") {
		if stamp.MatchString(line) && strings.Contains(line, words) {
			last = line
		}
	}
	return last
}
