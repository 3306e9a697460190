package ui

// What an operator would use instead: tmux with a log in each of four panes. A
// fifth pane takes the keys, and its terminal echoes them. Nothing that is fed
// has an upper-case letter in it, so one on the screen is the key that was sent.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/creack/pty"
)

const feedVariable = "BELAY_BENCH_FEED"

// TestMain is a log in a pane of tmux where this binary is started as one.
func TestMain(m *testing.M) {
	if rate, err := strconv.Atoi(os.Getenv(feedVariable)); err == nil {
		flood(context.Background(), os.Stdout, rate, make(chan struct{}))
	}
	os.Exit(m.Run())
}

func tmuxKeyToPaint(b *testing.B) {
	if _, err := exec.LookPath("tmux"); err != nil {
		b.Skip("no tmux to compare with")
	}
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	socket := fmt.Sprintf("belay-bench-%d", os.Getpid())
	tmux := func(words ...string) {
		b.Helper()
		if out, err := exec.Command("tmux", append([]string{"-L", socket, "-f", "/dev/null"}, words...)...).CombinedOutput(); err != nil {
			b.Fatalf("tmux %q: %v: %s", words, err, out)
		}
	}
	feed := []string{"env", feedVariable + "=10000", exe}
	tmux(append([]string{"new-session", "-d", "-x", "200", "-y", "50"}, feed...)...)
	defer exec.Command("tmux", "-L", socket, "kill-server").Run()
	tmux("set", "-g", "status", "off")
	for range 3 {
		tmux(append([]string{"split-window"}, feed...)...)
		tmux("select-layout", "tiled")
	}
	tmux("split-window", "-f", "-l", "2", "cat")
	attach := exec.Command("tmux", "-L", socket, "attach")
	attach.Env = append(os.Environ(), "TERM=xterm-256color", "TMUX=")
	near, err := pty.StartWithSize(attach, &pty.Winsize{Cols: 200, Rows: 50})
	if err != nil {
		b.Fatal(err)
	}
	defer near.Close()
	letters := make(chan byte, 1024)
	go scanLetters(near, letters)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		time.Sleep(time.Duration(20+i%7*9) * time.Millisecond)
		key := byte('A' + i%26)
		begun := time.Now()
		if _, err := near.Write([]byte{key}); err != nil {
			b.Fatal(err)
		}
		awaitLetter(b, letters, key)
		took = append(took, time.Since(begun))
		if key == 'Z' {
			near.Write([]byte{0x15}) // an empty line again
		}
	}
	reportTimes(b, took)
}

func awaitLetter(b *testing.B, letters <-chan byte, want byte) {
	b.Helper()
	for late := time.After(20 * time.Second); ; {
		select {
		case got := <-letters:
			if got == want {
				return
			}
		case <-late:
			b.Fatalf("the key %c was never painted", want)
		}
	}
}

// scanLetters passes on upper-case letters that stand on the screen rather than
// in an escape sequence (ECMA-48: CSI ends with 0x40 to 0x7e).
func scanLetters(r *os.File, letters chan<- byte) {
	buf, state := make([]byte, 64<<10), byte(0)
	for {
		n, err := r.Read(buf)
		for _, c := range buf[:n] {
			switch {
			case c == 0x1b:
				state = c
			case state == 0x1b && (c == '[' || c == ']' || c == 'P' || c == '('):
				state = c
			case state == 0x1b, state == '(', state == '[' && c >= 0x40 && c <= 0x7e, state != 0 && c == 7:
				state = 0
			case state == 0 && c >= 'A' && c <= 'Z':
				select {
				case letters <- c:
				default:
				}
			}
		}
		if err != nil {
			return
		}
	}
}
