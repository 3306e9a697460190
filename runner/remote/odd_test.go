package remote

// Servers that are unlike the one on the desk: noisy, forced, rekeying, dying.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"belay/runner/job"
	"belay/runner/remote/sshdtest"
)

func TestNoisyLogin(t *testing.T) {
	banner := filepath.Join(t.TempDir(), "banner")
	write(t, banner, strings.Repeat("Authorised use only.\n", 50_000))
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"Banner " + banner}})
	write(t, filepath.Join(s.Home, ".bashrc"), "trap 'echo Good-bye; exit 66' EXIT\necho Welcome; echo to stderr >&2; printf 'belay: no newline> '\n")
	h := open(t, settings(s))
	ctx := within(t, time.Minute)
	if _, err := h.Launch(ctx, request("n", "echo out; echo V=1 >>\"$BELAY_OUT\"")); err != nil {
		t.Fatal(err)
	}
	var g gather
	if st, err := h.Attach(ctx, "n", 0, g.sink); err != nil || st.Exit != 0 || string(g.b) != "out\n" {
		t.Errorf("%+v, %q, %v", st, g.b, err)
	}
	if v, err := h.Values(ctx, "n"); err != nil || string(v) != "V=1\n" {
		t.Errorf("%q, %v", v, err)
	}
	if id, err := h.Identify(ctx); err != nil || id.User != s.User {
		t.Errorf("%+v, %v", id, err)
	}
	for text, want := range map[string]job.Result{
		"echo 42; echo careful >&2":                   {Out: []byte("42\n"), Err: []byte("careful\n")},
		"printf '42\\n\\036belay'; exit 3":            {Out: []byte("42\n\x1ebelay"), Exit: 3},
		"head -c 300000 /dev/zero | tr '\\0' '\\036'": {Out: bytes.Repeat([]byte{0x1e}, 4096)},
	} {
		r, err := h.Run(ctx, job.Script{Text: text}, 4096)
		if err != nil || !bytes.Equal(r.Out, want.Out) || !bytes.Equal(r.Err, want.Err) || r.Exit != want.Exit {
			t.Errorf("%s: out %.60q, err %q, exit %d, %v", text, r.Out, r.Err, r.Exit, err)
		}
	}
	var tailed bytes.Buffer
	if err := h.Stream(ctx, job.Script{Text: "echo one; echo two"}, &tailed); err != nil || tailed.String() != "one\ntwo\n" {
		t.Errorf("%q, %v", tailed.String(), err)
	}
}

// TestLineComesAtOnce: nothing of a followed line is held back until the next.
func TestLineComesAtOnce(t *testing.T) {
	h := open(t, settings(sshdtest.Start(t, sshdtest.Options{})))
	ctx, stop := context.WithCancel(within(t, time.Minute))
	defer stop()
	r, w := io.Pipe()
	go func() { w.CloseWithError(h.Stream(ctx, job.Script{Text: "echo now; sleep 1000"}, w)) }()
	b := make([]byte, 4)
	if _, err := io.ReadFull(r, b); err != nil || string(b) != "now\n" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestUnusableLoginShell: an account whose shell runs nothing of ours is said to
// be that, in every answer.
func TestUnusableLoginShell(t *testing.T) {
	for name, startup := range map[string]string{
		"exits":      "echo not for you; exit 3\n",
		"eats stdin": "cat >/dev/null\n",
		"another":    "exec cat\n",
	} {
		s := sshdtest.Start(t, sshdtest.Options{})
		write(t, filepath.Join(s.Home, ".bashrc"), startup)
		set := settings(s)
		if name != "exits" {
			set.Limits.Shell = time.Second // it never comes
		}
		h := open(t, set)
		_, err := h.Identify(within(t, 20*time.Second))
		var away *job.Unreachable
		if !errors.As(err, &away) || !strings.Contains(err.Error(), "the login shell of "+s.User+" runs none of our scripts") ||
			!strings.Contains(away.Hint, "echo ok | ssh -p") {
			t.Errorf("%s: %v", name, err)
		}
		if name == "exits" && !strings.Contains(err.Error(), "exit code 3, and said: not for you") {
			t.Error(err)
		}
		if _, err := h.Launch(within(t, 20*time.Second), request("u", "true")); err == nil || job.Proven(err) {
			t.Errorf("%s: a launch said %v", name, err)
		}
	}
}

// TestShellEndsAtOnce: where it ends before we have said what to run, the answer
// is the same as where it ends after.
func TestShellEndsAtOnce(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	write(t, filepath.Join(s.Home, ".bashrc"), "exit 3\n")
	for range 30 {
		_, err := open(t, settings(s)).Identify(within(t, 20*time.Second))
		if err == nil || !strings.Contains(err.Error(), "runs none of our scripts: it ended with exit code 3") {
			t.Fatal(err)
		}
	}
}

// A server that runs something else instead must not be taken for an answer.
func TestForcedCommandIsNoAnswer(t *testing.T) {
	for _, command := range []string{"echo hello", "true", "yes belay", "exit 66"} {
		h := open(t, settings(sshdtest.Start(t, sshdtest.Options{Config: []string{"ForceCommand " + command}})))
		_, err := h.Launch(within(t, 10*time.Second), request("f", "true"))
		if err == nil || job.Proven(err) {
			t.Errorf("%s: %v", command, err)
		}
		if _, err := h.Look(within(t, 10*time.Second), "f"); err == nil {
			t.Errorf("%s: a state was made of it", command)
		} else if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: it was listened to for ever", command)
		}
	}
}

// TestRekeying: make deep takes 2 GB through.
func TestRekeying(t *testing.T) {
	size := 30_000_000
	if deep() {
		size = 2_000_000_000
	}
	h := open(t, settings(sshdtest.Start(t, sshdtest.Options{Config: []string{"RekeyLimit 1M"}})))
	ctx := within(t, 10*time.Minute)
	var n count
	if err := h.Stream(ctx, job.Script{Text: fmt.Sprintf("head -c %d /dev/zero", size)}, &n); err != nil || n != count(size) {
		t.Errorf("%d bytes, %v", n, err)
	}
	t.Logf("figure: %d MB with new keys after each", size/1_000_000)
}

type count int64

func (c *count) Write(p []byte) (int, error) { *c += count(len(p)); return len(p), nil }

// A reader that fails ends its own call and nothing else.
func TestFailingSink(t *testing.T) {
	h := open(t, settings(sshdtest.Start(t, sshdtest.Options{})))
	ctx := within(t, time.Minute)
	if _, err := h.Launch(ctx, request("s", "yes | head -c 1000000")); err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	if _, err := h.Attach(ctx, "s", 0, func(job.Chunk) error { return full }); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if err := h.Stream(ctx, job.Script{Text: "yes"}, failing{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("%v", err)
	}
	if st, err := h.Look(ctx, "s"); err != nil || !st.Started {
		t.Errorf("%+v, %v", st, err)
	}
	if _, err := h.Attach(ctx, "s", 2_000_000, func(job.Chunk) error { return nil }); !errors.Is(err, job.ErrShrunk) {
		t.Errorf("an offset behind the end: %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// TestManySessions: a server with the usual limit takes all that we ask at once.
func TestManySessions(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"MaxSessions 10"}})
	h := open(t, settings(s))
	ctx := within(t, time.Minute)
	// Five looks that wait for each other are more than control has room for.
	meet := fmt.Sprintf("mktemp %[1]s/XXXXXX >/dev/null; while set -- %[1]s/*; [ $# -lt 5 ]; do sleep 0.01; done; echo ok", t.TempDir())
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			if st, err := h.Look(ctx, fmt.Sprint("a-", i)); err != nil || st.State != job.None {
				t.Errorf("%+v, %v", st, err)
			}
			if r, err := h.Run(ctx, job.Script{Text: meet}, 100); err != nil || string(r.Out) != "ok\n" {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
	all.Wait()
	if n := strings.Count(s.Log(), "Accepted publickey"); n != 2 {
		t.Errorf("%d connections, want 2: control and looks", n)
	}
}

// TestACrowdAtTheDoor: a server that takes two handshakes at a time and refuses
// all others lets every host of ours in, one after the other.
func TestACrowdAtTheDoor(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"MaxStartups 2:100:2"}})
	began := time.Now()
	var all sync.WaitGroup
	for range 8 {
		set := settings(s)
		set.Limits = Limits{}
		h := open(t, set)
		all.Go(func() {
			await(t, "every host to get in", func() bool {
				_, err := h.Look(context.Background(), "a")
				return err == nil
			})
		})
	}
	all.Wait()
	if !strings.Contains(s.Log(), "beginning MaxStartups throttling") {
		t.Error("the server refused nobody, so this shows nothing")
	}
	t.Logf("figure: 8 hosts at once through MaxStartups 2:100:2 within %v", time.Since(began).Round(10*time.Millisecond))
}

// descriptors are those that this process has open.
func descriptors(t *testing.T) int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc here")
	}
	return len(list)
}

// TestReconnectsLeaveNothingBehind: make deep breaks the link 1,000 times.
func TestReconnectsLeaveNothingBehind(t *testing.T) {
	cuts := 20
	if deep() {
		cuts = 1000
	}
	s := sshdtest.Start(t, sshdtest.Options{})
	h := open(t, settings(s))
	ctx := within(t, 20*time.Minute)
	look := func() bool {
		_, err := h.Look(ctx, "a")
		if err == nil {
			_, err = h.Run(ctx, job.Script{Text: "true"}, 1)
		}
		return err == nil
	}
	await(t, "the first answer", look)
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	for range cuts {
		s.KillConnections()
		await(t, "the host to come back", look)
	}
	await(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
	await(t, "descriptors to be closed", func() bool { return descriptors(t) <= files })
	t.Logf("figure: %d reconnects: goroutines %d and then %d, descriptors %d and then %d", cuts,
		goroutines, runtime.NumGoroutine(), files, descriptors(t))
}
