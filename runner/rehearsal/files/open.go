// Open files. The rule of this file: a byte is taken from the simulated disk
// before it is written to the real one.
package files

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// Open opens a file with the flags and the mode of open(2).
func (f *FS) Open(p string, flag int, perm fs.FileMode) (File, error) {
	if dev := device(path.Clean("/" + p)); dev != nil {
		return dev, nil
	}
	exclusive := flag&(os.O_CREATE|os.O_EXCL) == os.O_CREATE|os.O_EXCL
	at, err := f.resolve("open", p, !exclusive)
	if err != nil {
		return nil, err
	}
	if f.proc != nil && within(at.virtual, "/proc") {
		return f.openProc(p, at.virtual)
	}
	if within(at.virtual, "/dev") {
		return nil, &fs.PathError{Op: "open", Path: p, Err: syscall.ENOENT}
	}
	writes := flag&(os.O_WRONLY|os.O_RDWR) != 0
	if writes && at.readOnly {
		return nil, &fs.PathError{Op: "open", Path: p, Err: syscall.EROFS}
	}
	freed, fresh := int64(0), false
	if writes && flag&(os.O_TRUNC|os.O_CREATE) != 0 {
		info, err := at.lstat()
		if fresh = err != nil; err == nil && flag&os.O_TRUNC != 0 {
			freed = info.Size()
		}
	}
	root, rel := at.near()
	h, err := root.OpenFile(rel, flag, perm&fs.ModePerm)
	if err != nil {
		return nil, named(err, "open", p)
	}
	if fresh { // the real umask is not the simulated one
		_ = h.Chmod(perm & fs.ModePerm)
	}
	if writes {
		f.disk.touched(at.virtual)
		f.disk.add(at.virtual, -freed)
	}
	return &diskFile{File: h, disk: f.disk, virtual: at.virtual, name: p}, nil
}

func readAll(h File) ([]byte, error) { return io.ReadAll(h) }

// diskFile counts what it writes.
type diskFile struct {
	*os.File
	disk    *Disk
	virtual string
	name    string
}

func (h *diskFile) Write(b []byte) (int, error) {
	granted := h.disk.take(h.virtual, int64(len(b)))
	n, err := h.File.Write(b[:granted])
	h.disk.add(h.virtual, int64(n)-granted)
	h.disk.touched(h.virtual)
	if err == nil && n < len(b) {
		err = syscall.ENOSPC
	}
	return n, named(err, "write", h.name)
}

func (h *diskFile) Read(b []byte) (int, error) {
	n, err := h.File.Read(b)
	if err != nil && err != io.EOF {
		err = named(err, "read", h.name)
	}
	return n, err
}

// Sync brings the file to the real disk: job state is kept there.
func (h *diskFile) Sync() error { return h.File.Sync() }

// memory is a file whose content was made when it was opened.
type memory struct {
	*bytes.Reader
	info fs.FileInfo
}

func (m memory) Write([]byte) (int, error)  { return 0, syscall.EACCES }
func (m memory) Close() error               { return nil }
func (m memory) Stat() (fs.FileInfo, error) { return m.info, nil }
