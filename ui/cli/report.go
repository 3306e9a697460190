package cli

// The rule of this file: the report is made from the journal alone, and what
// was not done as planned stands in it with its reason.

import (
	"time"

	"github.com/spf13/cobra"

	"belay/steps"
)

// runAccount is report --format json: what was planned and what happened.
type runAccount struct {
	V         int         `json:"v"`
	Run       runReport   `json:"run"`
	Stamp     string      `json:"stamp"` // REHEARSAL, or empty for a live run
	Outcome   string      `json:"outcome"`
	Operators []string    `json:"operators"`
	Inputs    []nameValue `json:"inputs,omitempty"`

	Unrehearsed []steps.Unrehearsed `json:"unrehearsed,omitempty"`
	Phases      []phaseAccount      `json:"phases"`
	Rollback    []taskAccount       `json:"rollback,omitempty"` // the steps around the undos
	Deviations  []deviation         `json:"deviations"`
	Triggers    []triggerReport     `json:"triggers,omitempty"`
	Clocks      []clocksReport      `json:"clocks,omitempty"`
	Measures    []measured          `json:"measures,omitempty"`
	Documents   []paper             `json:"documents,omitempty"`
	AtHand      atHand              `json:"at_hand,omitzero"`
	Notes       []noted             `json:"notes,omitempty"`
	Kept        []keptFile          `json:"evidence_kept,omitempty"` // before undos
	Hosts       []steps.Bound       `json:"hosts,omitempty"`
	Head        string              `json:"head"`
}

type nameValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type phaseAccount struct {
	ID     string        `json:"id"`
	Title  string        `json:"title"`
	Opened time.Time     `json:"opened,omitzero"`
	Until  time.Time     `json:"window_until,omitzero"`
	Tasks  []taskAccount `json:"tasks"`
}

type taskAccount struct {
	Step     string           `json:"step"`
	Host     string           `json:"host"`
	Title    string           `json:"title"`
	Refs     []string         `json:"refs,omitempty"`
	Status   steps.Status     `json:"status"`
	How      string           `json:"how,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	Planned  steps.Duration   `json:"planned,omitempty"`
	Took     steps.Duration   `json:"took,omitempty"`
	Attempts []attemptAccount `json:"attempts,omitempty"`

	waits string // what an open task waits for, in words
}

type attemptAccount struct {
	ID       string         `json:"id"`
	Undo     bool           `json:"undo,omitempty"`
	By       string         `json:"by,omitempty"`
	Approver string         `json:"approver,omitempty"`
	Level    steps.Danger   `json:"level,omitempty"`
	Began    time.Time      `json:"began"`
	Took     steps.Duration `json:"took,omitempty"`
	Exit     *int           `json:"exit,omitempty"`
	Why      string         `json:"why,omitempty"`
	Override string         `json:"override,omitempty"`
}

type deviation struct {
	Seq  int64     `json:"seq"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

type measured struct {
	Name   string `json:"name"`
	Task   string `json:"task"`
	Value  string `json:"value"`
	Unit   string `json:"unit,omitempty"`
	Source string `json:"source"`
}

// keptFile is what was kept of a host before an undo, or why nothing was.
type keptFile struct {
	Undo   string `json:"undo"`
	Host   string `json:"host"`
	File   string `json:"file,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	Why    string `json:"why,omitempty"`
}

type noted struct {
	At   time.Time `json:"at"`
	Task string    `json:"task,omitempty"`
	Text string    `json:"text"`
}

func (p *program) reportVerb() *cobra.Command {
	format := "md"
	c := verb("report [flags]", "what was planned, what happened, and why it differs", noWords,
		func(*cobra.Command, []string) error {
			if p.opt.json {
				format = "json"
			}
			return p.report(format)
		})
	c.Flags().StringVar(&format, "format", "md", "`FORMAT` md or json")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]cobra.Completion{"md", "json"}, cobra.ShellCompDirectiveNoFileComp))
	p.addRun(c)
	p.addState(c)
	p.addJSON(c)
	return c
}

func (p *program) report(format string) error {
	if format != "md" && format != "json" {
		return usage("md or json", "there is no format %q", format)
	}
	l, err := p.chosen()
	if err != nil {
		return err
	}
	if err := l.damaged(); err != nil {
		return err
	}
	r := l.account(p)
	if format == "json" {
		return p.sayJSON(r)
	}
	return writeMarkdown(p.env.Stdout, r)
}

func (l *ledger) account(p *program) runAccount {
	c := l.caseNow(p)
	r := runAccount{V: 1, Run: l.report(p), Deviations: []deviation{}, Head: l.records[len(l.records)-1].Hash}
	r.Unrehearsed = l.state.Opened.Unrehearsed
	r.Outcome = sentenceOf(r.Run.Code, r.Run.Why)
	if l.state.Opened.EnvKind != steps.Live {
		r.Stamp = "REHEARSAL"
	}
	for _, name := range c.Book.VarOrder {
		if v, ok := l.state.Answers[name]; ok {
			r.Inputs = append(r.Inputs, nameValue{name, v})
		}
	}
	for i := range c.Book.Phases {
		ph := &c.Book.Phases[i]
		at := l.state.Phases[ph.ID]
		a := phaseAccount{ID: ph.ID, Title: ph.Title, Opened: at.Opened, Until: at.Until}
		for _, t := range ph.Tasks() {
			a.Tasks = append(a.Tasks, accountTask(c, t))
		}
		r.Phases = append(r.Phases, a)
	}
	for _, list := range [][]steps.Step{c.Book.Rollback.Before, c.Book.Rollback.After} {
		for _, s := range list {
			for _, h := range s.TaskHosts() {
				if t := (steps.Task{Step: s.ID, Host: h}); c.State.Task(t).Status != steps.TaskNotStarted {
					r.Rollback = append(r.Rollback, accountTask(c, t))
				}
			}
		}
	}
	r.Documents, r.AtHand = l.papers(c), atHandOf(c)
	r.Triggers, r.Clocks = reportTriggers(c), clocksOf(c)
	for _, h := range append(c.Book.AllHosts(), steps.LocalHost) {
		if b, ok := l.state.Hosts[h]; ok {
			r.Hosts = append(r.Hosts, b)
		}
	}
	for _, e := range l.events {
		r.take(e.Seq, e.At, e.Event)
	}
	return r
}

// take reads what an event adds to the account.
func (r *runAccount) take(seq int64, at time.Time, e steps.Event) {
	switch e := e.(type) {
	case steps.Opened:
		r.operator(e.Operator, e.Partner)
	case steps.Drove:
		r.operator(e.Driver, e.Partner)
	case steps.Noted:
		n := noted{At: at, Text: e.Text}
		if !e.Task.Zero() {
			n.Task = e.Task.String()
		}
		r.Notes = append(r.Notes, n)
	case steps.EvidenceKept:
		r.Kept = append(r.Kept, keptFile{short(e.Attempt), e.Host, e.File, e.SHA256, e.Why})
	case steps.Measured:
		r.Measures = append(r.Measures, measured{e.Name, e.Task.String(), e.Value, e.Unit, e.Source})
	}
	if t, ok := e.(steps.Triggered); ok && t.To == steps.TriggerFired {
		r.firing(t.Trigger)
	}
	if deviates(e) {
		r.Deviations = append(r.Deviations, deviation{seq, at, sentenceFor(e)})
	}
}

func (r *runAccount) operator(names ...string) {
	for _, n := range names {
		known := n == ""
		for _, have := range r.Operators {
			known = known || have == n
		}
		if !known {
			r.Operators = append(r.Operators, n)
		}
	}
}

// deviates reports whether an event is something that the plan did not say.
func deviates(e steps.Event) bool {
	switch e := e.(type) {
	case steps.Skipped, steps.Overridden, steps.CannotBeDone, steps.Held, steps.Excluded, steps.StoppedWaiting,
		steps.Amended, steps.PhaseAccepted, steps.Resolved, steps.RollbackOpened, steps.RollbackClosed, steps.LeftOut,
		steps.NotRestored, steps.Lost, steps.NotStarted, steps.TimedOut, steps.CancelAsked, steps.Assumed, steps.Recovered:
		return true
	case steps.Triggered:
		return e.To != steps.TriggerSees
	case steps.Closed:
		return !e.Complete
	case steps.PhaseOpened:
		return e.Reason != ""
	case steps.Bound:
		return e.Reason != ""
	case steps.MarkedDone:
		return e.Reason != ""
	case steps.Exited:
		return !e.OK
	case steps.Verified:
		return !e.Holds
	case steps.Soaked:
		return e.To != steps.SoakGreen && e.To != steps.SoakComplete
	case steps.Intended:
		return e.Override != "" || e.Undo || e.Confirm.Single != "" || e.N > 1
	}
	return false
}

func accountTask(c *steps.Case, t steps.Task) taskAccount {
	ts, s := c.State.Task(t), c.Step(t)
	a := taskAccount{Step: t.Step, Host: t.Host, Title: s.Title, Refs: s.Refs, Status: ts.Status, How: ts.How, Reason: ts.Reason}
	if ts.Status == steps.TaskNotStarted && s.Left != "" {
		a.Status, a.Reason = steps.TaskSkipped, s.Left
	}
	if ts.Status == steps.TaskOpen {
		a.waits = s.Waits()
	}
	if s.Estimate > 0 {
		a.Planned = s.Estimate
	} else if s.Soak != nil {
		a.Planned = s.Soak.For
	}
	for _, at := range ts.Attempts {
		x := attemptAccount{ID: at.ID, Undo: at.Undo, By: at.Confirm.By, Approver: at.Confirm.Approver, Level: at.Confirm.Level, Began: at.Intended,
			Why: at.Why, Override: at.Override}
		if at.HasCode {
			code := at.Code
			x.Exit = &code
			x.Took = steps.Duration(at.Exited.Sub(at.Intended).Round(time.Millisecond))
		}
		if !at.Undo {
			a.Took += x.Took
		}
		a.Attempts = append(a.Attempts, x)
	}
	return a
}
