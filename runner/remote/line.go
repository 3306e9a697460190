// A line is one connection that is made when it is needed, made again after it
// broke, and watched while it stands. The package ssh has no keepalive
// (golang/go#19338) and its calls know no context; so the watch closes the
// chain, and closing is what ends whatever waits.

package remote

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"belay/runner/job"
)

// line is guarded by its host's mu.
type line struct {
	host    *Host
	control bool // its state is the host's Link

	chain    *chain
	dialing  chan struct{} // closed when the dial that is under way has ended
	failures int           // in a row
	retryAt  time.Time
	err      error // of the last failure
	max      int   // sessions; lowered when the server refuses one
}

var errClosed = errors.New("closed")

// connect gives the line's chain. While the line is down it tries at once when
// the backoff allows, and otherwise tells the last cause.
func (l *line) connect(ctx context.Context) (*chain, error) {
	h := l.host
	for {
		h.mu.Lock()
		if h.closed {
			h.mu.Unlock()
			return nil, h.unreachable(errClosed)
		}
		if c := l.chain; c != nil {
			h.mu.Unlock()
			return c, nil
		}
		if l.dialing == nil {
			if l.err != nil && time.Now().Before(l.retryAt) {
				err := l.err
				h.mu.Unlock()
				return nil, h.unreachable(err)
			}
			l.start()
		}
		dialing := l.dialing
		h.mu.Unlock()
		select {
		case <-dialing:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		h.mu.Lock()
		c, err := l.chain, l.err
		h.mu.Unlock()
		if c == nil && err != nil {
			return nil, h.unreachable(err)
		}
	}
}

// untilLogin is how long a host is left alone that needs a person: for ever, as
// nights go.
const untilLogin = 365 * 24 * time.Hour

// start dials on the host's own time: a caller that gives up does not spoil it
// for the others that wait. h.mu is held.
func (l *line) start() {
	h, dialing := l.host, make(chan struct{})
	l.dialing = dialing
	h.wg.Go(func() {
		c, err := h.dial(h.ctx)
		h.mu.Lock()
		defer h.mu.Unlock()
		defer close(dialing)
		l.dialing = nil
		if err == nil && h.closed {
			c.shut(errClosed)
			err = errClosed
		}
		if err != nil {
			l.failures++
			wait := h.limits.backoff(l.failures)
			if needs := (*NeedsPerson)(nil); errors.As(err, &needs) {
				wait = untilLogin
			}
			l.down(err, wait)
			return
		}
		l.chain, l.err, l.failures = c, nil, 0
		if c.single && h.shared == nil {
			l.control, l.max, h.shared = true, h.limits.Sessions*2, l
		}
		if l.control {
			h.setLink(job.Link{Up: true, Since: time.Now()})
		}
		h.wg.Go(func() { l.watch(c) })
	})
}

// down records why the line is down. h.mu is held.
func (l *line) down(err error, wait time.Duration) {
	l.err, l.retryAt = err, time.Now().Add(wait)
	if l.control {
		since := time.Now()
		if old := l.host.link; !old.Up && old.Err != nil {
			since = old.Since
		}
		l.host.setLink(job.Link{Since: since, Err: err})
	}
}

// backoff doubles from failure to failure; the jitter keeps a fleet from
// coming back in step.
func (l Limits) backoff(failures int) time.Duration {
	d := l.BackoffMax
	if n := failures - 1; n < 16 && l.BackoffMin<<n < d {
		d = l.BackoffMin << n
	}
	return d/2 + rand.N(d/2+1)
}

// watch ends with the chain.
func (l *line) watch(c *chain) {
	h := l.host
	hops := h.s.hops()
	for i, client := range c.clients {
		name, limits := h.s.name(i), h.limits.alive(hops[i])
		h.wg.Go(func() {
			err := client.Wait()
			c.shut(fmt.Errorf("connection to %s lost: %w", name, err))
		})
		h.wg.Go(func() { h.keepalive(c, i, name, limits) })
	}
	<-c.done
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.chain == c {
		l.chain = nil
		l.down(c.why, 0) // the first try after a loss comes at once
		h.free()
	}
}

// keepalive asks every interval for an answer of any kind. A question that is
// not answered blocks every later one inside the library, so there is never a
// second: silence closes the chain. On a slow line the answer waits behind two
// megabytes of output, so whatever is heard is no silence.
func (h *Host) keepalive(c *chain, i int, name string, limits Limits) {
	client, conn, heard := c.clients[i], c.conns[i], int64(0)
	tick := time.NewTicker(limits.Keepalive)
	defer tick.Stop()
	answer, misses := make(chan struct{}, 1), 0
	waiting := false
	for {
		select {
		case <-c.done:
			return
		case <-answer:
			waiting, misses = false, 0
		case <-tick.C:
			if n := conn.heard.Load(); n != heard {
				heard, misses = n, 0
			}
			// The tick that asks counts as the first miss: a host that froze just
			// after an answer is noticed within Misses intervals of its silence.
			if misses++; misses > limits.Misses-1 && waiting {
				c.shut(fmt.Errorf("%s has not answered for %v", name, time.Duration(misses)*limits.Keepalive))
				return
			}
			if !waiting {
				waiting, misses = true, 1
				h.wg.Go(func() {
					client.SendRequest("keepalive@openssh.com", true, nil)
					answer <- struct{}{}
				})
			}
		}
	}
}
