package runner

// The rule of this file: our copy of an output equals the host's byte for byte,
// but for the secrets, which are replaced; and nobody waits for a screen.

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"belay/runner/job"
	"belay/runner/tail"
	"belay/steps"
)

// output is our copy of an attempt's output: a file, a ring for the screen, and
// how far the host's bytes have been read.
type output struct {
	size int64 // bytes of the host that are in the copy
	err  error
	file *os.File
	mask *tail.Redactor
	sum  hash.Hash
	shut bool
}

// openOutput starts the copy from nothing: after a crash nobody knows which
// bytes of a torn copy are whole, and the host still has them all.
func (r *Runner) openOutput(t steps.Task, id string) (*output, error) {
	f, err := os.OpenFile(filepath.Join(r.cfg.Logs, id+".log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	ring := tail.NewRing(tail.DefaultRing)
	r.mu.Lock()
	r.outputs[t] = ring
	r.mu.Unlock()
	o := &output{file: f, sum: sha256.New()}
	o.mask = r.cfg.Secrets.Redactor(io.MultiWriter(f, o.sum, ring, waker{r, t, ring}))
	return o, nil
}

// rereadLimit is how much of the end of a log a console shows that did not
// follow the attempt itself, in bytes.
const rereadLimit = 64 << 10

// reread shows the end of our copy of an output: a person has to decide about
// it, and an earlier console followed it. A copy that cannot be read shows nothing.
func (r *Runner) reread(t steps.Task, id string) {
	f, err := os.Open(filepath.Join(r.cfg.Logs, id+".log"))
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return
	}
	ring := tail.NewRing(tail.DefaultRing)
	from := max(0, info.Size()-rereadLimit)
	if _, err := io.Copy(ring, io.NewSectionReader(f, from, info.Size()-from)); err != nil {
		return
	}
	r.mu.Lock()
	r.outputs[t] = ring
	r.mu.Unlock()
}

func discard() *output {
	o := &output{sum: sha256.New()}
	none, _ := tail.NewSecrets(nil)
	o.mask = none.Redactor(io.Discard)
	return o
}

func (o *output) chunk(c job.Chunk) error {
	if c.Offset != o.size {
		return errors.New("output: a piece is missing")
	}
	if _, err := o.mask.Write(c.Bytes); err != nil {
		o.err = err
		return err
	}
	o.size += int64(len(c.Bytes))
	return nil
}

// drop goes on without a file, so that a full disk here stops nothing there.
func (o *output) drop() {
	none := discard()
	o.mask, o.err = none.mask, nil
}

// close puts the copy on disk, with its name: what follows may drop the output
// on the host.
func (o *output) close() error {
	if o.shut || o.file == nil {
		return o.err
	}
	o.shut = true
	err := o.mask.Flush()
	err = errors.Join(err, o.file.Sync(), o.file.Close())
	if dir, derr := os.Open(filepath.Dir(o.file.Name())); derr == nil {
		err = errors.Join(err, dir.Sync(), dir.Close())
	}
	if o.err == nil && err != nil {
		o.err = fmt.Errorf("keep the output: %w", err)
	}
	return o.err
}

func (o *output) digest() string { return hex.EncodeToString(o.sum.Sum(nil)) }
func (o *output) masked() int    { return o.mask.Hits() }

// waker tells faces that there is more to show, and on which host.
type waker struct {
	r    *Runner
	task steps.Task
	ring *tail.Ring
}

func (w waker) Write(p []byte) (int, error) {
	if host := w.r.hosts[w.task.Host]; host != nil {
		host.printing(w.task, w.ring, w.r.cfg.Now())
	}
	w.r.wake()
	return len(p), nil
}
