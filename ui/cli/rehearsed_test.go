package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLiveStartListsWhatWasNeverRehearsed: on a real sshd, before and after a
// rehearsal on it, and after a step was changed.
func TestLiveStartListsWhatWasNeverRehearsed(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, `[[phase.step]]
id = "look"
on = "a0"
danger = "none"
script = "true"
[[phase.step]]
id = "write"
title = "Write a file"
on = "a0"
danger = "low"
script = 'echo x >"$HOME/x"'
undo.script = 'rm -f "$HOME/x"'
verify.script = 'test -f "$HOME/x"'
[environments.staging]
kind = "rehearsal"
`)
	b.want(0, "", "rehearse", "--auto") // the embedded fleet
	out, errs := b.want(3, "no\n", "run", "--plain")
	for _, want := range []string{"never rehearsed on real hosts as they stand (the embedded fleet does not count): 2 of 2 steps", "  look  ", "  write  ", "Write a file"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s%s", want, out, errs)
		}
	}
	if before, _, _ := strings.Cut(out, "This starts a live run"); !strings.Contains(before, "never rehearsed") {
		t.Errorf("it is said too late:\n%s", out)
	}
	b.want(0, "", "rehearse", "-e", "staging", "--auto")
	if out, _ := b.want(3, "no\n", "run", "--plain"); !strings.Contains(out, "all 2 steps with a script were rehearsed on real hosts as they stand") {
		t.Errorf("after a rehearsal:\n%s", out)
	}
	book, err := os.ReadFile(filepath.Join(b.dir, "runbook.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("runbook.toml", strings.Replace(string(book), `script = 'echo x`, `script = 'echo y`, 1))
	_, errs = b.want(0, "", "run", "-e", "prod", "--auto")
	if !strings.Contains(errs, "1 of 2 steps") || !strings.Contains(errs, "  write  ") || strings.Contains(errs, "  look  ") {
		t.Errorf("after a change:\n%s", errs)
	}
	if out, _ := b.want(0, "", "report"); !strings.Contains(out, "## Never rehearsed on real hosts before it was taken") || !strings.Contains(out, "| write | `") {
		t.Errorf("the report:\n%s", out)
	}
}

// TestATextThatIsTakenSaysWhatWasNeverTried: in the question, and in the report.
func TestATextThatIsTakenSaysWhatWasNeverTried(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, `[[phase.step]]
id = "look"
on = "a0"
danger = "none"
script = "true"
[[phase.step]]
id = "write"
on = "a0"
danger = "none"
script = 'echo x'
[environments.staging]
kind = "rehearsal"
`)
	b.want(0, "", "rehearse", "-e", "staging", "--auto")
	b.want(0, "", "run", "-e", "prod", "--auto", "--until", "look")
	book, err := os.ReadFile(filepath.Join(b.dir, "runbook.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("runbook.toml", strings.Replace(string(book), "echo x", "echo y", 1))
	out, _ := b.want(4, "amend\ny\nbetter\nquit\n", "run", "--plain", "-e", "prod")
	if !strings.Contains(out, "new, and never rehearsed on real hosts: write\n") || !strings.Contains(out, "step write: script changed\n") || !strings.Contains(out, "-echo x") || !strings.Contains(out, "+echo y") {
		t.Error(out)
	}
	out, _ = b.want(0, "", "report")
	if _, table, ok := strings.Cut(out, "## Never rehearsed on real hosts before it was taken"); !ok || !strings.Contains(table, "| write | `") || strings.Contains(table, "| look | `") {
		t.Error(out)
	}
}
