// A passphrase is asked for between two handshakes, never within one, and never
// twice for one key: whoever waits for the same key waits for the same answer.

package remote

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/crypto/ssh"
)

// Keys opens encrypted key files. It asks for each passphrase once, when a
// server has accepted the key, and keeps the opened key in memory only.
type Keys struct {
	// Prompt asks a person; label says which key. Its answer is zeroed after use.
	Prompt func(ctx context.Context, label string) ([]byte, error)

	asking sync.Mutex // held while a person types; never while a handshake looks
	mu     sync.Mutex
	opened map[string]ssh.Signer
	failed map[string]error
	told   map[string]string // passwords, by who asked for them and how
}

// needPassphrase stops a handshake: the person must not be asked while the
// server's clock runs. The key is opened and the handshake made anew.
type needPassphrase struct{ file string }

func (e *needPassphrase) Error() string { return e.file + " needs its passphrase" }

func (k *Keys) get(file string) (ssh.Signer, error) {
	if k == nil {
		return nil, fmt.Errorf("key %s is encrypted and there is nobody to ask", file)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.opened[file], k.failed[file]
}

// open asks for the passphrase of a file, unless somebody has by now.
func (k *Keys) open(ctx context.Context, file string) error {
	if k == nil {
		return fmt.Errorf("key %s is encrypted and there is nobody to ask", file)
	}
	k.asking.Lock()
	defer k.asking.Unlock()
	if signer, err := k.get(file); signer != nil || err != nil {
		return err
	}
	if k.Prompt == nil {
		return fmt.Errorf("key %s is encrypted and there is nobody to ask", file)
	}
	signer, err := k.unseal(ctx, file)
	if ctx.Err() != nil {
		return ctx.Err() // given up by us, not by the person: ask again later
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.opened == nil {
		k.opened, k.failed = make(map[string]ssh.Signer), make(map[string]error)
	}
	if err != nil {
		err = fmt.Errorf("key %s: %w", file, err)
		k.failed[file] = err
		return err
	}
	k.opened[file] = signer
	return nil
}

// ask asks a person for one line, one question at a time.
func (k *Keys) ask(ctx context.Context, label string) ([]byte, error) {
	if k == nil || k.Prompt == nil {
		return nil, errors.New("there is nobody to ask")
	}
	k.asking.Lock()
	defer k.asking.Unlock()
	return k.Prompt(ctx, label)
}

func (k *Keys) kept(what string) (string, bool) {
	if k == nil {
		return "", false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	a, ok := k.told[what]
	return a, ok
}

func (k *Keys) keep(what, answer string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.told == nil {
		k.told = make(map[string]string)
	}
	k.told[what] = answer
}

func (k *Keys) drop(what string) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.told, what)
}

// again forgets that a key could not be opened: now somebody can be asked.
func (k *Keys) again() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.failed)
}

// passphraseTries is how often a wrong passphrase may be typed, as with ssh
// (NumberOfPasswordPrompts, ssh_config(5)).
const passphraseTries = 3

// unseal asks until the passphrase fits, three times at most; an empty answer
// gives up.
func (k *Keys) unseal(ctx context.Context, file string) (signer ssh.Signer, err error) {
	label := "passphrase for " + file
	for range passphraseTries {
		passphrase, err := k.Prompt(ctx, label)
		if err != nil {
			return nil, err
		}
		if len(passphrase) == 0 {
			return nil, errors.New("no passphrase was given")
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		signer, err = ssh.ParsePrivateKeyWithPassphrase(text, passphrase)
		clear(passphrase)
		if !errors.Is(err, x509.IncorrectPasswordError) {
			return signer, err
		}
		label = "that was not it; passphrase for " + file
	}
	return nil, errors.New("the passphrase was wrong")
}

// Locked lists the key files of every hop that cannot be used before a person
// has typed a passphrase: they are encrypted, and no agent holds the key.
func (s Settings) Locked() []string {
	var out []string
	for _, hop := range s.hops() {
		held, _ := agentSigners(hop.Agent)
		for _, file := range hop.Identities {
			if pick(held, publicKey(file+".pub")) != nil {
				continue
			}
			signer, err := identity(file, s.Keys)
			if _, closed := signer.(*sealed); err == nil && closed && pick(held, signer.PublicKey()) == nil {
				out = append(out, file)
			}
		}
	}
	return out
}
