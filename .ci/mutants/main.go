// Command mutants plants faults in what must never fail, one at a time, and
// runs the tests that guard it. A fault that no test catches says that the
// tests prove nothing there.
//
//	go run ./.ci/mutants [NAME]...
//
// The working copy is not touched: the compiler is given the changed file in
// its place (go help build, -overlay). A table is printed; the exit code is 1
// when a fault went unnoticed, and 2 when one could not be planted, which is as
// bad: the code has moved on and the table has not.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// mutant is one fault.
type mutant struct {
	name  string // short, for the table and the command line
	says  string // what is broken
	file  string
	old   string // stands in the file exactly once
	new   string
	guard string // the package whose tests have to notice
	tests string // of them: -run
}

func main() {
	asked, code := os.Args[1:], 0
	if err := fromRoot(); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	}
	caught, all := 0, 0
	fmt.Printf("%-22s %-9s %6s  %s\n", "fault", "result", "took", "what is broken, and what noticed it")
	for _, m := range mutants {
		if len(asked) > 0 && !slices.Contains(asked, m.name) {
			continue
		}
		all++
		begun := time.Now()
		by, err := m.run()
		result := "caught"
		switch {
		case err != nil:
			result, by, code = "UNPLANTED", err.Error(), 2
		case by == "":
			result, by, code = "MISSED", "no test of "+m.guard+" noticed", max(code, 1)
		default:
			caught++
		}
		fmt.Printf("%-22s %-9s %5.1fs  %s; %s\n", m.name, result, time.Since(begun).Seconds(), m.says, by)
	}
	fmt.Printf("%d of %d planted faults were caught\n", caught, all)
	if all == 0 {
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

// run plants the fault and gives the first test that fails, or "" for none.
func (m mutant) run() (by string, err error) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	if n := bytes.Count(text, []byte(m.old)); n != 1 {
		return "", fmt.Errorf("the text to be changed stands %d times in %s", n, m.file)
	}
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	changed := filepath.Join(dir, filepath.Base(m.file))
	if err := os.WriteFile(changed, bytes.Replace(text, []byte(m.old), []byte(m.new), 1), 0o600); err != nil {
		return "", err
	}
	whole, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{whole: changed}})
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "test", "-overlay", list, "-vet=off", "-count=1", "-timeout=5m", "-run", m.tests, m.guard).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil && bytes.Contains(out, []byte("no tests to run")):
		return "", fmt.Errorf("%s has no test %s", m.guard, m.tests)
	case err == nil && bytes.Contains(out, []byte("ok ")):
		return "", nil
	case !errors.As(err, &exit) || bytes.Contains(out, []byte("[build failed]")) || bytes.Contains(out, []byte("[setup failed]")):
		return "", fmt.Errorf("the fault does not compile: %.300s", out)
	}
	return failed(out), nil
}

// failed names the first test that failed, or says how it all ended.
func failed(out []byte) string {
	for _, line := range strings.Split(string(out), "\n") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); ok {
			name, _, _ = strings.Cut(name, " ")
			return name
		}
	}
	if bytes.Contains(out, []byte("panic:")) {
		return "a test panicked"
	}
	return "the tests failed"
}
