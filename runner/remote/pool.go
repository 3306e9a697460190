// A pool keeps sessions off each other's way: a server allows only so many per
// connection (MaxSessions, sshd_config(5)), and refuses one more with "open
// failed". That closes nothing: the pool learns the number and waits, or takes
// another connection.

package remote

import (
	"context"
	"time"
)

// pool is guarded by its host's mu.
type pool struct {
	host  *Host
	most  int // connections
	lines []*line
}

func newPool(h *Host, most int, control bool) *pool {
	p := &pool{host: h, most: most}
	p.lines = []*line{{host: h, control: control, max: h.limits.Sessions}}
	return p
}

// slot is the right to one session.
type slot struct {
	line  *line
	chain *chain
}

// take waits for a free place on one of the pool's connections.
func (p *pool) take(ctx context.Context) (slot, error) {
	h := p.host
	for {
		h.mu.Lock()
		l, freed := p.choose(), h.freed
		h.mu.Unlock()
		if l == nil {
			select {
			case <-freed:
				continue
			case <-ctx.Done():
				return slot{}, ctx.Err()
			}
		}
		c, err := l.connect(ctx)
		if err != nil {
			return slot{}, err
		}
		h.mu.Lock()
		if l.chain == c && c.inUse < l.max {
			c.inUse++
			h.mu.Unlock()
			return slot{l, c}, nil
		}
		h.mu.Unlock()
	}
}

// choose gives a line with room, a new line, or nil. h.mu is held.
func (p *pool) choose() *line {
	if l := p.host.shared; l != nil {
		if l.chain == nil || l.chain.inUse < l.max {
			return l
		}
		return nil
	}
	for _, l := range p.lines {
		if l.chain == nil || l.chain.inUse < l.max {
			return l
		}
	}
	if len(p.lines) == p.most {
		return nil
	}
	l := &line{host: p.host, max: p.lines[0].max}
	p.lines = append(p.lines, l)
	return l
}

// give returns a slot. When the server refused the session, the line has as
// many as it may have.
func (s slot) give(refused bool) {
	h := s.line.host
	h.mu.Lock()
	defer h.mu.Unlock()
	s.chain.inUse--
	if refused {
		s.line.max = max(1, s.chain.inUse)
	}
	h.free()
}

// refusedPause is how long we wait when a server refuses a connection's only
// session. Its reason is out of our sight, so there is nothing to wait on.
const refusedPause = 250 * time.Millisecond

// free wakes all who wait for a slot. h.mu is held.
func (h *Host) free() {
	close(h.freed)
	h.freed = make(chan struct{})
}
