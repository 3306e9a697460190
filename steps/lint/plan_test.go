package lint

// The rule of this file: the linter is measured by a plan that people wrote,
// copied word for word, and by what a colleague found in it before the rules
// were there.

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"belay/steps"
)

var update = flag.Bool("update", false, "write the golden files anew")

const plan = "../../docs/plan/"

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// golden compares with a file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := read(t, name); got != want {
		t.Errorf("%s is out of date (go test -run %s -update):\n%s", name, t.Name(), firstDifference(got, want))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			return fmt.Sprintf("line %d:\n got %s\nwant %s", i+1, strings.Join(g[min(i, len(g)):min(i+1, len(g))], ""), strings.Join(w[min(i, len(w)):min(i+1, len(w))], ""))
		}
	}
	return ""
}

// TestTranscribed: the transcription is what the script makes of the plan.
func TestTranscribed(t *testing.T) {
	cmd := exec.Command("sh", plan+"transcribe.sh")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("transcribe.sh: %v\n%s", err, stderr.String())
	}
	golden(t, plan+"transcription.toml", string(out))
}

// transcription gives what check finds in the plan's commands.
func transcription(t *testing.T) (text string, found steps.Problems) {
	t.Helper()
	text = read(t, plan+"transcription.toml")
	rb, ps := steps.Load("transcription.toml", []byte(text))
	if rb == nil {
		t.Fatal(ps)
	}
	if ps := steps.Check(rb); len(ps) > 0 {
		t.Errorf("the transcription has more than bad habits: %v", ps)
	}
	return text, Check(rb)
}

// TestExpected: every finding of the colleague is found, at its place.
func TestExpected(t *testing.T) {
	text, found := transcription(t)
	at := map[string]bool{}
	for _, p := range found {
		at[fmt.Sprintf("%d:%d %s", p.Line, p.Col, p.Rule)] = true
	}
	rows := 0
	for n, line := range strings.Split(read(t, plan+"expected.tsv"), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		col := strings.Split(line, "\t")
		if len(col) != 5 {
			t.Fatalf("expected.tsv:%d: %d columns", n+1, len(col))
		}
		rows++
		l, c := place(t, text, col[0], col[2])
		if !at[fmt.Sprintf("%d:%d %s", l, c, col[1])] {
			t.Errorf("transcription.toml:%d:%d: %s at %q (%s) is not found: %s", l, c, col[1], col[2], col[0], col[4])
		}
	}
	if rows < 15 {
		t.Errorf("%d findings are expected; there should be 15 at least", rows)
	}
	t.Logf("%d expected findings, all of them at their places; %d in all", rows, len(found))
}

// place finds a text in the table of the file that carries an item of the plan.
func place(t *testing.T, text, ref, snippet string) (line, col int) {
	t.Helper()
	_, rest, ok := strings.Cut(text, `refs = ["`+ref+`"]`)
	if !ok {
		t.Fatalf("no step carries %s", ref)
	}
	begin := strings.LastIndex(text[:len(text)-len(rest)], "\n[[")
	end := len(text)
	if i := strings.Index(rest, "\n[["); i >= 0 {
		end = len(text) - len(rest) + i
	}
	i := strings.Index(text[begin:end], snippet)
	if i < 0 {
		t.Fatalf("%s does not hold %q", ref, snippet)
	}
	before := text[:begin+i]
	return strings.Count(before, "\n") + 1, len(before) - strings.LastIndexByte(before, '\n')
}

// TestFindings: all that is found in the plan's commands, as check prints it.
func TestFindings(t *testing.T) {
	_, found := transcription(t)
	var b strings.Builder
	for _, p := range found {
		fmt.Fprintln(&b, p)
	}
	golden(t, filepath.Join(plan, "findings.txt"), b.String())
}
