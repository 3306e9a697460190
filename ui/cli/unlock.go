package cli

// The rule of this file: what a server wants to be told is typed while nothing
// else reads the terminal: before the console or a prompt has it, or while they
// lend it. Typed into either, it would be taken for a command, and shown.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"belay/runner/remote"
	"belay/runner/tail"
)

// terminal is who may ask for something that is not shown.
type terminal struct {
	mu    sync.Mutex // held while a person types
	taken bool       // the console or plain mode's prompt has it
	began chan struct{}
	first sync.Once
}

// greeting is how long the servers are waited for before the screen comes, so
// that one that asks for something is heard. A person who types is waited for.
const greeting = 2 * time.Second

// unlock reaches every server once, so that what a person has to type for it is
// asked for now, and only where a server wants it. What cannot be reached is
// tried again later, as always.
func (p *program) unlock(ctx context.Context, servers map[string]*remote.Host) {
	p.terminal.began = make(chan struct{})
	defer p.lend(false)
	if !p.mayAsk() {
		return
	}
	var all sync.WaitGroup
	for _, h := range servers {
		all.Go(func() { _, _ = h.Identify(ctx) })
	}
	done, patience := make(chan struct{}), time.NewTimer(greeting)
	defer patience.Stop()
	go func() { all.Wait(); close(done) }()
	select {
	case <-done:
		return
	case <-patience.C:
	case <-p.terminal.began:
	}
	select {
	case <-p.terminal.began:
		<-done
	default:
		if p.locked { // its server may be the slow one
			<-done
		}
	}
}

// lend gives the terminal to prompts, or takes it back when nobody types.
func (p *program) lend(to bool) {
	p.terminal.mu.Lock()
	defer p.terminal.mu.Unlock()
	p.terminal.taken = !to
}

// mayAsk reports whether a person can type something that is not shown.
func (p *program) mayAsk() bool {
	p.terminal.mu.Lock()
	defer p.terminal.mu.Unlock()
	return p.canType()
}

func (p *program) canType() bool {
	return !p.opt.auto && !p.terminal.taken && p.env.IsTerminal(p.env.Stdin)
}

// prompt asks for what a key or a server wants: never under --auto, and not
// while the console or plain mode's prompt has the terminal.
func (p *program) prompt(ctx context.Context, label string) ([]byte, error) {
	p.terminal.mu.Lock()
	defer p.terminal.mu.Unlock()
	switch {
	case p.terminal.taken && !p.opt.auto && p.env.IsTerminal(p.env.Stdin):
		return nil, errors.New("nobody can be asked now")
	case !p.canType():
		return nil, errors.New("nobody can be asked; a key in an agent needs nobody: ssh-add")
	}
	if p.terminal.began != nil {
		p.terminal.first.Do(func() { close(p.terminal.began) })
	}
	return p.hidden(ctx, label)
}

// hidden asks for a line that is not shown.
func (p *program) hidden(ctx context.Context, label string) ([]byte, error) {
	fmt.Fprintf(p.env.Stderr, "%s: ", strings.TrimRight(tail.Inert(label), ": "))
	b, err := p.env.ReadSecret(ctx)
	fmt.Fprintln(p.env.Stderr)
	return b, err
}

// logins tries the servers that are down, while a person can be asked what they
// want. It is a tea.ExecCommand.
type logins struct {
	ctx     context.Context
	p       *program
	servers map[string]*remote.Host
}

// SetStdin and its sisters do nothing: it has the process's own streams.
func (l *logins) SetStdin(io.Reader)  {}
func (l *logins) SetStdout(io.Writer) {}
func (l *logins) SetStderr(io.Writer) {}

// down lists the servers that have no connection.
func (l *logins) down() (ids []string) {
	for id, h := range l.servers {
		if !h.Link().Up {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Run says of each server what came of it. Its error names those that are down
// still.
func (l *logins) Run() error {
	ids := l.down()
	if len(ids) == 0 {
		return errors.New("no server is down")
	}
	l.p.lend(true)
	defer l.p.lend(false)
	l.p.say("Trying %s. What is typed is not shown; an empty line gives up.\n", strings.Join(ids, ", "))
	errs := make([]error, len(ids))
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() { errs[i] = l.servers[id].Login(l.ctx) })
	}
	all.Wait()
	for i, id := range ids {
		if errs[i] == nil {
			l.p.say("%s is reached\n", id)
		}
	}
	return errors.Join(errs...)
}
