package local

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"belay/runner/job"
)

// The test binary is its own supervisor, and with the word _console a console
// that launches and is then killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == HiddenVerb {
		os.Exit(Supervise(os.Args[2]))
	}
	if len(os.Args) == 5 && os.Args[1] == "_console" {
		h := New(os.Args[2], os.Args[0])
		s, err := h.Launch(context.Background(), job.Request{ID: os.Args[3], Script: job.Script{Text: os.Args[4]}})
		fmt.Println(s.State, err)
		select {}
	}
	os.Exit(m.Run())
}

func newHost(t *testing.T) *Host {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h := New(filepath.Join(t.TempDir(), "jobs"), exe)
	t.Cleanup(func() {
		dirs, _ := os.ReadDir(h.root)
		for _, d := range dirs { // whatever a failed test left running
			h.Cancel(context.Background(), d.Name(), 0)
		}
	})
	return h
}

func ctxFor(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func script(text string) job.Script { return job.Script{Text: text} }

func mustLaunch(t *testing.T, h *Host, id, text string) job.Status {
	t.Helper()
	s, err := h.Launch(ctxFor(t), job.Request{ID: id, Script: script(text)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// follow attaches until the end.
func follow(t *testing.T, h *Host, id string) (string, job.Status) {
	t.Helper()
	var out bytes.Buffer
	s, err := h.Attach(ctxFor(t), id, 0, func(c job.Chunk) error {
		if c.Offset != int64(out.Len()) {
			return fmt.Errorf("a chunk at %d, have %d", c.Offset, out.Len())
		}
		out.Write(c.Bytes)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), s
}

func mustLook(t *testing.T, h *Host, id string) job.Status {
	t.Helper()
	s, err := h.Look(ctxFor(t), id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never came true: " + what)
		}
	}
}

// counter is a file to which a script adds a line when it runs.
func counter(t *testing.T) (path string, runs func() int) {
	path = filepath.Join(t.TempDir(), "count")
	return path, func() int {
		text, _ := os.ReadFile(path)
		return bytes.Count(text, []byte("\n"))
	}
}

func TestAttempt(t *testing.T) {
	h := newHost(t)
	dir := filepath.Join(t.TempDir(), "it's here")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := h.Launch(ctxFor(t), job.Request{
		ID: "run-1.HEAD-01.local.1",
		Script: job.Script{Text: `echo "$GREETING in $(basename "$PWD")"
cat "$TOKEN_FILE"; echo
ls -l "$TOKEN_FILE" | cut -c1-10
cat
echo to stderr >&2
echo "COMMIT=abc" >>"$BELAY_OUT"
exit 37`, Dir: dir, Env: []string{"GREETING=hello 'you' $HOME"}},
		Secrets: map[string][]byte{"TOKEN": []byte("s3cr3t\x00\nx")},
		Head:    "cafe",
	})
	if err != nil || !s.Started {
		t.Fatalf("%+v %v", s, err)
	}
	out, s := follow(t, h, s.ID)
	want := "hello 'you' $HOME in it's here\ns3cr3t\x00\nx\n-rw-------\nto stderr\n"
	if out != want {
		t.Errorf("output %q, want %q", out, want)
	}
	if s.State != job.Exited || s.Exit != 37 || s.Outside || !s.Started || s.Left != 0 || s.Size != int64(len(want)) {
		t.Errorf("%+v", s)
	}
	if values, err := h.Values(ctxFor(t), s.ID); err != nil || string(values) != "COMMIT=abc\n" {
		t.Errorf("%q %v", values, err)
	}
	filepath.Walk(h.root, func(path string, info os.FileInfo, err error) error {
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if text, _ := os.ReadFile(path); bytes.Contains(text, []byte("s3cr3t")) && filepath.Base(path) != outFile {
			t.Errorf("%s holds the secret", path)
		}
		return nil
	})
}

func TestScriptsFailAsTheyWouldInAShell(t *testing.T) {
	h := newHost(t)
	for i, tt := range []struct {
		s    job.Script
		code int
		out  string
	}{
		{job.Script{Text: "false\necho not reached"}, 1, ""},
		{job.Script{Text: "echo $UNSET_NAME"}, 2, "line 1"},
		{job.Script{Text: "\n\nno_such_command"}, 127, "3:"},
		{job.Script{Text: "kill -9 $$"}, 137, ""},
		{job.Script{Text: "true", Dir: "/no/such/dir"}, 126, "/no/such/dir"},
		{job.Script{Text: "echo ok", Dir: "~"}, 0, "ok"},
	} {
		id := fmt.Sprintf("f%d", i)
		if _, err := h.Launch(ctxFor(t), job.Request{ID: id, Script: tt.s}); err != nil {
			t.Fatal(err)
		}
		out, s := follow(t, h, id)
		// An unset variable is 1 in bash and 2 in dash; where the line is
		// named differs as well.
		if s.State != job.Exited || (s.Exit != tt.code && tt.code != 2) || s.Exit == 0 != (tt.code == 0) {
			t.Errorf("%q: %+v", tt.s.Text, s)
		}
		if !strings.Contains(out, tt.out) && tt.out != "line 1" && tt.out != "3:" {
			t.Errorf("%q printed %q, want %q", tt.s.Text, out, tt.out)
		}
	}
}

func TestManyLaunchesOneRun(t *testing.T) {
	h := newHost(t)
	count, runs := counter(t)
	text := "echo x >>" + count
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if s, err := h.Launch(ctxFor(t), job.Request{ID: "a", Script: script(text)}); err != nil || s.State == job.None {
				t.Errorf("%+v %v", s, err)
			}
		})
	}
	wg.Wait()
	if _, s := follow(t, h, "a"); s.State != job.Exited || s.Exit != 0 {
		t.Fatalf("%+v", s)
	}
	if s := mustLaunch(t, h, "a", text); s.State != job.Exited {
		t.Fatalf("%+v", s)
	}
	if runs() != 1 {
		t.Fatalf("%d runs", runs())
	}
	var refused *job.Refused
	if _, err := h.Launch(ctxFor(t), job.Request{ID: "a", Script: script("other")}); !errors.As(err, &refused) || refused.Code != job.RefusedReused {
		t.Fatal(err)
	}
}

func TestFenceAndLaunchRaceForOneCommit(t *testing.T) {
	for i := range 15 {
		h := newHost(t)
		count, runs := counter(t)
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(time.Duration(i) * time.Millisecond)
			if _, err := h.Fence(ctxFor(t), "a"); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() { h.Launch(ctxFor(t), job.Request{ID: "a", Script: script("echo x >>" + count)}) })
		wg.Wait()
		switch _, s := follow(t, h, "a"); {
		case s.State == job.Fenced && runs() == 0 && !s.Started:
		case s.State == job.Exited && runs() == 1:
		default:
			t.Fatalf("%+v with %d runs", s, runs())
		}
	}
}

func TestRefusals(t *testing.T) {
	h := newHost(t)
	refused := func(code int, r job.Request) {
		t.Helper()
		var ref *job.Refused
		_, err := h.Launch(ctxFor(t), r)
		if !errors.As(err, &ref) || ref.Code != code || !job.Proven(err) {
			t.Errorf("%v, want refusal %d", err, code)
		}
		if r.ID == "a" && mustLook(t, h, "a").State != job.None {
			t.Error("refused, but something is there")
		}
	}
	refused(job.RefusedUsage, job.Request{ID: "../a"})
	refused(job.RefusedUsage, job.Request{ID: "a", Script: job.Script{Shell: "perl"}})
	refused(job.RefusedMachine, job.Request{ID: "a", MachineID: "0123"})
	if err := os.MkdirAll(h.root, 0o700); err != nil {
		t.Fatal(err)
	}
	os.Chmod(h.root, 0o770)
	refused(job.RefusedState, job.Request{ID: "a"})
	os.Chmod(h.root, 0o700)
	none := New(h.root, "/no/such/binary")
	if _, err := none.Launch(ctxFor(t), job.Request{ID: "a"}); !job.Proven(err) {
		t.Error(err)
	}
	t.Setenv("PATH", "/nowhere")
	refused(job.RefusedHost, job.Request{ID: "a"})
}

// An order that is cut at any place, since the console died while it sent it,
// commits nothing.
func TestCutOrderRunsNothing(t *testing.T) {
	h := newHost(t)
	count, runs := counter(t)
	whole, err := json.Marshal(order{ID: "a", Script: script("echo x >>" + count)})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(h.root, "a")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for size := 0; size <= len(whole); size += max(1, len(whole)/24) {
		if size == len(whole) {
			break
		}
		cmd := exec.Command(h.exe, HiddenVerb, dir)
		cmd.Env = append(os.Environ(), roleVar+"=supervisor")
		cmd.Stdin = bytes.NewReader(whole[:size])
		if err := cmd.Run(); err == nil {
			t.Errorf("cut at %d: no complaint", size)
		}
		if s := mustLook(t, h, "a"); s.State != job.None || runs() != 0 {
			t.Fatalf("cut at %d: %+v, %d runs", size, s, runs())
		}
	}
}

func TestOutputByOffset(t *testing.T) {
	h := newHost(t)
	data := make([]byte, 1_000_421)
	rand.Read(data)
	src := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(src, data, 0o600); err != nil {
		t.Fatal(err)
	}
	mustLaunch(t, h, "a", "cat "+src)
	var got []byte
	broken := errors.New("link is gone")
	for cut := 0; ; cut++ { // the link breaks at every third chunk
		chunks := 0
		s, err := h.Attach(ctxFor(t), "a", int64(len(got)), func(c job.Chunk) error {
			if chunks++; chunks == 3 {
				return broken
			}
			if c.Offset != int64(len(got)) {
				t.Fatalf("offset %d, have %d", c.Offset, len(got))
			}
			got = append(got, c.Bytes...)
			return nil
		})
		if errors.Is(err, broken) {
			continue
		}
		if err != nil || s.State != job.Exited || cut == 0 {
			t.Fatalf("%+v %v after %d cuts", s, err, cut)
		}
		break
	}
	if sha256.Sum256(got) != sha256.Sum256(data) {
		t.Fatalf("%d bytes differ from the %d written", len(got), len(data))
	}
	if _, err := h.Attach(ctxFor(t), "a", int64(len(data))+1, nil); !errors.Is(err, job.ErrShrunk) {
		t.Fatal(err)
	}
}

func TestAttachFollowsLive(t *testing.T) {
	h := newHost(t)
	gate := filepath.Join(t.TempDir(), "gate")
	mustLaunch(t, h, "a", "echo one; until [ -e "+gate+" ]; do sleep 0.01; done; echo two")
	var got strings.Builder
	s, err := h.Attach(ctxFor(t), "a", 0, func(c job.Chunk) error {
		got.Write(c.Bytes)
		if got.String() == "one\n" {
			return os.WriteFile(gate, nil, 0o600)
		}
		return nil
	})
	if err != nil || s.State != job.Exited || got.String() != "one\ntwo\n" {
		t.Fatalf("%q %+v %v", got.String(), s, err)
	}
}

func TestAttachEndsWithItsContext(t *testing.T) {
	h := newHost(t)
	mustLaunch(t, h, "a", "echo up; sleep 60")
	ctx, cancel := context.WithCancel(context.Background())
	s, err := h.Attach(ctx, "a", 0, func(job.Chunk) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) || s.State != job.Running {
		t.Fatalf("%+v %v", s, err)
	}
	if s := mustLook(t, h, "a"); s.State != job.Running {
		t.Fatalf("the attempt did not outlive its follower: %+v", s)
	}
}

func TestValuesAreBounded(t *testing.T) {
	h := newHost(t)
	mustLaunch(t, h, "a", `head -c 65537 /dev/zero >>"$BELAY_OUT"`)
	follow(t, h, "a")
	if _, err := h.Values(ctxFor(t), "a"); !errors.Is(err, job.ErrTooLarge) {
		t.Fatal(err)
	}
	if values, err := h.Values(ctxFor(t), "nobody"); err != nil || values != nil {
		t.Fatal(values, err)
	}
}

func TestForgetKeepsTheFence(t *testing.T) {
	h := newHost(t)
	count, runs := counter(t)
	text := "echo x >>" + count + "; sleep 60"
	mustLaunch(t, h, "a", text)
	until(t, "the script runs", func() bool { return runs() == 1 }) // its start is proven before its first line
	if err := h.Forget(ctxFor(t), "a"); err == nil {
		t.Fatal("a running attempt was forgotten")
	}
	if _, err := h.Cancel(ctxFor(t), "a", time.Second); err != nil {
		t.Fatal(err)
	}
	if err := h.Forget(ctxFor(t), "a"); err != nil {
		t.Fatal(err)
	}
	if exists(filepath.Join(h.root, "a", outFile)) {
		t.Error("the output is still there")
	}
	if s := mustLaunch(t, h, "a", text); s.State != job.Exited || s.Exit != 143 || runs() != 1 {
		t.Fatalf("%+v, %d runs", s, runs())
	}
	if err := h.Forget(ctxFor(t), "nobody"); err != nil {
		t.Fatal(err)
	}
}

// A console that is run by a local script launches attempts of its own: the
// outer one's cancel must not take them for its own.
func TestNestedAttemptHasItsOwnTag(t *testing.T) {
	h := newHost(t)
	inner := filepath.Join(t.TempDir(), "inner")
	mustLaunch(t, h, "outer", fmt.Sprintf("exec %s _console %s in 'sleep 60'", h.exe, inner))
	nested := New(inner, h.exe)
	t.Cleanup(func() { nested.Cancel(context.Background(), "in", 0) })
	until(t, "the inner attempt runs", func() bool { return mustLook(t, nested, "in").Started })
	if s, err := h.Cancel(ctxFor(t), "outer", time.Second); err != nil || s.State != job.Exited || s.Left != 0 {
		t.Fatalf("%+v %v", s, err)
	}
	if s := mustLook(t, nested, "in"); s.State != job.Running || s.Why != "" {
		t.Fatalf("the inner attempt was hit: %+v", s)
	}
}

func TestIdentifyAndLink(t *testing.T) {
	h := newHost(t)
	id, err := h.Identify(ctxFor(t))
	if err != nil || id.Hostname == "" || id.User == "" || time.Since(id.Clock) > 5*time.Second {
		t.Fatalf("%+v %v", id, err)
	}
	if !h.Link().Up || h.Close() != nil {
		t.Fatal(h.Link())
	}
}

// startConsole launches from another process and returns it when it has.
func startConsole(t *testing.T, root, id, text string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "_console", root, id, text)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "running") {
		t.Fatalf("%q %v", line, err)
	}
	return cmd
}

func pidOf(t *testing.T, path string) int {
	t.Helper()
	var pid int
	until(t, "a pid in "+path, func() bool {
		text, _ := os.ReadFile(path)
		n, err := strconv.Atoi(strings.TrimSpace(string(text)))
		pid = n
		return err == nil && strings.HasSuffix(string(text), "\n")
	})
	return pid
}

func kill9(t *testing.T, pid int) {
	t.Helper()
	if pid <= 1 {
		t.Fatalf("refusing to kill %d", pid)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
