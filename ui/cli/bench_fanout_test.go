package cli

// The rule of this file: what operators would take instead runs beside us, by
// turns in one round, on the same servers. A peer that is not installed is left
// out and said to be.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
}

// BenchmarkFanOut runs one command on n servers, from nothing to nothing: with
// check --connect, which only looks, with a step, which is journalled, detached
// and started at most once, and with each peer. The floor is n handshakes.
func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{4, 32, 128} {
		b.Run(fmt.Sprintf("hosts=%d", n), func(b *testing.B) {
			f := newCrowd(b, n)
			took := map[string]time.Duration{}
			for b.Loop() {
				for _, p := range f.peers() {
					began := time.Now()
					if err := p.run(); err != nil {
						b.Logf("%s is left out: %v", p.name, err)
						continue
					}
					took[p.name] += time.Since(began)
				}
			}
			for name, d := range took {
				b.ReportMetric(d.Seconds()/float64(b.N), name+"-s")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func newCrowd(b *testing.B, n int) *crowd {
	b.Helper()
	f := &crowd{bench: newBench(b, n, fanOutStep)}
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
	f.write("runbook.toml", "format = 1\ntitle = \"on many servers\"\n"+hosts.String()+"[groups]\nall = [\""+strings.Join(f.names, "\", \"")+
		"\"]\n[environments.prod]\nkind = \"live\"\n[[phase]]\nid = \"p\"\ntitle = \"P\"\n"+fanOutStep)
	f.write("peers.conf", config.String())
	f.write("names", strings.Join(f.names, "\n")+"\n")
	f.write("inventory", inventory.String())
	f.config = filepath.Join(f.dir, "peers.conf")
	return f
}

// peer is one way to run the command everywhere.
type peer struct {
	name string
	run  func() error
}

func (f *crowd) peers() []peer {
	n, names := fmt.Sprint(len(f.names)), filepath.Join(f.dir, "names")
	const x25519 = "-oKexAlgorithms=curve25519-sha256" // ours with servers that lack ML-KEM
	return []peer{
		{"check", func() error { return f.ours("check", "--connect") }},
		{"xargs", f.tool("xargs", nil, "-a", names, "-P", n, "-I{}", "ssh", "-n", "-F", f.config, "{}", "uname -a")},
		{"step", func() error { return f.ours("run", "-e", "prod", "--auto", "--new") }},
		{"pdsh", f.tool("pdsh", []string{"PDSH_RCMD_TYPE=ssh", "PDSH_SSH_ARGS=-F " + f.config + " %h", "PDSH_SSH_ARGS_APPEND="}, "-f", n, "-w", "^"+names, "uname -a")},
		{"handshakes", f.handshakes},
		{"pdsh-x25519", f.tool("pdsh", []string{"PDSH_RCMD_TYPE=ssh", "PDSH_SSH_ARGS=-F " + f.config + " " + x25519 + " %h", "PDSH_SSH_ARGS_APPEND="}, "-f", n, "-w", "^"+names, "uname -a")},
		{"pssh", f.tool("parallel-ssh", nil, "-h", names, "-p", n, "-t", "0", "-i", "-x", "-F "+f.config, "uname -a")},
		{"clush", f.tool("clush", nil, "-f", n, "-o", "-F "+f.config, "--hostfile", names, "uname -a")},
		{"ansible", f.tool("ansible", []string{"ANSIBLE_SSH_ARGS=-F " + f.config, "ANSIBLE_NOCOLOR=1"}, "-i", filepath.Join(f.dir, "inventory"), "-f", n, "fleet", "-m", "raw", "-a", "uname -a")},
	}
}

// ours is the program as a process of its own, as the peers are.
func (f *crowd) ours(args ...string) error {
	cmd, out := f.process(args...)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %.300s", err, out)
	}
	return nil
}

// tool runs a peer, which has to answer for every server.
func (f *crowd) tool(name string, environ []string, args ...string) func() error {
	return func() error {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("it is not installed")
		}
		cmd := exec.Command(name, args...)
		cmd.Env = append(append(os.Environ(), "HOME="+f.dir), environ...)
		out, err := cmd.CombinedOutput()
		if got := strings.Count(string(out), "GNU/Linux"); err != nil || got != len(f.names) {
			return fmt.Errorf("%d of %d answered, %v: %.300s", got, len(f.names), err, out)
		}
		return nil
	}
}

// handshakes only logs in, as many at once as we do.
func (f *crowd) handshakes() error {
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
	return g.Wait()
}
