// Programs over lines of text.
package command

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"belay/runner/rehearsal/process"
)

var texts = map[string]process.Program{
	"cat": cat, "head": head, "tail": tail, "wc": wc, "tee": tee, "cut": cut, "tr": translate,
	"sort": sortLines, "uniq": uniq, "seq": seq, "yes": yes, "tac": tac, "nl": number, "rev": reverse, "paste": paste,
}

func cat(c *process.Call) int {
	o, ok := parse(c, "nuAvet", nil)
	if !ok {
		return 2
	}
	n := 0
	return each(c, o.rest, func(_ string, r io.Reader) error {
		if !o.has('n') {
			_, err := io.Copy(c.Stdout(), r)
			return err
		}
		return lines(r, func(line string) error {
			n++
			_, err := fmt.Fprintf(c.Stdout(), "%6d\t%s\n", n, line)
			return err
		})
	})
}

// lines calls do with every line, without its end.
func lines(r io.Reader, do func(string) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			if derr := do(strings.TrimSuffix(line, "\n")); derr != nil {
				return derr
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// size reads a count with a suffix: 10, 5k, 2M.
func size(word string) (int64, error) {
	unit := int64(1)
	trimmed := strings.TrimSuffix(strings.TrimSuffix(word, "iB"), "B")
	if n := len(trimmed); n > 0 {
		switch trimmed[n-1] {
		case 'k', 'K':
			unit, trimmed = 1<<10, trimmed[:n-1]
		case 'm', 'M':
			unit, trimmed = 1<<20, trimmed[:n-1]
		case 'g', 'G':
			unit, trimmed = 1<<30, trimmed[:n-1]
		}
	}
	n, err := strconv.ParseInt(trimmed, 10, 64)
	return n * unit, err
}

// amount is the -n or -c of head and tail.
type amount struct {
	n         int64
	bytes     bool
	fromStart bool // tail -n +N
	allBut    bool // head -n -N
}

func parseAmount(o options) (a amount, err error) {
	word, ok := o.set['c']
	if a.bytes = ok; !ok {
		if word, ok = o.set['n']; !ok {
			word = "10"
		}
	}
	a.fromStart, a.allBut = strings.HasPrefix(word, "+"), strings.HasPrefix(word, "-")
	a.n, err = size(strings.TrimLeft(word, "+-"))
	return a, err
}

var amountNames = map[string]byte{"lines": 'n', "bytes": 'c', "quiet": 'q', "silent": 'q', "verbose": 'v', "follow": 'f', "retry": 'R', "while": 'w',
	"stamps": 't', "since": 'S'}

func head(c *process.Call) int {
	o, ok := parse(c, "n:c:qv#", amountNames)
	if !ok {
		return 2
	}
	a, err := parseAmount(o)
	if err != nil {
		return c.Fail("invalid number")
	}
	first := true
	return each(c, o.rest, func(name string, r io.Reader) error {
		title(c, o, name, len(o.rest), &first)
		return headOne(c.Stdout(), r, a)
	})
}

func title(c *process.Call, o options, name string, n int, first *bool) {
	if (n > 1 || o.has('v')) && !o.has('q') {
		if !*first {
			fmt.Fprintln(c.Stdout())
		}
		fmt.Fprintf(c.Stdout(), "==> %s <==\n", name)
	}
	*first = false
}

func headOne(w io.Writer, r io.Reader, a amount) error {
	switch {
	case a.allBut:
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		_, err = w.Write(data[:cutAt(data, a)])
		return err
	case a.bytes:
		_, err := io.CopyN(w, r, a.n)
		if err == io.EOF {
			err = nil
		}
		return err
	}
	in := bufio.NewReader(r)
	for range a.n {
		line, err := in.ReadBytes('\n')
		if _, werr := w.Write(line); werr != nil {
			return werr
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cutAt is where the last a.n lines or bytes of data begin.
func cutAt(data []byte, a amount) int {
	if a.bytes {
		return max(0, len(data)-int(a.n))
	}
	at := len(data)
	for range a.n {
		if at == 0 {
			break
		}
		at = bytes.LastIndexByte(data[:at-1], '\n') + 1
	}
	return at
}

func tail(c *process.Call) int {
	o, ok := parse(c, "n:c:fFqvRs:w:tS:#", amountNames)
	if !ok {
		return 2
	}
	a, err := parseAmount(o)
	if err != nil {
		return c.Fail("invalid number")
	}
	if o.has('f') || o.has('F') {
		return follow(c, o, a)
	}
	first := true
	return each(c, o.rest, func(name string, r io.Reader) error {
		title(c, o, name, len(o.rest), &first)
		_, err := tailOne(c.Stdout(), r, a)
		return err
	})
}

// tailOne writes the end of r and says how much r held.
func tailOne(w io.Writer, r io.Reader, a amount) (int64, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return 0, err
	}
	at := 0
	switch {
	case !a.fromStart:
		at = cutAt(data, a)
	case a.bytes:
		at = min(len(data), int(max(a.n, 1))-1)
	default:
		for range max(a.n, 1) - 1 {
			next := bytes.IndexByte(data[at:], '\n')
			if next < 0 {
				at = len(data)
				break
			}
			at += next + 1
		}
	}
	_, err = w.Write(data[at:])
	return int64(len(data)), err
}

// lookAgain is how often tail -f asks for more: as often as a person sees.
const lookAgain = 120 * time.Millisecond

// follow is tail -f and -F: it goes on until it is killed.
func follow(c *process.Call, o options, a amount) int {
	if len(o.rest) != 1 {
		return c.Usage("following %d files", len(o.rest))
	}
	name, again := o.rest[0], o.has('F')
	h, err := c.OpenRead(name)
	if err != nil && !again {
		return c.Fail("cannot open '%s' for reading", name)
	}
	lasts, out := lasting(c, o), stamping(c.Stdout(), o)
	var read int64
	if h != nil {
		read, _ = tailOne(out, h, a)
	}
	buf := make([]byte, 256<<10)
	for {
		if h != nil {
			n, err := h.Read(buf)
			read += int64(n)
			if n > 0 {
				if _, err := out.Write(buf[:n]); err != nil {
					return 1
				}
				continue
			}
			if err != io.EOF {
				return 1
			}
		}
		if !lasts() {
			return 0
		}
		c.Pause(lookAgain)
		if how := replaced(c, name, h, read); again && how != "" {
			if h != nil { // what was written until it was moved
				if _, err := io.Copy(out, h); err != nil {
					return 1
				}
				h.Close()
			}
			read = 0
			fmt.Fprintf(c.Stderr(), "tail: %s\n", how)
			h, _ = c.OpenRead(name)
		}
	}
}

// lasting gives the question that --while=FILE asks, an option that the fleet's
// tail has of its own: is FILE still the file that it was?
func lasting(c *process.Call, o options) func() bool {
	name, asked := o.set['w']
	if !asked {
		return func() bool { return true }
	}
	was, err := c.Files().Stat(c.Abs(name), true)
	beat := 0
	return func() bool {
		if beat++; beat%4 != 0 { // a few times a second is enough
			return true
		}
		now, nerr := c.Files().Stat(c.Abs(name), true)
		return err == nil && nerr == nil && os.SameFile(was, now)
	}
}

// replaced says, in the words of GNU tail, whether the name stands for another
// file now, or for a shorter one; "" where it does not.
func replaced(c *process.Call, name string, h *process.Handle, read int64) string {
	now, err := c.Files().Stat(c.Abs(name), true)
	if err != nil {
		return ""
	}
	if h == nil {
		return "'" + name + "' has appeared;  following new file"
	}
	was, err := h.Stat()
	switch {
	case err != nil || !os.SameFile(was, now):
		return "'" + name + "' has been replaced;  following new file"
	case now.Size() < read:
		return name + ": file truncated"
	}
	return ""
}

func wc(c *process.Call) int {
	o, ok := parse(c, "lwcm", map[string]byte{"lines": 'l', "words": 'w', "bytes": 'c', "chars": 'm'})
	if !ok {
		return 2
	}
	all := !o.has('l') && !o.has('w') && !o.has('c') && !o.has('m')
	var total [4]int
	show := func(n [4]int, name string) {
		var out []string
		for i, f := range []byte("lwmc") {
			if o.has(f) || all && f != 'm' {
				out = append(out, strconv.Itoa(n[i]))
			}
		}
		if len(out) > 1 {
			for i := range out {
				out[i] = fmt.Sprintf("%7s", out[i])
			}
		}
		fmt.Fprintln(c.Stdout(), strings.TrimRight(strings.Join(out, " ")+" "+name, " "))
	}
	status := each(c, o.rest, func(name string, r io.Reader) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		n := [4]int{bytes.Count(data, []byte("\n")), len(bytes.Fields(data)), len([]rune(string(data))), len(data)}
		for i := range n {
			total[i] += n[i]
		}
		if len(o.rest) == 0 {
			name = ""
		}
		show(n, name)
		return nil
	})
	if len(o.rest) > 1 {
		show(total, "total")
	}
	return status
}

func tee(c *process.Call) int {
	o, ok := parse(c, "ai", map[string]byte{"append": 'a'})
	if !ok {
		return 2
	}
	flag := os.O_TRUNC
	if o.has('a') {
		flag = os.O_APPEND
	}
	status, outs := 0, []io.Writer{c.Stdout()}
	for _, name := range o.rest {
		h, err := c.OpenWrite(name, flag)
		if err != nil {
			status = fail(c, name, err)
			continue
		}
		defer h.Close()
		outs = append(outs, h)
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := c.Stdin().Read(buf)
		for _, w := range outs {
			if _, werr := w.Write(buf[:n]); werr != nil {
				status = fail(c, "write error", werr)
			}
		}
		if err != nil {
			return status
		}
	}
}
