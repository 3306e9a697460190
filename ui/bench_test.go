package ui

// How long a key takes to be painted while four logs flood, in a real pty. It
// stands beside the same screen with logs that stand still, and beside tmux with
// four panes that flood, in the same run.

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/creack/pty"
	"golang.org/x/term"
)

// BenchmarkKeyToPaint reports p50 and p99 of the time from a key to the bytes
// that move the cursor's mark, with four panes.
func BenchmarkKeyToPaint(b *testing.B) {
	b.Run("tmux", tmuxKeyToPaint)
	for _, rate := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("lines-per-pane=%d", rate), func(b *testing.B) { keyToPaint(b, rate) })
	}
}

func keyToPaint(b *testing.B, rate int) {
	near, far, err := pty.Open()
	if err != nil {
		b.Skip("no pty: ", err)
	}
	defer near.Close()
	defer far.Close()
	if err := pty.Setsize(near, &pty.Winsize{Cols: 200, Rows: 50}); err != nil {
		b.Fatal(err)
	}
	if _, err := term.MakeRaw(int(far.Fd())); err != nil {
		b.Fatal(err)
	}
	f := newFake(b, "production")
	ctx, cancel := context.WithCancel(b.Context())
	var flows sync.WaitGroup
	for _, h := range f.hosts {
		flows.Go(func() { flood(ctx, h.Logs[0].Ring, rate, f.changed) })
	}
	painted := make(chan struct{}, 1024)
	go scan(near, []byte("▶"), painted)
	profile := colorprofile.ANSI
	left := make(chan error, 1)
	go func() {
		_, err := Start(ctx, Options{Input: far, Output: far, Environ: []string{"TERM=xterm-256color"}, Profile: &profile,
			width: 200, height: 50, Theme: Dark, Now: time.Now}, f)
		left <- err
	}()
	<-painted
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		time.Sleep(time.Duration(20+i%7*9) * time.Millisecond) // keys come at any moment of a frame
		for len(painted) > 0 {
			<-painted
		}
		begun := time.Now()
		if _, err := near.Write([]byte{"jk"[i%2]}); err != nil {
			b.Fatal(err)
		}
		<-painted
		took = append(took, time.Since(begun))
	}
	cancel()
	if err := <-left; err != nil {
		b.Fatal(err)
	}
	flows.Wait()
	reportTimes(b, took)
}

func reportTimes(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
	b.ReportMetric(0, "ns/op")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// flood writes lines into a log at a rate, in pieces, as a network would.
func flood(ctx context.Context, w io.Writer, rate int, changed chan struct{}) {
	if rate == 0 {
		return
	}
	const pieces = 100 // a second
	tick := time.NewTicker(time.Second / pieces)
	defer tick.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for range rate / pieces {
			n++
			fmt.Fprintf(w, "2026-11-23 21:40:00 (raylet) line %d of a flood, as long as lines of logs are, more or less\n", n)
		}
		select {
		case changed <- struct{}{}:
		default:
		}
	}
}

// scan tells whenever a mark passes in what the program writes.
func scan(r io.Reader, mark []byte, seen chan<- struct{}) {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		for range bytes.Count(buf[:n], mark) {
			select {
			case seen <- struct{}{}:
			default:
			}
		}
		if err != nil {
			return
		}
	}
}
