// Package sshd is the way into a simulated host: an SSH server that runs what
// it is asked for in the host's shell, answers the job protocol, and forwards
// to the host's ports.
//
// The rule of this package: only the fleet's own key comes in, and nothing that
// a client sends reaches anything but the simulated host.
package sshd

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"belay/runner/rehearsal/jobs"
	"belay/runner/rehearsal/world"
)

// Server is the SSH server of one host.
type Server struct {
	host   *world.Host
	jobs   *jobs.Jobs
	config *ssh.ServerConfig

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
	work   sync.WaitGroup
}

// handshakeTime is how long a client may take to get in.
const handshakeTime = 20 * time.Second

// New gives the server of a host. It lets in who holds the key client.
func New(h *world.Host, j *jobs.Jobs, hostKey ssh.Signer, client ssh.PublicKey) *Server {
	want := client.Marshal()
	config := &ssh.ServerConfig{
		ServerVersion: "SSH-2.0-belay-embedded-fleet",
		PublicKeyCallback: func(meta ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if meta.User() == h.User && bytes.Equal(key.Marshal(), want) {
				return nil, nil
			}
			return nil, errors.New("only the fleet's own key and user come in")
		},
	}
	config.AddHostKey(hostKey)
	return &Server{host: h, jobs: j, config: config, conns: map[net.Conn]bool{}}
}

// Serve accepts connections until the listener is closed.
func (s *Server) Serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if s.host.Down() || !s.keep(conn) {
			_ = conn.Close()
		}
	}
}

// keep starts to serve a connection.
func (s *Server) keep(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[conn] = true
	s.host.Table.Gate.Enter()
	s.work.Go(func() {
		defer s.host.Table.Gate.Leave()
		s.serve(conn)
		_ = conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	})
	return true
}

// Cut drops all connections, as a network does.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
	}
}

// Close drops all connections and waits for what they were doing.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.Cut()
	s.work.Wait()
}

func (s *Server) serve(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(handshakeTime))
	sc, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	_ = conn.SetDeadline(time.Time{})
	var work sync.WaitGroup
	work.Go(func() { ssh.DiscardRequests(requests) })
	for ch := range channels {
		switch ch.ChannelType() {
		case "session":
			work.Go(func() { s.session(ch) })
		case "direct-tcpip":
			work.Go(func() { s.forward(ch) })
		default:
			_ = ch.Reject(ssh.UnknownChannelType, "the embedded fleet has sessions and direct-tcpip only")
		}
	}
	_ = sc.Close()
	work.Wait()
}
