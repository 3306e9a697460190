package runner

// The rule of this file: what the runner needs of the world, in the words of
// the runner. Whoever provides it imports us, or is adapted in the wiring.

import (
	"context"
	"io"
	"net"
	"time"

	"belay/runner/job"
)

// Journal keeps events. Append returns when the record is on disk; after an
// error it must refuse every later one.
type Journal interface {
	Append(kind string, data any) (seq int64, at time.Time, err error)
	Head() string
}

// Jobs starts attempts and follows them. An error of Launch proves nothing
// unless job.Proven says so.
type Jobs interface {
	Launch(ctx context.Context, r job.Request) (job.Status, error)
	// Attach follows an attempt from a byte offset until it is settled. When
	// the link goes it returns *job.Unreachable; the caller goes on by offset.
	Attach(ctx context.Context, id string, offset int64, sink func(job.Chunk) error) (job.Status, error)
	Look(ctx context.Context, id string) (job.Status, error)
	// Fence takes an id that no launch has taken, so that none ever will, and
	// otherwise only looks.
	Fence(ctx context.Context, id string) (job.Status, error)
	Cancel(ctx context.Context, id string, grace time.Duration) (job.Status, error)
	Values(ctx context.Context, id string) ([]byte, error)
	// Forget drops what a settled attempt printed and captured; the proof that
	// it ran stays, so its id never runs again.
	Forget(ctx context.Context, id string) error
}

// Eyes look at a host without changing it.
type Eyes interface {
	Run(ctx context.Context, s job.Script, limit int) (job.Result, error)
	Stream(ctx context.Context, s job.Script, w io.Writer) error
	Dial(ctx context.Context, addr string) (net.Conn, error)
	Identify(ctx context.Context) (job.Identity, error)
}

// Host is one server, or this machine.
type Host interface {
	Jobs
	Eyes
	Link() job.Link
	Changed() <-chan struct{}
	Close() error
}
