package runner

// The same scenes on a real OpenSSH sshd and on the embedded fleet. A scene
// knows only how to reach a host and how to read a file of its home.

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"belay/runner/job"
	"belay/runner/rehearsal"
	"belay/runner/remote"
	"belay/runner/remote/sshdtest"
	"belay/steps"
)

// ground is what a scene plays on.
type ground struct {
	hosts func() map[string]Host // dialled anew by each console
	read  func(host, file string) string
	cut   func(host string) // every connection to it, as a network would
}

const suiteBook = twoHosts + `
[vars]
WHO = "everybody"
[secrets]
TOKEN = { env = "TOKEN" }
[[phase.step]]
id = "prepare"
title = "Prepare"
on = "both"
danger = "low"
script = '''
echo "hello $WHO from $BELAY_HOST"
echo run >>"$HOME/prepare.count"
echo old >"$HOME/state"
'''
no_undo = "a file more does no harm"
[[phase.step]]
id = "switch"
title = "Switch"
on = "both"
danger = "low"
needs = ["prepare"]
capture = { WAS = "first" }
script = '''
echo "WAS=$(cat "$HOME/state")" >>"$BELAY_OUT"
echo new >"$HOME/state"
cat "$TOKEN_FILE" >"$HOME/token.seen"
cat "$TOKEN_FILE"; echo
'''
verify.script = 'test "$(cat "$HOME/state")" = new'
undo.script = 'echo "$WAS" >"$HOME/state"'
undo.verify.script = 'test "$(cat "$HOME/state")" = old'
[[phase.step]]
id = "slow"
title = "Slow"
on = "a"
danger = "low"
script = '''
echo run >>"$HOME/slow.count"
i=0
while [ ! -e "$HOME/slow.end" ] && [ $i -lt 1200 ]; do i=$((i+1)); echo "line $i"; sleep 0.05; done
echo the end
'''
no_undo = "it changes nothing"
[[phase.step]]
id = "finish"
title = "Finish"
on = "b"
danger = "low"
script = 'echo run >>"$HOME/finish.count"; touch "$HOME/finished"'
undo.script = 'rm -f "$HOME/finished"'
`

func realSSH(t *testing.T, more ...string) ground {
	servers := map[string]*sshdtest.Server{}
	for _, h := range append(more, "a", "b", steps.LocalHost) {
		servers[h] = sshdtest.Start(t, sshdtest.Options{})
	}
	return ground{
		hosts: func() map[string]Host {
			out := map[string]Host{}
			for id, s := range servers {
				out[id] = remote.New(remote.Settings{ID: id, Hop: remote.Hop{Address: s.Host, Port: s.Port, User: s.User,
					Identities: []string{s.Key}, IdentitiesOnly: true, KnownHosts: []string{s.KnownHosts}}})
			}
			return out
		},
		read: func(host, file string) string {
			b, _ := os.ReadFile(filepath.Join(servers[host].Home, file))
			return string(b)
		},
		cut: func(host string) { servers[host].KillConnections() },
	}
}

func suiteRig(t *testing.T, on ground) *rig {
	g := newRig(t, suiteBook)
	g.real = on.hosts
	g.secrets = map[string][]byte{"TOKEN": []byte("s3cr3t-t0ken")}
	return g
}

// onGrounds plays a scene on each ground, of a, b and more hosts.
func onGrounds(t *testing.T, scene func(t *testing.T, on ground), more ...string) {
	t.Run("sshd", func(t *testing.T) { scene(t, realSSH(t, more...)) })
	t.Run("fleet", func(t *testing.T) { scene(t, embedded(t, more...)) })
}

func (g *rig) through(step string, hosts ...string) {
	g.t.Helper()
	for _, h := range hosts {
		g.must(execute(step + "@" + h))
	}
	for _, h := range hosts {
		g.until(step+" on "+h, g.is(step+"@"+h, steps.TaskDone))
	}
}

func TestSuiteForwardAndBack(t *testing.T) {
	onGrounds(t, func(t *testing.T, on ground) {
		g := suiteRig(t, on)
		g.start(nil)
		g.bound()
		g.through("prepare", "a", "b")
		g.through("switch", "a", "b")
		if on.read("a", "state") != "new\n" || on.read("a", "token.seen") != "s3cr3t-t0ken" {
			t.Fatalf("state %q, token %q", on.read("a", "state"), on.read("a", "token.seen"))
		}
		log, _ := os.ReadFile(filepath.Join(g.logs, "r1.switch.a.1.log"))
		if string(log) != "‹secret TOKEN›\n" {
			t.Fatalf("our copy of the output: %q", log)
		}
		g.must(steps.Action{Verb: steps.Skip, Task: task("slow@a"), Reason: "not needed here"})
		g.through("finish", "b")
		g.kill()
		g.start(&Auto{Max: steps.Critical, Rollback: &steps.Scope{}})
		if o := <-g.runner.Done(); o.Code != 0 {
			t.Fatalf("%+v\n%s", o, g.journal.kinds())
		}
		for _, h := range []string{"a", "b"} {
			if got := on.read(h, "state"); got != "old\n" {
				t.Fatalf("state on %s is %q after the rollback", h, got)
			}
			if n := strings.Count(on.read(h, "prepare.count"), "run"); n != 1 {
				t.Fatalf("prepare ran %d times on %s", n, h)
			}
		}
		for _, l := range g.journal.lines {
			if strings.Contains(string(l.data), "s3cr3t-t0ken") {
				t.Fatalf("the journal holds the secret: %s", l.data)
			}
		}
	})
}

func TestSuiteKilledConsoleAttaches(t *testing.T) {
	onGrounds(t, func(t *testing.T, on ground) {
		g := suiteRig(t, on)
		g.start(nil)
		g.bound()
		g.through("prepare", "a", "b")
		g.through("switch", "a", "b")
		g.must(execute("slow@a"))
		g.until("output", func(*steps.Case) bool { return ringHas(g, "slow@a", "line 3") })
		g.kill()
		g.start(nil)
		g.until("attached", func(*steps.Case) bool { return ringHas(g, "slow@a", "line 5") })
		on.cut("a")
		endSlow(t, g)
		g.until("done", g.is("slow@a", steps.TaskDone))
		if n := strings.Count(on.read("a", "slow.count"), "run"); n != 1 {
			t.Fatalf("slow ran %d times", n)
		}
		log, _ := os.ReadFile(filepath.Join(g.logs, "r1.slow.a.1.log"))
		if !strings.HasPrefix(string(log), "line 1\nline 2\n") || !strings.HasSuffix(string(log), "\nthe end\n") {
			t.Fatalf("the log is not whole: %.60q … %.60q", log, log[max(0, len(log)-60):])
		}
	})
}

func TestSuiteCancel(t *testing.T) {
	onGrounds(t, func(t *testing.T, on ground) {
		g := suiteRig(t, on)
		g.start(nil)
		g.bound()
		g.through("prepare", "a", "b")
		g.through("switch", "a", "b")
		g.must(execute("slow@a"))
		g.until("output", func(*steps.Case) bool { return ringHas(g, "slow@a", "line 3") })
		g.must(steps.Action{Verb: steps.CancelTask, Task: task("slow@a")})
		g.until("cancelled", g.is("slow@a", steps.TaskCancelled))
		endSlow(t, g)
		g.must(steps.Action{Verb: steps.Retry, Task: task("slow@a"), Confirm: steps.Confirmation{How: "typed", Typed: "a"}})
		g.until("done", g.is("slow@a", steps.TaskDone))
		if n := strings.Count(on.read("a", "slow.count"), "run"); n != 2 {
			t.Fatalf("slow ran %d times in two attempts", n)
		}
	})
}

// endSlow lets the slow step end, by a second way in.
func endSlow(t *testing.T, g *rig) {
	t.Helper()
	h := g.real()["a"]
	defer h.Close()
	if _, err := h.Run(t.Context(), job.Script{Text: `touch "$HOME/slow.end"`}, 1000); err != nil {
		t.Fatal(err)
	}
}

func ringHas(g *rig, t, want string) bool {
	ring := g.runner.Output(task(t))
	if ring == nil {
		return false
	}
	first, next := ring.Span()
	for _, l := range ring.Window(first, int(next-first)) {
		if l.Text == want {
			return true
		}
	}
	return false
}

// TestMain lets this binary be the embedded fleet's child process.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == rehearsal.Verb {
		if err := rehearsal.Serve(context.Background(), os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func embedded(t *testing.T, more ...string) ground {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	spec := rehearsal.Spec{Dir: t.TempDir(), Speed: 60}
	for _, h := range append(more, "a", "b", steps.LocalHost) {
		spec.Hosts = append(spec.Hosts, rehearsal.HostSpec{ID: h, Address: h, User: "ops"})
	}
	fleet, err := rehearsal.Start(t.Context(), exe, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := fleet.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	links := &cables{}
	host := func(id string) Host {
		return remote.New(remote.Settings{ID: id, Hop: remote.Hop{Address: id, User: "ops",
			Signers: []ssh.Signer{fleet.Signer()}, HostKey: ssh.FixedHostKey(fleet.HostKey(id))},
			Dial: func(ctx context.Context) (net.Conn, error) { return links.keep(id)(fleet.Dial(ctx, id)) }})
	}
	return ground{
		hosts: func() map[string]Host {
			out := map[string]Host{}
			for _, h := range spec.Hosts {
				out[h.ID] = host(h.ID)
			}
			return out
		},
		read: func(id, file string) string {
			h := host(id)
			defer h.Close()
			res, err := h.Run(context.Background(), job.Script{Text: `cat "$HOME/` + file + `"`}, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			return string(res.Out)
		},
		cut: links.cut,
	}
}

// cables are the connections to hosts, to be cut.
type cables struct {
	mu    sync.Mutex
	conns map[string][]net.Conn
}

func (c *cables) keep(id string) func(net.Conn, error) (net.Conn, error) {
	return func(conn net.Conn, err error) (net.Conn, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if err == nil {
			if c.conns == nil {
				c.conns = map[string][]net.Conn{}
			}
			c.conns[id] = append(c.conns[id], conn)
		}
		return conn, err
	}
}

func (c *cables) cut(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns[id] {
		conn.Close()
	}
	c.conns[id] = nil
}
