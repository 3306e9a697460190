package journal

// Readers take no lock and change nothing: `status` and a second console read
// while the writer writes. They never see a part of a record, only the whole
// lines that are there.

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
)

// Damage says that the journal is not what was written: a record that is
// whole but wrong, or a gap. It is never repaired by Belay; what can be trusted
// is the part in front of it.
type Damage struct {
	Path   string
	Offset int64 // of the first byte of the bad line
	Line   int   // counted from 1
	Why    string
}

func (d *Damage) Error() string {
	return fmt.Sprintf("%s: damaged at line %d, byte %d: %s", d.Path, d.Line, d.Offset, d.Why)
}

// Cursor is a place between two records, from which a follower goes on. The
// zero value is the beginning. It carries the chain, so that what follows is
// verified against what was read before.
type Cursor struct {
	Offset int64
	Seq    uint64 // of the last record before Offset
	Head   string // its hash
}

// place is a cursor with its chain in the form that unseal wants.
type place struct {
	Offset int64
	chain
}

func (c Cursor) start() place {
	if c.Offset == 0 {
		return place{chain: genesis}
	}
	return place{c.Offset, chain{c.Seq, c.Head}}
}

// Seen is a journal as somebody has read it, with the bytes in which every record
// was verified.
type Seen struct {
	Records []Record
	text    []byte
	end     place
}

// See reads all whole records, without the lock. On *[Damage] it gives also the
// records in front of it.
func See(dir string) (Seen, error) {
	path := filepath.Join(dir, FileName)
	file, err := OS().Read(path)
	if err != nil {
		return Seen{}, fmt.Errorf("read journal: %w", err)
	}
	defer file.Close()
	s := Seen{}
	if s.text, err = readFrom(file, 0); err != nil {
		return Seen{}, fmt.Errorf("read journal %s: %w", path, err)
	}
	if s.Records, s.end, err = scan(path, s.text, Cursor{}.start()); err != nil {
		err = fmt.Errorf("read journal: %w", err)
	}
	return s, err
}

// rescan is scan of a journal that was seen before: the same bytes need no
// second proof.
func (s Seen) rescan(path string, data []byte) ([]Record, place, error) {
	n := s.end.Offset
	if n == 0 || !bytes.HasPrefix(data, s.text[:n]) {
		return scan(path, data, Cursor{}.start())
	}
	records, end, err := scan(path, data[n:], s.end)
	return append(slices.Clip(s.Records), records...), end, err
}

// Read returns all whole records, without the lock. On *[Damage] it returns
// also the records in front of it.
func Read(dir string) ([]Record, error) {
	s, err := See(dir)
	return s.Records, err
}

// ReadFrom returns the records behind the cursor and the cursor behind them.
// No new record is not an error: ask again later. A last line without its LF
// is a record that is being written, or never will be; it is not returned.
func ReadFrom(dir string, from Cursor) ([]Record, Cursor, error) {
	path := filepath.Join(dir, FileName)
	file, err := OS().Read(path)
	if err != nil {
		return nil, from, fmt.Errorf("read journal: %w", err)
	}
	defer file.Close()
	data, err := readFrom(file, from.Offset)
	if err != nil {
		return nil, from, fmt.Errorf("read journal %s: %w", path, err)
	}
	records, end, err := scan(path, data, from.start())
	if err != nil {
		err = fmt.Errorf("read journal: %w", err)
	}
	return records, Cursor{end.Offset, end.seq, end.head}, err
}

// readFrom reads a file from an offset to its present end. Journals are small
// (100,000 records are about 40 MB), so one read beats any streaming.
func readFrom(file File, offset int64) ([]byte, error) {
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	if size < offset {
		return nil, fmt.Errorf("the file has %d bytes and had at least %d: it was cut", size, offset)
	}
	data := make([]byte, size-offset)
	n, err := file.ReadAt(data, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return data[:n], nil
}

// scan verifies the whole lines of data and returns the place behind the last
// good one. What follows it is a line that was never finished: bytes behind the
// last LF, or a last line with a hole. It is left for the caller. Records keep
// data in memory.
func scan(path string, data []byte, at place) ([]Record, place, error) {
	lines := bytes.SplitAfter(data, []byte{'\n'})
	torn := lines[len(lines)-1] // empty where data ends with a line
	lines = lines[:len(lines)-1]
	records := make([]Record, 0, len(lines))
	for i, s := range unsealAll(lines) {
		err := s.follows(at.chain)
		if err != nil && i == len(lines)-1 && len(torn) == 0 && holed(lines[i][:len(lines[i])-1], at.Offset) {
			return records, at, nil
		}
		if err != nil {
			return records, at, &Damage{Path: path, Offset: at.Offset, Line: int(at.seq) + 1, Why: err.Error()}
		}
		records = append(records, s.Record)
		at = place{at.Offset + int64(len(lines[i])), chain{s.Seq, s.Hash}}
	}
	return records, at, nil
}

// unsealAll takes lines apart side by side: only what a record follows needs the
// one before it.
func unsealAll(lines [][]byte) []sealed {
	out := make([]sealed, len(lines))
	part := max(1000, len(lines)/runtime.GOMAXPROCS(0)+1) // fewer are done before another processor has begun
	var all sync.WaitGroup
	for from := 0; from < len(lines); from += part {
		all.Go(func() {
			u := unsealer{hash: sha256.New()}
			for i := from; i < min(from+part, len(lines)); i++ {
				out[i] = u.unseal(lines[i])
			}
		})
	}
	all.Wait()
	return out
}

// sector is what a drive writes whole or not at all, in bytes.
const sector = 512

// holed says that a sector of a line is nothing but zeros. A drive takes sectors
// in any order, so after a loss of power the end of a line may be there while an
// earlier part of it is not. That line was not synced, so nothing has followed
// from it; and no record holds a NUL.
func holed(line []byte, offset int64) bool {
	for len(line) > 0 {
		n := min(sector-int(offset%sector), len(line))
		if len(bytes.Trim(line[:n], "\x00")) == 0 {
			return true
		}
		line, offset = line[n:], offset+int64(n)
	}
	return false
}
