package cli

// The rule of this file: what a host printed is shown as lines that cannot do
// anything to the terminal; the bytes themselves are in the file that the
// heading names.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"belay/runner/journal"
	"belay/runner/tail"
	"belay/steps"
)

func (p *program) logsVerb() *cobra.Command {
	follow := false
	c := verb("logs HOST [flags]", "print what the attempts on a host have printed", wordCount(1, 1),
		func(c *cobra.Command, words []string) error { return p.logs(c.Context(), words[0], follow) })
	c.Long = `Logs prints the output of every attempt of a run on a host, in the order in which they began.
With -f it goes on until the run is closed. Control characters are shown escaped; the file that
stands in each heading has the bytes as the host printed them, with secrets replaced.`
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on as more is printed")
	p.addRun(c)
	p.addState(c)
	c.ValidArgsFunction = p.completeHost
	return c
}

func (p *program) completeHost(_ *cobra.Command, words []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	l, err := p.chosen()
	if err != nil || l.damage != nil || len(words) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return append(l.book().AllHosts(), steps.LocalHost), cobra.ShellCompDirectiveNoFileComp
}

func (p *program) logs(ctx context.Context, host string, follow bool) error {
	l, err := p.chosen()
	if err != nil {
		return err
	}
	if err := l.damaged(); err != nil {
		return err
	}
	if hosts := append(l.book().AllHosts(), steps.LocalHost); !slices.Contains(hosts, host) {
		return usage("it has "+join(hosts), "run %s has no host %q", l.id, host)
	}
	f := &logFollower{w: p.env.Stdout, dir: l.dir, host: host, follow: follow, ended: map[string]bool{}}
	if !follow {
		_, err := f.step()
		return err
	}
	tick := time.NewTicker(200 * time.Millisecond) // another process writes; nothing tells us when
	defer tick.Stop()
	for {
		closed, err := f.step()
		if err != nil || closed {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// logFollower prints one attempt after the other, each to its end.
type logFollower struct {
	w      io.Writer
	dir    string
	host   string
	follow bool
	cursor journal.Cursor
	queue  []steps.Intended
	ended  map[string]bool
	closed bool
	at     int64  // bytes of the first of the queue that were read
	rest   []byte // of them, a line without its end
	headed bool
}

// step prints what has come since the last one; closed when no more will come.
func (f *logFollower) step() (closed bool, err error) {
	records, cursor, err := journal.ReadFrom(f.dir, f.cursor)
	if err != nil {
		return true, err
	}
	f.cursor = cursor
	for _, r := range records {
		e, err := steps.Decode(r.Kind, r.Data)
		if err != nil {
			return true, err
		}
		f.note(e)
	}
	for len(f.queue) > 0 {
		ended := !f.follow || f.ended[f.queue[0].Attempt]
		if err := f.print(ended); err != nil {
			return true, err
		}
		if !ended {
			return f.closed, nil
		}
		f.queue, f.at, f.rest, f.headed = f.queue[1:], 0, nil, false
	}
	return f.closed, nil
}

func (f *logFollower) note(e steps.Event) {
	switch e := e.(type) {
	case steps.Intended:
		if e.Task.Host == f.host {
			f.queue = append(f.queue, e)
		}
	case steps.Exited:
		f.ended[e.Attempt] = true
	case steps.NotStarted:
		f.ended[e.Attempt] = true
	case steps.Cancelled:
		f.ended[e.Attempt] = true
	case steps.Lost:
		f.ended[e.Attempt] = true
	case steps.Closed:
		f.closed = true
	}
}

// print writes what the first attempt of the queue has printed so far.
func (f *logFollower) print(ended bool) error {
	a := f.queue[0]
	path := filepath.Join(f.dir, logsName, a.Attempt+".log")
	if !f.headed {
		f.headed = true
		what := "attempt"
		if a.Undo {
			what = "undo"
		}
		if _, err := fmt.Fprintf(f.w, "== %s, %s %d  %s\n", a.Task, what, a.N, path); err != nil {
			return err
		}
	}
	more, err := readMore(path, f.at)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f.at += int64(len(more))
	f.rest = append(f.rest, more...)
	for {
		line, rest, whole := bytes.Cut(f.rest, []byte("\n"))
		if !whole {
			break
		}
		if _, err := fmt.Fprintln(f.w, tail.Project(line).Text); err != nil {
			return err
		}
		f.rest = rest
	}
	if ended && len(f.rest) > 0 {
		_, err = fmt.Fprintln(f.w, tail.Project(f.rest).Text)
		f.rest = nil
		return err
	}
	return nil
}

// readMore reads a file from an offset to its present end. A console that took
// an attempt up again writes the copy anew; the bytes are the same, so what is
// shorter for a while is waited for.
func readMore(path string, from int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.NewSectionReader(file, from, 1<<62-from))
}
