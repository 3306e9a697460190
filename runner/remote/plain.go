// Plain commands: looks and tails, which change nothing and leave no record on
// the host. What a login shell prints around them is not theirs.

package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"belay/runner/job"
)

// runAlone is Run in a session of its own.
func (h *Host) runAlone(ctx context.Context, s job.Script, limit int) (job.Result, error) {
	answer, began := &capped{limit: limit, full: make(chan struct{})}, time.Now()
	out, err := h.around(ctx, h.control, s, answer)
	if err != nil {
		return job.Result{}, err
	}
	return job.Result{Out: answer.b, Err: []byte(out.stderr), Exit: out.exit, Cut: answer.cut, Took: time.Since(began)}, nil
}

// firstRun is the first thing that is asked over a new connection: here a login
// shell shows what it is worth. One that reads our stdin would keep silent for
// ever, so it has a limited time.
func (h *Host) firstRun(ctx context.Context, s job.Script, limit int) (job.Result, error) {
	short, cancel := context.WithTimeout(ctx, h.limits.Shell)
	defer cancel()
	r, err := h.Run(short, s, limit)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = h.unusable(fmt.Sprintf("it came to none within %v", h.limits.Shell))
	}
	return r, err
}

// Stream copies what a script prints to w until it ends or ctx does. A script
// that ends with another code than 0 is an error.
func (h *Host) Stream(ctx context.Context, s job.Script, w io.Writer) error {
	out, err := h.around(ctx, h.stream, s, w)
	if err == nil && out.exit != 0 {
		err = fmt.Errorf("%s: stream: exit code %d: %s", h.s.ID, out.exit, cmp.Or(lastLine(out.stderr), "it said nothing on stderr"))
	}
	return err
}

// around runs a script and passes on what it prints, without what a login shell
// prints around it.
func (h *Host) around(ctx context.Context, p *pool, s job.Script, w io.Writer) (outcome, error) {
	mark := job.NewMark()
	stream, err := job.Build(job.Call{Verb: job.Run, ID: mark, Request: job.Request{Script: s}})
	if err != nil {
		return outcome{}, err
	}
	between := job.NewAround(mark, w)
	out, err := p.do(ctx, exchange{stream: stream, hold: true, read: func(r io.Reader) error {
		_, err := io.Copy(between, r)
		return errors.Join(err, between.Close())
	}})
	if err != nil {
		return outcome{}, err
	}
	if !between.Began() {
		return outcome{}, h.noShell(out, between.Noise())
	}
	if code, seen := between.Exit(); seen {
		out.exit = code // a shell that says good-bye may end otherwise
	}
	out.stderr = job.Behind(mark, out.stderr)
	return out, nil
}

// noShell says that the account's login shell ended before it came to our
// script: its start-up files exit, or it is no shell.
func (h *Host) noShell(out outcome, printed string) error {
	said := cmp.Or(lastLine(out.stderr), lastLine(printed))
	if said != "" {
		said = ", and said: " + said
	}
	return h.unusable(fmt.Sprintf("it ended with exit code %d%.200s", out.exit, said))
}

func (h *Host) unusable(how string) error {
	to := fmt.Sprintf("-p %d %s@%s", h.s.port(), h.s.User, h.s.Address)
	return &job.Unreachable{Host: h.s.ID,
		Err:  fmt.Errorf("the login shell of %s runs none of our scripts: %s", h.s.User, how),
		Hint: "echo ok | ssh " + to + " cat has to print ok; look at that account's shell and at its ~/.bashrc, ~/.zshenv or the like"}
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// capped keeps the first bytes of an answer, and tells when there are more.
type capped struct {
	b     []byte
	limit int
	cut   bool
	full  chan struct{} // closed when there are more than the limit
}

func (c *capped) Write(p []byte) (int, error) {
	keep := min(len(p), c.limit-len(c.b))
	c.b = append(c.b, p[:keep]...)
	if keep < len(p) && !c.cut {
		c.cut = true
		close(c.full)
	}
	return len(p), nil
}
