package cli

// The rule of this file: what a run promises on real servers is shown on a real
// sshd, with the program as a process of its own where it is to be killed.

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"belay/runner/remote/sshdtest"
)

// bench is a folder with a runbook, a state and the servers it names.
type bench struct {
	t       testing.TB
	dir     string
	self    string
	environ map[string]string
	servers []*sshdtest.Server
}

// newBench starts n servers, a0, a1, …, and writes a runbook around some steps.
func newBench(t testing.TB, n int, steps string) *bench {
	t.Helper()
	return newBenchOn(t, n, steps, sshdtest.Options{})
}

// newBenchOn does so with servers of a kind.
func newBenchOn(t testing.TB, n int, steps string, o sshdtest.Options) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir()}
	var hosts, group, config, known []string
	for i := range n {
		s := sshdtest.Start(t, o)
		b.servers = append(b.servers, s)
		hosts = append(hosts, fmt.Sprintf("[hosts.a%d]\naddress = %q\nport = %d\nuser = %q\n", i, s.Host, s.Port, s.User))
		group = append(group, fmt.Sprintf("%q", fmt.Sprintf("a%d", i)))
		config = append(config, "IdentityFile "+s.Key)
		known = append(known, s.KnownHosts)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b.self = filepath.Join(b.dir, "belay") // TestMain knows by this name what it is
	if err := os.Symlink(exe, b.self); err != nil {
		t.Fatal(err)
	}
	b.environ = map[string]string{"HOME": b.dir, "BELAY_STATE": filepath.Join(b.dir, "state"),
		"XDG_CONFIG_HOME": filepath.Join(b.dir, "config"), "PATH": os.Getenv("PATH"), "USER": "ana"}
	b.write("config/belay/ssh_config", "IdentitiesOnly yes\n"+strings.Join(config, "\n")+
		"\nUserKnownHostsFile "+strings.Join(known, " ")+"\nGlobalKnownHostsFile none\n")
	b.write("runbook.toml", "format = 1\ntitle = \"on real servers\"\n"+strings.Join(hosts, "")+
		"[groups]\nall = ["+strings.Join(group, ", ")+"]\n[environments.prod]\nkind = \"live\"\n[[phase]]\nid = \"p\"\ntitle = \"P\"\n"+steps)
	return b
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// belay runs the program in this process.
func (b *bench) belay(stdin string, args ...string) (code int, out, errs string) {
	b.t.Helper()
	var stdout, stderr bytes.Buffer
	env := b.env(&stdout, &stderr, args)
	env.Stdin = strings.NewReader(stdin)
	code = Main(env)
	return code, stdout.String(), stderr.String()
}

// env is a process for the program, with nothing on its stdin.
func (b *bench) env(stdout, stderr *bytes.Buffer, args []string) Env {
	env := Host()
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(""), stdout, stderr
	env.Args, env.Cwd, env.Self, env.User = args, b.dir, b.self, "ana"
	env.Getenv = func(name string) string { return b.environ[name] }
	return env
}

// want runs the program, which must end with a code.
func (b *bench) want(code int, stdin string, args ...string) (out, errs string) {
	b.t.Helper()
	got, out, errs := b.belay(stdin, args...)
	if got != code {
		b.t.Fatalf("belay %s: exit code %d, want %d\n%s\n%s", strings.Join(args, " "), got, code, out, errs)
	}
	return out, errs
}

// process starts the program as a process of its own.
func (b *bench) process(args ...string) (*exec.Cmd, *bytes.Buffer) {
	b.t.Helper()
	cmd := exec.Command(b.self, args...)
	cmd.Dir = b.dir
	for k, v := range b.environ {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, &out
}

// await waits until a condition holds: long, for the machine may be busy.
func (b *bench) await(what string, holds func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatal("waited in vain until " + what)
		}
	}
}

func exists(path string) func() bool {
	return func() bool { _, err := os.Stat(path); return err == nil }
}

// twoSteps are one on the servers and one on this machine.
const twoSteps = `
[[phase.step]]
id = "there"
title = "There"
on = "all"
danger = "low"
script = 'echo "on $BELAY_HOST"; echo x >>"$HOME/ran"'
verify.script = 'test "$(cat "$HOME/ran")" = x'
undo.script = 'rm "$HOME/ran"'
[[phase.step]]
id = "here"
title = "Here"
danger = "none"
script = 'echo "here with $BELAY_RUN"'
`

func TestRunOnRealServers(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, twoSteps)
	out, _ := b.want(0, "", "check", "--connect")
	for _, line := range []string{`(?m)^a0: ok, \S+@\S+, machine-id`, `(?m)^a1: ok, .*host key SHA256:`} {
		if !regexp.MustCompile(line).MatchString(out) {
			t.Errorf("no %s in\n%s", line, out)
		}
	}
	b.want(4, "", "run", "--auto", "-e", "prod", "--max-danger", "none")
	b.want(4, "", "status")
	b.want(0, "", "run", "--auto", "-e", "prod")
	b.want(0, "", "run", "--auto", "-e", "prod") // complete and still open: it can be rolled back, and nothing runs again
	for i, s := range b.servers {
		text, err := os.ReadFile(filepath.Join(s.Home, "ran"))
		if string(text) != "x\n" {
			t.Errorf("a%d ran %q times, %v", i, text, err)
		}
	}
	if out, _ := b.want(0, "", "logs", "a1"); !strings.Contains(out, "\non a1\n") {
		t.Error(out)
	}
	if out, _ := b.want(0, "", "logs", "local"); !strings.Contains(out, "\nhere with ") {
		t.Error(out)
	}
	b.want(0, "", "audit")
	if out, _ := b.want(0, "", "report"); strings.Contains(out, "REHEARSAL") || !strings.Contains(out, "| there | a1 |") {
		t.Error(out)
	}
}

func TestRollbackOnRealServers(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, twoSteps)
	b.want(0, "", "run", "--auto", "-e", "prod", "--until", "there")
	if !exists(filepath.Join(b.servers[0].Home, "ran"))() {
		t.Fatal("nothing ran")
	}
	said, errs := b.want(4, "", "run", "--auto", "-e", "prod", "--rollback", "run", "--max-danger", "none")
	if !strings.Contains(errs, "danger low is above what --max-danger allows (--max-danger low)") || strings.Contains(said, "opened") {
		t.Error(said, errs)
	}
	out, _ := b.want(0, "", "run", "--auto", "-e", "prod", "--rollback", "run") // its undos are low, as is what --auto may do
	if !strings.Contains(out, "rollback finished") || exists(filepath.Join(b.servers[0].Home, "ran"))() {
		t.Errorf("not rolled back:\n%s", out)
	}
}

func TestUnknownHostKey(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, twoSteps)
	if err := os.Truncate(b.servers[0].KnownHosts, 0); err != nil {
		t.Fatal(err)
	}
	out, _ := b.want(7, "", "check", "--connect")
	if !strings.Contains(out, "host key of ") || !strings.Contains(out, "hint: ") {
		t.Error(out)
	}
	b.want(7, "", "run", "--auto", "-e", "prod")
	if exists(filepath.Join(b.servers[0].Home, "ran"))() {
		t.Error("something ran on a server whose key is not known")
	}
}

// waiting is a step that says when it has begun and ends when it may.
const waiting = `
[[phase.step]]
id = "long"
title = "Long"
on = "a0"
danger = "low"
no_undo = "a test"
confirm = "low"
script = 'echo begun >>"$HOME/begun"; until test -e "$HOME/may-end"; do sleep 0.05; done; echo end'
`

func TestKilledConsoleComesBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, waiting)
	home := b.servers[0].Home
	first, _ := b.process("run", "--auto", "-e", "prod", "--max-danger", "med")
	b.await("the script has begun", exists(filepath.Join(home, "begun")))
	if _, errs := b.want(4, "", "run", "--auto", "-e", "prod", "--max-danger", "med"); !strings.Contains(errs, "driven by another console") {
		t.Error(errs)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	b.write("note", "")
	if err := os.WriteFile(filepath.Join(home, "may-end"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.want(0, "", "run", "--auto", "-e", "prod", "--max-danger", "med")
	if text, _ := os.ReadFile(filepath.Join(home, "begun")); string(text) != "begun\n" {
		t.Errorf("begun %q", text)
	}
	if out, _ := b.want(0, "", "logs", "a0"); !strings.Contains(out, "\nend\n") {
		t.Error(out)
	}
}

func TestSignalLeavesTheWork(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, waiting)
	home := b.servers[0].Home
	first, out := b.process("run", "--auto", "-e", "prod", "--max-danger", "med")
	b.await("the script has begun", exists(filepath.Join(home, "begun")))
	b.await("its start is in the journal", func() bool {
		_, text, _ := b.belay("", "status")
		return strings.Contains(text, "long@a0                      running")
	})
	if err := first.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	if code := first.ProcessState.ExitCode(); code != 4 || !strings.Contains(out.String(), "long@a0 goes on without this console") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if err := os.WriteFile(filepath.Join(home, "may-end"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.want(0, "", "run", "--auto", "-e", "prod", "--max-danger", "med")
}

// secretStep prints its secret, which no log of ours may hold.
const secretStep = `
[[phase.step]]
id = "use"
title = "Use"
on = "a0"
danger = "low"
no_undo = "a test"
script = 'cat "$TOKEN_FILE"; echo " was it"'
`

func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, secretStep)
	book, err := os.ReadFile(filepath.Join(b.dir, "runbook.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("runbook.toml", strings.Replace(string(book), "[groups]", "[secrets]\nTOKEN = { env = \"THE_TOKEN\" }\n[groups]", 1))
	if _, errs := b.want(1, "", "run", "--auto", "-e", "prod", "--max-danger", "med"); !strings.Contains(errs, "fewer than 6 bytes") {
		t.Error(errs)
	}
	b.environ["THE_TOKEN"] = "s3cr3t-and-long"
	out, _ := b.want(0, "", "run", "--auto", "--json", "-e", "prod", "--max-danger", "med")
	logs, _ := b.want(0, "", "logs", "a0")
	if !strings.Contains(logs, "‹secret TOKEN› was it") || strings.Contains(out+logs, "s3cr3t") {
		t.Errorf("%s\n%s", out, logs)
	}
	grep := exec.Command("grep", "-r", "s3cr3t", b.dir+"/state")
	if found, err := grep.Output(); err == nil {
		t.Errorf("the state has the secret: %s", found)
	}
}

// TestWrapperTools: check --connect looks for what the wrapper really calls.
func TestWrapperTools(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "runner/job/job.sh"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`for belay_x in ([a-z0-9 ]+); do`).FindSubmatch(text)
	if m == nil || string(m[1]) != wrapperTools {
		t.Errorf("job.sh calls %s\ncheck looks for %s", m, wrapperTools)
	}
}
