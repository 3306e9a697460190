// Package journal keeps the one truth of a run: an append-only file of
// records, one JSON line each, that survives the death of the process and of
// the machine.
//
// The rule of this package: it knows bytes, order and durability, and could be
// storing recipes. It never asks what an event means.
//
//   - An Append that returned nil is on the disk. Callers may act on the world
//     only then, because our effects are remote and cannot be taken back: an
//     intent that is not in the file must never have begun.
//   - After a write or fsync that failed, nothing is appended any more. The
//     kernel may have marked the lost pages clean, and a second fsync would
//     then lie ("fsyncgate", PostgreSQL 11.2), so it is never asked again.
//   - One writer, by flock(2) on a file of its own, which dies with the
//     process; any number of readers, without a lock.
//   - Only an unfinished last line is ever removed, and it is kept beside the
//     journal. Anything else that is wrong is [Damage], and is left alone.
//
// A person needs none of this code to read a journal: less, grep and jq will
// do, and the hash of line N is checked with
//
//	sed -n Np journal.jsonl | sed 's/,"h":"[0-9a-f]*"}$/}/' | tr -d '\n' | sha256sum
package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync"
	"time"
)

// The files of a journal in its directory.
const (
	FileName = "journal.jsonl"
	LockName = "lock"
	tornName = "journal.torn." // + time, holds an unfinished last line that was cut
)

var (
	// ErrLocked: another process writes this journal. The error's text names
	// it; [Holder] gives the name alone.
	ErrLocked = errors.New("another writer holds the journal")
	// ErrFrozen: an earlier write or fsync failed, so the journal takes no more
	// records. The error wraps the cause of that first failure.
	ErrFrozen = errors.New("journal is frozen")
	// ErrExposed: the directory can be read or written by others.
	ErrExposed = errors.New("journal directory is open to others")
	// ErrClosed: Append after Close.
	ErrClosed = errors.New("journal is closed")
)

// Journal is the writer's end. Its methods may be called from any goroutine;
// records are numbered in the order in which Append was entered.
type Journal struct {
	now  func() time.Time
	lock io.Closer

	mu     sync.Mutex
	file   File
	chain  chain // of the last record on disk
	frozen error // the first failure; never cleared
	closed bool
}

// Recovery says what Open had to cut. Its zero value means: nothing.
type Recovery struct {
	Torn   int    // bytes that were cut from the end
	Offset int64  // where they began
	Kept   string // the file beside the journal that now holds them
}

// Create makes the directory if there is none, and an empty journal in it.
// It fails with [fs.ErrExist] where there is a journal already. Time stamps
// come from now.
func Create(dir string, now func() time.Time) (*Journal, error) {
	return CreateOn(OS(), dir, now)
}

// Open takes the writer's lock and reads the whole journal, verifying every
// record. It cuts an unfinished last line, keeps it, and reports it so that
// the caller can record the fact. All records that it returns are on disk.
//
// Errors: [ErrLocked], [ErrExposed], *[Damage], or those of the disk.
func Open(dir string, now func() time.Time) (*Journal, []Record, Recovery, error) {
	return OpenOn(OS(), dir, now)
}

// CreateOn is [Create] on a disk of the caller's choice.
func CreateOn(disk Disk, dir string, now func() time.Time) (*Journal, error) {
	fail := func(err error) (*Journal, error) { return nil, fmt.Errorf("create journal: %w", err) }
	if err := disk.MakeDir(dir); err != nil {
		return fail(err)
	}
	lock, err := disk.Lock(filepath.Join(dir, LockName), now())
	if err != nil {
		return fail(err)
	}
	file, err := disk.Create(filepath.Join(dir, FileName))
	if err != nil {
		return fail(errors.Join(err, lock.Close()))
	}
	// The name must be as durable as the first record will be.
	if err := errors.Join(file.Sync(), disk.SyncDir(dir), disk.SyncDir(filepath.Dir(dir))); err != nil {
		return fail(errors.Join(err, file.Close(), lock.Close()))
	}
	return &Journal{now: now, lock: lock, file: file, chain: genesis}, nil
}

// OpenOn is [Open] on a disk of the caller's choice.
func OpenOn(disk Disk, dir string, now func() time.Time) (*Journal, []Record, Recovery, error) {
	return OpenSeen(disk, dir, now, Seen{})
}

// OpenSeen is [OpenOn] of a journal that the caller has read before. What was
// added or changed since is verified.
func OpenSeen(disk Disk, dir string, now func() time.Time, seen Seen) (*Journal, []Record, Recovery, error) {
	fail := func(err error) (*Journal, []Record, Recovery, error) {
		return nil, nil, Recovery{}, fmt.Errorf("open journal: %w", err)
	}
	if err := disk.CheckDir(dir); err != nil {
		return fail(err)
	}
	lock, err := disk.Lock(filepath.Join(dir, LockName), now())
	if err != nil {
		return fail(err)
	}
	path := filepath.Join(dir, FileName)
	file, err := disk.Append(path)
	if err != nil {
		return fail(errors.Join(err, lock.Close()))
	}
	records, last, recovery, err := load(disk, file, path, now(), seen)
	if err != nil {
		return fail(errors.Join(err, file.Close(), lock.Close()))
	}
	return &Journal{now: now, lock: lock, file: file, chain: last}, records, recovery, nil
}

// load reads and verifies the file and makes it end in a whole line.
func load(disk Disk, file File, path string, now time.Time, seen Seen) ([]Record, chain, Recovery, error) {
	data, err := readFrom(file, 0)
	if err != nil {
		return nil, chain{}, Recovery{}, err
	}
	records, end, err := seen.rescan(path, data)
	if err != nil {
		return nil, chain{}, Recovery{}, err
	}
	var recovery Recovery
	if torn := data[end.Offset:]; len(torn) > 0 {
		if recovery, err = cut(disk, file, filepath.Dir(path), end.Offset, torn, now); err != nil {
			return nil, chain{}, Recovery{}, err
		}
	}
	// The last writer may have died between write and fsync: what we read may
	// be in memory only, and the caller is about to act on it.
	if err := file.Sync(); err != nil {
		return nil, chain{}, Recovery{}, fmt.Errorf("sync %s: %w", path, err)
	}
	return records, end.chain, recovery, nil
}

// cut removes an unfinished last line, after a copy of it is on disk.
func cut(disk Disk, file File, dir string, at int64, torn []byte, now time.Time) (Recovery, error) {
	name := filepath.Join(dir, tornName+now.UTC().Format("20060102T150405.000000000Z"))
	kept := name
	side, err := disk.Create(kept)
	// A recovery that died here left a file of this name if the clock stood
	// still or went back. It is evidence too.
	for n := 2; errors.Is(err, fs.ErrExist); n++ {
		kept = fmt.Sprintf("%s.%d", name, n)
		side, err = disk.Create(kept)
	}
	if err != nil {
		return Recovery{}, fmt.Errorf("keep the torn line: %w", err)
	}
	_, err = side.Write(torn)
	if err = errors.Join(err, side.Sync(), side.Close(), disk.SyncDir(dir)); err != nil {
		return Recovery{}, fmt.Errorf("keep the torn line in %s: %w", kept, err)
	}
	if err := file.Truncate(at); err != nil {
		return Recovery{}, fmt.Errorf("cut the torn line: %w", err)
	}
	return Recovery{Torn: len(torn), Offset: at, Kept: kept}, nil
}

// Append writes one record and returns when it is on disk. Data is encoded as
// JSON; kind is a word of a-z, 0-9, '.', '_' and '-'.
//
// An error that is not [ErrFrozen] or [ErrClosed] and comes from the encoding
// leaves the journal as it was. Any error from the disk freezes it.
func (j *Journal) Append(kind string, data any) (Record, error) {
	body, err := encodeData(data)
	if err == nil {
		err = checkKind(kind)
	}
	if err != nil {
		return Record{}, fmt.Errorf("append %q: %w", kind, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return Record{}, fmt.Errorf("append %s: %w", kind, ErrClosed)
	}
	if j.frozen != nil {
		return Record{}, fmt.Errorf("append %s: %w", kind, j.frozen)
	}
	record := Record{Seq: j.chain.seq + 1, Time: j.now().UTC(), Kind: kind, Data: body, Prev: j.chain.head}
	line := record.seal()
	if err := j.store(line); err != nil {
		// The caller of this very Append learns the same as all later ones:
		// nothing may begin on the strength of this record.
		j.frozen = fmt.Errorf("%w: %w", ErrFrozen, err)
		return Record{}, fmt.Errorf("append %s: %w", kind, j.frozen)
	}
	j.chain = chain{seq: record.Seq, head: record.Hash}
	return record, nil
}

// store writes a line and makes it durable.
func (j *Journal) store(line []byte) error {
	n, err := j.file.Write(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("fsync: %w", err)
	}
	return nil
}

// Head is the hash of the last record, in hex: whoever noted it elsewhere can
// later tell that the end of the journal was removed. For an empty journal it
// is 64 zeros.
func (j *Journal) Head() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.chain.head
}

// Err is nil, or the [ErrFrozen] that every Append now returns.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.frozen
}

// Close gives the lock back. Nothing is left to be flushed.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil
	}
	j.closed = true
	return errors.Join(j.file.Close(), j.lock.Close())
}

// encodeData gives the compact JSON of data, without the HTML escapes that
// would make "a && b" unreadable in grep.
func encodeData(data any) (json.RawMessage, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
