// Handles: files that a command has open beside its standard streams.
package process

import (
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Handle reads and writes a descriptor on behalf of its process.
type Handle struct {
	p *Process
	d *Descriptor
}

// OpenRead opens a file to read it; "-" is the standard input.
func (p *Process) OpenRead(name string) (*Handle, error) {
	if name == "-" {
		name = "/dev/stdin"
	}
	d, err := p.Open(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	return &Handle{p, d}, nil
}

// OpenWrite opens a file with the given flags to write it.
func (p *Process) OpenWrite(name string, flag int) (*Handle, error) {
	d, err := p.Open(name, os.O_WRONLY|os.O_CREATE|flag, 0o666)
	if err != nil {
		return nil, err
	}
	return &Handle{p, d}, nil
}

func (h *Handle) Read(b []byte) (int, error) {
	h.p.Check()
	n, err := h.d.Read(h.p.dead, b)
	if err != nil && err != io.EOF {
		h.p.Check()
	}
	return n, err
}

func (h *Handle) Write(b []byte) (int, error) {
	h.p.Check()
	n, err := h.d.Write(h.p.dead, b)
	if err != nil {
		h.p.Check()
	}
	return n, err
}

// Close gives the descriptor back.
func (h *Handle) Close() error { return h.d.Close() }

// Pause waits for d of the clock's time, whatever the fleet's speed. A daemon
// waits until somebody is there as well.
func (p *Process) Pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.dead:
		panic(gone{})
	}
	p.attended()
}

// Stat describes the open file, where the handle is one.
func (h *Handle) Stat() (fs.FileInfo, error) {
	if s, ok := h.d.Stream.(fileStream); ok {
		return s.f.Stat()
	}
	return nil, fs.ErrInvalid
}

// NewHandle gives a descriptor to its process; the reference is passed on.
func NewHandle(p *Process, d *Descriptor) *Handle { return &Handle{p, d} }

// Hang waits until the process is killed.
func (p *Process) Hang() {
	<-p.dead
	panic(gone{})
}

// End is a file descriptor as its process sees it. A write to a pipe that
// nobody reads is answered with SIGPIPE.
type End struct {
	P *Process
	N int
}

func (e End) Read(b []byte) (int, error) {
	e.P.Check()
	d := e.P.fd(e.N)
	if d == nil {
		return 0, syscall.EBADF
	}
	n, err := d.Read(e.P.dead, b)
	if err == syscall.EINTR {
		e.P.Check()
	}
	return n, err
}

// Seeker moves the place where the descriptor is read, where it is a file.
func (e End) Seeker() io.Seeker {
	d := e.P.fd(e.N)
	if d == nil {
		return nil
	}
	file, ok := d.Stream.(fileStream)
	if !ok {
		return nil
	}
	seeker, _ := file.f.(io.Seeker)
	return seeker
}

func (e End) Write(b []byte) (int, error) {
	e.P.Check()
	d := e.P.fd(e.N)
	if d == nil {
		return 0, syscall.EBADF
	}
	n, err := d.Write(e.P.dead, b)
	if err == syscall.EPIPE {
		e.P.Signal(PIPE)
	}
	if err != nil {
		e.P.Check()
	}
	return n, err
}
