package pane

// The rule of this file: a plan says first what stands in its way, then what it
// will not restore, and only then what it does.

import (
	"fmt"
	"slices"
	"strings"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// Plan shows the whole rollback of a scope: what will be done, in which order,
// and what will not be restored.
func Plan(r *Run, scope steps.Scope, w int, st *style.Style) []string {
	p := NewPage(w, st)
	plan := r.UndoPlan(scope)
	r.underWay(p, plan)
	if len(plan) == 0 {
		p.Text(style.Plain, "this run did nothing there that can be taken back")
		return p.Lines
	}
	for _, e := range plan {
		if s := r.Step(e.Task); s.NoReturn != "" && e.Part == steps.PartUndo {
			p.Toned(style.Danger, "not all", e.Task.String()+": "+s.NoReturn)
		}
	}
	p.Field("does", countPlan(plan))
	switch d, whole := r.RollbackEstimate(scope); {
	case whole:
		p.Field("takes", "about "+r.AboutSpan(d))
	case d > 0:
		p.Field("takes", "at least "+r.AboutSpan(d))
	default:
		p.Field("takes", "unknown: nobody has timed these undos, and the runbook gives no estimate of a rollback")
	}
	p.Field("latest", r.RollbackBefore())
	if len(r.Book.Watches) > 0 {
		p.Field("keeps", "before the first undo on a host, what is known of it: its watched logs and values, in the run's directory")
	}
	p.Field("note", r.Book.Rollback.Note)
	part := ""
	for i, e := range plan {
		if e.Part != part {
			part = e.Part
			p.Head(map[string]string{steps.PartBefore: "Before the undos", steps.PartUndo: "Undos, the newest work first",
				steps.PartAfter: "After the undos"}[part])
		}
		p.Lines = append(p.Lines, r.planLine(i+1, e, w, st))
	}
	return p.Lines
}

// HostPart shows what the rollback of a scope does on one host once its word is
// typed: what it will not restore, the list of what it does, and then each with
// its script. Diff gives what an edit, or the undo of one, changes.
func HostPart(r *Run, scope steps.Scope, host string, diff func(steps.Task) string, w int, st *style.Style) []string {
	p, each, full := NewPage(w, st), NewPage(w, st), NewPage(w, st)
	var list []string
	for _, e := range r.UndoPlan(scope) {
		if e.Task.Host != host || e.Done || e.Do != steps.DoUndo && e.Do != steps.DoExecute {
			continue
		}
		s := r.Step(e.Task)
		list = append(list, EntryText(s, e))
		if e.Part == steps.PartUndo && s.NoReturn != "" {
			p.Toned(style.Danger, "not all", s.Title+": "+s.NoReturn)
		}
		r.hostEntry(each, full, e, diff)
	}
	p.Field("part of", "the rollback of "+ScopeName(scope)+"; it goes on by itself until the first thing that is not green")
	p.Field("does", strings.Join(list, "\n"))
	return slices.Concat(p.Lines, []string{""}, each.Lines, []string{""}, full.Lines)
}

// hostEntry adds an entry with its script, and to another page the generated
// script of an edit.
func (r *Run) hostEntry(p, full *Page, e steps.Entry, diff func(steps.Task) string) {
	s, undo := r.Step(e.Task), e.Part == steps.PartUndo
	p.Head(EntryText(s, e))
	work, err := r.Work(e.Task, undo, "")
	if err != nil {
		p.Toned(style.Danger, "cannot", err.Error())
		return
	}
	p.Field("dir", work.Dir)
	switch {
	case s.Kind == steps.Edit && s.File != nil:
		p.edited(s, undo, diff(e.Task))
		full.inFull(" of "+EntryText(s, e), work)
	case work.Text != "":
		p.Script(work.Text)
	default:
		p.Field("do", s.Text)
	}
}

// ScopeName is a scope as a person reads it in a sentence.
func ScopeName(sc steps.Scope) string {
	switch {
	case sc == steps.Scope{}:
		return "the run"
	case sc.Host == "" && sc.Phase != "":
		return tail.Inert("phase " + sc.Phase)
	case sc.Phase == "" && sc.Host != "":
		return tail.Inert("host " + sc.Host)
	}
	return tail.Inert(sc.String())
}

// countPlan says how much a plan does, and on how many hosts.
func countPlan(plan []steps.Entry) string {
	n, hosts := map[string]int{}, map[string]bool{}
	for _, e := range plan {
		n[e.Do]++
		if e.Do != steps.DoNothing && e.Do != steps.DoLeft {
			hosts[e.Task.Host] = true
		}
	}
	return fmt.Sprintf("undos: %d by script, %d by hand, %d not at all; steps around them: %d; hosts: %d",
		n[steps.DoUndo], n[steps.DoByHand], n[steps.DoNothing]+n[steps.DoLeft], n[steps.DoExecute], len(hosts))
}

func (r *Run) planLine(n int, e steps.Entry, w int, st *style.Style) string {
	do, tone := e.Do, style.Plain
	switch {
	case e.Done && e.Do != steps.DoNothing && e.Do != steps.DoLeft:
		do, tone = "done", style.OK
	case e.Do == steps.DoNothing || e.Do == steps.DoLeft:
		tone = style.Warn
		if e.Why != "" {
			do += ": " + tail.Inert(e.Why)
		}
	case e.Do == steps.DoResolve || e.Do == steps.DoCancel:
		do, tone = e.Do+" first", style.Danger
	}
	text := fmt.Sprintf("%2d  %s", n, EntryText(r.Step(e.Task), e))
	return Ends(text, st.Paint(tone, Cut(do, w/2, st)), w, st)
}

// underWay says what still runs or is being verified, and what that means for
// a plan.
func (r *Run) underWay(p *Page, plan []steps.Entry) {
	bars := map[steps.Task]bool{}
	for _, e := range plan {
		bars[e.Task] = e.Do == steps.DoCancel
	}
	barred := false
	for _, t := range r.State.Busy("") {
		text := r.Under(t)
		switch {
		case r.State.Rollback != nil:
			p.Toned(style.Busy, "now", text)
		case bars[t]:
			barred = true
			p.Toned(style.Danger, "first", text)
		default:
			p.Toned(style.Warn, "goes on", text+", and is no part of this")
		}
	}
	if barred {
		p.Toned(style.Danger, "so", "no rollback over that can be opened before it has ended, or is cancelled"+p.st.Keyed(" ({cancel})"))
	}
}

// Under says what is under way of a task: its state, for how long, how far its
// proof is, and that its host does not answer.
func (r *Run) Under(t steps.Task) string {
	text := fmt.Sprintf("%s is %s", t, r.State.Task(t).Status)
	if d, ok := r.Elapsed(t); ok {
		text += " for " + Clock(d)
	}
	if since, ok := r.Asking[t]; ok {
		text += ", not seen for " + Clock(r.Now.Sub(since))
	}
	if proof := r.Proving(t); proof != "" {
		text += ", " + proof
	}
	return text
}
