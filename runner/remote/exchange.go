// An exchange is one session: bytes in, an answer out, an exit code. It runs on
// a goroutine of its own, whose end is the end of the channel or of the chain;
// the caller may leave earlier and never waits for a silent host.

package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"belay/runner/job"
	"golang.org/x/crypto/ssh"
)

// exchange is what to send and what to do with the answer.
type exchange struct {
	stream []byte
	// hold keeps the script's listener's end open: job.Run ends its script when
	// this stream ends.
	hold bool
	read func(io.Reader) error // of stdout, until io.EOF
}

// outcome is what a host left when it ended by itself.
type outcome struct {
	exit   int
	stderr string
}

const (
	stderrKept = 8 << 10
	// drain is how long output may follow an exit code. Something that the
	// script left behind may hold its stdout open for ever.
	drain = 2 * time.Second
)

// do makes one exchange. Its error is ctx's, a *job.Unreachable, or what read
// returned. After it returns, read's sinks are not called any more.
func (p *pool) do(ctx context.Context, e exchange) (outcome, error) {
	for {
		s, err := p.take(ctx)
		if err != nil {
			return outcome{}, err
		}
		out, err := p.attempt(ctx, s, e)
		var refused *ssh.OpenChannelError
		if !errors.As(err, &refused) {
			return out, err
		}
		p.host.mu.Lock()
		alone := s.chain.inUse == 0
		p.host.mu.Unlock()
		if alone {
			pause := time.NewTimer(refusedPause)
			select {
			case <-pause.C:
			case <-ctx.Done():
				pause.Stop()
				return outcome{}, ctx.Err()
			}
		}
	}
}

// attempt runs the exchange on a slot and gives the slot back when its channel
// is closed, which may be long after the caller has left.
func (p *pool) attempt(ctx context.Context, s slot, e exchange) (outcome, error) {
	type result struct {
		out outcome
		err error
	}
	ended := make(chan result, 1)
	leave, left := context.WithCancel(ctx)
	defer left()
	g := &guard{}
	if !p.host.spawn(func() {
		out, err := p.host.session(leave, s, e, g)
		var refused *ssh.OpenChannelError
		s.give(errors.As(err, &refused))
		ended <- result{out, err}
	}) {
		return outcome{}, p.host.unreachable(errClosed)
	}
	select {
	case r := <-ended:
		return r.out, r.err
	case <-ctx.Done():
		g.close()
		return outcome{}, ctx.Err()
	}
}

// guard lets a reader touch what belongs to the caller only while the caller is
// still there.
type guard struct {
	mu     sync.Mutex
	closed bool
}

func (g *guard) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
}

// guarded reads from r as long as the guard is open.
type guarded struct {
	g *guard
	r io.Reader
}

func (r guarded) Read(b []byte) (int, error) {
	// the lock is free while we wait for bytes and held while they are used
	r.g.mu.Unlock()
	n, err := r.r.Read(b)
	r.g.mu.Lock()
	if r.g.closed {
		return 0, context.Canceled
	}
	return n, err
}

func (g *guard) read(r io.Reader, use func(io.Reader) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return context.Canceled
	}
	return use(guarded{g, r})
}

// session opens a channel and sees it through.
func (h *Host) session(ctx context.Context, s slot, e exchange, g *guard) (outcome, error) {
	c := s.chain
	ch, reqs, err := s.session()
	if err != nil {
		var refused *ssh.OpenChannelError
		if errors.As(err, &refused) {
			return outcome{}, err
		}
		return outcome{}, h.lost(c, err)
	}
	defer ch.Close()
	stop := context.AfterFunc(ctx, func() { ch.Close() })
	defer stop()
	ok, err := ch.SendRequest("exec", true, ssh.Marshal(struct{ Command string }{job.Command}))
	if err != nil {
		h.wg.Go(func() { ssh.DiscardRequests(reqs) })
		return outcome{}, h.lost(c, err)
	}
	if !ok {
		h.wg.Go(func() { ssh.DiscardRequests(reqs) })
		return outcome{}, h.unreachable(errors.New("the server refuses to execute commands"))
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := ch.Write(e.stream); err == nil && !e.hold {
			ch.CloseWrite()
		}
	})
	var kept tailBuffer
	wg.Go(func() { io.Copy(&kept, ch.Stderr()) })
	var readErr error
	wg.Go(func() {
		if readErr = g.read(ch, e.read); readErr != nil {
			ch.Close()
		}
		io.Copy(io.Discard, ch)
	})
	code, exited := exitCode(ch, reqs)
	wg.Wait()
	out := outcome{code, string(kept.b)}
	switch {
	case ctx.Err() != nil:
		return out, ctx.Err()
	case readErr != nil && !errors.Is(readErr, io.ErrUnexpectedEOF):
		return out, readErr
	case !exited:
		return out, h.lost(c, &ssh.ExitMissingError{})
	}
	return out, nil
}

// exitCode reads a session's requests until its channel is closed (RFC 4254,
// section 6.10).
func exitCode(ch ssh.Channel, reqs <-chan *ssh.Request) (code int, exited bool) {
	var late *time.Timer
	for req := range reqs {
		switch req.Type {
		case "exit-status":
			var m struct{ Code uint32 }
			if ssh.Unmarshal(req.Payload, &m) == nil {
				code, exited = int(m.Code), true
			}
		case "exit-signal":
			code, exited = 255, true
		}
		if exited && late == nil {
			late = time.AfterFunc(drain, func() { ch.Close() })
		}
		if req.WantReply {
			req.Reply(false, nil)
		}
	}
	if late != nil {
		late.Stop()
	}
	return code, exited
}

// lost is the error for a session that ended without an exit code. The reason
// is the chain's, when the chain is what broke.
func (h *Host) lost(c *chain, err error) error {
	select {
	case <-c.done:
		err = c.why
	default:
	}
	return h.unreachable(fmt.Errorf("session lost: %w", err))
}

// tailBuffer keeps the last bytes of stderr: the end of a long complaint says
// what it comes to.
type tailBuffer struct{ b []byte }

func (t *tailBuffer) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if extra := len(t.b) - stderrKept; extra > 0 {
		t.b = append(t.b[:0], t.b[extra:]...)
	}
	return len(p), nil
}
