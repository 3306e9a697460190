// A frame is a status line with n=BYTES, that many bytes, and a newline. The
// newline is the proof that a file which was cut under the host's hands did not
// shift the stream: a frame is handed on whole or not at all.

package job

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Frame is one answer that carries bytes: of an attempt's output for Attach, of
// its values for Values. A frame without bytes is a change of state or a sign
// of life.
type Frame struct {
	Status Status
	Bytes  []byte
}

// ErrShrunk says that a host holds less output than it had given us before: the
// file was cut or replaced. Nothing is read again from the start in silence.
var ErrShrunk = errors.New("output on the host is shorter than what was read from it")

// maxNoise bounds what a login shell may print before the first answer.
const maxNoise = 64 << 10

// FrameReader reads the answer of Attach and Values. It is also how a single
// status line is best read (Status), for it passes over what a login shell's
// start-up files print before the answer.
type FrameReader struct {
	r     *bufio.Reader
	began bool
}

// NewFrameReader reads frames from r.
func NewFrameReader(r io.Reader) *FrameReader {
	return &FrameReader{r: bufio.NewReaderSize(r, 32<<10)}
}

// Next gives the next frame. It returns io.EOF only between two frames.
func (f *FrameReader) Next() (Frame, error) {
	line, err := f.line()
	if err != nil {
		return Frame{}, err
	}
	s, n, err := parseLine(line)
	if err != nil {
		return Frame{}, err
	}
	if n < 0 {
		return Frame{}, errors.New("frame: no n in its status line")
	}
	body := make([]byte, n+1)
	if _, err := io.ReadFull(f.r, body); err != nil {
		return Frame{}, fmt.Errorf("frame: %w", io.ErrUnexpectedEOF)
	}
	if body[n] != '\n' {
		return Frame{}, errors.New("frame: does not end where it said")
	}
	return Frame{Status: s, Bytes: body[:n]}, nil
}

// Status gives a lone status line.
func (f *FrameReader) Status() (Status, error) {
	line, err := f.line()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return Status{}, err
	}
	return ParseStatus(line)
}

func (f *FrameReader) line() (string, error) {
	for noise := 0; noise <= maxNoise; {
		line, err := readBounded(f.r, maxNoise)
		if err == io.EOF && line == "" {
			return "", io.EOF
		}
		if err == io.EOF {
			return "", io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", err
		}
		if f.began {
			return line, nil
		}
		// a greeting may end without a newline
		if i := strings.Index(line, statusMark+"id="); i >= 0 {
			f.began = true
			return line[i:], nil
		}
		noise += len(line)
	}
	return "", errors.New("frame: the host talks, but not our protocol")
}

// readBounded is ReadString with a limit: a host must not fill our memory.
func readBounded(r *bufio.Reader, limit int) (string, error) {
	var b strings.Builder
	for {
		part, err := r.ReadSlice('\n')
		b.Write(part)
		if err != bufio.ErrBufferFull {
			return b.String(), err
		}
		if b.Len() > limit {
			return "", errors.New("frame: a line without end")
		}
	}
}

// WriteFrame writes one frame; it must not carry more than MaxChunk bytes.
func WriteFrame(w io.Writer, f Frame) error {
	if len(f.Bytes) > MaxChunk {
		return fmt.Errorf("frame: %d bytes, at most %d", len(f.Bytes), MaxChunk)
	}
	head := fmt.Sprintf("%s n=%d\n", f.Status.Line(), len(f.Bytes))
	_, err := w.Write(append(append([]byte(head), f.Bytes...), '\n'))
	return err
}
