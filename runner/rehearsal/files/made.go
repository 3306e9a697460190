// The made-up parts: /dev and /proc. The rule of this file: nothing here opens
// a real file, whatever the name.
package files

import (
	"bytes"
	"crypto/rand"
	"io"
	"io/fs"
	"path"
	"strings"
	"syscall"
	"time"
)

// started is the age of the made-up files.
var started = time.Now()

type madeInfo struct {
	name string
	mode fs.FileMode
}

func (i madeInfo) Name() string       { return i.name }
func (i madeInfo) Size() int64        { return 0 }
func (i madeInfo) Mode() fs.FileMode  { return i.mode }
func (i madeInfo) ModTime() time.Time { return started }
func (i madeInfo) IsDir() bool        { return i.mode.IsDir() }
func (i madeInfo) Sys() any           { return nil }

// devices are the names in /dev. The standard streams among them are opened by
// the process they belong to; they are here to be seen.
var devices = []string{"fd", "full", "null", "random", "stderr", "stdin", "stdout", "tty", "urandom", "zero"}

func within(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

// made describes a made-up file, or returns nil.
func (f *FS) made(p string) fs.FileInfo {
	name := path.Base(p)
	switch {
	case p == "/dev":
		return madeInfo{name, fs.ModeDir | 0o755}
	case path.Dir(p) == "/dev":
		for _, d := range devices {
			if d == name {
				return madeInfo{name, fs.ModeDevice | fs.ModeCharDevice | 0o666}
			}
		}
	case f.proc != nil && within(p, "/proc"):
		rel := strings.TrimPrefix(strings.TrimPrefix(p, "/proc"), "/")
		if f.proc.List(rel) != nil {
			return madeInfo{name, fs.ModeDir | 0o555}
		}
		if _, err := f.proc.Read(rel); err == nil {
			return madeInfo{name, 0o444}
		}
	}
	return nil
}

func (f *FS) madeList(p string) []fs.DirEntry {
	var names []string
	switch {
	case p == "/dev":
		names = devices
	case f.proc != nil && within(p, "/proc"):
		names = f.proc.List(strings.TrimPrefix(strings.TrimPrefix(p, "/proc"), "/"))
	}
	var list []fs.DirEntry
	for _, n := range names {
		if info := f.made(path.Join(p, n)); info != nil {
			list = append(list, fs.FileInfoToDirEntry(info))
		}
	}
	return list
}

func (f *FS) openProc(p, virtual string) (File, error) {
	rel := strings.TrimPrefix(strings.TrimPrefix(virtual, "/proc"), "/")
	data, err := f.proc.Read(rel)
	if err != nil {
		if f.proc.List(rel) != nil {
			err = syscall.EISDIR
		}
		return nil, named(err, "open", p)
	}
	return memory{bytes.NewReader(data), madeInfo{path.Base(virtual), 0o444}}, nil
}

// device opens one of the character devices, or returns nil.
func device(p string) File {
	info := madeInfo{path.Base(p), fs.ModeDevice | fs.ModeCharDevice | 0o666}
	switch p {
	case "/dev/null":
		return deviceFile{info: info, read: func([]byte) (int, error) { return 0, io.EOF }}
	case "/dev/zero":
		return deviceFile{info: info, read: func(b []byte) (int, error) { clear(b); return len(b), nil }}
	case "/dev/full":
		return deviceFile{info: info, read: func(b []byte) (int, error) { clear(b); return len(b), nil }, full: true}
	case "/dev/urandom", "/dev/random":
		return deviceFile{info: info, read: rand.Read}
	}
	return nil
}

type deviceFile struct {
	info madeInfo
	read func([]byte) (int, error)
	full bool
}

func (d deviceFile) Read(b []byte) (int, error) { return d.read(b) }
func (d deviceFile) Write(b []byte) (int, error) {
	if d.full {
		return 0, &fs.PathError{Op: "write", Path: "/dev/full", Err: syscall.ENOSPC}
	}
	return len(b), nil
}
func (d deviceFile) Close() error               { return nil }
func (d deviceFile) Stat() (fs.FileInfo, error) { return d.info, nil }
