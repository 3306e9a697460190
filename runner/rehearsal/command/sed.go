// sed: the commands that scripts use, with addresses. The rule of this file:
// an unknown command is a syntax error before the first line is read.
package command

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"belay/runner/rehearsal/process"
)

// sedCommand is one command of a script.
type sedCommand struct {
	from, to *address
	negate   bool
	verb     byte
	text     string // of a, i, c; the label of b and t
	rx       *regexp.Regexp
	with     string
	nth      int
	global   bool
	print    bool
	from1    string // of y
	to1      string
	block    int // of {: index behind its }
	active   bool
	end      int // of an active range with a line number
}

type address struct {
	line int
	last bool
	plus bool // to: so many lines more
	rx   *regexp.Regexp
}

func sed(c *process.Call) int {
	o, ok := parse(sedArgs(c), "nEre:f:i:su", map[string]byte{"quiet": 'n', "silent": 'n', "regexp-extended": 'E', "expression": 'e', "in-place": 'i', "file": 'f'})
	if !ok {
		return 2
	}
	scripts, names := o.all['e'], o.rest
	if file, ok := o.set['f']; ok {
		data, err := c.Files().ReadFile(c.Abs(file))
		if err != nil {
			return fail(c, file, err)
		}
		scripts = append(scripts, string(data))
	}
	if len(scripts) == 0 {
		if len(names) == 0 {
			return c.Usage("usage: sed [OPTION]... script [file]...")
		}
		scripts, names = names[:1], names[1:]
	}
	p := &sedParser{text: strings.Join(scripts, "\n"), extended: o.has('E') || o.has('r')}
	cmds, err := p.parse()
	if err != nil {
		return c.Fail("-e expression #1, char %d: %v", p.at, err)
	}
	if o.has('i') {
		status := 0
		for _, name := range names {
			if err := sedInPlace(c, cmds, o, name); err != nil {
				status = max(status, fail(c, "can't edit "+name, err))
			}
		}
		return status
	}
	out := bufio.NewWriter(c.Stdout())
	run := &sedRun{cmds: cmds, out: out, quiet: o.has('n'), code: -1}
	var readers []io.Reader
	status := each(c, names, func(_ string, r io.Reader) error {
		data, err := io.ReadAll(r) // $ asks for the end of all files
		readers = append(readers, strings.NewReader(string(data)))
		return err
	})
	run.in = bufio.NewReader(io.MultiReader(readers...))
	run.run()
	if err := out.Flush(); err != nil {
		return fail(c, "couldn't write", err)
	}
	if run.code >= 0 {
		return run.code
	}
	return status * 2
}

// sedArgs gives -i its own shape: its suffix is never the next word.
func sedArgs(c *process.Call) *process.Call {
	args := append([]string{}, c.Args...)
	for i, a := range args {
		switch {
		case a == "--":
			return &process.Call{Process: c.Process, Args: args}
		case a == "-i" || a == "--in-place":
			args[i] = "--in-place="
		case a == "-ni" || a == "-Ei" || a == "-ri":
			args[i] = "--in-place="
			args = append(args[:i:i], append([]string{a[:2]}, args[i:]...)...)
		}
	}
	return &process.Call{Process: c.Process, Args: args}
}

func sedInPlace(c *process.Call, cmds []*sedCommand, o options, name string) error {
	data, err := c.Files().ReadFile(c.Abs(name))
	if err != nil {
		return err
	}
	info, err := c.Files().Stat(c.Abs(name), true)
	if err != nil {
		return err
	}
	if suffix := o.set['i']; suffix != "" {
		if err := c.Files().WriteFile(c.Abs(name+suffix), data, info.Mode()); err != nil {
			return err
		}
	}
	var out strings.Builder
	w := bufio.NewWriter(&out)
	for _, cmd := range cmds {
		cmd.active = false
	}
	run := &sedRun{cmds: cmds, out: w, quiet: o.has('n'), code: -1, in: bufio.NewReader(strings.NewReader(string(data)))}
	run.run()
	if run.code >= 0 {
		_, _ = io.Copy(w, run.in)
	}
	w.Flush()
	return c.Files().WriteFile(c.Abs(name), []byte(out.String()), info.Mode())
}

// sedRun is a script at work.
type sedRun struct {
	cmds    []*sedCommand
	in      *bufio.Reader
	out     *bufio.Writer
	quiet   bool
	line    int
	space   string
	hold    string
	append  []string
	newline bool // the last line read had one
	code    int  // of q; -1: goes on
}

func (r *sedRun) next() bool {
	text, err := r.in.ReadString('\n')
	if text == "" && err != nil {
		return false
	}
	r.newline = strings.HasSuffix(text, "\n")
	r.space = strings.TrimSuffix(text, "\n")
	r.line++
	return true
}

func (r *sedRun) last() bool {
	_, err := r.in.Peek(1)
	return err != nil
}

func (r *sedRun) print(text string) {
	r.out.WriteString(text)
	if r.newline || !r.last() {
		r.out.WriteByte('\n')
	}
}

func (r *sedRun) flush() {
	for _, a := range r.append {
		r.out.WriteString(a + "\n")
	}
	r.append = nil
}

func (r *sedRun) run() {
	for r.code < 0 && r.next() {
		deleted := r.cycle()
		if !deleted && !r.quiet {
			r.print(r.space)
		}
		r.flush()
	}
}

// cycle runs the script on one line; true: do not print it.
func (r *sedRun) cycle() (deleted bool) {
	changed := false
	for pc := 0; pc < len(r.cmds); pc++ {
		cmd := r.cmds[pc]
		if r.selects(cmd) == cmd.negate {
			if cmd.verb == '{' {
				pc = cmd.block - 1
			}
			continue
		}
		switch cmd.verb {
		case 'd':
			return true
		case 'q', 'Q':
			r.code, _ = strconv.Atoi("0" + cmd.text)
			return cmd.verb == 'Q'
		case 's':
			changed = r.substitute(cmd) || changed
		case 'b', 't':
			if cmd.verb == 't' && !changed {
				continue
			}
			changed = false
			pc = r.label(cmd.text)
		case 'c':
			if cmd.to == nil || !cmd.active {
				r.out.WriteString(cmd.text + "\n")
			}
			return true
		case 'n':
			if !r.quiet {
				r.print(r.space)
			}
			r.flush()
			if !r.next() {
				return true
			}
		case 'N':
			before := r.space
			if !r.next() {
				return false
			}
			r.space = before + "\n" + r.space
		default:
			r.simple(cmd)
		}
	}
	return false
}

func (r *sedRun) label(name string) int {
	for i, cmd := range r.cmds {
		if cmd.verb == ':' && cmd.text == name && name != "" {
			return i
		}
	}
	return len(r.cmds)
}

func (r *sedRun) simple(cmd *sedCommand) {
	switch cmd.verb {
	case 'p':
		r.out.WriteString(r.space + "\n")
	case 'P':
		first, _, _ := strings.Cut(r.space, "\n")
		r.out.WriteString(first + "\n")
	case '=':
		fmt.Fprintln(r.out, r.line)
	case 'a':
		r.append = append(r.append, cmd.text)
	case 'i':
		r.out.WriteString(cmd.text + "\n")
	case 'h':
		r.hold = r.space
	case 'H':
		r.hold += "\n" + r.space
	case 'g':
		r.space = r.hold
	case 'G':
		r.space += "\n" + r.hold
	case 'x':
		r.space, r.hold = r.hold, r.space
	case 'y':
		var pairs []string
		to := []rune(cmd.to1)
		for i, c := range []rune(cmd.from1) {
			pairs = append(pairs, string(c), string(to[i]))
		}
		r.space = strings.NewReplacer(pairs...).Replace(r.space)
	}
}

func (r *sedRun) at(a *address) bool {
	switch {
	case a.rx != nil:
		return a.rx.MatchString(r.space)
	case a.last:
		return r.last()
	}
	return r.line == a.line
}

// selects says whether the addresses of a command hold the present line.
func (r *sedRun) selects(cmd *sedCommand) bool {
	switch {
	case cmd.from == nil:
		return true
	case cmd.to == nil:
		return r.at(cmd.from)
	case cmd.active:
		cmd.active = !(cmd.end > 0 && r.line >= cmd.end || cmd.end == 0 && r.at(cmd.to))
		if cmd.end > 0 && r.line > cmd.end {
			return false
		}
		return true
	case cmd.from.line == 0 && cmd.from.rx == nil && !cmd.from.last && r.line == 1 || r.at(cmd.from):
		cmd.end = cmd.to.line
		if cmd.to.plus {
			cmd.end += r.line
		}
		cmd.active = !(cmd.to.rx == nil && !cmd.to.last && cmd.end <= r.line) && !(cmd.to.last && r.last())
		return true
	}
	return false
}

// substitute carries s out on the pattern space.
func (r *sedRun) substitute(cmd *sedCommand) bool {
	var b strings.Builder
	done, n, at := false, 0, 0
	for _, m := range cmd.rx.FindAllStringSubmatchIndex(r.space, -1) {
		n++
		if n < cmd.nth || n > cmd.nth && !cmd.global {
			continue
		}
		b.WriteString(r.space[at:m[0]])
		b.WriteString(replacement(cmd.with, r.space, m))
		at, done = m[1], true
	}
	if !done {
		return false
	}
	b.WriteString(r.space[at:])
	r.space = b.String()
	if cmd.print {
		r.out.WriteString(r.space + "\n")
	}
	return true
}

func replacement(with, text string, m []int) string {
	var b strings.Builder
	group := func(n int) {
		if 2*n+1 < len(m) && m[2*n] >= 0 {
			b.WriteString(text[m[2*n]:m[2*n+1]])
		}
	}
	for i := 0; i < len(with); i++ {
		c := with[i]
		switch {
		case c == '&':
			group(0)
		case c == '\\' && i+1 < len(with):
			i++
			switch c := with[i]; {
			case c >= '0' && c <= '9':
				group(int(c - '0'))
			case c == 'n':
				b.WriteByte('\n')
			case c == 't':
				b.WriteByte('\t')
			default:
				b.WriteByte(c)
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
