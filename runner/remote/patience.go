// A handshake has its time, and the time that a person needs to type is not its.

package remote

import (
	"context"
	"net"
	"sync"
	"time"
)

// patience ends a context with a cause, and a connection's reads and writes,
// unless it is held.
type patience struct {
	d     time.Duration
	timer *time.Timer

	mu   sync.Mutex
	conn net.Conn
}

func newPatience(ctx context.Context, d time.Duration, cause error) (context.Context, *patience, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &patience{d: d, timer: time.AfterFunc(d, func() { cancel(cause) })}
	return ctx, p, func() { p.timer.Stop(); cancel(nil) }
}

// on gives a connection its deadline; a jump host's channel has none.
func (p *patience) on(c net.Conn) {
	p.mu.Lock()
	p.conn = c
	p.mu.Unlock()
	c.SetDeadline(time.Now().Add(p.d))
}

// hold stops the clock.
func (p *patience) hold() {
	p.timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn.SetDeadline(time.Time{})
}

// goOn starts it anew.
func (p *patience) goOn() {
	p.timer.Reset(p.d)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn.SetDeadline(time.Now().Add(p.d))
}
