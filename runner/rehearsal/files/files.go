// Package files is the disk of one simulated host.
//
// The rule of this package: every path that a simulated program names is
// resolved here, component by component, inside an os.Root. No path ever
// reaches the real file system in another way, so a symlink, "..", or an
// absolute target can at most name another file of the same host.
package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"
)

// maxLinks is how many symlinks one path may pass, as on Linux
// (path_resolution(7)).
const maxLinks = 40

// File is an open file of a simulated host.
type File interface {
	io.ReadWriteCloser
	Stat() (fs.FileInfo, error)
}

// Dynamic answers for the files below /proc, which are made when they are read.
type Dynamic interface {
	// Read returns the content of a file. The path has no "/proc/" in front.
	Read(name string) ([]byte, error)
	// List returns the entries of a folder, or nil when name is not a folder.
	List(name string) []string
}

// FS is the file system of one host: its own folder, the folders that are
// mounted on it, and the made-up parts of /dev and /proc.
type FS struct {
	root   *os.Root
	mounts []mount
	proc   Dynamic
	disk   *Disk
	dirs   dirCache
}

type mount struct {
	at       string // virtual and clean, without the leading slash
	root     *os.Root
	readOnly bool
}

// Open gives the file system that has dir as its root folder.
func Open(dir string) (*FS, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &FS{root: root, disk: newDisk()}, nil
}

// Mount shows the folder dir at the virtual path at. The mount point is made
// in the host's own folder, so that listings name it.
func (f *FS) Mount(at, dir string, readOnly bool) error {
	if err := f.MkdirAll(at, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	f.mounts = append(f.mounts, mount{strings.Trim(path.Clean(at), "/"), root, readOnly})
	slices.SortFunc(f.mounts, func(a, b mount) int { return len(b.at) - len(a.at) })
	return nil
}

// SetProc names who answers for /proc.
func (f *FS) SetProc(d Dynamic) { f.proc = d }

// Disk is the host's simulated disk.
func (f *FS) Disk() *Disk { return f.disk }

// Close gives the folders back.
func (f *FS) Close() error {
	err := f.root.Close()
	for _, m := range f.mounts {
		err = errors.Join(err, m.root.Close())
	}
	return err
}

// place is where a resolved path is kept.
type place struct {
	root     *os.Root
	rel      string // inside root
	virtual  string // canonical virtual path, with the leading slash
	readOnly bool
}

func (f *FS) place(rel string) place {
	for _, m := range f.mounts {
		if rel == m.at {
			return place{m.root, ".", "/" + rel, m.readOnly}
		}
		if rest, ok := strings.CutPrefix(rel, m.at+"/"); ok {
			return place{m.root, rest, "/" + rel, m.readOnly}
		}
	}
	if rel == "" {
		return place{f.root, ".", "/", false}
	}
	return place{f.root, rel, "/" + rel, false}
}

// resolve follows the symlinks of p itself: their absolute targets are virtual.
func (f *FS) resolve(op, p string, follow bool) (place, error) {
	if p == "" {
		return place{}, &fs.PathError{Op: op, Path: p, Err: syscall.ENOENT}
	}
	todo := strings.Split(p, "/")
	var done []string
	for links := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			done = done[:max(0, len(done)-1)]
			continue
		}
		rel := part
		if len(done) > 0 {
			rel = strings.Join(done, "/") + "/" + part
		}
		at := f.place(rel)
		if at.root == f.root && f.dirs.has(rel) {
			done = append(done, part)
			continue
		}
		now := f.dirs.generation()
		info, err := at.root.Lstat(at.rel)
		if err == nil && info.IsDir() && at.root == f.root {
			f.dirs.add(rel, now)
		}
		if err != nil || info.Mode()&fs.ModeSymlink == 0 || last(todo) && !follow {
			if err == nil && !last(todo) && !info.IsDir() {
				return place{}, &fs.PathError{Op: op, Path: p, Err: syscall.ENOTDIR}
			}
			done = append(done, part)
			continue
		}
		if links++; links > maxLinks {
			return place{}, &fs.PathError{Op: op, Path: p, Err: syscall.ELOOP}
		}
		target, err := at.root.Readlink(at.rel)
		if err != nil {
			return place{}, named(err, op, p)
		}
		if strings.HasPrefix(target, "/") {
			done = nil
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return f.place(strings.Join(done, "/")), nil
}

func last(todo []string) bool {
	return !slices.ContainsFunc(todo, func(s string) bool { return s != "" && s != "." })
}

// named gives err the path that the program knows, never a real one.
func named(err error, op, p string) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: p, Err: cause(err)}
}

// cause is the innermost error: the errno where there is one.
func cause(err error) error {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return syscall.ENOENT
	case errors.Is(err, fs.ErrExist):
		return syscall.EEXIST
	}
	// os.Root's own "path escapes from parent": outside is nothing.
	return syscall.EACCES
}

// Reason is the text of an error as a coreutils program prints it.
func Reason(err error) string {
	var no syscall.Errno
	text := err.Error()
	if errors.As(err, &no) {
		text = no.Error()
	}
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// Resolve gives the canonical path of p: no symlinks, no dots. Its last
// component need not exist.
func (f *FS) Resolve(p string) (string, error) {
	at, err := f.resolve("realpath", p, true)
	return at.virtual, err
}

// Stat describes a file. With follow, a symlink's target.
func (f *FS) Stat(p string, follow bool) (fs.FileInfo, error) {
	if info := f.made(path.Clean("/" + p)); info != nil {
		return info, nil
	}
	at, err := f.resolve("stat", p, follow)
	if err != nil {
		return nil, err
	}
	if info := f.made(at.virtual); info != nil {
		return info, nil
	}
	info, err := at.root.Lstat(at.rel)
	if err == nil && !info.IsDir() && strings.HasSuffix(p, "/") {
		return nil, &fs.PathError{Op: "stat", Path: p, Err: syscall.ENOTDIR}
	}
	return info, named(err, "stat", p)
}

// ReadDir lists a folder, sorted by name.
func (f *FS) ReadDir(p string) ([]fs.DirEntry, error) {
	at, err := f.resolve("open", p, true)
	if err != nil {
		return nil, err
	}
	if list := f.madeList(at.virtual); list != nil {
		return list, nil
	}
	dir, err := at.root.Open(at.rel)
	if err != nil {
		return nil, named(err, "open", p)
	}
	defer dir.Close()
	list, err := dir.ReadDir(-1)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, named(err, "readdir", p)
}

// Readlink gives the target of a symlink as it was written.
func (f *FS) Readlink(p string) (string, error) {
	at, err := f.resolve("readlink", p, false)
	if err != nil {
		return "", err
	}
	target, err := at.root.Readlink(at.rel)
	return target, named(err, "readlink", p)
}

// Chtimes sets the times of a file.
func (f *FS) Chtimes(p string, access, change time.Time) error {
	return f.change("chtimes", p, true, func(at place) error { return at.root.Chtimes(at.rel, access, change) })
}
