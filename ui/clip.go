package ui

// The rule of this file: what is copied is text as it is shown, never a host's
// bytes, and it is also on disk: a terminal may not take it and cannot say so.

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"belay/steps"
	"belay/ui/pane"
	"belay/ui/style"
)

// clipMost is how many bytes go to the terminal's clipboard at most: xterm and
// tmux drop longer sequences, some in silence.
const clipMost = 70_000

// copiedMsg is what came of a copy.
type copiedMsg struct {
	what, name string // name of the file
	over       bool   // it was too long for the terminal
	err        error
}

// copy gives a text to the terminal's clipboard and to the run directory.
func (m *model) copy(what, text string) tea.Cmd {
	over := len(text) > clipMost
	save := m.opts.Clip
	keep := func() tea.Msg {
		msg := copiedMsg{what: what, over: over}
		if save != nil {
			msg.name, msg.err = save(text)
		}
		return msg
	}
	if over {
		return keep
	}
	return tea.Batch(tea.SetClipboard(text), keep)
}

// copied says where the copy is.
func (m *model) copied(c copiedMsg) {
	switch {
	case c.err != nil && c.over:
		m.say(style.Danger, c.what+": too long for the terminal, and not saved: "+c.err.Error())
	case c.err != nil:
		m.say(style.Warn, "copied "+c.what+", but not saved: "+c.err.Error())
	case c.over && c.name != "":
		m.say(style.Warn, c.what+": too long for the terminal; in "+c.name)
	case c.over:
		m.say(style.Danger, c.what+": too long for the terminal; nothing was copied")
	case c.name != "":
		m.say(style.Strong, "copied "+c.what+", also in "+c.name)
	default:
		m.say(style.Strong, "copied "+c.what)
	}
}

// mark begins to mark lines of a log, or ends it.
func (m *model) markLines() {
	m.change(func(l viewed, v pane.LogView) pane.LogView {
		if v.Marking {
			return unmarked(v)
		}
		n, ok := l.current(v)
		if !ok {
			m.say(style.Dim, "there are no lines to mark")
			return v
		}
		if v.Was = v.Paused; !v.Paused {
			v.Top = l.Last(v, l.w, l.h)
		}
		v.Marking, v.Paused, v.From, v.To = true, true, n, n
		m.say(style.Strong, m.st.Keyed("mark lines with {down} and {up}, {copy} copies them, esc ends"))
		return v
	})
}

// unmarked ends marking; a view that followed follows again.
func unmarked(v pane.LogView) pane.LogView {
	v.Marking, v.Paused = false, v.Was
	return v
}

// extend moves the mark's cursor and keeps it on the screen.
func (l viewed) extend(v pane.LogView, by int) pane.LogView {
	v.To = l.Step(v, v.To, by)
	if v.To < v.Top {
		v.Top = v.To
	}
	if bottom := l.Step(v, v.Top, l.Fit(v, v.Top, false, l.w, l.h)-1); v.To > bottom {
		v.Top = l.Step(v, v.To, 1-l.Fit(v, v.To, true, l.w, l.h))
	}
	return v
}

// current is the line that a person means without a mark: the one that was
// jumped to while it is on the screen, else the last one there.
func (l viewed) current(v pane.LogView) (int64, bool) {
	first, next := l.Ring.Span()
	if first == next || v.Filter.Lines != nil && v.Filter.Lines.Len() == 0 {
		return 0, false
	}
	top := v.Top
	if !v.Paused {
		top = l.Last(v, l.w, l.h)
	}
	bottom := l.Step(v, top, l.Fit(v, top, false, l.w, l.h)-1)
	if v.Jump != pane.NoJump && v.Hit >= top && v.Hit <= bottom {
		return v.Hit, true
	}
	return bottom, true
}

// yank copies what is marked, else the line, the row or the text of the pane.
func (m *model) yank() tea.Cmd {
	l := m.looked()
	switch {
	case l.Ring != nil:
		return m.yankLines(l)
	case m.focus.part == stepsPart:
		r, ok := m.row()
		if !ok {
			return nil
		}
		return m.copy("the row", strings.TrimSpace(r.Mark.Glyph+" "+inert(r.Text)+"  "+r.Mark.Word+" "+r.Right)+"\n")
	}
	return m.copy("what the pane shows", m.paneText())
}

func (m *model) yankLines(l viewed) tea.Cmd {
	v := m.views[l.key]
	from, ok := l.current(v)
	to := from
	if v.Marking {
		from, to = min(v.From, v.To), max(v.From, v.To)
		m.views[l.key] = unmarked(v)
	} else if !ok {
		m.say(style.Dim, "there are no lines to copy")
		return nil
	}
	var b strings.Builder
	n := int64(0)
	for _, line := range l.Between(v, from, to) {
		b.WriteString(line.Text + "\n")
		n++
	}
	what := pane.Thousands(n) + " lines"
	if n == 1 {
		what = "1 line"
	}
	if first, _ := l.Ring.Span(); from < first {
		what += fmt.Sprintf(" (%s of the marked fell out)", pane.Thousands(first-from))
	}
	return m.copy(what, b.String())
}

// paneText is what the focused pane shows, without its title.
func (m *model) paneText() string {
	var b strings.Builder
	p := m.places[m.focus]
	for y := p.y + 1; y < min(p.y+p.h, len(m.lines)); y++ {
		b.WriteString(strings.TrimRight(ansi.Strip(ansi.Cut(m.lines[y], p.x, p.x+p.w)), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// yankScript copies the script of the selected task, as it would be sent.
func (m *model) yankScript() tea.Cmd {
	t, ok := m.task()
	if !ok {
		return nil
	}
	work, err := m.kase.Work(t, m.undoing(t), "")
	switch {
	case err != nil:
		m.say(style.Warn, "the script cannot be told yet: "+err.Error())
		return nil
	case work.Text == "":
		m.say(style.Dim, t.String()+" has no script")
		return nil
	}
	return m.copy("the script of "+t.String()+" with its variables", byHand(t, work))
}

// byHand is a script with what it needs to be run by hand on its host.
func byHand(t steps.Task, w steps.Work) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, sent to %s with set -eu\n", inert(t.String()), inert(or(w.Shell, "sh")))
	if w.Dir != "" {
		fmt.Fprintf(&b, "cd %s\n", quoted(w.Dir))
	}
	for _, v := range w.Env {
		name, value, _ := strings.Cut(v, "=")
		fmt.Fprintf(&b, "export %s=%s\n", inert(name), quoted(value))
	}
	for _, line := range strings.Split(strings.TrimRight(w.Text, "\n"), "\n") {
		b.WriteString(inert(line) + "\n")
	}
	return b.String()
}

// quoted is a word of a shell that stands for a text.
func quoted(s string) string { return "'" + strings.ReplaceAll(inert(s), "'", `'\''`) + "'" }

// undoing reports whether what runs or ran last of a task is its undo.
func (m *model) undoing(t steps.Task) bool {
	switch m.kase.State.Task(t).Status {
	case steps.TaskUndoing, steps.TaskUndoFailed, steps.TaskUndoUnknown:
		return true
	}
	return false
}
