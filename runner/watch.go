package runner

// The rule of this file: what is watched is never allowed to slow what is done.
// Each host is asked by goroutines of its own; one that hangs delays nobody.

import (
	"context"
	"errors"
	"fmt"
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
	allRings  = 64 << 20
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

// clockAge is how old what we know of a host's clock may be.
const clockAge = time.Minute

// identify keeps asking a host who it is, whenever its link has changed and
// often enough to know its clock, and binds it the first time.
func (r *Runner) identify(w *watched) {
	compared := false
	var known, asked time.Time // since when the present link has been identified, and when that was
	for r.ctx.Err() == nil {
		l := w.host.Link()
		again := l.Up && !known.IsZero() && l.Since.Equal(known)
		if !again || r.cfg.Now().Sub(asked) > clockAge {
			ctx, cancel := context.WithTimeout(r.ctx, 20*time.Second)
			sent := r.cfg.Now()
			id, err := w.host.Identify(ctx)
			off := Skew(id.Clock, sent, r.cfg.Now())
			cancel()
			if r.ctx.Err() != nil {
				return
			}
			l = w.host.Link()
			var wrong *job.WrongHost
			if again && err != nil && l.Up && l.Since.Equal(known) && !errors.As(err, &wrong) {
				asked = sent // busy: its link says whether it is there
				continue
			}
			if err == nil && !compared {
				compared = r.compareHeads(r.ctx, w)
			}
			if err == nil {
				asked, known = sent, l.Since
				if known.IsZero() {
					known = sent
				}
			}
			r.post(func() { r.identified(w, id, err, l, off) })
		}
		pause(r.ctx, w.host, clockEvery)
	}
}

// identified runs on the loop.
func (r *Runner) identified(w *watched, id job.Identity, err error, l job.Link, off time.Duration) {
	seen := steps.HostSeen{Up: err == nil, Since: l.Since}
	var wrong *job.WrongHost
	switch {
	case errors.As(err, &wrong):
		seen.Wrong, seen.Hint = cause(w.id, wrong), wrong.Hint
	case err != nil:
		seen.Why = cause(w.id, err)
		var away *job.Unreachable
		if errors.As(err, &away) {
			seen.Hint = away.Hint
		}
		if old := r.seen.Hosts[w.id]; !old.Up && !old.Since.IsZero() {
			seen.Since = old.Since // it is away since then, however often it was tried
		} else if seen.Since.IsZero() || l.Up {
			seen.Since = r.cfg.Now()
		}
	default:
		seen.Skew = off
		seen.Wrong = r.bind(w, id, seen.Skew)
	}
	if old := r.seen.Hosts[w.id]; err == nil && (!old.Up || !old.Since.Equal(seen.Since)) {
		w.stir()
	}
	w.mu.Lock()
	w.wrong, w.skew = seen.Wrong, seen.Skew
	if err == nil {
		w.ident = id
	}
	w.mu.Unlock()
	r.seen.Hosts[w.id] = seen
	r.publish()
}

// cause is an error without the words that whoever shows it puts in front of it
// for this host; of a jump host on the way they stay.
func cause(host string, err error) string {
	text, ours := strings.CutPrefix(err.Error(), host+": ")
	if !ours {
		return text
	}
	return strings.TrimPrefix(strings.TrimPrefix(text, "unreachable: "), "not the host we know: ")
}

// bind ties a host to what it is, or says how it differs from what we know.
func (r *Runner) bind(w *watched, id job.Identity, skew time.Duration) (wrong string) {
	now := steps.Bound{Host: w.id, HostKey: id.HostKey, MachineID: id.MachineID, Hostname: id.Hostname}
	if skew.Abs() > steps.SkewWarns {
		now.Skew = steps.Duration(skew)
	}
	was, ok := r.state.Hosts[w.id]
	if !ok {
		r.commit(now)
		return ""
	}
	for _, x := range []struct{ what, was, is string }{
		{"host key", was.HostKey, id.HostKey}, {"machine-id", was.MachineID, id.MachineID}, {"host name", was.Hostname, id.Hostname},
	} {
		if x.was != x.is {
			return fmt.Sprintf("its %s is %s and was %s", x.what, orNone(x.is), orNone(x.was))
		}
	}
	return ""
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// Skew is how far a clock is off for certain: it was read to the second, between
// two moments of ours, and the answer that is nearest to ours counts. A host
// that takes long to answer is not taken for one that lives in another time.
func Skew(theirs, sent, got time.Time) time.Duration {
	if theirs.IsZero() {
		return 0
	}
	least, most := theirs.Sub(got), theirs.Add(time.Second).Sub(sent)
	switch {
	case least > 0:
		return least
	case most < 0:
		return most
	}
	return 0
}

// Rebind takes a host as it is now.
func (r *Runner) Rebind(ctx context.Context, host string, a steps.Action) error {
	w := r.hosts[host]
	if w == nil {
		return fmt.Errorf("there is no host %q", host)
	}
	sent := r.cfg.Now()
	id, err := w.host.Identify(ctx)
	off := Skew(id.Clock, sent, r.cfg.Now())
	if err != nil {
		return err
	}
	a.Verb, a.Host = steps.Rebind, host
	a.Bound = &steps.Bound{Host: host, HostKey: id.HostKey, MachineID: id.MachineID, Hostname: id.Hostname}
	err = r.Submit(ctx, a)
	if err == nil {
		r.post(func() { r.identified(w, id, nil, w.host.Link(), off) })
	}
	return err
}

// followFrom is how many of its newest lines a log begins with.
const followFrom = 100

// followLog keeps a log flowing and says why when it does not.
func (r *Runner) followLog(w *watched, t *logTail, l steps.Log) {
	back := time.Second
	spool := io.Discard
	if r.cfg.Spool != nil {
		spool = r.cfg.Spool(w.id, l.Name)
	}
	mask := r.cfg.Secrets.Redactor(io.MultiWriter(t.ring, spool, arrival{r, w, t}))
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
