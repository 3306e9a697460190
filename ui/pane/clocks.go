package pane

// The rule of this file: the clocks of the night stand in the header in the
// order of what is lost when nobody sees them; what does not fit is said
// shorter before it is left out.

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// part is one thing that the header says, and a shorter way of saying it, which
// may be not to say it. A part of the highest rank gives way first.
type part struct {
	full, short string
	tone        style.Tone
	rank        int
}

// fitted puts parts after each other in their order. Where they are too wide,
// one after the other is said shorter, and then one after the other left out.
func fitted(w int, st *style.Style, parts []part) string {
	parts = slices.Clone(parts)
	order := make([]int, len(parts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(parts[b].rank, parts[a].rank) })
	for _, give := range []func(*part){func(p *part) { p.full = p.short }, func(p *part) { p.full = "" }} {
		for _, i := range order {
			if rowWidth(parts) > w {
				give(&parts[i])
			}
		}
	}
	var row []string
	for _, p := range parts {
		if p.full != "" {
			row = append(row, st.Paint(p.tone, p.full))
		}
	}
	return Fit(" "+strings.Join(row, "   "), w, st)
}

func rowWidth(parts []part) int {
	n := 1
	for _, p := range parts {
		if p.full != "" {
			n += Width(p.full) + 3
		}
	}
	return n - 3
}

// clocks are the parts of the header's second line.
func (r *Run) clocks() []part {
	id := tail.Inert(r.State.Opened.Run)
	tailOf := id[strings.LastIndexByte(id, '-')+1:]
	parts := []part{{"run " + id, "run " + tailOf, style.Plain, 4}}
	clock := r.Now.Format("15:04:05")
	if text := r.ClosedWords(); text != "" { // no other clock goes on
		return append(parts, part{"CLOSED" + strings.TrimPrefix(text, "closed"), "CLOSED", style.Strong, 0},
			part{r.people(), "", style.Plain, 3}, part{clock, clock, style.Plain, 5})
	}
	if back := r.State.Rollback; back != nil {
		text := "ROLLING BACK " + tail.Inert(back.Scope.String())
		parts = append(parts, part{text, text, style.Warn, 0})
	}
	for _, s := range r.sights() {
		if s.Red() && !r.Answered(s.State) {
			parts = append(parts, part{"TRIGGER FIRED: " + s.Trigger.ID, "TRIGGER FIRED: " + s.Trigger.ID, style.Danger, 0})
			break
		}
	}
	if why, ok := r.State.Holds[steps.Scope{}]; ok {
		parts = append(parts, part{"RUN ON HOLD: " + tail.Inert(why), "RUN ON HOLD", style.Warn, 0})
	}
	parts = append(parts, part{r.people(), tail.Inert(r.State.Driver) + " drives", style.Plain, 3})
	parts = append(parts, r.outagePart(), r.windowPart(), r.backPart(), r.noReturnPart())
	return append(parts, part{clock, clock, style.Plain, 5})
}

func (r *Run) windowPart() part {
	w, ok := r.Window()
	if !ok {
		return part{full: "no window open", rank: 4}
	}
	left := w.Until.Sub(r.Now)
	if left < 0 {
		text := "WINDOW OVER since " + Clock(-left)
		return part{text, text, style.Danger, 1}
	}
	return part{"window " + Clock(left) + " left", "window " + Clock(left), style.Plain, 1}
}

// outagePart says how long servers are away, while one is.
func (r *Run) outagePart() part {
	o, ok := r.outageNow()
	if !ok {
		return part{}
	}
	text := "outage " + Clock(o.Lasts(r.Now))
	of := ", 1 server"
	if n := len(o.Away); n > 1 {
		of = ", " + itoa(n) + " servers"
	}
	return part{text + of, text, style.Warn, 1}
}

// outageNow is the outage that is not over.
func (r *Run) outageNow() (steps.Outage, bool) {
	for i := range r.Book.Phases {
		if o, ok := r.Outage(r.Book.Phases[i].ID); ok && o.Ended.IsZero() {
			return o, true
		}
	}
	return steps.Outage{}, false
}

func (r *Run) backPart() part {
	at, sure, ok := r.LatestRollback()
	if !ok || r.State.Rollback != nil {
		return part{}
	}
	if r.Now.After(at) {
		return part{"TOO LATE: a rollback no longer fits the window", "TOO LATE TO ROLL BACK", style.Danger, 1}
	}
	by, clock := "by ", at.In(r.Now.Location()).Format("15:04")
	if !sure {
		by = "before "
	}
	return part{"latest safe rollback start " + strings.TrimPrefix(by, "by ") + clock, "roll back " + by + clock, style.Plain, 1}
}

// RollbackBefore is the latest safe start of a rollback in words. With an
// estimate that is not known in full it can only be earlier, and says "before".
func (r *Run) RollbackBefore() string {
	p := r.backPart()
	if p.tone == style.Danger {
		return p.full
	}
	return p.short
}

// noReturnPart says whether an undo still restores everything.
func (r *Run) noReturnPart() part {
	ahead := false
	for i := range r.Book.Phases {
		s, passed := r.PointOfNoReturn(r.Book.Phases[i].ID)
		if passed {
			return part{"past the point of no return: " + s.ID, "PAST NO RETURN", style.Warn, 2}
		}
		ahead = ahead || s != nil && !r.State.Phases[r.Book.Phases[i].ID].Opened.IsZero()
	}
	if ahead {
		return part{full: "point of no return ahead", rank: 6}
	}
	return part{}
}

// clockFields tell about a phase's clocks in its detail.
func (r *Run) clockFields(p *Page, phase string) {
	at := func(t time.Time) string { return t.In(r.Now.Location()).Format("15:04") }
	if ps := r.State.Phases[phase]; !ps.Until.IsZero() {
		p.Field("window", at(ps.Opened)+" to "+at(ps.Until))
	}
	if o, ok := r.Outage(phase); ok {
		text := Clock(o.Lasts(r.Now)) + " since " + at(o.Began)
		if !o.Ended.IsZero() {
			text = Clock(o.Lasts(r.Now)) + ", " + at(o.Began) + " to " + at(o.Ended)
		}
		if len(o.Away) > 0 {
			text += "; away: " + strings.Join(o.Away, ", ")
		}
		if len(o.Back) > 0 {
			text += "; back: " + strings.Join(o.Back, ", ")
		}
		p.Field("outage", text)
	}
	if w, ok := r.Window(); ok && w.Phase == phase {
		p.Field("latest", r.RollbackBefore())
	}
	if s, passed := r.PointOfNoReturn(phase); passed {
		p.Toned(style.Warn, "return", "past the point of no return, "+s.ID+": "+s.NoReturn)
	} else if s != nil {
		p.Field("return", "everything can still be taken back; the point of no return is "+s.ID+": "+s.NoReturn)
	}
}

// clockWishes are what the clocks want a person to know.
func (r *Run) clockWishes() []Wish {
	var out []Wish
	if at, _, ok := r.LatestRollback(); ok && r.Now.After(at) && r.State.Rollback == nil {
		w, _ := r.Window()
		out = append(out, Wish{Text: "the latest safe start of a rollback of " + w.Phase + " was " + at.In(r.Now.Location()).Format("15:04") + ": it no longer fits the window", Tone: style.Warn, Row: ID{Phase: w.Phase}})
	}
	for _, h := range append(r.Book.AllHosts(), steps.LocalHost) {
		d, off := r.SkewOf(h)
		if !off {
			continue
		}
		w := Wish{Host: h, Text: "the clock of " + h + " is " + steps.Ahead(d) + " ours", Tone: style.Warn, Hint: "its logs and ages are off by that: timedatectl set-ntp true"}
		if d.Abs() > steps.SkewBlocks {
			w.Tone, w.Hint = style.Danger, "nothing is launched there without a reason: timedatectl set-ntp true"
		}
		out = append(out, w)
	}
	return out
}

// skewCell says how far a server's clock is off, where that is worth a word.
func (s Server) skewCell(st *style.Style) string {
	d := s.Skew
	if d.Abs() <= steps.SkewWarns {
		return ""
	}
	tone := style.Warn
	if d.Abs() > steps.SkewBlocks {
		tone = style.Danger
	}
	sign := "+"
	if d < 0 {
		sign = "-"
	}
	return st.Paint(tone, "clock "+sign+d.Abs().Round(time.Second).String())
}
