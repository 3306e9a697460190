package cli

// The rule of this file: a journal that cannot be written stops what is new, and
// nothing else; the run goes on from a copy of its directory, and the directory
// that was left behind is not taken for the run any more.

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"belay/runner/journal"
)

// failing is the real disk until so many syncs of a journal have been made. From
// then on all fail, as on a drive that is gone.
type failing struct {
	journal.Disk
	left *int
}

type failingFile struct {
	journal.File
	left *int
}

func (d failing) Create(path string) (journal.File, error) { return d.wrap(d.Disk.Create(path)) }
func (d failing) Append(path string) (journal.File, error) { return d.wrap(d.Disk.Append(path)) }

func (d failing) wrap(f journal.File, err error) (journal.File, error) {
	return failingFile{f, d.left}, err
}

func (f failingFile) Sync() error {
	if *f.left--; *f.left < 0 {
		return syscall.EIO
	}
	return f.File.Sync()
}

const threeSteps = `
[[phase.step]]
id = "one"
title = "One"
on = "all"
danger = "low"
script = 'echo x >>"$HOME/one"'
no_undo = "a test"
[[phase.step]]
id = "two"
title = "Two"
on = "all"
danger = "low"
script = 'echo x >>"$HOME/two"'
verify.script = 'test -e "$HOME/two"'
no_undo = "a test"
[[phase.step]]
id = "three"
title = "Three"
on = "all"
danger = "low"
script = 'echo x >>"$HOME/three"'
no_undo = "a test"
`

func (b *bench) ran(step string) int {
	text, _ := os.ReadFile(filepath.Join(b.servers[0].Home, step))
	return strings.Count(string(text), "x\n")
}

// onDisk runs the program with a disk that fails after so many syncs.
func (b *bench) onDisk(syncs int, args ...string) (code int, errs string) {
	b.t.Helper()
	var stdout, stderr bytes.Buffer
	env := b.env(&stdout, &stderr, args)
	env.Disk = failing{journal.OS(), &syncs}
	return Main(env), stderr.String()
}

// TestAFailedSyncIsGoneOnFromElsewhere: make deep fails every sync of a run.
func TestAFailedSyncIsGoneOnFromElsewhere(t *testing.T) {
	t.Parallel()
	step, failed := 7, 0
	if os.Getenv("BELAY_DEEP") != "" {
		step = 1
	}
	for syncs := 4; ; syncs += step {
		b := newBench(t, 1, threeSteps)
		code, errs := b.onDisk(syncs, "run", "--auto", "-e", "prod", "--max-danger", "med")
		if code == 0 {
			break
		}
		failed++
		if !strings.Contains(errs, "input/output error") {
			t.Fatalf("sync %d fails: exit code %d: %s", syncs, code, errs)
		}
		runs, _ := filepath.Glob(filepath.Join(b.dir, "state", "runs", "*"))
		if len(runs) != 1 {
			t.Fatalf("sync %d fails: %d runs", syncs, len(runs))
		}
		frozen := strings.Contains(errs, "nothing new is started")
		if frozen && (code != 8 || !strings.Contains(errs, "cp -a") || !strings.Contains(errs, "--state DIR --run "+filepath.Base(runs[0]))) {
			t.Fatalf("sync %d fails: exit code %d: %s", syncs, code, errs)
		}
		b.goesOnFrom(runs[0], fmt.Sprintf("sync %d failed", syncs))
	}
	if failed < 2 {
		t.Errorf("only %d syncs failed", failed)
	}
	t.Logf("figure: %d runs whose disk failed at a sync went on from a copy, 0 steps doubled or lost", failed)
}

// goesOnFrom copies a run directory as the hint says, and carries on there.
func (b *bench) goesOnFrom(run, where string) {
	b.t.Helper()
	second := filepath.Join(b.dir, "second")
	if err := os.MkdirAll(filepath.Join(second, "runs"), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", run, filepath.Join(second, "runs")).CombinedOutput(); err != nil {
		b.t.Fatalf("%v: %s", err, out)
	}
	b.want(0, "", "run", "--auto", "-e", "prod", "--max-danger", "med", "--state", second, "--run", filepath.Base(run))
	b.want(0, "", "audit", "--state", second)
	for _, step := range []string{"one", "two", "three"} {
		if n := b.ran(step); n != 1 {
			b.t.Fatalf("%s: step %s ran %d times", where, step, n)
		}
	}
	if intents(b.t, run) == intents(b.t, filepath.Join(second, "runs", filepath.Base(run))) {
		return // nothing was begun there
	}
	// The directory left behind knows less than the servers do.
	_, errs := b.want(8, "", "run", "--auto", "-e", "prod", "--max-danger", "med", "--run", filepath.Base(run))
	if !strings.Contains(errs, "the end of the journal is missing") {
		b.t.Fatalf("%s: the old directory was believed: %s", where, errs)
	}
}

func intents(t testing.TB, run string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(run, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), `"kind":"intended"`)
}

// TestACutTailIsNoticed: whole records removed from the end leave a whole chain.
func TestACutTailIsNoticed(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, threeSteps)
	b.want(0, "", "run", "--auto", "-e", "prod", "--max-danger", "med", "--until", "two")
	files, _ := filepath.Glob(filepath.Join(b.dir, "state", "runs", "*", journal.FileName))
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	cut := len(lines) - 1
	for !strings.Contains(lines[cut], `"kind":"intended"`) {
		cut--
	}
	if err := os.WriteFile(files[0], []byte(strings.Join(lines[:cut], "")), 0o600); err != nil {
		t.Fatal(err)
	}
	b.want(0, "", "audit") // the journal alone cannot tell
	_, errs := b.want(8, "", "run", "--auto", "-e", "prod", "--max-danger", "med")
	if !strings.Contains(errs, "a0 has attempt ") || !strings.Contains(errs, ".two.a0.1, of which the journal knows nothing") {
		t.Error(errs)
	}
	if b.ran("two") != 1 || b.ran("three") != 0 {
		t.Errorf("two ran %d times, three %d times", b.ran("two"), b.ran("three"))
	}
}
