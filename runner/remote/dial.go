// One connection is a chain of SSH clients, one per hop, each inside the one
// before. It lives and dies as a whole: closing the raw connection below the
// first is what frees every goroutine that waits in one of them.

package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"belay/runner/job"
	"golang.org/x/crypto/ssh"
)

// chain is a connection that has passed every handshake.
type chain struct {
	raw     net.Conn // below the first hop
	clients []*ssh.Client
	conns   []*mortal     // of the clients
	hostKey ssh.PublicKey // of the host itself
	way     Way
	single  bool // somebody typed what will not do a second time
	inUse   int  // sessions that were taken; this and the next four are guarded by the host's mu
	shells  int  // of those, guests on the connection for control: shells for looks
	follows int  // and attempts that are followed
	open    int  // sessions that the server has granted
	most    int  // of those at once, so far

	once sync.Once
	done chan struct{} // closed with the chain
	why  error         // valid once done is closed
}

// end is the client of the host itself.
func (c *chain) end() *ssh.Client { return c.clients[len(c.clients)-1] }

// lost reports whether the connection is gone.
func (c *chain) lost() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// settle waits for a moment until a connection that is ending has ended: its
// channels end a little before it does, and whoever asks again at once would ask
// over a connection that is half gone.
func (c *chain) settle() {
	moment := time.NewTimer(time.Second)
	defer moment.Stop()
	select {
	case <-c.done:
	case <-moment.C:
	}
}

// mortal is a connection on which nothing can be written once a read has failed.
// The package ssh forgets a channel that is opened while its connection ends
// (mux.loop drops all that it knows, and closes the connection only then): its
// open waits for ever. This way the open fails, or was known in time: it is made
// known before it is written, and the loop hears of the end after we have.
type mortal struct {
	net.Conn
	dead  atomic.Bool
	heard atomic.Int64 // bytes
}

func (m *mortal) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	m.heard.Add(int64(n))
	if err != nil {
		m.dead.Store(true)
	}
	return n, err
}

func (m *mortal) Write(b []byte) (int, error) {
	if m.dead.Load() {
		return 0, net.ErrClosed
	}
	return m.Conn.Write(b)
}

// session opens a channel for one. A server may also end a connection by a
// message, and then the open of a channel can be forgotten all the same (see
// mortal). So the end of the chain is an answer too.
func (c *chain) session() (ssh.Channel, <-chan *ssh.Request, error) {
	type opened struct {
		ch   ssh.Channel
		reqs <-chan *ssh.Request
		err  error
	}
	if c.lost() {
		return nil, nil, c.why
	}
	done := make(chan opened, 1)
	go func() {
		ch, reqs, err := c.end().OpenChannel("session", nil)
		done <- opened{ch, reqs, err}
	}()
	select {
	case o := <-done:
		return o.ch, o.reqs, o.err
	case <-c.done:
		return nil, nil, c.why
	}
}

// shut closes the chain for a reason; the first reason counts.
func (c *chain) shut(why error) {
	c.once.Do(func() {
		c.why = why
		// The raw connection first: a client on a frozen bastion would block
		// while it says good-bye.
		c.raw.Close()
		for _, client := range slices.Backward(c.clients) {
			client.Close()
		}
		close(c.done)
	})
}

// dial makes a chain. When a key file turns out to need its passphrase, that is
// asked for between two handshakes, never within one.
func (h *Host) dial(ctx context.Context) (*chain, error) {
	for {
		c, err := h.dialOnce(ctx)
		var need *needPassphrase
		if !errors.As(err, &need) {
			return c, err
		}
		if err := h.s.Keys.open(ctx, need.file); err != nil {
			return nil, err
		}
	}
}

func (h *Host) dialOnce(ctx context.Context) (c *chain, err error) {
	c = &chain{done: make(chan struct{})}
	for i, hop := range h.s.hops() {
		if err = h.pass(ctx, c, i, hop); err != nil {
			if c.raw != nil {
				c.shut(err)
			}
			return nil, err
		}
	}
	return c, nil
}

// pass takes one hop: reach it, shake hands, prove who we are.
func (h *Host) pass(ctx context.Context, c *chain, i int, hop Hop) error {
	name := h.s.name(i)
	check, err := newKeyCheck(name, hop)
	if err != nil {
		return err
	}
	leave, err := enter(ctx, hop.addr())
	if err != nil {
		return err
	}
	defer leave()
	limit := cmp.Or(hop.ConnectTimeout, h.limits.Handshake)
	late := fmt.Errorf("%s: no handshake within %v", hop.addr(), limit)
	ctx, clock, end := newPatience(ctx, limit, late)
	defer end()
	conn, err := h.reach(ctx, c, i, hop)
	if err != nil {
		return explain(ctx, err, late)
	}
	if i == 0 {
		c.raw = conn
	}
	// The deadline bounds the handshake even where the peer accepts and then says
	// nothing; ssh.Dial's own Timeout ends with TCP (golang/go#15113). Closing is
	// what works on every kind of connection, a channel of a jump host included.
	stop := context.AfterFunc(ctx, func() { c.raw.Close() })
	who := &words{ctx: ctx, keys: h.s.Keys, who: fmt.Sprintf("%s (%s@%s)", name, hop.User, hop.addr()), clock: clock, given: map[string]bool{}}
	used := &usedKey{}
	alive := &mortal{Conn: conn}
	client, err := h.shake(alive, hop, check, used, who)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		if p, ok := conn.(*proxied); ok && (errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)) {
			err = p.why(ctx, err)
		}
		conn.Close()
		if who.err != nil {
			return &job.Unreachable{Host: h.s.ID, Err: who.err, Hint: "it is not tried again by itself; the command login asks for it"}
		}
		return check.failed(explain(ctx, err, late))
	}
	c.clients, c.conns, c.hostKey = append(c.clients, client), append(c.conns, alive), check.seen
	c.single = c.single || who.once
	c.way.passed(hop, check, used, i == len(h.s.Jumps))
	return nil
}

// explain prefers the reason of a context's end over what it broke. Late is that
// of the connection's own deadline, which may come first.
func explain(ctx context.Context, err, late error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return late
	}
	return err
}

// reach opens the byte stream to a hop: TCP, the caller's own, a command's, or a
// channel of the hop before.
func (h *Host) reach(ctx context.Context, c *chain, i int, hop Hop) (net.Conn, error) {
	if i > 0 {
		stop := context.AfterFunc(ctx, func() { c.raw.Close() })
		defer stop()
		conn, err := c.end().Dial("tcp", hop.addr())
		if err != nil {
			err = fmt.Errorf("through %s: %w", h.s.hops()[i-1].Address, err)
		}
		return conn, err
	}
	if h.s.Dial != nil {
		return h.s.Dial(ctx)
	}
	if hop.ProxyCommand != "" {
		return byCommand(hop.ProxyCommand)
	}
	var d net.Dialer
	network := cmp.Or(hop.Network, "tcp")
	if hop.BindAddress != "" {
		local, err := net.ResolveTCPAddr(network, net.JoinHostPort(hop.BindAddress, "0"))
		if err != nil {
			return nil, fmt.Errorf("BindAddress: %w", err)
		}
		d.LocalAddr = local
	}
	conn, err := d.DialContext(ctx, network, hop.addr())
	if err != nil {
		return nil, err
	}
	return promptly(conn), nil
}

func (h *Host) shake(conn net.Conn, hop Hop, check *keyCheck, used *usedKey, who *words) (*ssh.Client, error) {
	var problems []error
	config := &ssh.ClientConfig{
		// AES-GCM has hardware on every server and every laptop that we know
		Config:            ssh.Config{Ciphers: ciphers()},
		User:              hop.User,
		HostKeyCallback:   check.check,
		HostKeyAlgorithms: check.algos,
		// Called after the host key was accepted: with a wrong host no key is
		// read, no agent asked, nothing sent.
		Auth: append([]ssh.AuthMethod{ssh.PublicKeysCallback(func() (list []ssh.Signer, err error) {
			if !hop.NoKeys {
				list, problems = signers(hop, h.s.Keys, used)
			}
			return list, nil
		})}, who.methods(hop)...),
	}
	who.clock.on(conn) // a jump's channel has no deadline: see pass
	inner, chans, reqs, err := ssh.NewClientConn(conn, hop.addr(), config)
	if err != nil {
		if strings.Contains(err.Error(), "unable to authenticate") {
			err = &denied{user: hop.User, addr: hop.addr(), problems: problems, err: err}
		}
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	return ssh.NewClient(inner, chans, reqs), nil
}

// denied is a login that was refused, with the keys that we could not even offer.
type denied struct {
	user, addr string
	problems   []error
	err        error
}

func (d *denied) Error() string {
	text := fmt.Sprintf("login as %s at %s was refused", d.user, d.addr)
	if len(d.problems) > 0 {
		text += "; " + errors.Join(d.problems...).Error()
	}
	return text
}

func (d *denied) Unwrap() error { return d.err }

func ciphers() []string {
	all := ssh.SupportedAlgorithms().Ciphers
	slices.SortStableFunc(all, func(a, b string) int { return cipherRank(a) - cipherRank(b) })
	return all
}

func cipherRank(name string) int {
	if name == ssh.CipherAES128GCM {
		return 0
	}
	return 1
}
