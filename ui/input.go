package ui

// The rule of this file: a key is as old as the moment at which it was read from
// the terminal, however late there was time for it. On a busy machine a key that
// came too early does not grow into a deliberate one.

import (
	"io"
	"sync/atomic"
	"time"
)

// input remembers when the terminal was last read.
type input struct {
	from io.Reader
	now  func() time.Time
	read atomic.Pointer[time.Time]
}

func (in *input) Read(p []byte) (int, error) {
	n, err := in.from.Read(p)
	now := in.now()
	in.read.Store(&now)
	return n, err
}

// came is when what was read last came; zero before.
func (in *input) came() time.Time {
	if at := in.read.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// file is what Bubble Tea wants of a terminal.
type file interface {
	io.ReadWriteCloser
	Fd() uintptr
	Name() string
}

// tty is an input that is a terminal. Bubble Tea sets its mode by its Fd.
type tty struct {
	*input
	file file
}

func (t tty) Write(p []byte) (int, error) { return t.file.Write(p) }
func (t tty) Close() error                { return t.file.Close() }
func (t tty) Fd() uintptr                 { return t.file.Fd() }
func (t tty) Name() string                { return t.file.Name() }

// stamped gives options whose input remembers when it was read.
func (o Options) stamped() Options {
	if o.Input == nil {
		return o
	}
	in := &input{from: o.Input, now: o.now}
	o.stdin, o.came = o.Input, in.came
	o.Input = in
	if f, ok := o.stdin.(file); ok {
		o.Input = tty{in, f}
	}
	return o
}

// keyAt is when the key that is taken now came.
func (o Options) keyAt() time.Time {
	now := o.now()
	if o.came == nil {
		return now
	}
	if at := o.came(); !at.IsZero() && at.Before(now) {
		return at
	}
	return now
}
