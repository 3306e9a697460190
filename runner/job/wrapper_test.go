package job

// What the wrapper promises while nothing dies: death_test.go has the rest.

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

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
		if _, s := h.follow("v", 0); s.NoValues {
			t.Error("what it wrote is called nothing")
		}
		h.must(launch("none", "echo out"))
		if _, s := h.follow("none", 0); !s.NoValues {
			t.Error("an attempt that wrote nothing is not told from one that did")
		}
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
			step, tail = 29, 600
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
