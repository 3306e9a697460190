package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSafety: what nobody can have meant does nothing, and what a server prints
// is text.
func TestSafety(t *testing.T) {
	t.Parallel()
	c := rehearseWith(t, size{120, 36}, worded)
	c.greets()
	c.live()
	c.stage("paste", (*console).pasted)
	c.stage("too fast", (*console).tooFast)
	c.stage("ctrl-c", (*console).interrupted)
	c.stage("hostile log", (*console).hostile)
	if n := c.count("intended"); n != 0 {
		c.Errorf("%d attempts began", n)
	}
}

const first = "EXECUTE Disk, containers"

// firstStep goes to one server's first step.
func (c *console) firstStep() {
	c.Helper()
	c.selects("goto precheck head", "head")
}

func (c *console) pasted() {
	c.firstStep()
	c.paste("xy\r")
	c.see("a paste is no command")
	c.press("x")
	c.see(first, "y execute")
	c.paste("y\r")
	c.press("Right", "Left") // behind the paste in the same queue; the question still takes keys
	c.see(first, "[ esc cancel ]")
	c.press("Escape")
	c.gone(first)
	c.selects("phase rollout", "Roll-out")
	c.press("x")
	c.see("to confirm: [_")
	c.paste("4 servers\r")
	c.write("4 s") // only what is typed counts
	c.see("to confirm: [4 s_")
	c.press("Escape")
	c.gone("to confirm")
}

func (c *console) tooFast() {
	for _, keys := range [][]string{{"x", "y"}, {"x", "x", "x", "x", "x"}, {"x", "Enter"}, {"x", "Space"}, {"x", "Right", "Enter", "y"}} {
		c.firstStep()
		c.burst(keys...)
		c.see(first, "y execute")
		c.press("Right", "Left")
		c.see(first, "[ esc cancel ]")
		c.press("Escape")
		c.gone(first)
	}
	c.firstStep()
	c.press("x")
	c.see(first, "[ esc cancel ]")
	c.press("Space") // in time, but it is no yes
	c.press("Right", "Enter")
	c.see(first, "Enter confirms nothing; press y")
	c.press("Left", "Enter")
	c.gone(first)
}

func (c *console) interrupted() {
	c.press("C-c")
	c.see("LEAVE the console?", "[ esc stay ]")
	c.press("C-c")
	c.see("LEAVE the console?")
	c.press("Enter")
	c.gone("LEAVE")
	c.press("x")
	c.see(first)
	c.press("C-c")
	c.see("LEAVE the console?")
	c.gone(first)
	c.press("Escape")
	c.gone("LEAVE")
	c.live()
}

// evil is what a log might hold to be more than text.
const evil = "evil \x1b]0;owned\x07\x1b]2;owned\x1b\\\x1b]52;c;b3duZWQ=\x07\x1b[2J\x1b[1;1Howned\x1b[31m\x1bc" +
	"\x9b2J\u202egnp\x1b[?1049l\x1b]8;;http://x\x07 tail\nprogress 50 %\rprogress evil\n"

func (c *console) hostile() {
	title := c.ask("pane_title")
	path := filepath.Join(c.runDir(), "fleet", "hosts", "w81", "var", "lib", "belay-fleet", "docker", "containers", "ray-worker-1", "log")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		c.Fatal(err)
	}
	if _, err := f.WriteString(strings.Repeat(evil, 3)); err != nil {
		c.Fatal(err)
	}
	if err := f.Close(); err != nil {
		c.Fatal(err)
	}
	c.press("5", "z", "w", "/")
	c.write("evil")
	c.press("Enter")
	s := c.see("evil ^[]0;owned^G", "<U+202E>gnp^[[?1049l", "␍ progress evil", "5 w81")
	if !strings.HasPrefix(s, " belay") || !strings.Contains(s, "REHEARSAL") {
		c.Errorf("the head of the screen is not what it was:\n%s", s)
	}
	if now := c.ask("pane_title"); now != title || !strings.HasPrefix(title, "belay ") {
		c.Errorf("the title was %q and is %q", title, now)
	}
	if buffers := c.tmux("list-buffers"); strings.Contains(buffers, "owned") {
		c.Errorf("the clipboard holds %q", buffers)
	}
	if c.ask("alternate_on") != "1" {
		c.Error("the log left the alternate screen")
	}
	c.press("Escape")
	s = c.live()
	for _, host := range []string{"4 head", "6 w82", "7 w80"} {
		if text := strings.Join(pane(s, host), "\n"); text == "" || strings.Contains(text, "owned") {
			c.Errorf("the pane of %s:\n%s", host, text)
		}
	}
}
