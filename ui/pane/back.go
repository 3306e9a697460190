package pane

// The rule of this file: a rollback that has ended says what did not come back
// and what is not green before it says what did.

import (
	"fmt"
	"slices"
	"strings"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// outcome is how a rollback came out.
type outcome struct {
	steps.Back
	undone, left int          // undos that are done, and that are not: of one that was abandoned
	hosts        []string     // that something was undone on
	lost         []string     // not restored, and why
	stays        []string     // what no undo takes back, and why; each step once
	around       []steps.Task // the steps before and after, and how they ended
}

// outcome of the rollback that has ended; false when there is none.
func (r *Run) outcome() (outcome, bool) {
	back, plan, ok := r.WentBack()
	o := outcome{Back: back}
	for _, e := range plan {
		s := r.Step(e.Task)
		switch {
		case e.Do == steps.DoLeft:
			o.lost = append(o.lost, e.Task.String()+because(e.Why))
		case e.Do == steps.DoNothing:
			if text := s.Title + because(e.Why); !slices.Contains(o.stays, text) {
				o.stays = append(o.stays, text)
			}
		case e.Part != steps.PartUndo:
			if r.State.Task(e.Task).Status != steps.TaskNotStarted {
				o.around = append(o.around, e.Task)
			}
		case !e.Done:
			o.left++
		default:
			o.undone++
			if !slices.Contains(o.hosts, e.Task.Host) {
				o.hosts = append(o.hosts, e.Task.Host)
			}
		}
	}
	return o, ok
}

// mark says in a word how it came out.
func (o outcome) mark() Mark {
	switch {
	case !o.Finished:
		return Mark{glyphSkipped, "abandoned", style.Warn}
	case len(o.lost) > 0:
		return Mark{glyphTrouble, "not restored", style.Danger}
	}
	return Mark{glyphDone, "done", style.OK}
}

// count of the undos that were done.
func (o outcome) count() string {
	return fmt.Sprintf("%d of %d", o.undone, o.undone+o.left+len(o.lost))
}

// BackWords say in one line how the rollback that has ended came out; "" when
// there is none.
func BackWords(r *Run) (string, style.Tone) {
	o, ok := r.outcome()
	if !ok {
		return "", style.Plain
	}
	text := fmt.Sprintf("rollback of %s %s after %s, %s undos done", o.Scope, o.verb(), Clock(o.Ended.Sub(o.Opened)), o.count())
	if n := len(o.lost); n > 0 {
		text += fmt.Sprintf(", %d NOT RESTORED", n)
	}
	return tail.Inert(text), o.mark().Tone
}

func (o outcome) verb() string {
	if o.Finished {
		return "ended"
	}
	return "abandoned"
}

// WentBack tells all about the rollback that has ended.
func WentBack(r *Run, servers []Server, w int, st *style.Style) []string {
	p := NewPage(w, st)
	o, ok := r.outcome()
	if !ok {
		p.Text(style.Plain, "something was begun since; the run log (3) has how the rollback ended")
		return p.Lines
	}
	p.Toned(style.Warn, "why", o.Why)
	for _, x := range o.lost {
		p.Toned(style.Danger, "not back", x)
	}
	if o.left > 0 {
		p.Toned(style.Warn, "not back", fmt.Sprintf("%d undos were not begun or did not end well", o.left))
	}
	r.notGreenNow(p, servers)
	zone := r.Now.Location()
	p.Field("back", fmt.Sprintf("%s undos done, on %s", o.count(), or(strings.Join(o.hosts, ", "), "no host")))
	p.Field("took", fmt.Sprintf("%s, from %s to %s", Clock(o.Ended.Sub(o.Opened)), o.Opened.In(zone).Format("15:04:05"), o.Ended.In(zone).Format("15:04:05")))
	p.Field("next", "nothing goes on by itself. "+r.forward(o))
	if len(o.around) > 0 {
		p.Head("Before and after the undos")
		r.tasks(p, o.around, true)
	}
	if o.Finished && len(o.stays) > 0 {
		p.Head("Stays as it is, and was meant to")
		for _, x := range o.stays {
			p.Text(style.Plain, x)
		}
	}
	return p.Lines
}

// forward says what going forward again, and ending the run, would be.
func (r *Run) forward(o outcome) string {
	text := ":close and a reason end the run."
	if r.State.Closed != nil {
		return "The run is closed; to go forward again, begin a new one."
	} else if len(r.Order) == 0 {
		text = "What holds the run is under a; " + text
	} else {
		text = fmt.Sprintf("Forward again begins with %s (%s); what was undone, and every check, gate and soak of %s, is done anew. Or ",
			r.Step(r.Order[0]).Title, r.Order[0], o.Scope) + text
	}
	return text
}

// notGreenNow says which watched values are not as the runbook wants them.
func (r *Run) notGreenNow(p *Page, servers []Server) {
	wanted, bad := 0, 0
	for _, s := range servers {
		for _, g := range s.Gauges {
			if g.Reading.Want == "" {
				continue
			}
			wanted++
			if g.Reading.Verdict == steps.Green && !g.stale(s.Now) {
				continue
			}
			bad++
			label, value := "red", g.Reading.Text
			if g.Reading.Verdict != steps.Red || g.stale(s.Now) {
				label = "unknown"
			}
			p.Toned(style.Danger, label, fmt.Sprintf("%s: %s %s, want %s", s.ID, g.Title, or(value, g.Reading.Why), g.Reading.Want))
		}
	}
	if wanted > 0 && bad == 0 {
		p.Toned(style.OK, "green", fmt.Sprintf("all %d watched values that have a limit", wanted))
	}
}

// wentBack lists the rollback that has ended, folded.
func (b *tree) wentBack() {
	o, ok := b.outcome()
	if !ok {
		return
	}
	row := Row{ID: ID{Rollback: true}, Group: true, Text: "Rollback of " + tail.Inert(o.Scope.String()), Mark: o.mark(),
		Right: Clock(o.Ended.Sub(o.Opened))}
	if !b.add(row, false) {
		return
	}
	_, plan, _ := b.WentBack()
	for _, e := range plan {
		b.rows = append(b.rows, b.entry(e, false))
	}
}

// HasEnded reports whether a row is the rollback that has ended.
func HasEnded(r *Run, row Row) bool {
	return row.ID == (ID{Rollback: true}) && r.State.Rollback == nil
}
