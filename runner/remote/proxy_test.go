package remote

// A proxy that does to a link what networks do to it. It runs in the test, on
// loopback, and needs no privilege.

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// trouble is what happens to a link.
type trouble int

const (
	stall     trouble = iota // nothing moves any more; both ends see a living connection
	drop                     // what is sent vanishes
	reset                    // RST to both ends
	halfClose                // the host's end of stream, while our bytes still pass
	slow                     // a trickle for a while, then RST
	troubles
)

func (k trouble) String() string {
	return [...]string{"stall", "drop", "reset", "half-close", "slow"}[k]
}

// plan says of a proxy after how many bytes from the host something happens to a link; a
// negative number is never.
type plan func(x *proxy) (after int64, kind trouble)

type proxy struct {
	t    *testing.T
	l    net.Listener
	to   string
	plan plan

	mu     sync.Mutex
	cuts   map[trouble]int
	conns  []net.Conn
	closed bool
	first  time.Time // when something first happened to a link
	wg     sync.WaitGroup
}

// newProxy stands in front of an address until the test ends.
func newProxy(t *testing.T, to string, p plan) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &proxy{t: t, l: l, to: to, plan: p, cuts: map[trouble]int{}}
	x.wg.Go(x.accept)
	t.Cleanup(x.close)
	return x
}

func (x *proxy) port() int { return x.l.Addr().(*net.TCPAddr).Port }

func (x *proxy) close() {
	x.l.Close()
	x.mu.Lock()
	x.closed = true
	for _, c := range x.conns {
		c.Close()
	}
	x.mu.Unlock()
	x.wg.Wait()
}

func (x *proxy) accept() {
	for {
		ours, err := x.l.Accept()
		if err != nil {
			return
		}
		theirs, err := net.Dial("tcp", x.to)
		if err != nil {
			ours.Close()
			continue
		}
		x.mu.Lock()
		x.conns = append(x.conns, ours, theirs)
		if x.closed {
			ours.Close()
			theirs.Close()
		}
		x.mu.Unlock()
		k := &wire{x: x, ours: ours.(*net.TCPConn), theirs: theirs.(*net.TCPConn)}
		k.after, k.kind = x.plan(x)
		x.wg.Go(k.up)
		x.wg.Go(k.down)
	}
}

// wire is one link through the proxy.
type wire struct {
	x            *proxy
	ours, theirs *net.TCPConn
	after        int64
	kind         trouble

	mu  sync.Mutex
	cut bool
}

func (k *wire) broken() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.cut
}

// up carries our bytes to the host.
func (k *wire) up() {
	b := make([]byte, 32<<10)
	for {
		n, err := k.ours.Read(b)
		if k.broken() && k.kind == stall {
			return // read no more: the window closes
		}
		if n > 0 && !(k.broken() && k.kind == drop) {
			if _, err := k.theirs.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if !k.broken() {
				k.theirs.Close() // what a host sees when we leave
			}
			return
		}
	}
}

// down carries the host's bytes to us, and strikes among them.
func (k *wire) down() {
	b := make([]byte, 32<<10)
	for left := k.after; ; {
		room := b
		if k.after >= 0 && left < int64(len(b)) {
			room = b[:max(left, 1)]
		}
		if k.after == 0 || k.after > 0 && left == 0 {
			k.strike()
			return
		}
		n, err := k.theirs.Read(room)
		if _, werr := k.ours.Write(b[:n]); werr != nil || err != nil {
			k.ours.Close()
			return
		}
		if k.after > 0 {
			left -= int64(n)
		}
	}
}

func (k *wire) strike() {
	k.mu.Lock()
	k.cut = true
	k.mu.Unlock()
	k.x.mu.Lock()
	k.x.cuts[k.kind]++
	if k.x.first.IsZero() {
		k.x.first = time.Now()
	}
	k.x.mu.Unlock()
	switch k.kind {
	case drop:
		io.Copy(io.Discard, k.theirs)
	case reset:
		k.sever()
	case halfClose:
		k.ours.CloseWrite()
		io.Copy(io.Discard, k.theirs)
	case slow:
		b := make([]byte, 64)
		for range 20 {
			n, err := k.theirs.Read(b)
			if _, werr := k.ours.Write(b[:n]); werr != nil || err != nil {
				break
			}
			time.Sleep(5 * time.Millisecond) // the trickle itself
		}
		k.sever()
	}
}

// sever makes the kernel send RST.
func (k *wire) sever() {
	k.ours.SetLinger(0)
	k.theirs.SetLinger(0)
	k.ours.Close()
	k.theirs.Close()
}

func (x *proxy) struck() time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.first
}

func (x *proxy) count() (n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range x.cuts {
		n += c
	}
	return n
}
