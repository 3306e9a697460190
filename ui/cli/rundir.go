package cli

// The rule of this file: a run directory is self-contained and ours alone; a
// text is on disk before the journal names it.

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"belay/runner/journal"
	"belay/steps"
)

// Folders in a run directory: the attempts' logs, and what operators wrote.
const (
	logsName      = "logs"
	documentsName = "documents"
)

// newRun makes a run directory and begins its journal with the given events,
// the run's own opening first.
func (p *program) newRun(src []byte, o steps.Opened, more []steps.Event) (dir string, err error) {
	if err := os.MkdirAll(p.runsDir(), 0o700); err != nil {
		return "", err
	}
	for range 100 {
		o.Run = newID(p.env.Now())
		dir = filepath.Join(p.runsDir(), o.Run)
		if err = os.Mkdir(dir, 0o700); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", err
	}
	if err := os.Mkdir(filepath.Join(dir, logsName), 0o700); err != nil {
		return "", err
	}
	if err := store(dir, bookName, src); err != nil {
		return "", err
	}
	j, err := journal.Create(dir, p.env.Now)
	if err != nil {
		return "", err
	}
	for _, e := range append([]steps.Event{o}, more...) {
		if _, err := j.Append(e.Kind(), e); err != nil {
			return "", errors.Join(err, j.Close())
		}
	}
	return dir, j.Close()
}

// newID is a run's id: when it began in UTC, and four digits against two in
// one minute.
func newID(now time.Time) string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand.Read, Go 1.24
	return fmt.Sprintf("%s-%x", now.UTC().Format("20060102-1504"), b)
}

// store writes a file that must outlive a crash.
func store(dir, name string, content []byte) error {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("store %s: %w", name, err)
	}
	return journal.OS().SyncDir(dir)
}

// storeAmendment keeps another text of the run beside the first.
func storeAmendment(dir, hash string, src []byte) error {
	return store(dir, "runbook."+hash[:12]+".toml", src)
}
