package pane

// The rule of this file: what a person is asked to do, and what is in the way
// of it, stands above every fact about it.

import (
	"fmt"
	"slices"

	"belay/steps"
	"belay/ui/style"
)

// demand says what a person does for a task and what of its evidence is not
// green. Of a task that needs no person it says nothing.
func (r *Run) demand(p *Page, t steps.Task) {
	s, ts := r.Step(t), r.State.Task(t)
	if e, ok := r.byHand(t); ok {
		p.Toned(style.Strong, "undo it", r.Step(e.Task).Undo.Text)
		return
	}
	if ts.Status.Finished() {
		return
	}
	p.Toned(style.Strong, "do", s.Text)
	if s.Measure != nil && s.Measure.Ask != "" {
		ask := s.Measure.Ask
		if s.Measure.Unit != "" {
			ask += ", in " + s.Measure.Unit
		}
		p.Toned(style.Strong, "figure", ask)
	}
	if ts.Status != steps.TaskOpen || len(s.Evidence) == 0 {
		return
	}
	seen := r.Evidence(t)
	switch bad := notGreen(seen); {
	case len(seen) == 0:
		p.Toned(style.Warn, "evidence", "nothing has been looked at yet")
	case len(bad) == 0:
		p.Toned(style.OK, "evidence", fmt.Sprintf("all %d green", len(seen)))
	default:
		p.Toned(style.Danger, "evidence", fmt.Sprintf("%d of %d not green", len(bad), len(seen)))
		p.Readings(bad, r.Now)
	}
}

// byHand gives the entry of the open rollback that a person has to undo of a
// task now.
func (r *Run) byHand(t steps.Task) (steps.Entry, bool) {
	for _, e := range r.RollbackNext() {
		if e.Task == t && e.Part == steps.PartUndo && e.Do == steps.DoByHand && r.Step(t).Undo != nil {
			return e, true
		}
	}
	return steps.Entry{}, false
}

// ByColour parts readings into what is not green and what is.
func ByColour(seen []steps.Reading) (bad, good []steps.Reading) { return notGreen(seen), green(seen) }

func notGreen(seen []steps.Reading) []steps.Reading {
	return slices.DeleteFunc(slices.Clone(seen), func(x steps.Reading) bool { return x.Verdict == steps.Green })
}

func green(seen []steps.Reading) []steps.Reading {
	return slices.DeleteFunc(slices.Clone(seen), func(x steps.Reading) bool { return x.Verdict != steps.Green })
}

// Evidence is what a person decides by who says yes, signs off or overrides:
// what is asked, what is not green, what is, and only then the notes.
func Evidence(r *Run, t steps.Task, w int, st *style.Style) []string {
	p := NewPage(w, st)
	r.demand(p, t)
	p.Readings(green(r.Evidence(t)), r.Now)
	p.Field("note", r.Step(t).Note)
	return p.Lines
}

// Soaking is what a person decides by who extends a soak, ends it or gives it
// up: how far it is and until when, what is not green, and what red does to it.
func Soaking(r *Run, t steps.Task, w int, st *style.Style) []string {
	p := NewPage(w, st)
	s := r.Step(t)
	r.state(p, t)
	r.soak(p, s, t, r.State.Task(t))
	r.demand(p, t)
	p.Readings(green(r.Evidence(t)), r.Now)
	p.Field("on red", soakTurns[s.Soak.OnRed])
	p.Field("on stale", soakTurns[s.Soak.OnStale])
	p.Field("note", s.Note)
	return p.Lines
}

// soakTurns say what a soak does about evidence that is not green.
var soakTurns = map[string]string{
	"": "its clock stands until all is green again", "pause": "its clock stands until all is green again",
	"restart": "its clock begins anew", "fail": "it fails",
}

// evidence shows live values where the task waits for them (what is not green
// stands above), else those it was judged by, else what will be looked at.
func (r *Run) evidence(p *Page, s *steps.Step, t steps.Task, ts steps.TaskState) {
	switch seen := r.Evidence(t); {
	case len(s.Evidence) > 0 && ts.Status == steps.TaskOpen:
		if good := green(seen); len(good) > 0 {
			p.Head("Evidence that is green")
			p.Readings(good, r.Now)
		}
	case len(s.Evidence) > 0 && ts.Status == steps.TaskNotStarted:
		p.Head("Evidence that it will be judged by")
		p.Readings(seen, r.Now)
	case len(ts.Evidence) > 0:
		p.Head("Evidence that it was judged by")
		p.Readings(append(notGreen(ts.Evidence), green(ts.Evidence)...), r.Now)
	case ts.Status.Busy() && len(r.Seen.Evidence[t]) > 0:
		p.Head("Verify")
		p.Readings(r.Seen.Evidence[t], r.Now)
	}
	if s.Soak != nil {
		r.soak(p, s, t, ts)
	}
	if len(r.Seen.Checks[t]) > 0 && s.Check != nil {
		p.Head("Check")
		p.Readings(r.Age(r.Seen.Checks[t], *s.Check), r.Now)
	}
}
