// Package screentest holds the rules that every picture of the screen obeys,
// for all tests that capture one.
package screentest

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// small is the size under which there is one message instead of panes.
const (
	smallW = 60
	smallH = 16
)

// glyph is a state's sign; the text behind it up to the next line between panes
// has to hold one of the words.
var (
	glyph = regexp.MustCompile(`\[[x~! -]\]`)
	words = regexp.MustCompile(`done|overridden|shortened|starting|running|cancelling|verifying|waits for|soak|not seen|undoing|rolling back|` +
		`failed|cancelled|unknown|red|stale|undo failed|not restored|skipped|excluded|left out|not undone|locked|ready|held|undone|green|cannot tell|not signed yet`)
)

// Check holds the rules on one picture of w by h cells. The screen may carry
// colours; its lines are divided by "\n".
func Check(t testing.TB, screen string, w, h int) {
	t.Helper()
	plain := ansi.Strip(screen)
	lines := strings.Split(plain, "\n")
	if len(lines) > h {
		t.Errorf("screen: %d lines on a screen of %d", len(lines), h)
	}
	for i, line := range lines {
		checkLine(t, i+1, line, w)
	}
	if !strings.Contains(plain, "REHEARSAL") && !strings.Contains(plain, "LIVE") {
		t.Errorf("screen: the environment's word is missing:\n%s", plain)
	}
	if w >= smallW && h >= smallH && !strings.Contains(plain, "focused") {
		t.Errorf("screen: no pane is named as focused:\n%s", plain)
	}
}

func checkLine(t testing.TB, n int, line string, w int) {
	t.Helper()
	if got := ansi.StringWidth(line); got > w {
		t.Errorf("screen: line %d is %d wide on a screen of %d: %q", n, got, w, line)
	}
	for _, r := range line {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			t.Errorf("screen: line %d holds %U: %q", n, r, line)
		}
	}
	for _, at := range glyph.FindAllStringIndex(line, -1) {
		rest := line[at[1]:]
		if end := strings.IndexAny(rest, "│║╎"); end >= 0 {
			rest = rest[:end]
		}
		if !words.MatchString(rest) {
			t.Errorf("screen: line %d: %s stands without a word: %q", n, line[at[0]:at[1]], line)
		}
	}
}
