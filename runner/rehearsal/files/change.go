// What changes a host's files. The rule of this file: a read-only mount is
// never changed, and what is freed or taken is told to the disk.
package files

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
)

// change resolves p and runs do on it unless its mount is read-only.
func (f *FS) change(op, p string, follow bool, do func(place) error) error {
	at, err := f.resolve(op, p, follow)
	if err != nil {
		return err
	}
	if at.readOnly {
		return &fs.PathError{Op: op, Path: p, Err: syscall.EROFS}
	}
	err = do(at)
	f.disk.touched(at.virtual)
	return named(err, op, p)
}

// Mkdir makes one folder.
func (f *FS) Mkdir(p string, perm fs.FileMode) error {
	return f.change("mkdir", p, false, func(at place) error {
		if f.disk.full(at.virtual) {
			return syscall.ENOSPC
		}
		root, rel := at.near()
		if err := root.Mkdir(rel, perm&fs.ModePerm); err != nil {
			return err
		}
		return root.Chmod(rel, perm&fs.ModePerm) // whatever the real umask is
	})
}

// MkdirAll makes a folder and those above it. A symlink on the way is followed.
func (f *FS) MkdirAll(p string, perm fs.FileMode) error {
	if info, err := f.Stat(p, true); err == nil {
		if info.IsDir() {
			return nil
		}
		return &fs.PathError{Op: "mkdir", Path: p, Err: syscall.ENOTDIR}
	}
	if up := path.Dir(strings.TrimRight(p, "/")); up != p && up != "." {
		if err := f.MkdirAll(up, perm); err != nil {
			return err
		}
	}
	err := f.Mkdir(p, perm)
	if info, serr := f.Stat(p, true); serr == nil && info.IsDir() {
		return nil // another one made it first
	}
	return err
}

// Remove deletes a file, a symlink or an empty folder.
func (f *FS) Remove(p string) error {
	return f.change("remove", p, false, func(at place) error {
		size := ownSize(at)
		if at.tree.has(at.rel) {
			at.tree.forget(at.rel)
			defer at.tree.forget(at.rel)
		}
		root, rel := at.near()
		if err := root.Remove(rel); err != nil {
			return err
		}
		f.disk.add(at.virtual, -size)
		return nil
	})
}

// ownSize is what removing the name frees: nothing while another name is left.
func ownSize(at place) int64 {
	info, err := at.lstat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Nlink > 1 {
		return 0
	}
	return info.Size()
}

// RemoveAll deletes p and all below it. It is no error when p is not there.
func (f *FS) RemoveAll(p string) error {
	info, err := f.Stat(p, false)
	if err != nil {
		return nil
	}
	if info.IsDir() {
		list, err := f.ReadDir(p)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := f.RemoveAll(path.Join(p, e.Name())); err != nil {
				return err
			}
		}
	}
	return f.Remove(p)
}

// Rename moves a file. Between two mounts it fails with EXDEV, as on Linux.
func (f *FS) Rename(from, to string) error {
	return f.two("rename", from, to, func(a, b place) error {
		size := ownSize(b)
		if info, err := a.lstat(); err == nil && info.IsDir() {
			for _, at := range []place{a, b} {
				at.tree.forget(at.rel)
				defer at.tree.forget(at.rel)
			}
		}
		if err := a.root.Rename(a.rel, b.rel); err != nil {
			return err
		}
		f.disk.add(b.virtual, -size)
		return nil
	})
}

// Link gives a file a second name. It fails when the name is taken: the one
// atomic step that a job's "at most once" rests on.
func (f *FS) Link(from, to string) error {
	return f.two("link", from, to, func(a, b place) error { return a.root.Link(a.rel, b.rel) })
}

func (f *FS) two(op, from, to string, do func(a, b place) error) error {
	a, err := f.resolve(op, from, false)
	if err != nil {
		return err
	}
	return f.change(op, to, false, func(b place) error {
		switch {
		case a.readOnly:
			return syscall.EROFS
		case a.root != b.root:
			return syscall.EXDEV
		}
		defer f.disk.touched(a.virtual)
		return do(a, b)
	})
}

// Symlink makes p a symlink with the text target.
func (f *FS) Symlink(target, p string) error {
	return f.change("symlink", p, false, func(at place) error {
		root, rel := at.near()
		return root.Symlink(target, rel)
	})
}

// Chmod sets the permission bits. Set-id and sticky bits are dropped: the
// sandbox lies on a real disk.
func (f *FS) Chmod(p string, mode fs.FileMode) error {
	return f.change("chmod", p, true, func(at place) error { return at.root.Chmod(at.rel, mode&fs.ModePerm) })
}

// ReadFile reads a whole file.
func (f *FS) ReadFile(p string) ([]byte, error) {
	h, err := f.Open(p, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return readAll(h)
}

// WriteFile writes a whole file at once: readers see the old text or the new.
func (f *FS) WriteFile(p string, data []byte, perm fs.FileMode) error {
	temp := p + ".belay-new"
	h, err := f.Open(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	_, err = h.Write(data)
	if cerr := h.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = f.Rename(temp, p)
	}
	if err != nil {
		_ = f.Remove(temp)
	}
	return err
}

// AppendFile adds data to the end of a file in one write.
func (f *FS) AppendFile(p string, data []byte, perm fs.FileMode) error {
	h, err := f.Open(p, os.O_WRONLY|os.O_CREATE|os.O_APPEND, perm)
	if err != nil {
		return err
	}
	_, err = h.Write(data)
	if cerr := h.Close(); err == nil {
		err = cerr
	}
	return err
}
