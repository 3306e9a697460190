// Who we are: at most three keys, from files and from the agent. The agent is
// never forwarded; it is asked over a plain socket with a time limit, and a
// panic on a hostile answer stops here.

package remote

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// maxSigners keeps us below a server's MaxAuthTries with room to spare.
const maxSigners = 3

const agentLimit = 5 * time.Second

// sealed is a key whose public half is known: it may be offered, and is opened
// only when the server wants it.
type sealed struct {
	file   string
	public ssh.PublicKey
	keys   *Keys
}

func (s *sealed) PublicKey() ssh.PublicKey { return s.public }

func (s *sealed) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, "")
}

func (s *sealed) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	signer, err := s.keys.get(s.file)
	if err != nil {
		return nil, err
	}
	if signer == nil {
		return nil, &needPassphrase{s.file}
	}
	return signer.(ssh.AlgorithmSigner).SignWithAlgorithm(rand, data, algorithm)
}

// identity gives the signer of a key file, nil when there is no such file.
func identity(file string, keys *Keys) (signer ssh.Signer, err error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	signer, err = ssh.ParsePrivateKey(text)
	var missing *ssh.PassphraseMissingError
	if !errors.As(err, &missing) {
		if err != nil {
			err = fmt.Errorf("key %s: %w", file, err)
		}
		return signer, err
	}
	public := missing.PublicKey
	if public == nil { // only OpenSSH's own format tells it without the passphrase
		public = publicKey(file + ".pub")
	}
	if public == nil {
		return nil, fmt.Errorf("key %s is encrypted, and there is no %s.pub", file, file)
	}
	return &sealed{file: file, public: public, keys: keys}, nil
}

func publicKey(file string) ssh.PublicKey {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return key
}

// signers are the keys to offer, best first: those of the files (by the agent,
// where it has them), then the agent's own unless identities only, then files
// that need a passphrase. problems tells why a key was passed over, used which
// one a server accepted.
func signers(hop Hop, keys *Keys, used *usedKey) (list []ssh.Signer, problems []error) {
	list = append(list, hop.Signers...)
	held, err := agentSigners(hop.Agent)
	if err != nil {
		problems = append(problems, err)
	}
	var closed, named []ssh.Signer
	for _, file := range hop.Identities {
		// the file itself may be missing where only the agent has the key
		if s := pick(held, publicKey(file+".pub")); s != nil {
			named = append(named, s)
			list = append(list, withCertificate(used.told(s, file+" in the agent"), file, hop)...)
			continue
		}
		s, err := identity(file, keys)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if s == nil {
			continue
		}
		name := file
		if fromAgent := pick(held, s.PublicKey()); fromAgent != nil {
			s, name = fromAgent, file+" in the agent"
		}
		named = append(named, s)
		_, shut := s.(*sealed)
		if offer := withCertificate(used.told(s, name), file, hop); shut {
			closed = append(closed, offer...)
		} else {
			list = append(list, offer...)
		}
	}
	if !hop.IdentitiesOnly {
		for _, s := range held {
			if pick(named, s.PublicKey()) == nil {
				list = append(list, used.told(s, "the agent, "+ssh.FingerprintSHA256(s.PublicKey())))
			}
		}
	}
	list = append(list, closed...)
	if len(list) > maxSigners {
		list = list[:maxSigners]
	}
	for i, s := range list {
		list[i] = noSHA1(s)
	}
	return list, problems
}

func pick(from []ssh.Signer, key ssh.PublicKey) ssh.Signer {
	for _, s := range from {
		if key != nil && bytes.Equal(s.PublicKey().Marshal(), key.Marshal()) {
			return s
		}
	}
	return nil
}

// withCertificate puts the certificate of a key before the key itself.
func withCertificate(s ssh.Signer, file string, hop Hop) []ssh.Signer {
	for _, name := range append([]string{file + "-cert.pub"}, hop.Certificates...) {
		cert, ok := publicKey(name).(*ssh.Certificate)
		if !ok {
			continue
		}
		if c, err := ssh.NewCertSigner(cert, s); err == nil {
			return []ssh.Signer{c, s}
		}
	}
	return []ssh.Signer{s}
}

// noSHA1 keeps RSA keys from signing by SHA-1, whatever a server asks for.
func noSHA1(s ssh.Signer) ssh.Signer {
	as, ok := s.(ssh.AlgorithmSigner)
	if !ok {
		return s
	}
	algos := []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	switch s.PublicKey().Type() {
	case ssh.KeyAlgoRSA, ssh.CertAlgoRSAv01:
		if m, err := ssh.NewSignerWithAlgorithms(as, algos); err == nil {
			return m
		}
	}
	return s
}

// agentSigners lists the keys of an agent; no socket is no error.
func agentSigners(socket string) (list []ssh.Signer, err error) {
	if socket == "" {
		return nil, nil
	}
	err = withAgent(socket, func(a agent.ExtendedAgent) error {
		keys, err := a.List()
		for _, key := range keys {
			if public, err := ssh.ParsePublicKey(key.Blob); err == nil {
				list = append(list, &agentKey{socket, public})
			}
		}
		return err
	})
	return list, err
}

// agentKey signs by the agent, over a connection for this one signature: no
// connection to an agent outlives its use.
type agentKey struct {
	socket string
	public ssh.PublicKey
}

func (k *agentKey) PublicKey() ssh.PublicKey { return k.public }

func (k *agentKey) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return k.SignWithAlgorithm(rand, data, "")
}

func (k *agentKey) SignWithAlgorithm(_ io.Reader, data []byte, algorithm string) (sig *ssh.Signature, err error) {
	var flags agent.SignatureFlags
	switch algorithm {
	case ssh.KeyAlgoRSASHA256:
		flags = agent.SignatureFlagRsaSha256
	case ssh.KeyAlgoRSASHA512:
		flags = agent.SignatureFlagRsaSha512
	}
	err = withAgent(k.socket, func(a agent.ExtendedAgent) error {
		sig, err = a.SignWithFlags(k.public, data, flags)
		return err
	})
	return sig, err
}

// withAgent is the edge to the agent. The client gets no Closer, since with one
// it reads on a goroutine of its own, where its panics (CVE-2025-47913) could
// not be caught.
func withAgent(socket string, use func(agent.ExtendedAgent) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ssh agent %s: it answered nonsense: %v", socket, p)
		}
	}()
	conn, err := net.DialTimeout("unix", socket, agentLimit)
	if err != nil {
		return fmt.Errorf("ssh agent %s: %w", socket, err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(agentLimit)); err != nil {
		return fmt.Errorf("ssh agent %s: %w", socket, err)
	}
	if err := use(agent.NewClient(struct{ io.ReadWriter }{conn})); err != nil {
		return fmt.Errorf("ssh agent %s: %w", socket, err)
	}
	return nil
}
