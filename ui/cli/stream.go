package cli

// The rule of this file: what is printed of a run while it goes on is read back
// from the journal's file, so that nothing is shown that is not on disk, and a
// slow reader of our output never slows the run.

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"belay/runner"
	"belay/runner/journal"
	"belay/steps"
)

// stream prints the journal's records from a place on.
type stream struct {
	w     io.Writer
	dir   string
	words bool // lines for people; the journal's own lines otherwise
	mu    sync.Mutex
	at    journal.Cursor
}

// follow prints until ctx ends, and then what is left.
func (t *stream) follow(ctx context.Context, wrote <-chan struct{}) error {
	for {
		if err := t.flush(); err != nil {
			return err
		}
		select {
		case <-wrote:
		case <-ctx.Done():
			return t.flush()
		}
	}
}

// flush prints what has come since the last one.
func (t *stream) flush() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	records, to, err := journal.ReadFrom(t.dir, t.at)
	if err != nil {
		return err
	}
	if t.words {
		err = t.say(records)
	} else {
		err = t.copy(t.at.Offset, to.Offset)
	}
	t.at = to
	return err
}

// behind reports whether there is more in the file than was printed.
func (t *stream) behind() bool {
	info, err := os.Stat(filepath.Join(t.dir, journal.FileName))
	return err == nil && info.Size() > t.at.Offset
}

func (t *stream) say(records []journal.Record) error {
	for _, r := range records {
		e, err := steps.Decode(r.Kind, r.Data)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(t.w, eventLine(runner.EventView{Seq: int64(r.Seq), At: r.Time, Event: e})); err != nil {
			return err
		}
	}
	return nil
}

// copy prints the file's own bytes.
func (t *stream) copy(from, to int64) error {
	f, err := os.Open(filepath.Join(t.dir, journal.FileName))
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(t.w, io.NewSectionReader(f, from, to-from))
	return err
}

// endOf is the place behind the last of some records in a journal's file.
func endOf(dir string, records []journal.Record) journal.Cursor {
	info, err := os.Stat(filepath.Join(dir, journal.FileName))
	if err != nil || len(records) == 0 {
		return journal.Cursor{}
	}
	last := records[len(records)-1]
	return journal.Cursor{Offset: info.Size(), Seq: last.Seq, Head: last.Hash}
}
