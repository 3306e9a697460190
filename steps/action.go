package steps

// The rule of this file: an action is a wish, a refusal says why not and what
// would help. Neither does anything.

import (
	"fmt"
	"regexp"
	"time"
)

// Verb of an action.
type Verb string

// What an operator can ask for.
const (
	Execute      Verb = "execute"
	Retry        Verb = "retry"
	VerifyAgain  Verb = "verify again"
	UndoTask     Verb = "undo"
	CancelTask   Verb = "cancel"
	Skip         Verb = "skip"
	Unskip       Verb = "un-skip"
	MarkDone     Verb = "mark done"
	MarkUndone   Verb = "mark undone"
	Fail         Verb = "cannot be done"
	Yes          Verb = "yes"
	SignOff      Verb = "sign off"
	Approve      Verb = "approve"
	Override     Verb = "override"
	EarlyEnd     Verb = "early end"
	Extend       Verb = "extend"
	Record       Verb = "record"
	Write        Verb = "write"
	Resolve      Verb = "resolve"
	LeaveUndo    Verb = "leave"
	Hold         Verb = "hold"
	Release      Verb = "release"
	Exclude      Verb = "exclude"
	Include      Verb = "include"
	StopWaiting  Verb = "stop waiting"
	LeaveOut     Verb = "leave out"
	Answer       Verb = "answer"
	Drive        Verb = "drive"
	Accept       Verb = "accept"
	Sequence     Verb = "sequence"
	Note         Verb = "note"
	Rebind       Verb = "rebind"
	Amend        Verb = "amend"
	OpenRollback Verb = "roll back"
	ConfirmHost  Verb = "confirm host"
	Abandon      Verb = "abandon rollback"
	EndRollback  Verb = "finish rollback"
	Close        Verb = "close"

	Fire            Verb = "fire trigger"
	OverrideTrigger Verb = "override trigger"
)

// Action is one wish of an operator. Which fields count depends on the verb.
type Action struct {
	Verb    Verb
	Task    Task
	Tasks   []Task // of a sequence
	Scope   Scope  // of hold, release, sequence, rollback
	Host    string
	Phase   string
	Name    string // of an input, a sign-off's title, a measure, a trigger
	Value   string // of an input or a measure; of resolve: happened, not, partly; of extend: 30m; of approve: execute, undo, override
	Reason  string
	Confirm Confirmation
	Actor   string
	Partner string
	Bound   *Bound    // of rebind: what the host is now
	Wrote   *Wrote    // of write: the document as it is now
	File    *Attached // of a note: what shows it, already kept
	// Unrehearsed, of amend: what of the new text was never tried on real hosts.
	Unrehearsed []Unrehearsed
	Take        []string // of amend: steps whose new undo is taken for what has been done
	Shown       *Bond    // what the person saw who says yes; nil where nothing was shown
}

// Refusal says why an action is not allowed now.
type Refusal struct {
	Why  string
	Hint string // what would help, or empty; an action of the console stands as "({its name})"
	Kind RefusalKind
	// Level and Phrase say what a confirmation would have to be, when only
	// that is missing.
	Level  Danger
	Phrase string
}

// RefusalKind sorts refusals by what has to happen next.
type RefusalKind int

// Kinds of refusals.
const (
	Never         RefusalKind = iota // not for this task or in this state
	Later                            // something else has to be finished first
	NeedsConfirm                     // only the confirmation is missing
	NeedsReason                      // only a reason or an evidence is missing
	NeedsPerson                      // an approver, a sign-off, an open input
	NeedsLook                        // evidence has to be looked at first
	EvidenceBad                      // it was looked at, and it is red or cannot be told
	HostAway                         // unreachable, or not the host we know
	OnHold                           // a hold covers it
	UnknownFirst                     // something unknown has to be resolved first
	OutsideWindow                    // the window is over
	ClockOff                         // the host's clock is far from ours
)

func (r *Refusal) Error() string {
	if r.Hint == "" {
		return r.Why
	}
	return r.Why + " (" + r.Help() + ")"
}

// keyed finds where a hint leaves room for the key of an action.
var keyed = regexp.MustCompile(` \(\{[a-z ]+\}\)`)

// Help is the hint for a reader who has no keys.
func (r *Refusal) Help() string { return keyed.ReplaceAllString(r.Hint, "") }

func refuse(k RefusalKind, hint, format string, a ...any) *Refusal {
	return &Refusal{Kind: k, Why: fmt.Sprintf(format, a...), Hint: hint}
}

// HostSeen is what is known of a host at this moment. It is an observation and
// is not journalled.
type HostSeen struct {
	Up    bool
	Since time.Time
	Why   string        // it is down
	Wrong string        // it is not the host we know
	Hint  string        // the one command that helps against either, where there is one
	Skew  time.Duration // its clock minus ours
}

// Proof is how far a look for the proof of an attempt has come. It is an
// observation and is not journalled: a console that comes later looks anew.
type Proof struct {
	Holds time.Time     // since when it has been green without a gap; zero while it is not
	For   time.Duration // how long it has to be, on the run's clock; 0 for one green look
	Until time.Time     // it is given up then, by the wall
}

// Held is how long a proof has held at a time, on the run's clock, at most as
// long as it has to.
func (p Proof) Held(now time.Time, speed float64) time.Duration {
	if p.Holds.IsZero() || now.Before(p.Holds) {
		return 0
	}
	return min(time.Duration(float64(now.Sub(p.Holds))*speed), p.For)
}

// Seen is what can be observed now.
type Seen struct {
	Hosts    map[string]HostSeen
	Evidence map[Task][]Reading   // of gates and soaks: one reading per evidence and host
	Checks   map[Task][]Reading   // of checks before a start
	Proofs   map[Task]Proof       // of tasks that are being verified, their undos included
	Triggers map[string][]Reading // what triggers read, without judging it; the oldest first
}

// Case is all that a decision may look at.
type Case struct {
	Book  *Runbook            // the text in force, its environment applied
	Old   map[string]*Runbook // every text of this run by hash
	State *State
	Seen  Seen
	Now   time.Time
	Next  *Runbook        // of an amend: the proposed text
	Past  map[string]Past // what was done took in other runs, by what it does

	steps   map[string]*Step // of the text that is indexed, by id
	indexed *Runbook
}

// inForce finds a step of the text in force, or nil. It keeps an index, so a
// Case is for one goroutine; copies are free.
func (c *Case) inForce(id string) *Step {
	if c.indexed != c.Book {
		c.indexed, c.steps = c.Book, map[string]*Step{}
		for s := range c.Book.Steps() {
			if c.steps[s.ID] == nil {
				c.steps[s.ID] = s
			}
		}
	}
	return c.steps[id]
}

// Step gives the step of a task as it binds it: frozen where the task has
// begun under an earlier text, with the undo that a person chose for it since.
func (c *Case) Step(t Task) *Step {
	s := c.frozen(t)
	if from := c.text(c.State.Tasks[t].UndoBook); s != nil && from != nil {
		if n := from.Step(t.Step); n != nil {
			own := *s
			own.Undo, own.NoUndo = n.Undo, n.NoUndo
			return &own
		}
	}
	return s
}

// text gives a text of this run by its hash, or nil.
func (c *Case) text(hash string) *Runbook {
	if hash == c.Book.Hash {
		return c.Book
	}
	return c.Old[hash]
}

func (c *Case) frozen(t Task) *Step {
	if ts, ok := c.State.Tasks[t]; ok && ts.Status != TaskNotStarted && ts.Book != "" && ts.Book != c.Book.Hash {
		if old := c.Old[ts.Book]; old != nil {
			if s := old.Step(t.Step); s != nil {
				return s
			}
		}
	}
	return c.inForce(t.Step)
}

// next gives the step of a task as its next attempt takes it: what is tried
// again is tried with the text in force.
func (c *Case) next(t Task) *Step {
	if s := c.inForce(t.Step); s != nil {
		return s
	}
	return c.Step(t)
}
