package remote

// Whatever the operator's ssh reaches by a configuration, we reach by the same
// one, and what it refuses we refuse; where we are stricter, the row says so.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"belay/runner/job"
	"belay/runner/remote/sshdtest"
)

// parity is a server, a jump host before it, and the files that rows name.
type parity struct {
	t         *testing.T
	end, jump *sshdtest.Server
	rsa       string // a second host key of end
	dir       string
}

func newParity(t *testing.T) *parity {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is not on this machine")
	}
	p := &parity{t: t, dir: t.TempDir(), jump: sshdtest.Start(t, sshdtest.Options{})}
	p.rsa = filepath.Join(p.dir, "rsa")
	p.jump.Keygen("-t", "rsa", "-b", "2048", "-N", "", "-f", p.rsa)
	p.end = sshdtest.Start(t, sshdtest.Options{Config: []string{"HostKey " + p.rsa}})
	return p
}

// config puts a row's lines before those that reach the two servers at all.
func (p *parity) config(lines string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Host end\n%s\n", lines)
	for name, s := range map[string]*sshdtest.Server{"end": p.end, "jump": p.jump} {
		fmt.Fprintf(&b, "Host %s\n  HostName %s\n  Port %d\n  User %s\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n  GlobalKnownHostsFile none\n",
			name, s.Host, s.Port, s.User, s.Key, s.KnownHosts)
	}
	b.WriteString("Host *\n  BatchMode yes\n  UpdateHostKeys no\n")
	file := filepath.Join(p.dir, "config")
	write(p.t, file, b.String())
	return file
}

// both says how ssh and how we fare by the same file; nil is a command that ran.
func (p *parity) both(lines string) (theirs, ours error) {
	file := p.config(lines)
	set, ours := Resolver{File: file}.Resolve(context.Background(), "end", "", 0)
	if ours == nil {
		set.Limits = Limits{BackoffMin: time.Millisecond, BackoffMax: 20 * time.Millisecond}
		ours = knock(p.t, set)
	}
	// after us: ssh adds what it accepts to known_hosts
	if out, err := exec.Command("ssh", "-F", file, "end", "true").CombinedOutput(); err != nil {
		theirs = fmt.Errorf("%w: %s", err, out)
	}
	return theirs, ours
}

func TestWhatSSHReachesWeReach(t *testing.T) {
	p := newParity(t)
	file := func(name, text string) string {
		name = filepath.Join(p.dir, name)
		write(t, name, text)
		return name
	}
	text := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	nobody := file("nobody", "")
	rsaOnly := file("rsa-only", p.end.KnownHostsLine(p.rsa+".pub"))
	alias := file("alias", "the-alias "+strings.SplitN(p.end.KnownHostsLine(p.end.HostKey+".pub"), " ", 2)[1])
	revoked := file("revoked", "# both\n"+text(p.end.HostKey+".pub")+text(p.rsa+".pub"))
	for _, row := range []struct {
		lines        string
		theirs, ours string // what a refusal says; empty: reached
	}{
		{lines: "  Compression yes"},
		{lines: "  ProxyJump jump"},
		{lines: "  ProxyCommand ssh -F " + p.dir + "/config -W %h:%p jump"},
		{lines: "  ProxyCommand ssh -F " + p.dir + "/config -W [%h]:%p %r@jump"},
		{lines: "  ProxyCommand echo 50%% of it >&2", theirs: "Connection closed", ours: "ProxyCommand ended with exit status 0: 50% of it"},
		{lines: "  ProxyCommand sh -c 'echo no way out >&2; exit 3'", theirs: "no way out", ours: "ProxyCommand ended with exit status 3: no way out"},
		{lines: "  HostKeyAlgorithms ssh-ed25519"},
		{lines: "  HostKeyAlgorithms ssh-ed25519\n  UserKnownHostsFile " + rsaOnly, theirs: "verification failed", ours: "HostKeyAlgorithms ssh-ed25519 allows none of rsa-sha2-512"},
		{lines: "  UserKnownHostsFile " + rsaOnly},
		{lines: "  UserKnownHostsFile " + rsaOnly + "\n  HostKeyAlgorithms -ssh-ed25519"},
		{lines: "  UserKnownHostsFile " + nobody + " " + p.end.KnownHosts},
		{lines: "  UserKnownHostsFile " + nobody + "\n  GlobalKnownHostsFile " + p.end.KnownHosts},
		{lines: "  UserKnownHostsFile " + alias + "\n  HostKeyAlias the-alias"},
		{lines: "  UserKnownHostsFile " + alias, theirs: "verification failed", ours: "is unknown"},
		{lines: "  RevokedHostKeys " + revoked, theirs: "revoked", ours: "revoked"},
		{lines: "  RevokedHostKeys " + nobody},
		{lines: "  RevokedHostKeys " + p.dir + "/missing", theirs: "No such file", ours: "no such file"},
		{lines: "  PubkeyAuthentication no", theirs: "Permission denied", ours: "was refused"},
		{lines: "  BindAddress 127.0.0.9"},
		{lines: "  AddressFamily inet"},
		{lines: "  AddressFamily inet6", theirs: "not supported", ours: "no suitable address"},
		// an upper bound on trust: what ssh would let pass, we do not
		{lines: "  StrictHostKeyChecking no\n  UserKnownHostsFile " + nobody, ours: "is unknown"},
	} {
		theirs, ours := p.both(row.lines)
		for who, x := range map[string]struct {
			err  error
			want string
		}{"ssh": {theirs, row.theirs}, "belay": {ours, row.ours}} {
			if (x.err == nil) != (x.want == "") || x.err != nil && !strings.Contains(x.err.Error(), x.want) {
				t.Errorf("%s\n%s: %v; want %q", row.lines, who, x.err, x.want)
			}
		}
	}
	if !strings.Contains(p.end.Log(), "Connection from 127.0.0.9 ") || strings.Count(p.jump.Log(), "Accepted publickey") < 6 {
		t.Error("a way was not taken")
	}
}

// A command that carries a connection is told to go when the connection goes.
func TestAProxyCommandEndsWithItsConnection(t *testing.T) {
	p := newParity(t)
	pids := filepath.Join(p.dir, "pids")
	file := p.config("  ProxyCommand sh -c 'echo $$ >>" + pids + "; exec ssh -F " + p.dir + "/config -W %h:%p jump'")
	set, err := Resolver{File: file}.Resolve(context.Background(), "end", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	h := New(set)
	if _, err := h.Run(within(t, time.Minute), job.Script{Text: "true"}, 1); err != nil {
		t.Fatal(err)
	}
	h.Close()
	b, err := os.ReadFile(pids)
	if err != nil || len(strings.Fields(string(b))) == 0 {
		t.Fatalf("%q %v", b, err)
	}
	for _, pid := range strings.Fields(string(b)) {
		await(t, "the end of "+pid, func() bool {
			_, err := os.Stat("/proc/" + pid)
			return errors.Is(err, os.ErrNotExist)
		})
	}
}

// ssh's own limits count where they are stricter than ours.
func TestTimesOfTheConfiguration(t *testing.T) {
	p := newParity(t)
	set, err := Resolver{File: p.config("  ConnectTimeout 1\n  ServerAliveInterval 1\n  ServerAliveCountMax 2")}.Resolve(context.Background(), "end", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	set.Limits = Limits{Keepalive: time.Hour, Handshake: time.Hour}
	h := open(t, set)
	if _, err := h.Run(within(t, time.Minute), job.Script{Text: "true"}, 1); err != nil {
		t.Fatal(err)
	}
	p.end.Freeze()
	await(t, "the silence to be noticed", func() bool { return !h.Link().Up })
	_, err = h.Run(within(t, time.Minute), job.Script{Text: "true"}, 1)
	if err == nil || !strings.Contains(err.Error(), "no handshake within 1s") && !strings.Contains(err.Error(), "has not answered for 2s") {
		t.Error(err)
	}
}
