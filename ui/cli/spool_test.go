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
		if file != filepath.Join(dir, "w81", "log-ray%2F1") {
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
	text, err := os.ReadFile(filepath.Join(dir, "w81", "log-ray%2F1"))
	if err != nil || !strings.HasSuffix(string(text), "=== belay: another console follows this log from here on\none more\n") {
		t.Errorf("%v: %q", err, text)
	}
	if _, first := all.at("w81", "ray/1"); first >= 0 {
		t.Errorf("lines of an earlier console have numbers from %d on", first)
	}
	all.close()
}

// TestALogThatCannotBeKeptAnyMore: whoever writes is told once and for all, and
// what was kept is found.
func TestALogThatCannotBeKeptAnyMore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "w81"), nil, 0o600); err != nil { // where a folder should be
		t.Fatal(err)
	}
	all := newSpools(dir)
	defer all.close()
	w := all.open("w81", "ray")
	for range 3 {
		if _, err := io.WriteString(w, "a line\n"); err == nil || !strings.Contains(err.Error(), "w81") {
			t.Fatal(err)
		}
	}
	if file, _ := all.at("w81", "ray"); file != "" {
		t.Errorf("%s is said to be kept", file)
	}

	all.part = 10
	w = all.open("w82", "ray")
	if _, err := io.WriteString(w, "one\ntwo\nthree\n"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "w82", "log-ray.1", "x"), 0o700); err != nil { // where the older file should be
		t.Fatal(err)
	}
	for range 3 {
		if _, err := io.WriteString(w, "four\n"); err == nil {
			t.Fatal("it is kept, and cannot be")
		}
	}
	if file, first := all.at("w82", "ray"); file != filepath.Join(dir, "w82", "log-ray") || first != 0 {
		t.Errorf("%q from %d on", file, first)
	}
}

// TestALogThatWasCutInALine: what another console says of it has a line of its
// own.
func TestALogThatWasCutInALine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, text := range []string{"whole\nhal", "next\n"} {
		all := newSpools(dir)
		if _, err := io.WriteString(all.open("w81", "ray"), text); err != nil {
			t.Fatal(err)
		}
		all.close()
	}
	text, err := os.ReadFile(filepath.Join(dir, "w81", "log-ray"))
	if want := "whole\nhal\n=== belay: another console follows this log from here on\nnext\n"; err != nil || string(text) != want {
		t.Errorf("%v: %q", err, text)
	}
}

// TestNoTwoLogsShareAFile: nor does one's older file.
func TestNoTwoLogsShareAFile(t *testing.T) {
	t.Parallel()
	had := map[string]string{}
	for _, name := range []string{"ray", "ray.1", "ray.1.1", "ray%2E1", "ray/1", "ray_1", "ray%2F1", "ray\n1", "../ray", "a.log", ".1"} {
		for _, file := range []string{fileOf(name), fileOf(name) + ".1"} {
			if filepath.Base(file) != file {
				t.Errorf("%q leaves its folder as %q", name, file)
			}
			if other, ok := had[file]; ok {
				t.Errorf("%q and %q share %q", name, other, file)
			}
			had[file] = name
		}
	}
}
