package cli

// The rule of this file: a passphrase is typed before anything else reads the
// terminal, and never while the console or a prompt has it: typed into either,
// it would be taken for a command, and shown.

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"belay/runner/remote"
	"belay/runner/tail"
)

// unlock reaches every server once where some key needs a passphrase, so that
// it is asked for now, and only where a server wants that key. What cannot be
// reached is tried again later, as always.
func (p *program) unlock(ctx context.Context, servers map[string]*remote.Host) {
	defer p.taken.Store(true)
	if !p.locked || !p.mayAsk() {
		return
	}
	var all sync.WaitGroup
	for _, h := range servers {
		all.Go(func() { _, _ = h.Identify(ctx) })
	}
	all.Wait()
}

// mayAsk reports whether a person can type something that is not shown.
func (p *program) mayAsk() bool {
	return !p.opt.auto && !p.taken.Load() && p.env.IsTerminal(p.env.Stdin)
}

// passphrase asks for the passphrase of a key: never under --auto, and not once
// the console or plain mode's prompt has the terminal.
func (p *program) passphrase(ctx context.Context, label string) ([]byte, error) {
	if !p.mayAsk() {
		return nil, errors.New("nobody can be asked for the " + label + " now; add the key to an agent: ssh-add")
	}
	return p.hidden(ctx, label)
}

// hidden asks for a line that is not shown.
func (p *program) hidden(ctx context.Context, label string) ([]byte, error) {
	fmt.Fprintf(p.env.Stderr, "%s: ", tail.Inert(label))
	b, err := p.env.ReadSecret(ctx)
	fmt.Fprintln(p.env.Stderr)
	return b, err
}
