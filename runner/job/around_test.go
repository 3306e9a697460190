package job

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestAroundInEveryPiece: wherever a stream is cut on its way, what stands
// between the marks comes through, and nothing else.
func TestAroundInEveryPiece(t *testing.T) {
	const mark = "0123456789abcdef"
	for name, test := range map[string]struct {
		stream, want string
		code         int
		began, over  bool
	}{
		"plain":        {Begins(mark) + "out\n" + Ends(mark, 0), "out\n", 0, true, true},
		"noise around": {"Hi\n> " + Begins(mark) + "out" + Ends(mark, 7) + "bye\n", "out", 7, true, true},
		"nothing":      {Begins(mark) + Ends(mark, 127), "", 127, true, true},
		"no end":       {Begins(mark) + "out\x1ebelay " + mark + " en", "out\x1ebelay " + mark + " en", 0, true, false},
		"never begins": {"exec: no such shell\n", "", 0, false, false},
		"another's":    {Begins(mark) + Ends("ffff", 3) + "\x1e\x1ebelay \x1e" + Ends(mark, 4), Ends("ffff", 3) + "\x1e\x1ebelay \x1e", 4, true, true},
		"no code":      {Begins(mark) + "\x1ebelay " + mark + " ended x\n", "\x1ebelay " + mark + " ended x\n", 0, true, false},
	} {
		for _, read := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, func(r io.Reader) io.Reader { return r }} {
			var out bytes.Buffer
			a := NewAround(mark, &out)
			if _, err := io.Copy(a, read(strings.NewReader(test.stream))); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := a.Close(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			code, over := a.Exit()
			if out.String() != test.want || code != test.code || over != test.over || a.Began() != test.began {
				t.Errorf("%s: %q, exit %d, over %t, began %t", name, out.String(), code, over, a.Began())
			}
		}
	}
}

func TestAroundBounds(t *testing.T) {
	a := NewAround(NewMark(), io.Discard)
	if _, err := io.Copy(a, io.LimitReader(zeros{}, 10<<20)); err == nil || len(a.Noise()) > 2*maxNoise {
		t.Errorf("%v, %d bytes kept", err, len(a.Noise()))
	}
	if a, b := NewMark(), NewMark(); a == b || len(a) != 16 {
		t.Errorf("marks %q and %q", a, b)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }
