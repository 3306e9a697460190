// Forwarded ports: HTTP that is answered by the scripts of the fleet.
package sshd

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// forward serves a direct-tcpip channel (RFC 4254, 7.2) to a port of the host.
func (s *Server) forward(nc ssh.NewChannel) {
	var to struct {
		Host     string
		Port     uint32
		FromHost string
		FromPort uint32
	}
	if ssh.Unmarshal(nc.ExtraData(), &to) != nil {
		_ = nc.Reject(ssh.ConnectionFailed, "torn request")
		return
	}
	port := strconv.Itoa(int(to.Port))
	local := to.Host == "127.0.0.1" || to.Host == "localhost" || to.Host == "::1" || to.Host == s.host.Address
	if !local || !s.host.HasPort(port) {
		_ = nc.Reject(ssh.ConnectionFailed, "Connection refused")
		return
	}
	ch, requests, err := nc.Accept()
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests) // ends with the channel
	// net/http needs deadlines, which a channel has not: a pipe in between has.
	near, far := net.Pipe()
	var copies sync.WaitGroup
	copies.Go(func() { _, _ = io.Copy(far, ch); _ = far.Close() })
	copies.Go(func() { _, _ = io.Copy(ch, far); _ = ch.Close() })
	defer copies.Wait()
	l := &oneConn{conn: near, done: make(chan struct{})}
	server := &http.Server{
		Handler:           s.page(port),
		ReadHeaderTimeout: time.Minute,
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed || state == http.StateHijacked {
				_ = l.Close()
			}
		},
	}
	_ = server.Serve(l)
	_ = near.Close()
}

// page answers by the script of the port: exit 0 is 200, 4 is 404, all else 500.
func (s *Server) page(port string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, status, found := s.host.Port(port, r.Method, r.URL.RequestURI(), r.Body)
		code := http.StatusInternalServerError
		switch {
		case !found, status == 4:
			code = http.StatusNotFound
		case status == 0:
			code = http.StatusOK
		}
		w.WriteHeader(code)
		_, _ = w.Write(answer)
	})
}

// oneConn is a listener that has one connection to give.
type oneConn struct {
	mu   sync.Mutex
	conn net.Conn
	once sync.Once
	done chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	l.mu.Lock()
	conn := l.conn
	l.conn = nil
	l.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *oneConn) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "embedded" }
func (address) String() string  { return "embedded fleet" }
