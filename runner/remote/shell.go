// A look costs no session of its own: it is asked of a shell that stays open, so
// that a login's start-up files are paid once and cannot pile up. There are a few
// of them, since one that is stuck must hold up nobody; none has more than one
// look at a time.

package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"belay/runner/job"
	"golang.org/x/crypto/ssh"
)

// lateAsk is how long a look may take to end after it was told to, before its
// shell counts as hanging: TERM, two seconds, KILL.
const lateAsk = 5 * time.Second

// shell is one session that takes looks. Its fields are guarded by mu, those of
// its host's list by the host's.
type shell struct {
	host *Host
	slot slot
	ch   ssh.Channel
	gone chan struct{} // closed when the session has ended; then out and err are set
	out  outcome
	err  error

	mu    sync.Mutex
	now   *ask // under way
	hangs bool // it was told to end and has not
}

// ask is one look.
type ask struct {
	out   *capped
	err   tailBuffer
	marks [2]*job.Around // of stdout and stderr
	ended chan struct{}  // closed when both have ended
}

// Run executes a script that changes nothing and gives at most limit bytes of
// its output. When ctx ends, or there is more, the script on the host is ended.
func (h *Host) Run(ctx context.Context, s job.Script, limit int) (job.Result, error) {
	for {
		sh, used, err := h.takeShell(ctx)
		if errors.Is(err, errNoShell) {
			return h.runAlone(ctx, s, limit)
		}
		if err != nil {
			return job.Result{}, err
		}
		r, began, err := sh.run(ctx, s, limit)
		if err == nil || began || !used || sh.slot.chain.lost() || ctx.Err() != nil {
			return r, err
		}
		// the shell had ended while nobody used it: nothing was run
	}
}

// errNoShell says that all shells are at work, or that the server allows none.
var errNoShell = errors.New("no shell is free")

// takeShell gives a shell that nobody uses, or opens one more.
func (h *Host) takeShell(ctx context.Context) (sh *shell, used bool, err error) {
	h.mu.Lock()
	if n := len(h.idle); n > 0 {
		sh = h.idle[n-1]
		h.idle = h.idle[:n-1]
		h.mu.Unlock()
		return sh, true, nil
	}
	l, hanging, looked := h.looks.choose(), h.hanging, h.looked
	h.mu.Unlock()
	switch {
	case hanging < h.limits.Sessions && l == nil:
		return nil, false, errNoShell
	case hanging < h.limits.Sessions:
	case !looked:
		return nil, false, h.unusable("it came to none in all this time")
	default:
		return nil, false, h.unreachable(fmt.Errorf("%d looks hang there and cannot be ended: a file system that does not answer?", hanging))
	}
	c, err := l.connect(ctx)
	if err != nil {
		return nil, false, err
	}
	h.mu.Lock()
	if l.chain != c || !h.looks.room(l) {
		h.mu.Unlock()
		return nil, false, errNoShell
	}
	s := h.looks.slot(l)
	h.mu.Unlock()
	sh, err = h.beginShell(ctx, s)
	return sh, false, err
}

// beginShell opens a shell on a goroutine of its own: a silent host holds up
// nobody whose ctx ends. A shell that then comes is for whoever looks next.
func (h *Host) beginShell(ctx context.Context, s slot) (*shell, error) {
	type opened struct {
		sh  *shell
		err error
	}
	done := make(chan opened)
	if !h.spawn(func() {
		sh, err := h.openShell(s)
		select {
		case done <- opened{sh, err}:
		case <-ctx.Done():
			if err == nil {
				sh.free(false)
			}
		}
	}) {
		return nil, h.unreachable(errClosed)
	}
	select {
	case o := <-done:
		return o.sh, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// openShell begins a session. It is good for a look at once: the look waits in
// line behind the start-up files.
func (h *Host) openShell(s slot) (*shell, error) {
	sh := &shell{host: h, slot: s, gone: make(chan struct{})}
	ch, reqs, err := s.session()
	var refused *ssh.OpenChannelError
	if err != nil {
		s.give(errors.As(err, &refused))
		if refused != nil {
			return nil, errNoShell
		}
		return nil, h.lost(s.chain, err)
	}
	sh.ch = ch
	if !h.spawn(func() { sh.follow(reqs) }) {
		ch.Close()
		s.give(false)
		return nil, h.unreachable(errClosed)
	}
	ok, err := ch.SendRequest("exec", true, ssh.Marshal(struct{ Command string }{job.Command}))
	if err == nil && !ok {
		err = errors.New("the server refuses to execute commands")
	}
	if err != nil {
		ch.Close()
		return nil, h.lost(s.chain, err)
	}
	// a login shell that has ended by now takes nothing: why, follow knows
	ch.Write(job.Shell())
	return sh, nil
}

// follow reads what the session prints until it ends.
func (sh *shell) follow(reqs <-chan *ssh.Request) {
	var late tailBuffer
	var wg sync.WaitGroup
	for i, r := range []io.Reader{sh.ch, sh.ch.Stderr()} {
		wg.Go(func() {
			b := make([]byte, 32<<10)
			for {
				n, err := r.Read(b)
				if i == 1 {
					late.Write(b[:n])
				}
				if sh.printed(i, b[:n]) != nil {
					sh.ch.Close()
				}
				if err != nil {
					return
				}
			}
		})
	}
	code, exited := exitCode(sh.ch, reqs)
	wg.Wait()
	sh.ch.Close()
	if !exited {
		sh.slot.chain.settle()
	}
	sh.out, sh.err = outcome{code, string(late.b)}, nil
	if !exited {
		sh.err = sh.host.lost(sh.slot.chain, &ssh.ExitMissingError{})
	}
	sh.hanging(false)
	sh.slot.give(false)
	close(sh.gone)
	sh.host.mu.Lock()
	defer sh.host.mu.Unlock()
	sh.host.idle = slices.DeleteFunc(sh.host.idle, func(x *shell) bool { return x == sh })
}

// printed takes what came on stdout (0) or stderr (1). What comes between two
// looks belongs to nobody.
func (sh *shell) printed(stream int, b []byte) error {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	a := sh.now
	if a == nil || len(b) == 0 {
		return nil
	}
	_, err := a.marks[stream].Write(b)
	_, out := a.marks[0].Exit()
	_, errs := a.marks[1].Exit()
	if out && errs {
		sh.now = nil
		close(a.ended)
	}
	return err
}

// run asks one look and waits for its end or ctx's. The shell goes back to the
// others when the look has ended, which may be later. Began is false where
// nothing of the script can have run.
func (sh *shell) run(ctx context.Context, s job.Script, limit int) (r job.Result, began bool, err error) {
	mark, start := job.NewMark(), time.Now()
	stream, err := job.Ask(mark, s)
	if err != nil {
		sh.free(false)
		return r, true, err
	}
	a := &ask{out: &capped{limit: limit, full: make(chan struct{})}, ended: make(chan struct{})}
	a.marks = [2]*job.Around{job.NewAround(mark, a.out), job.NewAround(mark, &a.err)}
	sh.mu.Lock()
	sh.now = a
	sh.mu.Unlock()
	written := make(chan struct{})
	if !sh.host.spawn(func() { defer close(written); sh.ch.Write(stream) }) {
		return r, true, sh.host.unreachable(errClosed)
	}
	cut := false
	select {
	case <-a.ended:
		sh.free(true)
	case <-a.out.full:
		cut = true // by us; how it ends after that says nothing
		sh.end(a, written)
	case <-ctx.Done():
		sh.end(a, written)
		return r, true, ctx.Err()
	case <-sh.gone:
		sh.mu.Lock()
		defer sh.mu.Unlock()
		return r, a.marks[0].Began(), sh.unanswered(a)
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	code := 0
	if !cut {
		code, _ = a.marks[0].Exit()
	}
	return job.Result{Out: bytes.Clone(a.out.b), Err: bytes.Clone(a.err.b), Exit: code, Cut: a.out.cut, Took: time.Since(start)}, true, nil
}

// unanswered says why a session ended before a look did. sh.mu is held.
func (sh *shell) unanswered(a *ask) error {
	switch {
	case sh.err != nil:
		return sh.err
	case !a.marks[0].Began():
		return sh.host.noShell(sh.out, a.marks[0].Noise())
	}
	return sh.host.unreachable(fmt.Errorf("its shell ended while it looked, with exit code %d", sh.out.exit))
}

// end tells a look to end and lets nobody wait for that. A shell whose look does
// not end counts as hanging until it does: it keeps its place, so that what a
// host cannot get rid of does not grow.
func (sh *shell) end(a *ask, written <-chan struct{}) {
	sh.host.spawn(func() {
		late := time.NewTimer(lateAsk)
		defer late.Stop()
		select {
		case <-written: // the end may not stand in the middle of an ask
		case <-sh.gone:
			return
		}
		sh.ch.Write([]byte(job.EndAsk))
		select {
		case <-late.C:
			sh.hanging(true)
			select {
			case <-a.ended:
			case <-sh.gone:
				return
			}
			sh.hanging(false)
		case <-a.ended:
		case <-sh.gone:
			return
		}
		sh.free(true)
	})
}

// hanging counts shells that do not come back.
func (sh *shell) hanging(does bool) {
	h := sh.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if sh.hangs == does {
		return
	}
	sh.hangs = does
	if does {
		h.hanging++
	} else {
		h.hanging--
	}
}

// inTheWay reports whether a shell has a session that is for control. h.mu is held.
func (sh *shell) inTheWay() bool {
	l := sh.slot.line
	return sh.slot.guest != nil && l.chain == sh.slot.chain && l.chain.shells+l.chain.follows > l.max-1
}

// close ends the shell's session; what follows it gives its slot back. Closing
// writes to the connection, which may take its time, and h.mu is held.
func (sh *shell) close() { sh.host.wg.Go(func() { sh.ch.Close() }) }

// free gives the shell to whoever looks next, unless it has ended or is in the
// way of control. Looked says that it came to a look.
func (sh *shell) free(looked bool) {
	h := sh.host
	h.mu.Lock()
	defer h.mu.Unlock()
	h.looked = h.looked || looked
	select {
	case <-sh.gone:
		return
	default:
	}
	if sh.inTheWay() {
		sh.close()
		return
	}
	h.idle = append(h.idle, sh)
}
