// Lines with the time at which they came, as a container's log has them.
package command

import (
	"bytes"
	"io"
	"regexp"
)

// stamping passes lines on as docker logs does with --timestamps and --since,
// where the options that the fleet's tail has of its own (--stamps, --since) ask
// for it. The time is the one with which a line begins, or one before it did.
func stamping(w io.Writer, o options) io.Writer {
	since := o.set['S']
	if !o.has('t') && since == "" {
		return w
	}
	return &stamper{out: w, stamps: o.has('t'), since: since}
}

type stamper struct {
	out    io.Writer
	stamps bool
	since  string // 2006-01-02 15:04:05
	at     string
	held   []byte // a line without its end
}

var begins = regexp.MustCompile(`^\[?(2\d{3}-\d\d-\d\d) (\d\d:\d\d:\d\d)`)

func (s *stamper) Write(p []byte) (int, error) {
	n := len(p)
	p = append(s.held, p...)
	var out []byte
	for {
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		if !ended {
			break
		}
		p = rest
		if m := begins.FindSubmatch(line); m != nil {
			s.at = string(m[1]) + " " + string(m[2])
		}
		if s.at < s.since {
			continue
		}
		if s.stamps && s.at != "" {
			out = append(out, s.at[:10]+"T"+s.at[11:]+"Z "...)
		}
		out = append(append(out, line...), '\n')
	}
	s.held = bytes.Clone(p)
	_, err := s.out.Write(out)
	return n, err
}
