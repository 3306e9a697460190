// tar and gzip.
package command

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

var archives = map[string]process.Program{"tar": tarProgram, "gzip": gzipProgram, "gunzip": gzipProgram, "zcat": gzipProgram}

func tarProgram(c *process.Call) int {
	args := c.Args
	if len(args) > 1 && !strings.HasPrefix(args[1], "-") {
		args = append([]string{args[0], "-" + args[1]}, args[2:]...)
	}
	o, ok := parse(&process.Call{Process: c.Process, Args: args}, "cxtzf:C:vphO", map[string]byte{
		"create": 'c', "extract": 'x', "list": 't', "gzip": 'z', "file": 'f', "directory": 'C', "exclude": 'E', "verbose": 'v',
		"strip-components": 'S', "no-same-owner": 'n', "numeric-owner": 'n', "warning": 'n'})
	if !ok {
		return 2
	}
	if len(o.all['C']) > 1 {
		return c.Usage("more than one -C")
	}
	var err error
	switch {
	case o.has('c'):
		err = tarCreate(c, o)
	case o.has('x'), o.has('t'):
		err = tarRead(c, o)
	default:
		return c.Usage("none of -c, -x and -t")
	}
	if err != nil {
		c.Fail("%s", files.Reason(err))
		c.Fail("Exiting with failure status due to previous errors")
		return 2
	}
	return 0
}

func tarCreate(c *process.Call, o options) (err error) {
	if len(o.rest) == 0 {
		return errors.New("cowardly refusing to create an empty archive")
	}
	var out io.Writer = c.Stdout()
	if name := o.set['f']; name != "" && name != "-" {
		h, err := c.OpenWrite(name, os.O_TRUNC)
		if err != nil {
			return fmt.Errorf("%s: Cannot open: %s", name, files.Reason(err))
		}
		defer h.Close()
		out = h
	}
	if o.has('z') {
		gz := gzip.NewWriter(out)
		defer func() { err = errors.Join(err, gz.Close()) }()
		out = gz
	}
	w := tar.NewWriter(out)
	defer func() { err = errors.Join(err, w.Close()) }()
	if dir, ok := o.set['C']; ok {
		info, err := c.Files().Stat(c.Abs(dir), true)
		if err != nil || !info.IsDir() {
			return fmt.Errorf("%s: Cannot open: No such file or directory", dir)
		}
		c.SetDir(path.Clean(c.Abs(dir)))
	}
	for _, name := range o.rest {
		var inner error
		werr := walk(c, name, func(e entry) bool {
			if excluded(o, e.name) || inner != nil {
				return false
			}
			if o.has('v') {
				fmt.Fprintln(c.Stderr(), e.name)
			}
			inner = tarAdd(c, w, e)
			return true
		})
		if werr != nil {
			return fmt.Errorf("%s: Cannot stat: %s", name, files.Reason(werr))
		}
		if inner != nil {
			return inner
		}
	}
	return nil
}

func excluded(o options, name string) bool {
	for _, pattern := range o.all['E'] {
		trimmed := strings.TrimPrefix(name, "./")
		if starMatch(pattern, name) || starMatch(strings.TrimPrefix(pattern, "./"), trimmed) || starMatch(pattern, path.Base(name)) {
			return true
		}
	}
	return false
}

// noSys hides whose file it is: archive/tar would ask the real machine for the
// owner's name.
type noSys struct{ fs.FileInfo }

func (noSys) Sys() any { return nil }

func tarAdd(c *process.Call, w *tar.Writer, e entry) error {
	target := ""
	if e.info.Mode()&fs.ModeSymlink != 0 {
		target, _ = c.Files().Readlink(c.Abs(e.name))
	}
	header, err := tar.FileInfoHeader(noSys{e.info}, target)
	if err != nil {
		return err
	}
	header.Name = strings.TrimLeft(e.name, "/")
	if e.info.IsDir() {
		header.Name += "/"
	}
	header.Uid, header.Gid, header.Uname, header.Gname = 1000, 1000, c.Table().User, c.Table().User
	header.Format = tar.FormatPAX
	data, err := []byte(nil), error(nil)
	if e.info.Mode().IsRegular() { // read first: a log may grow meanwhile
		if data, err = c.Files().ReadFile(c.Abs(e.name)); err != nil {
			return err
		}
		header.Size = int64(len(data))
	}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

func tarRead(c *process.Call, o options) error {
	in := io.Reader(c.Stdin())
	if name := o.set['f']; name != "" && name != "-" {
		h, err := c.OpenRead(name)
		if err != nil {
			return fmt.Errorf("%s: Cannot open: %s", name, files.Reason(err))
		}
		defer h.Close()
		in = h
	}
	r, err := plain(in)
	if err != nil {
		return errors.New("this does not look like a tar archive")
	}
	strip := 0
	_, _ = fmt.Sscan(o.set['S'], &strip)
	base := c.Dir()
	if dir, ok := o.set['C']; ok {
		base = c.Abs(dir)
	}
	if info, err := c.Files().Stat(base, true); err != nil || !info.IsDir() {
		return fmt.Errorf("%s: Cannot open: No such file or directory", base)
	}
	return tarMembers(c, o, tar.NewReader(r), base, strip)
}

// tarMembers lists or extracts what was asked for.
func tarMembers(c *process.Call, o options, archive *tar.Reader, base string, strip int) error {
	found := map[string]bool{}
	for {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return errors.New("this does not look like a tar archive")
		}
		name, wanted := strings.TrimSuffix(h.Name, "/"), len(o.rest) == 0
		for _, w := range o.rest {
			if w = strings.TrimSuffix(w, "/"); name == w || strings.HasPrefix(name, w+"/") {
				wanted, found[w] = true, true
			}
		}
		if !wanted || excluded(o, name) {
			continue
		}
		if o.has('t') || o.has('v') {
			fmt.Fprintln(c.Stdout(), h.Name)
		}
		if o.has('t') {
			continue
		}
		if o.has('O') {
			if _, err := io.Copy(c.Stdout(), archive); err != nil {
				return err
			}
			continue
		}
		if err := tarExtract(c, base, stripped(name, strip), h, archive); err != nil {
			return fmt.Errorf("%s: %s", h.Name, files.Reason(err))
		}
	}
	for _, w := range o.rest {
		if !found[strings.TrimSuffix(w, "/")] {
			return fmt.Errorf("%s: Not found in archive", w)
		}
	}
	return nil
}

func stripped(name string, n int) string {
	parts := strings.Split(name, "/")
	return strings.Join(parts[min(n, len(parts)):], "/")
}

// plain takes gzip away where there is any.
func plain(in io.Reader) (io.Reader, error) {
	var magic [2]byte
	if _, err := io.ReadFull(in, magic[:]); err != nil {
		return nil, err
	}
	all := io.MultiReader(strings.NewReader(string(magic[:])), in)
	if magic == [2]byte{0x1f, 0x8b} {
		return gzip.NewReader(all)
	}
	return all, nil
}

func tarExtract(c *process.Call, base, name string, h *tar.Header, r io.Reader) error {
	if name == "" || name == "." {
		return nil
	}
	if strings.Contains("/"+name+"/", "/../") {
		return errors.New("member name contains '..'")
	}
	to := path.Join(base, name)
	fsys := c.Files()
	if err := fsys.MkdirAll(path.Dir(to), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(h.Mode).Perm()
	switch h.Typeflag {
	case tar.TypeDir:
		if err := fsys.MkdirAll(to, 0o755); err != nil {
			return err
		}
		return fsys.Chmod(to, mode|0o700)
	case tar.TypeSymlink:
		_ = fsys.Remove(to)
		return fsys.Symlink(h.Linkname, to)
	case tar.TypeReg:
	default:
		return fmt.Errorf("a member of type %q is not supported in the embedded fleet", h.Typeflag)
	}
	_ = fsys.Remove(to)
	d, err := c.Open(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	out := process.NewHandle(c.Process, d)
	_, err = io.Copy(out, r)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	return errors.Join(fsys.Chmod(to, mode), fsys.Chtimes(to, h.ModTime, h.ModTime))
}

func gzipProgram(c *process.Call) int {
	o, ok := parse(c, "cdkfnt123456789vl", map[string]byte{"stdout": 'c', "decompress": 'd', "keep": 'k', "force": 'f', "test": 't', "best": '9', "fast": '1'})
	if !ok {
		return 2
	}
	name := path.Base(c.Args[0])
	unpack := o.has('d') || o.has('t') || name != "gzip"
	if len(o.rest) == 0 || len(o.rest) == 1 && o.rest[0] == "-" || o.has('c') || name == "zcat" || o.has('t') {
		return each(c, o.rest, func(_ string, r io.Reader) error {
			out := c.Stdout()
			if o.has('t') {
				out = io.Discard
			}
			return pack(out, r, unpack)
		})
	}
	status := 0
	for _, from := range o.rest {
		to := from + ".gz"
		if unpack {
			to = strings.TrimSuffix(from, ".gz")
		}
		err := error(nil)
		if to == from {
			err = errors.New("unknown suffix -- ignored")
		} else {
			err = packFile(c, from, to, unpack)
		}
		if err == nil && !o.has('k') {
			err = c.Files().Remove(c.Abs(from))
		}
		if err != nil {
			status = fail(c, from, err)
		}
	}
	return status
}

func packFile(c *process.Call, from, to string, unpack bool) error {
	return one(c, from, func(_ string, r io.Reader) error {
		h, err := c.OpenWrite(to, os.O_TRUNC)
		if err != nil {
			return err
		}
		return errors.Join(pack(h, r, unpack), h.Close())
	})
}

func pack(w io.Writer, r io.Reader, unpack bool) error {
	if unpack {
		gz, err := gzip.NewReader(r)
		if err != nil {
			return errors.New("not in gzip format")
		}
		_, err = io.Copy(w, gz)
		return err
	}
	gz := gzip.NewWriter(w)
	_, err := io.Copy(gz, r)
	return errors.Join(err, gz.Close())
}
