package cli

// The rule of this file: of every task and every attempt the account says who,
// when, by which script, on what evidence, and what came of it. What a person
// did has no attempts; it has words.

import (
	"slices"
	"time"

	"belay/runner"
	"belay/steps"
)

type taskAccount struct {
	Step     string           `json:"step"`
	Host     string           `json:"host"`
	Title    string           `json:"title"`
	Kind     steps.Kind       `json:"kind"`
	Refs     []string         `json:"refs,omitempty"`
	Status   steps.Status     `json:"status"`
	How      string           `json:"how,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	By       []string         `json:"by,omitempty"` // everybody who did something to it
	Planned  steps.Duration   `json:"planned,omitempty"`
	Took     steps.Duration   `json:"took,omitempty"`
	Began    time.Time        `json:"began,omitzero"`
	Ended    time.Time        `json:"ended,omitzero"` // its last change; zero before one
	Attempts []attemptAccount `json:"attempts,omitempty"`
	Words    []word           `json:"words,omitempty"` // what was said of it and what was seen

	// Reopened: it was finished, and a rollback has made it new again.
	Reopened bool `json:"reopened,omitempty"`

	waits  string    // what an open task waits for, in words
	opened time.Time // it waits for a person, or soaks, since
	colour string    // of a soak, as it was said last
}

type attemptAccount struct {
	ID       string            `json:"id"`
	N        int               `json:"n"`
	Undo     bool              `json:"undo,omitempty"`
	By       string            `json:"by,omitempty"`
	Approver string            `json:"approver,omitempty"`
	Level    steps.Danger      `json:"level,omitempty"`
	How      string            `json:"how,omitempty"`    // key, typed, sequence, plan or auto
	Single   string            `json:"single,omitempty"` // why single-handed
	Override string            `json:"override,omitempty"`
	Script   string            `json:"script"`  // SHA-256 of the content; the text stands under scripts
	Vars     string            `json:"vars"`    // SHA-256 of the variables
	Runbook  string            `json:"runbook"` // file in the run directory
	Began    time.Time         `json:"began"`
	Started  time.Time         `json:"started,omitzero"`
	Ended    time.Time         `json:"ended,omitzero"`
	Took     steps.Duration    `json:"took,omitempty"`
	Exit     *int              `json:"exit,omitempty"`
	Why      string            `json:"why,omitempty"`
	Values   map[string]string `json:"values,omitempty"` // captured
	Output   *outputAccount    `json:"output,omitempty"`
}

// outputAccount is our copy of what an attempt printed.
type outputAccount struct {
	File   string `json:"file"`  // in the run directory
	Bytes  int64  `json:"bytes"` // as the host has it
	SHA256 string `json:"sha256"`
	Masked int    `json:"masked,omitempty"` // secrets replaced in it
	Shrunk bool   `json:"shrunk,omitempty"` // the host cut its file while it was read
}

// word is one thing that was said or seen of a task.
type word struct {
	Seq      int64     `json:"seq"`
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`
	Text     string    `json:"text"`
	Evidence []seen    `json:"evidence,omitempty"`
	Invented bool      `json:"invented,omitempty"` // by a rehearsal, and not by a person
}

// seen is a reading as the report gives it.
type seen struct {
	Title   string        `json:"title"`
	Host    string        `json:"host,omitempty"`
	Text    string        `json:"text"`
	Want    string        `json:"want,omitempty"`
	Verdict steps.Verdict `json:"verdict"`
	Why     string        `json:"why,omitempty"`
	At      time.Time     `json:"at,omitzero"`
}

func sightings(list []steps.Reading) []seen {
	var out []seen
	for _, r := range list {
		out = append(out, seen{r.Title, r.Host, r.Text, r.Want, r.Verdict, r.Why, r.At})
	}
	return out
}

// taskAccounts follows the tasks of a run.
type taskAccounts struct {
	l       *ledger
	c       *steps.Case
	all     map[steps.Task]*taskAccount
	owner   map[string]steps.Task // of attempts
	scripts []sentScript
}

// tasks follows every event of a run.
func (l *ledger) tasks(c *steps.Case) *taskAccounts {
	a := &taskAccounts{l: l, c: c, all: map[steps.Task]*taskAccount{}, owner: map[string]steps.Task{}}
	for _, e := range l.events {
		a.take(e)
	}
	return a
}

// of gives the account of a task; one that nothing happened to has one too.
func (a *taskAccounts) of(t steps.Task) *taskAccount {
	if x, ok := a.all[t]; ok {
		return x
	}
	ts, s := a.c.State.Task(t), a.c.Step(t)
	x := &taskAccount{Step: t.Step, Host: t.Host, Title: s.Title, Kind: s.Kind, Refs: s.Refs, Status: ts.Status, How: ts.How, Reason: ts.Reason}
	if ts.Status == steps.TaskNotStarted && s.Left != "" {
		x.Status, x.Reason = steps.TaskSkipped, s.Left
	}
	if ts.Status == steps.TaskOpen {
		x.waits = s.Waits()
	}
	planned, _ := s.Planned()
	x.Planned = steps.Duration(planned)
	a.all[t] = x
	return x
}

// take adds one event to the task that it is about.
func (a *taskAccounts) take(v runner.EventView) {
	if e, ok := v.Event.(steps.Intended); ok {
		a.owner[e.Attempt] = e.Task
		a.attempt(v.At, e)
	}
	if e, ok := v.Event.(steps.RollbackClosed); ok {
		for _, t := range e.Reopens {
			x := a.of(t)
			x.Reopened = x.Status == steps.TaskNotStarted
		}
	}
	for _, t := range a.about(v.Event) {
		x := a.of(t)
		x.clock(v.At, v.Event)
		x.say(a.c, v)
		if by := steps.By(v.Event); by != "" && !slices.Contains(x.By, by) {
			x.By = append(x.By, by)
		}
	}
}

// about lists the tasks of the ledger that an event is about.
func (a *taskAccounts) about(e steps.Event) []steps.Task {
	list := steps.About(e)
	if id := steps.AttemptOf(e); id != "" {
		if t, ok := a.owner[id]; ok {
			a.outcome(a.all[t].attempt(id), e)
			list = []steps.Task{t}
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(t steps.Task) bool { return a.c.Step(t) == nil })
}

func (a *taskAccounts) attempt(at time.Time, e steps.Intended) {
	x := a.of(e.Task)
	x.Attempts = append(x.Attempts, attemptAccount{ID: e.Attempt, N: e.N, Undo: e.Undo, By: e.Confirm.By, Approver: e.Confirm.Approver,
		Level: e.Confirm.Level, How: e.Confirm.How, Single: e.Confirm.Single, Override: e.Override, Script: e.Script, Vars: e.Vars,
		Runbook: a.l.textFile(e.Book), Began: at})
	a.script(e)
}

func (x *taskAccount) attempt(id string) *attemptAccount {
	for i := range x.Attempts {
		if x.Attempts[i].ID == id {
			return &x.Attempts[i]
		}
	}
	return nil
}

// outcome adds what became of an attempt; its end is in the folded state.
func (a *taskAccounts) outcome(x *attemptAccount, e steps.Event) {
	for _, at := range a.c.State.Task(a.owner[x.ID]).Attempts {
		if at.ID == x.ID {
			x.Started, x.Ended, x.Took, x.Why = at.Started, at.Ended, lasted(at.Intended, at.Ended), at.Why
		}
	}
	end, ok := e.(steps.Exited)
	if !ok {
		return
	}
	code := end.Code
	x.Exit, x.Values = &code, end.Values
	x.Output = &outputAccount{a.l.logFile(x.ID), end.Bytes, end.SHA256, end.Masked, end.Shrunk}
}

// clock adds up how long a task took: its attempts, and the time it was open.
func (x *taskAccount) clock(at time.Time, e steps.Event) {
	if _, ok := e.(steps.Assumed); ok {
		return // it was done before this run
	}
	if x.Began.IsZero() {
		x.Began = at
	}
	x.Ended = at
	switch e := e.(type) {
	case steps.Began:
		x.opened = at
	case steps.Soaked:
		if e.To == steps.SoakComplete || e.To == steps.SoakFailed || e.To == steps.SoakShortened {
			x.closed(at)
		}
	case steps.Noted, steps.SignedOff, steps.Approved, steps.Wrote, steps.Released:
	default:
		x.closed(at)
	}
	if n := len(x.Attempts); n > 0 && x.Attempts[n-1].Ended.Equal(at) && !x.Attempts[n-1].Undo {
		x.Took += x.Attempts[n-1].Took
	}
}

func (x *taskAccount) closed(at time.Time) {
	if !x.opened.IsZero() {
		x.Took += lasted(x.opened, at)
		x.opened = time.Time{}
	}
}

// say takes what a person said, and what was seen, as a word of its own. What
// an attempt did by itself stands with the attempt.
func (x *taskAccount) say(c *steps.Case, v runner.EventView) {
	var on []steps.Reading
	switch e := v.Event.(type) {
	case steps.Intended:
		if on = e.Evidence; len(on) == 0 && e.Override == "" && e.Confirm.Single == "" {
			return
		}
	case steps.Verified:
		on = e.Evidence
	case steps.Soaked:
		if e.To == x.colour {
			return // it only says how far it is
		}
		x.colour, on = e.To, e.Evidence
	case steps.Began:
		on = e.Evidence
	case steps.Passed:
		on = e.Evidence
	case steps.Overridden:
		on = e.Evidence
	case steps.Started, steps.NotStarted, steps.Exited, steps.TimedOut, steps.Cancelled, steps.Lost, steps.EvidenceKept, steps.Assumed:
		return
	}
	by := steps.By(v.Event)
	x.Words = append(x.Words, word{Seq: v.Seq, At: v.At, By: by, Text: sentenceFor(v.Event), Evidence: sightings(on), Invented: madeUp(c, v.Event, by)})
}

// madeUp reports whether a rehearsal said something that on real servers a
// person would have to say.
func madeUp(c *steps.Case, e steps.Event, by string) bool {
	switch e := e.(type) {
	case steps.Wrote:
		return e.Invented
	case steps.Measured:
		return c.Book.Kind == steps.Embedded
	}
	return by == runner.Nobody
}
