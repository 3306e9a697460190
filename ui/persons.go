package ui

// The rule of this file: a person's word is asked for with what shows it, and
// goes into the report under that name.

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

func inert(s string) string { return tail.Inert(s) }

// about shows the detail of a task in a dialog.
func (m *model) about(t steps.Task) func(w int) []string {
	return func(w int) []string { return pane.Detail(m.kase, t, w, m.st) }
}

// shows is what a question about a task shows: of one in trouble what happened,
// else its detail.
func (m *model) shows(q *question, t steps.Task) func(w int) []string {
	if !m.kase.State.Task(t).Status.Trouble() {
		return m.about(t)
	}
	return func(w int) []string { return m.whatHappened(t, w, m.room(q)) }
}

// skip asks why some tasks are left out, or takes a skip back.
func (m *model) skip() tea.Cmd {
	row, ok := m.row()
	if !ok {
		return nil
	}
	if !row.Task.Zero() && m.kase.State.Task(row.Task).Status == steps.TaskSkipped {
		return m.propose(steps.Action{Verb: steps.Unskip, Task: row.Task})
	}
	if len(row.Tasks) > 0 {
		m.askSkip(row.Text, row.Tasks)
	}
	return nil
}

// askSkip asks why some tasks of a row, at least one, are left out. Those of them
// that cannot be, are named.
func (m *model) askSkip(row string, tasks []steps.Task) {
	var may []steps.Action
	var not []string
	var why error
	for _, t := range tasks {
		a := steps.Action{Verb: steps.Skip, Task: t}
		ref, err := m.decide(a)
		if ref != nil && ref.Kind == steps.NeedsReason {
			may = append(may, a)
			continue
		}
		if why == nil {
			why = err
		}
		not = append(not, fmt.Sprintf("%s: %s, %v", t.Host, m.kase.Step(t).Title, err))
	}
	if len(may) == 0 {
		m.refused(why)
		return
	}
	title := fmt.Sprintf("SKIP %d of %d tasks of %s", len(may), len(tasks), row)
	if len(not) == 0 {
		title = fmt.Sprintf("SKIP all %d tasks of %s", len(may), row)
	}
	if len(may) == 1 {
		title = "SKIP " + m.kase.Step(may[0].Task).Title + " on " + may[0].Task.Host
	}
	q := &question{Dialog: dialog.New("skip", inert(title), "cancel", dialog.Option{Key: "y", Label: "skip", ID: "skip"}), tone: style.Warn}
	q.Fields = []dialog.Field{{Label: reasonLabel, Note: "what needs a value that a skipped step captures stays locked"}}
	q.body = m.shows(q, may[0].Task)
	if len(may) > 1 {
		q.body = func(w int) []string {
			p := pane.NewPage(w, m.st)
			if len(not) > 0 {
				p.Text(style.Warn, "These stay as they are:")
			}
			for _, text := range not {
				p.Text(style.Warn, "  "+text)
			}
			p.Text(style.Plain, "These are skipped:")
			for _, a := range may {
				p.Text(style.Plain, "  "+a.Task.Host+": "+m.kase.Step(a.Task).Title)
			}
			return p.Lines
		}
	}
	q.on = func(a dialog.Answer) tea.Cmd {
		for i := range may {
			may[i].Reason = a.Values[0]
		}
		return m.submit(nil, may...)
	}
	m.ask(q)
}

// mark asks for what shows that a task is done, or for its figure.
func (m *model) mark() {
	if t, ok := m.task(); ok {
		m.askMark(t)
	}
}

func (m *model) askMark(t steps.Task) {
	s, ts := m.kase.Step(t), m.kase.State.Task(t)
	if s.Kind == steps.Document && ts.Status == steps.TaskOpen {
		m.askDocument(t)
		return
	}
	row, _ := m.row()
	a := steps.Action{Verb: steps.MarkDone, Task: t}
	word := "MARK DONE "
	fields := []dialog.Field{{Label: "what shows it"}}
	switch {
	case ts.Status == steps.TaskUndoFailed || row.ID.Rollback && row.ID.Entry == steps.PartUndo && row.Task == t:
		a.Verb, word = steps.MarkUndone, "MARK UNDONE "
	case s.Kind == steps.Measure && ts.Status == steps.TaskOpen && s.Measure != nil:
		a.Verb, a.Name, word = steps.Record, s.Measure.Name, "RECORD "
		label := "figure"
		if s.Measure.Unit != "" {
			label += " in " + s.Measure.Unit
		}
		isFigure := func(text string) error { _, err := s.Measure.Figure(text); return err }
		fields = []dialog.Field{{Label: inert(label), Note: inert(s.Measure.Ask), Check: isFigure}, {Label: "where it comes from"}}
	case ts.Status.Trouble():
		fields = append(fields, dialog.Field{Label: reasonLabel})
	}
	ref, err := m.decide(a)
	if err != nil && (ref == nil || ref.Kind != steps.NeedsReason) {
		m.refused(err)
		return
	}
	q := &question{Dialog: dialog.New("mark", inert(word+s.Title+" on "+t.Host), "cancel",
		dialog.Option{Key: "y", Label: string(a.Verb), ID: "mark"})}
	q.body = m.shows(q, t)
	if a.Verb == steps.MarkDone && ts.Status == steps.TaskOpen {
		q.Options = append(q.Options, dialog.Option{Key: "f", Label: "it cannot be done", ID: "fail", Bare: true, Safe: true})
	}
	q.Fields = fields
	q.on = func(ans dialog.Answer) tea.Cmd {
		if ans.ID == "fail" {
			m.askCannot(t)
			return nil
		}
		a.Value = ans.Values[0]
		if len(ans.Values) > 1 {
			a.Reason = ans.Values[1]
		}
		return m.submit(nil, a)
	}
	m.ask(q)
}

// askCannot asks why an open task cannot be done.
func (m *model) askCannot(t steps.Task) {
	m.askReason("fail", "CANNOT BE DONE: "+m.kase.Step(t).Title, "it failed", m.about(t),
		steps.Action{Verb: steps.Fail, Task: t})
}

// askReason asks for a reason and a yes.
func (m *model) askReason(name, title, yes string, body func(w int) []string, a steps.Action) {
	q := &question{Dialog: dialog.New(name, inert(title), "cancel", dialog.Option{Key: "y", Label: yes, ID: "yes"}), tone: style.Warn, body: body}
	q.Fields = []dialog.Field{{Label: reasonLabel}}
	q.on = func(ans dialog.Answer) tea.Cmd {
		a.Reason = ans.Values[0]
		return m.submit(nil, a)
	}
	m.ask(q)
}

// note asks for a remark. It stands at the selected task.
func (m *model) note() {
	t, _ := m.task()
	q := &question{Dialog: dialog.New("note", inert("NOTE on "+or(t.String(), "the run")), "cancel")}
	if t.Zero() {
		q.Title = "NOTE on the run"
	}
	q.Fields, q.Sends = []dialog.Field{{Label: "note"}}, "note"
	q.on = func(a dialog.Answer) tea.Cmd {
		return m.submit(nil, steps.Action{Verb: steps.Note, Task: t, Value: a.Values[0]})
	}
	m.ask(q)
}

// exclude leaves the row's host out of its block or phase, or includes it again.
func (m *model) exclude() tea.Cmd {
	row, ok := m.row()
	t, has := m.task()
	if !ok || !has || row.ID.Rollback {
		m.say(style.Dim, "select a task or a host of the phase")
		return nil
	}
	if row.Task.Zero() && row.ID.Host == "" {
		m.say(style.Warn, "select the row of one host")
		return nil
	}
	return m.askExclude(t)
}

func (m *model) askExclude(t steps.Task) tea.Cmd {
	s := m.kase.Step(t)
	if m.kase.State.Task(t).Excluded {
		return m.propose(steps.Action{Verb: steps.Include, Host: t.Host, Phase: s.Phase})
	}
	a := steps.Action{Verb: steps.Exclude, Host: t.Host, Phase: s.Phase, Name: s.Block}
	from := "phase " + s.Phase
	if s.Block != "" {
		from = "block " + s.Block + " of " + from
	}
	if ref, err := m.decide(a); err != nil && (ref == nil || ref.Kind != steps.NeedsReason) {
		m.refused(err)
		return nil
	}
	body := func(w int) []string {
		p := pane.NewPage(w, m.st)
		p.Text(style.Plain, "What has not begun on "+t.Host+" in "+from+" is left out. What is done there stays in the ledger and in the rollback. The phase then needs an acceptance: :accept "+s.Phase+" REASON")
		return p.Lines
	}
	m.askReason("exclude", "EXCLUDE "+t.Host+" from "+from, "exclude", body, a)
	return nil
}

// hold offers every hold and release that concerns the selected row.
func (m *model) hold() {
	row, _ := m.row()
	t, ok := m.task()
	q := &question{Dialog: dialog.New("hold", "HOLD or RELEASE", "cancel")}
	acts := map[string]steps.Action{}
	add := func(key string, sc steps.Scope, what string) {
		a, word := steps.Action{Verb: steps.Hold, Scope: sc}, "hold "
		if _, held := m.kase.State.Holds[sc]; held {
			a.Verb, word = steps.Release, "release "
		}
		q.Options = append(q.Options, dialog.Option{Key: key, Label: inert(word + what), ID: key})
		acts[key] = a
	}
	add("r", steps.Scope{}, "the run")
	if row.ID.Phase != "" {
		add("p", steps.Scope{Phase: row.ID.Phase}, "phase "+row.ID.Phase)
	}
	if ok && t.Host != steps.LocalHost {
		add("o", steps.Scope{Host: t.Host}, "host "+t.Host)
	}
	if ok {
		if k, why := m.kase.HeldBy(t); why != "" {
			t = k
		}
		if ts := m.kase.State.Task(t); ts.Status.Trouble() && !ts.Released {
			q.Options = append(q.Options, dialog.Option{Key: "t", Label: inert("release what " + t.String() + " holds"), ID: "t"})
			acts["t"] = steps.Action{Verb: steps.Release, Scope: steps.Scope{Task: t}}
		}
	}
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		p.Text(style.Plain, "A hold stops new launches. It never stops what runs: work, soaks, verifies, undos, a rollback or a cancel go on.")
		return p.Lines
	}
	q.on = func(a dialog.Answer) tea.Cmd { return m.submit(nil, acts[a.ID]) }
	m.ask(q)
}

func or(s, other string) string {
	if s == "" || s == "@" {
		return other
	}
	return s
}
