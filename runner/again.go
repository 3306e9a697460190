package runner

// The rule of this file: a log that cannot be followed says why once. What the
// next try prints in the same words is not said again.

import (
	"bytes"
	"io"
)

// little is how much a try may print and still be compared with the next, in bytes.
const little = 4 << 10

// again passes on what a try to follow a log prints, but for what the try before
// has printed already, from its first word on.
type again struct {
	out     io.Writer
	was     []byte // all that the try before printed, where that was little
	now     []byte // and this one, up to a little more than that
	differs bool
}

func (a *again) Write(p []byte) (int, error) {
	if len(a.now) <= little {
		a.now = append(a.now, p...)
	}
	switch {
	case a.differs:
		return a.out.Write(p)
	case bytes.HasPrefix(a.was, a.now):
		return len(p), nil
	}
	a.differs = true
	if _, err := a.out.Write(a.now); err != nil {
		return 0, err
	}
	return len(p), nil
}

// said is what the next try is compared with.
func (a *again) said() []byte {
	if len(a.now) > little {
		return nil
	}
	return a.now
}
