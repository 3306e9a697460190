package local

// A process is known by its number and the moment it began: numbers are used
// again, and a signal must never hit a stranger. How the two are read differs
// between systems.

import (
	"crypto/rand"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// proc is one process since this boot.
type proc struct {
	PID   int
	Start string // as the system tells it; compared, never understood
}

// self is the process that asks.
func self() (proc, error) {
	p, ok := find(os.Getpid())
	if !ok {
		return p, fmt.Errorf("cannot find pid %d among the processes", os.Getpid())
	}
	return p, nil
}

// alive reports whether it still runs; a zombie does not.
func (p proc) alive() bool {
	now, ok := find(p.PID)
	return ok && p.PID > 0 && now == p
}

// session is the number of its session, or -1.
func (p proc) session() int {
	id, err := unix.Getsid(p.PID)
	if err != nil {
		return -1
	}
	return id
}

// signal sends a signal if the number is still this process. Between the two
// the number could be used again; systems go round before they do.
func (p proc) signal(s syscall.Signal) {
	if p.alive() {
		syscall.Kill(p.PID, s)
	}
}

// sessionAlive reports whether any process belongs to a session.
func sessionAlive(id int) bool {
	all, err := processes()
	if err != nil {
		return true // cannot tell, so the attempt has not ended
	}
	for _, p := range all {
		if p.session() == id {
			return true
		}
	}
	return false
}

func newTag() string { return fmt.Sprintf("%d.%s", os.Getpid(), rand.Text()) }

// freeBytes is what an ordinary user may still write to a file system.
func freeBytes(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
