package cli

// The rule of this file: what servers' logs say while a console follows them is
// kept beside the run, each log in two files of bounded size. Whatever goes wrong
// with that stops nothing, and the journal's room comes first.

import (
	"bytes"
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

// open gives the writer for a log, which never fails and holds up nobody but for
// the disk.
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
	if one.file == nil {
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
		one.mu.Unlock()
	}
}

// fileOf makes a name of the runbook one of a file, which no name leaves its
// folder by: log-ray/1 is log-ray_1.
func fileOf(name string) string {
	return "log-" + strings.Map(func(r rune) rune {
		if r == '/' || unicode.IsControl(r) {
			return '_'
		}
		return r
	}, name)
}

// spool keeps the end of one log.
type spool struct {
	path string
	part int64

	mu    sync.Mutex
	begun bool
	file  *os.File // nil before the first byte, and once nothing is kept any more
	size  int64    // of it
	asked int64    // bytes since its disk was looked at
	lines [2]int64 // in the newer file and in the older one
	seen  int64    // that this console has written
}

func (s *spool) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun {
		s.begun = true
		s.begin()
	}
	if s.file == nil {
		return len(p), nil
	}
	if s.asked += int64(len(p)); s.asked > spoolLook {
		s.asked = 0
		if !roomy(s.path) {
			s.stop()
			return len(p), nil
		}
	}
	if s.size > s.part {
		s.turn()
	}
	s.keep(p)
	s.seen += int64(bytes.Count(p, []byte("\n")))
	return len(p), nil
}

// begin goes on with the files that are there, and says that it does.
func (s *spool) begin() {
	if os.MkdirAll(filepath.Dir(s.path), 0o700) != nil || !roomy(s.path) {
		return
	}
	s.lines = [2]int64{linesOf(s.path), linesOf(s.path + ".1")}
	s.openFile()
	if s.file != nil && s.size > 0 {
		s.keep([]byte("=== belay: another console follows this log from here on\n"))
	}
}

func (s *spool) openFile() {
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	if info, err := f.Stat(); err == nil {
		s.file, s.size = f, info.Size()
	}
}

// turn makes the newer file the older one.
func (s *spool) turn() {
	s.stop()
	if os.Rename(s.path, s.path+".1") == nil {
		s.lines = [2]int64{0, s.lines[0]}
		s.openFile()
	}
}

func (s *spool) keep(p []byte) {
	if s.file == nil {
		return
	}
	if _, err := s.file.Write(p); err != nil {
		s.stop()
		return
	}
	s.size += int64(len(p))
	s.lines[0] += int64(bytes.Count(p, []byte("\n")))
}

func (s *spool) stop() {
	if s.file != nil {
		_ = s.file.Close()
		s.file = nil
	}
}

// roomy reports whether the disk of a file has more free than has to stay so.
func roomy(path string) bool {
	var st unix.Statfs_t
	return unix.Statfs(filepath.Dir(path), &st) == nil && uint64(st.Bavail)*uint64(st.Bsize) > spoolLeave
}

// linesOf counts the lines of a file; none where there is no such file.
func linesOf(path string) (n int64) {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	buf := make([]byte, 256<<10)
	for {
		k, err := f.Read(buf)
		n += int64(bytes.Count(buf[:k], []byte("\n")))
		if err != nil {
			return n
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
