package remote

// The shells that looks are asked of, on a real sshd.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"belay/runner/job"
	"belay/runner/remote/sshdtest"
)

// logins is an sshd whose start-up files count how often they are read.
func logins(t *testing.T, more string, o sshdtest.Options) (s *sshdtest.Server, n func() int) {
	s = sshdtest.Start(t, o)
	count := filepath.Join(s.Home, "logins")
	write(t, filepath.Join(s.Home, ".bashrc"), "echo Welcome; echo careful >&2; echo x >>"+count+"\n"+more)
	return s, func() int {
		b, _ := os.ReadFile(count)
		return bytes.Count(b, []byte("\n"))
	}
}

func look(t *testing.T, h *Host, text string) string {
	t.Helper()
	r, err := h.Run(within(t, 30*time.Second), job.Script{Text: text}, 1<<20)
	if err != nil || r.Exit != 0 {
		t.Fatalf("%s: %+v, %v", text, r, err)
	}
	return string(r.Out)
}

// TestStartUpFilesArePaidOnce, by looks in turn and by many at once.
func TestStartUpFilesArePaidOnce(t *testing.T) {
	s, paid := logins(t, "sleep 0.3\n", sshdtest.Options{})
	h := open(t, settings(s))
	for i := range 30 {
		if out := look(t, h, fmt.Sprintf("echo %d", i)); out != fmt.Sprintf("%d\n", i) {
			t.Fatalf("%d: %q", i, out)
		}
	}
	if paid() != 1 {
		t.Errorf("30 looks in turn paid %d times", paid())
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 10 {
				if want := fmt.Sprintf("%d-%d\n", i, j); look(t, h, "sleep 0.02; echo "+want) != want {
					t.Errorf("an answer to another look")
				}
			}
		})
	}
	wg.Wait()
	if n := paid(); n > h.limits.Sessions {
		t.Errorf("40 looks, four at a time, paid %d times", n)
	}
}

// TestEverySh that a server may have.
func TestEverySh(t *testing.T) {
	for _, name := range []string{"dash", "bash", "busybox"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Logf("%s is not on this machine", name)
			continue
		}
		bin := t.TempDir()
		if err := os.Symlink(path, filepath.Join(bin, "sh")); err != nil {
			t.Fatal(err)
		}
		s, paid := logins(t, "export PATH="+bin+":$PATH\n", sshdtest.Options{})
		h := open(t, settings(s))
		for i := range 3 {
			r, err := h.Run(within(t, 30*time.Second), job.Script{Text: "echo $" + "0; echo err >&2; exit " + strconv.Itoa(i), Dir: "/", Env: []string{"A=b"}}, 100)
			if err != nil || r.Exit != i || string(r.Err) != "err\n" || r.Cut {
				t.Errorf("%s: %+v, %v", name, r, err)
			}
		}
		short, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		_, err = h.Run(short, job.Script{Text: "sleep 1000"}, 100)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		look(t, h, "true")
		if paid() > 2 {
			t.Errorf("%s: paid %d times", name, paid())
		}
	}
}

// TestAStuckLookHoldsUpNobody: it ends in its time, alone, with all that it
// started, and the shell is used again.
func TestAStuckLookHoldsUpNobody(t *testing.T) {
	s, paid := logins(t, "", sshdtest.Options{})
	h := open(t, settings(s))
	look(t, h, "true")
	pids := filepath.Join(s.Home, "pids")
	var wg sync.WaitGroup
	for range 3 { // of four shells
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			began := time.Now()
			_, err := h.Run(ctx, job.Script{Text: "trap '' TERM; echo $$ >>" + pids + "; sleep 1000 & echo $! >>" + pids + "; wait"}, 100)
			if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 10*time.Second {
				t.Errorf("%v after %v", err, took)
			}
		})
	}
	await(t, "the stuck ones to run", func() bool { b, _ := os.ReadFile(pids); return bytes.Count(b, []byte("\n")) == 6 })
	began := time.Now()
	for range 20 {
		look(t, h, "echo quick")
	}
	t.Logf("20 looks beside three stuck ones took %v", time.Since(began))
	wg.Wait()
	b, _ := os.ReadFile(pids)
	for _, f := range strings.Fields(string(b)) {
		pid, _ := strconv.Atoi(f)
		await(t, "process "+f+" to be gone", func() bool { return gone(pid) })
	}
	await(t, "the shells to come back", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.idle) == 4 })
	before := paid()
	for range 10 {
		look(t, h, "true")
	}
	if paid() != before || before > 4 {
		t.Errorf("start-up files were read %d times, then %d", before, paid())
	}
}

func gone(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || bytes.Contains(b, []byte(") Z "))
}

// TestLooksThatHangForGoodDoNotPileUp: what a host cannot get rid of keeps its
// place, and is said; when it lets go at last, all is well again.
func TestLooksThatHangForGoodDoNotPileUp(t *testing.T) {
	s, paid := logins(t, "", sshdtest.Options{})
	h := open(t, settings(s))
	look(t, h, "true")
	shells := filepath.Join(s.Home, "shells")
	for range 4 {
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		// its shell stands still, as one that waits for a dead file system does
		_, _ = h.Run(ctx, job.Script{Text: "echo $PPID >>" + shells + "; kill -STOP $PPID; sleep 1000"}, 100)
		cancel()
	}
	b, _ := os.ReadFile(shells)
	defer func() {
		for _, f := range strings.Fields(string(b)) {
			pid, _ := strconv.Atoi(f)
			syscall.Kill(pid, syscall.SIGCONT)
		}
	}()
	var away *job.Unreachable
	await(t, "four to be late", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return h.hanging == 4 })
	await(t, "a refusal", func() bool {
		_, err := h.Run(within(t, 20*time.Second), job.Script{Text: "true"}, 100)
		return errors.As(err, &away) && strings.Contains(err.Error(), "4 looks hang there")
	})
	if n := paid(); n > 10 {
		t.Errorf("start-up files were read %d times", n)
	}
	if _, err := h.Look(within(t, 20*time.Second), "a"); err != nil {
		t.Errorf("an attempt is asked about beside them: %v", err)
	}
	for _, f := range strings.Fields(string(b)) {
		pid, _ := strconv.Atoi(f)
		syscall.Kill(pid, syscall.SIGCONT)
	}
	await(t, "the shells to come back", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.idle) == 4 && h.hanging == 0 })
	look(t, h, "true")
}

// TestASlowLoginIsWaitedForOnce: a look that cannot wait for it leaves it to the
// next, and none begins another.
func TestASlowLoginIsWaitedForOnce(t *testing.T) {
	s, paid := logins(t, "sleep 2\n", sshdtest.Options{})
	h := open(t, settings(s))
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if _, err := h.Run(ctx, job.Script{Text: "echo never"}, 100); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	await(t, "the shell", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.idle) == 1 })
	if out := look(t, h, "echo now"); out != "now\n" || paid() != 1 {
		t.Errorf("%q, paid %d times", out, paid())
	}
}

func TestALongAnswerIsCutAndSaidToBe(t *testing.T) {
	h := open(t, settings(sshdtest.Start(t, sshdtest.Options{})))
	r, err := h.Run(within(t, 30*time.Second), job.Script{Text: "yes"}, 10_000)
	if err != nil || len(r.Out) != 10_000 || !r.Cut {
		t.Errorf("%d bytes, cut %v, %v", len(r.Out), r.Cut, err)
	}
	r, err = h.Run(within(t, 30*time.Second), job.Script{Text: "head -c 10000 /dev/zero"}, 10_000)
	if err != nil || len(r.Out) != 10_000 || r.Cut {
		t.Errorf("%d bytes, cut %v, %v", len(r.Out), r.Cut, err)
	}
}

// TestShellsComeBackAfterTheirLink, and leave nothing behind.
func TestShellsComeBackAfterTheirLink(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	h := open(t, settings(s))
	ok := func() bool {
		r, err := h.Run(within(t, 20*time.Second), job.Script{Text: "echo here"}, 100)
		return err == nil && string(r.Out) == "here\n"
	}
	await(t, "the first answer", ok)
	before := runtime.NumGoroutine()
	for range 10 {
		s.KillConnections()
		await(t, "the host to come back", ok)
	}
	await(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= before+2 })
	pid := strings.TrimSpace(look(t, h, "echo $PPID"))
	n, _ := strconv.Atoi(pid)
	syscall.Kill(n, syscall.SIGKILL) // the shell itself dies while nobody uses it
	await(t, "its end", func() bool { return gone(n) })
	look(t, h, "true")
}

// TestAServerThatAllowsOneSession still answers looks, one after the other.
func TestAServerThatAllowsOneSession(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"MaxSessions 1"}})
	h := open(t, settings(s))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if want := fmt.Sprintln(i); look(t, h, "sleep 0.1; echo "+want) != want {
				t.Error("an answer to another look")
			}
		})
	}
	wg.Wait()
}
