package runner

// The rule of this file: what runs is followed over as many connections as it
// takes, by offset, and a host that is silent is asked again, never believed.

import (
	"context"
	"errors"

	"belay/runner/job"
)

// attach copies the output until the attempt is settled, over as many
// connections as that takes.
func (a *attempt) attach(ctx context.Context) (job.Status, bool) {
	for {
		st, err := a.host.Attach(ctx, a.id, a.log.size, a.log.chunk)
		switch {
		case err == nil && st.State.Settled():
			a.post(func() { a.r.answered(a.task) })
			return st, true
		case a.log.err != nil:
			a.freeze(a.log.err)
			a.log.drop()
			continue
		case errors.Is(err, job.ErrShrunk):
			a.shrunk = true
			return a.outlast(ctx)
		}
		if !a.again(ctx) {
			return st, false
		}
	}
}

// freeze stops launches because our copy of an output cannot be kept.
func (a *attempt) freeze(why error) { a.r.post(func() { a.r.freeze(why) }) }

// again waits until the host answers about the attempt; false when ctx ends.
// Until then it has not been seen since the moment at which it fell silent.
func (a *attempt) again(ctx context.Context) bool {
	a.r.notAnswering(a.task)
	for pause(ctx, a.host, askAgain) {
		if _, err := a.host.Look(ctx, a.id); err == nil {
			a.post(func() { a.r.answered(a.task) })
			return true
		}
	}
	return false
}

// outlast waits for the end of an attempt whose output was cut on the host:
// what was read is kept, and nothing is read again from the start.
func (a *attempt) outlast(ctx context.Context) (job.Status, bool) {
	for {
		st, err := a.host.Look(ctx, a.id)
		if err == nil && st.State.Settled() {
			return st, true
		}
		if err != nil && !a.again(ctx) || !pause(ctx, a.host, askAgain) {
			return st, false
		}
	}
}

// values fetches what the script captured, for as long as it takes.
func (a *attempt) values(ctx context.Context) ([]byte, bool) {
	for {
		raw, err := a.host.Values(ctx, a.id)
		if err == nil {
			return raw, true
		}
		a.r.notAnswering(a.task)
		if !pause(ctx, a.host, askAgain) {
			return nil, false
		}
	}
}
