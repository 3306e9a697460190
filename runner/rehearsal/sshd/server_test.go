package sshd

import (
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"belay/runner/rehearsal/jobs"
	"belay/runner/rehearsal/process"
	"belay/runner/rehearsal/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func key(t *testing.T) ssh.Signer {
	t.Helper()
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve gives a host, its gate, and a way to log in.
func serve(t *testing.T) (*world.Host, *process.Gate, func() (*ssh.Client, error)) {
	t.Helper()
	dir := t.TempDir()
	if err := world.Supply(dir, "", nil); err != nil {
		t.Fatal(err)
	}
	w, err := world.Open(dir, world.Spec{Hosts: []world.HostSpec{{ID: "h1", User: "ops"}}}, "boot")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	gate := process.NewGate()
	w.Attend(gate)
	client, own := key(t), key(t)
	s := New(w.Hosts[0], jobs.New(w.Hosts[0], nil), own, client.PublicKey())
	l, err := net.Listen("unix", filepath.Join(dir, "ssh"))
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		l.Close()
		s.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if gate.Busy() {
			t.Error("the gate is open after the last connection")
		}
	})
	return w.Hosts[0], gate, func() (*ssh.Client, error) {
		conn, err := net.Dial("unix", l.Addr().String())
		if err != nil {
			return nil, err
		}
		c, chans, reqs, err := ssh.NewClientConn(conn, "h1", &ssh.ClientConfig{
			User: "ops", Auth: []ssh.AuthMethod{ssh.PublicKeys(client)}, HostKeyCallback: ssh.FixedHostKey(own.PublicKey()),
		})
		if err != nil {
			conn.Close()
			return nil, err
		}
		return ssh.NewClient(c, chans, reqs), nil
	}
}

// TestDoors: sessions with one command, and nothing else.
func TestDoors(t *testing.T) {
	_, gate, login := serve(t)
	c, err := login()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !gate.Busy() {
		t.Error("the gate is shut while somebody is connected")
	}
	for name, try := range map[string]func(*ssh.Session) error{
		"shell":     (*ssh.Session).Shell,
		"pty":       func(s *ssh.Session) error { return s.RequestPty("xterm", 24, 80, nil) },
		"subsystem": func(s *ssh.Session) error { return s.RequestSubsystem("sftp") },
		"second command": func(s *ssh.Session) error {
			_, _ = s.SendRequest("exec", true, ssh.Marshal(struct{ Text string }{"true"}))
			return s.Start("true")
		},
	} {
		s, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := try(s); err == nil {
			t.Errorf("%s was allowed", name)
		}
		s.Close()
	}
	for _, kind := range []string{"x11", "forwarded-tcpip", "auth-agent@openssh.com"} {
		if _, _, err := c.OpenChannel(kind, nil); err == nil {
			t.Errorf("a channel %s was opened", kind)
		}
	}
	if _, _, err := c.OpenChannel("direct-tcpip", []byte("torn")); err == nil {
		t.Error("a torn request was taken")
	}
	if _, err := c.Dial("tcp", "10.9.9.9:80"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("another machine: %v", err)
	}
	if _, err := c.Listen("tcp", "127.0.0.1:0"); err == nil {
		t.Error("a port was opened on this side")
	}
}

// TestDown: a host that is down answers nobody, and drops who is there when cut.
func TestDown(t *testing.T) {
	h, _, login := serve(t)
	if err := h.SetDown(true); err != nil {
		t.Fatal(err)
	}
	if c, err := login(); err == nil {
		c.Close()
		t.Error("a host that is down let somebody in")
	}
	if err := h.SetDown(false); err != nil {
		t.Fatal(err)
	}
	c, err := login()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
