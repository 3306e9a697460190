package cli

// The rule of this file: the console is a view; whatever it is left by, the run
// goes on where it was, and one line says so.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"belay/runner"
	"belay/runner/tail"
	"belay/steps"
	"belay/ui"
)

// consoleRun is the run as the screen sees it: the runner, and what needs the
// run directory or a host beside it.
type consoleRun struct {
	*runner.Runner
	s *session

	mu    sync.Mutex
	texts map[string][]byte // of the runbook, by hash, that may be taken
}

var (
	_ ui.Run    = (*consoleRun)(nil)
	_ ui.Looker = (*consoleRun)(nil)
	_ ui.Peeker = (*consoleRun)(nil)
	_ ui.Writer = (*consoleRun)(nil)

	_ ui.Attacher = (*consoleRun)(nil)
)

// Amend stores the text before the journal can name it.
func (r *consoleRun) Amend(ctx context.Context, next *steps.Runbook, a steps.Action) error {
	r.mu.Lock()
	src := r.texts[next.Hash]
	r.mu.Unlock()
	if err := storeAmendment(r.s.ledger.dir, next.Hash, src); err != nil {
		return err
	}
	var err error
	if a.Unrehearsed, _, err = r.s.p.neverTried(next); err != nil {
		return err
	}
	return r.Runner.Amend(ctx, next, a)
}

// console shows the run on the whole screen until the operator leaves.
func (s *session) console(ctx context.Context) error {
	if err := s.askInputs(ctx); errors.Is(err, errEnd) || errors.Is(err, errSignal) {
		return stop(steps.CodePerson, "answer it, or give --set", "an input is open")
	} else if err != nil {
		return err
	}
	if err := s.carry(ctx, nil, true); err != nil {
		return err
	}
	run := &consoleRun{Runner: s.runner, s: s, texts: map[string][]byte{}}
	watching, stop := context.WithCancel(ctx)
	screen, err := s.p.screenOptions()
	if err != nil {
		stop()
		return err
	}
	screen.Title, screen.Tour, screen.SSH, screen.Save = "belay "+s.ledger.id, s.p.opt.tour, s.sshCommand, s.saveScreen
	screen.Clip, screen.View, screen.Keep = s.saveClip, s.view, s.keepView
	screen.Pager = func(w ui.Whole) tea.ExecCommand {
		return &pager{ctx: watching, env: s.p.env, dir: s.ledger.dir, whole: w}
	}
	screen.Suspend = func() tea.ExecCommand { return suspension{} }
	if len(s.servers) > 0 {
		screen.Login = func() tea.ExecCommand { return &logins{ctx: watching, p: s.p, servers: s.servers} }
	}
	screen.Edited = run.watchFile(watching)
	screen.WatchFile = s.spools.at
	screen.LogFile = func(attempt string) string { return filepath.Join(s.ledger.dir, logsName, attempt+".log") }
	_, err = ui.Start(ctx, screen, run)
	stop()
	last := s.runner.Snapshot()
	s.leave()
	s.p.say("%s\n", tail.Inert(s.parting(last)))
	return err
}

// fileEvery is how often the runbook's file is looked at.
const fileEvery = 2 * time.Second

// watchFile yields the text of the runbook's file whenever it is another than
// what was seen before. The run's own is the first that is seen.
func (r *consoleRun) watchFile(ctx context.Context) <-chan ui.Text {
	out := make(chan ui.Text)
	go func() {
		tick := time.NewTicker(fileEvery)
		defer tick.Stop()
		last, at := ui.Text{Book: r.Snapshot().Case.Book}, time.Time{}
		for {
			if now, ok := r.fileText(&at); ok && !same(now, last) {
				select {
				case out <- now:
					last = now
				case <-ctx.Done():
					return
				}
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// same reports whether two texts say the same.
func same(a, b ui.Text) bool {
	if a.Book == nil || b.Book == nil {
		return a.Book == b.Book && a.Wrong == b.Wrong
	}
	return a.Book.Hash == b.Book.Hash
}

// fileText reads the file where it has changed since it was last read; false
// where it has not, or is not there: an editor may be writing it.
func (r *consoleRun) fileText(at *time.Time) (ui.Text, bool) {
	name := r.s.ledger.state.Opened.File
	info, err := os.Stat(name)
	if err != nil || info.ModTime().Equal(*at) {
		return ui.Text{}, false
	}
	l, err := r.s.p.load(name)
	if err != nil {
		return ui.Text{}, false
	}
	*at = info.ModTime()
	if err := l.problems.Err(); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return ui.Text{Wrong: strings.TrimPrefix(first, filepath.Dir(name)+string(filepath.Separator))}, true
	}
	book := r.Snapshot().Case.Book
	if l.book.Hash == book.Hash {
		return ui.Text{Book: book}, true
	}
	next, err := l.book.For(book.Env)
	if err != nil {
		return ui.Text{Wrong: err.Error()}, true
	}
	r.mu.Lock()
	r.texts[next.Hash] = l.src
	r.mu.Unlock()
	return ui.Text{Book: next, Untried: r.s.p.untried(book, next)}, true
}

// sshCommand is what an operator types to get to a host.
func (s *session) sshCommand(host string) string {
	book := s.runner.Snapshot().Case.Book // the text in force, also after an amendment
	h, ok := book.Hosts[host]
	if !ok || book.Kind == steps.Embedded {
		return ""
	}
	return s.p.sshLine(h)
}

// sshLine reaches a host as Belay does, by the same configuration.
func (p *program) sshLine(h steps.Host) string {
	out := "ssh "
	if file := p.sshConfig(); file != "" {
		if strings.ContainsFunc(file, func(r rune) bool {
			return !strings.ContainsRune("/._-+", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}) {
			file = "'" + strings.ReplaceAll(file, "'", `'\''`) + "'"
		}
		out += "-F " + file + " "
	}
	if h.Port != 0 {
		out += fmt.Sprintf("-p %d ", h.Port)
	}
	if h.User != "" {
		out += h.User + "@"
	}
	return out + h.Address
}

// saveScreen keeps a dump of the screen in the run directory.
func (s *session) saveScreen(text string) (string, error) {
	dir := filepath.Join(s.ledger.dir, "screens")
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	name := filepath.Join(dir, s.p.env.Now().UTC().Format("20060102T150405.000Z")+".txt")
	return name, os.WriteFile(name, []byte(text), 0o600)
}

// viewName is the file of a run directory that says how the screen was left. It
// is no fact of the run, and nothing but the screen reads it.
const viewName = "view.json"

func (s *session) view() ([]byte, error) {
	f, err := os.Open(filepath.Join(s.ledger.dir, viewName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 1<<20)) // the screen takes less, and says so
}

// keepView replaces the file at once, so that it is whole whatever happens. It
// is not worth waiting for a disk.
func (s *session) keepView(text []byte) error {
	name := filepath.Join(s.ledger.dir, viewName)
	if err := os.WriteFile(name+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// clipName is the file of a run directory that holds what was copied last.
const clipName = "clip.txt"

// saveClip keeps what was copied, for terminals that do not take it.
func (s *session) saveClip(text string) (string, error) {
	if err := store(s.ledger.dir, clipName, []byte(text)); err != nil {
		return "", err
	}
	return s.p.env.short(filepath.Join(s.ledger.dir, clipName)), nil
}
