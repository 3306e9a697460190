package cli

// The rule of this file: what servers' logs say while a console follows them is
// kept beside the run, each log in two files of bounded size. Whatever goes wrong
// with that is said in the log and stops nothing, and the journal's room comes
// first.

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/sys/unix"
)

// watchedName is the folder of the servers' logs in a run directory:
// HOST/log-NAME, and HOST/log-NAME.1 with what came before it.
const watchedName = "watched"

const (
	spoolPart  = 32 << 20 // bytes of one file
	spoolLeave = 1 << 30  // bytes that stay free on the disk
	spoolLook  = 1 << 20  // bytes after which that is looked at again
)

// spools are the files of all logs that are followed.
type spools struct {
	dir  string
	part int64
	mu   sync.Mutex
	of   map[string]*spool
}

func newSpools(dir string) *spools {
	return &spools{dir: dir, part: spoolPart, of: map[string]*spool{}}
}

// open gives the writer for a log. An error of it is its last: nothing is kept
// from there on.
func (s *spools) open(host, log string) io.Writer {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := &spool{path: filepath.Join(s.dir, host, fileOf(log)), part: s.part}
	s.of[host+"\x00"+log] = one
	return one
}

// at is the newer file of a log, and the number by which the ring of this console
// calls the first line that is kept of it: a negative one where an earlier
// console wrote it. The name is empty where nothing is kept.
func (s *spools) at(host, log string) (file string, first int64) {
	s.mu.Lock()
	one := s.of[host+"\x00"+log]
	s.mu.Unlock()
	if one == nil {
		return "", 0
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	if !one.kept {
		return "", 0
	}
	return one.path, one.seen - one.lines[0] - one.lines[1]
}

func (s *spools) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.of {
		one.mu.Lock()
		one.stop()
		one.why = os.ErrClosed
		one.mu.Unlock()
	}
}

// fileOf makes a name of the runbook one of a file, which no name leaves its
// folder by and no two share: log-ray%2F1 is ray/1. A .1 at the end would be the
// older file of another log.
func fileOf(name string) string {
	var b strings.Builder
	b.WriteString("log-")
	for i, r := range name {
		if r == '/' || r == '%' || unicode.IsControl(r) || name[i:] == ".1" {
			fmt.Fprintf(&b, "%%%02X", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// spool keeps the end of one log.
type spool struct {
	path string
	part int64

	mu    sync.Mutex
	file  *os.File // nil before the first byte, and once nothing is kept any more
	kept  bool     // a file was opened
	why   error    // nothing is kept any more
	size  int64    // of the file
	asked int64    // bytes since its disk was looked at
	lines [2]int64 // in the newer file and in the older one
	seen  int64    // that this console has written
}

func (s *spool) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why != nil {
		return 0, s.why
	}
	s.why = s.take(p)
	if s.why != nil {
		s.stop()
		return 0, s.why
	}
	return len(p), nil
}

func (s *spool) take(p []byte) error {
	s.asked += int64(len(p))
	switch {
	case s.file == nil:
		if err := s.begin(); err != nil {
			return err
		}
	case s.asked > spoolLook:
		s.asked = 0
		if err := roomy(s.path); err != nil {
			return err
		}
	}
	if s.size > s.part {
		if err := s.turn(); err != nil {
			return err
		}
	}
	s.seen += int64(bytes.Count(p, []byte("\n")))
	return s.keep(p)
}

// begin goes on with the files that are there, and says that it does.
func (s *spool) begin() error {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	if err := roomy(s.path); err != nil {
		return err
	}
	newer, whole := linesOf(s.path)
	older, _ := linesOf(s.path + ".1")
	s.lines = [2]int64{newer, older}
	if err := s.openFile(); err != nil || s.size == 0 {
		return err
	}
	mark := "=== belay: another console follows this log from here on\n"
	if !whole {
		mark = "\n" + mark
	}
	return s.keep([]byte(mark))
}

func (s *spool) openFile() error {
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return err
	}
	s.file, s.size, s.kept = f, info.Size(), true
	return nil
}

// turn makes the newer file the older one.
func (s *spool) turn() error {
	s.stop()
	if err := os.Rename(s.path, s.path+".1"); err != nil {
		return err
	}
	s.lines = [2]int64{0, s.lines[0]}
	return s.openFile()
}

func (s *spool) keep(p []byte) error {
	n, err := s.file.Write(p)
	s.size += int64(n)
	s.lines[0] += int64(bytes.Count(p[:n], []byte("\n")))
	return err
}

func (s *spool) stop() {
	if s.file != nil {
		_ = s.file.Close()
		s.file = nil
	}
}

// roomy says why the disk of a file has no room for logs.
func roomy(path string) error {
	var st unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(path), &st); err != nil {
		return &os.PathError{Op: "statfs", Path: filepath.Dir(path), Err: err}
	}
	if uint64(st.Bavail)*uint64(st.Bsize) <= spoolLeave {
		return fmt.Errorf("less than %d GiB is free where the run is kept, and the journal needs it", spoolLeave>>30)
	}
	return nil
}

// linesOf counts the ends of lines in a file, and reports whether it ends with
// one; none where there is no such file.
func linesOf(path string) (n int64, whole bool) {
	whole = true
	f, err := os.Open(path)
	if err != nil {
		return 0, whole
	}
	defer f.Close()
	buf := make([]byte, 256<<10)
	for {
		k, err := f.Read(buf)
		n += int64(bytes.Count(buf[:k], []byte("\n")))
		if k > 0 {
			whole = buf[k-1] == '\n'
		}
		if err != nil {
			return n, whole
		}
	}
}

// parts are the files of a log, the oldest first.
func parts(file string) []string {
	if _, err := os.Stat(file + ".1"); err == nil {
		return []string{file + ".1", file}
	}
	return []string{file}
}
