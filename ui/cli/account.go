package cli

// The rule of this file: the account follows the events in their order. A state
// says how a task stands; only its events say how it came to.

import (
	"path/filepath"
	"time"

	"belay/steps"
)

// account makes the report of a run.
func (l *ledger) account(p *program) runAccount {
	c := l.caseNow(p)
	r := runAccount{V: 1, Run: l.report(p), Deviations: []deviation{}, Head: l.records[len(l.records)-1].Hash}
	r.Unrehearsed = l.state.Opened.Unrehearsed
	for _, e := range l.events {
		if taken, ok := e.Event.(steps.Amended); ok {
			r.Unrehearsed = taken.Unrehearsed
		}
	}
	r.Outcome = r.Run.sentence()
	if l.state.Opened.EnvKind != steps.Live {
		r.Stamp = "REHEARSAL"
	}
	r.Documents, r.AtHand = l.papers(c), atHandOf(c)
	r.Triggers, r.Clocks = reportTriggers(c), clocksOf(c)
	tasks := l.tasks(c)
	r.phases(c, tasks)
	for _, h := range append(c.Book.AllHosts(), steps.LocalHost) {
		if b, ok := l.state.Hosts[h]; ok {
			r.Hosts = append(r.Hosts, b)
		}
	}
	for _, e := range l.events {
		r.take(c, e.Seq, e.At, e.Event)
	}
	for _, j := range c.Judgements() {
		r.Criteria = append(r.Criteria, judged(j))
	}
	r.Scripts = tasks.scripts
	return r
}

// phases gives every task its place: those of the phases, and those around the
// undos that were begun.
func (r *runAccount) phases(c *steps.Case, tasks *taskAccounts) {
	for i := range c.Book.Phases {
		ph := &c.Book.Phases[i]
		at := c.State.Phases[ph.ID]
		a := phaseAccount{ID: ph.ID, Title: ph.Title, Opened: at.Opened, Until: at.Until, Baselines: sightings(at.Baseline)}
		planned, whole := c.Planned(ph.ID)
		a.Planned, a.AtLeast = steps.Duration(planned), !whole
		for _, t := range ph.Tasks() {
			x := tasks.of(t)
			if x.Ended.After(a.Ended) {
				a.Ended = x.Ended
			}
			a.Tasks = append(a.Tasks, *x)
		}
		if !c.PhaseFinished(ph.ID) || a.Opened.IsZero() {
			a.Ended = time.Time{}
		} else {
			a.Took = lasted(a.Opened, a.Ended)
		}
		r.Phases = append(r.Phases, a)
	}
	for _, list := range [][]steps.Step{c.Book.Rollback.Before, c.Book.Rollback.After} {
		for _, s := range list {
			for _, h := range s.TaskHosts() {
				if t := (steps.Task{Step: s.ID, Host: h}); c.State.Task(t).Status != steps.TaskNotStarted {
					r.Rollback = append(r.Rollback, *tasks.of(t))
				}
			}
		}
	}
}

// take reads what an event adds to the account of the run as a whole.
func (r *runAccount) take(c *steps.Case, seq int64, at time.Time, e steps.Event) {
	invented := c.Book.Kind == steps.Embedded
	switch e := e.(type) {
	case steps.Opened:
		r.drive(at, e.Operator, e.Partner)
	case steps.Drove:
		r.drive(at, e.Driver, e.Partner)
	case steps.Answered:
		v := c.Book.Vars[e.Name]
		r.Inputs = append(r.Inputs, inputGiven{e.Name, e.Value, e.By, invented && e.Value == v.Rehearsal})
	case steps.Noted:
		n := noted{At: at, By: e.By, Text: e.Words()}
		if !e.Task.Zero() {
			n.Task = e.Task.String()
		}
		if e.File != nil {
			n.File = r.attached(e)
		}
		r.Notes = append(r.Notes, n)
	case steps.EvidenceKept:
		r.Kept = append(r.Kept, keptFile{short(e.Attempt), e.Host, e.File, e.SHA256, e.Why})
	case steps.Measured:
		as := ""
		if s := c.Step(e.Task); s != nil && s.Measure != nil {
			as = s.Measure.As
		}
		r.Measures = append(r.Measures, measured{e.Name, e.Task.String(), as, e.Value, e.Unit, e.Source, e.By, at, invented})
	case steps.Approved:
		r.SecondYeses = append(r.SecondYeses, secondYes{at, e.By, e.Bond.For, e.Task.String(), e.Bond.N, e.Level, e.How})
	case steps.SignedOff:
		if e.As == "approver" {
			r.SecondYeses = append(r.SecondYeses, secondYes{At: at, By: e.By, For: e.Title, Task: e.Task.String(), How: first(e.How, "-")})
		}
	case steps.Triggered:
		if e.To == steps.TriggerFired {
			r.firing(e.Trigger)
		}
	}
	if kinds := deviates(e); len(kinds) > 0 {
		r.Deviations = append(r.Deviations, deviation{seq, at, kinds, steps.By(e), reasonOf(e), sentenceFor(e)})
	}
}

func (r *runAccount) drive(at time.Time, driver, partner string) {
	r.Drove = append(r.Drove, drover{at, driver, partner})
	for _, n := range []string{driver, partner} {
		known := n == ""
		for _, have := range r.Operators {
			known = known || have == n
		}
		if !known {
			r.Operators = append(r.Operators, n)
		}
	}
}

func judged(j steps.Judgement) criterionJudged {
	k := j.Criterion
	out := criterionJudged{k.ID, first(k.Title, k.ID), k.Refs, k.Measure, k.Success, k.Failed, j.Verdict, j.Why, j.Invented}
	if j.Invented {
		out.Verdict += " (rehearsal)"
	}
	return out
}

// textFile is the name of the file that keeps a text of the run.
func (l *ledger) textFile(hash string) string {
	if hash == l.state.Opened.Hash {
		return bookName
	}
	return amendmentName(hash)
}

func (l *ledger) logFile(attempt string) string { return filepath.Join(logsName, attempt+".log") }

// lasted is how long something took, to the millisecond; 0 where one end is not
// known.
func lasted(from, to time.Time) steps.Duration {
	if from.IsZero() || to.IsZero() {
		return 0
	}
	return steps.Duration(to.Sub(from).Round(time.Millisecond))
}
