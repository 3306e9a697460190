package pane

// The rule of this file: a trigger shows one of five words, and the reason
// beside it; not knowing is one of them and never looks like quiet.

import (
	"fmt"

	"belay/steps"
	"belay/ui/style"
)

// TriggerWord says what a trigger is at this moment, why, and how loud that is.
func TriggerWord(s steps.Sight) (word, why string, tone style.Tone) {
	switch {
	case s.State.Now == steps.TriggerFired:
		return "FIRED", s.State.Reason, style.Danger
	case s.Rests != "":
		return "rests", s.Rests, style.Dim
	case s.State.Now == steps.TriggerOverridden:
		return "overridden", s.State.Reason, style.Warn
	case s.Trigger.ByPerson():
		return "a person's word", "", style.Dim
	case s.Verdict == steps.CannotTell:
		return "cannot tell", sightWhy(s), style.Warn
	case s.Muted != "":
		return "muted", s.Muted, style.Dim
	}
	return "quiet", sightWhy(s), style.OK
}

// sightWhy is the first reason that a trigger's evidence gives, or its value.
func sightWhy(s steps.Sight) string {
	for _, r := range s.Evidence {
		if r.Verdict == s.Verdict && r.Why != "" {
			return or(r.Text, r.Title) + ": " + r.Why
		}
	}
	if len(s.Evidence) > 0 {
		return s.Evidence[0].Text
	}
	return ""
}

// triggerWish says what a trigger wants of a person.
func (r *Run) triggerWish(n steps.Need) Wish {
	t, id := r.State.Triggers[n.Name], n.Name
	w := Wish{Trigger: id, Tone: style.Danger,
		Text: fmt.Sprintf("TRIGGER %s: %s", or(t.Title, id), or(t.Reason, "its condition holds")),
		Hint: "it proposes to roll back " + t.Proposes.String() + "; {roll back} rolls back, :override " + id + " goes on against it"}
	if r.State.Rollback != nil {
		w.Hint = "a rollback of " + r.State.Rollback.Scope.String() + " is open"
	}
	if t.Now == steps.TriggerBlind {
		w.Tone, w.Hint = style.Warn, ":triggers shows what it looks at"
		w.Text = fmt.Sprintf("the trigger %s cannot be told for %s: %s", id, Clock(r.Now.Sub(t.Since)+steps.TriggerPatience), t.Reason)
	}
	return w
}

// sights of all triggers, with those that have fired and that the text in force
// no longer has.
func (r *Run) sights() []steps.Sight {
	out := r.Sights()
	for id, t := range r.State.Triggers {
		if t.Now == steps.TriggerFired && r.Book.Trigger(id) == nil {
			out = append(out, steps.Sight{Trigger: &steps.Trigger{ID: id, Title: t.Title}, State: t})
		}
	}
	return out
}

// TriggerPage tells all about a trigger.
func TriggerPage(r *Run, s steps.Sight, w int, st *style.Style) []string {
	p := NewPage(w, st)
	t := s.Trigger
	word, why, tone := TriggerWord(s)
	p.Toned(tone, "state", word+because(why))
	if s.State.By != "" {
		p.Field("said by", s.State.By)
	}
	if !s.State.Since.IsZero() {
		p.Field("since", s.State.Since.In(r.Now.Location()).Format("15:04:05")+", "+since(r.Now, s.State.Since))
	}
	p.Field("proposes", "to roll back "+ScopeName(t.Scope())+"; it starts nothing, and steps that you execute one by one go on")
	if s.State.Now == steps.TriggerFired && len(s.State.Evidence) > 0 {
		p.Head("Evidence that it fired on")
		p.Readings(s.State.Evidence, r.Now)
	}
	if len(s.Evidence) > 0 && s.Rests == "" {
		p.Head("Evidence now")
		p.Readings(s.Evidence, r.Now)
	}
	if !t.ByPerson() {
		p.Head("It fires when")
		r.wanted(p, &t.When)
		if t.When.Within > 0 {
			p.Field("within", "it grows by that within "+t.When.Within.String())
		}
		p.Field("muted", map[string]string{steps.MuteOwnWork: "by what this run itself does"}[t.Mute])
	}
	p.Field("note", t.Note)
	return p.Lines
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// triggers lists the triggers that propose to roll a phase back.
func (r *Run) triggers(p *Page, phase string) {
	head := false
	for _, s := range r.sights() {
		if sc := s.Trigger.Scope(); sc.Phase != phase && sc.Phase != "" {
			continue
		}
		if !head {
			p.Head("Triggers")
			head = true
		}
		word, why, tone := TriggerWord(s)
		p.Toned(tone, "", s.Trigger.ID+" "+word+because(why))
	}
}

// triggerWords say a change of a trigger.
func triggerWords(e steps.Triggered) (string, style.Tone) {
	switch e.To {
	case steps.TriggerFired:
		by := ""
		if e.By != "" {
			by = " by " + e.By
		}
		return "TRIGGER " + e.Trigger + " fired" + by + because(e.Reason) + "; it proposes to roll back " + e.Proposes.String(), style.Danger
	case steps.TriggerBlind:
		return "trigger " + e.Trigger + " cannot be told" + because(e.Reason), style.Warn
	case steps.TriggerSees:
		return "trigger " + e.Trigger + " can be told again", style.Plain
	case steps.TriggerOverridden:
		return "trigger " + e.Trigger + " overridden" + because(e.Reason), style.Warn
	}
	return "trigger " + e.Trigger + " " + e.To, style.Plain
}
