package cli

// The rule of this file: what the program promises on the command line is
// written down in testdata/*.txtar, as an operator would type it.

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"belay/runner/local"
	"belay/runner/rehearsal"
	"belay/steps"
)

// TestMain is the program wherever the test binary is started as such: under
// its name by a script, or by itself for what outlives a console. A script that
// gives its path is told by it.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == local.HiddenVerb || os.Args[1] == rehearsal.Verb) {
		os.Exit(Main(Host()))
	}
	_ = flag.Set("test.parallel", "4") // most of them wait for servers; a flag that is given counts
	called := os.Args[0]               // which testscript changes
	testscript.Main(m, map[string]func(){"belay": func() {
		env := Host()
		if strings.HasPrefix(called, "./") {
			env.Called = called
		}
		os.Exit(Main(env))
	}})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			state := filepath.Join(e.WorkDir, "state")
			e.Setenv("BELAY_STATE", state)
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("USER", "ana")
			e.Setenv("TERM", "xterm-256color")
			shipped, err := filepath.Abs(filepath.Join(root, "runbook.toml"))
			e.Setenv("SHIPPED", shipped)
			if path, err := exec.LookPath("belay"); err == nil {
				e.Setenv("BELAY", path)
			}
			e.Setenv("PLAN", filepath.Join(filepath.Dir(shipped), "docs", "plan", "inventory.tsv"))
			e.Setenv("EXAMPLES", filepath.Join(filepath.Dir(shipped), "docs", "examples"))
			e.Defer(func() { endFleets(state) })
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "spoil": spoil, "latest": latest, "lines": lines, "holds": holds,
			"mode": mode, "torn": torn, "runs": countRuns,
		},
	})
}

// endFleets ends the fleets of rehearsals that a script left open.
func endFleets(state string) {
	files, _ := filepath.Glob(filepath.Join(state, "runs", "*", "fleet", "pid"))
	for _, f := range files {
		text, _ := os.ReadFile(f)
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && pid > 1 {
			_ = syscall.Kill(pid, syscall.SIGTERM)
		}
	}
}

// exits CODE COMMAND... runs a command that must end with a code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var e *exec.ExitError
	switch {
	case errors.As(err, &e):
		got = e.ExitCode()
	case err != nil:
		ts.Fatalf("%s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// spoil FILE OLD NEW replaces a text in a file, once.
func spoil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: spoil FILE OLD NEW")
	}
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	if !bytes.Contains(b, []byte(args[1])) {
		ts.Fatalf("%s has no %q", path, args[1])
	}
	ts.Check(os.WriteFile(path, bytes.Replace(b, []byte(args[1]), []byte(args[2]), 1), 0o600))
}

// latest sets $RUN and $ID to the newest run's directory and its name.
func latest(ts *testscript.TestScript, _ bool, _ []string) {
	dirs, _ := filepath.Glob(filepath.Join(ts.Getenv("BELAY_STATE"), "runs", "*"))
	if len(dirs) == 0 {
		ts.Fatalf("there is no run")
	}
	newest, when := "", int64(0)
	for _, d := range dirs {
		info, err := os.Stat(filepath.Join(d, bookName))
		ts.Check(err)
		if at := info.ModTime().UnixNano(); at > when {
			newest, when = d, at
		}
	}
	ts.Setenv("RUN", newest)
	ts.Setenv("ID", filepath.Base(newest))
}

// holds REPORT [STEP]... holds a report in JSON against the run directory $RUN:
// each output has the digest that it says, each attempt's script stands there in
// full, what was done has somebody who did it, and the steps that are named were
// done.
func holds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: holds REPORT [STEP]...")
	}
	var r runAccount
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &r))
	scripts, done := map[string]string{}, map[string]bool{}
	for _, s := range r.Scripts {
		scripts[fmt.Sprint(s.Script, s.Undo)] = s.Text
	}
	attempts := 0
	for _, ph := range r.Phases {
		for _, t := range ph.Tasks {
			if t.Status == steps.TaskDone && t.How != steps.HowAssumed {
				done[t.Step] = true
				if len(t.By) == 0 || t.Began.IsZero() || t.Ended.Before(t.Began) {
					ts.Fatalf("%s@%s is done by %v from %s to %s", t.Step, t.Host, t.By, t.Began, t.Ended)
				}
				if len(t.Attempts) == 0 && len(t.Words) < 2 {
					ts.Fatalf("%s@%s is done, and nobody said so: %v", t.Step, t.Host, t.Words)
				}
			}
			for _, a := range t.Attempts {
				attempts++
				if scripts[fmt.Sprint(a.Script, a.Undo)] == "" || len(a.Vars) != 64 {
					ts.Fatalf("attempt %s: no script %s in the report", a.ID, a.Script)
				}
				if _, err := os.Stat(filepath.Join(ts.Getenv("RUN"), a.Runbook)); err != nil {
					ts.Fatalf("attempt %s: %v", a.ID, err)
				}
				if a.Output == nil {
					continue
				}
				b, err := os.ReadFile(filepath.Join(ts.Getenv("RUN"), a.Output.File))
				ts.Check(err)
				if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != a.Output.SHA256 {
					ts.Fatalf("attempt %s: its output has another digest than %s", a.ID, a.Output.SHA256)
				}
			}
		}
	}
	if attempts == 0 {
		ts.Fatalf("the report knows no attempt")
	}
	for _, step := range args[1:] {
		if !done[step] {
			ts.Fatalf("%s is not done in the report", step)
		}
	}
}

// lines N FILE holds that a file has so many lines.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: lines N FILE")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := strings.Count(ts.ReadFile(args[1]), "\n"); (got == want) == neg {
		ts.Fatalf("%s has %d lines, want %d", args[1], got, want)
	}
}

// mode OCTAL PATH holds who may do what with a file or a folder.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode OCTAL PATH")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

// torn FILE BYTES cuts the end of a file, as a crash would.
func torn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: torn FILE BYTES")
	}
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	path := ts.MkAbs(args[0])
	info, err := os.Stat(path)
	ts.Check(err)
	ts.Check(os.Truncate(path, info.Size()-n))
}

// countRuns N holds that the state has so many runs.
func countRuns(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: runs N")
	}
	dirs, _ := filepath.Glob(filepath.Join(ts.Getenv("BELAY_STATE"), "runs", "*"))
	if got := strconv.Itoa(len(dirs)); got != args[0] {
		ts.Fatalf("%s runs, want %s", got, args[0])
	}
}
