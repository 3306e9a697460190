package ui

// The rule of this file: a document is written in the operator's own editor,
// which has the screen meanwhile. The run goes on behind it, and what was
// written is kept before anything is said of it.

import (
	"context"
	"fmt"
	"os/exec"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// Writer keeps the documents of a run. A Run may be one; without it a document
// can be marked done only where somebody else has written it.
type Writer interface {
	// Editor gives the command that opens a document, and the name of its file,
	// which is made from the template first.
	Editor(t steps.Task) (*exec.Cmd, string, error)
	// Keep puts the document as it is now into the run.
	Keep(ctx context.Context, t steps.Task) error
}

// askDocument offers to write a document, and to say that it is done.
func (m *model) askDocument(t steps.Task) {
	s := m.kase.Step(t)
	q := &question{Dialog: dialog.New("document", inert("DOCUMENT "+s.Title), "later",
		dialog.Option{Key: "e", Label: "write it in your editor", ID: "edit", Safe: true},
		dialog.Option{Key: "y", Label: "it is done", ID: "done"},
		dialog.Option{Key: "f", Label: "it cannot be done", ID: "fail", Safe: true}), body: m.aboutDocument(t)}
	done := steps.Action{Verb: steps.MarkDone, Task: t}
	q.live = func() {
		q.Options[2].Off = ""
		if ref, err := m.decide(done); err != nil && (ref == nil || ref.Kind != steps.NeedsReason) {
			q.Options[2].Off = "not now: " + inert(refusalText(ref, err))
		}
	}
	q.on = func(a dialog.Answer) tea.Cmd {
		switch a.ID {
		case "edit":
			return m.edit(t)
		case "fail":
			m.askCannot(t)
			return nil
		}
		ref, _ := m.decide(done)
		if ref == nil || ref.Kind != steps.NeedsReason {
			return m.submit(nil, done)
		}
		m.askReason("mark", "DONE as it is: "+s.Title, "it is done", func(w int) []string {
			p := pane.NewPage(w, m.st)
			p.Text(style.Warn, ref.Error())
			return p.Lines
		}, done)
		return nil
	}
	m.ask(q)
}

// aboutDocument says what is to be written, what was kept, and where it is.
func (m *model) aboutDocument(t steps.Task) func(w int) []string {
	return func(w int) []string {
		p := pane.NewPage(w, m.st)
		s, ts := m.kase.Step(t), m.kase.State.Task(t)
		p.Field("file", s.FileName()+" in the folder documents of this run")
		p.Toned(pane.Kept(ts.Wrote))
		p.Field("text", s.Text)
		p.Field("note", s.Note)
		p.Head("Template")
		p.Exact(m.kase.Filled(s))
		return p.Lines
	}
}

// edit gives the screen to the editor.
func (m *model) edit(t steps.Task) tea.Cmd {
	w, ok := m.run.(Writer)
	if !ok {
		m.say(style.Dim, "this run keeps no documents")
		return nil
	}
	cmd, name, err := w.Editor(t)
	if err != nil {
		m.refused(err)
		return nil
	}
	if cmd.Stdin == nil {
		cmd.Stdin = m.opts.stdin
	}
	return tea.ExecProcess(cmd, func(err error) tea.Msg { return wroteMsg{t, name, err} })
}

// wroteMsg is the screen coming back from the editor.
type wroteMsg struct {
	task steps.Task
	file string
	err  error
}

// wrote keeps what the editor left, and asks again.
func (m *model) wrote(w wroteMsg) tea.Cmd {
	if w.err != nil {
		m.say(style.Danger, fmt.Sprintf("the editor ended badly (%v); the file is %s", w.err, w.file))
		return nil
	}
	writer, ctx := m.run.(Writer), m.ctx
	return func() tea.Msg {
		return doneMsg{action: steps.Action{Verb: steps.Write, Task: w.task}, err: writer.Keep(ctx, w.task),
			then: func(m *model) { m.later("document "+w.task.String(), func() { m.askDocument(w.task) }) }}
	}
}
