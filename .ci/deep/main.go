// Command deep runs the bars of docs/reliability.md at their full size, one
// after the other, and prints one table of figures.
//
//	go run ./.ci/deep [NAME]...
//
// A bar is a test that takes a small share by itself and all of it where
// BELAY_DEEP is set; its figures are the lines that it logs as "figure: …". A
// test that skips has shown nothing, and the table says so. The exit code is 1
// when a bar was missed, and 2 when the table names a test that is not there.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// bar is one promise as it is measured.
type bar struct {
	name  string
	wants string // the bar
	room  string // the package whose test shows it
	test  string // -run, whole
	fuzz  bool   // test is a fuzz target, to be run for fuzzTime
	limit time.Duration
}

// fuzzTime is how long each target is fuzzed; BELAY_FUZZ says otherwise.
const fuzzTime = "2m"

func main() {
	asked, code, shown := os.Args[1:], 0, 0
	if err := fromRoot(); err != nil {
		fmt.Fprintln(os.Stderr, "deep:", err)
		os.Exit(2)
	}
	fmt.Printf("%-20s %-8s %7s  %s\n", "bar", "result", "took", "figure (wanted)")
	for _, b := range bars {
		if len(asked) > 0 && !slices.Contains(asked, b.name) {
			continue
		}
		shown++
		begun := time.Now()
		result, figures, bad := b.run()
		fmt.Printf("%-20s %-8s %6.1fs  %s (%s)\n", b.name, result, time.Since(begun).Seconds(), figures, b.wants)
		code = max(code, bad)
	}
	if shown == 0 {
		fmt.Fprintln(os.Stderr, "deep: no bar has that name")
		code = 2
	}
	os.Exit(code)
}

// fromRoot goes to the folder of go.mod.
func fromRoot() error {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return err
	}
	return os.Chdir(filepath.Dir(strings.TrimSpace(string(out))))
}

// run gives the result in a word, the figures, and the exit code it calls for.
func (b bar) run() (result, figures string, code int) {
	args := []string{"test", "-count=1", "-v", "-timeout", b.limit.String(), "-run", "^(" + b.test + ")$", b.room}
	if b.fuzz {
		length := fuzzTime
		if v := os.Getenv("BELAY_FUZZ"); v != "" {
			length = v
		}
		args = []string{"test", "-count=1", "-timeout", b.limit.String(), "-run", "^$", "-fuzz", "^" + b.test + "$",
			"-fuzztime", length, "-fuzzminimizetime", "1s", "-parallel", "1", b.room} // else it spends its time on making inputs small
	}
	ctx, cancel := context.WithTimeout(context.Background(), b.limit+time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "BELAY_DEEP=1")
	out, err := cmd.CombinedOutput()
	if missing(out) {
		return "NO TEST", b.room + " has no " + b.test, 2
	}
	figures = read(out)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit), err != nil:
		kept := filepath.Join(os.TempDir(), "deep-"+strings.ReplaceAll(b.name, " ", "-")+".log")
		_ = os.WriteFile(kept, out, 0o600)
		return "MISSED", figures + "; all of it: " + kept, 1
	case bytes.Contains(out, []byte("--- SKIP")) && figures == "":
		return "skipped", skipped(out), 0
	}
	if figures == "" {
		figures = "holds"
	}
	return "met", figures, 0
}

func missing(out []byte) bool {
	return bytes.Contains(out, []byte("no tests to run")) || bytes.Contains(out, []byte("no fuzz tests to fuzz"))
}

// read takes what the tests have measured, and of a fuzz target its last count.
func read(out []byte) string {
	var list []string
	last := ""
	for line := range strings.Lines(string(out)) {
		if _, figure, ok := strings.Cut(strings.TrimSpace(line), "figure: "); ok {
			list = append(list, figure)
		}
		if strings.HasPrefix(line, "fuzz: elapsed") && strings.Contains(line, "execs: ") {
			_, rest, _ := strings.Cut(line, "execs: ")
			last, _, _ = strings.Cut(rest, " ")
		}
	}
	if last != "" {
		list = append(list, last+" inputs, 0 failures")
	}
	return strings.Join(list, "; ")
}

// skipped is the reason that a test gave, on the line after its name.
func skipped(out []byte) string {
	lines := strings.Split(string(out), "\n")
	for i, line := range lines {
		if strings.Contains(line, "--- SKIP") && i > 0 {
			for _, near := range []string{lines[min(i+1, len(lines)-1)], lines[i-1]} {
				if _, why, ok := strings.Cut(near, "_test.go:"); ok {
					return why
				}
			}
		}
	}
	return "it gave no reason"
}
