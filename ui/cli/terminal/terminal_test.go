// Package terminal holds tests only: the built program in a real terminal,
// keys in and screens out.
//
// The rule of this package: a test presses what an operator would press and
// waits for what an operator would see. Every screen that it waits for obeys
// the rules of package screentest.
package terminal

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"belay/ui/screentest"
)

const (
	// patience is how long a screen may take: what it waits for is work on four
	// servers, and the machine may be busy.
	patience = 90 * time.Second
	// between is the time from one look to the next; nothing relies on it.
	between = 40 * time.Millisecond
	// deliberate is how long after a screen appeared a person answers. It is what
	// package dialog asks for: 300 ms after a question opened, and 425 ms of quiet
	// where the program opened it by itself.
	deliberate = 450 * time.Millisecond
)

// terminal is a tmux server of its own with one window and the program in it.
type terminal struct {
	*testing.T
	socket *string
	*size             // as the window is now
	seen   *time.Time // when a screen was last awaited or a key last sent
	sound  *time.Time // when a picture last obeyed the rules; zero while a new one is drawn
}

type size struct{ w, h int }

func (s size) String() string { return fmt.Sprintf("%dx%d", s.w, s.h) }

var servers atomic.Int32

// open starts the program in a terminal. The window outlives the program, so
// that its last words can be read.
func open(t *testing.T, s size, dir string, environ []string, words ...string) *terminal {
	t.Helper()
	x := &terminal{T: t, socket: new(string), size: &s, seen: new(time.Time), sound: new(time.Time)}
	t.Cleanup(x.close)
	x.start(dir, environ, words...)
	return x
}

// start gives the terminal a window with the program in it.
func (x *terminal) start(dir string, environ []string, words ...string) {
	x.Helper()
	*x.sound = time.Time{}
	*x.socket = fmt.Sprintf("belay-%d-%d", os.Getpid(), servers.Add(1))
	config := []string{"-f", "/dev/null", "start-server", ";", "set", "-g", "remain-on-exit", "on", ";", "set", "-g", "status", "off", ";",
		"set", "-g", "default-terminal", "screen-256color", ";", "set", "-g", "set-clipboard", "on", ";", "set", "-sg", "escape-time", "0", ";"}
	size := []string{"new-session", "-d", "-x", strconv.Itoa(x.w), "-y", strconv.Itoa(x.h), "-c", dir}
	cmd := exec.Command("tmux", append(append(append([]string{"-L", *x.socket}, config...), size...), words...)...)
	cmd.Env = environ
	if out, err := cmd.CombinedOutput(); err != nil {
		x.Fatalf("tmux: %v: %s", err, out)
	}
}

// hangUp closes the window under the program, as a lost connection would.
func (x *terminal) hangUp() {
	x.Helper()
	x.tmux("kill-session")
}

// close ends the program, which has no say in it, and then the terminal.
func (x *terminal) close() {
	tmux := func(words ...string) string {
		out, _ := exec.Command("tmux", append([]string{"-L", *x.socket}, words...)...).Output()
		return strings.TrimSpace(string(out))
	}
	dead := func() string { return tmux("display-message", "-p", "#{pane_dead}") }
	if pid, err := strconv.Atoi(tmux("display-message", "-p", "#{pane_pid}")); err == nil && pid > 1 && dead() == "0" {
		_ = syscall.Kill(pid, syscall.SIGKILL)
		for deadline := time.Now().Add(patience); dead() == "0" && time.Now().Before(deadline); {
			time.Sleep(between)
		}
	}
	tmux("kill-server")
}

// stage runs a part of a long scene; what comes after a failed one has no ground.
func (x *terminal) stage(name string, play func(x *terminal)) {
	x.Helper()
	part := *x
	if !x.Run(name, func(t *testing.T) { part.T = t; play(&part) }) {
		x.FailNow()
	}
}

func (x *terminal) tmux(words ...string) string {
	x.Helper()
	out, err := exec.Command("tmux", append([]string{"-L", *x.socket}, words...)...).CombinedOutput()
	if err != nil {
		x.Fatalf("tmux %q: %v: %s", words, err, out)
	}
	return string(out)
}

// ask gives a value of tmux's own, such as pane_title.
func (x *terminal) ask(name string) string {
	x.Helper()
	return strings.TrimSuffix(x.tmux("display-message", "-p", "#{"+name+"}"), "\n")
}

func (x *terminal) screen() string {
	x.Helper()
	return strings.TrimSuffix(x.tmux("capture-pane", "-p"), "\n")
}

// painted is the screen with its colours.
func (x *terminal) painted() string {
	x.Helper()
	return x.tmux("capture-pane", "-p", "-e")
}

// until waits for a screen and holds the rules on it, and on those that pass by.
// A picture may be taken
// while the terminal is still drawing: what counts is what two pictures in a row
// show.
func (x *terminal) until(what string, holds func(screen string) bool) string {
	x.Helper()
	deadline := time.Now().Add(patience)
	before := false
	for looks := 0; ; looks++ {
		s := x.screen()
		x.passes(s)
		held := holds(s)
		if held && before {
			x.rules(s)
			*x.seen, *x.sound = time.Now(), time.Now()
			return s
		}
		before = held
		if time.Now().After(deadline) {
			x.Fatalf("never seen: %s\n%s", what, s)
		}
		if looks%20 == 19 && x.ask("pane_dead") == "1" {
			x.Fatalf("the program ended before this was seen: %s\n%s", what, s)
		}
		time.Sleep(between)
	}
}

// see waits until the screen holds all of these.
func (x *terminal) see(words ...string) string {
	x.Helper()
	return x.until(fmt.Sprintf("%q", words), func(s string) bool {
		for _, w := range words {
			if !strings.Contains(s, w) {
				return false
			}
		}
		return true
	})
}

// gone waits until the screen holds none of these.
func (x *terminal) gone(words ...string) string {
	x.Helper()
	return x.until(fmt.Sprintf("a screen without %q", words), func(s string) bool {
		for _, w := range words {
			if strings.Contains(s, w) {
				return false
			}
		}
		return true
	})
}

// broken collects what the rules say of one picture.
type broken struct {
	testing.TB
	said []string
}

func (b *broken) Helper() {}
func (b *broken) Errorf(format string, args ...any) {
	b.said = append(b.said, fmt.Sprintf(format, args...))
}

// lasts is how long a picture may break the rules while another one is waited
// for: it may be half drawn, and on a busy machine for a while.
const lasts = 2 * time.Second

// passes holds the rules on a picture that nobody waits for. After a new size or
// a new start the first picture that was waited for begins it.
func (x *terminal) passes(screen string) {
	x.Helper()
	if x.sound.IsZero() {
		return
	}
	b := &broken{TB: x.T}
	screentest.Check(b, screen, x.w, x.h)
	switch {
	case len(b.said) == 0:
		*x.sound = time.Now()
	case time.Since(*x.sound) > lasts && x.ask("pane_dead") != "1":
		x.Errorf("for %s: %s", time.Since(*x.sound), strings.Join(b.said, "\n"))
		*x.sound = time.Time{}
	}
}

// rules holds the rules on a picture. A picture may be taken while the terminal
// is still drawing; what is wrong on three in a row is wrong.
func (x *terminal) rules(screen string) {
	x.Helper()
	for range 3 {
		b := &broken{TB: x.T}
		if screentest.Check(b, screen, x.w, x.h); len(b.said) == 0 {
			return
		}
		time.Sleep(between)
		screen = x.screen()
	}
	screentest.Check(x.T, screen, x.w, x.h)
}

// press gives keys, by tmux's names, one after the other as a person does.
func (x *terminal) press(keys ...string) {
	x.Helper()
	for _, k := range keys {
		time.Sleep(time.Until(x.seen.Add(deliberate)))
		x.tmux("send-keys", k)
		*x.seen = time.Now()
	}
}

// burst gives keys at once, faster than anybody could mean them.
func (x *terminal) burst(keys ...string) {
	x.Helper()
	x.tmux(append([]string{"send-keys"}, keys...)...)
	*x.seen = time.Now()
}

// write types text into a field.
func (x *terminal) write(text string) {
	x.Helper()
	time.Sleep(time.Until(x.seen.Add(deliberate)))
	x.tmux("send-keys", "-l", text)
	*x.seen = time.Now()
	x.see(text + "_")
}

// paste is text from the clipboard, as the terminal gives it to a program that
// has asked for bracketed paste.
func (x *terminal) paste(text string) {
	x.Helper()
	time.Sleep(time.Until(x.seen.Add(deliberate)))
	x.tmux("set-buffer", "-b", "pasted", text, ";", "paste-buffer", "-p", "-r", "-b", "pasted")
	*x.seen = time.Now()
}

// resize gives the terminal another size and waits until the program fills it.
func (x *terminal) resize(s size) {
	x.Helper()
	*x.size, *x.sound = s, time.Time{}
	x.tmux("resize-window", "-x", strconv.Itoa(s.w), "-y", strconv.Itoa(s.h))
}

// again runs the program anew in the same window, after it has ended.
func (x *terminal) again(dir string, environ []string, words ...string) {
	x.Helper()
	args := []string{"respawn-pane", "-c", dir}
	for _, pair := range environ {
		args = append(args, "-e", pair)
	}
	*x.sound = time.Time{}
	x.tmux("clear-history", ";", "send-keys", "-R")
	x.tmux(append(args, words...)...)
}

// ended waits for the end of the program and gives its last words.
func (x *terminal) ended() string {
	x.Helper()
	deadline := time.Now().Add(patience)
	for x.ask("pane_dead") != "1" {
		if time.Now().After(deadline) {
			x.Fatalf("the program does not end:\n%s", x.screen())
		}
		time.Sleep(between)
	}
	return x.screen()
}
