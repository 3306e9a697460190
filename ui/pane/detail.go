package pane

// The rule of this file: what a step will do is shown exactly as it will be
// done; what cannot be known yet is said to be unknown.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// Page collects lines of labelled text.
type Page struct {
	w     int
	st    *style.Style
	Lines []string
}

// NewPage gives an empty page of a width.
func NewPage(w int, st *style.Style) *Page { return &Page{w: w, st: st} }

const labelWidth = 9

// Field adds a labelled text, wrapped beside its label. Empty text adds nothing.
func (p *Page) Field(label, text string) { p.Toned(style.Plain, label, text) }

// Toned adds a labelled text in a tone.
func (p *Page) Toned(t style.Tone, label, text string) {
	if text == "" {
		return
	}
	for i, l := range Wrap(text, p.w-labelWidth) {
		if i > 0 {
			label = ""
		}
		p.Lines = append(p.Lines, p.st.Paint(style.Dim, Fit(label, labelWidth, p.st))+p.st.Paint(t, l))
	}
}

// Text adds wrapped text in a tone.
func (p *Page) Text(t style.Tone, text string) {
	for _, l := range Wrap(text, p.w) {
		p.Lines = append(p.Lines, p.st.Paint(t, l))
	}
}

// Head adds a heading with an empty line before it.
func (p *Page) Head(text string) {
	if len(p.Lines) > 0 {
		p.Lines = append(p.Lines, "")
	}
	p.Lines = append(p.Lines, p.st.Paint(style.Strong, text))
}

// Script adds a script line by line, unchanged but for what cannot be shown.
// Long lines are wrapped; a mark stands before the rest.
func (p *Page) Script(text string) {
	for _, l := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		rows := strings.Split(ansi.Hardwrap(tail.Inert(l), p.w-2, true), "\n")
		for i, row := range rows {
			lead := p.st.Frame.Down + " "
			if i > 0 {
				lead = "  "
			}
			p.Lines = append(p.Lines, p.st.Paint(style.Dim, lead)+highlight(row, p.st))
		}
	}
}

// highlight dims comments and lights up variables.
func highlight(line string, st *style.Style) string {
	if strings.HasPrefix(strings.TrimSpace(line), "#") {
		return st.Paint(style.Dim, line)
	}
	var b strings.Builder
	for line != "" {
		i := strings.IndexByte(line, '$')
		if i < 0 || i+1 == len(line) {
			break
		}
		j := i + 1
		for j < len(line) && (line[j] == '_' || line[j] >= '0' && line[j] <= '9' || line[j]|0x20 >= 'a' && line[j]|0x20 <= 'z') {
			j++
		}
		b.WriteString(line[:i])
		if j > i+1 {
			b.WriteString(st.Paint(style.Busy, line[i:j]))
		} else {
			b.WriteString(line[i:j])
		}
		line = line[j:]
	}
	return b.String() + line
}

// Readings adds evidence: verdict, value with threshold, and age.
func (p *Page) Readings(seen []steps.Reading, now time.Time) {
	for _, r := range seen {
		m := verdictMark(r.Verdict)
		what := tail.Inert(r.Title)
		if r.Host != "" {
			what += " on " + tail.Inert(r.Host)
		}
		value := tail.Inert(r.Text)
		if r.Why != "" {
			value = tail.Inert(r.Why)
		} else if r.Want != "" {
			value += ", want " + tail.Inert(r.Want)
		}
		age := ""
		if !r.At.IsZero() {
			age = ", " + since(now, r.At) + " ago"
		}
		p.Lines = append(p.Lines, p.st.Paint(m.Tone, m.Glyph+" "+m.Word)+" "+Cut(what, p.w-len(m.Glyph)-len(m.Word)-2, p.st))
		for _, l := range Wrap(value+age, p.w-4) {
			p.Lines = append(p.Lines, "    "+l)
		}
	}
}

func verdictMark(v steps.Verdict) Mark {
	switch v {
	case steps.Green:
		return Mark{glyphDone, "green", style.OK}
	case steps.Red:
		return Mark{glyphTrouble, "red", style.Danger}
	}
	return Mark{glyphTrouble, "cannot tell", style.Warn}
}

// Detail tells all about a task.
func Detail(r *Run, t steps.Task, w int, st *style.Style) []string {
	p := NewPage(w, st)
	p.Text(style.Strong, r.Step(t).Title)
	r.state(p, t)
	r.facts(p, t)
	return p.Lines
}

// state of a task, and why it is so.
func (r *Run) state(p *Page, t steps.Task) {
	ts, m := r.State.Task(t), r.Mark(t)
	state := m.Glyph + " " + m.Word
	if d, ok := r.Elapsed(t); ok {
		state += ", " + Clock(d)
	}
	p.Toned(m.Tone, "state", state)
	p.Toned(style.Warn, "because", ts.Reason)
	if ts.Status == steps.TaskNotStarted || ts.Status == steps.TaskUndone {
		p.Toned(style.Warn, "waits", WhyNot(r.Case, steps.Action{Verb: steps.Execute, Task: t, Actor: r.State.Driver}))
	}
}

// facts are what the runbook says of a task, and what came of it.
func (r *Run) facts(p *Page, t steps.Task) {
	s, ts := r.Step(t), r.State.Task(t)
	where := t.Host
	if h, ok := r.Book.Hosts[t.Host]; ok && h.Address != "" && h.Address != t.Host {
		where += " (" + h.Address + ")"
	}
	p.Field("step", s.ID+" on "+where+", "+string(s.Kind))
	p.Field("refs", strings.Join(s.Refs, " "))
	r.danger(p, s, t)
	r.undo(p, s, t)
	if d, ok := r.Estimate(t); ok {
		p.Field("estimate", About(d))
	} else if len(ts.Attempts) == 0 {
		p.Field("estimate", "unknown")
	}
	r.attempt(p, ts)
	p.Field("text", s.Text)
	p.Field("note", s.Note)
	r.evidence(p, s, t, ts)
	r.work(p, s, t)
}

// WhyNot says why an action is refused for another reason than that a person
// still has to say something; "" when it is not.
func WhyNot(c *steps.Case, a steps.Action) string {
	_, err := steps.Decide(*c, a)
	ref, ok := err.(*steps.Refusal)
	if !ok {
		return ""
	}
	switch ref.Kind {
	case steps.NeedsConfirm, steps.NeedsReason, steps.NeedsLook:
		return ""
	}
	return ref.Error()
}

func (r *Run) danger(p *Page, s *steps.Step, t steps.Task) {
	level := r.Level(t)
	how := "at once"
	switch {
	case level > steps.Med:
		how = fmt.Sprintf("type %q", r.Phrase(level, []steps.Task{t}))
	case level > steps.None:
		how = "y"
	}
	danger := s.Danger
	if danger == steps.Unset {
		danger = steps.None
	}
	text := "danger " + danger.String() + ", confirmed by: " + how
	if level > danger {
		text = "danger " + danger.String() + ", asked as " + level.String() + ": " + how
	}
	if r.NeedsApprover(level) {
		text += ", by the approver"
	}
	p.Field("level", text)
	p.Toned(style.Danger, "return", noReturn(s))
}

func noReturn(s *steps.Step) string {
	if s.NoReturn == "" {
		return ""
	}
	return "point of no return: " + s.NoReturn
}

func (r *Run) undo(p *Page, s *steps.Step, t steps.Task) {
	switch {
	case s.Undo == nil && s.Kind == steps.Edit:
		p.Field("undo", "puts the backup of the edit back")
	case s.Undo == nil && s.Danger > steps.None:
		why := s.NoUndo
		if why == "" {
			why = "the runbook gives none"
		}
		p.Toned(style.Warn, "undo", "no undo: "+why)
	case s.Undo != nil && s.Undo.Script == "":
		p.Field("undo", "by hand: "+s.Undo.Text)
	case s.Undo != nil:
		word := "there is one"
		if r.Undoable(t) {
			word = "ready, u"
		}
		p.Field("undo", word+", "+r.UndoLevel(t).String())
	}
}

// attempt tells of the newest attempt.
func (r *Run) attempt(p *Page, ts steps.TaskState) {
	a := ts.Attempt()
	if a == nil {
		return
	}
	what := fmt.Sprintf("%d, %s", a.N, a.Intended.In(r.Now.Location()).Format("15:04:05"))
	if a.Undo {
		what = "undo " + what
	}
	if a.Confirm.By != "" {
		what += " by " + a.Confirm.By
	}
	if a.HasCode {
		what += fmt.Sprintf(", exit code %d, %d bytes", a.Code, a.Bytes)
	}
	if a.Left > 0 {
		what += fmt.Sprintf(", %d processes still alive", a.Left)
	}
	p.Field("attempt", what)
	if a.Override != "" {
		p.Toned(style.Warn, "override", a.Override)
	}
	for _, name := range slices.Sorted(maps.Keys(ts.Last)) {
		p.Field("captured", name+"="+ts.Last[name])
	}
}

// evidence shows live values where the task waits for them, else those it was
// judged by, else what will be looked at.
func (r *Run) evidence(p *Page, s *steps.Step, t steps.Task, ts steps.TaskState) {
	switch {
	case len(s.Evidence) > 0 && (ts.Status == steps.TaskOpen || ts.Status == steps.TaskNotStarted):
		p.Head("Evidence")
		p.Readings(r.Evidence(t), r.Now)
	case len(ts.Evidence) > 0:
		p.Head("Evidence that it was judged by")
		p.Readings(ts.Evidence, r.Now)
	case ts.Status.Busy() && len(r.Seen.Evidence[t]) > 0:
		p.Head("Verify")
		p.Readings(r.Seen.Evidence[t], r.Now)
	}
	if s.Soak != nil {
		soak := "green for " + s.Soak.For.String()
		if s.Soak.Deadline > 0 {
			soak += ", at the latest after " + s.Soak.Deadline.String()
		}
		if ts.Status == steps.TaskOpen {
			soak += "; green so far " + Clock(ts.Soak.GreenAt(r.Now, r.State.Speed()))
		}
		p.Field("soak", soak)
	}
	if len(r.Seen.Checks[t]) > 0 && s.Check != nil {
		p.Head("Check")
		p.Readings(r.Age(r.Seen.Checks[t], *s.Check), r.Now)
	}
}

// work shows what will be sent: the script with its surroundings.
func (r *Run) work(p *Page, s *steps.Step, t steps.Task) {
	if s.Check != nil {
		p.Head("Check before the start")
		p.wanted(s.Check)
	}
	switch {
	case s.Kind == steps.Edit && s.File != nil:
		p.Head("Edit of " + tail.Inert(s.File.Path))
		p.Text(style.Plain, "p shows what changes")
	case s.Script != "":
		w, err := r.Work(t, false, "")
		if err != nil {
			p.Toned(style.Warn, "dir", err.Error())
			w.Text = s.Script
		}
		p.Field("dir", w.Dir)
		p.Head("Script")
		p.Script(w.Text)
	}
	if s.Verify != nil {
		p.Head("Verify")
		p.wanted(s.Verify)
	}
	if s.Undo != nil && s.Undo.Script != "" {
		p.Head("Undo")
		p.Script(s.Undo.Script)
	}
}

// wanted says what an evidence looks at and what it wants to see.
func (p *Page) wanted(e *steps.Evidence) {
	if e.Script != "" {
		p.Script(e.Script)
	} else {
		p.Field("probe", strings.TrimSpace(e.Probe+" "+e.Path))
	}
	p.Field("want", e.Want)
	if e.Stable > 0 {
		p.Field("stable", "for "+e.Stable.String())
	}
}

// GroupDetail tells about a phase, a block's host or a step on several hosts.
func GroupDetail(r *Run, row Row, w int, st *style.Style) []string {
	p := NewPage(w, st)
	p.Text(style.Strong, row.Text)
	p.Toned(row.Mark.Tone, "state", row.Mark.Glyph+" "+row.Mark.Word+", "+row.Right)
	if row.ID.Rollback {
		p.Field("reason", r.State.Rollback.Reason)
		p.Field("note", r.Book.Rollback.Note)
		return p.Lines
	}
	if ph := r.Book.Phase(row.ID.Phase); ph != nil && row.ID.Step == "" && row.ID.Block == "" {
		p.Field("id", ph.ID)
		p.Field("refs", strings.Join(ph.Refs, " "))
		if ph.Window > 0 {
			p.Field("window", ph.Window.String())
		}
		p.Field("note", ph.Note)
		if why, ok := r.State.Holds[steps.Scope{Phase: ph.ID}]; ok {
			p.Toned(style.Warn, "on hold", why)
		}
		r.left(p, ph.ID)
	}
	if row.ID.Step != "" && len(row.Tasks) > 0 {
		r.tasks(p, row.Tasks, false)
		r.facts(p, r.Foremost(row.Tasks))
		return p.Lines
	}
	p.Head("Tasks")
	r.tasks(p, row.Tasks, true)
	return p.Lines
}

// tasks lists tasks with their states.
func (r *Run) tasks(p *Page, list []steps.Task, titles bool) {
	for _, t := range list {
		m, name := r.Mark(t), t.Host
		if titles {
			name += " " + r.Step(t).Title
		}
		p.Lines = append(p.Lines, Ends(p.st.Paint(m.Tone, m.Glyph)+" "+tail.Inert(name), p.st.Paint(m.Tone, m.Word), p.w, p.st))
	}
}

func (r *Run) left(p *Page, phase string) {
	d, whole := r.Remaining(phase)
	switch {
	case d > 0 && whole:
		p.Field("left", About(d))
	case d > 0:
		p.Field("left", "at least "+About(d))
	}
}

// Foremost gives the task of some that an operator cares about most.
func (r *Run) Foremost(tasks []steps.Task) steps.Task {
	best, rank := tasks[0], -1
	for _, t := range tasks {
		if n := loudness(r.Mark(t), r.State.Task(t).Status); n > rank {
			best, rank = t, n
		}
	}
	return best
}
