package cli

// The rule of this file: a file that shows something is in the run directory, as
// it was then, before the journal names it. It is copied as it is: nobody looks
// for secrets in it.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"belay/runner/tail"
	"belay/steps"
)

const (
	attachedName = "attached"
	attachedMost = 64 << 20 // bytes of one file
)

// Attach notes on a task that a file shows something.
func (r *consoleRun) Attach(ctx context.Context, t steps.Task, file, text string) error {
	return r.s.attach(ctx, t, file, text)
}

// attach keeps a copy of a file and notes it.
func (s *session) attach(ctx context.Context, t steps.Task, file, text string) error {
	content, err := s.p.readAttached(file)
	if err != nil {
		return &steps.Refusal{Why: fmt.Sprintf("%s cannot be attached: %v", file, err), Hint: "name a file of at most 64 MiB"}
	}
	sum := sha256.Sum256(content)
	a := steps.Attached{Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}
	a.Name = fmt.Sprintf("%.12s-%s", a.SHA256, strings.Map(harmless, filepath.Base(file)))
	dir := filepath.Join(s.ledger.dir, attachedName)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := store(dir, a.Name, content); err != nil {
		return err
	}
	return s.runner.Submit(ctx, steps.Action{Verb: steps.Note, Task: t, Value: text, File: &a, Actor: s.runner.Snapshot().Case.State.Driver})
}

// readAttached reads a plain file as the operator names it, from where Belay was
// started or from home.
func (p *program) readAttached(name string) ([]byte, error) {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		name = filepath.Join(p.env.Getenv("HOME"), rest)
	} else if !filepath.IsAbs(name) {
		name = filepath.Join(p.env.Cwd, name)
	}
	info, err := os.Stat(name) // opening a pipe would wait for its other end
	switch {
	case err != nil:
		return nil, plainError(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no plain file")
	case info.Size() > attachedMost:
		return nil, fmt.Errorf("it has %d bytes", info.Size())
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, plainError(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(f, attachedMost+1)); err != nil {
		return nil, plainError(err)
	}
	if b.Len() > attachedMost {
		return nil, errors.New("it grew beyond that while it was read")
	}
	return b.Bytes(), nil
}

// plainError leaves out the name, which the sentence has already.
func plainError(err error) error {
	var e *os.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// harmless keeps of a file's name what is safe in every shell and terminal.
func harmless(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
		return r
	}
	return '_'
}

// attached is a note's file in the report, held against the journal.
func (r *runAccount) attached(e steps.Noted) *paper {
	file := filepath.Join(r.Run.Dir, attachedName, e.File.Name)
	x := &paper{Name: e.File.Name, File: file, Bytes: e.File.Bytes, SHA256: e.File.SHA256, By: e.By}
	if !e.Task.Zero() {
		x.Task = e.Task.String()
	}
	b, err := os.ReadFile(file)
	x.Note = changed(b, err, x.SHA256)
	return x
}

// wrong says in brackets that the file of a note is not what it was.
func (x *paper) wrong() string {
	if x == nil || x.Note == "" {
		return ""
	}
	return " [" + x.Note + "]"
}

// attachWord is what attaches a file in lines: attach [STEP@HOST] FILE [TEXT].
const attachWord = "attach"

// attach does what a line says that begins so; false where it does not.
func (f *plain) attach(ctx context.Context, c *steps.Case, line string) bool {
	words := strings.Fields(line)
	if len(words) == 0 || words[0] != attachWord {
		return false
	}
	words = words[1:]
	var t steps.Task
	if len(words) > 1 {
		step, host, named := strings.Cut(words[0], "@")
		if x := (steps.Task{Step: step, Host: host}); named && c.Step(x) != nil {
			t, words = x, words[1:]
		}
	}
	if len(words) == 0 {
		f.print("write attach STEP@HOST FILE and, if you like, what it shows\n")
		return true
	}
	if err := f.s.attach(ctx, t, words[0], strings.Join(words[1:], " ")); err != nil {
		f.print("refused: %s\n", tail.Inert(err.Error()))
	}
	return true
}
