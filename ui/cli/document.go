package cli

// The rule of this file: documents are written with the editor that the
// operator's environment names, as git and crontab do it.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"belay/runner/tail"
	"belay/steps"
)

// editor gives the command that opens a file in the operator's editor. The
// variable may hold arguments, so a shell reads it.
func (p *program) editor(file string) *exec.Cmd {
	name := first(p.env.Getenv("VISUAL"), first(p.env.Getenv("EDITOR"), "vi"))
	c := exec.Command("sh", "-c", name+` "$1"`, "sh", file)
	c.Dir = p.env.Cwd
	return c
}

// Editor opens a document of the run.
func (r *consoleRun) Editor(t steps.Task) (*exec.Cmd, string, error) {
	file, err := r.DocumentFile(t)
	if err != nil {
		return nil, "", err
	}
	c := r.s.p.editor(file)
	c.Stdout, c.Stderr = r.s.p.env.Stdout, r.s.p.env.Stderr // the terminal itself, not what paints on it
	return c, file, nil
}

// Keep puts a document as it is now into the run.
func (r *consoleRun) Keep(ctx context.Context, t steps.Task) error {
	return r.KeepDocument(ctx, t, r.Snapshot().Case.State.Driver)
}

// paper is a document in report --format json.
type paper struct {
	Name   string `json:"name"`
	Task   string `json:"task"`
	File   string `json:"file"` // in the run directory
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // as it was kept
	By     string `json:"by,omitempty"`
	Note   string `json:"note,omitempty"` // what it is not: written, or what was kept
}

// papers lists the documents of a run, and holds their files against the journal.
func (l *ledger) papers(c *steps.Case) []paper {
	var out []paper
	for _, t := range c.Book.Tasks() {
		w := c.State.Task(t).Wrote
		if w.SHA256 == "" {
			continue
		}
		file := filepath.Join(l.dir, documentsName, w.Name)
		x := paper{Name: w.Name, Task: t.String(), File: file, Bytes: w.Bytes, SHA256: w.SHA256, By: w.By,
			Note: strings.Trim(writtenNote(w), " ()")}
		b, err := os.ReadFile(file)
		if why := changed(b, err, w.SHA256); why != "" {
			x.Note = why
		}
		out = append(out, x)
	}
	return out
}

// changed says that a file is not what was kept.
func changed(b []byte, err error, sum string) string {
	switch now := sha256.Sum256(b); {
	case err != nil:
		return "the file is gone"
	case hex.EncodeToString(now[:]) != sum:
		return "the file was changed after it was kept"
	}
	return ""
}

// write opens a document in the editor, or says where its file is when there
// is no terminal for one, and keeps it.
func (f *plain) write(t steps.Task) func(context.Context) error {
	return func(ctx context.Context) error {
		file, err := f.s.runner.DocumentFile(t)
		if err != nil {
			return err
		}
		if err := f.compose(ctx, file); err != nil {
			return err
		}
		return f.s.runner.KeepDocument(ctx, t, f.s.p.actor())
	}
}

func (f *plain) compose(ctx context.Context, file string) error {
	env := f.s.p.env
	if !env.IsTerminal(env.Stdin) || !env.IsTerminal(f.out) {
		_, err := f.ask(ctx, fmt.Sprintf("write %s, then press Enter ", tail.Inert(file)))
		return err
	}
	c := f.s.p.editor(file)
	c.Stdin, c.Stdout, c.Stderr = env.Stdin, f.out, env.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("the editor: %w; the file is %s", err, file)
	}
	return nil
}
