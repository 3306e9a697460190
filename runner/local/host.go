// Package local runs attempts on the operator's own machine: the host `local`.
// It keeps the promises of the wrapper that servers run (job.sh), without its
// shell and without /proc, so that it works on macOS too.
//
// The rule of this package: what became of an attempt is read from the disk and
// from the process table, never remembered. The console may die at any point;
// whoever starts next asks the same folder and gets the same answer.
//
// State is one folder per attempt, 0700:
//
//	meta         made by link(2) of a complete, synced file: the commit point.
//	             Whoever links it owns the id for ever: a supervisor (may start
//	             the script) or a cancel (nobody may). No lock, so no stale lock.
//	cmd          the script; never holds a secret
//	secret/NAME  0600, removed by whoever ends the attempt
//	child        synced before the script's first byte: no child, not started
//	out          stdout and stderr in one file, in the order they were written
//	values       $BELAY_OUT
//	exit.N.i/.s  the exit code, by the inner process or seen from outside by the
//	             supervisor. Made by rename: it needs no free block.
//	norun        committed, then proven never started
package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"syscall"
	"time"

	"belay/runner/job"
)

// Host is this machine. Its methods may be called from any goroutine.
type Host struct {
	root, exe string
	hidden    []string // variables of ours that no script sees
	since     time.Time
}

// New gives the host whose attempts are kept in dir. exe is the binary that has
// the hidden verb: it is started as `exe _job FOLDER` and must call [Supervise].
// Scripts see our environment without the hidden variables, which hold secrets.
func New(dir, exe string, hidden ...string) *Host {
	return &Host{root: dir, exe: exe, hidden: hidden, since: time.Now()}
}

// minFree is the free space in bytes under which nothing is started.
const minFree = 1 << 20

// Launch starts an attempt, at most once for its id, whoever dies meanwhile. It
// returns when the start is proven on disk. For an id that is taken it returns
// the state; for one taken by another script *[job.Refused].
//
// *job.Refused proves that nothing was started. Every other error proves
// nothing: Look or Fence tell.
func (h *Host) Launch(ctx context.Context, r job.Request) (job.Status, error) {
	if err := (job.Call{Verb: job.Launch, ID: r.ID, Request: r}).Check(); err != nil {
		return job.Status{}, &job.Refused{Code: job.RefusedUsage, Text: err.Error()}
	}
	a := h.attempt(r.ID)
	o := order{ID: r.ID, Head: r.Head, Script: r.Script, Secrets: r.Secrets}
	if a.taken() {
		return a.again(o.sum())
	}
	if err := h.admit(a, r); err != nil {
		return job.Status{}, err
	}
	proven, err := a.begin(ctx, h.exe, h.hidden, o)
	if err != nil {
		return job.Status{}, a.refuse(job.RefusedHost, "cannot start a supervisor: %v", err)
	}
	if err := proven(); err != nil {
		return job.Status{}, fmt.Errorf("launch %s on local: %w", r.ID, err)
	}
	if !a.taken() { // the supervisor died before it committed
		return a.look()
	}
	return a.again(o.sum())
}

// refuse proves "not started"; with a commit on disk, of another launch, it
// would lie, and the error then proves nothing.
func (a attempt) refuse(code int, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if a.taken() {
		return a.cannotTell(err)
	}
	return &job.Refused{Code: code, Text: err.Error()}
}

// admit refuses what can be refused before anything is committed.
func (h *Host) admit(a attempt, r job.Request) error {
	if r.MachineID != "" {
		if id := machineID(); id != r.MachineID {
			return a.refuse(job.RefusedMachine, "machine-id is %q, expected %s", id, r.MachineID)
		}
	}
	if _, err := shellPath(r.Script); err != nil {
		return a.refuse(job.RefusedHost, "this machine lacks %s", shellName(r.Script))
	}
	if err := h.settle(a); err != nil {
		return err
	}
	if free, err := freeBytes(a.dir); err != nil || free < minFree {
		return a.refuse(job.RefusedSpace, "only %d KiB free in %s", free/1024, h.root)
	}
	return nil
}

// settle makes the folder of an attempt, in one that is ours alone.
func (h *Host) settle(a attempt) error {
	if err := os.MkdirAll(h.root, 0o700); err != nil {
		return a.refuse(job.RefusedSpace, "cannot make the folder of jobs: %v", err)
	}
	if err := oursAlone(h.root); err != nil {
		return a.refuse(job.RefusedState, "%v", err)
	}
	if err := os.Mkdir(a.dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return a.refuse(job.RefusedSpace, "cannot make the folder of the job: %v", err)
	}
	return nil
}

// oursAlone refuses a folder that somebody else could plant files in.
func oursAlone(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is not ours alone (try: chmod 700 %s)", dir, dir)
	}
	return nil
}

// Look reports what is proven about an attempt.
func (h *Host) Look(_ context.Context, id string) (job.Status, error) {
	if err := (job.Call{Verb: job.Look, ID: id}).Check(); err != nil {
		return job.Status{}, err
	}
	return h.attempt(id).look()
}

// attempt finds the folder of an id, which was checked.
func (h *Host) attempt(id string) attempt {
	return attempt{id: id, dir: filepath.Join(h.root, id)}
}

// Dial connects from this machine.
func (h *Host) Dial(ctx context.Context, addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr)
}

// Identify says who this machine is. What it cannot say is empty.
func (h *Host) Identify(context.Context) (job.Identity, error) {
	id := job.Identity{MachineID: machineID(), BootID: bootID(), Clock: time.Now().Truncate(time.Second)}
	var err error
	if id.Hostname, err = os.Hostname(); err != nil {
		return id, fmt.Errorf("identify local: %w", err)
	}
	if u, err := user.Current(); err == nil {
		id.User = u.Username
	}
	return id, nil
}

// Link is always up.
func (h *Host) Link() job.Link { return job.Link{Up: true, Since: h.since} }

// Changed never receives: the link does not change.
func (h *Host) Changed() <-chan struct{} { return nil }

// Close ends nothing: attempts live on, and calls end with their contexts.
func (h *Host) Close() error { return nil }
