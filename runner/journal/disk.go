package journal

// All contact with the operating system, so that tests can put a disk in its
// place which forgets what was not synced and fails at any call.

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// Disk is what the journal asks of a file system.
type Disk interface {
	// MakeDir makes dir, 0700, and its parents unless they are there. A
	// directory that is there must pass CheckDir.
	MakeDir(dir string) error
	// CheckDir fails with ErrExposed unless dir is ours alone.
	CheckDir(dir string) error
	// Lock takes the writer's lock, or fails with ErrLocked.
	Lock(path string, now time.Time) (io.Closer, error)
	// Create makes a new file, 0600, for appending; fs.ErrExist if there is one.
	Create(path string) (File, error)
	// Append opens an existing file for reading and appending.
	Append(path string) (File, error)
	// Read opens an existing file for reading.
	Read(path string) (File, error)
	// SyncDir makes the names in dir durable.
	SyncDir(dir string) error
}

// File is an open file of a Disk. Writes go to its end.
type File interface {
	io.ReaderAt
	io.Writer
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	// Sync returns when the content is on the medium. Go's os.File.Sync is
	// fsync(2), and F_FULLFSYNC on macOS, where fsync alone stops at the
	// drive's cache.
	Sync() error
}

// OS is the real disk.
func OS() Disk { return osDisk{} }

type osDisk struct{}

var _ Disk = osDisk{}

func (osDisk) MakeDir(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	err := os.Mkdir(dir, 0o700)
	if os.IsExist(err) {
		return osDisk{}.CheckDir(dir)
	}
	return err
}

func (osDisk) CheckDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return fmt.Errorf("%w: %s has mode %04o (try: chmod 700 %s)", ErrExposed, dir, perm, dir)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%w: %s belongs to uid %d", ErrExposed, dir, stat.Uid)
	}
	return nil
}

func (osDisk) Create(path string) (File, error) {
	return openFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL)
}

func (osDisk) Append(path string) (File, error) { return openFile(path, os.O_RDWR|os.O_APPEND) }

func (osDisk) Read(path string) (File, error) { return openFile(path, os.O_RDONLY) }

func openFile(path string, flag int) (File, error) {
	f, err := os.OpenFile(path, flag, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osDisk) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Lock uses a file of its own: the kernel frees it when the process dies, so
// there are no stale locks, and the journal itself is never opened for it.
func (osDisk) Lock(path string, now time.Time) (io.Closer, error) {
	lock := flock.New(path, flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if !ok {
		who := Holder(filepath.Dir(path))
		if who == "" {
			who = "a process that has not yet named itself"
		}
		return nil, fmt.Errorf("%w: %s", ErrLocked, who)
	}
	if err := os.WriteFile(path, []byte(selfName(now)+"\n"), 0o600); err != nil {
		lock.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return heldLock{lock}, nil
}

// heldLock forgets its holder's name when it is given back.
type heldLock struct{ *flock.Flock }

func (l heldLock) Close() error {
	err := os.Truncate(l.Path(), 0)
	if cerr := l.Flock.Close(); cerr != nil {
		return cerr
	}
	return err
}

// selfName is what the lock file says of its holder.
func selfName(now time.Time) string {
	name, host := "uid "+fmt.Sprint(os.Getuid()), "unknown host"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return fmt.Sprintf("pid %d, %s on %s, since %s", os.Getpid(), name, host, now.UTC().Format(time.RFC3339))
}

// Holder is the name of the journal's present writer, empty when there is none.
// One of another machine may have died without our knowing. For a person to
// read, not to decide by: the lock decides, and to try it would be to hold it
// for a moment, in a writer's way.
func Holder(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, LockName))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if here, err := os.Hostname(); err == nil && strings.Contains(line, " on "+here+", since ") {
		var pid int
		if _, err := fmt.Sscanf(line, "pid %d,", &pid); err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return "" // it was killed
		}
	}
	return line
}
