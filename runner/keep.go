package runner

// The rule of this file: an undo waits a few seconds for what can still be read
// of its host, and no longer. Nothing here can stop it, and nothing is changed.

import (
	"context"
	"errors"
	"sync"
	"time"

	"belay/runner/tail"
	"belay/steps"
)

const (
	// keepPatience ends the look at a host's values before an undo.
	keepPatience = 5 * time.Second
	// keepStream is how long a log is read that this console does not follow,
	// and keepQuiet how long it may be silent in that time.
	keepStream = 2 * time.Second
	keepQuiet  = 300 * time.Millisecond
	// KeptLines is how many of the newest lines of a log are kept.
	KeptLines = 1000
)

// Evidence is what is known of a host when something there is about to be
// undone.
type Evidence struct {
	Host    string
	Attempt string // of the undo
	At      time.Time
	Values  []Gauge
	Logs    []LogView // the newest KeptLines of each ring are meant
}

// Keeper puts evidence into the run directory, on disk when it returns, and
// gives the event that names the file.
type Keeper func(Evidence) (steps.EvidenceKept, error)

// keep reads what is watched of the attempt's host and puts it into the run.
// False says that the attempt is over: it was cancelled, or nobody goes on.
func (a *attempt) keep(ctx context.Context) bool {
	e := a.r.evidence(ctx, a.task.Host)
	e.Attempt = a.id
	kept, err := a.r.cfg.Keep(e)
	if err != nil {
		kept = steps.EvidenceKept{Why: a.r.cfg.mask(err.Error())}
	}
	kept.Host, kept.Attempt = a.task.Host, a.id
	if err := a.r.ask(ctx, func() { a.r.commit(kept) }); err != nil || ctx.Err() != nil {
		return false
	}
	select {
	case <-a.cancel:
		a.end(steps.NotStarted{Attempt: a.id, Why: "it was cancelled before anything was sent"})
		return false
	default:
		return true
	}
}

// evidence reads every watched value once, and takes the newest lines of every
// watched log: from the ring where this console follows it, else from the host.
func (r *Runner) evidence(ctx context.Context, host string) Evidence {
	ctx, cancel := context.WithTimeout(ctx, keepPatience)
	defer cancel()
	e := Evidence{Host: host, At: r.cfg.Now()}
	var gauges []steps.Evidence
	var logs []steps.Log
	for _, w := range r.face().Book.WatchesOf(host) {
		gauges, logs = append(gauges, w.Gauges...), append(logs, w.Logs...)
	}
	followed := r.followed(host)
	e.Logs = make([]LogView, len(logs))
	var wg sync.WaitGroup
	wg.Go(func() { e.Values = r.lookGauges(ctx, host, gauges) })
	for i, l := range logs {
		if v, ok := followed[l.Name]; ok {
			e.Logs[i] = v
			continue
		}
		wg.Go(func() { e.Logs[i] = r.readLog(ctx, host, l) })
	}
	wg.Wait()
	return e
}

// followed are the logs of a host that this console follows, by name.
func (r *Runner) followed(host string) map[string]LogView {
	out := map[string]LogView{}
	w := r.hosts[host]
	if w == nil {
		return out
	}
	for _, l := range w.view(steps.Host{}).Logs {
		if first, next := l.Ring.Span(); first < next {
			out[l.Name] = l
		}
	}
	return out
}

// readLog reads what a log prints until it is quiet for a moment.
func (r *Runner) readLog(ctx context.Context, host string, l steps.Log) LogView {
	ctx, cancel := context.WithTimeout(ctx, keepStream)
	defer cancel()
	v := LogView{Name: l.Name, Script: reads(l), Ring: tail.NewRing(tail.DefaultRing), Since: r.cfg.Now()}
	h, ok := r.cfg.Hosts[host]
	if !ok {
		v.Why = "there is no such host"
		return v
	}
	quiet := time.AfterFunc(keepStream, cancel)
	defer quiet.Stop()
	mask := r.cfg.Secrets.Redactor(afterward{v.Ring, func() { quiet.Reset(keepQuiet) }})
	from := newSource(l, KeptLines, mask)
	script, err := from.script(r.environOf(host))
	if err == nil {
		err = h.Stream(ctx, script, from)
	}
	mask.Flush()
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		v.Why = r.cfg.mask(err.Error())
	}
	v.At = r.cfg.Now()
	return v
}

// afterward writes, and then does something.
type afterward struct {
	ring *tail.Ring
	then func()
}

func (w afterward) Write(p []byte) (int, error) {
	defer w.then()
	return w.ring.Write(p)
}
