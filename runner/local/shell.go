package local

// How a script meets a shell, and plain commands: checks, probes and tails,
// which change nothing and leave no record.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"belay/runner/job"
)

func shellName(s job.Script) string {
	if s.Shell == "" {
		return "sh"
	}
	return s.Shell
}

func shellPath(s job.Script) (string, error) { return exec.LookPath(shellName(s)) }

// notRun says, in the codes of a shell, why a script could not be run.
type notRun struct {
	code int
	text string
}

// shellCommand is the shell that runs a file in the script's surroundings.
func shellCommand(s job.Script, file string, hidden []string) (*exec.Cmd, *notRun) {
	shell, err := shellPath(s)
	if err != nil {
		return nil, &notRun{127, "belay: host lacks " + shellName(s)}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, &notRun{126, "belay: " + err.Error()}
	}
	dir := s.Dir
	switch rest, tilde := strings.CutPrefix(dir, "~"); {
	case tilde && (rest == "" || rest[0] == '/'):
		dir = home + rest
	case !filepath.IsAbs(dir):
		dir = filepath.Join(home, dir)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, &notRun{126, "belay: cannot change to the directory " + dir}
	}
	cmd := exec.Command(shell, file)
	cmd.Dir = dir
	cmd.Env = append(environ(hidden), "PWD="+dir)
	cmd.Env = append(cmd.Env, s.Env...)
	return cmd, nil
}

// killAfter is the time between TERM and KILL for a plain command.
const killAfter = 2 * time.Second

// errTail is how much of stderr a Result keeps, in bytes.
const errTail = 4 << 10

// Run runs a plain command. Its output is cut at limit bytes. When ctx ends,
// all of its session is killed. An exit code is not an error.
func (h *Host) Run(ctx context.Context, s job.Script, limit int) (job.Result, error) {
	out, errs := &head{limit: limit}, &tailEnd{limit: errTail}
	begun := time.Now()
	code, err := h.plain(ctx, s, out, errs)
	r := job.Result{Out: out.kept, Err: errs.kept, Exit: code, Cut: out.cut, Took: time.Since(begun)}
	if err != nil {
		return r, fmt.Errorf("run on local: %w", err)
	}
	return r, nil
}

// Stream runs a plain command and passes on what it prints, stdout and stderr,
// until it ends or ctx does. It returns nil when the command ended with 0.
func (h *Host) Stream(ctx context.Context, s job.Script, w io.Writer) error {
	code, err := h.plain(ctx, s, w, w)
	if err != nil {
		return fmt.Errorf("stream on local: %w", err)
	}
	if code != 0 {
		return fmt.Errorf("stream on local: exit code %d", code)
	}
	return nil
}

// plain runs a script that a shell reads from descriptor 3, so that its stdin
// is free and ps shows no text. It returns the exit code.
func (h *Host) plain(ctx context.Context, s job.Script, out, errs io.Writer) (int, error) {
	if err := (job.Call{Verb: job.Run, ID: "local", Request: job.Request{Script: s}}).Check(); err != nil {
		return 0, err
	}
	cmd, notRun := shellCommand(s, "/dev/fd/3", h.hidden)
	if notRun != nil {
		fmt.Fprintln(errs, notRun.text)
		return notRun.code, nil
	}
	textR, textW, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	cmd.ExtraFiles = []*os.File{textR}
	cmd.Stdout, cmd.Stderr = out, errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	// What the command left behind may hold its stdout for ever.
	cmd.WaitDelay = killAfter
	err = cmd.Start()
	textR.Close()
	if err != nil {
		return 0, errors.Join(err, textW.Close())
	}
	ended := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { killSession(ctx, cmd.Process.Pid, ended) })
	wg.Go(func() {
		io.WriteString(textW, prefix+s.Text+"\n") // ends early with the shell: EPIPE
		textW.Close()
	})
	err = cmd.Wait()
	close(ended)
	textW.SetWriteDeadline(time.Now())
	wg.Wait()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay):
		return 0, err
	}
	return codeOf(cmd.ProcessState), nil
}

// prefix stands on the first line of a script's text, so that "line 12" is line
// 12 of what the operator wrote.
const prefix = "set -eu; : script; "

// killSession ends a process group when ctx ends before the command does.
func killSession(ctx context.Context, pid int, ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	syscall.Kill(-pid, syscall.SIGTERM)
	grace := time.NewTimer(killAfter)
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
	}
	syscall.Kill(-pid, syscall.SIGKILL)
}

// head keeps the first bytes.
type head struct {
	limit int
	kept  []byte
	cut   bool
}

func (h *head) Write(p []byte) (int, error) {
	keep := min(len(p), h.limit-len(h.kept))
	h.kept, h.cut = append(h.kept, p[:keep]...), h.cut || keep < len(p)
	return len(p), nil
}

// tailEnd keeps the last bytes.
type tailEnd struct {
	limit int
	kept  []byte
}

func (t *tailEnd) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - t.limit; over > 0 {
		t.kept = append(t.kept[:0:0], t.kept[over:]...)
	}
	return len(p), nil
}
