package pane

// The rule of this file: what is not known yet is said to be unknown, and what
// may not be done now says why.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// Detail tells all about a task.
func Detail(r *Run, t steps.Task, w int, st *style.Style) []string {
	p := NewPage(w, st)
	p.Text(style.Strong, r.Step(t).Title)
	r.state(p, t)
	r.demand(p, t)
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
	p.Field("proof", r.Proving(t))
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
	if e, ok := r.EstimateOf(t); ok {
		p.Field("estimate", r.AboutSpan(e.For)+", by "+tail.Inert(e.From))
	} else if len(ts.Attempts) == 0 {
		p.Field("estimate", "unknown")
	}
	r.attempt(p, ts)
	if ts.Status.Finished() {
		p.Field("text", s.Text) // else it stands above
	}
	p.Field("note", s.Note)
	if s.Kind == steps.Document {
		p.Toned(Kept(ts.Wrote))
	}
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
	case s.Person():
		how = "its own question"
	}
	danger := s.Danger
	if danger == steps.Unset {
		danger = steps.None
	}
	text := "danger " + danger.String() + ", confirmed by: " + how
	if why := r.Raised(t); why != "" {
		text = fmt.Sprintf("danger %s, confirmed like %s (%s): %s", danger, level, how, why)
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

// noUndo reports whether a step changes something that nothing takes back.
func noUndo(s *steps.Step) bool {
	return s.Undo == nil && s.Kind != steps.Edit && s.Danger > steps.None
}

func (r *Run) undo(p *Page, s *steps.Step, t steps.Task) {
	switch {
	case s.Undo == nil && s.Kind == steps.Edit:
		p.Field("undo", "puts the backup of the edit back")
	case noUndo(s):
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
			word = p.st.Keyed("ready, {undo}")
		}
		p.Field("undo", word+", "+r.UndoLevel(t).String())
	}
}

// Silence says that a task has printed nothing, for how long, and how it ended.
func Silence(r *Run, t steps.Task, w int, st *style.Style) []string {
	p := NewPage(w, st)
	ts := r.State.Task(t)
	a := ts.Attempt()
	d, _ := r.Elapsed(t)
	switch {
	case a == nil:
	case ts.Status.Busy() && r.away(t.Host):
		p.Text(style.Warn, "what it has printed is not known: "+t.Host+" is away")
	case ts.Status.Busy():
		p.Text(style.Dim, "it has printed nothing for "+Clock(d))
	case a.HasCode:
		p.Text(style.Dim, fmt.Sprintf("it printed nothing in %s; exit code %d", Clock(d), a.Code))
	default:
		p.Text(style.Dim, "it printed nothing")
	}
	return p.Lines
}

// away reports whether a host was asked and does not answer.
func (r *Run) away(host string) bool {
	seen, asked := r.Seen.Hosts[host]
	return asked && !seen.Up
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
	if ts.Status == steps.TaskNotStarted && a.HasCode {
		what += "; that was before a rollback, and counts no more"
	}
	p.Field("attempt", what)
	if a.Override != "" {
		p.Toned(style.Warn, "override", a.Override)
	}
	for _, name := range slices.Sorted(maps.Keys(ts.Last)) {
		p.Field("captured", name+"="+ts.Last[name])
	}
}

// soak tells how far a soak is, and until when it has to be complete.
func (r *Run) soak(p *Page, s *steps.Step, t steps.Task, ts steps.TaskState) {
	if ts.Status != steps.TaskOpen {
		text := "green for " + r.Span(s.Soak.For.D())
		if s.Soak.Deadline > 0 {
			text += ", at the latest after " + r.Span(s.Soak.Deadline.D())
		}
		p.Field("soak", text)
		return
	}
	p.Field("soak", "green for "+r.Of(ts.Soak.GreenAt(r.Now, r.State.Speed()), s.Soak.For.D()))
	switch end := r.SoakDeadline(t); {
	case ts.Soak.Overdue:
		p.Toned(style.Danger, "deadline", "passed while nobody looked: extend it, end the soak early, or say that it failed")
	case !end.IsZero():
		p.Field("deadline", end.In(r.Now.Location()).Format("15:04:05")+", in "+Clock(end.Sub(r.Now))+"; it goes on when you leave")
	}
	if ts.Soak.Unseen > 0 {
		p.Field("unseen", Clock(ts.Soak.Unseen)+" of it nobody looked; that counts neither for it nor against it")
	}
}

// Kept says how a document stands, as a labelled text for a page.
func Kept(w steps.Wrote) (tone style.Tone, label, text string) {
	label = "kept"
	switch {
	case w.SHA256 == "":
		return style.Warn, label, "nothing yet"
	case w.Invented:
		return style.Warn, label, fmt.Sprintf("%s, invented by the rehearsal", w.Name)
	case w.Template:
		return style.Warn, label, w.Name + ", still its template"
	}
	return style.Plain, label, fmt.Sprintf("%s, %d bytes, sha256 %.12s, by %s", w.Name, w.Bytes, w.SHA256, or(w.By, "nobody"))
}

// work shows what will be sent: the script with its surroundings.
func (r *Run) work(p *Page, s *steps.Step, t steps.Task) {
	if s.Check != nil {
		p.Head("Check before the start")
		r.wanted(p, s.Check)
	}
	switch {
	case s.Document != nil:
		p.Head("Document " + tail.Inert(s.FileName()) + ", from this template")
		p.Exact(r.Filled(s))
	case s.Kind == steps.Edit && s.File != nil:
		p.Head("Edit of " + tail.Inert(s.File.Path))
		p.Text(style.Plain, p.st.Keyed("{preview} shows what changes"))
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
		r.wanted(p, s.Verify)
	}
	if s.Undo != nil && s.Undo.Script != "" {
		p.Head("Undo")
		p.Script(s.Undo.Script)
	}
}

// wanted says what an evidence looks at and what it wants to see.
func (r *Run) wanted(p *Page, e *steps.Evidence) {
	if e.Script != "" {
		p.Script(e.Script)
	} else {
		p.Field("probe", strings.TrimSpace(e.Probe+" "+e.Path))
	}
	p.Field("want", e.Want)
	if e.Stable > 0 {
		p.Field("stable", "for "+r.Span(e.Stable.D()))
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
		if ph.Window > 0 && r.State.Phases[ph.ID].Until.IsZero() {
			p.Field("window", ph.Window.String()+" from its first step on")
		}
		p.Field("note", ph.Note)
		if why, ok := r.State.Holds[steps.Scope{Phase: ph.ID}]; ok {
			p.Toned(style.Warn, "on hold", why)
		}
		r.left(p, ph.ID)
		r.clockFields(p, ph.ID)
		r.triggers(p, ph.ID)
	}
	if row.ID.Step != "" && len(row.Tasks) > 0 {
		r.demand(p, r.Foremost(row.Tasks))
		p.ramps(r.Ramps(row.Tasks))
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
	case r.State.Closed != nil:
	case d > 0 && whole:
		p.Field("left", r.AboutSpan(d))
	case d > 0:
		p.Field("left", "at least "+r.AboutSpan(d))
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
