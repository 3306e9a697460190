// What a login shell prints around our work is not the work's: start-up files
// greet, and some say good-bye. Run's script stands between two marks that are
// drawn for this one call, so neither a greeting nor the script itself can be
// taken for them.

package job

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// NewMark draws the ID of a call of Run.
func NewMark() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand.Read, Go 1.24
	return hex.EncodeToString(b[:])
}

// Begins and Ends are what a host prints around the output of a Run, Begins on
// its stderr too. They begin with a byte that no log line has (RS), so that
// nothing of a line that is followed has to be held back; run.sh prints the same.
func Begins(mark string) string { return "\x1ebelay " + mark + " begins\n" }

// Ends carries the script's exit code.
func Ends(mark string, code int) string { return fmt.Sprintf("\x1ebelay %s ended %d\n", mark, code) }

// Around passes on what stands between the marks of one Run. It is for one
// goroutine.
type Around struct {
	to            io.Writer
	begins, ended string

	noise []byte // printed before the begin, at most maxNoise
	held  []byte // may be the first bytes of the end
	began bool
	over  bool
	code  int
}

// NewAround passes what stands between the marks on to a writer.
func NewAround(mark string, to io.Writer) *Around {
	whole := Ends(mark, 0)
	return &Around{to: to, begins: Begins(mark), ended: strings.TrimSuffix(whole, "0\n")}
}

// Write takes what the host prints. Its error is the writer's, or that the host
// prints without end and never begins.
func (a *Around) Write(p []byte) (int, error) {
	n := len(p)
	if !a.began {
		a.noise = append(a.noise, p...)
		i := bytes.Index(a.noise, []byte(a.begins))
		if i < 0 && len(a.noise) > maxNoise {
			return 0, fmt.Errorf("run: the host talks, but does not begin")
		}
		if i < 0 {
			return n, nil
		}
		a.began, p = true, a.noise[i+len(a.begins):]
		a.noise = a.noise[:i]
	}
	if a.over {
		return n, nil // somebody says good-bye
	}
	return n, a.pass(append(a.held, p...))
}

func (a *Around) pass(p []byte) error {
	i := bytes.IndexByte(p, a.ended[0])
	for i >= 0 && !a.mayEnd(p[i:]) {
		next := bytes.IndexByte(p[i+1:], a.ended[0])
		if next < 0 {
			i = -1
			break
		}
		i += 1 + next
	}
	if i < 0 {
		i = len(p)
	}
	a.held = bytes.Clone(p[i:])
	if i == 0 {
		return nil
	}
	_, err := a.to.Write(p[:i])
	return err
}

// mayEnd reports whether bytes are the end mark or its first part, and takes a
// whole one.
func (a *Around) mayEnd(p []byte) bool {
	if len(p) < len(a.ended) {
		return strings.HasPrefix(a.ended, string(p))
	}
	rest, ok := bytes.CutPrefix(p, []byte(a.ended))
	line, _, whole := bytes.Cut(rest, []byte("\n"))
	if !ok || len(line) > 3 {
		return false
	}
	if whole {
		code, err := strconv.Atoi(string(line))
		a.over, a.code = err == nil, code
		return a.over
	}
	return true
}

// Close gives what was held back, where no end came: the script's shell was
// killed, or the link is gone.
func (a *Around) Close() error {
	if a.over || len(a.held) == 0 {
		return nil
	}
	_, err := a.to.Write(a.held)
	a.held = nil
	return err
}

// Began reports whether the host ever came to our script.
func (a *Around) Began() bool { return a.began }

// Exit is the script's exit code, where its end was seen.
func (a *Around) Exit() (code int, seen bool) { return a.code, a.over }

// Noise is what came before the begin.
func (a *Around) Noise() string { return string(a.noise) }

// Behind cuts what a login shell printed on stderr before the begin.
func Behind(mark, stderr string) string {
	if _, rest, ok := strings.Cut(stderr, Begins(mark)); ok {
		return rest
	}
	return stderr
}
