package pane

// The rule of this file: what another text of the runbook changes is on the screen
// in both texts; so is the undo of what has been done.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"belay/steps"
	"belay/ui/style"
)

// ChangedUndos lists the undos that another text changes for what has been done,
// and which is taken.
func (p *Page) ChangedUndos(undos []steps.UndoChange, take []string) {
	if len(undos) == 0 {
		return
	}
	p.Head("Undos that changed, of what has been done")
	for _, u := range undos {
		which := "the old undo stays, as executed"
		if slices.Contains(take, u.Step) {
			which = "the new undo is taken"
		}
		p.Toned(style.Warn, "undo", u.Step+" on "+hostsOf(u.Tasks)+": "+which)
	}
}

// ScriptChanges shows every script that another text changes, line by line.
func (p *Page) ScriptChanges(book, next *steps.Runbook) {
	for s := range next.Steps() {
		if diff := ScriptDiff(book, s); diff != "" {
			p.Head("Script of " + s.ID)
			p.Changed(diff)
		}
	}
}

// ScriptDiff is what another text makes of a step's script; "" where it leaves
// it as it is, or brings it.
func ScriptDiff(book *steps.Runbook, s *steps.Step) string {
	was := book.Step(s.ID)
	if was == nil || was.Script == s.Script {
		return ""
	}
	return udiff.Unified("now", "new", was.Script, s.Script)
}

// UndoChange shows the undo as it was executed beside the new one.
func (p *Page) UndoChange(u steps.UndoChange) {
	p.Field("done", u.Step+" on "+hostsOf(u.Tasks))
	p.Text(style.Plain, "The old one fits what was executed. The new one may be right for what that left behind; it gets the variables as they are.")
	p.Head("From the old undo to the new one")
	p.Changed(udiff.Unified("as executed", "new", UndoText(u.Old), UndoText(u.New)))
}

// UndoText is an undo in words and lines, for a comparison.
func UndoText(s *steps.Step) string {
	u := s.Undo
	if u == nil {
		why := s.NoUndo
		if why == "" {
			why = "the runbook gives none"
		}
		return "no undo: " + why + "\n"
	}
	var out []string
	for _, x := range [][2]string{{"dir", u.Dir}, {"danger", u.Danger.String()}, {"by hand", u.Text}} {
		if x[1] != "" {
			out = append(out, x[0]+": "+x[1])
		}
	}
	if u.Timeout > 0 {
		out = append(out, "timeout: "+u.Timeout.String())
	}
	if len(u.OKExit) > 0 {
		out = append(out, fmt.Sprintf("ok_exit: %v", u.OKExit))
	}
	if u.Script != "" {
		out = append(out, strings.TrimRight(u.Script, "\n"))
	}
	if v := u.Verify; v != nil {
		out = append(out, "verify: "+strings.TrimSpace(v.Script+" "+v.Probe+" "+v.Path+" "+v.Want))
	}
	return strings.Join(out, "\n") + "\n"
}

func hostsOf(tasks []steps.Task) string {
	var out []string
	for _, t := range tasks {
		out = append(out, t.Host)
	}
	return strings.Join(out, " ")
}
