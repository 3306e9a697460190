package local

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"belay/runner/job"
)

func TestRun(t *testing.T) {
	h := newHost(t)
	for _, tt := range []struct {
		name  string
		s     job.Script
		limit int
		out   string
		err   string
		exit  int
	}{
		{"both streams", script("echo out; echo err >&2; exit 3"), 100, "out\n", "err\n", 3},
		{"cut", script("echo 1234567"), 4, "1234", "", 0},
		{"stdin is empty", script("cat; echo end"), 100, "end\n", "", 0},
		{"set -e", script("false; echo no"), 100, "", "", 1},
		{"surroundings", job.Script{Text: `echo "$A $PWD"`, Dir: "/", Env: []string{"A=x y"}}, 100, "x y /\n", "", 0},
		{"no such dir", job.Script{Text: "true", Dir: "/no/such"}, 100, "", "belay: cannot change to the directory /no/such\n", 126},
		{"killed", script("kill -9 $$"), 100, "", "", 137},
		{"long text", script("echo first\n" + strings.Repeat("# filler\n", 20_000) + "echo last"), 100, "first\nlast\n", "", 0},
		{"ends before its text", script("exit 4\n" + strings.Repeat("# filler\n", 20_000)), 100, "", "", 4},
	} {
		r, err := h.Run(ctxFor(t), tt.s, tt.limit)
		if err != nil || string(r.Out) != tt.out || string(r.Err) != tt.err || r.Exit != tt.exit {
			t.Errorf("%s: %q %q %d %v", tt.name, r.Out, r.Err, r.Exit, err)
		}
	}
	r, err := h.Run(ctxFor(t), script("head -c 20000 /dev/zero | tr '\\0' x >&2; echo end >&2"), 10)
	if err != nil || len(r.Err) != errTail || !bytes.HasSuffix(r.Err, []byte("end\n")) {
		t.Errorf("%d bytes of stderr, %v", len(r.Err), err)
	}
}

// When the context ends, so does all of the session, at once.
func TestRunEndsWithItsContext(t *testing.T) {
	h := newHost(t)
	pid := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		_, err := h.Run(ctx, script("sleep 60 & echo $! >"+pid+"; wait"), 10)
		ended <- err
	}()
	child, ok := find(pidOf(t, pid))
	if !ok {
		t.Fatal("no child")
	}
	begun := time.Now()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) || time.Since(begun) > killAfter {
		t.Fatal(err, time.Since(begun))
	}
	until(t, "the child is gone", func() bool { return !child.alive() })
}

// safe is a buffer for two goroutines.
type safe struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safe) Write(p []byte) (int, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.b.Write(p) }
func (s *safe) String() string              { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

func TestStream(t *testing.T) {
	h := newHost(t)
	var out safe
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Stream(ctx, script("echo a; echo b >&2; trap '' TERM; exec sleep 60"), &out) }()
	until(t, "both lines are there", func() bool { return len(out.String()) == 4 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := h.Stream(ctxFor(t), script("exit 3"), &out); err == nil || !strings.Contains(err.Error(), "exit code 3") {
		t.Fatal(err)
	}
	if err := h.Stream(ctxFor(t), script("exit 0"), &out); err != nil {
		t.Fatal(err)
	}
}

func TestNothingOfAScriptInPS(t *testing.T) {
	h := newHost(t)
	mine := strconv.Itoa(os.Getpid())
	r, err := h.Run(ctxFor(t), script(": needle_"+mine+"\nps ax -o args 2>/dev/null || true"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Out) == 0 {
		t.Skip("no ps on this machine")
	}
	if bytes.Contains(r.Out, []byte("needle_"+mine)) {
		t.Fatal("the script's text is an argument")
	}
}

// BenchmarkLaunch is one attempt, from the request to the proof of its start.
func BenchmarkLaunch(b *testing.B) {
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	h := New(filepath.Join(b.TempDir(), "jobs"), exe)
	n := 0
	for b.Loop() {
		n++
		if _, err := h.Launch(context.Background(), job.Request{ID: "a" + strconv.Itoa(n), Script: script("true")}); err != nil {
			b.Fatal(err)
		}
	}
	for i := range n { // nothing may write to the folder when it is removed
		h.Attach(context.Background(), "a"+strconv.Itoa(i+1), 0, func(job.Chunk) error { return nil })
	}
}
