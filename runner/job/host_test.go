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
	as    *syscall.SysProcAttr // who runs it; nil is who runs the test
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

// becomeOrdinary lets all that follows be run by a user who is not root, whom
// no file of the system names.
func (h *host) becomeOrdinary() {
	const id = 64917
	if err := os.Chown(h.home, id, id); err != nil {
		h.t.Fatal(err)
	}
	for _, dir := range []string{h.home, filepath.Dir(h.home)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			h.t.Fatal(err)
		}
	}
	h.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
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
	cmd.Env, cmd.Dir, cmd.Stdin, cmd.SysProcAttr = h.env, h.home, bytes.NewReader(stream), h.as
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
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited a minute for %s", what)
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
