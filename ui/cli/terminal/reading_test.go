package terminal

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestReadingLogs: what an operator does with the log of a server, by keys: it is
// searched, filtered, copied, opened whole; and it is found again as it was left.
func TestReadingLogs(t *testing.T) {
	t.Parallel()
	c := rehearse(t, size{120, 36}, "--fault", "log-flood:w81")
	c.stage("messages", (*console).showsMessages)
	c.stage("search", (*console).searches)
	c.stage("copy", (*console).copies)
	c.stage("pager", (*console).opensThePager)
	c.stage("filter, kept", (*console).keepsTheFilter)
	if n := c.count("intended"); n != 0 {
		t.Errorf("reading started %d attempts", n)
	}
}

// showsMessages: on a board of four narrow panes every server's lines say
// something, and a mark stands for their heads.
func (c *console) showsMessages() {
	c.greets()
	c.live()
	short := regexp.MustCompile(`\d\d:\d\d:\d\d…  ?\S+ \S+`)
	for _, host := range []string{"4 head", "5 w81", "6 w82", "7 w80"} {
		c.until("messages of "+host, func(s string) bool {
			return short.MatchString(strings.Join(pane(s, host), "\n")) || strings.Contains(strings.Join(pane(s, host), "\n"), "W… object")
		})
	}
}

func (c *console) searches() {
	c.press("5")
	c.see("5 w81", "focused")
	c.press("z", "/")
	c.write("object 1")
	c.press("Enter")
	c.until("a match and its count", regexp.MustCompile(`/object 1 [\d,]+ of [\d,]+`).MatchString)
	c.press("n")
	c.see("paused at")
}

func (c *console) copies() {
	c.press("v")
	c.see("y copies, esc ends")
	c.press("k", "k")
	c.press("y")
	c.see("copied 3 lines, also in ~/state/runs/", "clip.txt")
	text, err := os.ReadFile(filepath.Join(c.runDir(), "clip.txt"))
	if err != nil || strings.Count(string(text), "\n") != 3 || !strings.Contains(string(text), "object") {
		c.Fatalf("%v: %q", err, text)
	}
	if got := c.tmux("show-buffer"); strings.TrimSpace(got) != strings.TrimSpace(string(text)) {
		c.Errorf("the terminal has %q in its clipboard, the file %q", got, text)
	}
}

// opensThePager: Ctrl-C and Ctrl-Z in the pager are the pager's, and neither
// ends nor stops the console.
func (c *console) opensThePager() {
	c.press("g", "L")
	c.prints("w81 ray-worker-1  (control characters are shown escaped")
	c.press("C-c", "C-z", "G")
	c.prints("(END)")
	c.press("q")
	c.see("5 w81", "focused", "paused at")
	if files, _ := filepath.Glob(filepath.Join(c.runDir(), "pager*")); len(files) > 0 {
		c.Errorf("the pager's text was left behind: %v", files)
	}
}

// prints waits for a text of another program, which no rule of ours holds.
func (c *console) prints(text string) {
	c.Helper()
	*c.sound = time.Time{}
	for deadline := time.Now().Add(patience); !strings.Contains(c.screen(), text); time.Sleep(between) {
		if time.Now().After(deadline) {
			c.Fatalf("never seen: %q\n%s", text, c.screen())
		}
	}
	*c.seen = time.Now()
}

func (c *console) keepsTheFilter() {
	counted := regexp.MustCompile(`&state-dump \d+ of [\d,]+ lines`)
	c.press("&")
	c.write("state-dump")
	c.press("Enter")
	c.until("a filter with its counts", counted.MatchString)
	c.press("w", "Escape")
	c.leaves()
	c.back()
	c.see("stopped or filtered, as they were left: w81/ray-worker-1")
	c.press("5", "z")
	s := c.until("the filter as it was left", func(s string) bool { return counted.MatchString(s) && strings.Contains(s, "wrap") })
	if strings.Contains(s, "pulling") {
		c.Errorf("a line is shown that does not match:\n%s", s)
	}
}
