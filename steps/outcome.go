package steps

// The rule of this file: how a run stands is read off its state, in the order
// in which an operator has to care.

import (
	"fmt"
	"slices"
)

// Exit codes of product.md section 3.
const (
	CodeDone        = 0
	CodeFailed      = 1
	CodeUsage       = 2
	CodeDeclined    = 3
	CodePerson      = 4
	CodeRed         = 5
	CodeUnknown     = 6
	CodeUnreachable = 7
	CodeDamaged     = 8
)

// Ready gives the tasks that order and needs let start now, in order. Holds,
// hosts and confirmations are not looked at.
func (c *Case) Ready() []Task {
	if c.State.Rollback != nil || c.State.Closed != nil {
		return nil
	}
	var out []Task
	finished := true // every phase so far
	for i := range c.Book.Phases {
		p := &c.Book.Phases[i]
		if open := !c.State.Phases[p.ID].Opened.IsZero(); finished || open && c.addedBefore(p.ID).Zero() {
			out = append(out, c.readyIn(p)...)
		}
		finished = finished && c.PhaseFinished(p.ID)
	}
	return out
}

// readyIn walks a phase once.
func (c *Case) readyIn(p *Phase) []Task {
	var out []Task
	clear, needs := true, map[string]Task{}
	for _, g := range segments(p.Steps) {
		out = append(out, c.readyInside(g, clear, needs)...)
		for _, t := range bound(g) {
			clear = clear && c.finished(t)
		}
	}
	return out
}

// Words are a note with the file that shows it.
func (e Noted) Words() string {
	if e.File == nil {
		return e.Text
	}
	text := fmt.Sprintf("attached/%s, %d bytes, sha256 %.12s", e.File.Name, e.File.Bytes, e.File.SHA256)
	if e.Text == "" {
		return text
	}
	return e.Text + " (" + text + ")"
}

// Words say how a run was closed.
func (e *Closed) Words() string {
	word := "complete"
	if !e.Complete {
		word = "abandoned"
	}
	if e.Reason == "" {
		return word
	}
	return word + ": " + e.Reason
}

// Outcome says how a run stands over some tasks (nil: all of them): the exit
// code, and why in a sentence. CodeDone with a sentence is a run that waits for
// nobody and is not at its end: what is under way goes on by itself.
func (c *Case) Outcome(over []Task) (int, string) {
	if over == nil {
		over = c.Book.Tasks()
	}
	if c.State.Closed != nil && !c.State.Closed.Complete {
		return CodeDeclined, c.State.Closed.Words()
	}
	worst, why := CodeDone, ""
	for _, n := range c.Needs(over) {
		if precedence(n.Code) > precedence(worst) {
			worst, why = n.Code, n.Why
		}
	}
	switch {
	case worst == CodePerson && c.nextHostAway() != "":
		return CodeUnreachable, c.nextHostAway()
	case worst == CodeDone && !c.allFinished(over):
		return worst, c.UnderWay(over)
	}
	return worst, why
}

func (c *Case) allFinished(over []Task) bool {
	return !slices.ContainsFunc(over, func(t Task) bool { return !c.finished(t) })
}

func (c *Case) nextHostAway() string {
	for _, t := range c.Ready() {
		if c.Step(t).open() {
			continue // what a person does needs no host
		}
		if r := c.hostFit(t.Host); r != nil {
			return r.Why
		}
	}
	return ""
}

// precedence orders exit codes: where several hold, the first of 2, 8, 6, 5, 1, 7, 4, 3 wins.
func precedence(code int) int {
	for i, x := range []int{0, 3, 4, 7, 1, 5, 6, 8, 2} {
		if x == code {
			return i
		}
	}
	return 0
}

// Worse gives the exit code that wins over two.
func Worse(a, b int) int {
	if precedence(b) > precedence(a) {
		return b
	}
	return a
}

// Progress counts the tasks of a phase ("" for all phases).
type Progress struct {
	Done, Skipped, Total, Trouble, Busy, Excluded int
}

// Progress of a phase, or of the run.
func (c *Case) Progress(phase string) Progress {
	var p Progress
	for i := range c.Book.Phases {
		if ph := &c.Book.Phases[i]; phase == "" || ph.ID == phase {
			for _, t := range ph.Tasks() {
				c.count(&p, t)
			}
		}
	}
	return p
}

func (c *Case) count(p *Progress, t Task) {
	ts := c.State.Task(t)
	p.Total++
	switch {
	case ts.Excluded:
		p.Excluded++
		p.Skipped++
	case ts.Status == TaskSkipped || c.inForce(t.Step).Left != "":
		p.Skipped++
	case ts.Status == TaskDone:
		p.Done++
	case ts.Status.Trouble():
		p.Trouble++
	case ts.Status.Busy() || ts.Status == TaskOpen:
		p.Busy++
	}
}
