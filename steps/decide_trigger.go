package steps

// The rule of this file: a trigger that has fired stands until its condition is
// gone, a rollback is done, or a person goes on against it with a reason. It
// stops what goes on by itself, and nothing that a person does.

import (
	"fmt"
	"time"
)

// MuteOwnWork is the word of a trigger's key "mute".
const MuteOwnWork = "own-work"

// TriggerState is what the journal says of a trigger that is not quiet.
type TriggerState struct {
	Now      string // fired, blind or overridden
	Since    time.Time
	Title    string
	Proposes Scope
	By       string // a person who said that it holds; it does not clear by itself
	Reason   string
	Evidence []Reading
}

// says that a trigger has fired, in a sentence.
func (t TriggerState) says(id string) string {
	why := ""
	if t.Reason != "" {
		why = ": " + t.Reason
	}
	return fmt.Sprintf("the trigger %s has fired%s; it proposes to roll back %s", id, why, t.Proposes)
}

// fitsTrigger holds a change of a trigger against what it is.
func (s *State) fitsTrigger(e Triggered) error {
	now, fits := s.Triggers[e.Trigger].Now, false
	switch e.To {
	case TriggerFired:
		fits = now == "" || now == TriggerBlind
	case TriggerCleared:
		fits = now == TriggerFired || now == TriggerOverridden
	case TriggerBlind:
		fits = now == ""
	case TriggerSees:
		fits = now == TriggerBlind
	case TriggerOverridden:
		fits = now == TriggerFired
	}
	if !fits {
		return fmt.Errorf("trigger %s became %q, and was %q", e.Trigger, e.To, now)
	}
	return nil
}

func (s *State) trigger(at time.Time, e Triggered) {
	switch e.To {
	case TriggerCleared, TriggerSees:
		delete(s.Triggers, e.Trigger)
		return
	}
	was := s.Triggers[e.Trigger]
	t := TriggerState{Now: e.To, Since: at, Title: e.Title, Proposes: e.Proposes, By: e.By, Reason: e.Reason, Evidence: e.Evidence}
	if e.To == TriggerOverridden {
		t.By = was.By
	}
	s.Triggers[e.Trigger] = t
}

// fire takes a person's word that a trigger's condition holds.
func fire(c *Case, a Action) ([]Event, error) {
	t := c.Book.Trigger(a.Name)
	if t == nil {
		return nil, refuse(Never, "", "there is no trigger %q", a.Name)
	}
	if why := c.Rests(t); why != "" {
		return nil, refuse(Later, "", "trigger %s rests: %s", t.ID, why)
	}
	switch now := c.State.Triggers[t.ID].Now; {
	case now == TriggerFired || now == TriggerOverridden:
		return nil, refuse(Never, "", "trigger %s has fired already", t.ID)
	case a.Reason == "":
		return nil, refuse(NeedsReason, "say what was seen", "to say that %q holds needs a reason", t.Title)
	}
	return []Event{Triggered{Trigger: t.ID, Title: t.Title, To: TriggerFired, Proposes: t.Scope(), By: a.Actor, Reason: a.Reason}}, nil
}

// overrideTrigger goes on against a trigger that has fired.
func overrideTrigger(c *Case, a Action) ([]Event, error) {
	t, ok := c.State.Triggers[a.Name]
	switch {
	case !ok || t.Now != TriggerFired:
		return nil, refuse(Never, "", "trigger %q has not fired", a.Name)
	case a.Reason == "":
		return nil, refuse(NeedsReason, "say why", "to go on against a trigger needs a reason")
	}
	if r := c.confirmed(Critical, c.Phrase(Critical, nil), a); r != nil {
		return nil, r
	}
	a.Confirm.Level = Critical
	return []Event{Triggered{Trigger: a.Name, Title: t.Title, To: TriggerOverridden, Proposes: t.Proposes,
		Reason: a.Reason, Confirm: a.Confirm, Evidence: t.Evidence}}, nil
}

// TriggerStops refuses what would go on by itself while a trigger has fired.
func (c *Case) TriggerStops() *Refusal {
	ids := c.State.fired()
	if len(ids) == 0 {
		return nil
	}
	return refuse(EvidenceBad, "roll back ({roll back}), wait until it clears, or override it with a reason", "%s", c.State.Triggers[ids[0]].says(ids[0]))
}
