// mktemp.
package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

func mktemp(c *process.Call) int {
	o, ok := parse(c, "dup:tq", map[string]byte{"directory": 'd', "dry-run": 'u', "tmpdir": 'p'})
	if !ok {
		return 2
	}
	pattern := "tmp.XXXXXXXXXX"
	if len(o.rest) > 0 {
		pattern = o.rest[0]
	}
	base := o.set['p']
	if base == "" && (len(o.rest) == 0 || o.has('t')) {
		if base = c.Env("TMPDIR"); base == "" {
			base = "/tmp"
		}
	}
	at := strings.LastIndex(pattern, "XXX")
	if at < 0 {
		return c.Fail("too few X's in template '%s'", pattern)
	}
	start := len(strings.TrimRight(pattern[:at+3], "X"))
	for range 100 {
		name := pattern[:start] + letters(at+3-start) + pattern[at+3:]
		if base != "" {
			name = path.Join(base, name)
		}
		err := makeTemp(c, name, o)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return c.Fail("failed to create '%s': %s", name, files.Reason(err))
		}
		fmt.Fprintln(c.Stdout(), name)
		return 0
	}
	return 1
}

func makeTemp(c *process.Call, name string, o options) error {
	switch {
	case o.has('u'):
		return nil
	case o.has('d'):
		return c.Files().Mkdir(c.Abs(name), 0o700)
	}
	d, err := c.Open(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return d.Close()
}
