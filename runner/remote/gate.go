// A server's MaxStartups refuses a crowd at its door (sshd_config(5): 10:30:100),
// and behind one bastion all hosts come through one door. So at most four
// handshakes are under way per address, over all hosts of this process.

package remote

import (
	"context"
	"sync"
)

const handshakesPerAddress = 4

// doors holds one semaphore per address. It only ever grows by the addresses
// that a runbook names.
var doors struct {
	sync.Mutex
	of map[string]chan struct{}
}

// enter waits for a place at the door of addr; leave must be called after.
func enter(ctx context.Context, addr string) (leave func(), err error) {
	doors.Lock()
	if doors.of == nil {
		doors.of = make(map[string]chan struct{})
	}
	door := doors.of[addr]
	if door == nil {
		door = make(chan struct{}, handshakesPerAddress)
		doors.of[addr] = door
	}
	doors.Unlock()
	select {
	case door <- struct{}{}:
		return func() { <-door }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
