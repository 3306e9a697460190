// Package sshdtest runs a real OpenSSH sshd for tests, on loopback, as the
// current user, with keys and a home folder of its own.
//
// Its rule: it ends only processes that it started itself, by their ids.
package sshdtest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Options change what Start does.
type Options struct {
	Config  []string // more lines for sshd_config; they win, since the first value counts
	KeyType string   // of the host key, as for ssh-keygen -t; empty means ed25519
	Env     []string // NAME=value of every session, beside HOME
	Under   []string // words before sshd's own, of a command that becomes it
	// Ordinary lets sessions be those of a user who is not root. Only root can
	// have that, by an account that exists for this sshd alone; for anybody else
	// it is so anyway.
	Ordinary bool
}

// PAM is an sshd that asks for one password by PAM, and takes no key. Its mount
// namespace is its own, so that nothing of this machine changes; the test is
// skipped where there can be none.
func PAM(t testing.TB, password string) Options {
	if os.Getuid() != 0 || exec.Command("unshare", "-m", "true").Run() != nil {
		t.Skip("an sshd with a PAM of its own needs root and a mount namespace")
	}
	dir := t.TempDir()
	check, pam := filepath.Join(dir, "check"), filepath.Join(dir, "pam")
	for file, text := range map[string]string{
		// pam_exec(8) hands the password over with a NUL behind it
		check: "#!/bin/sh\n[ \"$(tr -d '\\000')\" = '" + password + "' ]\n",
		// pam_exec says nothing in the second round (setcred), so another has to
		pam: "auth required pam_exec.so expose_authtok quiet " + check + "\nauth required pam_permit.so\n" +
			"account required pam_permit.so\nsession required pam_permit.so\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return Options{
		Under:  []string{"unshare", "-m", "sh", "-c", `mount --bind "$0" /etc/pam.d/sshd && exec "$@"`, pam},
		Config: []string{"UsePAM yes", "KbdInteractiveAuthentication yes", "PubkeyAuthentication no", "PermitRootLogin yes"},
	}
}

// Server is one sshd.
type Server struct {
	Host       string // 127.0.0.1
	Port       int
	Addr       string // Host:Port
	User       string // who can log in
	Home       string // HOME of every session
	Key        string // private key file that can log in; Key.pub beside it
	HostKey    string // private host key file; HostKey.pub beside it
	KnownHosts string // file that knows the host key
	Dir        string // for whatever a test wants to keep beside these

	ordinary bool

	t      testing.TB
	binary string
	under  []string
	config string
	mu     sync.Mutex
	cmd    *exec.Cmd
	ended  chan struct{}
}

// Start starts an sshd that is gone when the test ends. The test is skipped
// where sshd or ssh-keygen are missing.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{t: t, Host: "127.0.0.1", Dir: t.TempDir(), binary: find(t), under: o.Under}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s.User, s.Home = me.Username, filepath.Join(s.Dir, "home")
	s.Key, s.HostKey = filepath.Join(s.Dir, "id"), filepath.Join(s.Dir, "hostkey")
	s.KnownHosts, s.config = filepath.Join(s.Dir, "known_hosts"), filepath.Join(s.Dir, "sshd_config")
	if err := os.Mkdir(s.Home, 0o700); err != nil {
		t.Fatal(err)
	}
	if o.Ordinary && os.Getuid() == 0 {
		s.becomeOrdinary()
	}
	if o.KeyType == "" {
		o.KeyType = "ed25519"
	}
	s.Keygen("-t", o.KeyType, "-N", "", "-f", s.HostKey)
	s.Keygen("-t", "ed25519", "-N", "", "-f", s.Key)
	s.Port = freePort(t)
	s.Addr = net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	s.write(filepath.Join(s.Dir, "authorized_keys"), s.read(s.Key+".pub"))
	s.write(s.KnownHosts, s.KnownHostsLine(s.HostKey+".pub"))
	s.write(s.config, s.configText(o))
	if os.Getuid() == 0 { // sshd as root wants its privilege separation directory
		os.MkdirAll("/run/sshd", 0o755)
	}
	s.start()
	t.Cleanup(func() { s.Thaw(); s.Stop() })
	return s
}

func find(t testing.TB) string {
	t.Helper()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not on this machine")
	}
	for _, path := range []string{"/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/local/bin/sshd", "/opt/homebrew/sbin/sshd"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Skip("sshd is not on this machine")
	return ""
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (s *Server) configText(o Options) string {
	env := append([]string{"HOME=" + s.Home}, o.Env...)
	lines := append(o.Config[:len(o.Config):len(o.Config)],
		"Port "+strconv.Itoa(s.Port), "ListenAddress 127.0.0.1", "HostKey "+s.HostKey,
		"AuthorizedKeysFile "+filepath.Join(s.Dir, "authorized_keys"), "PidFile none",
		"StrictModes no", "UsePAM no", "UseDNS no", "PermitRootLogin prohibit-password",
		"PasswordAuthentication no", "KbdInteractiveAuthentication no", "PrintMotd no",
		"PrintLastLog no", "LogLevel DEBUG1", "SetEnv "+strings.Join(env, " "))
	return strings.Join(lines, "\n") + "\n"
}

// Keygen runs ssh-keygen -q with these arguments.
func (s *Server) Keygen(args ...string) {
	s.t.Helper()
	once := []string{"-q", "-a", "1"} // rounds of bcrypt; 16 take seconds under the race detector
	if out, err := exec.Command("ssh-keygen", append(once, args...)...).CombinedOutput(); err != nil {
		s.t.Fatalf("ssh-keygen %v: %v\n%s", args, err, out)
	}
}

// KnownHostsLine is the line of known_hosts for a public key file.
func (s *Server) KnownHostsLine(file string) string {
	f := strings.Fields(s.read(file))
	return fmt.Sprintf("[%s]:%d %s %s\n", s.Host, s.Port, f[0], f[1])
}

// Authorize lets another public key file log in too.
func (s *Server) Authorize(file string) {
	s.t.Helper()
	list := filepath.Join(s.Dir, "authorized_keys")
	s.write(list, s.read(list)+s.read(file))
}

// Log is what sshd has said so far, at LogLevel DEBUG1.
func (s *Server) Log() string { return s.read(filepath.Join(s.Dir, "log")) }

func (s *Server) read(file string) string {
	s.t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

func (s *Server) write(file, text string) {
	s.t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) start() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	words := append(s.under[:len(s.under):len(s.under)], s.binary, "-D", "-f", s.config, "-E", filepath.Join(s.Dir, "log"))
	s.cmd = exec.Command(words[0], words[1:]...)
	if s.ordinary {
		s.cmd = s.aside()
	}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd, ended := s.cmd, make(chan struct{})
	s.ended = ended
	go func() { cmd.Wait(); close(ended) }()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if conn, err := net.Dial("tcp", s.Addr); err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			s.t.Fatalf("sshd did not start:\n%s", s.Log())
		default:
		}
	}
	s.t.Fatalf("sshd does not listen:\n%s", s.Log())
}

// The account of an ordinary user: no other program sees it, and no file of the
// system names it.
const (
	ordinaryName = "belaytest"
	ordinaryID   = 64917
)

// becomeOrdinary makes the account's passwd file and gives it its home.
func (s *Server) becomeOrdinary() {
	s.t.Helper()
	line := fmt.Sprintf("%s:*:%d:%d::%s:/bin/sh\n", ordinaryName, ordinaryID, ordinaryID, s.Home)
	s.write(filepath.Join(s.Dir, "passwd"), s.read("/etc/passwd")+line)
	s.ordinary, s.User = true, ordinaryName
	for _, dir := range []string{s.Dir, filepath.Dir(s.Dir)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, file := range []string{filepath.Join(s.Dir, "passwd"), s.Home} {
		if err := os.Chmod(file, 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := os.Chown(s.Home, ordinaryID, ordinaryID); err != nil {
		s.t.Fatal(err)
	}
}

// aside is sshd in a mount namespace of its own, with the account's passwd file
// over the system's.
func (s *Server) aside() *exec.Cmd {
	if _, err := exec.LookPath("unshare"); err != nil {
		s.t.Skip("unshare is not on this machine: no ordinary user for a test that runs as root")
	}
	os.Chmod(filepath.Join(s.Dir, "authorized_keys"), 0o644) // read as the user who logs in
	return exec.Command("unshare", "--mount", "sh", "-c", `mount --bind "$1" /etc/passwd && shift && exec "$@"`, "sh",
		filepath.Join(s.Dir, "passwd"), s.binary, "-D", "-f", s.config, "-E", filepath.Join(s.Dir, "log"))
}

// Shells are the processes that sshd has started for its sessions.
func (s *Server) Shells() (pids []int) {
	parents := s.sshds()
	for _, file := range stats() {
		pid, parent, name := readStat(file)
		if !strings.HasPrefix(name, "sshd") && slices.Contains(parents, parent) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Stop ends the listener and every connection.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.ended:
		return
	default:
	}
	kids := s.sshds()
	s.cmd.Process.Kill()
	<-s.ended
	for _, pid := range kids {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

// Restart is Stop, and a new sshd on the same port with the same keys.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	s.start()
}

// KillConnections kills -9 the processes that serve the connections. What they
// had started for a session is left alone, as when a link breaks.
func (s *Server) KillConnections() {
	for _, pid := range s.sshds() {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

// Connections are the processes that serve connections.
func (s *Server) Connections() []int { return s.sshds() }

// PID is the process that listens. What its children have used is counted with
// it once they have ended.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Freeze stops the listener and all connections: the host accepts and keeps
// silent. Thaw lets them go on.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw undoes Freeze.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	select {
	case <-s.ended:
		return
	default:
	}
	for _, pid := range append(s.sshds(), s.cmd.Process.Pid) {
		syscall.Kill(pid, sig)
	}
}

// sshds are the descendants of the listener that are sshd themselves.
func (s *Server) sshds() (pids []int) {
	children := make(map[int][]int)
	for _, file := range stats() {
		if pid, parent, name := readStat(file); strings.HasPrefix(name, "sshd") {
			children[parent] = append(children[parent], pid)
		}
	}
	for next := []int{s.cmd.Process.Pid}; len(next) > 0; next = next[1:] {
		pids = append(pids, children[next[0]]...)
		next = append(next, children[next[0]]...)
	}
	return pids
}

func stats() []string {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	return files
}

// readStat reads what proc(5) calls stat; the name is empty when the process is gone.
func readStat(file string) (pid, parent int, name string) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, ""
	}
	head, rest, ok := bytes.Cut(b, []byte(") "))
	_, of, named := bytes.Cut(head, []byte(" ("))
	if !ok || !named {
		return 0, 0, ""
	}
	pid, _ = strconv.Atoi(strings.Split(file, "/")[2])
	parent, _ = strconv.Atoi(strings.Fields(string(rest))[1])
	return pid, parent, string(of)
}
