package job

// What the wrapper says after something died: the script, its children, one of
// the two helpers, or the whole machine; and that no secret outlives an attempt.

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func (h *host) says(id, word string) {
	h.t.Helper()
	await(h.t, id+" to say "+word, func() bool {
		b, _ := os.ReadFile(h.file(id, "out"))
		return bytes.Contains(b, []byte(word))
	})
}

func (h *host) settled(id string) (s Status) {
	h.t.Helper()
	await(h.t, id+" to settle", func() bool {
		s = h.must(Call{Verb: Look, ID: id})
		return s.State.Settled()
	})
	return s
}

func TestCancelHonoursTERM(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		h.must(launch("d", "trap 'echo bye; exit 9' TERM\necho up\nwhile :; do sleep 0.05; done\n"))
		h.says("d", "up")
		s := h.must(Call{Verb: Cancel, ID: "d", Grace: 10 * time.Second})
		if s.State != Exited || s.Exit != 9 || s.Signal != "TERM" || s.Left != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// Children that left the group, the session or their parent are found too.
func TestCancelKillsTheWholeTree(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		h.must(launch("d", `trap '' TERM
sleep 1000 & timeout 1000 sleep 1001 & setsid sleep 1002 & (sleep 1003 &)
echo up
while :; do sleep 0.05; done
`))
		h.says("d", "up")
		await(t, "five processes", func() bool { return len(h.members("d")) >= 5 })
		s := h.must(Call{Verb: Cancel, ID: "d", Grace: 0})
		if s.State != Exited || s.Signal != "KILL" || s.Left != 0 {
			t.Errorf("%+v", s)
		}
		if left := h.members("d"); len(left) != 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// An id that is the start of another must not take the other's processes along.
func TestCancelSparesOtherJobs(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		h.must(launch("j-10", "echo up; exec setsid sleep 1000"))
		h.must(launch("j-1", "echo up; exec setsid sleep 1000"))
		h.says("j-10", "up")
		h.says("j-1", "up")
		h.must(Call{Verb: Cancel, ID: "j-1"})
		if s := h.must(Call{Verb: Look, ID: "j-10"}); s.State != Running {
			t.Errorf("j-10: %+v", s)
		}
		h.must(Call{Verb: Cancel, ID: "j-10"})
	})
}

func TestCancelBeforeLaunchFences(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		text, count := h.counted("f", "")
		if s := h.must(Call{Verb: Cancel, ID: "f"}); s.State != Fenced {
			t.Errorf("cancel: %+v", s)
		}
		if s := h.must(launch("f", text)); s.State != Fenced || s.Started {
			t.Errorf("launch: %+v", s)
		}
		if _, s := h.follow("f", 0); s.State != Fenced || runs(count) != 0 {
			t.Errorf("%+v, %d runs", s, runs(count))
		}
	})
}

func TestFenceTakesAFreeIDAndOnlyLooksAtATakenOne(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		text, count := h.counted("f", "")
		if s := h.must(Call{Verb: Fence, ID: "f"}); s.State != Fenced {
			t.Errorf("a free id: %+v", s)
		}
		if s := h.must(launch("f", text)); s.State != Fenced || runs(count) != 0 {
			t.Errorf("launch behind the fence: %+v, %d runs", s, runs(count))
		}
		h.must(launch("g", "echo up; exec sleep 1000"))
		h.says("g", "up")
		if s := h.must(Call{Verb: Fence, ID: "g"}); s.State != Running {
			t.Errorf("a running id: %+v", s)
		}
		h.must(Call{Verb: Cancel, ID: "g"})
	})
}

func TestProcessesLeftBehindAreCounted(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		h.must(launch("l", "setsid sleep 1000 >/dev/null 2>&1 &\nsetsid sleep 1001 >/dev/null 2>&1 &\nexit 0\n"))
		await(t, "two sleepers", func() bool { return h.must(Call{Verb: Look, ID: "l"}).Left == 2 })
		if s := h.settled("l"); s.State != Exited || s.Exit != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// kill -9 of everything and another boot id is what a reboot leaves behind.
func TestRebootIsLost(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		text, count := h.counted("r", "echo up; exec sleep 1000")
		c := launch("r", text)
		c.Request.Secrets = map[string][]byte{"TOKEN": []byte("s3cret!")}
		h.must(c)
		h.says("r", "up")
		h.kill("r", "meta", "sup")
		h.kill("r", "child", "pid")
		h.killAll()
		boot := filepath.Join(h.home, "boot")
		os.WriteFile(boot, []byte("another-boot\n"), 0o600)
		h.env = append(h.env, "BELAY_BOOT_ID="+boot)
		s := h.must(c)
		if s.State != Lost || s.Why != "reboot" || !s.Started || runs(count) != 1 {
			t.Errorf("%+v, %d runs", s, runs(count))
		}
		if _, err := os.Stat(h.file("r", "secret")); err == nil {
			t.Error("the secret survived the reboot and the look after it")
		}
	})
}

func TestSupervisorKilled(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		gate := filepath.Join(h.home, "gate")
		c := launch("k", fmt.Sprintf("echo up; while [ ! -e %s ]; do sleep 0.05; done; exit 21", gate))
		c.Request.Secrets = map[string][]byte{"TOKEN": []byte("s3cret!")}
		h.must(c)
		h.says("k", "up")
		h.kill("k", "meta", "sup")
		await(t, "the orphan to be seen", func() bool {
			s := h.must(Call{Verb: Look, ID: "k"})
			return s.State == Running && s.Why == "orphan"
		})
		os.WriteFile(gate, nil, 0o600)
		if s := h.settled("k"); s.State != Exited || s.Exit != 21 || s.Outside {
			t.Errorf("%+v", s)
		}
		h.noSecret("k", "s3cret!")
	})
}

func TestInnerShellKilled(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		gate := filepath.Join(h.home, "gate")
		c := launch("k", fmt.Sprintf("echo up; while [ ! -e %s ]; do sleep 0.05; done; exit 21", gate))
		c.Request.Secrets = map[string][]byte{"TOKEN": []byte("s3cret!")}
		h.must(c)
		h.says("k", "up")
		h.kill("k", "child", "pid")
		for range 5 {
			if s := h.must(Call{Verb: Look, ID: "k"}); s.State != Running {
				t.Fatalf("called ended while the script runs: %+v", s)
			}
		}
		os.WriteFile(gate, nil, 0o600)
		if s := h.settled("k"); s.State != Exited || !s.Outside {
			t.Errorf("%+v", s)
		}
		h.noSecret("k", "s3cret!")
	})
}

func TestBothHelpersKilledIsLost(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		h.must(launch("k", "echo up; exec sleep 1000"))
		h.says("k", "up")
		h.kill("k", "meta", "sup")
		h.kill("k", "child", "pid")
		await(t, "the command to be seen alive without its helpers", func() bool {
			s := h.must(Call{Verb: Look, ID: "k"})
			return s.State == Running && s.Why == "orphan"
		})
		h.killAll()
		if s := h.settled("k"); s.State != Lost || s.Why != "killed" || !s.Started {
			t.Errorf("%+v", s)
		}
	})
}

// A pid that now belongs to a stranger is neither taken for ours nor signalled.
func TestReusedPIDIsSpared(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		h.must(launch("q", "echo up; exec sleep 1000"))
		h.says("q", "up")
		sup, child := h.key("q", "meta", "sup"), h.key("q", "child", "pid")
		h.kill("q", "meta", "sup")
		h.kill("q", "child", "pid")
		h.killAll()
		stranger := exec.Command("sleep", "1000")
		if err := stranger.Start(); err != nil {
			t.Fatal(err)
		}
		pid := strconv.Itoa(stranger.Process.Pid)
		for file, swap := range map[string][2]string{"meta": {"sup=", sup}, "child": {"pid=", child}} {
			b, err := os.ReadFile(h.file("q", file))
			if err != nil {
				t.Fatal(err)
			}
			b = bytes.Replace(b, []byte(swap[0]+swap[1]), []byte(swap[0]+pid), 1)
			os.WriteFile(h.file("q", file), b, 0o600)
		}
		if s := h.must(Call{Verb: Cancel, ID: "q"}); s.State != Lost || s.Why != "killed" {
			t.Errorf("%+v", s)
		}
		if err := stranger.Process.Kill(); err != nil {
			t.Errorf("the stranger is gone: %v", err)
		}
		stranger.Wait()
	})
}

// noSecret asserts that no file of the job holds the value, in plain or octal.
func (h *host) noSecret(id, value string) {
	h.t.Helper()
	octal := octalLines(map[string][]byte{"X": []byte(value)})
	octal = strings.TrimPrefix(strings.Split(octal, "\n")[0], "X ")
	filepath.WalkDir(h.file(id, ""), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			h.t.Error(err)
		}
		if bytes.Contains(b, []byte(value)) || bytes.Contains(b, []byte(octal)) {
			h.t.Errorf("%s holds the secret", path)
		}
		return nil
	})
	if _, err := os.Stat(h.file(id, "secret")); err == nil {
		h.t.Error("the folder of secrets is still there")
	}
}

func TestSecretsReachTheScriptAndVanish(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		value := []byte("s3cret %d \\n 'q' \x00\xff\n")
		gate := filepath.Join(h.home, "gate")
		c := launch("s", fmt.Sprintf(`ls -l "$TOKEN_FILE" | cut -c1-10
wc -c <"$TOKEN_FILE"
sha256sum <"$TOKEN_FILE"
wc -c <"$EMPTY_FILE"
echo up
while [ ! -e %s ]; do sleep 0.05; done
`, gate))
		c.Request.Secrets = map[string][]byte{"TOKEN": value, "EMPTY": {}}
		h.must(c)
		h.says("s", "up")
		cmd, err := os.ReadFile(h.file("s", "cmd"))
		if err != nil || bytes.Contains(cmd, []byte("s3cret")) || bytes.Contains(cmd, []byte(`\163\063`)) {
			t.Errorf("cmd: %v\n%s", err, cmd)
		}
		files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, f := range files {
			if b, _ := os.ReadFile(f); bytes.Contains(b, []byte(`\163\063\143`)) {
				t.Errorf("%s shows the secret", f)
			}
		}
		os.WriteFile(gate, nil, 0o600)
		out, s := h.follow("s", 0)
		fields := strings.Fields(string(out))
		if len(fields) != 6 || fields[0] != "-rw-------" || fields[1] != strconv.Itoa(len(value)) ||
			fields[2] != sum(string(value)) || fields[4] != "0" || s.Exit != 0 {
			t.Errorf("%q %+v", out, s)
		}
		h.noSecret("s", "s3cret")
	})
}

func TestCancelRemovesSecrets(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		c := launch("s", "echo up; while :; do sleep 0.05; done")
		c.Request.Secrets = map[string][]byte{"TOKEN": []byte("s3cret!")}
		h.must(c)
		h.says("s", "up")
		if s := h.must(Call{Verb: Cancel, ID: "s", Grace: 5 * time.Second}); !s.State.Settled() {
			t.Errorf("%+v", s)
		}
		h.noSecret("s", "s3cret!")
	})
}

// Run leaves nothing behind: when nobody listens any more, its script ends.
func TestRunEndsWithItsListener(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		run := func(text string) (*exec.Cmd, io.Closer) {
			stream, err := Build(Call{Verb: Run, ID: "m1", Request: Request{Script: Script{Text: text}}})
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(h.shell, "-s")
			cmd.Env, cmd.Dir = h.env, h.home
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			cmd.Stdout = &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			in.Write(stream)
			return cmd, in
		}
		short, listener := run("cat; echo out; exit 7") // its stdin is /dev/null
		short.Wait()
		listener.Close()
		if got := short.Stdout.(*bytes.Buffer).String(); got != Begins("m1")+"out\n"+Ends("m1", 7) || short.ProcessState.ExitCode() != 7 {
			t.Errorf("%q, exit %d", got, short.ProcessState.ExitCode())
		}
		pidFile := filepath.Join(h.home, "pid")
		long, listener := run("echo $$ >" + pidFile + "; exec sleep 1000")
		var pid string
		await(t, "the script to start", func() bool {
			b, _ := os.ReadFile(pidFile)
			pid = strings.TrimSpace(string(b))
			return pid != ""
		})
		listener.Close()
		await(t, "the script to end", func() bool {
			_, err := os.Stat("/proc/" + pid)
			return err != nil
		})
		long.Wait()
		for _, cut := range []int{2, 3, 20, 60} {
			stream, _ := Build(Call{Verb: Run, ID: "m1", Request: Request{Script: Script{Text: "echo ran >>" + pidFile + ".ran"}}})
			h.exec(stream[:len(stream)-cut])
		}
		if runs(pidFile+".ran") != 0 {
			t.Error("a cut command ran")
		}
	})
}
