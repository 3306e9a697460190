// Host keys come from known_hosts and from nowhere else. There are three ways to
// be wrong and each is its own error: unknown (a person may settle it), known by
// another type only (the same), and changed or revoked (nobody settles it here).

package remote

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"

	"belay/runner/job"
	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"
)

// UnknownKey says that known_hosts has no key of a server. It comes inside a
// *job.Unreachable, whose Hint is the one command that settles it.
type UnknownKey struct {
	Server      string // as it would stand in known_hosts
	Type        string
	Fingerprint string // as ssh-keygen -l prints it
}

func (e *UnknownKey) Error() string {
	return fmt.Sprintf("host key of %s is unknown: %s %s", e.Server, e.Type, e.Fingerprint)
}

// NewKeyType says that known_hosts has keys of a server, but that the server
// offers keys of other types only. It comes inside a *job.Unreachable.
type NewKeyType struct {
	Server  string
	Known   []string // algorithms by which we know it
	Offered []string // algorithms that it has
}

func (e *NewKeyType) Error() string {
	return fmt.Sprintf("%s is known by %s, but offers only %s", e.Server,
		strings.Join(e.Known, ", "), strings.Join(e.Offered, ", "))
}

// weak are signatures by SHA-1 and DSA (RFC 4253, section 6.6): never asked
// for, never given.
var weak = []string{ssh.KeyAlgoRSA, ssh.CertAlgoRSAv01, "ssh-dss", "ssh-dss-cert-v01@openssh.com"}

// strong are the host key algorithms for a server of which we know nothing.
// Ed25519 goes first, so that the fingerprint shown is the one people keep.
var strong = []string{
	ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
	ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
}

// keyCheck checks the host key of one hop and remembers what it saw.
type keyCheck struct {
	name    string
	hop     Hop
	algos   []string // what we ask the server for
	want    []knownhosts.PublicKey
	revoked []ssh.PublicKey
	next    ssh.HostKeyCallback
	seen    ssh.PublicKey
	known   string // the line that says so, FILE:LINE
	err     error  // the typed reason; the library passes on its text only
}

func newKeyCheck(name string, hop Hop) (*keyCheck, error) {
	c := &keyCheck{name: name, hop: hop, algos: strong}
	if hop.HostKey != nil {
		c.next = hop.HostKey
		return c, nil
	}
	var files []string
	for _, file := range hop.KnownHosts {
		if _, err := os.Stat(file); err == nil {
			files = append(files, file)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("known hosts: %w", err)
		}
	}
	db, err := knownhosts.NewDB(files...)
	if err != nil {
		return nil, fmt.Errorf("known hosts: %w", err)
	}
	c.next, c.want = db.HostKeyCallback(), db.HostKeys(hop.known())
	if known := db.HostKeyAlgorithms(hop.known()); len(known) > 0 {
		c.algos = slices.DeleteFunc(known, func(a string) bool { return slices.Contains(weak, a) })
	}
	if c.revoked, err = revokedKeys(hop.RevokedKeys); err != nil {
		return nil, err
	}
	return c, c.allow(hop.HostKeyAlgorithms)
}

// allow keeps the algorithms that the operator's ssh would ask for.
func (c *keyCheck) allow(list []string) error {
	if len(list) == 0 {
		return nil
	}
	have := c.algos
	c.algos = slices.DeleteFunc(slices.Clone(have), func(a string) bool { return !slices.Contains(list, a) })
	if len(c.algos) == 0 {
		return fmt.Errorf("HostKeyAlgorithms %s allows none of %s, which is how %s is known or could be",
			strings.Join(list, ","), strings.Join(have, ","), knownhosts.Normalize(c.hop.known()))
	}
	return nil
}

// revokedKeys reads RevokedHostKeys (ssh_config(5)): public keys, a line each.
// As there, a file that cannot be read lets no host through.
func revokedKeys(files []string) (list []ssh.PublicKey, err error) {
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("revoked host keys: %w", err)
		}
		if bytes.HasPrefix(text, []byte("SSHKRL\n\x00")) {
			return nil, fmt.Errorf("revoked host keys: %s is a binary list (KRL), which is not supported; name a file of public keys", file)
		}
		for line := range bytes.Lines(text) {
			line = bytes.TrimSpace(line)
			if len(line) == 0 || line[0] == '#' {
				continue
			}
			key, _, _, _, err := ssh.ParseAuthorizedKey(line)
			if err != nil {
				return nil, fmt.Errorf("revoked host keys: %s: %w", file, err)
			}
			list = append(list, key)
		}
	}
	return list, nil
}

// isRevoked reports whether a key, the key in a certificate or its authority's
// is among the revoked ones.
func (c *keyCheck) isRevoked(key ssh.PublicKey) bool {
	keys := []ssh.PublicKey{key}
	if cert, ok := key.(*ssh.Certificate); ok {
		keys = append(keys, cert.Key, cert.SignatureKey)
	}
	for _, bad := range c.revoked {
		for _, k := range keys {
			if bytes.Equal(bad.Marshal(), k.Marshal()) {
				return true
			}
		}
	}
	return false
}

// check is the ssh.HostKeyCallback.
func (c *keyCheck) check(_ string, remote net.Addr, key ssh.PublicKey) error {
	// A Unix socket's address has no port and the library would choke on it.
	if _, _, err := net.SplitHostPort(remote.String()); err != nil {
		remote = &net.TCPAddr{IP: net.IPv4zero}
	}
	if c.isRevoked(key) {
		c.err = &job.WrongHost{Host: c.name, What: "host key", Want: "a key that is not revoked",
			Got:  "revoked " + key.Type() + " " + ssh.FingerprintSHA256(key),
			Hint: "the key stands in " + strings.Join(c.hop.RevokedKeys, " or ")}
		return c.err
	}
	if err := c.next(c.hop.known(), remote, key); err != nil {
		c.err = c.explain(key, err)
		return c.err
	}
	c.seen, c.known = key, c.line(remote, key)
	return nil
}

// line finds what knows a key that was accepted. The library tells its lines
// only to one whose key is wrong, so it is asked about a key that nobody has.
func (c *keyCheck) line(remote net.Addr, key ssh.PublicKey) string {
	var wrong *xknownhosts.KeyError
	if c.hop.HostKey != nil || !errors.As(c.next(c.hop.known(), remote, noKey{}), &wrong) {
		return ""
	}
	cert, _ := key.(*ssh.Certificate)
	for _, k := range wrong.Want {
		switch {
		case bytes.Equal(k.Key.Marshal(), key.Marshal()):
			return fmt.Sprintf("%s:%d", k.Filename, k.Line)
		case cert != nil && bytes.Equal(k.Key.Marshal(), cert.SignatureKey.Marshal()):
			return fmt.Sprintf("%s:%d, an authority", k.Filename, k.Line)
		}
	}
	return ""
}

// noKey is a key that no server has.
type noKey struct{}

func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return nil }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.New("no key") }

func (c *keyCheck) explain(key ssh.PublicKey, err error) error {
	got := key.Type() + " " + ssh.FingerprintSHA256(key)
	var revoked *xknownhosts.RevokedError
	if errors.As(err, &revoked) {
		return &job.WrongHost{Host: c.name, What: "host key", Want: "a key that is not revoked", Got: "revoked " + got,
			Hint: fmt.Sprintf("the key was revoked in %s:%d", revoked.Revoked.Filename, revoked.Revoked.Line)}
	}
	if knownhosts.IsHostKeyChanged(err) {
		return &job.WrongHost{Host: c.name, What: "host key", Want: c.wanted(), Got: got,
			Hint: "stop: find out why the key changed; Belay has no way past this"}
	}
	if knownhosts.IsHostUnknown(err) {
		return &job.Unreachable{Host: c.name,
			Err:  &UnknownKey{Server: knownhosts.Normalize(c.hop.known()), Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key)},
			Hint: c.settle(key)}
	}
	return &job.WrongHost{Host: c.name, What: "host key", Want: c.wanted(), Got: got + " (" + err.Error() + ")"}
}

func (c *keyCheck) wanted() string {
	var want []string
	for _, key := range c.want {
		what := key.Type()
		if key.Cert {
			what = "signed by " + what
		}
		want = append(want, what+" "+ssh.FingerprintSHA256(key))
	}
	if want == nil {
		return "another"
	}
	return strings.Join(want, " or ")
}

// settle is the command for a key that a person has compared. It writes the key
// that was shown, not what a second scan might meet, and so it is right behind a
// jump host and with an alias as well, where ssh-keyscan is of no use.
func (c *keyCheck) settle(key ssh.PublicKey) string {
	file := "~/.ssh/known_hosts"
	if len(c.hop.KnownHosts) > 0 {
		file = c.hop.KnownHosts[0]
	}
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	return fmt.Sprintf("compare %s with the host's own `ssh-keygen -lf`, then: echo '%s' >>%s",
		ssh.FingerprintSHA256(key), knownhosts.Line([]string{c.hop.known()}, key), file)
}

// failed turns the error of a handshake into ours: the reason that check found,
// a key type that we do not know, or the error itself.
func (c *keyCheck) failed(err error) error {
	if c.err != nil {
		return c.err
	}
	var no *ssh.AlgorithmNegotiationError
	if len(c.want) > 0 && errors.As(err, &no) && no.What == "host key" {
		e := &NewKeyType{Server: knownhosts.Normalize(c.hop.known()), Known: c.algos, Offered: no.RequestedAlgorithms}
		return &job.Unreachable{Host: c.name, Err: e, Hint: fmt.Sprintf(
			"compare its key with the host's own `ssh-keygen -lf`, then: ssh-keyscan -p %d %s >>%s",
			c.hop.port(), c.hop.Address, c.hop.KnownHosts[0])}
	}
	return err
}
