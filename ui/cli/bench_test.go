package cli

// A resume is what stands between a console that was killed and its first
// picture: every record read, checked and folded.

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"belay/runner/journal"
	"belay/steps"
)

const (
	benchSteps = 130 // on 256 hosts, three records a task: 99,840, and one to open
	benchHosts = 256
)

// BenchmarkResume100k takes up a run of 100,000 records as a console does: it
// finds it, takes its lock, and reads it again under that. Beside it stands the
// floor: the same bytes, read and hashed once.
func BenchmarkResume100k(b *testing.B) {
	state := b.TempDir()
	dir := longRun(b, state)
	path := filepath.Join(dir, journal.FileName)
	var resume, floor, cpu time.Duration
	for b.Loop() {
		begun, worked := time.Now(), cpuTime(b)
		p := &program{env: Host(), opt: options{state: state, run: "r1", given: func(string) bool { return false }}}
		p.env.User = "ana"
		t, err := p.named(trialKind)
		if err != nil {
			b.Fatal(err)
		}
		s, err := p.begin(t)
		if err != nil || len(s.ledger.events) != 1+3*benchSteps*benchHosts {
			b.Fatal(err)
		}
		resume += time.Since(begun)
		cpu += cpuTime(b) - worked
		_ = s.journal.Close()
		begun = time.Now()
		text, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		sha256.Sum256(text)
		floor += time.Since(begun)
	}
	b.ReportMetric(resume.Seconds()/float64(b.N), "resume-s")
	b.ReportMetric(cpu.Seconds()/float64(b.N), "resume-cpu-s")
	b.ReportMetric(floor.Seconds()/float64(b.N), "floor-s")
	b.ReportMetric(0, "ns/op")
}

// cpuTime is what this process has used: a busy machine does not lengthen it.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// longRun makes a run directory whose every task was begun, started and ended.
func longRun(b *testing.B, state string) string {
	b.Helper()
	dir := filepath.Join(state, "runs", "r1")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("format = 1\ntitle = \"long\"\n[hosts]\n")
	var group []string
	for i := range benchHosts {
		fmt.Fprintf(&text, "h%d = { address = \"h%d.example.org\" }\n", i, i)
		group = append(group, fmt.Sprintf("\"h%d\"", i))
	}
	fmt.Fprintf(&text, "[groups]\nall = [%s]\n[[phase]]\nid = \"p\"\ntitle = \"P\"\n", strings.Join(group, ", "))
	for i := range benchSteps {
		fmt.Fprintf(&text, "[[phase.step]]\nid = \"s%d\"\ntitle = \"S\"\non = \"all\"\ndanger = \"none\"\nscript = \"true\"\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, bookName), []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	rb, problems := steps.Load(bookName, []byte(text.String()))
	if problems.Failed() {
		b.Fatal(problems)
	}
	events := []steps.Event{steps.Opened{Run: "r1", Hash: rb.Hash, File: bookName, Env: steps.EmbeddedEnv, EnvKind: steps.Embedded, Operator: "ana"}}
	for i := range benchSteps {
		for h := range benchHosts {
			t := steps.Task{Step: fmt.Sprintf("s%d", i), Host: fmt.Sprintf("h%d", h)}
			id := fmt.Sprintf("r1.%s.%s.1", t.Step, t.Host)
			sum := fmt.Sprintf("%x", sha256.Sum256([]byte(id)))
			events = append(events, steps.Intended{Task: t, Phase: "p", Attempt: id, N: 1, Script: sum, Vars: sum, Book: rb.Hash},
				steps.Started{Attempt: id}, steps.Exited{Attempt: id, OK: true, SHA256: sum})
		}
	}
	j, err := journal.CreateOn(unsyncedDisk{journal.OS()}, dir, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range events {
		if _, err := j.Append(e.Kind(), e); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	return dir
}

// unsyncedDisk makes the preparation fast; what is measured is reading.
type unsyncedDisk struct{ journal.Disk }

func (d unsyncedDisk) Create(path string) (journal.File, error) {
	f, err := d.Disk.Create(path)
	return unsyncedFile{f}, err
}

func (d unsyncedDisk) Append(path string) (journal.File, error) {
	f, err := d.Disk.Append(path)
	return unsyncedFile{f}, err
}

type unsyncedFile struct{ journal.File }

func (unsyncedFile) Sync() error { return nil }
