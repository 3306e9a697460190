// Programs that compare and sum up.
package command

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"belay/runner/rehearsal/process"
)

var sums = map[string]process.Program{
	"sha256sum": sumWith(sha256.New), "sha1sum": sumWith(sha1.New), "md5sum": sumWith(md5.New),
	"cmp": compare, "diff": diff, "base64": base64Program, "comm": comm,
}

func sumWith(make func() hash.Hash) process.Program {
	return func(c *process.Call) int {
		o, ok := parse(c, "cbts", map[string]byte{"check": 'c', "status": 'S', "quiet": 'q'})
		if !ok {
			return 2
		}
		if o.has('c') {
			return checkSums(c, o, make)
		}
		return each(c, o.rest, func(name string, r io.Reader) error {
			h := make()
			if _, err := io.Copy(h, r); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.Stdout(), "%s  %s\n", hex.EncodeToString(h.Sum(nil)), name)
			return err
		})
	}
}

func checkSums(c *process.Call, o options, make func() hash.Hash) int {
	bad := 0
	status := each(c, o.rest, func(_ string, r io.Reader) error {
		return lines(r, func(line string) error {
			want, name, _ := strings.Cut(line, " ")
			name = strings.TrimLeft(name, " *")
			h := make()
			err := one(c, name, func(_ string, r io.Reader) error { _, err := io.Copy(h, r); return err })
			result := "OK"
			if err != nil || hex.EncodeToString(h.Sum(nil)) != want {
				result, bad = "FAILED", bad+1
			}
			if !o.has('S') && !(o.has('q') && result == "OK") {
				fmt.Fprintf(c.Stdout(), "%s: %s\n", name, result)
			}
			return nil
		})
	})
	return max(status, min(1, bad))
}

// two reads the two files that an operand pair names.
func two(c *process.Call, rest []string) (a, b []byte, status int) {
	if len(rest) != 2 {
		c.Fail("two file operands are needed")
		return nil, nil, 2
	}
	var data [2][]byte
	for i, name := range rest {
		err := one(c, name, func(_ string, r io.Reader) (err error) {
			data[i], err = io.ReadAll(r)
			return err
		})
		if err != nil {
			fail(c, name, err)
			return nil, nil, 2
		}
	}
	return data[0], data[1], 0
}

func compare(c *process.Call) int {
	o, ok := parse(c, "sl", map[string]byte{"silent": 's', "quiet": 's'})
	if !ok {
		return 2
	}
	a, b, status := two(c, o.rest)
	if status != 0 || bytes.Equal(a, b) {
		return status
	}
	if o.has('s') {
		return 1
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	if n == len(a) || n == len(b) {
		short := o.rest[0]
		if n == len(b) {
			short = o.rest[1]
		}
		c.Fail("EOF on %s after byte %d", short, n)
		return 1
	}
	fmt.Fprintf(c.Stdout(), "%s %s differ: byte %d, line %d\n", o.rest[0], o.rest[1], n+1, bytes.Count(a[:n], []byte("\n"))+1)
	return 1
}

// diff writes the unified form, whatever form was asked for.
func diff(c *process.Call) int {
	o, ok := parse(c, "uqNbwU:s", map[string]byte{"unified": 'u', "brief": 'q'})
	if !ok {
		return 2
	}
	a, b, status := two(c, o.rest)
	if status != 0 || bytes.Equal(a, b) {
		return status
	}
	if o.has('q') {
		fmt.Fprintf(c.Stdout(), "Files %s and %s differ\n", o.rest[0], o.rest[1])
		return 1
	}
	fmt.Fprint(c.Stdout(), udiff.Unified(o.rest[0], o.rest[1], string(a), string(b)))
	return 1
}

func base64Program(c *process.Call) int {
	o, ok := parse(c, "dw:", map[string]byte{"decode": 'd', "wrap": 'w'})
	if !ok {
		return 2
	}
	return each(c, o.rest, func(_ string, r io.Reader) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if o.has('d') {
			plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(data)), ""))
			if err == nil {
				_, err = c.Stdout().Write(plain)
			}
			return err
		}
		text := base64.StdEncoding.EncodeToString(data)
		for o.set['w'] != "0" && len(text) > 76 {
			fmt.Fprintln(c.Stdout(), text[:76])
			text = text[76:]
		}
		_, err = fmt.Fprint(c.Stdout(), text)
		if o.set['w'] != "0" {
			fmt.Fprintln(c.Stdout())
		}
		return err
	})
}

func comm(c *process.Call) int {
	o, ok := parse(c, "123", nil)
	if !ok {
		return 2
	}
	x, y, status := two(c, o.rest)
	if status != 0 {
		return status
	}
	a, b := split(string(x), "\n"), split(string(y), "\n")
	out := bufio.NewWriter(c.Stdout())
	defer out.Flush()
	show := func(column byte, line string) {
		if o.has(column) {
			return
		}
		for n := byte('1'); n < column; n++ {
			if !o.has(n) {
				out.WriteByte('\t')
			}
		}
		fmt.Fprintln(out, line)
	}
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			show('1', a[0])
			a = a[1:]
		case len(a) == 0 || b[0] < a[0]:
			show('2', b[0])
			b = b[1:]
		default:
			show('3', a[0])
			a, b = a[1:], b[1:]
		}
	}
	return 0
}
