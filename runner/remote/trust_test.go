package remote

// Who they are and who we are: host keys at every hop, and the keys we offer.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"belay/runner/job"
	"belay/runner/remote/sshdtest"
	"golang.org/x/crypto/ssh"
)

func knock(t *testing.T, s Settings) error {
	t.Helper()
	_, err := open(t, s).Run(within(t, time.Minute), job.Script{Text: "true"}, 1)
	return err
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// silentAbout asserts that a server got nothing of an authentication.
func silentAbout(t *testing.T, s *sshdtest.Server) {
	t.Helper()
	if log := s.Log(); strings.Contains(log, "userauth-request") || strings.Contains(log, "Accepted") {
		t.Errorf("authentication was begun:\n%s", log)
	}
}

func TestUnknownHostKey(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	set := settings(s)
	write(t, s.KnownHosts, "")
	err := knock(t, set)
	var u *job.Unreachable
	var unknown *UnknownKey
	if !errors.As(err, &u) || !errors.As(err, &unknown) {
		t.Fatal(err)
	}
	out, err := exec.Command("ssh-keygen", "-lf", s.HostKey+".pub").Output()
	if err != nil || unknown.Fingerprint != strings.Fields(string(out))[1] || unknown.Type != "ssh-ed25519" {
		t.Errorf("%+v, ssh-keygen says %s", unknown, out)
	}
	silentAbout(t, s)
	_, command, ok := strings.Cut(u.Hint, "then: ")
	if !ok {
		t.Fatalf("hint %q", u.Hint)
	}
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		t.Fatalf("%s: %s", command, out)
	}
	if err := knock(t, set); err != nil {
		t.Errorf("after the command of the hint: %v", err)
	}
}

func TestChangedHostKey(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	set := settings(s)
	other := filepath.Join(s.Dir, "other")
	s.Keygen("-t", "ed25519", "-N", "", "-f", other)
	write(t, s.KnownHosts, s.KnownHostsLine(other+".pub"))
	var wrong *job.WrongHost
	if err := knock(t, set); !errors.As(err, &wrong) || wrong.What != "host key" || wrong.Want == wrong.Got {
		t.Errorf("%v", err)
	}
	silentAbout(t, s)
}

func TestRevokedHostKey(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	set := settings(s)
	line := s.KnownHostsLine(s.HostKey + ".pub")
	write(t, s.KnownHosts, line+"@revoked "+strings.Replace(line, strings.Fields(line)[0], "*", 1))
	var wrong *job.WrongHost
	if err := knock(t, set); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("%v", err)
	}
	silentAbout(t, s)
}

func TestNewTypeOfHostKey(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	set := settings(s)
	other := filepath.Join(s.Dir, "other")
	s.Keygen("-t", "ecdsa", "-N", "", "-f", other)
	write(t, s.KnownHosts, s.KnownHostsLine(other+".pub"))
	var fresh *NewKeyType
	if err := knock(t, set); !errors.As(err, &fresh) {
		t.Errorf("%v", err)
	}
	silentAbout(t, s)
}

// A server with several keys is asked for the one that we know.
func TestKnownByOneOfSeveralKeys(t *testing.T) {
	dir := t.TempDir()
	rsa := filepath.Join(dir, "rsa")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", rsa).CombinedOutput(); err != nil {
		t.Skipf("ssh-keygen: %v %s", err, out)
	}
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"HostKey " + rsa}})
	set := settings(s)
	for _, key := range []string{s.HostKey, rsa} {
		write(t, s.KnownHosts, s.KnownHostsLine(key+".pub"))
		if err := knock(t, set); err != nil {
			t.Errorf("known by %s only: %v", filepath.Base(key), err)
		}
	}
	s.Keygen("-H", "-f", s.KnownHosts)
	if err := knock(t, set); err != nil {
		t.Errorf("hashed: %v", err)
	}
	line := s.KnownHostsLine(rsa + ".pub")
	write(t, s.KnownHosts, "the-alias "+strings.SplitN(line, " ", 2)[1])
	set.HostKeyAlias = "the-alias"
	if err := knock(t, set); err != nil {
		t.Errorf("alias: %v", err)
	}
}

func TestHostCertificate(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca")
	s := sshdtest.Start(t, sshdtest.Options{})
	s.Keygen("-t", "ed25519", "-N", "", "-f", ca)
	s.Keygen("-s", ca, "-I", "web1", "-h", "-n", s.Host, s.HostKey+".pub")
	s2 := sshdtest.Start(t, sshdtest.Options{Config: []string{"HostKey " + s.HostKey, "HostCertificate " + s.HostKey + "-cert.pub"}})
	set := settings(s2)
	text, err := os.ReadFile(ca + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	write(t, s2.KnownHosts, fmt.Sprintf("@cert-authority [%s]:%d %s", s2.Host, s2.Port, text))
	if err := knock(t, set); err != nil {
		t.Errorf("certificate of a known authority: %v", err)
	}
}

func TestTwoJumpsEachWithItsKey(t *testing.T) {
	one, two, end := sshdtest.Start(t, sshdtest.Options{}), sshdtest.Start(t, sshdtest.Options{}), sshdtest.Start(t, sshdtest.Options{})
	set := settings(end)
	set.Jumps = []Hop{settings(one).Hop, settings(two).Hop}
	if err := knock(t, set); err != nil {
		t.Fatal(err)
	}
	for i, s := range []*sshdtest.Server{one, two, end} {
		if n := strings.Count(s.Log(), "Accepted publickey"); n != 1 {
			t.Errorf("server %d was passed %d times", i, n)
		}
	}
	for i, s := range []*sshdtest.Server{one, two, end} {
		good, err := os.ReadFile(s.KnownHosts)
		if err != nil {
			t.Fatal(err)
		}
		write(t, s.KnownHosts, s.KnownHostsLine(s.Key+".pub")) // some other key
		var wrong *job.WrongHost
		if err := knock(t, set); !errors.As(err, &wrong) {
			t.Errorf("hop %d changed its key: %v", i, err)
		} else if i < 2 && !strings.Contains(wrong.Host, fmt.Sprintf("jump %d", i+1)) {
			t.Errorf("hop %d: the error does not say which: %v", i, err)
		}
		write(t, s.KnownHosts, string(good))
	}
	// a frozen jump host is as good as a frozen host
	set.Limits.Keepalive = 100 * time.Millisecond
	h := open(t, set)
	if _, err := h.Look(within(t, time.Minute), "a"); err != nil {
		t.Fatal(err)
	}
	two.Freeze()
	began := time.Now()
	var u *job.Unreachable
	if _, err := h.Look(within(t, time.Minute), "a"); !errors.As(err, &u) || time.Since(began) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	two.Thaw()
}

func TestEncryptedKeyIsAskedForOnce(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	for _, format := range []string{"openssh", "pem"} {
		key := filepath.Join(s.Dir, "locked-"+format)
		if format == "pem" {
			s.Keygen("-t", "ecdsa", "-m", "PEM", "-N", "open sesame", "-f", key)
		} else {
			s.Keygen("-t", "ed25519", "-N", "open sesame", "-f", key)
		}
		s.Authorize(key + ".pub")
		var asked atomic.Int32
		keys := &Keys{Prompt: func(_ context.Context, label string) ([]byte, error) {
			asked.Add(1)
			if !strings.Contains(label, key) {
				t.Errorf("label %q", label)
			}
			return []byte("open sesame"), nil
		}}
		set := settings(s)
		set.Identities, set.Keys = []string{key}, keys
		for range 3 {
			if err := knock(t, set); err != nil {
				t.Errorf("%s: %v", format, err)
			}
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("%s: asked %d times", format, n)
		}
		set.Keys = &Keys{Prompt: func(context.Context, string) ([]byte, error) { asked.Add(1); return []byte("wrong"), nil }}
		for range 2 {
			if err := knock(t, set); err == nil {
				t.Error("a wrong passphrase opened the key")
			}
		}
		if n := asked.Load(); n != 4 {
			t.Errorf("%s: a wrong passphrase was asked for %d times", format, n-1)
		}
		if got := set.Locked(); !slices.Equal(got, []string{key}) {
			t.Errorf("%s: locked keys %q", format, got)
		}
		set.Keys = nil
		if err := knock(t, set); err == nil || !strings.Contains(err.Error(), "encrypted") {
			t.Errorf("nobody to ask: %v", err)
		}
	}
}

// startAgent runs a real ssh-agent that holds these keys.
func startAgent(t *testing.T, keys ...string) (socket string) {
	t.Helper()
	if _, err := exec.LookPath("ssh-agent"); err != nil {
		t.Skip("ssh-agent is not on this machine")
	}
	dir, err := os.MkdirTemp("", "ba") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(dir, "s")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { agent.Process.Kill(); agent.Wait(); os.RemoveAll(dir) })
	await(t, "the agent", func() bool { _, err := os.Stat(socket); return err == nil })
	for _, key := range keys {
		add := exec.Command("ssh-add", "-q", key)
		add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("ssh-add: %v\n%s", err, out)
		}
	}
	return socket
}

func TestAgentKeys(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	rsa := filepath.Join(s.Dir, "rsa")
	s.Keygen("-t", "rsa", "-b", "2048", "-N", "", "-f", rsa)
	s.Authorize(rsa + ".pub")
	for _, key := range []string{s.Key, rsa} {
		set := settings(s)
		set.Agent, set.Identities = startAgent(t, key), nil
		if err := knock(t, set); err != nil {
			t.Errorf("%s: %v", filepath.Base(key), err)
		}
		set.IdentitiesOnly = true
		if err := knock(t, set); err == nil {
			t.Error("an agent's key was offered that is not among the identities")
		}
		// the private file is elsewhere: its .pub says which of the agent's keys
		only := filepath.Join(t.TempDir(), "only")
		b, err := os.ReadFile(key + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		write(t, only+".pub", string(b))
		set.Identities = []string{only}
		if err := knock(t, set); err != nil {
			t.Errorf("by .pub: %v", err)
		}
	}
	locked := filepath.Join(s.Dir, "locked")
	s.Keygen("-t", "ed25519", "-N", "open sesame", "-f", locked)
	set := settings(s)
	set.Identities = []string{s.Key, locked, filepath.Join(s.Dir, "missing")}
	if got := set.Locked(); !slices.Equal(got, []string{locked}) {
		t.Errorf("locked keys %q", got)
	}
	open := filepath.Join(s.Dir, "open")
	s.Keygen("-t", "ed25519", "-N", "", "-f", open)
	set.Agent, set.Identities = startAgent(t, open), []string{open}
	s.Keygen("-p", "-P", "", "-N", "open sesame", "-f", open)
	if got := set.Locked(); len(got) != 0 {
		t.Errorf("an agent has the key of %q", got)
	}
}

// A hostile or dead agent costs its own key, not the console.
func TestBadAgents(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	set := settings(s)
	dir, err := os.MkdirTemp("", "ba")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for i, answer := range []string{"", "\x00\x00\x00\x01\x0c", "\x00\x00\x00\x05\x0c\xff\xff\xff\xff", "\xff\xff\xff\xff"} {
		socket := filepath.Join(dir, fmt.Sprint(i))
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				conn.Read(make([]byte, 100))
				conn.Write([]byte(answer))
				conn.Close()
			}
		}()
		set.Agent = socket
		if err := knock(t, set); err != nil {
			t.Errorf("answer %q: %v", answer, err)
		}
		l.Close()
	}
	set.Agent, set.Identities = filepath.Join(dir, "none"), nil
	if err := knock(t, set); err == nil || !strings.Contains(err.Error(), "ssh agent") {
		t.Errorf("no agent: %v", err)
	}
}

func TestUserCertificate(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca")
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not on this machine")
	}
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", ca).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"TrustedUserCAKeys " + ca + ".pub"}})
	key := filepath.Join(s.Dir, "certified")
	s.Keygen("-t", "ed25519", "-N", "", "-f", key)
	set := settings(s)
	set.Identities = []string{key}
	if err := knock(t, set); err == nil {
		t.Error("let in without a certificate")
	}
	s.Keygen("-s", ca, "-I", "me", "-n", s.User, key+".pub")
	if err := knock(t, set); err != nil {
		t.Error(err)
	}
}

func TestRSANeverSignsBySHA1(t *testing.T) {
	key := filepath.Join(t.TempDir(), "rsa")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Skipf("ssh-keygen: %v %s", err, out)
	}
	list, problems := signers(Hop{Identities: []string{key}}, nil, &usedKey{})
	if len(list) != 1 || len(problems) != 0 {
		t.Fatalf("%v %v", list, problems)
	}
	if _, err := list[0].(ssh.AlgorithmSigner).SignWithAlgorithm(rand.Reader, []byte("x"), ssh.KeyAlgoRSA); err == nil {
		t.Error("signed by SHA-1")
	}
	for _, a := range strong {
		if a == ssh.KeyAlgoRSA {
			t.Error("SHA-1 host keys are asked for")
		}
	}
}

func TestAtMostThreeKeys(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"MaxAuthTries 4"}})
	var keys []string
	for i := range 6 {
		key := filepath.Join(s.Dir, fmt.Sprint("k", i))
		s.Keygen("-t", "ed25519", "-N", "", "-f", key)
		keys = append(keys, key)
	}
	set := settings(s)
	set.Identities = []string{s.Key}
	set.Agent = startAgent(t, keys...)
	if err := knock(t, set); err != nil {
		t.Errorf("the named key went under: %v", err)
	}
	if list, _ := signers(set.Hop, nil, &usedKey{}); len(list) != maxSigners {
		t.Errorf("%d keys", len(list))
	}
}
