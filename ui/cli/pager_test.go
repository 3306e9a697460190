package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"belay/runner/tail"
	"belay/ui"
)

// shownBy runs a pager of a test's own, and gives what it was given to read.
func shownBy(t *testing.T, w ui.Whole, script string) (text string, args string, err error) {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	less := filepath.Join(dir, "less")
	if err := os.WriteFile(less, []byte("#!/bin/sh\necho \"$LESSSECURE $*\" >"+out+".args\nfor f; do :; done\ncat \"$f\" >"+out+"\nls -l \"$f\" >>"+out+".args\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	runs := filepath.Join(dir, "run")
	if err := os.Mkdir(runs, 0o700); err != nil {
		t.Fatal(err)
	}
	env := Env{Getenv: func(name string) string { return map[string]string{"PAGER": less}[name] }, IsTerminal: func(any) bool { return false }}
	err = (&pager{ctx: t.Context(), env: env, dir: runs, whole: w}).Run()
	shown, _ := os.ReadFile(out)
	given, _ := os.ReadFile(out + ".args")
	if left, _ := filepath.Glob(filepath.Join(runs, "*")); len(left) > 0 {
		t.Errorf("the pager left %v", left)
	}
	return string(shown), string(given), err
}

func TestPagerIsGivenLinesThatCanDoNothing(t *testing.T) {
	ring := tail.NewRing(0)
	fmt.Fprint(ring, "one\n\x1b]52;c;cm0=\x07two\nthree")
	text, args, err := shownBy(t, ui.Whole{Title: "w81 raylet\x1b[2J", Ring: ring, Top: 1}, "")
	if err != nil {
		t.Fatal(err)
	}
	want := "w81 raylet^[[2J  (lines 1 to 3 as they are kept in memory; control characters are shown escaped)\n\none\n^[]52;c;cm0=^Gtwo\nthree\n"
	if text != want {
		t.Errorf("got %q\nwant %q", text, want)
	}
	if !strings.HasPrefix(args, "1 +4 ") || !strings.Contains(args, "-rw-------") {
		t.Errorf("it was called and its file is: %s", args)
	}
	if _, args, _ = shownBy(t, ui.Whole{Ring: ring, Top: -1}, ""); !strings.HasPrefix(args, "1 +G ") {
		t.Errorf("for the end it was called: %s", args)
	}
}

// An output is read from its file, whatever it holds: lines across the pieces in
// which it is read, one longer than memory should hold, and no LF at its end.
func TestPagerReadsAnOutputFromItsFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.log")
	var want strings.Builder
	var raw strings.Builder
	for i := range 9000 {
		fmt.Fprintf(&raw, "line %d of many\n", i)
		fmt.Fprintf(&want, "line %d of many\n", i)
	}
	raw.WriteString(strings.Repeat("x", 3<<20) + "\nlast\x1b[31m")
	fmt.Fprintf(&want, "%s …[%d bytes]\nlast^[[31m\n", strings.Repeat("x", tail.MaxLine), 3<<20)
	if err := os.WriteFile(name, []byte(raw.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	text, args, err := shownBy(t, ui.Whole{Title: "output of build@w81", File: name, Top: 7}, "")
	head, body, _ := strings.Cut(text, "\n\n")
	if err != nil || body != want.String() || !strings.Contains(head, name) || !strings.HasPrefix(args, "1 +10 ") {
		t.Errorf("%v, %q, called %s, %d bytes, want %d", err, head, args, len(body), want.Len())
	}
	if _, _, err := shownBy(t, ui.Whole{File: name + ".none"}, ""); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

func TestPagerSaysHowItEnded(t *testing.T) {
	ring := tail.NewRing(0)
	if _, _, err := shownBy(t, ui.Whole{Ring: ring}, "exit 3"); err == nil || !strings.Contains(err.Error(), "ended with exit code 3; PAGER names") {
		t.Error(err)
	}
	if _, _, err := shownBy(t, ui.Whole{Ring: ring}, "kill -INT $$"); err != nil {
		t.Errorf("Ctrl-C in a pager is no trouble: %v", err)
	}
}

// A console that is ended does not wait for its pager.
func TestPagerEndsWithTheConsole(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	env := Env{Getenv: func(string) string { return "sh -c 'exec sleep 1000'" }, IsTerminal: func(any) bool { return false }}
	ended := make(chan error, 1)
	go func() {
		ended <- (&pager{ctx: ctx, env: env, dir: t.TempDir(), whole: ui.Whole{Ring: tail.NewRing(0)}}).Run()
	}()
	cancel()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "exit code 143") {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it still runs")
	}
}

func TestPagerCommand(t *testing.T) {
	for pager, want := range map[string]string{
		"less":             "less +12 f",
		"/usr/bin/less -S": "/usr/bin/less -S +12 f",
		"most":             "most f",
		"LESS=-S less":     `sh -c LESS=-S less "$@" pager f`,
		"less | cat":       `sh -c less | cat "$@" pager +12 f`,
	} {
		if got := strings.Join(command(pager, 12, "f").Args, " "); got != want {
			t.Errorf("%s: %s, want %s", pager, got, want)
		}
	}
}
