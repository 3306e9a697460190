package runner

// The rule of this file: an attempt is followed until the host can prove how it
// ended. An error is never an outcome; it only makes us ask again.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"belay/runner/job"
	"belay/steps"
)

// CancelGrace is how long a script has between TERM and KILL.
const CancelGrace = 10 * time.Second

// askAgain is how long to wait before a host that did not answer is asked again.
const askAgain = time.Second

// attempt is one try of a task that this console follows.
type attempt struct {
	r        *Runner
	task     steps.Task
	id       string
	undo     bool
	host     Host
	work     steps.Work
	launched bool               // by this console, rather than found in the journal
	keeps    bool               // the evidence of its host is kept first
	stop     context.CancelFunc // a person stopped waiting: nobody asks any more
	cancel   chan struct{}      // closed when a cancel was journalled
	ended    chan job.Status    // the answer of that cancel
	since    time.Time          // its start, as an earlier console journalled it
	log      *output
	shrunk   bool // its output was cut on the host while we read it
}

// begin follows an attempt: launched now, or found in the journal of an
// earlier console.
func (r *Runner) begin(t steps.Task, a steps.Attempt, launch bool) {
	work, err := r.kase().Work(t, a.Undo, a.ID)
	if err == nil && launch {
		err = r.hasSecrets(work.Secrets)
	}
	if err != nil {
		r.refused[t] = err.Error()
		r.commit(steps.NotStarted{Attempt: a.ID, Why: err.Error()})
		return
	}
	at := &attempt{r: r, task: t, launched: launch, id: a.ID, undo: a.Undo, host: r.cfg.Hosts[t.Host], work: work,
		cancel: make(chan struct{}), ended: make(chan job.Status, 1)}
	if launch {
		r.launched[a.ID] = true
	}
	at.keeps = launch && a.Undo && r.cfg.Keep != nil && r.kase().KeepsEvidence(t.Host)
	ctx, stop := context.WithCancel(r.ctx)
	at.stop = stop
	r.following[a.ID] = at
	if a.Stage == steps.TaskCancelling {
		close(at.cancel)
	}
	started := !a.Started.IsZero()
	at.since = a.Started
	req := job.Request{ID: a.ID, Script: job.Script{Text: work.Text, Shell: work.Shell, Dir: work.Dir, Env: work.Env},
		Secrets: r.secretsFor(work.Secrets), MachineID: r.state.Hosts[t.Host].MachineID, Head: r.cfg.Journal.Head()}
	r.spawn(func() { defer stop(); at.follow(ctx, req, launch, started) })
}

// hasSecrets refuses to hand out an empty file for a secret that this console was
// not given.
func (r *Runner) hasSecrets(names []string) error {
	for _, n := range names {
		if len(r.cfg.Values[n]) == 0 {
			return fmt.Errorf("this console was not given the secret %s; take the run up again, and it is asked for", n)
		}
	}
	return nil
}

func (r *Runner) secretsFor(names []string) map[string][]byte {
	out := map[string][]byte{}
	for _, n := range names {
		out[n] = r.cfg.Values[n]
	}
	return out
}

// post runs f on the loop, unless nobody follows this attempt any more.
func (a *attempt) post(f func()) {
	a.r.post(func() {
		if a.r.following[a.id] == a {
			f()
		}
	})
}

// fact puts an event on disk.
func (a *attempt) fact(e steps.Event) { a.post(func() { a.r.commit(e) }) }

// end is the last fact of the attempt.
func (a *attempt) end(e steps.Event) {
	a.post(func() {
		a.r.leave(a)
		if e, ok := e.(steps.NotStarted); ok && a.launched {
			a.r.refused[a.task] = e.Why
		}
		a.r.commit(e)
	})
}

// leave forgets an attempt; its state in the journal is all that counts.
func (r *Runner) leave(a *attempt) {
	a.stop()
	delete(r.following, a.id)
	r.answered(a.task)
}

func (a *attempt) follow(ctx context.Context, req job.Request, launch, started bool) {
	log, err := a.r.openOutput(a.task, a.id)
	if err != nil {
		if launch {
			a.end(steps.NotStarted{Attempt: a.id, Why: "its log cannot be written: " + err.Error()})
			return
		}
		a.freeze(err)
		log = discard()
	}
	a.log = log
	defer log.close()
	if a.keeps && !a.keep(ctx) {
		return
	}
	st, ok := a.start(ctx, req, launch, started)
	if !ok {
		return
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	a.r.spawn(func() { a.watchCancel(ctx) })
	if !started {
		a.fact(steps.Started{Attempt: a.id})
	}
	if !st.State.Settled() {
		a.r.spawn(func() { a.watchTime(ctx) })
	}
	if !st.State.Settled() || st.Size > 0 {
		if st, ok = a.attach(ctx); !ok {
			return
		}
	}
	a.settle(ctx, st)
}

// start gets to the point where the host has proof of a start, or ends the
// attempt where it has proof that there was none.
func (a *attempt) start(ctx context.Context, req job.Request, launch, started bool) (job.Status, bool) {
	var st job.Status
	var err error
	if launch {
		st, err = a.host.Launch(ctx, req)
		var wrong *job.WrongHost
		if job.Proven(err) || errors.As(err, &wrong) {
			a.end(steps.NotStarted{Attempt: a.id, Why: err.Error()})
			return st, false
		}
	} else {
		st, err = a.ask(ctx, started)
	}
	for err != nil {
		a.r.notAnswering(a.task)
		if !pause(ctx, a.host, askAgain) {
			return st, false
		}
		st, err = a.ask(ctx, started)
	}
	a.post(func() { a.r.answered(a.task) })
	switch {
	case st.State == job.Lost && st.Started:
		a.end(steps.Lost{Attempt: a.id, Why: lostWhy(st)})
		return st, false
	case !st.Started && started && st.State == job.None:
		a.end(steps.Lost{Attempt: a.id, Why: "the host has no record of it any more"})
		return st, false
	case !st.Started && st.State.Settled():
		a.end(steps.NotStarted{Attempt: a.id, Why: notStartedWhy(st)})
		return st, false
	}
	return st, true
}

// ask looks; where no start is known yet it also fences the id, so that a
// launch which is still on its way can no longer start anything later.
func (a *attempt) ask(ctx context.Context, started bool) (job.Status, error) {
	if started {
		return a.host.Look(ctx, a.id)
	}
	return a.host.Fence(ctx, a.id)
}

func lostWhy(st job.Status) string {
	if st.Why == "reboot" {
		return "the host was restarted while it ran"
	}
	return "nothing of it is alive and no exit code was kept (" + st.Why + ")"
}

func notStartedWhy(st job.Status) string {
	switch st.State {
	case job.Fenced:
		return "the host never started it, and now never will"
	case job.Lost:
		return "the host took it and was interrupted before its start (" + st.Why + ")"
	}
	return "the host proved that it was not started"
}

// settle turns the host's proof into the outcome.
func (a *attempt) settle(ctx context.Context, st job.Status) {
	select {
	case <-a.cancel:
		select {
		case st = <-a.ended:
		case <-ctx.Done():
			return
		}
		if st.Signal != "" {
			a.keepLog()
			a.end(steps.Cancelled{Attempt: a.id, Signal: st.Signal})
			return
		}
	default:
	}
	switch {
	case st.State == job.Lost:
		a.end(steps.Lost{Attempt: a.id, Why: lostWhy(st)})
		return
	case st.State != job.Exited:
		a.end(steps.NotStarted{Attempt: a.id, Why: notStartedWhy(st)})
		return
	case st.Outside:
		a.end(steps.Lost{Attempt: a.id, Why: "its end was seen from outside only; the script may have been killed"})
		return
	}
	var raw []byte
	if !st.NoValues {
		var ok bool
		if raw, ok = a.values(ctx); !ok {
			return
		}
	}
	a.keepLog()
	a.post(func() { a.r.exited(a, st, raw) })
}

// keepLog puts the copy on disk before its end is journalled.
func (a *attempt) keepLog() {
	if err := a.log.close(); err != nil {
		a.freeze(err)
	}
}

// exited runs on the loop: it judges the end and goes on to the proof.
func (r *Runner) exited(a *attempt, st job.Status, raw []byte) {
	r.leave(a)
	c := r.kase()
	values, err := steps.ParseValues(raw)
	ok, why := c.Judge(a.task, a.undo, st.Exit, values)
	if err != nil && ok {
		ok, why = false, err.Error()
	}
	for name, v := range values {
		if _, hits := r.cfg.Secrets.Text(v); hits > 0 {
			kept := "captured " + name + " contains a secret; it was not kept"
			if !ok {
				kept = why + "; " + kept
			}
			ok, why = false, kept
			delete(values, name)
		}
	}
	e := steps.Exited{Attempt: a.id, Code: st.Exit, OK: ok, Why: why, Bytes: st.Size, SHA256: a.log.digest(),
		Masked: a.log.masked(), Left: st.Left, Shrunk: a.shrunk, Verify: ok && c.Step(a.task).VerifyOf(a.undo) != nil}
	if !a.undo {
		e.Values = values
	}
	events := []steps.Event{e}
	if s := c.Step(a.task); ok && s.Kind == steps.Measure {
		figure, _ := s.Measure.Figure(values[s.Measure.Name]) // Judge has read it
		events = append(events, steps.Measured{Task: a.task, Name: s.Measure.Name, Value: figure,
			Unit: s.Measure.Unit, Source: "script"})
	}
	r.commit(events...)
	if w := r.hosts[a.task.Host]; w != nil {
		w.stir()
	}
}

// watchTime stops the script when its time is up. That goes on while no console
// looks: a script has no more time for having been left.
func (a *attempt) watchTime(ctx context.Context) {
	left := a.work.Timeout
	if !a.since.IsZero() {
		left -= a.r.cfg.Now().Sub(a.since)
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case <-t.C:
		a.post(func() {
			if at := a.r.state.Task(a.task).Attempt(); at != nil && at.ID == a.id && at.Stage == steps.TaskRunning {
				a.r.commit(steps.TimedOut{Attempt: a.id, After: steps.Duration(a.work.Timeout)},
					steps.CancelAsked{Attempt: a.id, Why: "its time was up"})
			}
		})
	case <-ctx.Done():
	}
}

// watchCancel carries a journalled cancel to the host until it is answered.
func (a *attempt) watchCancel(ctx context.Context) {
	select {
	case <-a.cancel:
	case <-ctx.Done():
		return
	}
	for {
		st, err := a.host.Cancel(ctx, a.id, CancelGrace)
		if err == nil && st.Left == 0 && st.State.Settled() {
			a.ended <- st
			return
		}
		if !pause(ctx, a.host, askAgain) {
			return
		}
	}
}

// pause waits until the link changes or a while has passed; false when ctx ends.
func pause(ctx context.Context, h Host, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-h.Changed():
	case <-t.C:
	}
	return ctx.Err() == nil
}
