package ui

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// rowsOf are n rows of a width, with wide signs and colours among them.
func rowsOf(r *rand.Rand, w, n int) []string {
	out := make([]string, n)
	for i := range out {
		text := fmt.Sprintf("%d ", r.IntN(3)) + strings.Repeat("日本 x", r.IntN(w))
		text = ansi.Truncate(text, w, "")
		text += strings.Repeat(" ", w-ansi.StringWidth(text))
		if r.IntN(2) == 0 {
			text = "\x1b[31m" + text + "\x1b[0m"
		}
		out[i] = text
	}
	return out
}

// Whatever is painted, and whatever is written between, the terminal ends with
// the newest picture. An emulator of somebody else's is the judge.
func TestTheTerminalHasTheNewestPicture(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		w, h := 20+r.IntN(30), 3+r.IntN(10)
		e := vt.NewSafeEmulator(w, h)
		p := newPainter(e)
		fmt.Fprint(p, ansi.SetModeAltScreenSaveCursor)
		var last []string
		for range 200 {
			switch r.IntN(6) {
			case 0:
				fmt.Fprint(p, "\x1b[2J\x1b[3;3Hsomebody else's words")
			case 1: // another program has the screen for a while
				fmt.Fprint(p, ansi.ResetModeAltScreenSaveCursor)
				p.paint(rowsOf(r, w, h), w)
				fmt.Fprint(e, "\x1b[2Jits words")
				last = rowsOf(r, w, h)
				p.paint(last, w)
				fmt.Fprint(p, ansi.SetModeAltScreenSaveCursor)
			case 2:
				w, h = 20+r.IntN(30), 3+r.IntN(10)
				e.Resize(w, h)
				fallthrough
			default:
				last = rowsOf(r, w, h)
				p.paint(last, w)
			}
		}
		p.stop()
		p.flush()
		for y, line := range strings.Split(ansi.Strip(e.Render()), "\n") {
			if want := strings.TrimRight(ansi.Strip(last[y]), " "); strings.TrimRight(line, " \r") != want {
				t.Fatalf("seed %d, row %d: %q\nwant %q", seed, y, line, want)
			}
		}
	}
}

// stuck is a terminal that takes nothing for a while.
type stuck struct {
	mu   sync.Mutex // held: nothing is taken
	got  bytes.Buffer
	came chan struct{}
}

func (s *stuck) Write(b []byte) (int, error) {
	select {
	case s.came <- struct{}{}:
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.Write(b)
}

func TestATerminalThatTakesNothingHoldsUpNobody(t *testing.T) {
	s := &stuck{came: make(chan struct{}, 1)}
	p := newPainter(s)
	fmt.Fprint(p, ansi.SetModeAltScreenSaveCursor)
	<-s.came
	s.mu.Lock()
	p.paint([]string{"frame 0"}, 7)
	<-s.came // a write is under way, and stands still
	begun := time.Now()
	for i := range 10_000 {
		p.paint([]string{fmt.Sprintf("frame %d", i+1)}, 7)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("10,000 pictures took %v", took)
	}
	s.mu.Unlock()
	<-s.came
	p.stop()
	p.flush()
	if n := strings.Count(s.got.String(), "frame "); n > 3 || !strings.Contains(s.got.String(), "frame 10000") {
		t.Errorf("%d pictures, the last not among them: %q", n, s.got.String())
	}
}

// What has not changed is not sent, and where there are no colours none are.
func TestOnlyWhatChangedIsSent(t *testing.T) {
	var got bytes.Buffer
	p := newPainter(&got)
	p.stop() // by hand from here on
	p.colours(colorprofile.Ascii)
	fmt.Fprint(p, ansi.SetModeAltScreenSaveCursor)
	p.paint([]string{"\x1b[31mone\x1b[m", "two"}, 3)
	p.flush()
	got.Reset()
	p.paint([]string{"\x1b[31mone\x1b[m", "TWO"}, 3)
	p.flush()
	if want := "\x1b[?2026h\x1b[2;1HTWO\x1b[m\x1b[?2026l"; got.String() != want {
		t.Errorf("%q", got.String())
	}
	got.Reset()
	p.flush()
	if got.Len() > 0 {
		t.Errorf("%q", got.String())
	}
	p.paint([]string{"\x1b[31mONE\x1b[m", "TWO"}, 3)
	p.flush()
	if strings.Contains(got.String(), "31m") || !strings.Contains(got.String(), "ONE") {
		t.Errorf("%q", got.String())
	}
	_, _ = io.WriteString(p, ansi.ResetModeAltScreenSaveCursor)
	got.Reset()
	p.paint([]string{"xxx", "yyy"}, 3)
	p.flush()
	if got.Len() > 0 {
		t.Errorf("painted on another's screen: %q", got.String())
	}
}
