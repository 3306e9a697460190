package cli

// The rule of this file: who cannot be asked, or is not who we know, is said to
// be that, with the one command that helps where there is one.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"belay/steps"
)

// TestUnknownKeyNamesItsCommand: what settles it stands beside the refusal, and
// settles it.
func TestUnknownKeyNamesItsCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, twoSteps)
	if err := os.Truncate(b.servers[0].KnownHosts, 0); err != nil {
		t.Fatal(err)
	}
	_, errs := b.want(steps.CodeUnreachable, "", "run", "--auto", "-e", "prod")
	if !strings.Contains(errs, "unreachable: a0 is unreachable: host key of ") || !strings.Contains(errs, "hint: a0: compare SHA256:") {
		t.Error(errs)
	}
	_, command, _ := strings.Cut(errs, "then: ")
	_, line, _ := strings.Cut(command, "echo '")
	line, _, _ = strings.Cut(line, "'")
	if err := os.WriteFile(b.servers[0].KnownHosts, []byte(line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.want(0, "", "run", "--auto", "-e", "prod")
}

// TestChangedHostKey: there is no way past a key that differs from known_hosts,
// not by a rebind either.
func TestChangedHostKey(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, twoSteps)
	s := b.servers[0]
	other := filepath.Join(s.Dir, "other")
	s.Keygen("-t", "ed25519", "-N", "", "-f", other)
	if err := os.WriteFile(s.KnownHosts, []byte(s.KnownHostsLine(other+".pub")), 0o600); err != nil {
		t.Fatal(err)
	}
	_, errs := b.want(steps.CodeUnreachable, "", "run", "--auto", "-e", "prod")
	if !strings.Contains(errs, "a0 is not the host we know: host key is ssh-ed25519 SHA256:") || !strings.Contains(errs, "Belay has no way past this") {
		t.Error(errs)
	}
	out, _ := b.want(steps.CodeUnreachable, "rebind a0\nbecause I say so\nexecute there@a0\n", "run", "--plain", "-e", "prod")
	if strings.Contains(out, "a0 is a0") || !strings.Contains(out, "refused: a0 is not the host we know") {
		t.Error(out)
	}
	if exists(filepath.Join(s.Home, "ran"))() {
		t.Error("something ran")
	}
}

// lookedAt has a check, a verify, a captured value, a figure and evidence: all
// that a login shell that talks could spoil.
const lookedAt = `
[[phase.step]]
id = "act"
title = "Act"
on = "a0"
danger = "none"
capture = { TAG = "first" }
check = { script = "echo 7", want = "== 7" }
script = 'echo "TAG=v1" >>"$BELAY_OUT"; echo acted'
verify = { script = "echo $TAG", want = "== v1" }
[[phase.step]]
id = "count"
title = "Count"
on = "a0"
kind = "measure"
measure = { name = "nodes", as = "baseline" }
script = 'echo nodes=4 >>"$BELAY_OUT"'
[[phase.step]]
id = "go"
title = "Go on?"
kind = "gate"
evidence = [
  { title = "free", on = "a0", probe = "disk", path = "/", want = "> 0 B" },
  { title = "nodes", on = "a0", script = "echo 4", want = "== 4" },
]
[probes.disk]
read = "df"
`

func TestNoisyLoginShell(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, lookedAt)
	startup := filepath.Join(b.servers[0].Home, ".bashrc")
	noise := "echo Welcome; echo 4 >&2; trap 'echo Good-bye' EXIT; printf 'prompt> '\n"
	if err := os.WriteFile(startup, []byte(noise), 0o600); err != nil {
		t.Fatal(err)
	}
	b.want(steps.CodePerson, "", "run", "--auto", "-e", "prod") // the gate is a person's
	b.want(0, "yes go@local\n", "run", "--plain", "-e", "prod")
	if out, _ := b.want(0, "", "logs", "a0"); !strings.Contains(out, "\nacted\n") || strings.Contains(out, "Welcome") {
		t.Error(out)
	}
	if err := os.WriteFile(startup, []byte("exit 0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := b.want(steps.CodeUnreachable, "", "check", "--connect")
	if !strings.Contains(out, "a0: error: unreachable: the login shell of ") || !strings.Contains(out, "hint: echo ok | ssh -p ") {
		t.Error(out)
	}
}

// TestConnectTellsTheWay: how a host was reached, by what it is known and with
// which key, as the handshake had it.
func TestConnectTellsTheWay(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, "[[phase.step]]\nid = \"look\"\non = \"all\"\ndanger = \"none\"\nscript = \"true\"\n")
	jump, end := b.servers[0], b.servers[1]
	file := filepath.Join(b.dir, "config/belay/ssh_config")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	way := fmt.Sprintf("Match originalhost 127.0.0.1 exec \"test %%p = %d\"\n  ProxyJump %s@127.0.0.1:%d\nHost *\n", end.Port, jump.User, jump.Port)
	if err := os.WriteFile(file, append([]byte(way), text...), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := b.want(0, "", "check", "--connect")
	for _, want := range []string{
		fmt.Sprintf("a0: directly; known by %s:1; logged in with %s", jump.KnownHosts, jump.Key),
		fmt.Sprintf("a1: through 127.0.0.1:%d; known by %s:1; logged in with %s", jump.Port, end.KnownHosts, end.Key),
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s\nwithout %s", out, want)
		}
	}
}

// TestWhatAHostSaysOfItself: a logout that kills is warned of before it does.
func TestWhatAHostSaysOfItself(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"logind KillUserProcesses=yes\n":                                        "killed",
		"logind KillUserProcesses = yes\nlogind KillUserProcesses=no\n":         "",
		"logind KillUserProcesses=yes\nlogind KillExcludeUsers=root ray\n":      "",
		"free 12\nsudo no password\nlogind KillOnlyUsers=\n":                    "",
		"logind KillExcludeUsers=\nlogind KillUserProcesses=1\nfree 12\nsort\n": "killed",
	} {
		r := hostReport{Host: "a", User: "ray"}
		r.take(text)
		if got := strings.Join(r.Warnings, ""); !strings.HasSuffix(got, want) || want == "" && got != "" {
			t.Errorf("%q: %q", text, got)
		}
		if strings.Contains(text, "sort") != slices.Equal(r.Missing, []string{"sort"}) {
			t.Errorf("%q: %q", text, r.Missing)
		}
	}
}

// TestTheSSHLineReachesTheHost: what is copied for a shell on a host works as it
// stands, with a configuration of Belay's own too.
func TestTheSSHLineReachesTheHost(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is not on this machine")
	}
	b := newBench(t, 1, twoSteps)
	env := Host()
	env.Getenv = func(name string) string { return b.environ[name] }
	p := &program{env: env}
	s := b.servers[0]
	line := p.sshLine(steps.Host{Address: s.Host, Port: s.Port, User: s.User})
	out, err := exec.Command("sh", "-c", line+" echo reached").CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "reached\n") {
		t.Errorf("%s: %v %s", line, err, out)
	}
}
