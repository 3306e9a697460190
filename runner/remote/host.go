// A Host answers for one server. Every method may be called at any time and by
// many; what is asked while the link is down comes back as *job.Unreachable
// with the reason, at once or after one attempt to connect.

package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"belay/runner/job"
	"golang.org/x/crypto/ssh"
)

// Connections per host beside the one for control. What is followed and looked at
// is a guest on that one while there is room, since a handshake costs more than
// all that a short attempt needs; tails never are, so that no flood of lines
// stands in the way of a cancel.
const (
	followConnections = 2
	streamConnections = 4
)

// Host is one server that is reached over SSH.
type Host struct {
	s      Settings
	limits Limits
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	control, follow, stream, looks *pool
	changed                        chan struct{}

	mu     sync.Mutex // guards all below, every line, and chain.inUse
	closed bool
	link   job.Link
	freed  chan struct{} // closed and replaced whenever a slot may be free
	shared *line         // carries all, where each login needs a person; else nil

	idle    []*shell // that take the next look
	hanging int      // shells whose look does not end
	looked  bool     // a shell has come to a look of ours
}

// New gives a host; it connects when it is first asked something.
func New(s Settings) *Host {
	h := &Host{s: s, limits: s.Limits.withDefaults(), changed: make(chan struct{}, 1), freed: make(chan struct{})}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.link.Since = time.Now()
	h.control = newPool(h, 1, true)
	h.follow = newPool(h, followConnections, false)
	h.stream = newPool(h, streamConnections, false)
	h.looks = newPool(h, 1, false)
	h.follow.guest, h.looks.guest = true, true
	return h
}

// unreachable wraps a cause once. An error that is already ours keeps its hint.
func (h *Host) unreachable(err error) error {
	var u *job.Unreachable
	var w *job.WrongHost
	if errors.As(err, &u) || errors.As(err, &w) {
		return err
	}
	return &job.Unreachable{Host: h.s.ID, Err: err}
}

// Launch starts an attempt, at most once for its ID.
func (h *Host) Launch(ctx context.Context, r job.Request) (job.Status, error) {
	return h.ask(ctx, job.Call{Verb: job.Launch, ID: r.ID, Request: r})
}

// Look asks what became of an attempt.
func (h *Host) Look(ctx context.Context, id string) (job.Status, error) {
	return h.ask(ctx, job.Call{Verb: job.Look, ID: id})
}

// Fence takes an id that no launch has taken, so that none ever will; otherwise
// it only looks.
func (h *Host) Fence(ctx context.Context, id string) (job.Status, error) {
	return h.ask(ctx, job.Call{Verb: job.Fence, ID: id})
}

// Cancel ends an attempt: TERM to all of it, KILL after the grace. One that was
// not launched yet never will be.
func (h *Host) Cancel(ctx context.Context, id string, grace time.Duration) (job.Status, error) {
	return h.ask(ctx, job.Call{Verb: job.Cancel, ID: id, Grace: grace})
}

// Forget drops what an attempt left on the host, but for the proof that it ran.
func (h *Host) Forget(ctx context.Context, id string) error {
	_, err := h.ask(ctx, job.Call{Verb: job.Forget, ID: id})
	return err
}

// ask makes a call that is answered by one status line.
func (h *Host) ask(ctx context.Context, c job.Call) (s job.Status, err error) {
	stream, err := job.Build(c)
	if err != nil {
		return job.Status{}, err
	}
	var answer bytes.Buffer
	out, err := h.control.do(ctx, exchange{stream: stream, read: whole(&answer)})
	if err != nil {
		return job.Status{}, err
	}
	// A status line is the answer, whatever a login shell ends with behind it.
	s, err = job.NewFrameReader(bytes.NewReader(answer.Bytes())).Status()
	if err == nil {
		return s, sameID(s, c.ID)
	}
	if err := job.Answer(c.Verb, out.exit, out.stderr); err != nil {
		return job.Status{}, err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return job.Status{}, h.noShell(out, answer.String())
	}
	return job.Status{}, fmt.Errorf("%s: job %s: %w", h.s.ID, c.Verb, err)
}

func sameID(s job.Status, id string) error {
	if s.ID != id {
		return fmt.Errorf("job: asked about %s, answered about %s", id, s.ID)
	}
	return nil
}

// Attach follows an attempt from a byte offset of its output until it is
// settled and read. When the link goes it returns *job.Unreachable and the
// caller goes on from where its sink has come to.
func (h *Host) Attach(ctx context.Context, id string, offset int64, sink func(job.Chunk) error) (last job.Status, err error) {
	stream, err := job.Build(job.Call{Verb: job.Attach, ID: id, Offset: offset})
	if err != nil {
		return last, err
	}
	var seen job.Status
	out, err := h.follow.do(ctx, exchange{stream: stream, read: func(r io.Reader) error {
		return frames(r, id, &offset, &seen, sink)
	}})
	if err == nil && !seen.State.Settled() {
		err = job.Answer(job.Attach, out.exit, out.stderr)
	}
	if err == nil && seen.ID == "" {
		err = fmt.Errorf("%s: job attach: no answer", h.s.ID)
	}
	if err != nil {
		return job.Status{}, err
	}
	return seen, nil
}

// frames hands the frames of an attempt on, checking that they fit together.
func frames(r io.Reader, id string, offset *int64, seen *job.Status, sink func(job.Chunk) error) error {
	for fr := job.NewFrameReader(r); ; {
		f, err := fr.Next()
		if err == io.EOF || err != nil && seen.State.Settled() && *offset >= seen.Size {
			return nil // the end, or what a login shell prints after it
		}
		if err != nil {
			return err
		}
		if err := sameID(f.Status, id); err != nil {
			return err
		}
		if f.Status.Size < *offset {
			return job.ErrShrunk
		}
		*seen = f.Status
		if len(f.Bytes) == 0 {
			continue
		}
		chunk := job.Chunk{Offset: *offset, Bytes: f.Bytes}
		*offset += int64(len(f.Bytes))
		if err := sink(chunk); err != nil {
			return err
		}
	}
}

// Values gives what the attempt's script wrote to $BELAY_OUT.
func (h *Host) Values(ctx context.Context, id string) ([]byte, error) {
	stream, err := job.Build(job.Call{Verb: job.Values, ID: id})
	if err != nil {
		return nil, err
	}
	var answer bytes.Buffer
	out, err := h.control.do(ctx, exchange{stream: stream, read: whole(&answer)})
	if err != nil {
		return nil, err
	}
	f, err := job.NewFrameReader(&answer).Next()
	if err != nil {
		if err := job.Answer(job.Values, out.exit, out.stderr); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s: job values: %w", h.s.ID, err)
	}
	return f.Bytes, sameID(f.Status, id)
}

// maxAnswer is room for the largest values and for a talkative login.
const maxAnswer = 256 << 10

// whole keeps an answer that must be had whole; one without end is no answer.
func whole(b *bytes.Buffer) func(io.Reader) error {
	return func(r io.Reader) error {
		n, err := io.Copy(b, io.LimitReader(r, maxAnswer+1))
		if err == nil && n > maxAnswer {
			err = errors.New("the host talks, but not our protocol")
		}
		return err
	}
}

// Dial opens a TCP connection from the host to addr (RFC 4254, section 7.2).
// It knows no deadlines: bound it by ctx and Close.
func (h *Host) Dial(ctx context.Context, addr string) (net.Conn, error) {
	c, err := h.main().connect(ctx)
	if err != nil {
		return nil, err
	}
	type dialled struct {
		conn net.Conn
		err  error
	}
	done := make(chan dialled)
	if !h.spawn(func() {
		conn, err := c.end().Dial("tcp", addr)
		select {
		case done <- dialled{conn, err}:
		case <-ctx.Done():
			if err == nil {
				conn.Close()
			}
		}
	}) {
		return nil, h.unreachable(errClosed)
	}
	select {
	case d := <-done:
		var refused *ssh.OpenChannelError
		if d.err != nil && !errors.As(d.err, &refused) {
			return nil, h.lost(c, d.err)
		}
		return d.conn, d.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// identify prints one fact per line, in the order in which Identify reads them.
// What the shell can read needs no process: of many hosts at once that counts.
const identify = `machine=
for f in /etc/machine-id /var/lib/dbus/machine-id; do
  [ -n "$machine" ] || { read -r machine <"$f"; } 2>/dev/null || :
done
read -r name </proc/sys/kernel/hostname
read -r boot </proc/sys/kernel/random/boot_id
printf '%s\n' "$machine" "$name" "$boot"
id -un
date +%s
`

// Identify asks the host who it is.
func (h *Host) Identify(ctx context.Context) (job.Identity, error) {
	c, err := h.main().connect(ctx)
	if err != nil {
		return job.Identity{}, err
	}
	r, err := h.firstRun(ctx, job.Script{Text: identify}, 4<<10)
	if err != nil {
		return job.Identity{}, err
	}
	lines := strings.Split(string(r.Out), "\n")
	if r.Exit != 0 || len(lines) != 6 {
		return job.Identity{}, fmt.Errorf("%s: identify: exit %d, %q, %s", h.s.ID, r.Exit, r.Out, r.Err)
	}
	clock, err := strconv.ParseInt(lines[4], 10, 64)
	if err != nil {
		return job.Identity{}, fmt.Errorf("%s: identify: clock %q", h.s.ID, lines[4])
	}
	id := job.Identity{MachineID: lines[0], Hostname: lines[1], BootID: lines[2], User: lines[3], Clock: time.Unix(clock, 0)}
	if c.hostKey != nil {
		id.HostKey = ssh.FingerprintSHA256(c.hostKey)
	}
	return id, nil
}

// spawn starts a goroutine that Close waits for; not once Close has begun.
func (h *Host) spawn(f func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.wg.Go(f)
	}
	return !h.closed
}

// Link tells how the host can be reached at this moment.
func (h *Host) Link() job.Link {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.link
}

// setLink records a change and tells of it. h.mu is held.
func (h *Host) setLink(l job.Link) {
	h.link = l
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// Changed receives a value when Link has changed since it was last received.
func (h *Host) Changed() <-chan struct{} { return h.changed }

// Close ends every connection and waits until nothing of the host is left here.
// Attempts on the host go on.
func (h *Host) Close() error {
	h.mu.Lock()
	h.closed = true
	h.cancel()
	var chains []*chain
	for _, p := range []*pool{h.control, h.follow, h.stream, h.looks} {
		for _, l := range p.lines {
			if l.chain != nil {
				chains = append(chains, l.chain)
			}
		}
	}
	h.free()
	h.mu.Unlock()
	for _, c := range chains {
		c.shut(errClosed)
	}
	h.wg.Wait()
	return nil
}
