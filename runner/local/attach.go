package local

// Reading what an attempt wrote, by offset, from the one file that it wrote to.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"belay/runner/job"
)

// Attach passes on the output from offset until the attempt is settled and all
// of it was read. The state is read before the bytes, so behind "exited" there
// is nothing left, unless a process that was left behind is still writing.
//
// When the file is shorter than the offset it was cut: that is
// [job.ErrShrunk], and nothing is read again from the start in silence.
func (h *Host) Attach(ctx context.Context, id string, offset int64, sink func(job.Chunk) error) (job.Status, error) {
	if err := (job.Call{Verb: job.Attach, ID: id, Offset: offset}).Check(); err != nil {
		return job.Status{}, err
	}
	a := h.attempt(id)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		s, err := a.look()
		if err != nil {
			return s, err
		}
		if s.Size < offset {
			return s, fmt.Errorf("attach %s on local: %w: it has %d bytes, %d were read", id, job.ErrShrunk, s.Size, offset)
		}
		if offset, err = a.pass(ctx, offset, s.Size, sink); err != nil {
			return s, err
		}
		if s.State.Settled() || s.State == job.None {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-tick.C:
		}
	}
}

// pass hands bytes from..to of the output to sink, and returns how far it came.
func (a attempt) pass(ctx context.Context, from, to int64, sink func(job.Chunk) error) (int64, error) {
	if from == to {
		return from, nil
	}
	out, err := os.Open(a.path(outFile))
	if err != nil {
		return from, err
	}
	defer out.Close()
	for from < to {
		buf := make([]byte, min(to-from, job.MaxChunk))
		n, err := out.ReadAt(buf, from)
		if n == 0 && err != nil {
			return from, err
		}
		if err := sink(job.Chunk{Offset: from, Bytes: buf[:n]}); err != nil {
			return from, err
		}
		if from += int64(n); ctx.Err() != nil {
			return from, ctx.Err()
		}
	}
	return from, nil
}

// Values is what the script wrote to $BELAY_OUT, at most [job.MaxValues] bytes.
func (h *Host) Values(_ context.Context, id string) ([]byte, error) {
	if err := (job.Call{Verb: job.Values, ID: id}).Check(); err != nil {
		return nil, err
	}
	f, err := os.Open(h.attempt(id).path(valuesFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("values of %s on local: %w", id, err)
	}
	defer f.Close()
	values, err := io.ReadAll(io.LimitReader(f, job.MaxValues+1))
	if err != nil {
		return nil, fmt.Errorf("values of %s on local: %w", id, err)
	}
	if len(values) > job.MaxValues {
		return nil, fmt.Errorf("values of %s on local: %w", id, job.ErrTooLarge)
	}
	return values, nil
}

// Forget drops what takes space of a settled attempt. The commit and the marker
// stay: they keep a late launch of the same id from running a second time.
func (h *Host) Forget(_ context.Context, id string) error {
	if err := (job.Call{Verb: job.Forget, ID: id}).Check(); err != nil {
		return err
	}
	a := h.attempt(id)
	s, err := a.look()
	if err != nil || s.State == job.None {
		return err
	}
	if s.State == job.Running {
		return fmt.Errorf("forget %s on local: it is still running", id)
	}
	for _, name := range []string{outFile, valuesFile, scriptFile, cancelFile, secretDir} {
		err = errors.Join(err, os.RemoveAll(a.path(name)))
	}
	return err
}
