// A pool keeps sessions off each other's way: a server allows only so many per
// connection (MaxSessions, sshd_config(5)), and refuses one more with "open
// failed". That closes nothing: the pool learns the number and waits, or takes
// another connection.

package remote

import (
	"context"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
)

// pool is guarded by its host's mu.
type pool struct {
	host  *Host
	most  int  // connections of its own
	guest bool // it also uses the connection for control, while that has room
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
	guest *int // what counts it as a guest on the connection for control; else nil
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
		if l.chain == c && p.room(l) {
			defer h.mu.Unlock()
			return p.slot(l), nil
		}
		h.mu.Unlock()
	}
}

// choose gives a line with room, a new line, or nil. h.mu is held.
func (p *pool) choose() *line {
	if l := p.host.shared; l != nil {
		if p.room(l) {
			return l
		}
		return nil
	}
	if l := p.host.control.lines[0]; p.guest && p.room(l) {
		return l
	}
	for _, l := range p.lines {
		if p.room(l) {
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

// room reports whether a line takes one more session of this pool. The last one
// of the connection for control is for control, so that nothing that is followed
// or looked at ever stands in the way of a cancel. h.mu is held.
//
// What is followed stays as long as an attempt does, so it is a guest only where
// the server has shown that it grants that many. A shell for looks is one at
// once: it can be asked to leave.
func (p *pool) room(l *line) bool {
	c := l.chain
	switch {
	case !p.visits(l):
		return c == nil || c.inUse < l.max
	case c == nil:
		return p == p.host.looks && l.max > 1
	case p == p.host.follow && c.follows+1 >= c.most: // with one for control
		return false
	}
	return c.shells+c.follows < l.max-1 && c.inUse < l.max
}

// visits reports whether the pool is a guest on a line. h.mu is held.
func (p *pool) visits(l *line) bool {
	return l.control && l != p.host.shared && p != p.host.control
}

// slot takes one session of a line that has room. h.mu is held.
func (p *pool) slot(l *line) slot {
	c := l.chain
	s := slot{line: l, chain: c}
	c.inUse++
	if p.visits(l) {
		s.guest = &c.shells
		if p == p.host.follow {
			s.guest = &c.follows
		}
		*s.guest++
	}
	return s
}

// session opens what the slot is for.
func (s slot) session() (ssh.Channel, <-chan *ssh.Request, error) {
	ch, reqs, err := s.chain.session()
	if err == nil {
		h := s.line.host
		h.mu.Lock()
		s.chain.open++
		s.chain.most = max(s.chain.most, s.chain.open)
		h.mu.Unlock()
	}
	return ch, reqs, err
}

// give returns a slot. When the server refused the session, the line has as
// many as it may have.
func (s slot) give(refused bool) {
	h := s.line.host
	h.mu.Lock()
	defer h.mu.Unlock()
	s.chain.inUse--
	if s.guest != nil {
		*s.guest--
	}
	if refused {
		s.line.max = max(1, s.chain.inUse)
		h.makeRoom()
	} else {
		s.chain.open = max(0, s.chain.open-1)
	}
	h.free()
}

// makeRoom sends away shells that nobody uses where they have taken the session
// that is for control. h.mu is held.
func (h *Host) makeRoom() {
	h.idle = slices.DeleteFunc(h.idle, func(sh *shell) bool {
		away := sh.inTheWay()
		if away {
			sh.close()
		}
		return away
	})
}

// refusedPause is how long we wait when a server refuses a connection's only
// session. Its reason is out of our sight, so there is nothing to wait on.
const refusedPause = 250 * time.Millisecond

// free wakes all who wait for a slot. h.mu is held.
func (h *Host) free() {
	close(h.freed)
	h.freed = make(chan struct{})
}
