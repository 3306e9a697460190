package cli

// The rule of this file: the operator's pager is given lines that can do nothing
// to the terminal, in a file of our own, and gets the terminal with all of its
// keys: an interrupt there ends a search of the pager and never the console.

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"belay/runner/tail"
	"belay/ui"
)

// pager shows one log. It is a tea.ExecCommand.
type pager struct {
	ctx   context.Context // ends it with the console
	env   Env
	dir   string // for the text, 0700
	whole ui.Whole
}

// SetStdin and its sisters do nothing: the pager gets the process's own streams.
func (p *pager) SetStdin(io.Reader)  {}
func (p *pager) SetStdout(io.Writer) {}
func (p *pager) SetStderr(io.Writer) {}

// Run writes the text, shows it and takes it away again.
func (p *pager) Run() error {
	file, err := os.CreateTemp(p.dir, "pager-*.txt") // 0600
	if err != nil {
		return fmt.Errorf("pager: %w", err)
	}
	defer os.Remove(file.Name())
	line, err := p.write(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("pager: %w", err)
	}
	cmd := command(first(strings.TrimSpace(p.env.Getenv("PAGER")), "less"), line, file.Name())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.env.Stdin, p.env.Stdout, p.env.Stderr
	cmd.Env = append(os.Environ(), "LESSSECURE=1") // no shell, no editor, no other file
	code, err := p.foreground(cmd)
	switch {
	case err != nil:
		return fmt.Errorf("pager: %w", err)
	case code != 0 && code != interrupted:
		return fmt.Errorf("pager: %s ended with exit code %d; PAGER names the one to use", cmd.Args[0], code)
	}
	return nil
}

// interrupted is how a shell ends after Ctrl-C, whatever its command made of it.
const interrupted = 128 + int(syscall.SIGINT)

// command is the pager with its arguments, by a shell only where its words have
// to be read by one. Less begins at a line, or at the end for line 0.
func command(pager string, line int64, file string) *exec.Cmd {
	words := strings.Fields(pager)
	if filepath.Base(words[0]) == "less" {
		at := "+G"
		if line > 0 {
			at = fmt.Sprintf("+%d", line)
		}
		words = append(words, at)
	}
	if strings.ContainsAny(pager, "'\"\\$|&;<>()`*?[]#~={}") {
		words = append([]string{"sh", "-c", pager + ` "$@"`, "pager"}, words[len(strings.Fields(pager)):]...)
	}
	return exec.Command(words[0], append(words[1:], file)...)
}

// write writes the log as the screen shows it, under a heading that says where
// it is from, and gives the line of the text to begin at, 0 for the end.
func (p *pager) write(to io.Writer) (line int64, err error) {
	out := bufio.NewWriterSize(to, 1<<16)
	w := p.whole
	fmt.Fprintf(out, "%s", tail.Inert(w.Title))
	if w.File != "" {
		if err := p.writeFile(out); err != nil {
			return 0, err
		}
		return p.line(0), out.Flush()
	}
	first, next := w.Ring.Span()
	fmt.Fprintf(out, "  (lines %d to %d as they are kept in memory", first+1, next)
	if first > 0 {
		fmt.Fprintf(out, "; the %d before fell out", first)
	}
	fmt.Fprint(out, "; control characters are shown escaped)\n\n")
	for _, l := range w.Ring.Window(first, int(next-first)) {
		fmt.Fprintln(out, l.Text)
	}
	return p.line(first), out.Flush()
}

// line of the text that the view began with. There are two lines of heading, and
// a text's lines count from 1; a view of the oldest line shows the heading too.
func (p *pager) line(first int64) int64 {
	switch top := p.whole.Top; {
	case top < 0:
		return 0
	case top <= first:
		return 1
	default:
		return top - first + 3
	}
}

// writeFile passes the file of an output through a ring, which makes lines of
// it as the screen does, however long they are.
func (p *pager) writeFile(out *bufio.Writer) error {
	var files []io.Reader
	for _, name := range parts(p.whole.File) {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		files = append(files, f)
	}
	fmt.Fprintf(out, "  (control characters are shown escaped; the bytes are in %s)\n\n", tail.Inert(p.whole.File))
	ring, next := tail.NewRing(0), int64(0)
	all, buf := io.MultiReader(files...), make([]byte, 64<<10)
	for {
		n, err := all.Read(buf)
		ring.Write(buf[:n])
		_, end := ring.Span()
		for _, l := range ring.Window(next, int(end-next)) {
			if l.Open && err == nil {
				break // the rest of it is still to come
			}
			fmt.Fprintln(out, l.Text)
			next = l.Number + 1
		}
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// foreground runs a command as the one that the terminal's keys go to, and takes
// the terminal back. A command that stops itself is continued: there is no shell
// that could.
func (p *pager) foreground(cmd *exec.Cmd) (code int, err error) {
	tty, ok := p.env.Stdin.(*os.File)
	if ok = ok && p.env.IsTerminal(tty); ok {
		cmd.SysProcAttr = &syscall.SysProcAttr{Foreground: true, Ctty: int(tty.Fd())}
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	pid, group := cmd.Process.Pid, cmd.Process.Pid
	if ok {
		group = -pid // it has one of its own
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-p.ctx.Done():
			_ = syscall.Kill(group, syscall.SIGTERM) // it may have ended just now
		case <-ended:
		}
	}()
	var status syscall.WaitStatus
	for {
		_, err = syscall.Wait4(pid, &status, syscall.WUNTRACED, nil)
		switch {
		case err == syscall.EINTR:
			continue
		case err == nil && status.Stopped():
			err = syscall.Kill(group, syscall.SIGCONT)
			continue
		}
		break
	}
	if ok {
		signal.Ignore(syscall.SIGTTOU) // we are in the background, and take the terminal
		err = errors.Join(err, unix.IoctlSetPointerInt(int(tty.Fd()), unix.TIOCSPGRP, unix.Getpgrp()))
		signal.Reset(syscall.SIGTTOU)
	}
	_ = cmd.Process.Release()
	if status.Signaled() {
		return 128 + int(status.Signal()), err
	}
	return status.ExitStatus(), err
}
