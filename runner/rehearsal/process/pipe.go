// Streams: what a file descriptor stands for. The rule of this file: a read or
// a write that waits ends when its process ends, as a system call does.
package process

import (
	"io"
	"sync"
	"sync/atomic"
	"syscall"

	"belay/runner/rehearsal/files"
)

// Stream is an open file, one end of a pipe, or a way out of the fleet.
// cancel is closed when the process that asks has died.
type Stream interface {
	Read(cancel <-chan struct{}, b []byte) (int, error)
	Write(cancel <-chan struct{}, b []byte) (int, error)
	Close() error
}

// Descriptor is one open stream, shared by all who have it open.
type Descriptor struct {
	Stream
	refs atomic.Int32
}

// NewDescriptor gives a stream its first reference.
func NewDescriptor(s Stream) *Descriptor {
	d := &Descriptor{Stream: s}
	d.refs.Store(1)
	return d
}

// Dup adds a reference.
func (d *Descriptor) Dup() *Descriptor {
	d.refs.Add(1)
	return d
}

// Close takes a reference away and closes the stream with the last one.
func (d *Descriptor) Close() error {
	if d.refs.Add(-1) == 0 {
		return d.Stream.Close()
	}
	return nil
}

// pipeSize is how much a pipe holds: pipe(7) on Linux.
const pipeSize = 64 << 10

type pipe struct {
	mu       sync.Mutex
	data     []byte
	noReader bool
	noWriter bool
	wake     chan struct{} // closed on a change; nil while nobody waits
}

// Pipe gives the two ends of a pipe.
func Pipe() (read, write *Descriptor) {
	p := &pipe{}
	return NewDescriptor(readEnd{p}), NewDescriptor(writeEnd{p})
}

// wait gives up the lock until something changes or cancel is closed.
func (p *pipe) wait(cancel <-chan struct{}) bool {
	if p.wake == nil {
		p.wake = make(chan struct{})
	}
	wake := p.wake
	p.mu.Unlock()
	defer p.mu.Lock()
	select {
	case <-wake:
		return true
	case <-cancel:
		return false
	}
}

func (p *pipe) changed() {
	if p.wake != nil {
		close(p.wake)
		p.wake = nil
	}
}

type readEnd struct{ p *pipe }

func (e readEnd) Read(cancel <-chan struct{}, b []byte) (int, error) {
	e.p.mu.Lock()
	defer e.p.mu.Unlock()
	for len(e.p.data) == 0 {
		if e.p.noWriter || len(b) == 0 {
			return 0, io.EOF
		}
		if !e.p.wait(cancel) {
			return 0, syscall.EINTR
		}
	}
	n := copy(b, e.p.data)
	if e.p.data = e.p.data[n:]; len(e.p.data) == 0 {
		e.p.data = nil
	}
	e.p.changed()
	return n, nil
}

func (e readEnd) Write(<-chan struct{}, []byte) (int, error) { return 0, syscall.EBADF }

func (e readEnd) Close() error {
	e.p.mu.Lock()
	defer e.p.mu.Unlock()
	e.p.noReader = true
	e.p.changed()
	return nil
}

type writeEnd struct{ p *pipe }

func (e writeEnd) Read(<-chan struct{}, []byte) (int, error) { return 0, syscall.EBADF }

func (e writeEnd) Write(cancel <-chan struct{}, b []byte) (int, error) {
	e.p.mu.Lock()
	defer e.p.mu.Unlock()
	for done := 0; ; {
		if e.p.noReader {
			return done, syscall.EPIPE
		}
		n := min(len(b)-done, pipeSize-len(e.p.data))
		if n > 0 {
			e.p.data = append(e.p.data, b[done:done+n]...)
			done += n
			e.p.changed()
		}
		if done == len(b) {
			return done, nil
		}
		if !e.p.wait(cancel) {
			return done, syscall.EINTR
		}
	}
}

func (e writeEnd) Close() error {
	e.p.mu.Lock()
	defer e.p.mu.Unlock()
	e.p.noWriter = true
	e.p.changed()
	return nil
}

// FileStream is an open file. A disk never makes anybody wait.
func FileStream(f files.File) Stream { return fileStream{f} }

type fileStream struct{ f files.File }

func (s fileStream) Read(_ <-chan struct{}, b []byte) (int, error)  { return s.f.Read(b) }
func (s fileStream) Write(_ <-chan struct{}, b []byte) (int, error) { return s.f.Write(b) }
func (s fileStream) Close() error                                   { return s.f.Close() }

// WriterStream leads out of the fleet, to w. Writes are passed on one by one.
func WriterStream(w io.Writer) Stream { return &writerStream{w: w} }

type writerStream struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *writerStream) Read(<-chan struct{}, []byte) (int, error) { return 0, syscall.EBADF }
func (s *writerStream) Write(_ <-chan struct{}, b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.w.Write(b)
	if err != nil {
		err = syscall.EPIPE
	}
	return n, err
}
func (s *writerStream) Close() error { return nil }

// ReaderStream reads from r, which must never make anybody wait for long: a
// text in memory.
func ReaderStream(r io.Reader) Stream { return &readerStream{r: r} }

type readerStream struct {
	mu sync.Mutex
	r  io.Reader
}

func (s *readerStream) Read(_ <-chan struct{}, b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Read(b)
}
func (s *readerStream) Write(<-chan struct{}, []byte) (int, error) { return 0, syscall.EBADF }
func (s *readerStream) Close() error                               { return nil }

// Capture collects what is written to its descriptor.
type Capture struct {
	mu   sync.Mutex
	data []byte
	done chan struct{}
}

// NewCapture gives a collector and the descriptor that feeds it.
func NewCapture() (*Capture, *Descriptor) {
	c := &Capture{done: make(chan struct{})}
	return c, NewDescriptor(captureStream{c})
}

// Done is closed when nobody can write any more.
func (c *Capture) Done() <-chan struct{} { return c.done }

// Bytes is what was written so far.
func (c *Capture) Bytes() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.data
}

type captureStream struct{ c *Capture }

func (s captureStream) Read(<-chan struct{}, []byte) (int, error) { return 0, syscall.EBADF }
func (s captureStream) Write(_ <-chan struct{}, b []byte) (int, error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.c.data = append(s.c.data, b...)
	return len(b), nil
}
func (s captureStream) Close() error {
	close(s.c.done)
	return nil
}
