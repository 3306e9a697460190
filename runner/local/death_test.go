package local

// Who is killed, and what is then said: never a second run, never a state that
// the count file contradicts.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"belay/runner/job"
)

// waiting is a script that counts itself, writes its shell's pid and waits for
// a file.
func waiting(t *testing.T, end string) (text, gate, pid string, runs func() int) {
	count, runs := counter(t)
	dir := t.TempDir()
	gate, pid = filepath.Join(dir, "gate"), filepath.Join(dir, "pid")
	return fmt.Sprintf("echo x >>%s; echo $$ >%s; until [ -e %s ]; do sleep 0.02; done; %s", count, pid, gate, end), gate, pid, runs
}

func open(t *testing.T, gate string) {
	t.Helper()
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestConsoleKilled(t *testing.T) {
	h := newHost(t)
	text, gate, _, runs := waiting(t, "echo end; exit 9")
	console := startConsole(t, h.root, "a", text)
	kill9(t, console.Process.Pid)
	console.Wait()
	if s := mustLook(t, h, "a"); s.State != job.Running || s.Why != "" || !s.Started {
		t.Fatalf("%+v", s)
	}
	if s := mustLaunch(t, h, "a", text); s.State != job.Running {
		t.Fatalf("%+v", s)
	}
	open(t, gate)
	if out, s := follow(t, h, "a"); s.State != job.Exited || s.Exit != 9 || s.Outside || out != "end\n" || runs() != 1 {
		t.Fatalf("%q %+v %d", out, s, runs())
	}
}

func TestSupervisorKilled(t *testing.T) {
	h := newHost(t)
	text, gate, pid, runs := waiting(t, "exit 9")
	mustLaunch(t, h, "a", text)
	pidOf(t, pid)
	m, err := h.attempt("a").meta()
	if err != nil {
		t.Fatal(err)
	}
	kill9(t, m.Sup.PID)
	until(t, "the supervisor is gone", func() bool { return !m.Sup.alive() })
	if s := mustLook(t, h, "a"); s.State != job.Running || s.Why != "orphan" || !s.Started {
		t.Fatalf("%+v", s)
	}
	open(t, gate)
	if _, s := follow(t, h, "a"); s.State != job.Exited || s.Exit != 9 || s.Outside || s.Why != "" || runs() != 1 {
		t.Fatalf("%+v %d", s, runs())
	}
}

func TestInnerKilled(t *testing.T) {
	h := newHost(t)
	text, gate, pid, runs := waiting(t, "exit 9")
	mustLaunch(t, h, "a", text)
	shell, ok := find(pidOf(t, pid))
	inner, err := h.attempt("a").inner()
	if err != nil || !ok {
		t.Fatal(err, ok)
	}
	kill9(t, inner.PID)
	until(t, "the inner process is gone", func() bool { return !inner.alive() })
	if s := mustLook(t, h, "a"); s.State != job.Running || !shell.alive() {
		t.Fatalf("the shell runs %v, yet %+v", shell.alive(), s)
	}
	open(t, gate)
	if _, s := follow(t, h, "a"); s.State != job.Exited || s.Exit != 137 || !s.Outside || runs() != 1 {
		t.Fatalf("%+v %d", s, runs())
	}
}

func TestBothKilled(t *testing.T) {
	h := newHost(t)
	text, gate, pid, runs := waiting(t, "exit 9")
	mustLaunch(t, h, "a", text)
	shell, _ := find(pidOf(t, pid))
	m, _ := h.attempt("a").meta()
	inner, _ := h.attempt("a").inner()
	kill9(t, m.Sup.PID)
	kill9(t, inner.PID)
	until(t, "both are gone", func() bool { return !m.Sup.alive() && !inner.alive() })
	if s := mustLook(t, h, "a"); s.State != job.Running || s.Why != "orphan" {
		t.Fatalf("%+v", s)
	}
	open(t, gate)
	until(t, "the shell is gone", func() bool { return !shell.alive() })
	if _, s := follow(t, h, "a"); s.State != job.Lost || s.Why != "killed" || !s.Started || runs() != 1 {
		t.Fatalf("%+v %d", s, runs())
	}
	if s := mustLaunch(t, h, "a", text); s.State != job.Lost || runs() != 1 {
		t.Fatalf("launched again: %+v %d", s, runs())
	}
}

// The supervisor, or the inner process, is killed at many moments of its life.
func TestKilledAtAnyMoment(t *testing.T) {
	outcomes := map[string]int{}
	for i := range 40 {
		h := newHost(t)
		count, runs := counter(t)
		text := "echo x >>" + count
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.Launch(context.Background(), job.Request{ID: "a", Script: script(text)})
		}()
		role, dir := []string{"supervisor", "inner"}[i%2], h.attempt("a").dir
		if pid := waitForRole(dir, role, done); pid > 0 {
			timer := time.NewTimer(time.Duration(i/2) * 500 * time.Microsecond)
			select {
			case <-timer.C:
			case <-done:
			}
			if p, err := os.FindProcess(pid); err == nil && roleOf(pid, dir) == role {
				p.Kill()
			}
		}
		<-done
		_, s := follow(t, h, "a")
		mustLaunch(t, h, "a", text) // a retry with the same id never doubles
		_, s2 := follow(t, h, "a")
		n := runs()
		name := fmt.Sprintf("%s started=%v outside=%v runs=%d", s2.State, s2.Started, s2.Outside, n)
		outcomes[name]++
		switch {
		case n > 1, !s.Started && s.State.Settled() && s2 != s:
			t.Fatalf("kill %d of the %s: %+v, then %+v, %d runs", i, role, s, s2, n)
		case s2.State == job.Exited && !s2.Outside && n != 1,
			s2.State == job.NoRun && n != 0,
			s2.State == job.Lost && !s2.Started && n != 0:
			t.Fatalf("kill %d of the %s: %+v, %d runs", i, role, s2, n)
		}
	}
	for name, n := range outcomes {
		t.Logf("%3d  %s", n, name)
	}
}

// waitForRole finds the process of ours that plays a role for a folder.
func waitForRole(dir, role string, done <-chan struct{}) int {
	for {
		all, _ := processes()
		for _, p := range all {
			if roleOf(p.PID, dir) == role {
				return p.PID
			}
		}
		select {
		case <-done:
			return 0
		default:
			runtime.Gosched()
		}
	}
}

func roleOf(pid int, dir string) string {
	if runtime.GOOS != "linux" {
		return ""
	}
	args, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if string(args) == "" || !hasArg(args, dir) {
		return ""
	}
	for _, role := range []string{"supervisor", "inner"} {
		if (proc{PID: pid}).tagged(roleVar + "=" + role) {
			return role
		}
	}
	return ""
}

func hasArg(cmdline []byte, dir string) bool {
	want := "\x00" + HiddenVerb + "\x00" + dir + "\x00"
	return len(cmdline) > len(want) && string(cmdline[len(cmdline)-len(want):]) == want
}

func TestRebootIsLost(t *testing.T) {
	h := newHost(t)
	text, gate, _, runs := waiting(t, "exit 9")
	a := h.attempt("a")
	// The attempt of an earlier boot, whose supervisor's number is alive again.
	me, err := self()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	o := order{ID: "a", Script: script(text)}
	if ours, err := a.commit(meta{Kind: kindRun, ID: "a", Sum: o.sum(), Sup: me, Boot: "another", Tag: newTag()}); !ours || err != nil {
		t.Fatal(err)
	}
	if s := mustLaunch(t, h, "a", text); s.State != job.Lost || s.Why != "reboot" || s.Started || runs() != 0 {
		t.Fatalf("%+v", s)
	}
	open(t, gate)
}

func TestStrangerWithOurNumberIsSpared(t *testing.T) {
	h := newHost(t)
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Skip("no sleep on this machine")
	}
	defer func() { stranger.Process.Kill(); stranger.Wait() }()
	a := h.attempt("a")
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	other := proc{stranger.Process.Pid, "long ago"}
	if ours, err := a.commit(meta{Kind: kindRun, ID: "a", Sup: other, Boot: bootID(), Tag: newTag()}); !ours || err != nil {
		t.Fatal(err)
	}
	if err := writeSynced(a.path(childFile), []byte(fmt.Sprintf(`{"PID":%d,"Start":"long ago"}`, other.PID)), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := h.Cancel(ctxFor(t), "a", 0); err != nil || s.State != job.Lost || s.Why != "killed" {
		t.Fatalf("%+v %v", s, err)
	}
	if p, ok := find(other.PID); !ok || p.PID != other.PID {
		t.Fatal("a stranger was killed")
	}
}

func TestCancel(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Log("no setsid on this machine: the case with a session of its own is as the others")
	}
	for _, tt := range []struct {
		name, text string
		grace      time.Duration
		exit       int
		signal     string
	}{
		{"TERM is honoured", `trap 'echo bye; exit 9' TERM; echo up; while :; do sleep 0.02; done`, 10 * time.Second, 9, "TERM"},
		{"TERM is not caught", `echo up; sleep 60`, 10 * time.Second, 143, "TERM"},
		{"TERM is ignored", `trap '' TERM; echo up; while :; do sleep 0.02; done`, 100 * time.Millisecond, 137, "KILL"},
		{"children that left", `trap '' TERM
(sleep 60 & exec sleep 61) &
command -v setsid >/dev/null && setsid sh -c 'trap "" TERM; sleep 62; sleep 63' &
command -v timeout >/dev/null && timeout 64 sleep 65 &
sleep 0.2; echo up; wait; sleep 66`, 100 * time.Millisecond, 137, "KILL"},
		{"a stopped one", `echo up; kill -STOP $$; sleep 60`, 10 * time.Second, 143, "TERM"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t)
			mustLaunch(t, h, "a", tt.text)
			until(t, "the script is up", func() bool { return mustLook(t, h, "a").Size > 0 })
			s, err := h.Cancel(ctxFor(t), "a", tt.grace)
			if err != nil || s.State != job.Exited || s.Exit != tt.exit || s.Signal != tt.signal || s.Left != 0 || s.Outside {
				t.Fatalf("%+v %v", s, err)
			}
			all, _ := processes()
			for _, p := range all {
				if p.tagged(h.attempt("a").tag()) {
					t.Errorf("%+v is left", p)
				}
			}
			if again, err := h.Cancel(ctxFor(t), "a", 0); err != nil || again.State != job.Exited || again.Exit != tt.exit {
				t.Fatalf("%+v %v", again, err)
			}
		})
	}
}

func TestCancelBeforeLaunchFences(t *testing.T) {
	h := newHost(t)
	count, runs := counter(t)
	if s, err := h.Cancel(ctxFor(t), "a", 0); err != nil || s.State != job.Fenced {
		t.Fatalf("%+v %v", s, err)
	}
	if s := mustLaunch(t, h, "a", "echo x >>"+count); s.State != job.Fenced || runs() != 0 {
		t.Fatalf("%+v", s)
	}
}

// A daemon that a script leaves behind is seen, and is no reason to call the
// attempt running.
func TestLeftBehindIsCounted(t *testing.T) {
	h := newHost(t)
	mustLaunch(t, h, "a", "sleep 60 >/dev/null 2>&1 &\nexit 0")
	_, s := follow(t, h, "a")
	if s.State != job.Exited || s.Exit != 0 || s.Left != 1 {
		t.Fatalf("%+v", s)
	}
	all, _ := processes()
	for _, p := range all {
		if p.tagged(h.attempt("a").tag()) {
			kill9(t, p.PID)
		}
	}
	until(t, "nothing is left", func() bool { return mustLook(t, h, "a").Left == 0 })
}
