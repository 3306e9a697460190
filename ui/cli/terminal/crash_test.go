package terminal

import (
	"strings"
	"testing"
)

// TestCrashLoop: workers that crash over and over hold the roll-out, and the run
// goes all the way back.
func TestCrashLoop(t *testing.T) {
	t.Parallel()
	c := rehearseWith(t, wide, lasting, "--fault", "crash-loop:w82")
	c.live()
	c.stage("to the gate", func(c *console) {
		c.phase()
		c.waitRow("Build 2.53", "done 4/4")
		c.announces()
		c.opensTheGate()
	})
	c.stage("typed words", (*console).stopsTheCluster)
	c.stage("held by itself", (*console).holdsTheCrash)
	c.stage("the cursor", (*console).findsTheCrash)
	c.stage("rolled back", func(c *console) {
		c.rollsBack("w82 crashes", "")
		c.allIsOld()
	})
	c.stage("nothing twice", (*console).onceEach)
}

// lasting lets the trigger of lost nodes look back as far as this scene is long:
// at the speed of these tests its ten minutes are one second. A day is the most
// that a trigger may look back.
func lasting(t *testing.T, book string) string {
	const when = "when     = { probe = \"lost\", want = \"> 3\", within = "
	return with(t, book, when+"\"10m\"", when+"\"24h\"")
}

const crashed = "FAILED: Start this server's 2.53 workers on w82"

func (c *console) holdsTheCrash() {
	c.startsSequence()
	c.see(crashed, "exit code 1", "[ esc hold ]", "r retry", "crashed, and starts again")
	n := len(c.events())
	c.press("Enter") // takes the answer that is marked: to hold
	c.gone("FAILED:")
	if now := c.events(); count(now, "intended") != count(now[:n], "intended") || has(now[n:], "rollback-opened") {
		c.Errorf("to hold did something: %v", now[n:])
	}
	c.see("TRIGGER FIRED: More than three nodes lost", "[ esc hold ]", "R roll back phase rollout") // it proposes, and starts nothing
	c.press("Enter")
	c.gone("TRIGGER FIRED: More than three nodes lost")
}

// findsTheCrash: the cursor is on what failed, comes back to it, and R offers
// what it belongs to.
func (c *console) findsTheCrash() {
	onCrash := func(s string) bool {
		at := cursor(s)
		return strings.Contains(at, "Start this server's 2.53 workers") && strings.Contains(at, "failed")
	}
	c.until("the cursor on what failed", onCrash)
	c.press("g")
	c.until("the cursor on the first row", func(s string) bool { return strings.Contains(cursor(s), "Prerequisites") })
	c.press(".")
	c.until("the cursor on what failed again", onCrash)
	c.press("h", "h", "h", "h") // to its server, which folds, and to its phase, which folds too
	c.until("the cursor on the folded phase", func(s string) bool {
		return strings.Contains(cursor(s), "▸ [!] Roll-out") && row(s, "Start this server's") == ""
	})
	c.press(".")
	c.until("the cursor on what failed, out of the folds", onCrash)
	c.press("R")
	c.see("ROLL BACK what?", "r the run   p phase rollout   o host w82")
	c.press("Escape")
	c.gone("ROLL BACK what?")
}
