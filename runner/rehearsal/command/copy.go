// cp and mv.
package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"belay/runner/rehearsal/process"
)

// copyFile copies one file, with the mode of the original less the umask.
func copyFile(c *process.Call, from, to string, mode fs.FileMode) error {
	in, err := c.OpenRead(from)
	if err != nil {
		return err
	}
	defer in.Close()
	d, err := c.Open(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode.Perm())
	if err != nil {
		return err
	}
	out := process.NewHandle(c.Process, d)
	_, err = io.Copy(out, in)
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}

type copier struct {
	c          *process.Call
	o          options
	recursive  bool
	keep       bool // times and modes
	asSymlinks bool
}

func cp(c *process.Call) int {
	o, ok := parse(c, "rRapfnTvLPHdut:", map[string]byte{
		"recursive": 'r', "archive": 'a', "preserve": 'p', "force": 'f', "no-clobber": 'n', "no-target-directory": 'T', "verbose": 'v', "dereference": 'L', "target-directory": 't'})
	if !ok {
		return 2
	}
	k := &copier{c: c, o: o, keep: o.has('p') || o.has('a'), recursive: o.has('r') || o.has('R') || o.has('a')}
	k.asSymlinks = k.recursive && !o.has('L') || o.has('P') || o.has('d')
	return pairs(c, o, k.copy)
}

// pairs calls do for every source and its place in or at the last operand.
func pairs(c *process.Call, o options, do func(from, to string) error) int {
	from := o.rest
	to, given := o.set['t']
	if !given {
		if len(from) < 2 {
			return c.Fail("missing file operand")
		}
		from, to = from[:len(from)-1], from[len(from)-1]
	}
	info, err := c.Files().Stat(c.Abs(to), true)
	dir := err == nil && info.IsDir()
	if len(from) > 1 && !dir {
		return c.Fail("target '%s' is not a directory", to)
	}
	status := 0
	for _, f := range from {
		at := c.Abs(to)
		if dir && !o.has('T') {
			at = path.Join(at, path.Base(f))
		}
		if err := do(f, at); err != nil {
			status = fail(c, fmt.Sprintf("cannot handle '%s'", f), err)
		} else if o.has('v') {
			fmt.Fprintf(c.Stdout(), "'%s' -> '%s'\n", f, at)
		}
	}
	return status
}

func (k *copier) copy(from, to string) error {
	fsys := k.c.Files()
	info, err := fsys.Stat(k.c.Abs(from), !k.asSymlinks)
	if err != nil {
		return err
	}
	if old, err := fsys.Stat(to, false); err == nil {
		if k.o.has('n') || k.o.has('u') && !info.ModTime().After(old.ModTime()) {
			return nil
		}
		if os.SameFile(old, info) {
			return errors.New("are the same file")
		}
	}
	switch {
	case info.IsDir():
		if !k.recursive {
			return errors.New("-r not specified; omitting directory")
		}
		if err := k.directory(from, to, info); err != nil {
			return err
		}
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := fsys.Readlink(k.c.Abs(from))
		if err != nil {
			return err
		}
		_ = fsys.Remove(to)
		return fsys.Symlink(target, to)
	default:
		if err := copyFile(k.c, from, to, info.Mode()); err != nil {
			return err
		}
	}
	if !k.keep {
		return nil
	}
	return errors.Join(fsys.Chmod(to, info.Mode()), fsys.Chtimes(to, info.ModTime(), info.ModTime()))
}

func (k *copier) directory(from, to string, info fs.FileInfo) error {
	fsys := k.c.Files()
	if within := strings.HasPrefix(to+"/", k.c.Abs(from)+"/"); within {
		return errors.New("cannot copy a directory into itself")
	}
	if err := fsys.MkdirAll(to, info.Mode().Perm()|0o700); err != nil {
		return err
	}
	list, err := fsys.ReadDir(k.c.Abs(from))
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := k.copy(from+"/"+e.Name(), to+"/"+e.Name()); err != nil {
			return err
		}
	}
	return nil
}

func mv(c *process.Call) int {
	o, ok := parse(c, "fnTvt:i", map[string]byte{"force": 'f', "no-clobber": 'n', "no-target-directory": 'T', "verbose": 'v', "target-directory": 't'})
	if !ok {
		return 2
	}
	return pairs(c, o, func(from, to string) error {
		if _, err := c.Files().Stat(to, false); err == nil && o.has('n') {
			return nil
		}
		err := c.Files().Rename(c.Abs(from), to)
		if !errors.Is(err, syscall.EXDEV) {
			return err
		}
		all := options{set: map[byte]string{}}
		k := &copier{c: c, o: all, recursive: true, keep: true, asSymlinks: true}
		if err := k.copy(from, to); err != nil {
			return err
		}
		return c.Files().RemoveAll(c.Abs(from))
	})
}
