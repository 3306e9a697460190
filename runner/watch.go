package runner

// The rule of this file: what is watched is never allowed to slow what is done.
// Each host is asked by goroutines of its own; one that hangs delays nobody.

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"belay/runner/job"
	"belay/runner/tail"
	"belay/steps"
)

// watched is what is known of one host now.
type watched struct {
	id   string
	host Host

	mu     sync.Mutex
	ident  job.Identity
	wrong  string
	skew   time.Duration
	gauges []Gauge
	logs   []*logTail
	output LogView // of the attempt here that printed last

	stirred chan struct{} // closed when a step has ended there
}

type logTail struct {
	name, script string
	ring         *tail.Ring
	why          string
	since        time.Time // of why
	at           time.Time
}

func newWatched(id string, h Host) *watched {
	return &watched{id: id, host: h, stirred: make(chan struct{})}
}

// stir says that a step has ended there, or that the host is back: a log that did
// not flow may flow now.
func (w *watched) stir() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.stirred)
	w.stirred = make(chan struct{})
}

// rest waits for a while, or until something has changed there; true for the while.
func (w *watched) rest(ctx context.Context, d time.Duration) bool {
	w.mu.Lock()
	stirred := w.stirred
	w.mu.Unlock()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-stirred:
	}
	return false
}

func (w *watched) view(h steps.Host) HostView {
	link := w.host.Link() // before the lock: what a host prints comes while it is asked
	w.mu.Lock()
	defer w.mu.Unlock()
	v := HostView{ID: w.id, Host: h, Link: link, Identity: w.ident, Wrong: w.wrong, Skew: w.skew,
		Gauges: append([]Gauge(nil), w.gauges...)}
	for _, l := range w.logs {
		v.Logs = append(v.Logs, LogView{Name: l.name, Ring: l.ring, Script: l.script, Why: l.why, Since: l.since, At: l.at})
	}
	if len(v.Logs) == 0 && w.output.Ring != nil {
		v.Logs = append(v.Logs, w.output)
	}
	return v
}

// printing notes whose output a host shows that has no log to follow.
func (w *watched) printing(t steps.Task, ring *tail.Ring, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.output = LogView{Name: "output of " + t.String(), Ring: ring, At: at}
}

// observe starts to look at every host.
func (r *Runner) observe() {
	for _, w := range r.hosts {
		r.spawn(func() { r.identify(w) })
		if r.cfg.Watch {
			r.watch(w)
		}
	}
}

// watch follows the logs and reads the gauges that the file names for a host.
func (r *Runner) watch(w *watched) {
	var gauges []steps.Evidence
	for _, x := range r.book.WatchesOf(w.id) {
		gauges = append(gauges, x.Gauges...)
		for _, l := range x.Logs {
			t := &logTail{name: l.Name, script: reads(l), ring: tail.NewRing(ringSize(r.book)), since: r.cfg.Now()}
			w.mu.Lock()
			w.logs = append(w.logs, t)
			w.mu.Unlock()
			r.spawn(func() { r.followLog(w, t, l) })
		}
	}
	if len(gauges) > 0 {
		r.spawn(func() { r.readGauges(w, gauges) })
	}
}

// Logs of many hosts share what all of them may hold, in bytes.
const (
	allRings  = 32 << 20
	leastRing = 256 << 10
)

// ringSize is how many bytes of each watched log are kept.
func ringSize(rb *steps.Runbook) int {
	logs := 0
	for _, h := range rb.AllHosts() {
		for _, w := range rb.WatchesOf(h) {
			logs += len(w.Logs)
		}
	}
	return max(leastRing, min(tail.DefaultRing, allRings/max(1, logs)))
}

// followFrom is how many of its newest lines a log begins with.
const followFrom = 100

// followLog keeps a log flowing and says why when it does not.
func (r *Runner) followLog(w *watched, t *logTail, l steps.Log) {
	back := time.Second
	to := []io.Writer{t.ring, arrival{r, w, t}}
	if r.cfg.Spool != nil {
		to = append(to, &spooling{to: r.cfg.Spool(w.id, l.Name), log: t.ring})
	}
	mask := r.cfg.Secrets.Redactor(io.MultiWriter(to...))
	from := newSource(l, followFrom, mask) // counts what comes before anything in it is masked
	for r.ctx.Err() == nil {
		begun := r.cfg.Now()
		script, err := from.script(r.environOf(w.id))
		if err == nil {
			err = w.host.Stream(r.ctx, script, from)
		}
		mask.Flush()
		w.mu.Lock()
		t.since = r.cfg.Now()
		t.why = "it ended with exit code 0"
		if err != nil {
			t.why = r.cfg.mask(strings.TrimPrefix(cause(w.id, err), "stream: ")) // it may end in what the command said
		}
		w.mu.Unlock()
		r.wake()
		if r.cfg.Now().Sub(begun) > time.Minute {
			back = time.Second
		}
		if !w.rest(r.ctx, back) {
			back = time.Second
		} else {
			back = min(2*back, 15*time.Second)
		}
	}
}

// spooling keeps what has come of a log until that fails, and says so in the log.
type spooling struct {
	to     io.Writer
	log    io.Writer // has what comes already
	failed bool
}

func (k *spooling) Write(p []byte) (int, error) {
	if k.failed {
		return len(p), nil
	}
	if _, err := k.to.Write(p); err != nil {
		k.failed = true
		open := len(p) > 0 && p[len(p)-1] != '\n'
		if _, err := k.log.Write(ours(open, "what this log says from here on is kept in memory only, and not on disk: %v", err)); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// arrival notes when a log last said something.
type arrival struct {
	r *Runner
	w *watched
	t *logTail
}

func (a arrival) Write(p []byte) (int, error) {
	a.w.mu.Lock()
	a.t.at, a.t.why = a.r.cfg.Now(), ""
	a.w.mu.Unlock()
	a.r.wake()
	return len(p), nil
}

// environOf gives the variables of a host for what watches it.
func (r *Runner) environOf(host string) []string {
	r.mu.Lock()
	c := steps.Case{Book: r.book, Old: r.old, State: r.view}
	r.mu.Unlock()
	env, err := c.HostEnviron(host)
	if err != nil {
		return nil
	}
	return env
}

// readGauges reads the watched values of a host, again and again. Every says how
// old a value may be expected to be: a host that answers slowly is asked less.
func (r *Runner) readGauges(w *watched, list []steps.Evidence) {
	for r.ctx.Err() == nil {
		begun := r.cfg.Now()
		seen := r.lookGauges(r.ctx, w.id, list)
		every := max(gaugeEvery(r.speed), r.cfg.Now().Sub(begun))
		for i := range seen {
			seen[i].Every = every
		}
		w.mu.Lock()
		w.gauges = seen
		w.mu.Unlock()
		r.wake()
		wait(r.ctx, every)
	}
}

// gaugeEvery is how often gauges are read; a rehearsal lives faster.
func gaugeEvery(speed float64) time.Duration {
	if speed > 1 {
		return 2 * time.Second
	}
	return 5 * time.Second
}

// firstLine of a text, for a reason that has to fit on a line.
func firstLine(b []byte) string {
	s, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return s
}

func lastLine(b []byte) string {
	s := strings.TrimSpace(string(b))
	return s[strings.LastIndexByte(s, '\n')+1:]
}
