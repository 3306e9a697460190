package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// payload is of the size that events of a run have: about 400 bytes a line.
var payload = map[string]string{"host": "w81", "step": "ROLL-03", "text": strings.Repeat("x", 160)}

// BenchmarkAppend is one durable record; compare with BenchmarkBareAppend.
func BenchmarkAppend(b *testing.B) {
	j, err := Create(filepath.Join(b.TempDir(), "run"), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	for b.Loop() {
		if _, err := j.Append("started", payload); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBareAppend is the floor: as many bytes, one write, one fsync.
func BenchmarkBareAppend(b *testing.B) {
	f, err := os.OpenFile(filepath.Join(b.TempDir(), "bare"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	line := []byte(strings.Repeat("x", 440) + "\n")
	for b.Loop() {
		if _, err := f.Write(line); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead100k is the resume of a long run. The bar is 1 s.
func BenchmarkRead100k(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "run")
	j, err := Create(dir, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	j.file = unsynced{j.file}
	for range 100_000 {
		if _, err := j.Append("started", payload); err != nil {
			b.Fatal(err)
		}
	}
	j.Close()
	for b.Loop() {
		records, err := Read(dir)
		if err != nil || len(records) != 100_000 {
			b.Fatal(len(records), err)
		}
	}
}

// unsynced makes the preparation fast; what is measured is reading.
type unsynced struct{ File }

func (unsynced) Sync() error { return nil }
