// echo and printf: as dash has them, and as bash has them.
package shell

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"belay/runner/rehearsal/files"
)

func (s *Shell) echo(args []string) int {
	words, newline, escapes := args[1:], true, !s.bash
	for len(words) > 0 {
		if words[0] == "-n" {
			newline = false
		} else if s.bash && (words[0] == "-e" || words[0] == "-E" || words[0] == "-ne" || words[0] == "-en") {
			escapes = words[0] != "-E"
			newline = newline && !strings.Contains(words[0], "n")
		} else {
			break
		}
		words = words[1:]
	}
	line := strings.Join(words, " ")
	if escapes {
		var stop bool
		if line, stop = unescape(line, true); stop {
			newline = false
		}
	}
	if newline {
		line += "\n"
	}
	return s.write(line)
}

// write prints for a builtin; a full disk is its failure.
func (s *Shell) write(text string) int {
	if _, err := io.WriteString(s.p.Stdout(), text); err != nil {
		s.complain("write error: %s", files.Reason(err))
		return 1
	}
	return 0
}

// unescape reads the backslash sequences of printf; of echo and %b with
// zeroOctal, where an octal number begins with 0. \c ends all output.
func unescape(t string, zeroOctal bool) (out string, stop bool) {
	if !strings.Contains(t, `\`) {
		return t, false
	}
	var b strings.Builder
	for i := 0; i < len(t); i++ {
		if t[i] != '\\' || i+1 == len(t) {
			b.WriteByte(t[i])
			continue
		}
		i++
		if at := strings.IndexByte(`abfnrtv\e`, t[i]); at >= 0 {
			b.WriteByte("\a\b\f\n\r\t\v\\\x1b"[at])
			continue
		}
		switch c := t[i]; {
		case c == 'c' && zeroOctal:
			return b.String(), true
		case c == '"' && !zeroOctal, c == '\'' && !zeroOctal:
			b.WriteByte(c)
		case c >= '0' && c <= '7' && (!zeroOctal || c == '0'):
			n, used := digits(t[i:], 8, 3+oneIf(zeroOctal))
			b.WriteByte(byte(n))
			i += used - 1
		case c == 'x':
			n, used := digits(t[i+1:], 16, 2)
			if used == 0 {
				b.WriteString(`\x`)
				continue
			}
			b.WriteByte(byte(n))
			i += used
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String(), false
}

func digits(t string, base, limit int) (n, used int) {
	for used < len(t) && used < limit {
		d, err := strconv.ParseInt(t[used:used+1], base, 8)
		if err != nil {
			break
		}
		n, used = n*base+int(d), used+1
	}
	return n, used
}

func (s *Shell) printf(args []string) int {
	words := args[1:]
	variable := ""
	if s.bash && len(words) > 1 && words[0] == "-v" {
		variable, words = words[1], words[2:]
	}
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		return s.bad(args, "usage: printf format [arg ...]")
	}
	f := &formatter{shell: s, args: words[1:]}
	for {
		used := f.taken
		f.format(words[0])
		if f.stop || len(f.args) == 0 || f.taken == used {
			break
		}
	}
	if variable != "" {
		s.assign(variable, text1(f.out.String()))
		return f.status
	}
	return max(s.write(f.out.String()), f.status)
}

// formatter is one run of printf.
type formatter struct {
	shell  *Shell
	out    strings.Builder
	args   []string
	taken  int
	stop   bool
	status int
}

func (f *formatter) next() string {
	if len(f.args) == 0 {
		return ""
	}
	a := f.args[0]
	f.args = f.args[1:]
	f.taken++
	return a
}

func (f *formatter) format(spec string) {
	for i := 0; i < len(spec) && !f.stop; {
		if spec[i] != '%' {
			end := strings.IndexByte(spec[i:], '%')
			if end < 0 {
				end = len(spec) - i
			}
			text, _ := unescape(spec[i:i+end], false)
			f.out.WriteString(text)
			i += end
			continue
		}
		if strings.HasPrefix(spec[i:], "%%") {
			f.out.WriteByte('%')
			i += 2
			continue
		}
		end := i + 1
		for end < len(spec) && strings.IndexByte("-+ #0123456789.*'", spec[end]) >= 0 {
			end++
		}
		if end == len(spec) {
			f.fail("%s: missing format character", spec[i:])
			return
		}
		f.directive(f.stars(spec[i:end]), spec[end])
		i = end + 1
	}
}

// stars puts the numbers that are given as arguments into the flags.
func (f *formatter) stars(flags string) string {
	for strings.Contains(flags, "*") {
		flags = strings.Replace(flags, "*", strconv.FormatInt(f.integer(f.next()), 10), 1)
	}
	return flags
}

func (f *formatter) fail(format string, args ...any) {
	f.shell.complain("printf: "+format, args...)
	f.status = 1
}

func (f *formatter) directive(flags string, verb byte) {
	switch verb {
	case 's':
		fmt.Fprintf(&f.out, flags+"s", f.next())
	case 'b':
		text, stop := unescape(f.next(), true)
		f.stop = stop
		fmt.Fprintf(&f.out, flags+"s", text)
	case 'q':
		fmt.Fprintf(&f.out, flags+"s", quote(f.next()))
	case 'c':
		a := f.next()
		fmt.Fprintf(&f.out, flags+"s", a[:min(1, len(a))])
	case 'd', 'i':
		fmt.Fprintf(&f.out, flags+"d", f.integer(f.next()))
	case 'u':
		fmt.Fprintf(&f.out, flags+"d", uint64(f.integer(f.next())))
	case 'o', 'x', 'X':
		fmt.Fprintf(&f.out, flags+string(verb), uint64(f.integer(f.next())))
	case 'e', 'E', 'f', 'F', 'g', 'G':
		a := f.next()
		n, err := strconv.ParseFloat(strings.TrimSpace(a), 64)
		if err != nil && a != "" {
			f.fail("%s: expected numeric value", a)
		}
		if verb == 'g' && !strings.Contains(flags, ".") {
			flags += ".6" // C's default
		}
		fmt.Fprintf(&f.out, flags+string(verb), n)
	default:
		f.fail("%%%c: invalid directive", verb)
		f.stop = true
	}
}

// integer reads a number as C does: 0x and 0 in front, 'c for a character.
func (f *formatter) integer(a string) int64 {
	a = strings.TrimSpace(a)
	if a == "" {
		return 0
	}
	if (a[0] == '\'' || a[0] == '"') && len(a) > 1 {
		return int64([]rune(a[1:])[0])
	}
	n, err := strconv.ParseInt(a, 0, 64)
	if err != nil {
		if u, uerr := strconv.ParseUint(a, 0, 64); uerr == nil {
			return int64(u)
		}
		f.fail("%s: expected numeric value", a)
		end := 0
		for end < len(a) && (a[end] >= '0' && a[end] <= '9' || end == 0 && a[end] == '-') {
			end++
		}
		n, _ = strconv.ParseInt(a[:end], 10, 64)
	}
	return n
}
