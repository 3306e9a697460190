package cli

// The rule of this file: how a run stands is read off its journal; nobody is
// asked, and the exit code is that of the run.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"belay/runner/tail"
	"belay/steps"
)

// statusReport is status --json.
type statusReport struct {
	V        int             `json:"v"`
	Run      runReport       `json:"run"`
	Phases   []phaseReport   `json:"phases"`
	Triggers []triggerReport `json:"triggers,omitempty"`
	Clocks   []clocksReport  `json:"clocks,omitempty"`
	Skews    []string        `json:"clock_skew,omitempty"`
	Holds    []string        `json:"holds,omitempty"`
	Inputs   []string        `json:"open_inputs,omitempty"`
	Back     string          `json:"rollback,omitempty"` // scope of the open one
	Row      string          `json:"sequence,omitempty"` // that stopped before its end, or was cut: why, and what is next
}

type phaseReport struct {
	ID       string       `json:"id"`
	Title    string       `json:"title"`
	Opened   time.Time    `json:"opened,omitzero"`
	Until    time.Time    `json:"window_until,omitzero"`
	Done     int          `json:"done"`
	Skipped  int          `json:"skipped"`
	Excluded int          `json:"excluded,omitempty"`
	Trouble  int          `json:"trouble"`
	Total    int          `json:"total"`
	InPlay   int          `json:"hosts_in_play"`
	Hosts    int          `json:"hosts"`
	Accepted string       `json:"accepted,omitempty"` // why hosts may be left out
	Tasks    []taskReport `json:"tasks"`
}

type taskReport struct {
	Step     string       `json:"step"`
	Host     string       `json:"host"`
	Title    string       `json:"title"`
	Status   steps.Status `json:"status"`
	Ready    bool         `json:"ready,omitempty"`
	How      string       `json:"how,omitempty"`
	Reason   string       `json:"reason,omitempty"`
	Since    time.Time    `json:"since,omitzero"`
	Attempts int          `json:"attempts,omitempty"`
	Exit     *int         `json:"exit,omitempty"`

	waits string // what an open task waits for, in words
}

func (p *program) statusVerb() *cobra.Command {
	c := verb("status [flags]", "how a run stands; the exit code is the run's", noWords,
		func(*cobra.Command, []string) error { return p.status() })
	c.Long = "Status reads the journal and asks nobody. A run that goes on by itself, with a console that looks at it,\n" +
		"needs nobody either: its code is 0, and the last line says what runs or soaks.\n\n" + codesText
	p.addRun(c)
	p.addState(c)
	p.addJSON(c)
	return c
}

func (p *program) status() error {
	l, err := p.chosen()
	if err != nil {
		return err
	}
	if err := l.damaged(); err != nil {
		return err
	}
	s := l.status(p)
	if p.opt.json {
		if err := p.sayJSON(s); err != nil {
			return err
		}
		return quiet(s.Run.Code)
	}
	p.sayStatus(s)
	return quiet(s.Run.Code)
}

func (l *ledger) status(p *program) statusReport {
	c := l.caseNow(p)
	s := statusReport{V: 1, Run: l.report(p), Inputs: c.OpenInputs()}
	s.Triggers, s.Clocks, s.Skews = reportTriggers(c), clocksOf(c), skewsOf(c)
	if l.state.Rollback != nil {
		s.Back = l.state.Rollback.Scope.String()
	}
	s.Row = leftOff(c)
	for scope, why := range l.state.Holds {
		s.Holds = append(s.Holds, scope.String()+": "+why)
	}
	slices.Sort(s.Holds)
	ready := map[steps.Task]bool{}
	for _, t := range c.Ready() {
		ready[t] = true
	}
	for i := range c.Book.Phases {
		ph := &c.Book.Phases[i]
		n, at := c.Progress(ph.ID), l.state.Phases[ph.ID]
		r := phaseReport{ID: ph.ID, Title: ph.Title, Opened: at.Opened, Until: at.Until,
			Done: n.Done, Skipped: n.Skipped, Excluded: n.Excluded, Trouble: n.Trouble, Total: n.Total, Accepted: at.Accepted}
		r.InPlay, r.Hosts = c.InPlay(ph.ID)
		for _, t := range ph.Tasks() {
			r.Tasks = append(r.Tasks, reportTask(c, t, ready[t]))
		}
		s.Phases = append(s.Phases, r)
	}
	return s
}

func reportTask(c *steps.Case, t steps.Task, ready bool) taskReport {
	ts, s := c.State.Task(t), c.Step(t)
	r := taskReport{Step: t.Step, Host: t.Host, Title: s.Title, Status: ts.Status, Ready: ready, How: ts.How,
		Reason: ts.Reason, Since: ts.Since, Attempts: len(ts.Attempts)}
	if ts.Status == steps.TaskNotStarted && s.Left != "" {
		r.Status, r.Reason = steps.TaskSkipped, s.Left
	}
	if a := ts.Attempt(); a != nil && a.HasCode {
		r.Exit = &a.Code
	}
	if ts.Status == steps.TaskOpen {
		r.waits = s.Waits()
	}
	return r
}

func (p *program) sayStatus(s statusReport) {
	p.say("%s  %s  %s\n", tail.Inert(s.Run.Title), environmentWord(s.Run.Env, s.Run.Kind), s.Run.ID)
	p.say("%s %s, driven by %s%s\n", openWord(s.Run), s.Run.when(), tail.Inert(s.Run.Driver), withPartner(s.Run.Partner))
	for _, ph := range s.Phases {
		p.say("\n%s  %s  %d of %d%s\n", ph.ID, tail.Inert(ph.Title), ph.Done+ph.Skipped, ph.Total, inPlay(ph))
		assumed := 0
		for _, t := range ph.Tasks {
			if t.Status == steps.TaskDone && t.How == steps.HowAssumed {
				assumed++
			} else if line := taskLine(t); line != "" {
				p.say("  %s\n", line)
			}
		}
		if assumed > 0 {
			p.say("  %s assumed done before this run\n", count(assumed, "task"))
		}
	}
	p.sayClocks(s)
	for _, t := range s.Triggers {
		if t.State != "quiet" && t.State != "rests" {
			p.say("\ntrigger %s: %s%s\n", t.ID, t.State, tail.Inert(because(t.Reason)))
		}
	}
	for _, h := range s.Holds {
		p.say("\nhold: %s\n", tail.Inert(h))
	}
	if len(s.Inputs) > 0 {
		p.say("\nopen inputs: %s\n", join(s.Inputs))
	}
	if s.Row != "" {
		p.say("\n%s\n", tail.Inert(s.Row))
	}
	if s.Back != "" {
		p.say("\na rollback of %s is open\n", s.Back)
	}
	p.say("\n%s\n", s.Run.sentence())
}

// when says from when to when a run was open.
func (r runReport) when() string {
	const form = "2006-01-02 15:04:05"
	if r.Closed.IsZero() {
		return "since " + r.Began.Local().Format(form)
	}
	return "at " + r.Closed.Local().Format(form) + ", begun " + r.Began.Local().Format(form)
}

// inPlay says that hosts were left out of a phase.
func inPlay(ph phaseReport) string {
	if ph.InPlay == ph.Hosts {
		return ""
	}
	return fmt.Sprintf(", %d of %d hosts%s", ph.InPlay, ph.Hosts, tail.Inert(because(ph.Accepted)))
}

// taskLine shows what is not plainly waiting for its turn.
func taskLine(t taskReport) string {
	if t.Status == steps.TaskNotStarted && !t.Ready {
		return ""
	}
	word := string(t.Status)
	if t.waits != "" {
		word = t.waits
	}
	if t.Ready {
		word = "ready"
	}
	if t.How != "" && t.How != steps.HowProven {
		word += ", " + t.How
	}
	line := fmt.Sprintf("%-28s %-20s %s", t.Step+"@"+t.Host, word, tail.Inert(t.Title))
	if t.Reason != "" {
		line += ": " + tail.Inert(t.Reason)
	}
	return strings.TrimRight(line, " ")
}

func withPartner(name string) string {
	if name == "" {
		return ""
	}
	return " with " + tail.Inert(name)
}

// codesText is product.md section 3, for help and man.
const codesText = `Exit codes: 0 done, 1 a step failed or errors were found, 2 usage, 3 declined or cancelled,
4 needs a person, 5 a trigger or soak is red, 6 something is unknown, 7 a host is unreachable or
not the one we know, 8 the journal is damaged. Where several hold, the first of 2, 8, 6, 5, 1, 7,
4, 3 wins.`

// codeWords say an exit code in a word or two.
var codeWords = map[int]string{
	steps.CodeDone: "done", steps.CodeFailed: "failed", steps.CodeUsage: "usage", steps.CodeDeclined: "declined or cancelled",
	steps.CodePerson: "needs a person", steps.CodeRed: "red", steps.CodeUnknown: "unknown",
	steps.CodeUnreachable: "unreachable", steps.CodeDamaged: "journal damaged",
}

// sentenceOf says an outcome.
func sentenceOf(code int, why string) string {
	if why == "" || why == codeWords[code] {
		return codeWords[code]
	}
	return codeWords[code] + ": " + tail.Inert(why)
}
