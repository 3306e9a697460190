package journal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// payload is of the size that events of a run have: about 400 bytes a line.
var payload = map[string]string{"host": "w81", "step": "ROLL-03", "text": strings.Repeat("x", 160)}

// BenchmarkDurableRecord is one durable record and, by turns with it, the floor:
// as many bytes, one write, one fsync. The disk's mood meets both.
func BenchmarkDurableRecord(b *testing.B) {
	j, err := Create(filepath.Join(b.TempDir(), "run"), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	f, err := os.OpenFile(filepath.Join(b.TempDir(), "bare"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	line := []byte(strings.Repeat("x", 440) + "\n")
	var ours, bare []time.Duration
	for b.Loop() {
		begun := time.Now()
		if _, err := j.Append("started", payload); err != nil {
			b.Fatal(err)
		}
		ours = append(ours, time.Since(begun))
		begun = time.Now()
		if _, err := f.Write(line); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		bare = append(bare, time.Since(begun))
	}
	b.ReportMetric(median(ours), "record-us")
	b.ReportMetric(median(bare), "bare-us")
	b.ReportMetric(0, "ns/op")
}

func median(times []time.Duration) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2].Nanoseconds()) / 1000
}

// BenchmarkRead100k is reading alone; a whole resume is measured in ui/cli.
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
