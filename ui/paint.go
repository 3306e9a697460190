package ui

// The rule of this file: a key is on the terminal before the next can be
// pressed, only rows that changed are sent, and a terminal that takes nothing
// holds up nobody: its frames are dropped, and the newest is the one it gets.

import (
	"bytes"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// painter puts pictures on a terminal. Bubble Tea, which keeps the terminal's
// modes, writes them through it: what another writes may have touched the
// screen, so the whole picture follows it, in the same write.
type painter struct {
	to   io.Writer
	wake chan struct{} // holds one
	end  chan struct{} // closed when no frame comes any more
	done chan struct{}

	mu      sync.Mutex
	next    frame
	profile colorprofile.Profile

	out  sync.Mutex // held while bytes go out; guards all below
	alt  bool       // the alternate screen is on: it is ours
	have frame      // what is on the terminal; no rows where nobody knows
	buf  bytes.Buffer
}

// frame is one picture, as wide and as high as the terminal.
type frame struct {
	rows    []string
	w       int
	profile colorprofile.Profile
}

func newPainter(to io.Writer) *painter {
	p := &painter{to: to, wake: make(chan struct{}, 1), end: make(chan struct{}), done: make(chan struct{}), profile: colorprofile.TrueColor}
	go p.run()
	return p
}

// Fd, Read and Close make it a terminal to Bubble Tea, where it writes to one.
// The file is its owner's to close, and nothing is read from an output.
func (p *painter) Fd() uintptr {
	if f, ok := p.to.(*os.File); ok {
		return f.Fd()
	}
	return ^uintptr(0) // no terminal
}
func (p *painter) Read([]byte) (int, error) { return 0, io.EOF }
func (p *painter) Close() error             { return nil }

// Write passes on what Bubble Tea writes.
func (p *painter) Write(b []byte) (int, error) {
	p.out.Lock()
	defer p.out.Unlock()
	on := bytes.LastIndex(b, []byte(ansi.SetModeAltScreenSaveCursor))
	off := bytes.LastIndex(b, []byte(ansi.ResetModeAltScreenSaveCursor))
	if on != off {
		p.alt = on > off
	}
	p.buf.Reset()
	p.buf.Write(b)
	p.have = frame{}
	if p.alt {
		p.diff()
	}
	if _, err := p.to.Write(p.buf.Bytes()); err != nil {
		return 0, err
	}
	return len(b), nil
}

// paint makes a picture the next that the terminal gets, and waits for nothing.
func (p *painter) paint(rows []string, w int) {
	p.mu.Lock()
	p.next = frame{rows, w, p.profile}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// colours says what the terminal can show.
func (p *painter) colours(profile colorprofile.Profile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.profile = profile
}

func (p *painter) run() {
	defer close(p.done)
	for {
		select {
		case <-p.wake:
			p.flush()
		case <-p.end:
			return
		}
	}
}

func (p *painter) stop() {
	close(p.end)
	<-p.done
}

// flush brings the terminal from what it has to the newest picture, in one
// write that a terminal shows at once where it knows how (mode 2026).
func (p *painter) flush() {
	p.out.Lock()
	defer p.out.Unlock()
	if !p.alt {
		return
	}
	p.buf.Reset()
	p.buf.WriteString(ansi.SetModeSynchronizedOutput)
	n := p.buf.Len()
	if p.diff(); p.buf.Len() == n {
		return
	}
	p.buf.WriteString(ansi.ResetModeSynchronizedOutput)
	if _, err := p.to.Write(p.buf.Bytes()); err != nil {
		p.have = frame{}
	}
}

// diff appends the rows in which the newest picture differs from what is there.
// Every row is as wide as the screen, so none leaves a rest of an older one.
func (p *painter) diff() {
	p.mu.Lock()
	next := p.next
	p.mu.Unlock()
	if next.w != p.have.w || len(next.rows) != len(p.have.rows) || next.profile != p.have.profile {
		p.have.rows = nil
	}
	out := colorprofile.Writer{Forward: &p.buf, Profile: next.profile}
	for y, row := range next.rows {
		if y < len(p.have.rows) && p.have.rows[y] == row {
			continue
		}
		p.buf.WriteString(ansi.CursorPosition(1, y+1))
		_, _ = out.WriteString(row) // a buffer takes all
		p.buf.WriteString(ansi.ResetStyle)
	}
	p.have = next
}

const (
	// quick is how soon one input may be painted after another: a person's keys
	// are further apart, and a burst has to be worked off. What servers print
	// never holds up a key.
	quick = 4 * time.Millisecond
	// blank is what Bubble Tea itself draws.
	blank = " "
)

// painted is the console with its picture painted by us: at once after what an
// operator did, else with the next frame. Bubble Tea keeps the rest: raw mode,
// the alternate screen, mouse, paste, resize, suspend, other programs.
type painted struct {
	*model
	painter *painter
	every   time.Duration // a frame
	at      time.Time     // of the newest frame
	typed   time.Time     // of the newest picture between frames, which follows an input
	due     time.Time     // of the frame that is on its way; zero where none is
}

// frameMsg says that the frame of a time is due.
type frameMsg time.Time

func (d *painted) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case frameMsg:
		if d.due.Equal(time.Time(msg)) { // none that came sooner has taken its place
			d.paint(false)
		}
		return d, nil
	case tea.ColorProfileMsg:
		d.painter.colours(msg.Profile)
	}
	_, cmd := d.model.Update(msg)
	return d, tea.Batch(cmd, d.soon(pressed(msg)))
}

// pressed reports whether a message comes from the operator.
func pressed(msg tea.Msg) bool {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg, tea.MouseMsg, tea.WindowSizeMsg:
		return true
	}
	return false
}

// soon paints now, or sees to it that somebody does.
func (d *painted) soon(input bool) tea.Cmd {
	now, due := time.Now(), d.at.Add(d.every)
	if input {
		due = d.typed.Add(quick)
	}
	switch {
	case !due.After(now):
		d.paint(input)
		return nil
	case !d.due.IsZero() && !due.Before(d.due):
		return nil
	}
	d.due = due
	return tea.Tick(due.Sub(now), func(time.Time) tea.Msg { return frameMsg(due) })
}

func (d *painted) paint(input bool) {
	lines := d.model.newest
	if input {
		d.typed, lines = time.Now(), d.model.hurried
	} else {
		d.at, d.due = time.Now(), time.Time{}
	}
	d.painter.paint(slices.Clone(lines()), d.model.w)
}

// View gives Bubble Tea the terminal's modes and nothing to draw.
func (d *painted) View() tea.View {
	v := tea.NewView(blank)
	d.model.modes(&v)
	return v
}
