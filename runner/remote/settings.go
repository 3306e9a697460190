// Package remote reaches one host over SSH: it knows connections, sessions, host
// keys and exit codes, and has never heard of a runbook.
//
// Its rule: a lost link proves nothing. Whatever goes wrong between us and the
// host is a *job.Unreachable, never a state of an attempt; and a host whose key
// we do not know gets not one byte of ours beyond the key exchange.
package remote

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"
)

// Hop is what one SSH server needs: the host itself, or a jump host before it.
type Hop struct {
	Address string // host name or IP; a bare one, without port
	Port    int    // 0 means 22
	User    string

	Network     string // tcp4 or tcp6 where the address family is fixed; empty means tcp
	BindAddress string // of this machine; empty means whichever the system takes
	// ProxyCommand is executed by the operator's shell and its stdin and stdout
	// are the connection. Only the first hop's counts, as with ssh.
	ProxyCommand   string
	ConnectTimeout time.Duration // instead of Limits.Handshake; 0 means that
	AliveInterval  time.Duration // where it is shorter than Limits.Keepalive; 0 means that
	AliveCountMax  int           // where it is less than Limits.Misses; 0 means that

	// Signers are tried as they are, before anything below: for the embedded
	// fleet and for tests.
	Signers        []ssh.Signer
	Identities     []string // private key files; those that do not exist are passed over
	Certificates   []string // beside IDENTITY-cert.pub, which is always looked for
	IdentitiesOnly bool     // offer no agent key that is not among Identities
	Agent          string   // the agent's socket; empty means none
	NoKeys         bool     // offer none at all
	KbdInteractive bool     // a person may be asked the server's questions (RFC 4256)
	Password       bool     // a person may be asked for a password

	KnownHosts   []string // known_hosts files; those that do not exist are passed over
	HostKeyAlias string   // looked up instead of the address
	RevokedKeys  []string // files of host keys that are never accepted, a public key a line
	// HostKeyAlgorithms are those that the operator allows; empty means ours.
	HostKeyAlgorithms []string
	// HostKey replaces known_hosts: for the embedded fleet and for tests.
	HostKey ssh.HostKeyCallback
}

func (h Hop) port() int {
	if h.Port == 0 {
		return 22
	}
	return h.Port
}

// addr is what is dialled.
func (h Hop) addr() string { return net.JoinHostPort(h.Address, strconv.Itoa(h.port())) }

// known is what is looked up in known_hosts. An alias stands without a port,
// as in OpenSSH (ssh_config(5), HostKeyAlias).
func (h Hop) known() string {
	if h.HostKeyAlias != "" {
		return net.JoinHostPort(h.HostKeyAlias, "22")
	}
	return h.addr()
}

// Limits bound how long and how often we try. A zero field means its default.
type Limits struct {
	Handshake  time.Duration // of one hop: TCP, key exchange, authentication; 15 s
	Keepalive  time.Duration // between two signs of life that we ask for; 5 s
	Misses     int           // silent intervals until a link is closed; 3
	BackoffMin time.Duration // after the first failure; 0.5 s
	BackoffMax time.Duration // 30 s
	Sessions   int           // at once per connection; 4, less where the server allows less
	Shell      time.Duration // of a login shell until it comes to our first script; 15 s
}

func (l Limits) withDefaults() Limits {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&l.Handshake, 15*time.Second)
	set(&l.Keepalive, 5*time.Second)
	set(&l.BackoffMin, 500*time.Millisecond)
	set(&l.BackoffMax, 30*time.Second)
	set(&l.Shell, 15*time.Second)
	if l.Misses <= 0 {
		l.Misses = 3
	}
	if l.Sessions <= 0 {
		l.Sessions = 4
	}
	return l
}

// alive is how a hop's signs of life are asked for. The operator's ssh may be
// stricter than we are, never laxer: a screen that says "up" must mean it.
func (l Limits) alive(hop Hop) Limits {
	if hop.AliveInterval > 0 {
		l.Keepalive = min(l.Keepalive, hop.AliveInterval)
	}
	if hop.AliveCountMax > 0 {
		l.Misses = min(l.Misses, hop.AliveCountMax)
	}
	return l
}

// Settings is what one host needs. Resolve fills it from the system's ssh.
type Settings struct {
	ID string // what the operator calls the host
	Hop
	Jumps []Hop // in the order in which they are passed

	// Dial replaces TCP to the first hop: the embedded fleet's Unix sockets.
	Dial func(ctx context.Context) (net.Conn, error)
	// Keys asks for passphrases and remembers what it was told. Share one among
	// all hosts, so that a key is asked for once. nil: encrypted keys are not used.
	Keys   *Keys
	Limits Limits
}

// hops gives every server on the way, the host itself last.
func (s Settings) hops() []Hop { return append(s.Jumps[:len(s.Jumps):len(s.Jumps)], s.Hop) }

// name is how messages call hop i.
func (s Settings) name(i int) string {
	if i == len(s.Jumps) {
		return s.ID
	}
	return fmt.Sprintf("%s (jump %d: %s)", s.ID, i+1, s.Jumps[i].Address)
}
