package local

// Stopping an attempt means all of it: what its shell started, also what left
// the process group or the session, is found by the tag in its environment.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"belay/runner/job"
)

// lookEvery is how often a folder is looked at that has no way to call us.
const lookEvery = 50 * time.Millisecond

// Fence takes an id that no launch has taken, so that none ever will; of a
// taken one it reports the state.
func (h *Host) Fence(_ context.Context, id string) (job.Status, error) {
	if err := (job.Call{Verb: job.Fence, ID: id}).Check(); err != nil {
		return job.Status{}, err
	}
	a := h.attempt(id)
	if err := h.fence(a); err != nil {
		// Not wrapped: a Refused of ours would be taken for a proof that no
		// launch of this id has begun.
		return job.Status{}, fmt.Errorf("fence %s on local: %v", id, err)
	}
	return a.look()
}

func (h *Host) fence(a attempt) error {
	if a.taken() {
		return nil
	}
	if err := h.settle(a); err != nil {
		return err
	}
	_, err := a.commit(meta{Kind: kindCancel, ID: a.id, Boot: bootID(), At: time.Now().UTC(), Tag: newTag()})
	return err
}

// stopWithin bounds the time between the first KILL and the answer: a process
// of another user, or one in an uninterruptible wait, does not go.
const stopWithin = 10 * time.Second

// Cancel fences an attempt that has not begun. One that runs gets TERM, and
// after grace KILL, until nothing of it is left. It returns the state behind
// that; an error proves nothing.
func (h *Host) Cancel(ctx context.Context, id string, grace time.Duration) (job.Status, error) {
	if err := (job.Call{Verb: job.Cancel, ID: id, Grace: grace}).Check(); err != nil {
		return job.Status{}, err
	}
	a := h.attempt(id)
	fail := func(err error) (job.Status, error) {
		return job.Status{}, fmt.Errorf("cancel %s on local: %w", id, err)
	}
	if err := h.fence(a); err != nil {
		return fail(errors.New(err.Error())) // as in Fence
	}
	s, err := a.look()
	if err != nil || s.State != job.Running {
		return s, err
	}
	if err := writeSynced(a.path(cancelFile), nil, 0o600); err != nil && !os.IsExist(err) {
		return fail(err)
	}
	m, err := a.meta()
	if err != nil {
		return fail(err)
	}
	used, err := a.stop(ctx, m, grace)
	if err != nil {
		return fail(err)
	}
	s, err = a.look()
	s.Signal = used
	return s, err
}

// stop signals until the attempt is settled and nothing of it is left, and
// gives the name of the last signal that it had to use.
func (a attempt) stop(ctx context.Context, m meta, grace time.Duration) (string, error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	deadline := time.Now().Add(grace)
	giveUp := deadline.Add(stopWithin)
	told := map[proc]bool{}
	used := "TERM"
	for {
		members, err := a.members(m)
		if err != nil {
			return used, err
		}
		for _, p := range members {
			switch {
			case time.Now().After(deadline):
				used = "KILL"
				p.signal(syscall.SIGKILL)
			case !told[p]:
				told[p] = true
				p.signal(syscall.SIGTERM)
				p.signal(syscall.SIGCONT) // a stopped process cannot end
			}
		}
		if len(members) == 0 {
			s, err := a.look()
			if err != nil || s.State.Settled() {
				return used, err
			}
		}
		if time.Now().After(giveUp) {
			return used, nil // what is left shows in the status
		}
		select {
		case <-ctx.Done():
			return used, ctx.Err()
		case <-tick.C:
		}
	}
}

// members are the processes of an attempt that are alive: those of its session
// and those that carry its tag, but not our own two, which record the outcome.
// A session that nobody of us watches is not trusted: its number may be a
// stranger's by now.
func (a attempt) members(m meta) ([]proc, error) {
	inner, err := a.inner()
	if err != nil || m.Boot != bootID() {
		return nil, nil // nothing was started, or not since this boot
	}
	// While the supervisor lives the number is still ours: it waits for the
	// session to empty, and until then the kernel gives the number to nobody.
	ours := inner.alive() || m.Sup.alive()
	all, err := processes()
	if err != nil {
		return nil, err
	}
	var found []proc
	for _, p := range all {
		if p == inner || p == m.Sup {
			continue
		}
		if ours && p.session() == inner.PID || p.tagged(a.tag()) {
			found = append(found, p)
		}
	}
	return found, nil
}

// tag is the variable that marks the attempt's processes. The ; ends it: no id
// can hold one, so job-1 never matches job-10.
func (a attempt) tag() string { return "BELAY_JOB=" + a.dir + ";" }
