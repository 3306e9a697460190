package runner

// The rule of this file: what a script printed or captured while it knew a
// secret stays on its host only until our copy, with the secret replaced, is
// journalled. The proof that it ran stays for good.

import (
	"errors"

	"belay/runner/job"
	"belay/steps"
)

// forget lets the host drop the output of an attempt whose end is on disk, if
// it may hold a secret. A host that is away is asked again when it is back, by
// this console or the next; asking twice does no harm.
func (r *Runner) forget(t steps.Task, a steps.Attempt, masked bool) {
	if work, err := r.kase().Work(t, a.Undo, a.ID); err != nil || len(work.Secrets) == 0 && !masked {
		return
	}
	host := r.cfg.Hosts[t.Host]
	r.forgetting++
	r.spawn(func() {
		asked := false
		for {
			err := host.Forget(r.ctx, a.ID)
			if !asked {
				asked = true
				r.post(func() { r.forgetting-- })
			}
			var away *job.Unreachable
			if !errors.As(err, &away) || !pause(r.ctx, host, askAgain) {
				return
			}
		}
	})
}

// forgetEnded goes through what earlier consoles may have left behind.
func (r *Runner) forgetEnded() {
	for t, ts := range r.state.Tasks {
		if ts.Status == steps.TaskUnknown || ts.Status == steps.TaskUndoUnknown {
			continue // a person may still have to look
		}
		for _, a := range ts.Attempts {
			if !a.Exited.IsZero() || !a.Ended.IsZero() && !a.Started.IsZero() {
				r.forget(t, a, false)
			}
		}
	}
}

// ended finds the attempt of an id in the state.
func (r *Runner) ended(id string) (t steps.Task, a steps.Attempt, ok bool) {
	for t, ts := range r.state.Tasks {
		for _, a := range ts.Attempts {
			if a.ID == id {
				return t, a, true
			}
		}
	}
	return t, a, false
}
