package runner

// The rule of this file: a person who has to decide may look first. Looking
// changes nothing, and what it shows is never taken as a decision.

import (
	"context"
	"fmt"

	"belay/runner/job"
	"belay/steps"
)

// Look asks a host what it knows of a task's newest attempt.
func (r *Runner) Look(ctx context.Context, t steps.Task) (string, error) {
	a := r.face().State.Task(t).Attempt()
	h, ok := r.cfg.Hosts[t.Host]
	if a == nil || !ok {
		return "", fmt.Errorf("%s has no attempt to ask about", t)
	}
	st, err := h.Look(ctx, a.ID)
	if err != nil {
		return "", err
	}
	return st.Words(), nil
}

// peekAbsent is the exit code by which the script of Peek says that there is no file.
const peekAbsent = 44

// Peek reads the file that an edit would change; nil when it does not exist.
func (r *Runner) Peek(ctx context.Context, t steps.Task) ([]byte, error) {
	c := r.face()
	s := c.Step(t)
	if s == nil || s.File == nil {
		return nil, fmt.Errorf("%s changes no file", t)
	}
	return r.read(ctx, c, t, s.File.Path)
}

// PeekKept reads what an edit found and keeps, which its undo puts back; nil
// when there was no file.
func (r *Runner) PeekKept(ctx context.Context, t steps.Task) ([]byte, error) {
	c := r.face()
	kept := c.State.Task(t).First
	switch {
	case kept[steps.EditExisted] == "no":
		return nil, nil
	case kept[steps.EditBackup] == "":
		return nil, fmt.Errorf("%s has not said where it keeps what was there", t)
	}
	was, err := r.read(ctx, c, t, "$"+steps.EditBackup)
	if err == nil && was == nil {
		err = fmt.Errorf("the backup %s is gone from %s", kept[steps.EditBackup], t.Host)
	}
	return was, err
}

// read reads a file on the host of a task, secrets replaced; nil when there is none.
func (r *Runner) read(ctx context.Context, c *steps.Case, t steps.Task, path string) ([]byte, error) {
	env, err := c.Environ(t, "")
	if err != nil {
		return nil, err
	}
	dir, err := steps.Expand(c.Step(t).Dir, env)
	if err != nil {
		return nil, err
	}
	if path, err = steps.Expand(path, env); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	res, err := r.run(ctx, t.Host, job.Script{Dir: dir, Env: append(env, "BELAY_FILE="+path),
		Text: fmt.Sprintf(`[ -e "$BELAY_FILE" ] || exit %d; cat -- "$BELAY_FILE"`, peekAbsent)})
	switch {
	case err != nil:
		return nil, err
	case res.Exit == peekAbsent:
		return nil, nil
	case res.Exit != 0:
		return nil, fmt.Errorf("read %s on %s: %s", path, t.Host, lastLine(res.Err))
	}
	return []byte(r.cfg.mask(string(res.Out))), nil
}
