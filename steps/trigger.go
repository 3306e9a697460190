package steps

// The rule of this file: a trigger looks all the time and decides nothing. What
// it sees holds, does not hold or cannot be told; what this run itself does at
// the moment can be kept out of it, and says so.

import (
	"slices"
	"strings"
	"time"
)

// What an event says that a trigger has become.
const (
	TriggerFired      = "fired"      // its condition holds, or a person said so
	TriggerCleared    = "cleared"    // and no longer
	TriggerBlind      = "blind"      // it cannot be told
	TriggerSees       = "sees"       // and now it can again
	TriggerOverridden = "overridden" // a person goes on against it
)

const (
	// TriggerQuiet is how long a condition must not hold before it has cleared:
	// what comes and goes is one firing.
	TriggerQuiet = 30 * time.Second
	// TriggerPatience is how long a condition cannot be told before that is a
	// fact of the run.
	TriggerPatience = time.Minute
	// OwnWorkSettles is how long after its end a step's work still explains what
	// is seen: whoever counts servers takes a while to miss one.
	OwnWorkSettles = time.Minute
)

// Windows of a trigger: shorter ones see one look, longer ones are a report.
const (
	MinWindow = 10 * time.Second
	MaxWindow = 24 * time.Hour
)

// Sight is what a trigger shows at this moment.
type Sight struct {
	Trigger  *Trigger
	State    TriggerState
	Rests    string    // why it does not look now; empty while it does
	Muted    string    // own work that explains what it sees
	Verdict  Verdict   // red: its condition holds
	Evidence []Reading // by the same measure
}

// Red reports whether the trigger has fired and nobody has overridden it.
func (s Sight) Red() bool { return s.State.Now == TriggerFired }

// seen is what the condition was first seen to hold on, or not to be told of.
// The title is not in it: whoever shows it names the trigger.
func (s Sight) seen() string {
	for _, r := range s.Evidence {
		if r.Verdict == Green {
			continue
		}
		if text := firstOf(r.Why, r.Text); r.Host == "" || len(s.Evidence) == 1 {
			return text
		} else {
			return r.Host + ": " + text
		}
	}
	return ""
}

// ByPerson reports whether only a person can tell that the trigger's condition
// holds.
func (t *Trigger) ByPerson() bool { return t.When.Probe == "" && t.When.Script == "" }

// Scope of the rollback that the trigger proposes.
func (t *Trigger) Scope() Scope {
	if t.Proposes == "run" {
		return Scope{}
	}
	return Scope{Phase: t.Proposes}
}

// Every is how often the trigger looks: three times while a value counts as
// young, and often enough to see how a window fills.
func (t *Trigger) Every(s *State) time.Duration {
	every := t.When.MaxAge.Or(DefaultMaxAge) / 3
	for _, d := range []Duration{t.When.Within, t.When.Stable} {
		if d > 0 {
			every = min(every, s.StableFor(d)/10)
		}
	}
	return max(every, 500*time.Millisecond)
}

// Keeps is how long a look of the trigger still counts.
func (t *Trigger) Keeps(s *State) time.Duration {
	return max(s.StableFor(max(t.When.Within, t.When.Stable)), TriggerPatience) + t.When.MaxAge.Or(DefaultMaxAge)
}

// Trigger gives a trigger of the text in force, or nil.
func (rb *Runbook) Trigger(id string) *Trigger {
	for i := range rb.Triggers {
		if rb.Triggers[i].ID == id {
			return &rb.Triggers[i]
		}
	}
	return nil
}

// Sights gives what every trigger of the file shows, in the file's order.
func (c *Case) Sights() []Sight {
	var out []Sight
	for i := range c.Book.Triggers {
		out = append(out, c.Sight(&c.Book.Triggers[i]))
	}
	return out
}

// Sight gives what a trigger shows.
func (c *Case) Sight(t *Trigger) Sight {
	s := Sight{Trigger: t, State: c.State.Triggers[t.ID], Rests: c.Rests(t), Verdict: CannotTell}
	if t.ByPerson() {
		s.Verdict = Green
		return s
	}
	var work []span
	if t.Mute == MuteOwnWork {
		work = c.ownWork(t)
	}
	for _, h := range c.AskedBy(t) {
		look := looks{c: c, t: t, host: h}
		for _, w := range work {
			if t.When.On == "" || w.host == h {
				look.work = append(look.work, w)
			}
		}
		for _, r := range c.Seen.Triggers[t.ID] {
			if r.Host == h {
				look.seen = append(look.seen, r)
			}
		}
		s.Evidence = append(s.Evidence, look.judge())
		s.Muted = firstOf(s.Muted, look.muted)
	}
	s.Verdict = worstOf(s.Evidence)
	return s
}

// worstOf some readings: red before cannot tell before green.
func worstOf(seen []Reading) Verdict {
	out := CannotTell
	if len(seen) > 0 {
		out = Green
	}
	for _, r := range seen {
		if r.Verdict == Red {
			return Red
		}
		if r.Verdict == CannotTell {
			out = CannotTell
		}
	}
	return out
}

// AskedBy are the hosts that a trigger's condition is read on.
func (c *Case) AskedBy(t *Trigger) []string {
	name, _, _ := strings.Cut(t.When.Probe, ".")
	if p := c.Book.Probes[name]; t.When.On == "" && p.Host != "" {
		return []string{p.Host}
	}
	return c.Book.HostsOf(t.When.On)
}

// Rests says why a trigger does not look: there is nothing yet that could be
// taken back, or somebody takes it back already.
func (c *Case) Rests(t *Trigger) string {
	switch {
	case c.State.Closed != nil:
		return "the run is closed"
	case c.State.Rollback != nil:
		return "a rollback of " + c.State.Rollback.Scope.String() + " is open"
	case t.Proposes != "run" && c.State.Phases[t.Proposes].Opened.IsZero():
		return "phase " + t.Proposes + " has not begun"
	case t.Proposes == "run" && !c.anyOpened():
		return "nothing of the run has begun"
	}
	return ""
}

// anyOpened reports whether a phase has begun, and was not rolled back.
func (c *Case) anyOpened() bool {
	for _, p := range c.State.Phases {
		if !p.Opened.IsZero() {
			return true
		}
	}
	return false
}

// TriggerNow gives the change that a trigger makes at this moment, if any.
func (c *Case) TriggerNow(id string) (Triggered, bool) {
	t := c.Book.Trigger(id)
	if t == nil || t.ByPerson() || c.Rests(t) != "" {
		return Triggered{}, false
	}
	s := c.Sight(t)
	e := Triggered{Trigger: id, Title: t.Title, Proposes: t.Scope(), Evidence: s.Evidence, Reason: s.seen()}
	lit := s.State.Now == TriggerFired || s.State.Now == TriggerOverridden
	switch {
	case s.Verdict == Red && !lit:
		e.To = TriggerFired
	case s.Verdict == Green && lit && s.State.By == "" && c.clears(t):
		e.To = TriggerCleared
	case s.Verdict == CannotTell && s.State.Now == "" && c.saidFor(t, CannotTell, TriggerPatience):
		e.To = TriggerBlind
	case s.Verdict == Green && s.State.Now == TriggerBlind:
		e.To = TriggerSees
	default:
		return Triggered{}, false
	}
	return e, true
}

// clears reports whether a condition has been gone for long enough. Of what grows
// that is only told by who has looked for the whole window: another console
// saw it grow.
func (c *Case) clears(t *Trigger) bool {
	seen := c.Seen.Triggers[t.ID]
	return len(seen) > 0 && c.Now.Sub(seen[0].At) >= c.State.StableFor(t.When.Within) &&
		c.saidFor(t, Green, c.State.StableFor(Duration(TriggerQuiet)))
}

// saidFor reports whether every look of a while would have led to a verdict: a
// trigger is asked what it would have said at each, from the newest back.
func (c *Case) saidFor(t *Trigger, v Verdict, d time.Duration) bool {
	past, seen := *c, c.Seen.Triggers[t.ID]
	for i := len(seen); i > 0; i-- {
		past.Now, past.Seen.Triggers = seen[i-1].At, map[string][]Reading{t.ID: seen[:i]}
		if past.Sight(t).Verdict != v {
			return false
		}
		if c.Now.Sub(past.Now) >= d {
			return true
		}
	}
	return false
}

// Answered reports whether the open rollback does what a trigger proposes.
func (c *Case) Answered(t TriggerState) bool {
	r := c.State.Rollback
	return r != nil && (r.Scope == Scope{} || r.Scope == t.Proposes)
}

// fired lists the triggers that have fired and were not overridden, sorted.
func (s *State) fired() []string {
	var out []string
	for id, t := range s.Triggers {
		if t.Now == TriggerFired {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
