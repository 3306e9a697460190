// Package ui is the full-screen face of Belay.
//
// The rule of this package: it holds only what a screenshot needs. The run is
// asked for by snapshot and told by action; nothing is decided here, nothing is
// done in Update, and losing the screen loses no fact.
package ui

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"belay/runner"
	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// Run is the run that the screen shows and acts on. *runner.Runner is one.
type Run interface {
	Snapshot() runner.Snapshot
	Changed() <-chan struct{}
	Submit(ctx context.Context, a steps.Action) error
	Output(t steps.Task) *tail.Ring
	Roll(ctx context.Context) error
	Amend(ctx context.Context, next *steps.Runbook, a steps.Action) error
	Rebind(ctx context.Context, host string, a steps.Action) error
}

var _ Run = (*runner.Runner)(nil)

// Looker asks a host what became of a task's newest attempt, without changing
// anything. A Run may be one; the dialog of an unknown task then offers it.
type Looker interface {
	Look(ctx context.Context, t steps.Task) (string, error)
}

// Peeker reads the file that an edit would change, and what its undo would put
// back; nil when there is no such file. A Run may be one; the preview of an edit
// then shows the diff.
type Peeker interface {
	Peek(ctx context.Context, t steps.Task) ([]byte, error)
	PeekKept(ctx context.Context, t steps.Task) ([]byte, error)
}

// Attacher keeps a copy of a file that shows something, with a note on a task, or
// on the run for the zero task. A Run may be one.
type Attacher interface {
	Attach(ctx context.Context, t steps.Task, file, text string) error
}

// Theme of the terminal's background.
type Theme string

// Themes. Auto asks the terminal.
const (
	Auto  Theme = "auto"
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Options of the screen. The zero value is a screen on the process's terminal.
type Options struct {
	Theme   Theme
	ASCII   bool  // only ASCII for lines and bars
	Blind   bool  // for who cannot tell red from green
	Alarm   Alarm // empty for the bell
	Tmux    bool  // the terminal is tmux's
	Stock   bool  // Bubble Tea's own renderer, not ours
	FPS     int   // frames a second at most; 0 for the default of 60
	Input   io.Reader
	Output  io.Writer
	Environ []string              // of the terminal: TERM, NO_COLOR, …; nil for the process's
	Profile *colorprofile.Profile // of colours; nil to ask the terminal
	Title   string                // of the terminal's window
	Keys    Keys                  // of actions that have others than the usual ones
	Tour    bool                  // the keys are taught on the way
	Now     func() time.Time      // nil for time.Now

	// Edited yields the text of the runbook's file when it has changed.
	Edited <-chan Text
	// LogFile names the log of an attempt in the run directory.
	LogFile func(attempt string) string
	// WatchFile names the file that a server's log is kept in, and the number by
	// which its ring calls the first line there; "" where nothing is kept.
	WatchFile func(host, log string) (file string, first int64)
	// SSH is the command that opens a shell on a host, to be copied.
	SSH func(host string) string
	// Clip keeps what was copied and gives the file's name.
	Clip func(text string) (string, error)
	// View is how the screen was left; nothing where it is shown for the first
	// time. Keep keeps how it is looked at now.
	View func() ([]byte, error)
	Keep func([]byte) error
	// Pager reads a log to the operator, on the terminal that is given up to it.
	Pager func(Whole) tea.ExecCommand
	// Login tries the servers that are down, on the terminal that is given up to
	// it; nil where there are none that are real.
	Login func() tea.ExecCommand
	// Suspend gives the terminal back to the shell until that brings us back.
	Suspend func() tea.ExecCommand
	// Save keeps a dump of the screen and gives the file's name.
	Save func(text string) (string, error)

	width, height int // of the terminal, in tests

	stdin io.Reader        // Input as it was given, for programs that get the terminal
	came  func() time.Time // when the newest input was read; nil when nobody knows
}

// Result is how the screen was left.
type Result struct {
	Last runner.Snapshot // as it was last shown
}

// defaultFPS bounds how often the screen is painted that nobody touches. Logs do
// not come that often: the pump sends at most twenty snapshots a second.
const defaultFPS = 60

// Start shows a run until the operator leaves or ctx ends. Leaving cancels
// nothing: what runs on hosts goes on. The error is about the terminal.
func Start(ctx context.Context, o Options, r Run) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o = o.stamped()
	m := newModel(ctx, o, r)
	if o.View != nil {
		m.strange = m.asLeft(o.View())
	}
	var screen tea.Model = m
	if !o.Stock {
		if o.Output == nil {
			o.Output = os.Stdout
		}
		d := &painted{model: m, painter: newPainter(o.Output), every: time.Second / time.Duration(o.fps())}
		defer d.painter.stop()
		screen, o.Output = d, d.painter
	}
	p := tea.NewProgram(screen, o.program(ctx)...)
	pumped := make(chan struct{})
	go func() {
		defer close(pumped)
		pump(ctx, r, o, p.Send)
	}()
	_, err := p.Run()
	m.keepLast()
	stopped := ctx.Err() != nil
	cancel()
	<-pumped
	if err != nil && !stopped {
		return Result{Last: m.snap}, fmt.Errorf("screen: %w", err)
	}
	return Result{Last: m.snap}, nil
}

// program gives the options of Bubble Tea. Signals are the caller's business:
// it ends ctx.
func (o Options) program(ctx context.Context) []tea.ProgramOption {
	out := []tea.ProgramOption{tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithFPS(o.fps())}
	if o.Input != nil {
		out = append(out, tea.WithInput(o.Input))
	}
	if o.Output != nil {
		out = append(out, tea.WithOutput(o.Output))
	}
	if o.Environ != nil {
		out = append(out, tea.WithEnvironment(o.Environ))
	}
	if p := o.profile(); p != nil {
		out = append(out, tea.WithColorProfile(*p))
	}
	if o.width > 0 {
		out = append(out, tea.WithWindowSize(o.width, o.height))
	}
	return out
}

func (o Options) terminal(dark bool) style.Terminal {
	return style.Terminal{Dark: dark, ASCII: o.ASCII, ColourBlind: o.Blind}
}

// profile of colours; nil to ask the terminal. Any NO_COLOR that is not empty
// counts (no-color.org); Bubble Tea wants it to read as true.
func (o Options) profile() *colorprofile.Profile {
	none := slices.ContainsFunc(o.environ(), func(v string) bool { return strings.HasPrefix(v, "NO_COLOR=") && v != "NO_COLOR=" })
	if o.Profile == nil && none {
		ascii := colorprofile.ASCII // bold and reverse stay
		return &ascii
	}
	return o.Profile
}

func (o Options) environ() []string {
	if o.Environ == nil {
		return os.Environ()
	}
	return o.Environ
}

// takesProgress reports whether the terminal says that it is one of those which
// show OSC 9;4 as progress. Others, such as older iTerm2, would call it a message.
func (o Options) takesProgress() bool {
	return slices.ContainsFunc(o.environ(), func(v string) bool {
		name, value, _ := strings.Cut(v, "=")
		return name == "WT_SESSION" && value != "" || name == "ConEmuANSI" && value == "ON" ||
			name == "TERM_PROGRAM" && (value == "WezTerm" || value == "ghostty")
	})
}

func (o Options) fps() int { return cmp.Or(max(0, o.FPS), defaultFPS) }

func (o Options) now() time.Time {
	if o.Now != nil {
		return o.Now()
	}
	return time.Now()
}

const (
	// breath is how long the pump rests after a snapshot, so that a flood of
	// changes costs twenty pictures a second and no more.
	breath = 50 * time.Millisecond
	// clockTick moves the clocks on the screen while nothing else happens.
	clockTick = time.Second
)

// snapshotMsg is the run at one moment.
type snapshotMsg runner.Snapshot

// pump pulls snapshots until ctx ends. State is pulled and never pushed, so
// nothing can be lost and nothing can pile up.
func pump(ctx context.Context, r Run, o Options, send func(tea.Msg)) {
	tick := time.NewTicker(clockTick)
	defer tick.Stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		send(snapshotMsg(r.Snapshot()))
		rest.Reset(breath)
		select {
		case <-rest.C:
		case <-ctx.Done():
			return
		}
		select {
		case <-r.Changed():
		case <-tick.C:
		case text := <-o.Edited:
			send(textMsg(text))
		case <-ctx.Done():
			return
		}
	}
}
