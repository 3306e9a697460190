// grep, awk and jq.
package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/itchyny/gojq"

	"belay/runner/rehearsal/process"
)

var filters = map[string]process.Program{"grep": grep, "egrep": grep, "fgrep": grep, "awk": awk, "gawk": awk, "mawk": awk, "jq": jq, "sed": sed}

type grepper struct {
	c       *process.Call
	o       options
	rx      *regexp.Regexp
	after   int
	before  int
	names   bool
	matched bool
}

func grep(c *process.Call) int {
	o, ok := parse(c, "EFGPqvicnoxlLrRshHwae:f:m:A:B:C:\x01:", map[string]byte{
		"extended-regexp": 'E', "fixed-strings": 'F', "quiet": 'q', "silent": 'q', "invert-match": 'v', "ignore-case": 'i',
		"count": 'c', "line-number": 'n', "only-matching": 'o', "line-regexp": 'x', "files-with-matches": 'l', "recursive": 'r',
		"no-messages": 's', "no-filename": 'h', "with-filename": 'H', "word-regexp": 'w', "regexp": 'e', "file": 'f',
		"max-count": 'm', "after-context": 'A', "before-context": 'B', "context": 'C', "text": 'a', "line-buffered": 'a', "color": 'a', "include": onlyNames})
	if !ok {
		return 2
	}
	patterns, names := o.all['e'], o.rest
	if file, ok := o.set['f']; ok {
		data, err := c.Files().ReadFile(c.Abs(file))
		if err != nil {
			return fail(c, file, err) + 1
		}
		patterns = append(patterns, strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")...)
	}
	if !o.has('e') && !o.has('f') {
		if len(names) == 0 {
			return c.Usage("usage: grep [OPTION]... PATTERNS [FILE]...")
		}
		patterns, names = strings.Split(names[0], "\n"), names[1:]
	}
	rx, err := grepPattern(c, o, patterns)
	if err != nil {
		return c.Usage("%v", err)
	}
	g := &grepper{c: c, o: o, rx: rx}
	for letter, n := range map[byte]*int{'A': &g.after, 'B': &g.before} {
		word := o.set[letter]
		if word == "" {
			word = o.set['C']
		}
		_, _ = fmt.Sscan(word, n) // without a number: 0
	}
	return g.run(names)
}

func grepPattern(c *process.Call, o options, patterns []string) (*regexp.Regexp, error) {
	fixed := o.has('F') || path.Base(c.Args[0]) == "fgrep"
	extended := o.has('E') || o.has('P') || path.Base(c.Args[0]) == "egrep"
	var parts []string
	for _, p := range patterns {
		text := regexp.QuoteMeta(p)
		if !fixed {
			var err error
			if text, err = translateRegex(p, extended); err != nil {
				return nil, err
			}
		}
		parts = append(parts, "(?:"+text+")")
	}
	expr := "(?:" + strings.Join(parts, "|") + ")"
	if len(patterns) == 0 {
		expr = `[^\s\S]`
	}
	if o.has('x') {
		expr = "^" + expr + "$"
	}
	if o.has('w') {
		expr = `\b` + expr + `\b`
	}
	if o.has('i') {
		expr = "(?i)" + expr
	}
	rx, err := regexp.Compile(expr)
	if err == nil {
		rx.Longest()
	}
	return rx, err
}

func (g *grepper) run(names []string) int {
	if g.o.has('r') || g.o.has('R') {
		if len(names) == 0 {
			names = []string{"."}
		}
		var all []string
		for _, n := range names {
			walk(g.c, n, func(e entry) bool {
				if e.info.Mode().IsRegular() && g.includes(e.name) {
					all = append(all, e.name)
				}
				return true
			})
		}
		names, g.names = all, true
	}
	g.names = (g.names || len(names) > 1 || g.o.has('H')) && !g.o.has('h')
	if len(names) == 0 {
		names = []string{"-"}
	}
	status := 0
	for _, n := range names {
		if err := one(g.c, n, g.file); err != nil {
			if err == io.EOF {
				break // -q: enough
			}
			if !g.o.has('s') {
				fail(g.c, n, err)
			}
			status = 2
		}
	}
	if g.matched && (status == 0 || g.o.has('q')) {
		return 0
	}
	return max(1, status)
}

// onlyNames is --include, which has no letter.
const onlyNames = '\x01'

// includes reports whether -r reads a file of this name.
func (g *grepper) includes(name string) bool {
	globs := g.o.all[onlyNames]
	for _, glob := range globs {
		if ok, err := path.Match(glob, path.Base(name)); err == nil && ok {
			return true
		}
	}
	return len(globs) == 0
}

// prefix is what stands in front of a line: the file's name and the number.
func (g *grepper) prefix(name, sep string, n int) string {
	p := ""
	if g.names {
		p = name + sep
	}
	if g.o.has('n') {
		p += fmt.Sprint(n) + sep
	}
	return p
}

// file looks through one file.
func (g *grepper) file(name string, r io.Reader) error {
	n, count, show := 0, 0, 0
	var earlier []string
	limit := -1
	if _, err := fmt.Sscan(g.o.set['m'], &limit); err != nil {
		limit = -1
	}
	out := g.c.Stdout()
	prefix := func(sep string, n int) string { return g.prefix(name, sep, n) }
	quiet := g.o.has('q') || g.o.has('l') || g.o.has('c') || g.o.has('L')
	err := lines(r, func(line string) error {
		n++
		hit := g.rx.MatchString(line) != g.o.has('v')
		if !hit {
			if show > 0 && !quiet {
				show--
				fmt.Fprintf(out, "%s%s\n", prefix("-", n), line)
			} else if earlier = append(earlier, line); len(earlier) > g.before {
				earlier = earlier[1:]
			}
			return nil
		}
		count++
		g.matched = true
		switch {
		case g.o.has('q'), g.o.has('l'):
			return io.EOF
		case quiet:
		case g.o.has('o'):
			for _, m := range g.rx.FindAllString(line, -1) {
				fmt.Fprintf(out, "%s%s\n", prefix(":", n), m)
			}
		default:
			for i, l := range earlier {
				fmt.Fprintf(out, "%s%s\n", prefix("-", n-len(earlier)+i), l)
			}
			fmt.Fprintf(out, "%s%s\n", prefix(":", n), line)
			earlier, show = nil, g.after
		}
		if count == limit {
			return io.ErrUnexpectedEOF
		}
		return nil
	})
	if err == io.ErrUnexpectedEOF {
		err = nil
	}
	switch {
	case g.o.has('l') && count > 0, g.o.has('L') && count == 0:
		fmt.Fprintln(out, name)
		err = nil
	case g.o.has('c') && !g.o.has('q'):
		fmt.Fprintf(out, "%s%d\n", strings.TrimSuffix(prefix(":", 0), "0:"), count)
	}
	return err
}

// jq is gojq: the keys of objects come out sorted.
func jq(c *process.Call) int {
	names, values, rest := []string{}, []any{}, []string{c.Args[0]}
	for args := c.Args[1:]; len(args) > 0; args = args[1:] {
		if (args[0] == "--arg" || args[0] == "--argjson") && len(args) > 2 {
			var v any = args[2]
			if args[0] == "--argjson" && json.Unmarshal([]byte(args[2]), &v) != nil {
				return c.Fail("Invalid JSON text passed to --argjson") + 1
			}
			names, values = append(names, "$"+args[1]), append(values, v)
			args = args[2:]
			continue
		}
		rest = append(rest, args[0])
	}
	o, ok := parse(&process.Call{Process: c.Process, Args: rest}, "rcensRjSMa", map[string]byte{
		"raw-output": 'r', "compact-output": 'c', "exit-status": 'e', "null-input": 'n', "slurp": 's', "raw-input": 'R', "join-output": 'j', "sort-keys": 'S'})
	if !ok {
		return 2
	}
	if len(o.rest) == 0 {
		o.rest = []string{"."}
	}
	query, err := gojq.Parse(o.rest[0])
	if err != nil {
		return c.Fail("error: %v", err) + 2
	}
	code, err := gojq.Compile(query, gojq.WithVariables(names), gojq.WithEnvironLoader(c.Environ))
	if err != nil {
		return c.Fail("error: %v", err) + 2
	}
	inputs, status := jqInputs(c, o)
	last := any(true)
	for _, in := range inputs {
		for iter := code.Run(in, values...); ; {
			v, ok := iter.Next()
			if !ok {
				break
			}
			if err, isErr := v.(error); isErr {
				var halt *gojq.HaltError
				if errors.As(err, &halt) && halt.Value() == nil {
					return halt.ExitCode()
				}
				c.Fail("error: %v", err)
				status = 5
				break
			}
			last = v
			jqPrint(c, o, v)
		}
	}
	if o.has('e') && status == 0 && (last == nil || last == false) {
		return 1
	}
	return status
}

func jqInputs(c *process.Call, o options) (inputs []any, status int) {
	if o.has('n') {
		return []any{nil}, 0
	}
	var data bytes.Buffer
	if status = each(c, o.rest[1:], func(_ string, r io.Reader) error { _, err := io.Copy(&data, r); return err }); status != 0 {
		return nil, 2
	}
	if o.has('R') {
		if o.has('s') {
			return []any{data.String()}, 0
		}
		for line := range strings.Lines(data.String()) {
			inputs = append(inputs, strings.TrimSuffix(line, "\n"))
		}
		return inputs, 0
	}
	for dec := json.NewDecoder(&data); ; {
		var v any
		err := dec.Decode(&v)
		if err == io.EOF {
			break
		}
		if err != nil {
			c.Fail("parse error: %v", err)
			return inputs, 2
		}
		inputs = append(inputs, v)
	}
	if o.has('s') {
		inputs = []any{append([]any{}, inputs...)}
	}
	return inputs, 0
}

func jqPrint(c *process.Call, o options, v any) {
	if text, ok := v.(string); ok && (o.has('r') || o.has('j')) {
		fmt.Fprint(c.Stdout(), text)
	} else {
		data, _ := gojq.Marshal(v)
		if !o.has('c') {
			var b bytes.Buffer
			_ = json.Indent(&b, data, "", "  ")
			data = b.Bytes()
		}
		_, _ = c.Stdout().Write(data)
	}
	if !o.has('j') {
		fmt.Fprintln(c.Stdout())
	}
}
