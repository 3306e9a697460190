package cli

// The rule of this file: a run directory is self-contained and ours alone; a
// text is on disk before the journal names it.

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"belay/runner"
	"belay/runner/journal"
	"belay/runner/tail"
	"belay/steps"
)

// Folders in a run directory: the attempts' logs, what operators wrote, and what
// was known of a host before something there was undone.
const (
	logsName      = "logs"
	documentsName = "documents"
	evidenceName  = "evidence"
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
	j, err := journal.CreateOn(p.env.Disk, dir, p.env.Now)
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

// ownRuns refuses a folder of runs that others can read or write: who can
// rename a run can put another in its place.
func (p *program) ownRuns() error {
	info, err := os.Stat(p.runsDir())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // it will be made
	case err != nil:
		return err
	case info.Mode().Perm()&0o077 != 0:
		return usage("chmod 700 "+p.runsDir(), "the folder of runs is open to others: its mode is %04o", info.Mode().Perm())
	}
	return nil
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
	return store(dir, amendmentName(hash), src)
}

func amendmentName(hash string) string { return fmt.Sprintf("runbook.%.12s.toml", hash) }

// keepEvidence puts what was known of a host before an undo into the run
// directory, as a page that can be read years later without this program.
func keepEvidence(dir string, e runner.Evidence) (steps.EvidenceKept, error) {
	folder := filepath.Join(dir, evidenceName)
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return steps.EvidenceKept{}, err
	}
	page, kept := evidencePage(e)
	name := e.Attempt + ".txt"
	if err := store(folder, name, page); err != nil {
		return steps.EvidenceKept{}, err
	}
	sum := sha256.Sum256(page)
	kept.File, kept.SHA256, kept.Bytes = filepath.Join(evidenceName, name), hex.EncodeToString(sum[:]), int64(len(page))
	return kept, nil
}

// evidencePage writes the values and the newest lines of each log, and counts
// what could be read.
func evidencePage(e runner.Evidence) ([]byte, steps.EvidenceKept) {
	var b bytes.Buffer
	var kept steps.EvidenceKept
	fmt.Fprintf(&b, "What was known of %s at %s, before %s\n", e.Host, e.At.UTC().Format(time.RFC3339), e.Attempt)
	for _, g := range e.Values {
		r := g.Reading
		text := first(r.Text, r.Why)
		if r.Want != "" {
			text += ", want " + r.Want
		}
		fmt.Fprintf(&b, "\nvalue %s: %s, %s", tail.Inert(g.Title), r.Verdict, tail.Inert(text))
		if r.Verdict != steps.CannotTell {
			kept.Values++
		}
	}
	b.WriteByte('\n')
	for _, l := range e.Logs {
		from, next := l.Ring.Span()
		from = max(from, next-runner.KeptLines)
		fmt.Fprintf(&b, "\nlog %s: the newest %d of %s, by: %s\n", tail.Inert(l.Name), next-from, count(int(next), "line"),
			tail.Inert(strings.Join(strings.Fields(l.Script), " ")))
		if l.Why != "" {
			fmt.Fprintf(&b, "it does not flow: %s\n", tail.Inert(l.Why))
		}
		for n := from; n < next; n++ {
			if line, ok := l.Ring.Raw(n); ok { // else it has just fallen out
				fmt.Fprintf(&b, "| %s\n", line.Text)
			}
		}
		if next > from {
			kept.Logs++
		}
	}
	return b.Bytes(), kept
}
