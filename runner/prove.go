package runner

// The rule of this file: a proof is green for as long as it has to be, without
// a gap. What cannot be looked at is not a proof and not a refutation.

import (
	"context"
	"time"

	"belay/steps"
)

// proofTimeout ends a verify that names none, when it cannot be looked at.
const proofTimeout = 2 * time.Minute

// proveAttempt begins to look for the proof of an attempt.
func (r *Runner) proveAttempt(id string) {
	for t, ts := range r.state.Tasks {
		a := ts.Attempt()
		if a == nil || a.ID != id || r.looking[t] != nil {
			continue
		}
		e := r.kase().Step(t).VerifyOf(a.Undo)
		if e == nil { // the runbook was amended meanwhile: nothing to look at
			r.commit(steps.Verified{Attempt: id})
			return
		}
		ctx, cancel := context.WithCancel(r.ctx)
		r.looking[t] = cancel
		r.spawn(func() { r.prove(ctx, t, id, *e) })
		return
	}
}

func (r *Runner) prove(ctx context.Context, t steps.Task, id string, e steps.Evidence) {
	stable := r.stableFor(e.Stable)
	timeout := e.Timeout.Or(proofTimeout + stable)
	every := min(max(stable/20, 200*time.Millisecond), 3*time.Second)
	end := r.cfg.Now().Add(timeout)
	refutes := e.Timeout == 0
	e.Timeout = 0 // it is for all looks together, not for one
	r.expect(t, steps.Proof{For: e.Stable.D(), Until: end})
	var greenSince time.Time
	var last steps.Verdict
	for {
		seen := r.look(ctx, t, e)
		now := r.cfg.Now()
		if ctx.Err() != nil {
			return
		}
		switch v := worst(seen); {
		case v == steps.Green && greenSince.IsZero():
			greenSince, last = now, v
		case v == steps.Green:
			last = v
		default:
			greenSince, last = time.Time{}, v
		}
		r.show(t, seen, steps.Proof{Holds: greenSince, For: e.Stable.D(), Until: end})
		switch {
		case last == steps.Green && now.Sub(greenSince) >= stable:
			r.proved(t, steps.Verified{Attempt: id, Holds: true, Proven: true, Evidence: seen})
			return
		case last == steps.Red && refutes, now.After(end):
			r.proved(t, steps.Verified{Attempt: id, Proven: last == steps.Red, Evidence: seen})
			return
		}
		if !wait(ctx, every) {
			return
		}
	}
}

// stableFor reads the run's speed, which never changes.
func (r *Runner) stableFor(d steps.Duration) time.Duration {
	return time.Duration(float64(d.D()) / r.speed)
}

func (r *Runner) proved(t steps.Task, e steps.Verified) {
	r.post(func() {
		a := r.state.Task(t).Attempt()
		if a == nil || a.ID != e.Attempt || a.Stage != steps.TaskVerifying {
			return
		}
		r.commit(e)
	})
}

// expect says what is looked for, before the first look has answered.
func (r *Runner) expect(t steps.Task, p steps.Proof) {
	r.post(func() {
		if r.looking[t] != nil {
			r.seen.Proofs[t] = p
			r.publish()
		}
	})
}

// show puts readings where faces see them; they are not journalled.
func (r *Runner) show(t steps.Task, seen []steps.Reading, p steps.Proof) {
	r.post(func() {
		if r.looking[t] == nil {
			return // it was given up meanwhile
		}
		r.seen.Evidence[t], r.seen.Proofs[t] = seen, p
		r.publish()
	})
}

// stopLooking ends the loops of tasks that no longer wait for evidence.
func (r *Runner) stopLooking() {
	stopped := false
	for t, cancel := range r.looking {
		ts := r.state.Task(t)
		a := ts.Attempt()
		if ts.Status == steps.TaskOpen || a != nil && a.Stage == steps.TaskVerifying {
			continue
		}
		cancel()
		delete(r.looking, t)
		delete(r.seen.Proofs, t)
		stopped = true
	}
	if stopped {
		r.publish()
	}
}

// worst verdict of some readings: red before cannot tell before green. None at
// all cannot be told.
func worst(seen []steps.Reading) steps.Verdict {
	out := steps.Green
	if len(seen) == 0 {
		return steps.CannotTell
	}
	for _, x := range seen {
		if x.Verdict == steps.Red {
			return steps.Red
		}
		if x.Verdict != steps.Green {
			out = steps.CannotTell
		}
	}
	return out
}

// wait for a while; false when ctx ends.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
