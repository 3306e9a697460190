package runner

// The rule of this file: a document is a file of the run directory that a person
// writes. What is kept of it is its digest at that moment; the journal names no
// text that is not on disk, and no text that holds a secret.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"belay/steps"
)

// maxDocument is how large a document may be, in bytes.
const maxDocument = 4 << 20

// DocumentFile gives the file of a document, made from its template where it
// does not exist yet.
func (r *Runner) DocumentFile(t steps.Task) (string, error) {
	c := r.face()
	s := c.Step(t)
	if s == nil || s.Kind != steps.Document {
		return "", fmt.Errorf("%s is no document", t)
	}
	return r.draft(s, c.Filled(s))
}

// draft makes the file of a document, unless it is there.
func (r *Runner) draft(s *steps.Step, text string) (string, error) {
	if err := os.MkdirAll(r.cfg.Documents, 0o700); err != nil {
		return "", fmt.Errorf("document %s: %w", s.FileName(), err)
	}
	name := filepath.Join(r.cfg.Documents, s.FileName())
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return name, nil
	}
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return "", fmt.Errorf("document %s: %w", s.FileName(), err)
	}
	return name, nil
}

// KeepDocument puts a document as it is now into the run.
func (r *Runner) KeepDocument(ctx context.Context, t steps.Task, actor string) error {
	name, err := r.DocumentFile(t)
	if err != nil {
		return err
	}
	w, err := r.weigh(name)
	if err != nil {
		return fmt.Errorf("keep %s: %w", filepath.Base(name), err)
	}
	return r.Submit(ctx, steps.Action{Verb: steps.Write, Task: t, Actor: actor, Wrote: w})
}

// weigh reads a document, and makes sure that it will still be there.
func (r *Runner) weigh(name string) (*steps.Wrote, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > maxDocument:
		return nil, fmt.Errorf("%d bytes; at most %d are kept", info.Size(), maxDocument)
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil && len(b) > 0 {
		return nil, err
	}
	if _, n := r.cfg.Secrets.Text(string(b)); n > 0 {
		return nil, errors.New("it holds a secret of this run; take that out")
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	return &steps.Wrote{SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(b))}, nil
}

// inventedHead stands over what nobody wrote.
const inventedHead = "INVENTED BY THE REHEARSAL: nobody wrote this. Below is the template.\n\n"

// invent keeps the template of a document under a line that says so.
func (r *Runner) invent(t steps.Task, s *steps.Step) error {
	name, err := r.draft(s, inventedHead+r.kase().Filled(s))
	if err != nil {
		return err
	}
	w, err := r.weigh(name)
	if err != nil {
		return err
	}
	w.Invented = true
	return r.submitNow(steps.Action{Verb: steps.Write, Task: t, Actor: Nobody, Wrote: w})
}
