package pane

// The rule of this file: the environment is the first thing on the screen, in
// words, and nothing that gets narrow ever takes its place.

import (
	"fmt"
	"strings"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// Environment names an environment in words, short and in full. Every live one
// says LIVE, every other one REHEARSAL.
func Environment(c *steps.Case) (short, full string) {
	env := tail.Inert(strings.ToUpper(c.Book.Env))
	switch c.Book.Kind {
	case steps.Embedded:
		return "REHEARSAL", fmt.Sprintf("REHEARSAL embedded fleet, nothing real is touched, speed %gx", c.State.Speed())
	case steps.Rehearsal:
		return "REHEARSAL " + env, "REHEARSAL in " + env + ", the servers are real"
	}
	return "LIVE " + env, "LIVE " + env
}

// Shape is the form of lines that belongs to an environment.
func Shape(kind steps.EnvKind) style.Shape {
	switch kind {
	case steps.Embedded:
		return style.Dashed
	case steps.Rehearsal:
		return style.Double
	}
	return style.Solid
}

// Header draws the top of the screen in one line or two.
func Header(r *Run, w, h int, st *style.Style) []string {
	short, full := Environment(r.Case)
	title := tail.Inert(r.Book.Title)
	if h < 2 {
		block := envBlock(r, short, st)
		return Block([]string{block + fitted(w-Width(block), st, append([]part{{}}, r.clocks()...))}, w, h, st)
	}
	block := envBlock(r, full, st)
	if Width(block)+10 > w {
		block = envBlock(r, short, st)
	}
	first := line(w, st, " "+st.Paint(style.Strong, "belay")+"  "+block, title)
	return Block([]string{first, fitted(w, st, r.clocks())}, w, h, st)
}

func envBlock(r *Run, words string, st *style.Style) string {
	switch r.Book.Kind {
	case steps.Embedded:
		return st.Rehearsal.Render(": " + words + " :")
	case steps.Rehearsal:
		return st.Rehearsal.Render("= " + words + " =")
	}
	return st.Live.Render("## " + words + " ##")
}

// line puts parts after each other as long as they fit.
func line(w int, st *style.Style, first string, rest ...string) string {
	out := first
	for _, p := range rest {
		if p != "" && Width(out)+3+Width(p) <= w {
			out += "   " + p
		}
	}
	return Fit(out, w, st)
}

func (r *Run) people() string {
	who := tail.Inert(r.State.Driver) + " drives"
	if r.State.Partner != "" {
		return who + ", partner " + tail.Inert(r.State.Partner)
	}
	return who + ", no partner"
}

// Hint is a key and what it does now. One that stays is shown before others are.
type Hint struct {
	Key, Word string
	Stays     bool
}

// size of a hint, with the gap after it.
func (h Hint) size() int { return Width(h.Key) + 1 + Width(h.Word) + 2 }

// Hints draws keys and their words: those that stay, and of the others, in
// their order, as many as there is room for.
func Hints(hints []Hint, w int, st *style.Style) string {
	room := w + 1
	for _, h := range hints {
		if h.Stays {
			room -= h.size()
		}
	}
	var out []string
	for _, h := range hints {
		if !h.Stays {
			if room -= h.size(); room < 0 {
				continue
			}
		}
		out = append(out, st.Paint(style.Key, h.Key)+" "+h.Word)
	}
	return Fit(" "+strings.Join(out, "  "), w, st)
}

// ClosedWords say when and how a run was closed; "" while it is open.
func (r *Run) ClosedWords() string {
	if r.State.Closed == nil {
		return ""
	}
	return "closed at " + r.State.ClosedAt.In(r.Now.Location()).Format("15:04:05") + ", " + tail.Inert(r.State.Closed.Words())
}

// Progress draws how far the run is and what it may still take.
func Progress(r *Run, w int, st *style.Style) string {
	if r.State.Rollback != nil {
		return r.rollbackProgress(w, st)
	}
	all := r.Progress("")
	out := bar(all.Done+all.Skipped, all.Total, w, st)
	if text := r.ClosedWords(); text != "" {
		return line(w, st, out, st.Paint(style.Strong, text))
	}
	var parts []string
	if text, tone := r.Going(); text != "" {
		parts = append(parts, st.Paint(tone, Cut(tail.Inert(text), w-Width(out)-4, st)))
	}
	if all.Trouble > 0 {
		parts = append(parts, st.Paint(style.Danger, fmt.Sprintf("%d in trouble", all.Trouble)))
	}
	if all.Busy > 0 {
		parts = append(parts, fmt.Sprintf("%d under way", all.Busy))
	}
	if p := r.Phase(); p != nil {
		parts = append(parts, r.remaining(p)...)
	} else if r.Complete() {
		parts = append(parts, "every phase is finished: close the run with :close")
	}
	if all.Skipped > 0 {
		parts = append(parts, fmt.Sprintf("%d skipped", all.Skipped))
	}
	return line(w, st, out, parts...)
}

// bar is how much of something is done, with its figures.
func bar(done, total, w int, st *style.Style) string {
	share := 0.0
	if total > 0 {
		share = float64(done) / float64(total)
	}
	return fmt.Sprintf(" [%s] %d of %d", Bar(share, max(8, min(26, w/6)), st), done, total)
}

// rollbackProgress is how far the open rollback is. How far the run has come is
// what it takes back.
func (r *Run) rollbackProgress(w int, st *style.Style) string {
	scope := r.State.Rollback.Scope
	done, all, left := wayBack(r.UndoPlan(scope))
	out := bar(done, all, w, st) + "   of the rollback of " + tail.Inert(scope.String())
	if left > 0 {
		out += st.Paint(style.Danger, fmt.Sprintf("   %d NOT RESTORED", left))
	}
	if n := len(r.State.Busy("")); n > 0 {
		out += fmt.Sprintf("   %d under way", n)
	}
	if next, waits := r.RollbackWaits(); waits {
		out += "   " + st.Paint(style.Warn, "waits for you: "+EntryText(r.Step(next.Task), next))
	}
	return Fit(out, w, st)
}

// Phase is the phase that the run is in: the first that is not finished.
func (r *Run) Phase() *steps.Phase {
	for i := range r.Book.Phases {
		if p := &r.Book.Phases[i]; !r.PhaseFinished(p.ID) {
			return p
		}
	}
	return nil
}

func (r *Run) remaining(p *steps.Phase) []string {
	n := r.Progress(p.ID)
	out := []string{fmt.Sprintf("%s %d of %d", tail.Inert(p.Title), n.Done+n.Skipped, n.Total)}
	if in, of := r.InPlay(p.ID); in < of {
		out[0] += fmt.Sprintf(", %d of %d hosts", in, of)
	}
	if u := r.Unaccepted(); u != nil && u.ID == p.ID {
		return append(out, "accept it without them: :accept "+p.ID+" REASON")
	}
	d, whole := r.Remaining(p.ID)
	switch {
	case d == 0 && !whole:
		return append(out, "time left unknown")
	case d == 0:
		return out
	}
	least, about := "", "about "
	if !whole {
		least, about = "at least ", "not before "
	}
	return append(out, "left "+least+r.AboutSpan(d), "done "+about+r.Now.Add(r.Wall(d)).Format("15:04"))
}
