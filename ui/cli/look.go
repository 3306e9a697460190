package cli

// The rule of this file: a look changes nothing on a host, and what it cannot
// tell is an error and not an empty answer.

import (
	"context"
	"fmt"

	"belay/runner/job"
	"belay/steps"
)

// look asks the host of a task's newest attempt, changing nothing.
func (s *session) look(ctx context.Context, c steps.Case, t steps.Task) (string, error) {
	ts := c.State.Task(t)
	at, host := ts.Attempt(), s.hosts[t.Host]
	if at == nil || host == nil {
		return "", fmt.Errorf("%s has no attempt to ask for", t)
	}
	st, err := host.Look(ctx, at.ID)
	if err != nil {
		return "", err
	}
	out := fmt.Sprintf("%s says of %s: %s", t.Host, short(at.ID), st.State)
	switch {
	case st.State == job.Exited:
		out += fmt.Sprintf(" with code %d", st.Exit)
	case st.State == job.None:
		out += ": it has never heard of it"
	}
	if st.Why != "" {
		out += " (" + st.Why + ")"
	}
	return out + fmt.Sprintf(", %d bytes of output, %s left", st.Size, processes(st.Left)), nil
}

// peekLimit is the largest file whose change is worth showing.
const peekLimit = 1 << 20

func (s *session) peek(ctx context.Context, c steps.Case, t steps.Task) ([]byte, error) {
	step, host := c.Step(t), s.hosts[t.Host]
	if step.File == nil || host == nil {
		return nil, fmt.Errorf("%s edits no file", t)
	}
	env, err := c.Environ(t, "")
	if err != nil {
		return nil, err
	}
	path, err := steps.Expand(step.File.Path, env)
	if err != nil {
		return nil, err
	}
	work, err := c.Work(t, false, "")
	if err != nil {
		return nil, err
	}
	script := job.Script{Text: `test -e "$BELAY_PEEK" || exit 3; exec cat -- "$BELAY_PEEK"`, Dir: work.Dir, Env: []string{"BELAY_PEEK=" + path}}
	res, err := host.Run(ctx, script, peekLimit)
	switch {
	case err != nil:
		return nil, err
	case res.Exit == 3:
		return nil, nil
	case res.Exit != 0:
		return nil, fmt.Errorf("read %s: %s", path, res.Err)
	}
	return append([]byte{}, res.Out...), nil
}
