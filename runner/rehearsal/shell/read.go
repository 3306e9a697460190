// Builtins that read: read, mapfile, getopts.
package shell

import (
	"io"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"belay/runner/rehearsal/process"
)

type readOptions struct {
	raw    bool
	prompt string
	delim  byte
	fd     int
	count  int // of bytes; -1: a whole line
}

func (s *Shell) read(args []string) int {
	o := readOptions{delim: '\n', count: -1}
	rest, ok := s.readFlags(args, &o)
	if !ok {
		return 2
	}
	for _, name := range rest {
		if !syntax.ValidName(name) {
			return s.bad(args, "%s: bad variable name", name)
		}
	}
	if o.prompt != "" {
		_, _ = s.p.Stderr().Write([]byte(o.prompt))
	}
	line, ended := s.readLine(o)
	s.spread(rest, line, o)
	return oneIf(ended)
}

func (s *Shell) readFlags(args []string, o *readOptions) ([]string, bool) {
	rest := args[1:]
	for len(rest) > 0 && len(rest[0]) > 1 && rest[0][0] == '-' {
		word := rest[0]
		rest = rest[1:]
		if word == "--" {
			break
		}
		for i := 1; i < len(word); i++ {
			c := word[i]
			if c == 'r' {
				o.raw = true
				continue
			}
			if c == 's' && s.bash {
				continue
			}
			value := word[i+1:]
			if value == "" && len(rest) > 0 {
				value, rest = rest[0], rest[1:]
			}
			if !s.readValue(c, value, o) {
				s.bad(args, "-%c is not supported in the embedded fleet", c)
				return nil, false
			}
			break
		}
	}
	return rest, true
}

func (s *Shell) readValue(c byte, value string, o *readOptions) bool {
	n, err := strconv.ParseFloat(value, 64)
	switch {
	case c == 'p':
		o.prompt = value
	case !s.bash:
		return false
	case c == 'd':
		o.delim = 0
		if value != "" {
			o.delim = value[0]
		}
	case c == 'u' && err == nil:
		o.fd = int(n)
	case c == 'n' && err == nil:
		o.count = int(n)
	default:
		return false
	}
	return true
}

// byteReader gives single bytes. From a file it reads ahead and puts back what
// was not used: what follows the line belongs to the next reader.
type byteReader struct {
	in    process.End
	file  io.Seeker // nil: nothing can be put back
	ahead []byte
	buf   [128]byte
}

func newByteReader(in process.End) *byteReader {
	return &byteReader{in: in, file: in.Seeker()}
}

func (r *byteReader) next() (byte, error) {
	for len(r.ahead) == 0 {
		size := 1
		if r.file != nil {
			size = len(r.buf)
		}
		n, err := r.in.Read(r.buf[:size])
		if r.ahead = r.buf[:n]; n == 0 && err != nil {
			return 0, err
		}
	}
	c := r.ahead[0]
	r.ahead = r.ahead[1:]
	return c, nil
}

func (r *byteReader) putBack() {
	if len(r.ahead) > 0 {
		_, _ = r.file.Seek(-int64(len(r.ahead)), io.SeekCurrent)
	}
}

func (s *Shell) readLine(o readOptions) (line string, ended bool) {
	var b strings.Builder
	in := newByteReader(process.End{P: s.p, N: o.fd})
	defer in.putBack()
	escaped := false
	for o.count < 0 || b.Len() < o.count {
		c, err := in.next()
		if err != nil {
			return b.String(), true
		}
		switch {
		case escaped && c == '\n':
			t := b.String()
			b.Reset()
			b.WriteString(t[:len(t)-1])
			escaped = false
			continue
		case !o.raw && c == '\\' && !escaped:
			escaped = true
		case c == o.delim && !escaped:
			return b.String(), false
		default:
			escaped = false
		}
		b.WriteByte(c)
	}
	return b.String(), false
}

// spread splits a line over the names.
func (s *Shell) spread(names []string, line string, o readOptions) {
	if len(names) == 0 {
		s.assign("REPLY", text1(line))
		return
	}
	s.fields() // lets the expansion take the present IFS
	values := expand.ReadFields(s.cfg, line, len(names), o.raw)
	for i, name := range names {
		v := ""
		if i < len(values) {
			v = values[i]
		}
		s.assign(name, text1(v))
	}
}

func (s *Shell) mapfile(args []string) int {
	name, trim := "MAPFILE", false
	for _, a := range args[1:] {
		switch {
		case a == "-t":
			trim = true
		case strings.HasPrefix(a, "-"):
			return s.bad(args, "%s is not supported in the embedded fleet", a)
		default:
			name = a
		}
	}
	list := []string{}
	for {
		line, ended := s.readLine(readOptions{raw: true, delim: '\n', count: -1})
		if !ended && !trim {
			line += "\n"
		}
		if !ended || line != "" {
			list = append(list, line)
		}
		if ended {
			break
		}
	}
	s.vars[name] = expand.Variable{Set: true, Kind: expand.Indexed, List: list}
	return 0
}

// getopts is POSIX's. Its place is kept in OPTIND and, inside a word of
// several letters, in the shell.
func (s *Shell) getopts(args []string) int {
	if len(args) < 3 {
		return s.bad(args, "usage: getopts optstring var [arg...]")
	}
	spec, name, words := args[1], args[2], s.params
	if len(args) > 3 {
		words = args[3:]
	}
	quiet := strings.HasPrefix(spec, ":")
	done := func() int {
		s.assign(name, text1("?"))
		return 1
	}
	i := max(s.optind, 1) - 1
	if s.getopt == 0 && !s.optionWord(words, i) {
		return done()
	}
	word := words[i]
	c := word[s.getopt]
	s.getopt++
	last := s.getopt >= len(word)
	arg, result := "", string(c)
	delete(s.vars, "OPTARG")
	switch at := strings.IndexByte(spec, c); {
	case at < 0 || c == ':':
		result = "?"
		if quiet {
			s.put("OPTARG", string(c))
		} else {
			s.complain("Illegal option -%c", c)
		}
	case at+1 < len(spec) && spec[at+1] == ':':
		switch {
		case !last:
			arg, last = word[s.getopt:], true
		case i+1 < len(words):
			i++
			arg = words[i]
		default:
			result = "?"
			if quiet {
				result, arg = ":", string(c)
			} else {
				s.complain("No arg for -%c option", c)
			}
		}
		if result != "?" {
			s.put("OPTARG", arg)
		}
	}
	s.optind = i + 1
	if last {
		s.optind, s.getopt = i+2, 0
	}
	s.vars["OPTIND"] = text1(strconv.Itoa(s.optind))
	s.assign(name, text1(result))
	return 0
}

// optionWord says whether the word at i holds options, and begins to read it.
func (s *Shell) optionWord(words []string, i int) bool {
	if i >= len(words) || len(words[i]) < 2 || words[i][0] != '-' {
		return false
	}
	if words[i] == "--" {
		s.put("OPTIND", strconv.Itoa(i+2))
		s.optind = i + 2
		return false
	}
	s.getopt = 1
	return true
}
