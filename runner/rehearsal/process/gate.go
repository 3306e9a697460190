// The gate of time. The rule of this file: what a fleet does by itself, while
// nobody looks and nothing was asked of it, costs nothing.
package process

import "sync"

// Gate lets the time of a fleet's daemons pass while somebody is there: a
// client that is connected, an attempt that runs. A nil Gate is always open.
type Gate struct {
	mu    sync.Mutex
	there int
	open  chan struct{} // closed while the gate is open
}

// NewGate gives a gate that is shut.
func NewGate() *Gate { return &Gate{open: make(chan struct{})} }

// Enter opens the gate until the matching Leave.
func (g *Gate) Enter() {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.there++; g.there == 1 {
		close(g.open)
	}
}

// Leave shuts the gate when nobody is left.
func (g *Gate) Leave() {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.there--; g.there == 0 {
		g.open = make(chan struct{})
	}
}

// Busy says whether the gate is open.
func (g *Gate) Busy() bool {
	if g == nil {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.there > 0
}

// opened is closed while the gate is open.
func (g *Gate) opened() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

// Attend makes the process, and what it forks from now on, a daemon: its time
// stands still while the gate of its host is shut.
func (p *Process) Attend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.daemon = true
}

// attended waits at the gate.
func (p *Process) attended() {
	p.mu.Lock()
	daemon := p.daemon
	p.mu.Unlock()
	if !daemon || p.table.Gate == nil {
		return
	}
	select {
	case <-p.table.Gate.opened():
	case <-p.dead:
		panic(gone{})
	}
}
