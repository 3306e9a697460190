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

// TestAKeyWaitsForNoFrame: a frame of what servers print may have been painted a
// moment ago, or be on its way.
func TestAKeyWaitsForNoFrame(t *testing.T) {
	d := &painted{model: sit(t, newFake(t, "rehearsal"), 80, 24).model, painter: newPainter(io.Discard), every: time.Hour}
	d.painter.stop()
	shown := func() string { return strings.Join(d.painter.next.rows, "\n") }
	d.paint(false)
	if cmd := d.soon(false); cmd == nil || d.due.IsZero() {
		t.Fatal("no frame is on its way")
	}
	before, frame := shown(), d.due
	d.Update(keyOf("j"))
	if shown() == before {
		t.Error("the key was not painted at once")
	}
	if !d.due.Equal(frame) {
		t.Error("the key has taken the place of a frame")
	}
	d.typed, before = time.Now().Add(time.Second), shown() // a key that comes too soon after another
	if _, cmd := d.Update(keyOf("k")); cmd == nil || shown() != before || !d.due.Equal(d.typed.Add(quick)) {
		t.Fatalf("its frame is due in %v", time.Until(d.due))
	}
	d.Update(frameMsg(frame))
	if shown() != before {
		t.Error("a frame that another has taken the place of was painted")
	}
	d.Update(frameMsg(d.due))
	if shown() == before {
		t.Error("its frame was not painted")
	}
}

// TestAKeyFindsTheLinesOfTheLastFrame, of a log that nothing was done with; the
// next frame has the newest.
func TestAKeyFindsTheLinesOfTheLastFrame(t *testing.T) {
	f := newFake(t, "rehearsal")
	d := &painted{model: sit(t, f, 120, 36).model, painter: newPainter(io.Discard), every: time.Hour}
	d.painter.stop()
	shown := func() string { return ansi.Strip(strings.Join(d.painter.next.rows, "\n")) }
	d.paint(false)
	write := func(line string) { fmt.Fprintln(f.hosts[0].Logs[0].Ring, line) }
	write("22:00:01 one more")
	d.Update(keyOf("j"))
	if strings.Contains(shown(), "one more") {
		t.Error("a key has drawn the log anew")
	}
	d.Update(snapshotMsg(f.Snapshot()))
	d.Update(frameMsg(d.due))
	if !strings.Contains(shown(), "one more") {
		t.Errorf("a frame has not drawn the newest line:\n%s", shown())
	}
	write("22:00:02 another one")
	d.typed = time.Time{}
	d.Update(keyOf("4")) // the log's own pane is another now
	if !strings.Contains(shown(), "another one") {
		t.Errorf("the pane that a key has changed has not the newest line:\n%s", shown())
	}
}
