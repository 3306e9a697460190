package terminal

import (
	"testing"
	"time"
)

// TestSuspend: Ctrl-Z gives the terminal to the shell that started the console,
// and fg there brings the same screen back.
func TestSuspend(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sizes[0])
	c.stage("without a shell", func(c *console) {
		c.greets()
		c.suspends()
		c.see("no shell here can take the terminal and give it back")
		c.press("j")
		c.gone("no shell here")
		c.leaves()
	})
	c.stage("in a shell", func(c *console) {
		program := c.words
		c.words = []string{"bash", "--norc", "-i"}
		c.back("PS1=ready> ")
		c.prints("ready>")
		line := ""
		for _, w := range program {
			line += w + " "
		}
		c.types(line)
		c.greets()
		c.suspends()
		c.prints("Stopped")
		c.types("echo at the $((40+2))nd minute")
		c.prints("at the 42nd minute")
		c.types("fg")
		c.greets()
		c.see("link up")
		c.press("q")
		c.see("LEAVE the console?")
		c.press("y")
		c.prints("at the 42nd minute") // the shell's own screen, as it was
	})
}

func (c *console) suspends() {
	c.Helper()
	c.press("C-z")
	c.see("SUSPEND the console?", "nobody watches")
	c.press("y")
}

// types gives a line to the shell; until the console draws no rule of ours holds.
func (c *console) types(line string) {
	c.Helper()
	*c.sound = time.Time{}
	c.tmux("send-keys", "-l", line)
	c.press("Enter")
}
