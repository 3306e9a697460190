package terminal

import (
	"strings"
	"testing"
)

// TestTrouble: a build that fails is held, retried and taken back; a step is
// skipped.
func TestTrouble(t *testing.T) {
	t.Parallel()
	c := rehearse(t, wide, "--fault", "exit:3:build@w81")
	c.live()
	c.phase()
	c.stage("held by itself", (*console).holdsTheFailure)
	c.stage("retried", (*console).retriesTheBuild)
	c.stage("skipped", (*console).skipsTheAnnouncement)
	c.stage("undone", (*console).undoesTheBuild)
	c.stage("nothing twice", (*console).onceEach)
}

const failed = "FAILED: Build 2.53 in a worktree, under a new tag on w81"

func (c *console) holdsTheFailure() {
	c.see(failed, "exit code 3", "[ esc hold ]", "r retry") // nobody asked for it
	n := c.count("intended")
	c.press("Enter") // takes the answer that is marked: to hold
	c.gone("FAILED:")
	c.recorded("the other builds' end", func(es []event) bool { return len(attempts(es, "exited", "build")) == 4 })
	c.waitRow("Build 2.53", "failed")
	c.selects("goto build w81", "w81")
	c.press("Enter")
	c.see(failed)
	c.press("Right", "Enter") // on retry it leads to retry's own question
	c.see("RETRY Build 2.53")
	c.press("Enter") // which Enter leaves, and never confirms
	c.gone("RETRY Build 2.53")
	if now := c.count("intended"); now != n {
		c.Errorf("Enter started %d attempts", now-n)
	}
}

func (c *console) retriesTheBuild() {
	c.selects("goto build w81", "w81")
	c.press("r")
	c.yes("RETRY Build 2.53")
	c.waitRow("Build 2.53", "done 4/4")
	got := attempts(c.events(), "started", "build")
	if n := len(got); n != 5 || !strings.HasSuffix(got[n-1], ".build.w81.2") {
		c.Errorf("the builds are %q, want one of each server and a second one of w81", got)
	}
}

func (c *console) skipsTheAnnouncement() {
	c.selects("goto announce", "Announce")
	c.press("s")
	c.see("SKIP Announce", "reason")
	c.press("Enter") // without a reason there is no skip
	c.see("SKIP Announce", "say something")
	c.write("nobody uses it tonight")
	c.press("Enter")
	c.yes("SKIP Announce")
	c.waitRow("Announce", "skipped")
	c.recorded("the reason", func(es []event) bool {
		last := es[len(es)-1]
		return last.Kind == "skipped" && last.Data.Reason == "nobody uses it tonight"
	})
}

func (c *console) undoesTheBuild() {
	c.selects("goto build w80", "w80")
	c.press("u")
	c.see("UNDO Build 2.53", "on w80")
	c.press("Enter")
	c.gone("UNDO Build")
	c.press("u")
	c.yes("UNDO Build 2.53")
	c.until("w80 undone", func(s string) bool {
		return strings.Contains(cursor(s), "undone") || strings.Contains(row(s, "w80"), "undone")
	})
}
