package runner

// A host of the imagination: it keeps jobs in memory, can hang, go away and
// lose answers. It is for the conductor's own logic; the proof of SSH is a real
// sshd, in suite_test.go.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"belay/runner/job"
	"belay/steps"
)

type fakeJob struct {
	st     job.Status
	out    string
	values string
	done   chan struct{}
}

type fakeHost struct {
	mu      sync.Mutex
	jobs    map[string]*fakeJob
	forgot  []string
	dropped func(id string) error // what a call of Forget meets with; nil: nothing
	ran     map[string]int        // how often a script was started, by its text
	script  func(r job.Request) (out, values string, exit int)
	look    func(s job.Script) job.Result
	stream  func(ctx context.Context, s job.Script, w io.Writer) error // nil: it flows for ever and says nothing
	block   map[string]chan struct{}                                   // by attempt id: the job ends when it is closed
	away    bool
	gone    chan struct{}    // closed while it is away
	looks   int              // how often it was asked about an attempt, away or not
	cut     bool             // its output has been cut
	refuses error            // a launch meets with it, and starts nothing
	tried   int              // launches
	outside bool             // ends are seen from outside only
	lose    bool             // launches take effect and their answer is lost
	clock   func() time.Time // nil: it does not tell
	changed chan struct{}
	id      job.Identity
}

func newFakeHost(name string) *fakeHost {
	return &fakeHost{jobs: map[string]*fakeJob{}, ran: map[string]int{}, block: map[string]chan struct{}{},
		changed: make(chan struct{}, 1), gone: make(chan struct{}), id: job.Identity{HostKey: "SHA256:" + name, MachineID: "m-" + name, Hostname: name},
		script: func(job.Request) (string, string, int) { return "ok\n", "", 0 },
		look:   func(job.Script) job.Result { return job.Result{} }}
}

var errAway = &job.Unreachable{Host: "fake", Err: errors.New("away")}

func (h *fakeHost) setAway(away bool) {
	h.mu.Lock()
	switch {
	case away && !h.away:
		close(h.gone)
	case !away && h.away:
		h.gone = make(chan struct{})
	}
	h.away = away
	h.mu.Unlock()
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

func (h *fakeHost) Launch(ctx context.Context, r job.Request) (job.Status, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		return job.Status{}, errAway
	}
	h.tried++
	if j, ok := h.jobs[r.ID]; ok {
		return j.st, nil
	}
	if h.refuses != nil {
		return job.Status{}, h.refuses
	}
	h.ran[r.Script.Text]++
	j := &fakeJob{st: job.Status{ID: r.ID, State: job.Running, Started: true}, done: make(chan struct{})}
	h.jobs[r.ID] = j
	out, values, exit := h.script(r)
	end := h.block[r.ID]
	go func() {
		if end != nil {
			<-end
		}
		h.mu.Lock()
		if j.st.State == job.Running {
			j.st.State, j.st.Exit, j.st.Size, j.out, j.values = job.Exited, exit, int64(len(out)), out, values
			j.st.Outside = h.outside
			close(j.done)
		}
		h.mu.Unlock()
	}()
	if h.lose {
		return job.Status{}, errAway
	}
	return j.st, nil
}

func (h *fakeHost) Attach(ctx context.Context, id string, offset int64, sink func(job.Chunk) error) (job.Status, error) {
	h.mu.Lock()
	j := h.jobs[id]
	away, cut, gone := h.away, h.cut, h.gone
	h.mu.Unlock()
	if away || j == nil {
		return job.Status{}, errAway
	}
	if cut {
		return job.Status{}, job.ErrShrunk
	}
	select {
	case <-j.done:
	case <-gone:
		return job.Status{}, errAway
	case <-ctx.Done():
		return job.Status{}, ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(j.out) > int(offset) {
		if err := sink(job.Chunk{Offset: offset, Bytes: []byte(j.out[offset:])}); err != nil {
			return job.Status{}, err
		}
	}
	return j.st, nil
}

func (h *fakeHost) Look(ctx context.Context, id string) (job.Status, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.looks++
	if h.away {
		return job.Status{}, errAway
	}
	if j, ok := h.jobs[id]; ok {
		return j.st, nil
	}
	return job.Status{ID: id, State: job.None}, nil
}

func (h *fakeHost) Fence(ctx context.Context, id string) (job.Status, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		return job.Status{}, errAway
	}
	if j, ok := h.jobs[id]; ok {
		return j.st, nil
	}
	h.jobs[id] = &fakeJob{st: job.Status{ID: id, State: job.Fenced}}
	return h.jobs[id].st, nil
}

func (h *fakeHost) Cancel(ctx context.Context, id string, grace time.Duration) (job.Status, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	j := h.jobs[id]
	if h.away || j == nil {
		return job.Status{}, errAway
	}
	if j.st.State == job.Running {
		j.st.State, j.st.Exit, j.st.Signal = job.Exited, 143, "TERM"
		close(j.done)
	}
	return j.st, nil
}

func (h *fakeHost) Values(ctx context.Context, id string) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return []byte(h.jobs[id].values), nil
}

func (h *fakeHost) Forget(_ context.Context, id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dropped != nil {
		if err := h.dropped(id); err != nil {
			return err
		}
	}
	h.forgot = append(h.forgot, id)
	return nil
}

func (h *fakeHost) Run(ctx context.Context, s job.Script, limit int) (job.Result, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		return job.Result{}, errAway
	}
	return h.look(s), nil
}

func (h *fakeHost) Stream(ctx context.Context, s job.Script, w io.Writer) error {
	if h.stream != nil {
		return h.stream(ctx, s, w)
	}
	<-ctx.Done()
	return ctx.Err()
}
func (h *fakeHost) Dial(ctx context.Context, addr string) (net.Conn, error) {
	return nil, errors.New("no ports")
}
func (h *fakeHost) Identify(ctx context.Context) (job.Identity, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		return job.Identity{}, errAway
	}
	id := h.id
	if h.clock != nil {
		id.Clock = h.clock().Truncate(time.Second)
	}
	return id, nil
}
func (h *fakeHost) Link() job.Link {
	h.mu.Lock()
	defer h.mu.Unlock()
	return job.Link{Up: !h.away}
}
func (h *fakeHost) Changed() <-chan struct{} { return h.changed }
func (h *fakeHost) Close() error             { return nil }

// memory is a journal that keeps what a file would, so that a run can be
// folded again after a console was "killed".
type memory struct {
	mu    sync.Mutex
	lines []line
	fail  error
	shift time.Duration // how far its clock is ahead
}

type line struct {
	kind string
	data []byte
	at   time.Time
}

func (m *memory) Append(kind string, data any) (int64, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return 0, time.Time{}, m.fail
	}
	b, err := json.Marshal(data)
	if err != nil {
		return 0, time.Time{}, err
	}
	m.lines = append(m.lines, line{kind, b, time.Now().UTC().Add(m.shift)})
	return int64(len(m.lines)), m.lines[len(m.lines)-1].at, nil
}
func (m *memory) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.shift)
}

// skip puts the clock forward, as if a console had been away for so long.
func (m *memory) skip(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shift += d
}

func (m *memory) Head() string { return fmt.Sprintf("h%d", len(m.lines)) }

func (m *memory) fold() *steps.State {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := steps.NewState()
	for i, l := range m.lines {
		e, err := steps.Decode(l.kind, l.data)
		if err != nil {
			panic(err)
		}
		if err := s.Apply(int64(i+1), l.at, e); err != nil {
			panic(err)
		}
	}
	return s
}

func (m *memory) kinds() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, l := range m.lines {
		out = append(out, l.kind)
	}
	return strings.Join(out, " ")
}
