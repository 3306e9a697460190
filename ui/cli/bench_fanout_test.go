//go:build linux

package cli

// The rule of this file: what operators would take instead runs beside us, by
// turns in one round, on the same servers. A peer that is not installed is left
// out and said to be.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sync/errgroup"
)

const fanOutStep = "[[phase.step]]\nid = \"look\"\non = \"all\"\ndanger = \"none\"\nscript = \"uname -a\"\n"

// crowd is some servers under names that every peer knows by one ssh_config.
type crowd struct {
	*bench
	names  []string
	config string

	masters string // ControlPath of OpenSSH's shared connections
}

// BenchmarkFanOut runs one command on n servers, from nothing to nothing: with
// check --connect, which only looks, with a step, which is journalled, detached
// and started at most once, and with each peer. The floor is n handshakes.
func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{4, 32, 128} {
		b.Run(fmt.Sprintf("hosts=%d", n), func(b *testing.B) {
			f := newCrowd(b, n)
			took, used := map[string]time.Duration{}, map[string]time.Duration{}
			defer f.openMasters(b)()
			for b.Loop() {
				for _, p := range f.peers() {
					busy := f.sshdTime(b)
					began := time.Now()
					cpu, err := p.run()
					if err != nil {
						b.Logf("%s is left out: %v", p.name, err)
						continue
					}
					took[p.name] += time.Since(began)
					used[p.name] += cpu
					if p.name == "check" {
						took["sshd"] += (f.sshdTime(b) - busy) / time.Duration(runtime.NumCPU())
					}
				}
			}
			for name, d := range took {
				b.ReportMetric(d.Seconds()/float64(b.N), name+"-s")
			}
			for _, name := range []string{"check", "pdsh-x25519"} {
				b.ReportMetric(used[name].Seconds()/float64(b.N), name+"-cpu-s")
			}
			// what a step costs once all connections are there
			b.ReportMetric((took["five"]-took["step"]).Seconds()/4/float64(b.N), "warm-s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func newCrowd(b *testing.B, n int) *crowd {
	b.Helper()
	f := &crowd{bench: newBench(b, n, fanOutStep)}
	f.self = filepath.Join(f.dir, "bin", "belay") // what operators have, and not a test of it
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", f.self, "belay")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("go build: %v: %s", err, out)
	}
	var config, inventory, hosts strings.Builder
	config.WriteString("BatchMode yes\nStrictHostKeyChecking yes\nIdentitiesOnly yes\nIdentityAgent none\nGlobalKnownHostsFile none\nLogLevel ERROR\n")
	inventory.WriteString("[fleet]\n")
	for i, s := range f.servers {
		name := fmt.Sprintf("a%d", i)
		f.names = append(f.names, name)
		fmt.Fprintf(&config, "Host %s\nHostName %s\nPort %d\nUser %s\nIdentityFile %s\nUserKnownHostsFile %s\n", name, s.Host, s.Port, s.User, s.Key, s.KnownHosts)
		fmt.Fprintln(&inventory, name)
		fmt.Fprintf(&hosts, "[hosts.%s]\naddress = %q\n", name, name)
	}
	f.write("config/belay/ssh_config", config.String())
	book := "format = 1\ntitle = \"on many servers\"\n" + hosts.String() + "[groups]\nall = [\"" + strings.Join(f.names, "\", \"") +
		"\"]\n[environments.prod]\nkind = \"live\"\n[[phase]]\nid = \"p\"\ntitle = \"P\"\n" + fanOutStep
	f.write("runbook.toml", book)
	for i := range 4 {
		book += strings.Replace(fanOutStep, "look", fmt.Sprintf("look%d", i), 1)
	}
	f.write("five.toml", book)
	f.write("peers.conf", config.String())
	f.write("names", strings.Join(f.names, "\n")+"\n")
	f.write("inventory", inventory.String())
	f.config = filepath.Join(f.dir, "peers.conf")
	return f
}

// peer is one way to run the command everywhere.
type peer struct {
	name string
	run  func() (cpu time.Duration, err error) // with what its processes used here
}

func (f *crowd) peers() []peer {
	n, names := fmt.Sprint(len(f.names)), filepath.Join(f.dir, "names")
	const x25519 = "-oKexAlgorithms=curve25519-sha256" // ours with servers that lack ML-KEM
	return []peer{
		{"check", func() (time.Duration, error) { return f.ours("check", "--connect") }},
		{"xargs", f.tool("xargs", nil, "-a", names, "-P", n, "-I{}", "ssh", "-n", "-F", f.config, "{}", "uname -a")},
		{"step", func() (time.Duration, error) { return f.ours("run", "-e", "prod", "--auto", "--new") }},
		{"five", func() (time.Duration, error) {
			return f.ours("run", "-f", "five.toml", "-e", "prod", "--auto", "--new")
		}},
		{"masters", f.tool("xargs", nil, "-a", names, "-P", n, "-I{}", "ssh", "-n", "-F", f.config, "-oControlPath="+f.masters, "{}", "uname -a")},
		{"pdsh", f.tool("pdsh", f.pdsh(""), "-f", n, "-w", "^"+names, "uname -a")},
		{"handshakes", f.handshakes},
		{"pdsh-x25519", f.tool("pdsh", f.pdsh(x25519), "-f", n, "-w", "^"+names, "uname -a")},
		{"pssh", f.tool("parallel-ssh", nil, "-h", names, "-p", n, "-t", "0", "-i", "-x", "-F "+f.config, "uname -a")},
		{"clush", f.tool("clush", nil, "-f", n, "-o", "-F "+f.config, "--hostfile", names, "uname -a")},
		{"ansible", f.tool("ansible", []string{"ANSIBLE_SSH_ARGS=-F " + f.config, "ANSIBLE_NOCOLOR=1"}, "-i", filepath.Join(f.dir, "inventory"), "-f", n, "fleet", "-m", "raw", "-a", "uname -a")},
	}
}

// pdsh is the environment that lets it use ssh as all others do, with one more
// option.
func (f *crowd) pdsh(option string) []string {
	return []string{"PDSH_RCMD_TYPE=ssh", "PDSH_SSH_ARGS=-F " + f.config + " " + option + " %h", "PDSH_SSH_ARGS_APPEND="}
}

// ours is the program as a process of its own, as the peers are.
func (f *crowd) ours(args ...string) (time.Duration, error) {
	cmd, out := f.process(args...)
	if err := cmd.Wait(); err != nil {
		return 0, fmt.Errorf("%w: %.300s", err, out)
	}
	return usedBy(cmd), nil
}

// usedBy is the processors' time of a process that has ended, with its children.
func usedBy(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// tool runs a peer, which has to answer for every server.
func (f *crowd) tool(name string, environ []string, args ...string) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		if _, err := exec.LookPath(name); err != nil {
			return 0, fmt.Errorf("it is not installed")
		}
		cmd := exec.Command(name, args...)
		cmd.Env = append(append(os.Environ(), "HOME="+f.dir), environ...)
		out, err := cmd.CombinedOutput()
		if got := strings.Count(string(out), "GNU/Linux"); err != nil || got != len(f.names) {
			return 0, fmt.Errorf("%d of %d answered, %v: %.300s", got, len(f.names), err, out)
		}
		return usedBy(cmd), nil
	}
}

// sshdTime is what the servers have used of the processors, with all that they
// have started: no way to do the same work ends sooner than that allows.
func (f *crowd) sshdTime(b *testing.B) time.Duration {
	b.Helper()
	sum := func() (all time.Duration) {
		for _, s := range f.servers {
			all += cpuOf(b, []int{s.PID()}, true)
		}
		return all
	}
	for was := sum(); ; { // what has just ended is counted when sshd has heard of it
		time.Sleep(200 * time.Millisecond)
		now := sum()
		if now == was {
			return now
		}
		was = now
	}
}

// openMasters makes the shared connections that ssh can use instead of new ones
// (ssh_config(5), ControlMaster). The name of their sockets has to be short.
func (f *crowd) openMasters(b *testing.B) (end func()) {
	b.Helper()
	dir, err := os.MkdirTemp("", "m")
	if err != nil {
		b.Fatal(err)
	}
	f.masters = filepath.Join(dir, "%n")
	all := func(words ...string) error {
		_, err := f.tool("xargs", nil, append([]string{"-a", filepath.Join(f.dir, "names"), "-P", "32", "-I{}", "ssh", "-n", "-F", f.config,
			"-oControlPath=" + f.masters}, words...)...)()
		return err
	}
	if err := all("-oControlMaster=auto", "-oControlPersist=yes", "{}", "uname -a"); err != nil {
		b.Logf("masters are left out: %v", err)
	}
	return func() {
		_ = all("-Oexit", "{}")
		os.RemoveAll(dir)
	}
}

// handshakes only logs in, as many at once as we do.
func (f *crowd) handshakes() (time.Duration, error) {
	var g errgroup.Group
	for _, s := range f.servers {
		g.Go(func() error {
			pem, err := os.ReadFile(s.Key)
			if err != nil {
				return err
			}
			key, err := ssh.ParsePrivateKey(pem)
			if err != nil {
				return err
			}
			conn, err := ssh.Dial("tcp", fmt.Sprintf("%s:%d", s.Host, s.Port), &ssh.ClientConfig{User: s.User,
				Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
			if err != nil {
				return err
			}
			return conn.Close()
		})
	}
	return 0, g.Wait()
}
