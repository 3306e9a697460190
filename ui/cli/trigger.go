package cli

// The rule of this file: of a trigger the journal knows when it fired, when it
// could not be told and who went on against it; what it sees now it does not.

import (
	"bufio"
	"fmt"
	"time"

	"belay/runner/tail"
	"belay/steps"
)

// triggerReport is a trigger as status and report give it.
type triggerReport struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Refs     []string        `json:"refs,omitempty"`
	Proposes string          `json:"proposes"` // a rollback of this
	State    string          `json:"state"`    // quiet, rests, fired, blind or overridden
	Since    time.Time       `json:"since,omitzero"`
	Reason   string          `json:"reason,omitempty"`
	By       string          `json:"by,omitempty"`    // a person said that it holds
	Fired    int             `json:"fired,omitempty"` // how often, in the report
	Evidence []steps.Reading `json:"evidence,omitempty"`
}

func reportTriggers(c *steps.Case) []triggerReport {
	var out []triggerReport
	for i := range c.Book.Triggers {
		t := &c.Book.Triggers[i]
		s, known := c.State.Triggers[t.ID]
		r := triggerReport{ID: t.ID, Title: t.Title, Refs: t.Refs, Proposes: t.Scope().String(), State: "quiet",
			Since: s.Since, Reason: s.Reason, By: s.By, Evidence: s.Evidence}
		if why := c.Rests(t); known {
			r.State = s.Now
		} else if why != "" {
			r.State, r.Reason = "rests", why
		}
		out = append(out, r)
	}
	return out
}

// firing counts one.
func (r *runAccount) firing(id string) {
	for i := range r.Triggers {
		if r.Triggers[i].ID == id {
			r.Triggers[i].Fired++
		}
	}
}

func writeTriggers(b *bufio.Writer, list []triggerReport) {
	if len(list) == 0 {
		return
	}
	b.WriteString("\n## Triggers\n\n| trigger | proposes to roll back | fired | now |\n|---|---|---|---|\n")
	for _, t := range list {
		fmt.Fprintf(b, "| %s: %s | %s | %d | %s |\n", t.ID, cell(t.Title), t.Proposes, t.Fired, cell(t.State+because(t.Reason)))
	}
}

// showTriggers prints the triggers that say something, with what they see.
func (f *plain) showTriggers(c *steps.Case) {
	for _, s := range c.Sights() {
		switch {
		case s.Red():
			f.print("TRIGGER FIRED %s: %s%s; it proposes to roll back %s\n", s.Trigger.ID, tail.Inert(s.Trigger.Title), tail.Inert(because(s.State.Reason)), s.State.Proposes)
		case s.State.Now == steps.TriggerOverridden:
			f.print("trigger %s is overridden%s\n", s.Trigger.ID, tail.Inert(because(s.State.Reason)))
			continue
		case s.Rests == "" && s.Verdict == steps.CannotTell && len(s.Evidence) > 0:
			f.print("trigger %s cannot be told%s\n", s.Trigger.ID, tail.Inert(because(s.Evidence[0].Why)))
			continue
		case s.Muted != "":
			f.print("trigger %s is muted%s\n", s.Trigger.ID, tail.Inert(because(s.Muted)))
			continue
		default:
			continue
		}
		for _, r := range s.State.Evidence {
			f.print("  %s %s%s: %s %s\n", r.Verdict, tail.Inert(r.Title), onHost(r.Host), tail.Inert(r.Text), tail.Inert(because(r.Why)))
		}
	}
}

// triggerEntries offer what can be said of triggers: the rollback that a fired
// one proposes, and to go on against it; all of them may be said to hold.
func (f *plain) triggerEntries(c *steps.Case, all bool) []entry {
	var out []entry
	for i := range c.Book.Triggers {
		t := &c.Book.Triggers[i]
		if c.State.Triggers[t.ID].Now == steps.TriggerFired {
			back := f.runEntry("roll back "+t.Scope().String(), steps.Action{Verb: steps.OpenRollback, Scope: t.Scope()})
			back.about, back.asks = "the trigger "+t.ID+" proposes it", []question{askReason}
			over := f.runEntry("override trigger "+t.ID, steps.Action{Verb: steps.OverrideTrigger, Name: t.ID})
			over.about = "go on against it"
			out = f.offer(f.offer(out, c, back), c, over)
		} else if all {
			out = f.offer(out, c, f.runEntry("fire trigger "+t.ID, steps.Action{Verb: steps.Fire, Name: t.ID}))
		}
	}
	return out
}

func sayTrigger(e steps.Triggered) string {
	name := "trigger " + e.Trigger
	switch e.To {
	case steps.TriggerFired:
		if e.By != "" {
			name += ", said by " + e.By + ","
		}
		return name + " fired" + because(e.Reason) + "; it proposes to roll back " + e.Proposes.String()
	case steps.TriggerBlind:
		return name + " cannot be told" + because(e.Reason)
	case steps.TriggerSees:
		return name + " can be told again"
	case steps.TriggerOverridden:
		return name + " overridden" + byText(e.Confirm) + because(e.Reason)
	}
	return name + " " + e.To
}
