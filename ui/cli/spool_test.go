package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestALogIsKeptBesideTheRun, of bounded size, by one console after the other; a
// line of the ring is found in it by its number.
func TestALogIsKeptBesideTheRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	line := func(n int) string { return fmt.Sprintf("line %04d of a log\n", n) }
	for console := range 3 {
		all := newSpools(dir)
		all.part = 4 << 10
		w := all.open("w81", "ray/1")
		if file, _ := all.at("w81", "ray/1"); file != "" {
			t.Fatalf("%s is kept before anything was said", file)
		}
		for n := range 700 {
			io.WriteString(w, line(n))
		}
		file, first := all.at("w81", "ray/1")
		if file != filepath.Join(dir, "w81", "log-ray_1") {
			t.Fatalf("it is kept in %q", file)
		}
		var kept []string
		for _, p := range parts(file) {
			b, err := os.ReadFile(p)
			if err != nil || len(b) > 5<<10 {
				t.Fatalf("%s holds %d bytes: %v", p, len(b), err)
			}
			kept = append(kept, strings.SplitAfter(strings.TrimSuffix(string(b), "\n"), "\n")...)
		}
		if got, want := strings.TrimSpace(kept[690-first]), strings.TrimSpace(line(690)); got != want {
			t.Errorf("console %d: line 690 is %q, and %q stands there", console, want, got)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info, err)
		}
		all.close()
	}
	all := newSpools(dir)
	w := all.open("w81", "ray/1")
	io.WriteString(w, "one more\n")
	text, err := os.ReadFile(filepath.Join(dir, "w81", "log-ray_1"))
	if err != nil || !strings.HasSuffix(string(text), "=== belay: another console follows this log from here on\none more\n") {
		t.Errorf("%v: %q", err, text)
	}
	if _, first := all.at("w81", "ray/1"); first >= 0 {
		t.Errorf("lines of an earlier console have numbers from %d on", first)
	}
	all.close()
}

// TestALogThatCannotBeKeptStopsNothing.
func TestALogThatCannotBeKeptStopsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "w81"), nil, 0o600); err != nil { // where a folder should be
		t.Fatal(err)
	}
	all := newSpools(dir)
	w := all.open("w81", "ray")
	for range 3 {
		if n, err := io.WriteString(w, "a line\n"); n != 7 || err != nil {
			t.Fatal(n, err)
		}
	}
	if file, _ := all.at("w81", "ray"); file != "" {
		t.Errorf("%s is said to be kept", file)
	}
	all.close()
}
