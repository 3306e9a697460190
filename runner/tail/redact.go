package tail

// Secrets are taken out of a stream before anything of it reaches our disk or
// screen. A value is found wherever it lies, also across the borders of the
// pieces in which the stream came; where two values begin at one place the
// longer one is meant.

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// MinSecret is the length in bytes under which a secret is refused: a shorter
// value would be found in innocent text, and its absence would tell it.
const MinSecret = 6

// ErrShortSecret: a secret is shorter than [MinSecret] bytes.
var ErrShortSecret = errors.New("secret is shorter than 6 bytes")

// Secrets is a set of values to be replaced by ‹secret NAME›.
type Secrets struct {
	list  []secret // longest value first
	first [256]bool
}

type secret struct {
	name        string
	value, mask []byte
}

// NewSecrets takes values by name. Errors never contain a value.
func NewSecrets(values map[string][]byte) (*Secrets, error) {
	s := &Secrets{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		if len(value) < MinSecret {
			return nil, fmt.Errorf("secret %s: %w", name, ErrShortSecret)
		}
		s.list = append(s.list, secret{name, bytes.Clone(value), []byte("‹secret " + Inert(name) + "›")})
		s.first[value[0]] = true
	}
	slices.SortStableFunc(s.list, func(a, b secret) int { return cmp.Compare(len(b.value), len(a.value)) })
	return s, nil
}

// Text replaces the values in a whole text, and says how many it found. A nil
// set has no values.
func (s *Secrets) Text(text string) (string, int) {
	if s == nil || len(s.list) == 0 {
		return text, 0
	}
	var b bytes.Buffer
	r := s.Redactor(&b)
	r.Write([]byte(text))
	r.Flush()
	return b.String(), r.Hits()
}

// Redactor returns a writer that passes a stream on to dst without the values.
func (s *Secrets) Redactor(dst io.Writer) *Redactor {
	if s == nil {
		s = &Secrets{}
	}
	return &Redactor{secrets: s, dst: dst, hits: map[string]int{}}
}

// Redactor is an io.Writer. It holds back what may be the beginning of a
// secret, at most one byte less than the longest, until more comes or Flush is
// called. It is used by one goroutine.
type Redactor struct {
	secrets *Secrets
	dst     io.Writer
	held    []byte
	hits    map[string]int
	err     error // of dst, sticky
}

// Write passes p on as far as it is decided. It returns the first error of the
// writer behind it.
func (r *Redactor) Write(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	data := p
	if len(r.held) > 0 {
		data = append(r.held, p...)
	}
	rest := r.pass(data, false)
	r.held = append(r.held[:0:0], rest...)
	if r.err != nil {
		return 0, r.err
	}
	return len(p), nil
}

// Flush passes on what was held back: the stream is at its end.
func (r *Redactor) Flush() error {
	if r.err == nil {
		r.pass(r.held, true)
		r.held = nil
	}
	return r.err
}

// Held is how many bytes have come that are not passed on yet: whoever notes
// how far a stream was stored subtracts it.
func (r *Redactor) Held() int { return len(r.held) }

// Hits is how many values were replaced; HitsOf tells of one name.
func (r *Redactor) Hits() int {
	n := 0
	for _, k := range r.hits {
		n += k
	}
	return n
}

// HitsOf is how often the value of one secret was replaced.
func (r *Redactor) HitsOf(name string) int { return r.hits[name] }

// pass writes data with the values replaced and returns what it cannot decide.
func (r *Redactor) pass(data []byte, final bool) (undecided []byte) {
	clean := 0 // data before it is written
	for i := 0; i < len(data); {
		if !r.secrets.first[data[i]] {
			i++
			continue
		}
		found, wait := r.secrets.at(data[i:], final)
		if wait {
			r.emit(data[clean:i])
			return data[i:]
		}
		if found == nil {
			i++
			continue
		}
		r.emit(data[clean:i])
		r.emit(found.mask)
		r.hits[found.name]++
		i += len(found.value)
		clean = i
	}
	r.emit(data[clean:])
	return nil
}

// at finds the secret at the start of data; wait says that a longer one than
// any that is found may follow.
func (s *Secrets) at(data []byte, final bool) (found *secret, wait bool) {
	for i := range s.list {
		value := s.list[i].value
		if bytes.HasPrefix(data, value) {
			return &s.list[i], false
		}
		if !final && len(data) < len(value) && bytes.HasPrefix(value, data) {
			return nil, true
		}
	}
	return nil, false
}

func (r *Redactor) emit(b []byte) {
	if len(b) > 0 && r.err == nil {
		_, r.err = r.dst.Write(b)
	}
}
