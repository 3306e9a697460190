// Permission bits, octal and symbolic.
package command

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

// octal reads a mode such as 644.
func octal(spec string) (fs.FileMode, bool) {
	n, err := strconv.ParseUint(spec, 8, 12)
	return fs.FileMode(n) & fs.ModePerm, err == nil
}

func setMode(c *process.Call, name, spec string) error {
	info, err := c.Files().Stat(c.Abs(name), true)
	if err != nil {
		return err
	}
	mode, err := newMode(spec, info, c.Umask())
	if err != nil {
		return err
	}
	return c.Files().Chmod(c.Abs(name), mode)
}

// newMode applies an octal or symbolic mode.
func newMode(spec string, info fs.FileInfo, umask fs.FileMode) (fs.FileMode, error) {
	if mode, ok := octal(spec); ok {
		return mode, nil
	}
	mode := info.Mode().Perm()
	for clause := range strings.SplitSeq(spec, ",") {
		at := strings.IndexAny(clause, "+-=")
		if at < 0 || strings.Trim(clause[:at], "ugoa") != "" {
			return 0, errors.New("invalid mode: " + spec)
		}
		who, mask := clause[:at], fs.FileMode(0)
		for i, c := range "ugo" {
			if who == "" || strings.ContainsRune(who, c) || strings.Contains(who, "a") {
				mask |= 0o700 >> (3 * i)
			}
		}
		if who == "" {
			mask &^= umask
		}
		bits := fs.FileMode(0)
		for _, c := range clause[at+1:] {
			switch i := strings.IndexRune("rwx", c); {
			case i >= 0:
				bits |= 0o444 >> i
			case c == 'X' && (info.IsDir() || mode&0o111 != 0):
				bits |= 0o111
			case c == 'X', c == 's', c == 't':
			default:
				return 0, errors.New("invalid mode: " + spec)
			}
		}
		switch clause[at] {
		case '+':
			mode |= bits & mask
		case '-':
			mode &^= bits & mask
		default:
			mode = mode&^mask | bits&mask
		}
	}
	return mode, nil
}

func chmod(c *process.Call) int {
	// A mode such as -x looks like an option; getopt of coreutils takes it too.
	args := slices.Clone(c.Args)
	o := options{set: map[byte]string{}}
	for len(args) > 1 && slices.Contains([]string{"-R", "-v", "-f", "-c", "--recursive"}, args[1]) {
		o.set[strings.TrimPrefix(strings.ToUpper(args[1]), "-")[0]] = ""
		if args[1] == "--recursive" {
			o.set['R'] = ""
		}
		args = append(args[:1], args[2:]...)
	}
	if len(args) < 3 {
		return c.Fail("missing operand")
	}
	status := 0
	for _, name := range args[2:] {
		var err error
		if o.has('R') {
			err = walk(c, name, func(e entry) bool {
				if e.info.Mode()&fs.ModeSymlink == 0 {
					if serr := setMode(c, e.name, args[1]); serr != nil {
						status = fail(c, e.name, serr)
					}
				}
				return true
			})
		} else {
			err = setMode(c, name, args[1])
		}
		if err != nil {
			status = c.Fail("cannot access '%s': %s", name, files.Reason(err))
		}
	}
	return status
}
