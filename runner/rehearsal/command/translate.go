// tr: sets of bytes, translated, deleted or squeezed.
package command

import (
	"bufio"
	"io"
	"strings"

	"belay/runner/rehearsal/process"
)

func translate(c *process.Call) int {
	o, ok := parse(c, "+dscC", map[string]byte{"delete": 'd', "squeeze-repeats": 's', "complement": 'c'})
	if !ok {
		return 2
	}
	if len(o.rest) == 0 || len(o.rest) == 1 && !o.has('d') && !o.has('s') {
		return c.Fail("missing operand")
	}
	from := byteSet(o.rest[0])
	if o.has('c') || o.has('C') {
		from = complement(from)
	}
	var to []byte
	if len(o.rest) > 1 {
		to = byteSet(o.rest[1])
	}
	var table [256]int // the byte, or -1: deleted
	for i := range table {
		table[i] = i
	}
	for i, b := range from {
		switch {
		case o.has('d'):
			table[b] = -1
		case len(to) > 0:
			table[b] = int(to[min(i, len(to)-1)])
		}
	}
	squeeze := ""
	if o.has('s') {
		squeeze = string(from)
		if len(to) > 0 {
			squeeze = string(to)
		}
	}
	in, out := bufio.NewReader(c.Stdin()), bufio.NewWriter(c.Stdout())
	defer out.Flush()
	for last := -1; ; {
		b, err := in.ReadByte()
		if err != nil {
			return boolStatus(err == io.EOF)
		}
		n := table[b]
		if n >= 0 && (n != last || strings.IndexByte(squeeze, byte(n)) < 0) {
			out.WriteByte(byte(n))
			last = n
		}
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}

func complement(set []byte) []byte {
	var in [256]bool
	for _, b := range set {
		in[b] = true
	}
	var out []byte
	for i := range in {
		if !in[i] {
			out = append(out, byte(i))
		}
	}
	return out
}

var classes = map[string]string{
	"digit": "0-9", "lower": "a-z", "upper": "A-Z", "alpha": "A-Za-z", "alnum": "0-9A-Za-z", "xdigit": "0-9A-Fa-f",
	"space": `\t\n\v\f\r `, "blank": `\t `, "punct": "!-/:-@[-`{-~", "print": " -~", "graph": "!-~", "cntrl": `\000-\037\177`,
}

// byteSet reads a set of tr: ranges, escapes and classes.
func byteSet(spec string) []byte {
	var out []byte
	for i := 0; i < len(spec); {
		if strings.HasPrefix(spec[i:], "[:") {
			if end := strings.Index(spec[i:], ":]"); end > 0 {
				if class, ok := classes[spec[i+2:i+end]]; ok {
					out = append(out, byteSet(class)...)
					i += end + 2
					continue
				}
			}
		}
		b, n := setByte(spec[i:])
		i += n
		if i+1 < len(spec) && spec[i] == '-' {
			last, m := setByte(spec[i+1:])
			i += 1 + m
			for x := int(b); x <= int(last); x++ {
				out = append(out, byte(x))
			}
			continue
		}
		out = append(out, b)
	}
	return out
}

func setByte(t string) (b byte, n int) {
	if t[0] != '\\' || len(t) == 1 {
		return t[0], 1
	}
	if i := strings.IndexByte(`abfnrtv`, t[1]); i >= 0 {
		return "\a\b\f\n\r\t\v"[i], 2
	}
	v := 0
	for n = 1; n < len(t) && n < 4 && t[n] >= '0' && t[n] <= '7'; n++ {
		v = v*8 + int(t[n]-'0')
	}
	if n == 1 {
		return t[1], 2
	}
	return byte(v), n
}
