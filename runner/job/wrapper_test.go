package job

// The wrapper is proven on real shells: every test runs under each of dash,
// bash and busybox ash that this machine has, the last with nothing but busybox
// applets on its PATH. A count file on the "host" is the judge of at most once.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// host is one shell with a state folder of its own.
type host struct {
	t     *testing.T
	shell string // absolute
	home  string
	jobs  string
	env   []string
}

// onHosts runs a test once per shell.
func onHosts(t *testing.T, test func(t *testing.T, h *host)) {
	for _, name := range []string{"dash", "bash", "ash"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newHost(t, name))
		})
	}
}

func newHost(t *testing.T, name string) *host {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("the wrapper needs a Linux host: no /proc here")
	}
	program := name
	if name == "ash" {
		program = "busybox"
	}
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not on this machine", program)
	}
	h := &host{t: t, home: t.TempDir()}
	h.jobs = filepath.Join(h.home, ".belay/jobs")
	bin := filepath.Join(h.home, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	search := bin
	if name == "ash" {
		applets, err := exec.Command(path, "--list").Output()
		if err != nil {
			t.Skipf("busybox --list: %v", err)
		}
		for _, applet := range strings.Fields(string(applets)) {
			os.Symlink(path, filepath.Join(bin, applet))
		}
	} else {
		os.Symlink(path, filepath.Join(bin, "sh"))
		search += ":/usr/local/bin:/usr/bin:/bin"
	}
	h.shell = filepath.Join(bin, "sh")
	h.env = []string{"HOME=" + h.home, "PATH=" + search}
	t.Cleanup(h.killAll)
	return h
}

// killAll ends what a failed test may have left: processes that carry the tag
// of a job in this host's folder.
func (h *host) killAll() {
	ids, _ := os.ReadDir(h.jobs)
	for _, id := range ids {
		for _, pid := range h.members(id.Name()) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// members are the live processes whose environment has this job's BELAY_OUT.
func (h *host) members(id string) (pids []int) {
	tag := []byte("BELAY_OUT=" + filepath.Join(h.jobs, id, "values") + "\x00")
	dirs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range dirs {
		if env, _ := os.ReadFile(file); bytes.Contains(env, tag) {
			pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

// exec sends bytes to `sh -s` and gives what came back.
func (h *host) exec(stream []byte) (out, stderr []byte, code int) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, h.shell, "-s")
	cmd.Env, cmd.Dir, cmd.Stdin = h.env, h.home, bytes.NewReader(stream)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		h.t.Fatal(err)
	}
	return o.Bytes(), e.Bytes(), cmd.ProcessState.ExitCode()
}

func build(t *testing.T, c Call) []byte {
	t.Helper()
	stream, err := Build(c)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// ask makes one call that is answered by one status line.
func (h *host) ask(c Call) (Status, error) {
	h.t.Helper()
	out, stderr, code := h.exec(build(h.t, c))
	if err := Answer(c.Verb, code, string(stderr)); err != nil {
		return Status{}, err
	}
	s, err := NewFrameReader(bytes.NewReader(out)).Status()
	if err != nil {
		h.t.Fatalf("%v; stderr %s", err, stderr)
	}
	return s, nil
}

func (h *host) must(c Call) Status {
	h.t.Helper()
	s, err := h.ask(c)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func launch(id, text string) Call {
	return Call{Verb: Launch, ID: id, Request: Request{ID: id, Script: Script{Text: text}}}
}

// follow attaches from an offset until the attempt is settled.
func (h *host) follow(id string, offset int64) ([]byte, Status) {
	h.t.Helper()
	stream, stderr, code := h.exec(build(h.t, Call{Verb: Attach, ID: id, Offset: offset}))
	if code != 0 {
		h.t.Fatalf("attach: exit %d: %s", code, stderr)
	}
	var out []byte
	var last Status
	for r := NewFrameReader(bytes.NewReader(stream)); ; {
		f, err := r.Next()
		if err == io.EOF {
			return out, last
		}
		if err != nil {
			h.t.Fatal(err)
		}
		out, last = append(out, f.Bytes...), f.Status
	}
}

// await polls a condition that has no channel to wait on: it lives in another process.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited 20 s for %s", what)
}

func (h *host) file(id, name string) string { return filepath.Join(h.jobs, id, name) }

func (h *host) key(id, file, key string) string {
	h.t.Helper()
	b, err := os.ReadFile(h.file(id, file))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, line := range strings.Split(string(b), "\n") {
		if value, ok := strings.CutPrefix(line, key+"="); ok {
			return value
		}
	}
	h.t.Fatalf("%s of %s has no %s:\n%s", file, id, key, b)
	return ""
}

func (h *host) kill(id, file, key string) {
	h.t.Helper()
	pid, err := strconv.Atoi(h.key(id, file, key))
	if err != nil {
		h.t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		h.t.Fatal(err)
	}
}

// counted is a script that leaves its mark in a count file.
func (h *host) counted(name, rest string) (text, count string) {
	count = filepath.Join(h.home, name+".count")
	return fmt.Sprintf("echo ran >>%s\n%s\n", count, rest), count
}

func runs(count string) int {
	b, _ := os.ReadFile(count)
	return bytes.Count(b, []byte("\n"))
}

func TestExitCodeAndOutputAreKept(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		c := launch("a", "echo one\necho two >&2\necho three\necho \"$A\"\npwd\nexit 37\n")
		c.Request.Script.Env, c.Request.Script.Dir = []string{"A=it's; $HOME `x`"}, "/"
		c.Request.Head = "sha256:beef"
		if s := h.must(c); s.State != Running && s.State != Exited {
			t.Fatalf("launch: %+v", s)
		}
		out, s := h.follow("a", 0)
		if want := "one\ntwo\nthree\nit's; $HOME `x`\n/\n"; string(out) != want {
			t.Errorf("output %q, want %q", out, want)
		}
		if s.State != Exited || s.Exit != 37 || s.Outside || !s.Started || s.Size != int64(len(out)) || s.Left != 0 {
			t.Errorf("status %+v", s)
		}
		if head := h.key("a", "meta", "head"); head != "sha256:beef" {
			t.Errorf("head in meta is %q", head)
		}
		if info, err := os.Stat(h.file("a", "")); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("job folder: %v, %v", info.Mode(), err)
		}
	})
}

func TestScriptRunsUnderSetEUAndItsLinesCount(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		h.must(launch("e", "false\necho not reached\n"))
		if out, s := h.follow("e", 0); s.Exit != 1 || len(out) != 0 {
			t.Errorf("set -e: %q, %+v", out, s)
		}
		h.must(launch("u", "\necho \"$NOT_SET\"\n"))
		if out, s := h.follow("u", 0); s.Exit == 0 || !strings.Contains(string(out), "2") {
			t.Errorf("set -u names line 2: %q, %+v", out, s)
		}
		c := launch("d", "echo not reached\n")
		c.Request.Script.Dir = "/no/such/dir"
		h.must(c)
		if out, s := h.follow("d", 0); s.Exit != 126 || !strings.Contains(string(out), "/no/such/dir") {
			t.Errorf("cd: %q, %+v", out, s)
		}
		c = launch("home", "pwd\n")
		c.Request.Script.Dir = "~/bin"
		h.must(c)
		if out, _ := h.follow("home", 0); string(out) != h.home+"/bin\n" {
			t.Errorf("cd ~/bin: %q", out)
		}
	})
}

func TestThirtyLaunchesRunOnce(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		text, count := h.counted("b", "sleep 0.3; exit 5")
		c := launch("b", text)
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				if s := h.must(c); s.State != Running && s.State != Exited {
					t.Errorf("launch: %+v", s)
				}
			})
		}
		wg.Wait()
		h.follow("b", 0)
		if s := h.must(c); s.State != Exited || s.Exit != 5 {
			t.Errorf("a later launch: %+v", s)
		}
		if n := runs(count); n != 1 {
			t.Errorf("%d runs", n)
		}
		shell := c
		shell.Request.Script.Shell = "bash"
		for name, other := range map[string]Call{"script": launch("b", "echo other"), "shell": shell} {
			_, err := h.ask(other)
			var refused *Refused
			if !errors.As(err, &refused) || refused.Code != RefusedReused {
				t.Errorf("same id, other %s: %v", name, err)
			}
		}
	})
}

func TestOutputByOffset(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		ref := filepath.Join(h.home, "ref")
		h.must(launch("c", fmt.Sprintf(
			"i=0; while [ $i -lt 12 ]; do head -c 50021 /dev/urandom | tee -a %s; i=$((i+1)); sleep 0.02; done\n", ref)))
		whole, s := h.follow("c", 0)
		want, err := os.ReadFile(ref)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(whole, want) || s.Size != int64(len(want)) {
			t.Errorf("%d bytes, want %d; equal %v", len(whole), len(want), bytes.Equal(whole, want))
		}
		for _, offset := range []int64{1, 50021, 300_001, s.Size - 1, s.Size} {
			if rest, _ := h.follow("c", offset); !bytes.Equal(rest, want[offset:]) {
				t.Errorf("from %d: %d bytes differ", offset, len(rest))
			}
		}
		if _, s := h.follow("c", s.Size+1); s.Size >= int64(len(want))+1 {
			t.Errorf("an offset behind the end must show: %+v", s)
		}
	})
}

func TestAttachReportsWhileItRuns(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		gate := filepath.Join(h.home, "gate")
		h.must(launch("w", fmt.Sprintf("echo up\nwhile [ ! -e %s ]; do sleep 0.05; done\necho down\n", gate)))
		cmd := exec.Command(h.shell, "-s")
		cmd.Env, cmd.Dir = h.env, h.home
		cmd.Stdin = bytes.NewReader(build(t, Call{Verb: Attach, ID: "w"}))
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r := NewFrameReader(pipe)
		var seen string
		for seen != "up\n" {
			f, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			seen += string(f.Bytes)
		}
		begin := time.Now()
		f, err := r.Next() // nothing happens: the sign of life
		if err != nil || len(f.Bytes) != 0 || f.Status.State != Running {
			t.Fatalf("%+v, %v", f, err)
		}
		if d := time.Since(begin); d > 8*time.Second {
			t.Errorf("a sign of life after %v", d)
		}
		// the channel closes: the loop on the host must end though the job goes on
		pipe.Close()
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case <-done:
		case <-time.After(15 * time.Second):
			cmd.Process.Kill()
			t.Error("attach goes on with nobody there")
		}
		if s := h.must(Call{Verb: Look, ID: "w"}); s.State != Running {
			t.Errorf("the job went with its reader: %+v", s)
		}
		os.WriteFile(gate, nil, 0o600)
		if rest, s := h.follow("w", 3); string(rest) != "down\n" || s.Exit != 0 {
			t.Errorf("%q, %+v", rest, s)
		}
	})
}

func TestValues(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		h.must(launch("v", "echo A=1 >>\"$BELAY_OUT\"\nprintf 'B=x\\n' >>\"$BELAY_OUT\"\n"))
		h.follow("v", 0)
		out, stderr, code := h.exec(build(t, Call{Verb: Values, ID: "v"}))
		f, err := NewFrameReader(bytes.NewReader(out)).Next()
		if code != 0 || err != nil || string(f.Bytes) != "A=1\nB=x\n" || f.Status.State != Exited {
			t.Errorf("%+v, %v, %d, %s", f, err, code, stderr)
		}
		h.must(launch("big", "head -c 70000 /dev/zero >\"$BELAY_OUT\"\n"))
		h.follow("big", 0)
		_, stderr, code = h.exec(build(t, Call{Verb: Values, ID: "big"}))
		if err := Answer(Values, code, string(stderr)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("70000 bytes: %v", err)
		}
	})
}

func TestForgetKeepsTheFence(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		text, count := h.counted("f", "exit 3")
		h.must(launch("f", text))
		h.follow("f", 0)
		if s := h.must(Call{Verb: Forget, ID: "f"}); s.State != Exited || s.Exit != 3 || s.Size != 0 {
			t.Errorf("%+v", s)
		}
		if _, err := os.Stat(h.file("f", "out")); err == nil {
			t.Error("the output is still there")
		}
		if s := h.must(launch("f", text)); s.State != Exited || runs(count) != 1 {
			t.Errorf("a late launch: %+v, %d runs", s, runs(count))
		}
		h.must(launch("g", "sleep 30"))
		if _, err := h.ask(Call{Verb: Forget, ID: "g"}); err == nil {
			t.Error("forgot a running attempt")
		}
		h.must(Call{Verb: Cancel, ID: "g"})
		if s := h.must(Call{Verb: Forget, ID: "never"}); s.State != None {
			t.Errorf("unknown id: %+v", s)
		}
	})
}

func TestRefusalsBeforeTheCommit(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		machine := filepath.Join(h.home, "machine")
		os.WriteFile(machine, []byte("aaaa\n"), 0o600)
		h.env = append(h.env, "BELAY_MACHINE_ID="+machine)
		refusal := func(c Call) int {
			_, err := h.ask(c)
			var refused *Refused
			if errors.As(err, &refused) {
				return refused.Code
			}
			t.Logf("%v", err)
			return 0
		}
		text, count := h.counted("g", "")
		c := launch("g", text)
		c.Request.MachineID = "bbbb"
		if code := refusal(c); code != RefusedMachine {
			t.Errorf("another machine: %d", code)
		}
		c.Request.MachineID = "aaaa"
		full := h.env
		h.env = append(full[:len(full):len(full)], "BELAY_MIN_KB=999999999999")
		if code := refusal(c); code != RefusedSpace {
			t.Errorf("no space: %d", code)
		}
		h.env = full
		if s := h.must(Call{Verb: Look, ID: "g"}); s.State != None || runs(count) != 0 {
			t.Errorf("after two refusals: %+v", s)
		}
		h.must(c)
		h.follow("g", 0)
		// what is committed is a fact: a retry must learn it, whatever has changed
		h.env = append(full[:len(full):len(full)], "BELAY_MIN_KB=999999999999")
		os.WriteFile(machine, []byte("cccc\n"), 0o600)
		if s := h.must(c); s.State != Exited || runs(count) != 1 {
			t.Errorf("a retry: %+v, %d runs", s, runs(count))
		}
		h.env = full
		if err := os.Rename(h.jobs, h.jobs+".real"); err != nil {
			t.Fatal(err)
		}
		os.Symlink(h.jobs+".real", h.jobs)
		if code := refusal(launch("new", "true")); code != RefusedState {
			t.Errorf("a planted folder: %d", code)
		}
		if _, err := h.ask(c); err == nil || Proven(err) {
			t.Errorf("a planted folder proves nothing of a committed id: %v", err)
		}
	})
}

// A stream that is cut at any byte runs the whole script or nothing.
func TestStreamCutAnywhereRunsNothingPartial(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		text, count := h.counted("t", "echo \"a second line\"")
		step, tail := 1, 260
		if testing.Short() {
			step, tail = 13, 600
		}
		whole := 0
		for cut, n := 0, 0; ; n++ {
			c := launch("cut"+strconv.Itoa(n), text)
			c.Request.Secrets = map[string][]byte{"A": []byte("s3cret!")}
			stream := build(t, c)
			if n == 0 {
				cut = len(stream) - tail
			} else {
				cut += step
			}
			if cut >= len(stream) {
				break
			}
			os.Remove(count)
			h.exec(stream[:cut])
			if _, err := os.Stat(h.file(c.ID, "meta")); err != nil {
				if entries, _ := os.ReadDir(h.file(c.ID, "")); len(entries) > 0 {
					t.Errorf("cut at %d of %d left %v", cut, len(stream), entries)
				}
				continue
			}
			whole++
			if out, _ := h.follow(c.ID, 0); string(out) != "a second line\n" || runs(count) != 1 {
				t.Errorf("cut at %d of %d ran in part: %q", cut, len(stream), out)
			}
		}
		t.Logf("whole runs from a stream without its last newline: %d", whole)
		if whole > 1 {
			t.Errorf("%d cut streams ran", whole)
		}
	})
}
