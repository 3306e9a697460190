// Programs over the file tree.
package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

var trees = map[string]process.Program{
	"ls": ls, "cp": cp, "mv": mv, "rm": rm, "mkdir": mkdir, "rmdir": rmdir, "ln": ln, "touch": touch,
	"chmod": chmod, "chown": chown, "chgrp": chown, "install": install, "mktemp": mktemp,
	"readlink": readlink, "realpath": readlink, "basename": basename, "dirname": dirname,
	"stat": stat, "find": find, "du": du, "truncate": truncate, "sync": sync,
}

// entry is a file that walk has come to.
type entry struct {
	name  string // as the user wrote its start
	info  fs.FileInfo
	depth int
}

// walk visits name and all below it, each folder before its content. A folder
// is not entered when visit says false.
func walk(c *process.Call, name string, visit func(entry) bool) error {
	return walkFrom(c, name, 0, visit)
}

func walkFrom(c *process.Call, name string, depth int, visit func(entry) bool) error {
	c.Check()
	info, err := c.Files().Stat(c.Abs(name), false)
	if err != nil {
		return err
	}
	if !visit(entry{name, info, depth}) || !info.IsDir() {
		return nil
	}
	list, err := c.Files().ReadDir(c.Abs(name))
	for _, e := range list {
		sub := strings.TrimSuffix(name, "/") + "/" + e.Name()
		if werr := walkFrom(c, sub, depth+1, visit); werr != nil && !errors.Is(werr, fs.ErrNotExist) {
			err = werr
		}
	}
	return err
}

func rm(c *process.Call) int {
	o, ok := parse(c, "rRfvdiI", map[string]byte{"recursive": 'r', "force": 'f', "verbose": 'v', "dir": 'd'})
	if !ok {
		return 2
	}
	status := 0
	for _, name := range o.rest {
		if at, err := c.Files().Resolve(c.Abs(name)); err == nil && at == "/" {
			return c.Fail("it is dangerous to operate recursively on '/'")
		}
		info, err := c.Files().Stat(c.Abs(name), false)
		switch {
		case err != nil && o.has('f') && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)):
			continue
		case err != nil:
		case info.IsDir() && !o.has('r') && !o.has('R') && !o.has('d'):
			err = syscall.EISDIR
		case o.has('r') || o.has('R'):
			err = c.Files().RemoveAll(c.Abs(name))
		default:
			err = c.Files().Remove(c.Abs(name))
		}
		if err != nil {
			status = c.Fail("cannot remove '%s': %s", name, files.Reason(err))
		} else if o.has('v') {
			fmt.Fprintf(c.Stdout(), "removed '%s'\n", name)
		}
	}
	if len(o.rest) == 0 && !o.has('f') {
		return c.Fail("missing operand")
	}
	return status
}

func mkdir(c *process.Call) int {
	o, ok := parse(c, "pm:v", map[string]byte{"parents": 'p', "mode": 'm', "verbose": 'v'})
	if !ok {
		return 2
	}
	status := 0
	for _, name := range o.rest {
		perm := 0o777 &^ c.Umask()
		var err error
		if o.has('p') {
			err = c.Files().MkdirAll(c.Abs(name), perm)
		} else {
			err = c.Files().Mkdir(c.Abs(name), perm)
		}
		if mode, ok := o.set['m']; ok && err == nil {
			err = setMode(c, name, mode)
		}
		if err != nil {
			status = c.Fail("cannot create directory '%s': %s", name, files.Reason(err))
		}
	}
	return status
}

func rmdir(c *process.Call) int {
	o, ok := parse(c, "p", map[string]byte{"ignore-fail-on-non-empty": 'I'})
	if !ok {
		return 2
	}
	status := 0
	for _, name := range o.rest {
		info, err := c.Files().Stat(c.Abs(name), false)
		if err == nil && !info.IsDir() {
			err = syscall.ENOTDIR
		}
		if err == nil {
			err = c.Files().Remove(c.Abs(name))
		}
		if err != nil && !o.has('I') {
			status = c.Fail("failed to remove '%s': %s", name, files.Reason(err))
		}
	}
	return status
}

func ln(c *process.Call) int {
	o, ok := parse(c, "sfnTvr", map[string]byte{"symbolic": 's', "force": 'f', "no-dereference": 'n', "no-target-directory": 'T'})
	if !ok {
		return 2
	}
	if len(o.rest) == 0 {
		return c.Fail("missing file operand")
	}
	target, name := o.rest[0], path.Base(o.rest[0])
	if len(o.rest) > 1 {
		name = o.rest[1]
	}
	at := c.Abs(name)
	info, err := c.Files().Stat(at, !o.has('n') && !o.has('T'))
	if err == nil && info.IsDir() && !o.has('T') {
		at = path.Join(at, path.Base(target))
	}
	if o.has('f') {
		if err := c.Files().Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return c.Fail("cannot remove '%s': %s", name, files.Reason(err))
		}
	}
	if o.has('s') {
		err = c.Files().Symlink(target, at)
	} else {
		err = c.Files().Link(c.Abs(target), at)
	}
	if err != nil {
		return c.Fail("failed to create link '%s': %s", name, files.Reason(err))
	}
	return 0
}

func touch(c *process.Call) int {
	o, ok := parse(c, "cd:r:amt:", map[string]byte{"no-create": 'c', "date": 'd', "reference": 'r'})
	if !ok {
		return 2
	}
	when := time.Now()
	if spec, ok := o.set['d']; ok {
		var err error
		if when, err = parseDate(spec, when); err != nil {
			return c.Fail("invalid date format '%s'", spec)
		}
	}
	if o.has('t') {
		return c.Usage("option -t")
	}
	if ref, ok := o.set['r']; ok {
		info, err := c.Files().Stat(c.Abs(ref), true)
		if err != nil {
			return fail(c, ref, err)
		}
		when = info.ModTime()
	}
	status := 0
	for _, name := range o.rest {
		_, err := c.Files().Stat(c.Abs(name), true)
		if err != nil {
			if o.has('c') {
				continue
			}
			var h *process.Handle
			if h, err = c.OpenWrite(name, 0); err == nil {
				h.Close()
			}
		}
		if err == nil {
			err = c.Files().Chtimes(c.Abs(name), when, when)
		}
		if err != nil {
			status = c.Fail("cannot touch '%s': %s", name, files.Reason(err))
		}
	}
	return status
}

func truncate(c *process.Call) int {
	o, ok := parse(c, "s:c", map[string]byte{"size": 's'})
	if !ok {
		return 2
	}
	if o.set['s'] != "0" {
		return c.Usage("a size other than 0")
	}
	status := 0
	for _, name := range o.rest {
		h, err := c.OpenWrite(name, os.O_TRUNC)
		if err != nil {
			status = fail(c, name, err)
			continue
		}
		h.Close()
	}
	return status
}

// chown changes nothing: all files of a simulated host belong to its one user.
// It fails for a file that is not there.
func chown(c *process.Call) int {
	o, ok := parse(c, "Rfhv", map[string]byte{"recursive": 'R', "reference": 'X'})
	if !ok {
		return 2
	}
	status := 0
	for _, name := range o.rest[min(1, len(o.rest)):] {
		if _, err := c.Files().Stat(c.Abs(name), false); err != nil {
			status = c.Fail("cannot access '%s': %s", name, files.Reason(err))
		}
	}
	return status
}

func sync(c *process.Call) int {
	for _, name := range c.Args[1:] {
		if strings.HasPrefix(name, "-") {
			continue
		}
		if _, err := c.Files().Stat(c.Abs(name), true); err != nil {
			return c.Fail("error opening '%s': %s", name, files.Reason(err))
		}
	}
	return 0
}

func install(c *process.Call) int {
	o, ok := parse(c, "dm:o:g:DpvTct:", map[string]byte{"directory": 'd', "mode": 'm', "target-directory": 't'})
	if !ok {
		return 2
	}
	mode := "755"
	if o.has('m') {
		mode = o.set['m']
	}
	if o.has('d') {
		for _, name := range o.rest {
			err := c.Files().MkdirAll(c.Abs(name), 0o755)
			if err == nil {
				err = setMode(c, name, mode)
			}
			if err != nil {
				return fail(c, name, err)
			}
		}
		return 0
	}
	if o.has('D') && len(o.rest) == 2 {
		if err := c.Files().MkdirAll(path.Dir(c.Abs(o.rest[1])), 0o755); err != nil {
			return fail(c, o.rest[1], err)
		}
	}
	return pairs(c, o, func(from, to string) error {
		_ = c.Files().Remove(to)
		if err := copyFile(c, from, to, 0o600); err != nil {
			return err
		}
		return setMode(c, to, mode)
	})
}

func readlink(c *process.Call) int {
	o, ok := parse(c, "femnsqz", nil)
	if !ok {
		return 2
	}
	status := 0
	for _, name := range o.rest {
		var at string
		var err error
		if path.Base(c.Args[0]) == "readlink" && !o.has('f') && !o.has('e') && !o.has('m') {
			at, err = c.Files().Readlink(c.Abs(name))
		} else if at, err = c.Files().Resolve(c.Abs(name)); err == nil && !o.has('m') {
			must := at
			if !o.has('e') && path.Base(c.Args[0]) == "readlink" {
				must = path.Dir(at)
			}
			_, err = c.Files().Stat(must, true)
		}
		if err != nil {
			status = 1
			if path.Base(c.Args[0]) == "realpath" {
				fail(c, name, err)
			}
			continue
		}
		fmt.Fprint(c.Stdout(), at)
		if !o.has('n') {
			fmt.Fprintln(c.Stdout())
		}
	}
	return status
}

func basename(c *process.Call) int {
	o, ok := parse(c, "as:", nil)
	if !ok || len(o.rest) == 0 {
		return c.Fail("missing operand")
	}
	names, suffix := o.rest, o.set['s']
	if !o.has('a') && !o.has('s') {
		if names = o.rest[:1]; len(o.rest) > 1 {
			suffix = o.rest[1]
		}
	}
	for _, n := range names {
		b := path.Base(n)
		if b != suffix {
			b = strings.TrimSuffix(b, suffix)
		}
		fmt.Fprintln(c.Stdout(), b)
	}
	return 0
}

func dirname(c *process.Call) int {
	for _, n := range c.Args[1:] {
		if n = strings.TrimRight(n, "/"); n == "" {
			n = "/"
		}
		fmt.Fprintln(c.Stdout(), path.Dir(n))
	}
	return boolStatus(len(c.Args) > 1)
}
