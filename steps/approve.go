package steps

// The rule of this file: a second yes is for what was shown and for nothing
// else. It is bound to the task, its attempt, the hashes of script and variables
// and the verdicts of the evidence, and it dies when one of them changes or when
// it is five minutes old.

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// ApprovalLife is how long a second yes lives (states.md).
const ApprovalLife = 5 * time.Minute

// SameSession is how a yes is known that was given in one shared screen: by its
// words and by nothing that tells who typed them.
const SameSession = "typed in the same session"

// What a second yes is for, in the words of Bond.For.
const (
	ForExecute  = "execute"
	ForUndo     = "undo"
	ForOverride = "override"
	ForSignOff  = "sign off"
)

// Bond is what a yes is bound to. Of the evidence it holds the verdicts alone:
// the values behind them change all the time.
type Bond struct {
	For      string    `json:"for,omitempty"`
	N        int       `json:"n,omitempty"`      // number of the attempt, or of the opening
	Script   string    `json:"script,omitempty"` // content hash of the step
	Vars     string    `json:"vars,omitempty"`   // hash of the variables it gets
	Judged   string    `json:"judged,omitempty"` // hash of the check or evidence as the file has it
	Late     bool      `json:"late,omitempty"`   // outside the window of its phase
	Verdicts []Finding `json:"verdicts,omitempty"`
}

// Finding is the verdict of one evidence on one host.
type Finding struct {
	Title   string  `json:"title"`
	Host    string  `json:"host,omitempty"`
	Verdict Verdict `json:"verdict"`
}

func (f Finding) name() string {
	return strings.TrimSuffix(firstOf(f.Title, "the check")+" on "+f.Host, " on ")
}

// Approval is a second yes with its time.
type Approval struct {
	Approved
	At time.Time
}

// Signature is a sign-off with its time.
type Signature struct {
	SignedOff
	At time.Time
}

// differs says in words what has changed since b; "" when nothing has. What has
// not been looked at now is not compared.
func (b Bond) differs(now Bond, looked bool) string {
	switch {
	case b.For != now.For:
		return fmt.Sprintf("it was to %s, not to %s", b.For, now.For)
	case b.N != now.N:
		return fmt.Sprintf("it was for attempt %d, and this is %d", b.N, now.N)
	case b.Script != now.Script:
		return "the script has changed"
	case b.Vars != now.Vars:
		return "the variables have changed"
	case b.Judged != now.Judged:
		return "what it is judged by has changed"
	case b.Late != now.Late:
		return "the window of its phase has ended"
	case !looked:
		return ""
	}
	was := map[Finding]Verdict{}
	for _, f := range b.Verdicts {
		was[Finding{Title: f.Title, Host: f.Host}] = f.Verdict
	}
	for _, f := range now.Verdicts {
		key := Finding{Title: f.Title, Host: f.Host}
		before, ok := was[key]
		switch delete(was, key); {
		case !ok:
			return f.name() + " was not looked at then"
		case before != f.Verdict:
			return fmt.Sprintf("%s was %s and is %s now", f.name(), before, f.Verdict)
		}
	}
	if len(was) > 0 {
		return "something that was looked at then is not looked at now"
	}
	return ""
}

// bond gives what a yes to a task would be bound to now. Looked is false where
// its check has still to be looked at.
func (c *Case) bond(t Task, to string) (b Bond, looked bool, err error) {
	s, ts := c.Step(t), c.State.Task(t)
	b, looked = Bond{For: to, N: ts.Opens}, true
	var seen []Reading
	switch to {
	case ForUndo:
		b.N = ts.tries(true) + 1
	case ForExecute:
		s = c.next(t)
		b.N, b.Late = ts.tries(false)+1, c.outsideWindow(s) != nil
		if s.open() {
			b.N = ts.Opens + 1
		}
		b.Judged = judged(s)
		if s.Check != nil {
			looked = c.fresh(c.Seen.Checks[t], *s.Check)
			seen = c.Seen.Checks[t]
		}
	default:
		b.Judged = judged(s)
		for _, e := range s.Evidence {
			if e.SignOff == "" { // those are yeses themselves
				seen = append(seen, c.readings(t, e)...)
			}
		}
	}
	env, err := c.Environ(t, "")
	if err != nil {
		return b, looked, err
	}
	b.Script, b.Vars = ContentHash(s), VarsHash(env)
	if looked {
		for _, r := range seen {
			b.Verdicts = append(b.Verdicts, Finding{r.Title, r.Host, r.Verdict})
		}
	}
	return b, looked, nil
}

// judged is the hash of what a step is judged by before somebody says yes.
func judged(s *Step) string {
	if s.Check == nil && len(s.Evidence) == 0 {
		return ""
	}
	b, err := json.Marshal([]any{s.Check, s.Evidence})
	if err != nil {
		panic("hash of evidence: " + err.Error()) // strings and numbers always marshal
	}
	return digest(b)
}

// purpose is what a verb on a task asks a second yes for.
func purpose(v Verb, st Status) string {
	switch {
	case v == UndoTask, v == Retry && st == TaskUndoFailed:
		return ForUndo
	case v == Override:
		return ForOverride
	case v == Execute, v == Retry:
		return ForExecute
	}
	return ""
}

// Shown gives what an action would be bound to now: a face takes it when it
// shows what would happen, and hands it in with the yes. It is nil for actions
// that send nothing.
func (c *Case) Shown(a Action) *Bond {
	to := purpose(c.Meant(a), c.State.Task(a.Task).Status)
	if to == "" || c.Step(a.Task) == nil {
		return nil
	}
	b, _, err := c.bond(a.Task, to)
	if err != nil {
		return nil
	}
	return &b
}

// Approval gives the second yes that an action would count on, while it lives,
// or says why there is none: "" where none was given.
func (c *Case) Approval(a Action) (living Approval, ok bool, why string) {
	to := purpose(a.Verb, c.State.Task(a.Task).Status)
	b, looked, err := c.bond(a.Task, to)
	if to == "" || err != nil {
		return Approval{}, false, ""
	}
	return c.approval(a.Task, b, looked)
}

func (c *Case) approval(t Task, now Bond, looked bool) (living Approval, ok bool, why string) {
	p, given := c.State.Approvals[t]
	if !given {
		return p, false, ""
	}
	why = c.dead(p.By, p.At, ApprovalLife)
	if why == "" {
		why = p.Bond.differs(now, looked)
	}
	if why != "" {
		return p, false, "the yes of " + p.By + " counts no more: " + why
	}
	return p, true, ""
}

// dead says why a second yes of somebody, given at a time, has died by itself.
func (c *Case) dead(by string, at time.Time, life time.Duration) string {
	switch age := c.Now.Sub(at); {
	case c.Book.Kind != Embedded && by != c.State.Partner:
		return by + " is not the partner now"
	case age > life:
		return fmt.Sprintf("it is %s old and lives for %s", brief(age), brief(life))
	case age < -clockSlack:
		return "the clock was set back since"
	}
	return ""
}

// clockSlack is how far a time may seem to lie ahead without a clock having been
// set back: a decision may carry a time from just before the event was written.
const clockSlack = 2 * time.Second

// Words is what has to be typed for an action at a level: nothing where a second
// yes was given ahead and lives, since its words have been typed.
func (c *Case) Words(a Action, level Danger) string {
	if c.NeedsApprover(level) {
		if _, ok, _ := c.Approval(a); ok {
			return ""
		}
	}
	return c.Phrase(level, []Task{a.Task})
}

// agreed checks how an action on a task was confirmed. Where the approver has
// typed the words just now, the second yes comes back as an event of its own.
func (c *Case) agreed(a *Action, level Danger, phrase string) ([]Event, *Refusal) {
	to := purpose(a.Verb, c.State.Task(a.Task).Status)
	b, looked, err := c.bond(a.Task, to)
	if err != nil {
		return nil, refuse(Never, "", "%s: %v", a.Task, err)
	}
	if r := a.unlike(b); r != nil {
		return nil, r
	}
	if level <= None || !c.NeedsApprover(level) {
		return nil, c.confirmed(level, phrase, *a)
	}
	p, ok, why := c.approval(a.Task, b, looked)
	switch {
	case ok && (a.Confirm.How == "key" || a.Confirm.How == "typed"):
		a.Confirm.Level, a.Confirm.Approver = level, p.By
		return nil, nil
	case ok && a.Confirm.How != "auto":
		return nil, needConfirm(NeedsConfirm, level, "", fmt.Sprintf("%s has said yes; this has to be confirmed", p.By))
	}
	if r := c.confirmed(level, phrase, *a); r != nil {
		if why != "" {
			r.Why = why + "; " + r.Why
		}
		return nil, r
	}
	if c.State.Partner == "" {
		return nil, nil // single-handed, with its reason in the confirmation
	}
	a.Confirm.Approver = a.Confirm.By
	return []Event{Approved{Task: a.Task, Bond: b, Level: level, By: a.Confirm.By, Typed: a.Confirm.Typed, How: SameSession}}, nil
}

// unlike refuses to take a yes for something else than what was shown.
func (a *Action) unlike(now Bond) *Refusal {
	if a.Shown == nil {
		return nil
	}
	if why := a.Shown.differs(now, len(a.Shown.Verdicts) > 0); why != "" {
		return refuse(Later, "look at it again", "%s is not what was shown: %s", a.Task, why)
	}
	return nil
}

// Meant is the verb that an action is about: its own, and of a second yes what
// it is for, as the action says, else what is next for the task.
func (c *Case) Meant(a Action) Verb {
	if a.Verb != Approve {
		return a.Verb
	}
	switch a.Value {
	case ForUndo:
		return UndoTask
	case ForOverride:
		return Override
	}
	switch c.State.Task(a.Task).Status {
	case TaskOpen:
		return Override
	case TaskDone, TaskUndoFailed:
		return UndoTask
	case TaskFailed, TaskCancelled:
		return Retry
	}
	return Execute
}

// approve takes the second yes ahead of the action that it is for. The action
// has to be allowed now, but for its confirmation.
func approve(c *Case, a Action) ([]Event, error) {
	if !c.NeedsApprover(Critical) {
		return nil, refuse(Never, "", "no second yes is needed in %s", c.Book.Env)
	}
	act := a
	act.Verb, act.Confirm, act.Shown = c.Meant(a), Confirmation{}, nil
	_, err := Decide(*c, act)
	ref, _ := err.(*Refusal)
	switch {
	case err == nil:
		return nil, refuse(Never, "", "%s needs no second yes", a.Task)
	case ref == nil || ref.Kind != NeedsConfirm && ref.Kind != NeedsPerson || ref.Level == Unset:
		return nil, err
	case !c.NeedsApprover(ref.Level):
		return nil, refuse(Never, "", "%s needs no second yes: it is %s", a.Task, ref.Level)
	case c.State.Partner == "":
		return nil, refuse(NeedsPerson, "name one with :partner NAME", "no partner is named who could say yes")
	}
	phrase := c.Phrase(ref.Level, []Task{a.Task})
	switch got := a.Confirm; {
	case got.How != "typed" || got.Typed != phrase:
		return nil, needConfirm(NeedsConfirm, ref.Level, phrase, fmt.Sprintf("%s types %q", c.State.Partner, phrase))
	case got.By != c.State.Partner:
		return nil, needConfirm(NeedsPerson, ref.Level, phrase, c.State.Partner+" has to type the words")
	}
	b, _, err := c.bond(a.Task, purpose(act.Verb, c.State.Task(a.Task).Status))
	if err != nil {
		return nil, refuse(Never, "", "%s: %v", a.Task, err)
	}
	if r := a.unlike(b); r != nil {
		return nil, r
	}
	return []Event{Approved{Task: a.Task, Bond: b, Level: ref.Level, By: a.Confirm.By, Typed: a.Confirm.Typed, How: SameSession}}, nil
}
