package runner

// The rule of this file: what the journal says was under way is asked for and
// never started again. Every event has at most one effect, and a console that
// was killed between the two finds the event and asks the host.

import (
	"time"

	"belay/steps"
)

// effect is what follows from an event, after it is on disk.
func (r *Runner) effect(e steps.Event) {
	switch e := e.(type) {
	case steps.Intended:
		r.begin(e.Task, *r.state.Task(e.Task).Attempt(), true)
	case steps.CancelAsked:
		r.cancelNow(e.Attempt)
	case steps.Exited:
		if t, a, ok := r.ended(e.Attempt); ok && !e.Outside {
			r.forget(t, a, e.Masked > 0)
		}
		if e.Verify {
			r.proveAttempt(e.Attempt)
		}
	case steps.Cancelled:
		if t, a, ok := r.ended(e.Attempt); ok {
			r.forget(t, a, false)
		}
	case steps.Verifying:
		r.proveAttempt(e.Attempt)
	case steps.Resolved:
		a := r.state.Task(e.Task).Attempt()
		r.forget(e.Task, *a, false)
		if e.Verify {
			r.proveAttempt(a.ID)
		}
	case steps.Began:
		if e.As == steps.Gate || e.As == steps.Soak {
			r.watchEvidence(e.Task)
		}
	case steps.StoppedWaiting:
		for _, a := range r.following {
			if a.task.Host == e.Host {
				r.leave(a)
			}
		}
	}
	r.stopLooking()
}

// cancelNow wakes the goroutine that follows an attempt.
func (r *Runner) cancelNow(id string) bool {
	a := r.following[id]
	if a == nil {
		return false
	}
	select {
	case <-a.cancel:
	default:
		close(a.cancel)
	}
	return true
}

// resume takes up what an earlier console left under way.
func (r *Runner) resume() {
	if r.state.Sequence != nil {
		r.commit(steps.SequenceEnded{Why: "the console was left"})
	}
	r.forgetEnded()
	for t, ts := range r.state.Clone().Tasks {
		a := ts.Attempt()
		switch {
		case ts.Status.Busy() && a != nil && a.Stage == steps.TaskVerifying:
			r.reread(t, a.ID)
			r.proveAttempt(a.ID)
		case ts.Status.Busy() && a != nil:
			r.begin(t, *a, false)
		case ts.Status.Trouble() && a != nil:
			r.reread(t, a.ID)
		case ts.Status == steps.TaskOpen && ts.Kind == steps.Soak:
			r.resumeSoak(t)
		case ts.Status == steps.TaskOpen && ts.Kind == steps.Gate:
			r.watchEvidence(t)
		}
	}
}

// resumeSoak goes on with a soak. Nobody looked while no console was there, so
// that time does not count as green; the deadline went on.
func (r *Runner) resumeSoak(t steps.Task) {
	r.commit(r.kase().SoakResumed(t, r.cfg.Last))
	r.watchEvidence(t)
}

// notAnswering marks a task whose host does not answer, for the screen.
func (r *Runner) notAnswering(t steps.Task) {
	r.mu.Lock()
	if _, ok := r.asking[t]; !ok {
		r.asking[t] = r.cfg.Now()
	}
	r.mu.Unlock()
	r.wake()
}

func (r *Runner) answered(t steps.Task) {
	r.mu.Lock()
	delete(r.asking, t)
	r.mu.Unlock()
	r.wake()
}

// clockEvery is how often what depends on time alone is looked at.
const clockEvery = time.Second
