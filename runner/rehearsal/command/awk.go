// awk. The rule of this file: a program reaches nothing but its streams.
package command

import (
	"bufio"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/benhoyt/goawk/interp"
	"github.com/benhoyt/goawk/parser"

	"belay/runner/rehearsal/process"
)

// awk is goawk without its ways to the real machine: no commands, no files.
// Input files are opened here and given to it as one stream.
func awk(c *process.Call) int {
	o, ok := parse(c, "+F:v:f:", nil)
	if !ok {
		return 2
	}
	source, rest, status := awkSource(c, o)
	if status != 0 {
		return status
	}
	program, err := parser.ParseProgram([]byte(source), nil)
	if err != nil {
		return c.Fail("%v", err) + 1
	}
	vars := awkVars(o)
	var inputs []io.Reader
	for _, word := range rest {
		name, value, assign := strings.Cut(word, "=")
		if assign && nameShape.MatchString(name) {
			vars = append(vars, name, value)
			continue
		}
		h, err := c.OpenRead(word)
		if err != nil {
			return fail(c, word, err) + 1
		}
		defer h.Close()
		if len(inputs) == 0 {
			vars = append(vars, "FILENAME", word)
		}
		inputs = append(inputs, h)
	}
	if len(inputs) > 1 && (strings.Contains(source, "FNR") || strings.Contains(source, "FILENAME")) {
		return c.Usage("FNR and FILENAME with several files")
	}
	var in io.Reader = c.Stdin()
	if len(inputs) > 0 {
		in = io.MultiReader(inputs...)
	}
	environ := []string{}
	for _, pair := range c.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		environ = append(environ, name, value)
	}
	out := awkOutput(c)
	status, err = interp.ExecProgram(program, &interp.Config{
		Stdin: in, Output: out, Error: c.Stderr(), Argv0: "awk", Vars: vars, Environ: environ,
		NoExec: true, NoFileWrites: true, NoFileReads: true, NoArgVars: true,
	})
	if b, ok := out.(*bufio.Writer); ok {
		err = errors.Join(err, b.Flush())
	}
	if err != nil {
		return c.Fail("%v", err) + 1
	}
	return status
}

// awkSource is the program, from -f or the first word, and the words behind it;
// a status other than 0 says that there is none.
func awkSource(c *process.Call, o options) (source string, rest []string, status int) {
	if file, ok := o.set['f']; ok {
		data, err := c.Files().ReadFile(c.Abs(file))
		if err != nil {
			return "", nil, fail(c, file, err) + 1
		}
		return string(data), o.rest, 0
	}
	if len(o.rest) == 0 {
		return "", nil, c.Usage("usage: awk 'program' [file ...]")
	}
	return o.rest[0], o.rest[1:], 0
}

// awkOutput holds back what goes into a file, as awk does. Who reads a pipe is
// not made to wait.
func awkOutput(c *process.Call) io.Writer {
	if (process.End{P: c.Process, N: 1}).Seeker() == nil {
		return c.Stdout()
	}
	return bufio.NewWriterSize(c.Stdout(), 64<<10)
}

var nameShape = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func awkVars(o options) (vars []string) {
	if sep, ok := o.set['F']; ok {
		if sep == "t" || sep == `\t` {
			sep = "\t"
		}
		vars = append(vars, "FS", sep)
	}
	for _, pair := range o.all['v'] {
		name, value, _ := strings.Cut(pair, "=")
		vars = append(vars, name, strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`).Replace(value))
	}
	return vars
}
