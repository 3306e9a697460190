package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMidRun: the runbook is edited in the middle of a run, offered and taken;
// then the terminal is closed in the middle of a step of the new text.
func TestMidRun(t *testing.T) {
	t.Parallel()
	c := rehearse(t, wide)
	c.greets()
	c.live()
	c.stage("the first step", func(c *console) {
		c.press("x")
		c.yes("EXECUTE 4 tasks of Disk, containers")
		c.waitRow("Disk, containers", "done 4/4")
	})
	c.stage("an error in the file", (*console).toldOfAnError)
	c.stage("offered", (*console).keepsTheOldText)
	c.stage("taken", (*console).takesTheNewText)
	c.stage("closed in the build", (*console).closedInTheBuild)
	c.stage("nothing twice", (*console).onceEach)
}

// another is a text in which a step that is done, and one that is not, say more.
// The build goes on for some seconds, also at the speed of these tests.
func another(t *testing.T, book string) string {
	const build = "\ndocker compose build\n"
	book = with(t, book, build, build+"echo the build of the new text\n[ \"$BELAY_HOST\" != w80 ] || sleep 4800\n")
	const title = "title    = \"Build 2.53 in a worktree, under a new tag\""
	return with(t, book, title, "title    = \"Build 2.53 by the new text\"")
}

func (c *console) toldOfAnError() {
	var was string
	c.edits(func(_ *testing.T, book string) string { was = book; return book + "\n[nonsense]\n" })
	c.see("a attention (1)")
	c.press("a")
	c.see("WHAT WANTS A PERSON", "the runbook's file has an error, the run keeps its text:", " runbook.toml:")
	c.press("Escape")
	c.edits(func(*testing.T, string) string { return was })
	c.gone("attention (1)")
}

func (c *console) keepsTheOldText() {
	c.edits(another)
	c.see("THE RUNBOOK HAS CHANGED", "step build: script", "[ esc keep the old text ]")
	c.press("Enter")
	c.gone("THE RUNBOOK HAS CHANGED")
	c.see("a attention (1)", "Build 2.53 in a worktree")
	if n := c.count("amended"); n != 0 {
		c.Errorf("the new text was taken %d times without a yes", n)
	}
}

func (c *console) takesTheNewText() {
	c.press(":")
	c.write("amend")
	c.press("Enter")
	c.yes("THE RUNBOOK HAS CHANGED")
	c.see("Build 2.53 by the new text", "runbook amended, ")
	c.waitRow("Disk, containers", "done 4/4")
	if n := c.count("amended"); n != 1 {
		c.Errorf("the new text was taken %d times, want once", n)
	}
}

func (c *console) closedInTheBuild() {
	c.phase()
	c.recorded("four builds that run", func(es []event) bool { return len(attempts(es, "started", "build")) == 4 })
	fleet := c.fleetPid()
	c.hungUp()
	if named(c.events(), "exited", "build.w80.1") {
		c.Fatal("the build had ended before the terminal was closed; nothing was shown")
	}
	c.anew()
	c.see("REHEARSAL embedded fleet", "Build 2.53 by the new text")
	c.waitRow("Build 2.53 by the new text", "done 4/4")
	if now := c.fleetPid(); now != fleet {
		c.Errorf("the servers are played by process %d, want %d still", now, fleet)
	}
	for _, kind := range []string{"intended", "started", "exited"} {
		if n := len(attempts(c.events(), kind, "build")); n != 4 {
			c.Errorf("%d builds are %s, want each of the four once", n, kind)
		}
	}
	for _, id := range attempts(c.events(), "exited", "build") {
		text, err := os.ReadFile(filepath.Join(c.runDir(), "logs", id+".log"))
		if err != nil || !strings.Contains(string(text), "the build of the new text") {
			c.Errorf("the log of %s does not tell of the new text: %v\n%s", id, err, text)
		}
	}
}
