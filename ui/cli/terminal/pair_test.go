package terminal

// The rule of this file: what docs/pairing.md says of two people at one screen
// is so.

import (
	"strings"
	"testing"
	"time"
)

func TestPair(t *testing.T) {
	t.Parallel()
	c := rehearseWith(t, size{120, 36}, func(t *testing.T, book string) string {
		return with(t, book, "\nid      = \"precheck\"", "\nconfirm = \"high\"\nid = \"precheck\"")
	})
	c.see("REHEARSAL", "x execute")
	c.known()
	c.tmux("set", "-g", "window-size", "smallest", ";", "set", "-g", "focus-events", "on")
	driver := c.attach(size{120, 36})
	partner := c.attach(size{80, 24}, "-f", "read-only")
	c.stage("both see the smaller screen", func(c *console) { c.becomes(size{80, 24}) })
	both := func(c *console, words ...string) {
		c.Helper()
		driver.shows(words...)
		partner.shows(words...)
	}
	c.stage("who only looks on can do nothing", func(c *console) {
		partner.press("q", "x", "?")
		driver.press("?")
		c.see("KEYS")
		both(c, "KEYS")
		driver.press("Escape")
		c.gone("KEYS")
		if c.count("intended") != 0 {
			t.Error("a key of the one who looks on was taken")
		}
	})
	c.stage("a window that is left empties the word", func(c *console) {
		driver.press("x")
		c.see("type  head rehearsal")
		c.write("head reh")
		c.tmux("new-window", "sleep 1000")
		c.tmux("select-window", "-t", ":0")
		c.gone("head reh_")
		c.write("head rehearsal")
		driver.press("Escape")
		c.gone("head rehearsal_")
	})
	c.stage("one leaves, and the screen is large again", func(c *console) {
		partner.tmux("send-keys", "C-b", "d")
		c.becomes(size{120, 36})
	})
}

// attach is another terminal, with another size, at the console's session.
func (c *console) attach(s size, flags ...string) *terminal {
	c.Helper()
	words := append([]string{"env", "-u", "TMUX", "tmux", "-L", *c.socket, "attach"}, flags...)
	return open(c.T, s, c.dir, c.environ, words...)
}

// becomes waits until the window has a size and the console fills it.
func (c *console) becomes(s size) {
	c.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(between) {
		got := c.ask("window_width") + "x" + c.ask("window_height")
		if got == s.String() {
			break
		}
		if time.Now().After(end) {
			c.Fatalf("the window is %s, not %s", got, s)
		}
	}
	*c.size, *c.sound = s, time.Time{}
	c.until("a console of this size", fills(s))
}

// shows waits for words on a screen around which another program may have drawn.
func (x *terminal) shows(words ...string) {
	x.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(between) {
		screen, missing := x.screen(), ""
		for _, w := range words {
			if !strings.Contains(screen, w) {
				missing = w
			}
		}
		if missing == "" {
			return
		}
		if time.Now().After(end) {
			x.Fatalf("%q is not shown:\n%s", missing, screen)
		}
	}
}
