package runner

// The rule of this file: the journal alone cannot tell that its end was cut off.
// Each host keeps the head under which an attempt was launched there, so the
// hosts are asked before anything is done on them, and what they know has to be
// in the journal. Where it is not, nothing new is started: what the missing part
// decided is not known.

import (
	"context"
	"fmt"

	"belay/runner/job"
)

// compareHeads asks a host once in the life of this console; false when it did
// not answer and is to be asked again.
func (r *Runner) compareHeads(ctx context.Context, w *watched) bool {
	if r.cfg.Heads == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	res, err := w.host.Run(ctx, job.Heads(r.face().State.Opened.Run), lookLimit)
	if err != nil || res.Exit != 0 || res.Cut {
		return false
	}
	found, err := job.ParseHeads(res.Out)
	if err != nil {
		return false
	}
	heads := r.cfg.Heads()
	r.post(func() {
		if why := r.missing(w.id, found, heads); why != nil && r.frozen == nil {
			r.freeze(why)
		}
	})
	return true
}

// missing says what a host knows of this run and the journal does not.
func (r *Runner) missing(host string, found map[string]string, heads map[string]bool) error {
	for id, head := range found {
		switch {
		case !r.state.Knows(id):
			return fmt.Errorf("%w: %s has attempt %s, of which the journal knows nothing", ErrCut, host, id)
		case head != "" && !heads[head] && !r.launched[id]:
			return fmt.Errorf("%w: %s launched attempt %s at record %.12s, which is not in the journal", ErrCut, host, id, head)
		}
	}
	return nil
}
