package pane

// The rule of this file: what one yes covers is counted as it will happen, and
// what it will not do stands above what it will.

import (
	"fmt"
	"slices"
	"strings"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// Counted says how many of some tasks one yes begins: "3 of 7 tasks", "4 tasks".
func Counted(r steps.Reach) string {
	n, all := len(r.Tasks), len(r.Tasks)+r.Rest
	if !r.Stop.Zero() {
		all++
	}
	if n < all {
		return fmt.Sprintf("%d of %d tasks", n, all)
	}
	return fmt.Sprintf("%d tasks", n)
}

// SequencePreview tells all about several tasks that one yes would cover, and
// where it will stop all the same.
func SequencePreview(r *Run, tasks []steps.Task, level steps.Danger, w int, st *style.Style) []string {
	p := NewPage(w, st)
	reach := r.Reach(tasks)
	if reach.Stop.Zero() {
		p.Field("does", Counted(reach)+", to the end or the first thing that is not green")
	} else {
		p.Toned(style.Warn, "does", Counted(reach)+", or until the first thing that is not green")
		p.Toned(style.Warn, "stops at", r.Step(reach.Stop).Title+" ("+reach.Stop.String()+"), "+reach.Why)
	}
	p.ramps(r.Ramps(reach.Tasks))
	for _, t := range reach.Passed {
		if r.State.Task(t).Status.Trouble() {
			p.Toned(style.Warn, "without", t.Host+": "+t.String()+" "+r.Stands(t))
		}
	}
	r.warnsOfAll(p, reach, tasks)
	_, full := Environment(r.Case)
	p.Field("in", full)
	p.Field("asked", "once, at "+level.String())
	if len(reach.Tasks) > 0 {
		r.opens(p, r.Step(reach.Tasks[0]))
	}
	shown := map[string]steps.Task{} // of a step, the task whose script was shown
	for _, t := range reach.Tasks {
		r.covered(p, t, shown[t.Step])
		if shown[t.Step].Zero() {
			shown[t.Step] = t
		}
	}
	r.behind(p, reach, tasks)
	return p.Lines
}

// ramps says in which batches the hosts go, and what stops the next one.
func (p *Page) ramps(list []steps.Ramp) {
	for _, x := range list {
		text := x.String()
		if len(list) > 1 {
			text = x.Name + ": " + text
		}
		p.Field("batches", text)
	}
}

// warnsOfAll says what of a sequence cannot be taken back, each step once. A
// point of no return is not among what the yes covers, and is told all the same.
func (r *Run) warnsOfAll(p *Page, reach steps.Reach, tasks []steps.Task) {
	told := map[string]bool{}
	for _, t := range tasks {
		s := r.Step(t)
		if s.NoReturn == "" || told[s.ID] || r.State.Task(t).Status.Finished() {
			continue
		}
		told[s.ID] = true
		p.Toned(style.Danger, "return", "not covered: "+s.Title+" is a "+noReturn(s))
	}
	var none []string
	for _, t := range reach.Tasks {
		if s := r.Step(t); noUndo(s) && !told[s.ID] {
			told[s.ID] = true
			none = append(none, s.Title)
		}
	}
	p.Toned(style.Warn, "no undo", strings.Join(none, "; "))
}

// covered shows what a task of a sequence will run, and with which values on
// its host; what was shown above of another host is not shown again.
func (r *Run) covered(p *Page, t, as steps.Task) {
	s := r.Step(t)
	p.Head(fmt.Sprintf("%s: %s, %s", tail.Inert(t.Host), tail.Inert(s.Title), r.Level(t)))
	if noUndo(s) && as.Zero() {
		p.Toned(style.Warn, "no undo", or(s.NoUndo, "the runbook gives none"))
	}
	values, err := r.Reads(t)
	switch {
	case !as.Zero():
		p.Text(style.Dim, "the same as on "+as.Host)
		if other, wrong := r.Reads(as); wrong == nil {
			values = slices.DeleteFunc(values, func(v string) bool { return slices.Contains(other, v) })
		}
	case s.Kind == steps.Edit && s.File != nil:
		p.Field("file", s.File.Path)
		p.Changed(Sets(s))
	case s.Script != "":
		p.Script(s.Script)
	default:
		p.Text(style.Plain, or(s.Text, string(s.Kind)))
	}
	if err != nil {
		p.Toned(style.Danger, "cannot", err.Error())
		return
	}
	label := "with"
	if !as.Zero() {
		label = "but with"
	}
	p.Field(label, strings.Join(values, "\n"))
}

// behind names what the yes does not cover.
func (r *Run) behind(p *Page, reach steps.Reach, tasks []steps.Task) {
	if reach.Stop.Zero() {
		return
	}
	p.Head("Not covered by this yes")
	past := false
	for _, t := range tasks {
		past = past || t == reach.Stop
		if s := r.Step(t); past && !r.State.Task(t).Status.Finished() && s.Left == "" {
			p.Text(style.Dim, t.Host+": "+s.Title)
		}
	}
}

// leftOff is the wish of a sequence that stopped before its end: why, and what
// x on its row would go on with.
func (r *Run) leftOff() (Wish, bool) {
	q, reach, ok := r.LeftOff()
	if !ok {
		return Wish{}, false
	}
	w := Wish{Row: r.rowOf(q), Tone: style.Strong, Text: "the sequence over " + r.nameOf(q) + " stopped: " + q.Why}
	switch {
	case len(reach.Tasks) > 0 && reach.Stop.Zero():
		w.Hint = "{execute} on its row goes on with " + Counted(reach)
	case len(reach.Tasks) > 0:
		w.Hint = fmt.Sprintf("{execute} on its row goes on with %s, up to %s", Counted(reach), reach.Stop)
	case r.State.Task(reach.Stop).Status.Trouble():
		w.Hint = "when that is mended, {execute} on this row goes on"
	default:
		w.Hint = fmt.Sprintf("{execute} on %s, then {execute} on this row goes on", reach.Stop)
	}
	return w, true
}

// nameOf is what a sequence was over: one step, or its scope.
func (r *Run) nameOf(q steps.Stopped) string {
	if s := r.Book.Step(q.Step); s != nil {
		return s.Title
	}
	if p := r.Book.Phase(q.Scope.Phase); p != nil && q.Scope.Host == "" {
		return p.Title
	}
	return q.Scope.String()
}

// rowOf is the row of the tree that a sequence was started from.
func (r *Run) rowOf(q steps.Stopped) ID {
	id := ID{Phase: q.Scope.Phase, Host: q.Scope.Host}
	switch {
	case q.Step != "" && q.Scope.Host == "":
		id.Step = q.Step
	case q.Scope.Host != "" && len(q.Tasks) > 0:
		id.Block = r.Step(q.Tasks[0]).Block
	}
	return id
}

// Going says how far the sequence under way is, or that one has stopped, in a
// few words; "" where there is none.
func (r *Run) Going() (string, style.Tone) {
	if q := r.State.Sequence; q != nil {
		reach, done := r.Reach(q.Tasks), 0
		for _, t := range q.Tasks {
			if r.State.Task(t).Status.Finished() {
				done++
			}
		}
		return fmt.Sprintf("one yes: %d of %d done", done, done+reach.Busy+len(reach.Tasks)), style.Plain
	}
	if w, ok := r.leftOff(); ok {
		return w.Text + " (a)", style.Warn
	}
	return "", style.Plain
}
