package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"belay/runner/job"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == Verb { // we are the child
		if err := Serve(context.Background(), os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func testSpec(t *testing.T, faults ...string) Spec {
	t.Helper()
	spec := Spec{Dir: t.TempDir(), Speed: 60, Fleet: "demo", FleetDirs: []string{"testdata/fleet"}}
	for i, id := range []string{"head", "w80", "w81", "w82", "local"} {
		spec.Hosts = append(spec.Hosts, HostSpec{ID: id, Address: fmt.Sprintf("10.0.84.8%d", i), User: "ops", Vars: map[string]string{"ROLE": id}})
	}
	for _, text := range faults {
		f, err := ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		spec.Faults = append(spec.Faults, f)
	}
	return spec
}

func start(t *testing.T, spec Spec) *Fleet {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Start(t.Context(), exe, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return f
}

func connect(t *testing.T, f *Fleet, host string) *ssh.Client {
	t.Helper()
	conn, err := f.Dial(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	c, chans, reqs, err := ssh.NewClientConn(conn, host, &ssh.ClientConfig{
		User: "ops", Auth: []ssh.AuthMethod{ssh.PublicKeys(f.Signer())}, HostKeyCallback: ssh.FixedHostKey(f.HostKey(host)),
	})
	if err != nil {
		t.Fatal(err)
	}
	client := ssh.NewClient(c, chans, reqs)
	t.Cleanup(func() { client.Close() })
	return client
}

func sh(t *testing.T, c *ssh.Client, stdin, command string) (out, errs string, status int) {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var o, e bytes.Buffer
	s.Stdin, s.Stdout, s.Stderr = strings.NewReader(stdin), &o, &e
	err = s.Run(command)
	var exit *ssh.ExitError
	if errors.As(err, &exit) {
		status = exit.ExitStatus()
	} else if err != nil {
		t.Fatalf("%s: %v (%s)", command, err, e.String())
	}
	return o.String(), e.String(), status
}

func call(t *testing.T, c *ssh.Client, q job.Call) (out, errs string, status int) {
	t.Helper()
	text, err := job.Build(q)
	if err != nil {
		t.Fatal(err)
	}
	return sh(t, c, string(text), job.Command)
}

func status(t *testing.T, out string) job.Status {
	t.Helper()
	s, err := job.ParseStatus(out)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func launch(id, step, text string) job.Call {
	return job.Call{Verb: job.Launch, ID: id, Request: job.Request{ID: id, Script: job.Script{Text: text, Env: []string{"BELAY_STEP=" + step}}}}
}

// follow reads an attempt to its end.
func follow(t *testing.T, c *ssh.Client, id string) (string, job.Status) {
	t.Helper()
	out, errs, code := call(t, c, job.Call{Verb: job.Attach, ID: id})
	if code != 0 {
		t.Fatalf("attach: %d %s", code, errs)
	}
	var all bytes.Buffer
	var last job.Status
	for r := job.NewFrameReader(strings.NewReader(out)); ; {
		f, err := r.Next()
		if err == io.EOF {
			return all.String(), last
		}
		if err != nil {
			t.Fatal(err)
		}
		all.Write(f.Bytes)
		last = f.Status
	}
}

func TestExec(t *testing.T) {
	spec := testSpec(t)
	began := time.Now()
	f := start(t, spec)
	t.Logf("5 hosts in %v", time.Since(began))
	c := connect(t, f, "w80")
	if out, _, code := sh(t, c, "", "hostname; whoami; exit 7"); out != "w80\nops\n" || code != 7 {
		t.Errorf("got %q, %d", out, code)
	}
	if out, _, _ := sh(t, c, "echo from stdin $((6*7))\n", "sh -s"); out != "from stdin 42\n" {
		t.Errorf("sh -s: %q", out)
	}
	if out, _, _ := sh(t, c, "text", "cat"); out != "text" {
		t.Errorf("stdin: %q", out)
	}
	_, errs, code := sh(t, c, "", "kubectl get pods")
	if want := "add it as fleet/demo/bin/kubectl beside the runbook"; code != 127 || !strings.Contains(errs, want) {
		t.Errorf("a missing command: %d %q", code, errs)
	}
	if out, _, _ := sh(t, c, "", "cat /etc/role; hello; ls /run/fleet/hosts"); out != "role w80\nhello from demo\nhead\nlocal\nw80\nw81\nw82\n" {
		t.Errorf("setup and bin: %q", out)
	}
}

func TestOnlyTheFleetsKey(t *testing.T) {
	f := start(t, testSpec(t))
	stranger, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParsePrivateKey(stranger)
	if err != nil {
		t.Fatal(err)
	}
	for name, config := range map[string]*ssh.ClientConfig{
		"stranger":   {User: "ops", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}},
		"other user": {User: "root", Auth: []ssh.AuthMethod{ssh.PublicKeys(f.Signer())}},
		"password":   {User: "ops", Auth: []ssh.AuthMethod{ssh.Password("x")}},
	} {
		config.HostKeyCallback = ssh.FixedHostKey(f.HostKey("head"))
		conn, err := f.Dial(t.Context(), "head")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := ssh.NewClientConn(conn, "head", config); err == nil {
			t.Errorf("%s came in", name)
		}
		conn.Close()
	}
}

func TestForward(t *testing.T) {
	c := connect(t, start(t, testSpec(t)), "head")
	client := &http.Client{Transport: &http.Transport{DialContext: func(_ context.Context, network, addr string) (net.Conn, error) { return c.Dial(network, addr) }}}
	defer client.CloseIdleConnections()
	for path, want := range map[string]string{"/api/version": "200 GET /api/version head", "/nope": "404 "} {
		resp, err := client.Get("http://127.0.0.1:8265" + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if got := fmt.Sprintf("%d %s", resp.StatusCode, strings.TrimSpace(string(body))); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if _, err := client.Get("http://127.0.0.1:1/"); err == nil {
		t.Error("a port without a script answered")
	}
}

func TestJob(t *testing.T) {
	c := connect(t, start(t, testSpec(t)), "w81")
	q := launch("run-1.a", "S1", "echo one\necho \"NAME=value\" >>\"$BELAY_OUT\"\necho runs >>/tmp/count\ncat \"$TOKEN_FILE\"; echo; exit 3")
	q.Request.Secrets = map[string][]byte{"TOKEN": []byte("s3cret")}
	out, errs, code := call(t, c, q)
	if code != 0 || status(t, out).State == job.None {
		t.Fatalf("launch: %d %q %q", code, out, errs)
	}
	text, last := follow(t, c, "run-1.a")
	if text != "one\ns3cret\n" || last.State != job.Exited || last.Exit != 3 || !last.Started {
		t.Errorf("attach: %q %+v", text, last)
	}
	if out, _, _ := call(t, c, q); status(t, out).State != job.Exited {
		t.Errorf("launched again: %q", out)
	}
	if out, _, _ := sh(t, c, "", "cat /tmp/count; ls .belay/jobs/run-1.a"); !strings.HasPrefix(out, "runs\n") || strings.Count(out, "runs") != 1 || strings.Contains(out, "secret") {
		t.Errorf("ran more than once, or left its secrets: %q", out)
	}
	other := launch("run-1.a", "S1", "echo other")
	if _, errs, code := call(t, c, other); code != job.RefusedReused {
		t.Errorf("reused id: %d %q", code, errs)
	}
	out, _, _ = call(t, c, job.Call{Verb: job.Values, ID: "run-1.a"})
	if f, err := job.NewFrameReader(strings.NewReader(out)).Next(); err != nil || string(f.Bytes) != "NAME=value\n" {
		t.Errorf("values: %q %v", out, err)
	}
	if out, _, _ := call(t, c, job.Call{Verb: job.Forget, ID: "run-1.a"}); status(t, out).State != job.Exited {
		t.Errorf("forget: %q", out)
	}
	wrong := launch("run-1.m", "S1", "echo")
	wrong.Request.MachineID = "0123"
	if _, _, code := call(t, c, wrong); code != job.RefusedMachine {
		t.Errorf("other machine-id: %d", code)
	}
}

func TestCancel(t *testing.T) {
	c := connect(t, start(t, testSpec(t)), "w81")
	cancel := func(id string) job.Status {
		out, errs, code := call(t, c, job.Call{Verb: job.Cancel, ID: id})
		if code != 0 {
			t.Fatalf("cancel: %d %s", code, errs)
		}
		return status(t, out)
	}
	if s := cancel("fenced"); s.State != job.Fenced {
		t.Errorf("before launch: %+v", s)
	}
	if out, _, _ := call(t, c, launch("fenced", "S", "echo no >/tmp/no")); status(t, out).State != job.Fenced {
		t.Errorf("launched behind the fence: %q", out)
	}
	call(t, c, launch("tree", "S", "setsid sleep 100000 & timeout 99999 sleep 99999 & sleep 100000"))
	if s := cancel("tree"); s.State != job.Exited || s.Exit != 143 || s.Left != 0 || s.Signal != "TERM" {
		t.Errorf("a tree: %+v", s)
	}
	call(t, c, launch("deaf", "S", "trap '' TERM; while :; do sleep 100; done"))
	if s := cancel("deaf"); s.State != job.Exited || s.Exit != 137 || s.Signal != "KILL" {
		t.Errorf("TERM ignored: %+v", s)
	}
}

// TestRun: a plain command ends with its listener.
func TestRun(t *testing.T) {
	c := connect(t, start(t, testSpec(t)), "w81")
	script := job.Script{Text: "echo checked; exit 5"}
	if out, _, code := call(t, c, job.Call{Verb: job.Run, ID: "m1", Request: job.Request{Script: script}}); code != 5 && code != 143 {
		t.Errorf("run: %q %d", out, code)
	}
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stdin, _ := s.StdinPipe()
	stdout, _ := s.StdoutPipe()
	if err := s.Start(job.Command); err != nil {
		t.Fatal(err)
	}
	text, err := job.Build(job.Call{Verb: job.Run, ID: "m1", Request: job.Request{Script: job.Script{Text: "echo $$; exec tail -f /etc/hostname"}}})
	if err != nil {
		t.Fatal(err)
	}
	stdin.Write(text)
	var pid int
	if _, err := fmt.Fscanf(stdout, job.Begins("m1")+"%d", &pid); err != nil {
		t.Fatal(err)
	}
	stdin.Close()
	go io.Copy(io.Discard, stdout)
	s.Wait()
	if _, _, code := sh(t, c, "", "kill -0 "+strconv.Itoa(pid)); code == 0 {
		t.Error("the tail stayed behind")
	}
}

// TestChildDies: the world stays, what ran is lost and said to be.
func TestChildDies(t *testing.T) {
	spec := testSpec(t)
	f := start(t, spec)
	c := connect(t, f, "w82")
	call(t, c, launch("long", "S", "echo begun; sleep 1000000"))
	call(t, c, launch("short", "S", "echo kept >/tmp/kept"))
	if _, s := follow(t, c, "short"); s.Exit != 0 {
		t.Fatalf("short: %+v", s)
	}
	pid, err := os.ReadFile(filepath.Join(spec.Dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(pid)))
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-f.child
	c = connect(t, f, "w82") // dials anew: the child is started again
	for id, want := range map[string]job.Status{
		"long":  {ID: "long", State: job.Lost, Started: true, Why: "reboot", Size: 6},
		"short": {ID: "short", State: job.Exited, Started: true},
	} {
		out, _, _ := call(t, c, job.Call{Verb: job.Look, ID: id})
		if got := status(t, out); got != want {
			t.Errorf("%s: got %+v, want %+v", id, got, want)
		}
	}
	if out, _, _ := sh(t, c, "", "cat /tmp/kept"); out != "kept\n" {
		t.Errorf("the world was made anew: %q", out)
	}
}

// TestConsoleDies: a second console finds the same child.
func TestConsoleDies(t *testing.T) {
	spec := testSpec(t)
	first := start(t, spec)
	c := connect(t, first, "w82")
	call(t, c, launch("long", "S", "sleep 30; echo over"))
	boot, _, _ := sh(t, c, "", "cat /proc/sys/kernel/random/boot_id")
	second := start(t, spec)
	if second.child != nil {
		t.Error("a second child was started")
	}
	c = connect(t, second, "w82")
	if again, _, _ := sh(t, c, "", "cat /proc/sys/kernel/random/boot_id"); again != boot {
		t.Error("the child is another one")
	}
	if text, s := follow(t, c, "long"); text != "over\n" || s.Exit != 0 {
		t.Errorf("the attempt did not go on: %q %+v", text, s)
	}
}

func TestDeepFolder(t *testing.T) {
	spec := testSpec(t)
	spec.Dir = filepath.Join(spec.Dir, strings.Repeat("long-folder-name/", 8))
	c := connect(t, start(t, spec), "head")
	if out, _, _ := sh(t, c, "", "hostname"); out != "head\n" {
		t.Errorf("got %q", out)
	}
}
