// How a server was reached is evidence, not configuration: what is told here is
// what the last handshake did, never what it was meant to do.

package remote

import (
	"io"
	"sync"

	"golang.org/x/crypto/ssh"
)

// Way is how a connection came about.
type Way struct {
	Through []string // the hops before the host, as ADDRESS:PORT, or the ProxyCommand
	Known   string   // FILE:LINE that knows the host key; empty where known_hosts was not asked
	Key     string   // the file of the key that logged in, or the agent's; empty where none did
}

// Way is that of the connection for control, and false while there is none.
func (h *Host) Way() (Way, bool) {
	l := h.main()
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.chain != nil {
		return l.chain.way, true
	}
	return Way{}, false
}

// main is the line whose state is the host's.
func (h *Host) main() *line {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shared != nil {
		return h.shared
	}
	return h.control.lines[0]
}

// passed notes one hop more.
func (w *Way) passed(hop Hop, check *keyCheck, used *usedKey, last bool) {
	if hop.ProxyCommand != "" && len(w.Through) == 0 {
		w.Through = append(w.Through, "ProxyCommand "+hop.ProxyCommand)
	}
	if !last {
		w.Through = append(w.Through, hop.addr())
		return
	}
	w.Known, w.Key = check.known, used.name()
}

// usedKey is the key that a server asked to prove itself: the last one, since
// a handshake ends with the first proof that is accepted.
type usedKey struct {
	mu   sync.Mutex
	from string
}

func (u *usedKey) name() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.from
}

// told is a signer that says when it is used. A server asks for a proof only by
// a key that it would accept.
type told struct {
	ssh.AlgorithmSigner
	used *usedKey
	name string
}

func (u *usedKey) told(s ssh.Signer, name string) ssh.Signer {
	if as, ok := s.(ssh.AlgorithmSigner); ok {
		return &told{as, u, name}
	}
	return s
}

func (t *told) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return t.SignWithAlgorithm(rand, data, "")
}

func (t *told) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	t.used.mu.Lock()
	t.used.from = t.name
	t.used.mu.Unlock()
	return t.AlgorithmSigner.SignWithAlgorithm(rand, data, algorithm)
}
