package ui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/screentest"
)

// terminal is a real program in front of an emulator.
type terminal struct {
	t    *testing.T
	e    *vt.SafeEmulator
	w, h int
	left chan Result
}

// boot starts the whole screen. The emulator is told that a line feed returns
// the carriage, since its input is no tty (house.md 3.8), and its answers flow
// back as input.
func boot(t *testing.T, f *fake, w, h int) *terminal {
	t.Helper()
	e := vt.NewSafeEmulator(w, h)
	if _, err := e.WriteString("\x1b[20h"); err != nil {
		t.Fatal(err)
	}
	profile := colorprofile.ANSI
	ctx, cancel := context.WithCancel(t.Context())
	term := &terminal{t: t, e: e, w: w, h: h, left: make(chan Result, 1)}
	go func() {
		r, err := Start(ctx, Options{Input: e, Output: e, Environ: []string{"TERM=xterm-256color"}, Profile: &profile, FPS: 60, width: w, height: h}, f)
		if err != nil {
			t.Error(err)
		}
		term.left <- r
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-term.left:
		case <-time.After(10 * time.Second):
			t.Error("the screen does not end with its context")
		}
	})
	return term
}

func (x *terminal) screen() string { return ansi.Strip(x.e.Render()) }

// see waits until the screen says all of these, and holds the rules on it.
func (x *terminal) see(words ...string) string {
	x.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		s := x.screen()
		missing := ""
		for _, w := range words {
			if !strings.Contains(s, w) {
				missing = w
			}
		}
		if missing == "" {
			screentest.Check(x.t, s, x.w, x.h)
			return s
		}
		if time.Now().After(deadline) {
			x.t.Fatalf("the screen never said %q:\n%s", missing, s)
		}
		time.Sleep(5 * time.Millisecond) // between two looks; the condition is what is waited for
	}
}

// key types keys that one question or none takes, after its dead time.
func (x *terminal) key(keys string) {
	x.t.Helper()
	time.Sleep(450 * time.Millisecond) // as long as a dialog listens to nobody: that is under test
	x.e.SendText(keys)
}

func TestWholeScreen(t *testing.T) {
	if testing.Short() {
		t.Skip("short: takes seconds of dead times")
	}
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	x := boot(t, f, 120, 36)
	x.see("REHEARSAL embedded fleet, nothing real is touched, speed 60x", "1 Steps focused", "x execute  ? help", "heartbeat ok", "assumed done")
	x.e.SendText("j")
	x.see("▶    [ ] head")
	x.key("x")
	x.see("EXECUTE Build 2.53", "docker compose build")
	x.key("y")
	x.see("starting")
	task := steps.Task{Step: "build", Host: "head"}
	ring := tail.NewRing(0)
	fmt.Fprint(ring, "\x1b[2J\x1b]0;owned\x07no space left\n")
	f.mu.Lock()
	f.outputs[task] = ring
	id := f.state.Task(task).Attempt().ID
	f.fold(steps.Started{Attempt: id}, steps.Exited{Attempt: id, Code: 1, Why: "exit code 1"})
	f.mu.Unlock()
	x.see("FAILED: Build 2.53", "^[[2J^[]0;owned^Gno space left", "[ esc hold ]")
	x.key("\x1b")
	x.see("failed", "r retry")
	x.key("q")
	x.see("LEAVE the console?")
	x.key("y")
	select {
	case r := <-x.left:
		x.left <- r
		if r.Last.Case.State == nil || r.Last.Case.State.Task(task).Status != steps.TaskFailed {
			t.Error("the result is not what was shown last")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it did not leave")
	}
}

// Hostile text stays in its cell wherever it comes from.
func FuzzHostileText(f *testing.F) {
	for _, s := range []string{"\x1b[31mred", "\x1b]0;t\x07", "a\tb\r50%\r60%", "\u202e\u200b", strings.Repeat("界", 300), "e\u0301\u0301\u0301", "\x9b2J\xff", "[x] [!]", "line\nline"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := newFake(t, "rehearsal")
		for _, h := range r.hosts {
			fmt.Fprintf(h.Logs[0].Ring, "%s\n", text)
		}
		r.hosts[0].Wrong = text
		r.hosts[1].Gauges[1].Reading.Text = text
		r.hosts[1].Gauges[1].Title = text
		r.hosts[2].Host.Role = text
		r.hosts[3].Logs[0].Name = text
		r.book.Title = text
		r.book.Phases[0].Title = text
		r.book.Phases[0].Steps[0].Title = text
		r.book.Phases[0].Steps[0].Note = text
		r.book.Phases[0].Steps[0].Script = text
		r.apply(steps.Drove{Driver: text, Partner: text}, steps.Noted{Text: text}, steps.Held{Scope: steps.Scope{Host: "w80"}, Reason: text})
		task := steps.Task{Step: "backup", Host: "head"}
		ring := tail.NewRing(0)
		fmt.Fprintf(ring, "%s\n", text)
		r.outputs[task] = ring
		for _, s := range [][2]int{{80, 24}, {160, 45}} {
			d := sit(t, r, s[0], s[1])
			for _, keys := range []string{"1", "p", "esc", "2", "3", "a", "esc", "R", "esc", "4", "z", "w"} {
				d.press(keys)
				hold(t, d.screen(), s[0], s[1])
			}
		}
	})
}

// hold is what no text may break: the width of lines, and that nothing in them
// moves the cursor. What a title says is the file's own business.
func hold(t *testing.T, screen string, w, h int) {
	t.Helper()
	lines := strings.Split(screen, "\n")
	if len(lines) > h {
		t.Fatalf("%d lines on %d", len(lines), h)
	}
	for _, l := range lines {
		if ansi.StringWidth(l) > w {
			t.Fatalf("%d columns on %d: %q", ansi.StringWidth(l), w, l)
		}
		for _, r := range l {
			if r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e {
				t.Fatalf("%U in %q", r, l)
			}
		}
	}
}
