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
	tree   *Tree
	mounts []mount
	proc   Dynamic
	disk   *Disk
}

type mount struct {
	at       string // virtual and clean, without the leading slash
	tree     *Tree
	readOnly bool
}

// Open gives the file system that has dir as its root folder.
func Open(dir string) (*FS, error) {
	tree, err := OpenTree(dir)
	if err != nil {
		return nil, err
	}
	return &FS{tree: tree, disk: newDisk()}, nil
}

// Mount shows a tree, which stays its owner's, at the virtual path at. The mount
// point is made in the host's own folder, so that listings name it.
func (f *FS) Mount(at string, tree *Tree, readOnly bool) error {
	if err := f.MkdirAll(at, 0o755); err != nil {
		return err
	}
	f.mounts = append(f.mounts, mount{strings.Trim(path.Clean(at), "/"), tree, readOnly})
	slices.SortFunc(f.mounts, func(a, b mount) int { return len(b.at) - len(a.at) })
	return nil
}

// SetProc names who answers for /proc.
func (f *FS) SetProc(d Dynamic) { f.proc = d }

// Disk is the host's simulated disk.
func (f *FS) Disk() *Disk { return f.disk }

// Close gives the host's own folder back.
func (f *FS) Close() error { return f.tree.Close() }

// place is where a resolved path is kept.
type place struct {
	tree     *Tree
	root     *os.Root // of the tree
	rel      string   // inside root
	virtual  string   // canonical virtual path, with the leading slash
	readOnly bool
	info     fs.FileInfo // what resolve has seen there, or nil
}

// near gives the place by the closest folder that is kept open.
func (at place) near() (*os.Root, string) { return at.tree.near(at.rel) }

func (at place) lstat() (fs.FileInfo, error) {
	root, rel := at.near()
	return root.Lstat(rel)
}

func (f *FS) place(rel string) place {
	for _, m := range f.mounts {
		if rel == m.at {
			return place{m.tree, m.tree.root, ".", "/" + rel, m.readOnly, nil}
		}
		if rest, ok := strings.CutPrefix(rel, m.at+"/"); ok {
			return place{m.tree, m.tree.root, rest, "/" + rel, m.readOnly, nil}
		}
	}
	if rel == "" {
		return place{f.tree, f.tree.root, ".", "/", false, nil}
	}
	return place{f.tree, f.tree.root, rel, "/" + rel, false, nil}
}

// resolve follows the symlinks of p itself: their absolute targets are virtual.
func (f *FS) resolve(op, p string, follow bool) (place, error) {
	if p == "" {
		return place{}, &fs.PathError{Op: op, Path: p, Err: syscall.ENOENT}
	}
	todo := strings.Split(p, "/")
	var done []string
	if dir, base := path.Split(p); f.knows(dir) {
		done, todo = todo[1:len(todo)-1:len(todo)-1], []string{base}
	}
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
		if at.tree.has(at.rel) {
			done = append(done, part)
			continue
		}
		now := at.tree.generation()
		info, err := at.lstat()
		if err == nil && info.IsDir() {
			at.tree.add(at.rel, now)
		}
		if err != nil || info.Mode()&fs.ModeSymlink == 0 || last(todo) && !follow {
			if err == nil && !last(todo) && !info.IsDir() {
				return place{}, &fs.PathError{Op: op, Path: p, Err: syscall.ENOTDIR}
			}
			if done = append(done, part); len(todo) == 0 && err == nil {
				at.info = info
				return at, nil
			}
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

// knows says whether dir, which ends with a slash, is a folder that was seen,
// written as it really is.
func (f *FS) knows(dir string) bool {
	if len(dir) < 2 || dir[0] != '/' || strings.Contains(dir, "/.") || strings.Contains(dir, "//") {
		return false
	}
	at := f.place(dir[1 : len(dir)-1])
	return at.tree.has(at.rel)
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
	info, err := at.info, error(nil)
	if info == nil {
		info, err = at.lstat()
	}
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
	root, rel := at.near()
	dir, err := root.Open(rel)
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
