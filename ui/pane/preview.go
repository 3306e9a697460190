package pane

// The rule of this file: before anything is sent, all of it is on the screen:
// where, what, with which values, how it is taken back, and what is not.

import (
	"fmt"
	"slices"
	"strings"

	"belay/steps"
	"belay/ui/style"
)

// Ask is what a preview is of.
type Ask struct {
	Task   steps.Task
	Undo   bool
	Level  steps.Danger
	Diff   string // of an edit or its undo: the change, or why it is not known
	Reason string // why a reason is asked for
}

// Preview tells all about one start of a task or of its undo.
func Preview(r *Run, a Ask, w int, st *style.Style) []string {
	p := NewPage(w, st)
	s := r.Step(a.Task)
	p.Toned(style.Warn, "but", a.Reason)
	r.warns(p, s, a)
	if !a.Undo {
		r.demand(p, a.Task)
	}
	r.where(p, a.Task)
	if a.Undo && r.KeepsEvidence(a.Task.Host) {
		p.Field("keeps", "first what is known of "+a.Task.Host+", its watched logs and values, in the run's directory")
	}
	work, err := r.Work(a.Task, a.Undo, "")
	if err != nil {
		p.Toned(style.Danger, "cannot", err.Error())
	}
	p.Field("dir", work.Dir)
	r.asks(p, a)
	r.opens(p, s)
	if !a.Undo && !noUndo(s) {
		r.undo(p, s, a.Task)
	}
	if d, ok := r.Estimate(a.Task); ok && !a.Undo {
		p.Field("takes", "about "+r.AboutSpan(d)+", at most "+About(work.Timeout))
	} else if work.Timeout > 0 {
		p.Field("takes", "at most "+About(work.Timeout))
	}
	p.Field("secrets", strings.Join(work.Secrets, " "))
	if s.Check != nil && !a.Undo {
		p.Head("Check before the start")
		r.wanted(p, s.Check)
		p.Readings(r.Seen.Checks[a.Task], r.Now)
	}
	edit := s.Kind == steps.Edit && s.File != nil
	if edit {
		p.edited(s, a.Undo, a.Diff)
	} else if work.Text != "" {
		p.Head("Script, by " + or(work.Shell, "sh") + " with set -eu")
		p.Script(work.Text)
	}
	r.proof(p, s, a.Undo)
	if s.Note != "" {
		p.Head("Note")
		p.Text(style.Plain, s.Note)
	}
	r.variables(p, a.Task, work.Env)
	if edit && work.Text != "" {
		p.inFull("", work)
	}
	return p.Lines
}

// variables lists what a task gets: first what its texts name.
func (r *Run) variables(p *Page, t steps.Task, env []string) {
	read, err := r.Reads(t)
	if err != nil {
		read = nil // it is refused, and says so above
	}
	list := func(head string, values []string) {
		if len(values) > 0 {
			p.Head(head)
		}
		for _, v := range values {
			p.Text(style.Plain, v)
		}
	}
	list("Variables that its texts name", read)
	list("The other variables that it gets", slices.DeleteFunc(slices.Clone(env), func(v string) bool { return slices.Contains(read, v) }))
}

// warns says first what cannot be taken back.
func (r *Run) warns(p *Page, s *steps.Step, a Ask) {
	switch {
	case !a.Undo:
		p.Toned(style.Danger, "return", noReturn(s))
		if noUndo(s) {
			r.undo(p, s, a.Task)
		}
	case s.NoReturn != "":
		p.Toned(style.Danger, "restores", "not all: "+s.NoReturn)
	}
}

func (r *Run) where(p *Page, t steps.Task) {
	h := r.Book.Hosts[t.Host]
	where := t.Host
	if h.Address != "" {
		where += ", " + strings.TrimPrefix(h.User+"@", "@") + h.Address
	}
	if h.Role != "" {
		where += ", " + h.Role
	}
	_, full := Environment(r.Case)
	p.Field("host", where)
	p.Field("in", full)
	if n := len(r.State.Busy(t.Host)); n > 0 {
		p.Toned(style.Warn, "busy", fmt.Sprintf("%d other tasks are under way on %s", n, t.Host))
	}
}

// asks says who has to agree, and on the embedded fleet who would have to.
func (r *Run) asks(p *Page, a Ask) {
	level, act := a.Level, steps.Action{Verb: steps.Execute, Task: a.Task}
	if a.Undo {
		act.Verb = steps.UndoTask
	}
	text := level.String()
	given, lives, why := r.Approval(act)
	switch {
	case r.NeedsApprover(level) && lives:
		text += fmt.Sprintf("; %s said yes %s ago (%s); it counts for %s more, and only for what is shown here", given.By,
			Clock(r.Now.Sub(given.At)), given.How, Clock(steps.ApprovalLife-r.Now.Sub(given.At)))
	case r.NeedsApprover(level) && r.State.Partner == "":
		text += "; an approver has to type the words, and no partner is named (:partner NAME)"
	case r.NeedsApprover(level):
		text += "; " + r.State.Partner + " has to type the words, " + r.State.Driver + " drives"
	case r.Book.Kind == steps.Embedded:
		if env := r.approvedIn(level); env != "" {
			text += "; here nobody else is asked, in " + env + " the approver would be"
		}
	}
	p.Field("level", text)
	if r.NeedsApprover(level) && !lives {
		p.Toned(style.Warn, "second yes", why)
	}
}

func (r *Run) approvedIn(level steps.Danger) string {
	var in []string
	for name, e := range r.Book.Environments {
		if e.ApproverFrom != steps.Unset && level >= e.ApproverFrom {
			in = append(in, name)
		}
	}
	slices.Sort(in)
	return strings.Join(in, " and ")
}

// opens says that this start starts a clock.
func (r *Run) opens(p *Page, s *steps.Step) {
	ph := r.Book.Phase(s.Phase)
	if ph == nil || !r.State.Phases[ph.ID].Opened.IsZero() {
		return
	}
	if ph.Window > 0 {
		p.Toned(style.Warn, "window", fmt.Sprintf("opens %s: %s from now, until %s", ph.Title, ph.Window, r.Now.Add(ph.Window.D()).Format("15:04")))
	}
}

// proof shows the verify and, of a step, the undo.
func (r *Run) proof(p *Page, s *steps.Step, undo bool) {
	if e := s.VerifyOf(undo); e != nil {
		p.Head("Verify afterwards")
		r.wanted(p, e)
	}
	if !undo && s.Undo != nil && s.Undo.Script != "" {
		p.Head("Its undo")
		p.Script(s.Undo.Script)
	}
}
