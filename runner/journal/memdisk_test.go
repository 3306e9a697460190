package journal

// A disk in memory that models what a real one may do: content that was not
// synced, and names that were not synced, may or may not be there after a
// crash; any call may fail, or be the last one.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"time"
)

// fault is what a memDisk does at one call.
type fault int

const (
	noFault     fault = iota
	crashBefore       // the machine stops before the call has an effect
	crashAfter        // … or after
	shortWrite        // half of the bytes are written, then ENOSPC; later calls work
	noSpace           // from this call on nothing that takes space works; an fsync does
	failOnce          // the call fails with EIO; later ones work ("fsyncgate")
	failForever       // this and all later calls fail
)

var faults = []fault{crashBefore, crashAfter, shortWrite, noSpace, failOnce, failForever}

// survival says what is on the medium of a file of which kept was synced and
// seen was written, once the machine has stopped.
type survival func(kept, seen []byte) []byte

func nothingMore(kept, _ []byte) []byte { return kept }
func everything(_, seen []byte) []byte  { return seen }

// half keeps each sector that was not synced, or not: they reach the medium in
// any order, and one that did not reads as zeros if a later one did.
func half(coin *rand.Rand) survival {
	return func(kept, seen []byte) []byte {
		if len(seen) < len(kept) { // a truncation
			return [][]byte{kept, seen}[coin.IntN(2)]
		}
		out := bytes.Clone(kept)
		for at := len(kept); at < len(seen); {
			end := min(at/sector*sector+sector, len(seen))
			if coin.IntN(2) == 0 {
				out = append(append(out, make([]byte, at-len(out))...), seen[at:end]...)
			}
			at = end
		}
		return out
	}
}

var (
	errCrash = errors.New("the machine stopped")
	errIO    = errors.New("input/output error")
	errSpace = errors.New("no space left on device")
)

// memFile is one inode: what a reader sees, and what is on the medium.
type memFile struct {
	seen, kept []byte
	lost       bool // an fsync failed: the kernel calls the pages clean though they are not
}

type memDisk struct {
	files map[string]*memFile // what a reader sees
	names map[string]*memFile // what is on the medium
	dirs  map[string]bool
	held  bool

	calls   int // so far
	at      int // the call that gets the fault, counted from 1
	fault   fault
	down    bool // crashed: nothing works
	broken  bool // failForever has struck
	full    bool // noSpace has struck
	history []string
}

func newMemDisk() *memDisk {
	return &memDisk{files: map[string]*memFile{}, names: map[string]*memFile{}, dirs: map[string]bool{}}
}

var _ Disk = (*memDisk)(nil)

// call counts a call and applies the fault to it. effect is what it does.
func (d *memDisk) call(name string, effect func() error) error {
	if d.down {
		return errCrash
	}
	d.calls++
	d.history = append(d.history, name)
	if d.broken {
		return errIO
	}
	if d.calls == d.at && d.fault == noSpace {
		d.full = true
	}
	if d.full && (name == "mkdir" || name == "create" || name == "write") {
		return errSpace
	}
	if d.calls != d.at {
		return effect()
	}
	switch d.fault {
	case crashBefore:
		d.down = true
		return errCrash
	case crashAfter:
		effect()
		d.down = true
		return errCrash
	case failForever:
		d.broken = true
		return errIO
	case failOnce:
		return errIO
	}
	return effect()
}

// afterCrash is the disk as the next boot finds it.
func (d *memDisk) afterCrash(survives survival, namesKept bool) *memDisk {
	next := newMemDisk()
	next.dirs = maps.Clone(d.dirs)
	names := d.names
	if namesKept {
		names = d.files
	}
	for path, f := range names {
		content := survives(f.kept, f.seen)
		copied := &memFile{seen: bytes.Clone(content), kept: bytes.Clone(content)}
		next.files[path], next.names[path] = copied, copied
	}
	return next
}

func (d *memDisk) MakeDir(dir string) error {
	return d.call("mkdir", func() error { d.dirs[dir] = true; return nil })
}

func (d *memDisk) CheckDir(dir string) error {
	if !d.dirs[dir] {
		return fs.ErrNotExist
	}
	return nil
}

type memLock struct{ d *memDisk }

func (l memLock) Close() error { l.d.held = false; return nil }

func (d *memDisk) Lock(path string, _ time.Time) (io.Closer, error) {
	if d.down {
		return nil, errCrash
	}
	if d.held {
		return nil, ErrLocked
	}
	d.held = true
	return memLock{d}, nil
}

func (d *memDisk) Create(path string) (File, error) {
	if d.files[path] != nil {
		return nil, fs.ErrExist
	}
	err := d.call("create", func() error { d.files[path] = &memFile{}; return nil })
	if err != nil {
		return nil, err
	}
	return &memHandle{d, d.files[path]}, nil
}

func (d *memDisk) Append(path string) (File, error) {
	if d.down {
		return nil, errCrash
	}
	if d.files[path] == nil {
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	return &memHandle{d, d.files[path]}, nil
}

func (d *memDisk) Read(path string) (File, error) { return d.Append(path) }

func (d *memDisk) SyncDir(dir string) error {
	return d.call("syncdir", func() error {
		for path, f := range d.files {
			if filepath.Dir(path) == dir {
				d.names[path] = f
			}
		}
		return nil
	})
}

type memHandle struct {
	d *memDisk
	f *memFile
}

func (h *memHandle) Close() error         { return nil }
func (h *memHandle) Size() (int64, error) { return int64(len(h.f.seen)), nil }

func (h *memHandle) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, h.f.seen[min(off, int64(len(h.f.seen))):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (h *memHandle) Write(p []byte) (int, error) {
	n := len(p)
	if h.d.calls+1 == h.d.at && h.d.fault == shortWrite {
		n /= 2
	}
	err := h.d.call("write", func() error { h.f.seen = append(h.f.seen, p[:n]...); return nil })
	if err == nil && n < len(p) {
		err = errSpace
	}
	if err != nil && n == len(p) {
		n = 0
	}
	return n, err
}

func (h *memHandle) Truncate(size int64) error {
	return h.d.call("truncate", func() error { h.f.seen = h.f.seen[:size:size]; return nil })
}

func (h *memHandle) Sync() error {
	err := h.d.call("sync", func() error {
		if !h.f.lost {
			h.f.kept = bytes.Clone(h.f.seen)
		}
		return nil
	})
	if err != nil && !h.d.down {
		h.f.lost = true
	}
	return err
}
