package cli

// The rule of this file: the report is made from the run directory alone. What
// it says has a name and a time, and what a rehearsal made up says so.

import (
	"time"

	"github.com/spf13/cobra"

	"belay/steps"
)

// runAccount is report --format json: what was planned and what happened.
type runAccount struct {
	V         int          `json:"v"`
	Run       runReport    `json:"run"`
	Stamp     string       `json:"stamp"` // REHEARSAL, or empty for a live run
	Outcome   string       `json:"outcome"`
	Operators []string     `json:"operators"`
	Drove     []drover     `json:"drove"` // who acted from when on, and with whom
	Inputs    []inputGiven `json:"inputs,omitempty"`

	Unrehearsed []steps.Unrehearsed `json:"unrehearsed,omitempty"`
	Phases      []phaseAccount      `json:"phases"`
	Rollback    []taskAccount       `json:"rollback,omitempty"` // the steps around the undos
	Deviations  []deviation         `json:"deviations"`
	SecondYeses []secondYes         `json:"second_yeses,omitempty"`
	Triggers    []triggerReport     `json:"triggers,omitempty"`
	Clocks      []clocksReport      `json:"clocks,omitempty"`
	Measures    []measured          `json:"measures,omitempty"`
	Criteria    []criterionJudged   `json:"criteria,omitempty"`
	Documents   []paper             `json:"documents,omitempty"`
	AtHand      atHand              `json:"at_hand,omitzero"`
	Notes       []noted             `json:"notes,omitempty"`
	Kept        []keptFile          `json:"evidence_kept,omitempty"` // before undos
	Hosts       []steps.Bound       `json:"hosts,omitempty"`
	Scripts     []sentScript        `json:"scripts,omitempty"` // every script that was sent, in full
	Head        string              `json:"head"`
}

type drover struct {
	At      time.Time `json:"at"`
	Driver  string    `json:"driver"`
	Partner string    `json:"partner,omitempty"`
}

type inputGiven struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	By       string `json:"by,omitempty"`
	Invented bool   `json:"invented,omitempty"` // the value that the file keeps for rehearsals
}

type phaseAccount struct {
	ID        string         `json:"id"`
	Title     string         `json:"title"`
	Opened    time.Time      `json:"opened,omitzero"`
	Ended     time.Time      `json:"ended,omitzero"` // the last of its tasks; zero while one is open
	Until     time.Time      `json:"window_until,omitzero"`
	Planned   steps.Duration `json:"planned,omitempty"`
	AtLeast   bool           `json:"planned_at_least,omitempty"` // a part of it has no estimate
	Took      steps.Duration `json:"took,omitempty"`
	Baselines []seen         `json:"baselines,omitempty"` // read when it opened
	Tasks     []taskAccount  `json:"tasks"`
}

// secondYes is one of an approver, ahead or in the question itself.
type secondYes struct {
	At    time.Time    `json:"at"`
	By    string       `json:"by"`
	For   string       `json:"for"`
	Task  string       `json:"task"`
	N     int          `json:"n"`
	Level steps.Danger `json:"level,omitempty"`
	How   string       `json:"how"`
}

type measured struct {
	Name     string    `json:"name"`
	Task     string    `json:"task"`
	As       string    `json:"as,omitempty"` // baseline or result
	Value    string    `json:"value"`
	Unit     string    `json:"unit,omitempty"`
	Source   string    `json:"source"`
	By       string    `json:"by,omitempty"` // who typed it; empty for a script
	At       time.Time `json:"at"`
	Invented bool      `json:"invented,omitempty"`
}

type criterionJudged struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Refs     []string `json:"refs,omitempty"`
	Measure  string   `json:"measure"`
	Success  string   `json:"success"`
	Failed   string   `json:"failed,omitempty"`
	Verdict  string   `json:"verdict"` // success, failed, undecided, or undecided (rehearsal)
	Why      string   `json:"why"`
	Invented bool     `json:"invented,omitempty"`
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
	By   string    `json:"by,omitempty"`
	Task string    `json:"task,omitempty"`
	Text string    `json:"text"`
	File *paper    `json:"file,omitempty"` // that was attached
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
	c.Long = `Report says of every task who did it, when, on what evidence and how it ended; what differs from
the plan, with its reason; the scripts exactly as they were sent; the figures and their criteria.
It is made from the run directory alone. What a rehearsal made up is labelled.`
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
