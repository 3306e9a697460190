package cli

// The rule of this file: every run is listed, the damaged ones too; a list that
// hides what is broken is no list.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"belay/runner/journal"
	"belay/runner/tail"
	"belay/steps"
)

// runReport is a run in runs --json and in status --json.
type runReport struct {
	ID       string        `json:"id"`
	Dir      string        `json:"dir"`
	Title    string        `json:"title"`
	File     string        `json:"file"`
	Env      string        `json:"env"`
	Kind     steps.EnvKind `json:"kind"`
	Speed    float64       `json:"speed,omitempty"`
	From     string        `json:"from,omitempty"`
	Faults   []string      `json:"faults,omitempty"`
	Began    time.Time     `json:"began,omitzero"`
	Last     time.Time     `json:"last,omitzero"`
	Closed   time.Time     `json:"closed,omitzero"`
	Open     bool          `json:"open"`
	Driver   string        `json:"driver"`
	Partner  string        `json:"partner,omitempty"`
	Console  string        `json:"console,omitempty"` // the last that did not end well, or is still there
	Code     int           `json:"code"`
	Why      string        `json:"why,omitempty"`
	Done     int           `json:"done"`
	Skipped  int           `json:"skipped"`
	Total    int           `json:"total"`
	Events   int64         `json:"events"`
	Rehearse bool          `json:"rehearsal"`
	Fleet    int           `json:"fleet,omitempty"` // process that simulates its servers
}

func (l *ledger) began() time.Time {
	if len(l.records) == 0 {
		return time.Time{}
	}
	return l.records[0].Time
}

func (l *ledger) report(p *program) runReport {
	o := l.state.Opened
	r := runReport{ID: l.id, Dir: l.dir, Title: o.Title, File: o.File, Env: o.Env, Kind: o.EnvKind, Speed: o.Speed,
		From: o.From, Faults: o.Faults, Began: l.began(), Last: l.state.Last, Closed: l.state.ClosedAt, Open: l.open(), Driver: l.state.Driver,
		Partner: l.state.Partner, Console: journal.Holder(l.dir), Events: l.state.Seq, Rehearse: o.EnvKind != steps.Live}
	r.Code, r.Why = l.outcome(p)
	r.Fleet = l.fleet()
	if l.damage == nil {
		n := l.caseNow(p).Progress("")
		r.Done, r.Skipped, r.Total = n.Done, n.Skipped, n.Total
	}
	return r
}

func (p *program) runsVerb() *cobra.Command {
	c := verb("runs [flags]", "list the runs, the newest first", noWords, func(*cobra.Command, []string) error { return p.runs() })
	c.Long = "Runs lists what is in the state directory. An open run is resumed by `belay run` or `belay rehearse`."
	p.addRun(c)
	p.addState(c)
	p.addJSON(c)
	return c
}

func (p *program) runs() error {
	all, err := p.ledgers()
	if err != nil {
		return err
	}
	if p.opt.run != "" {
		one, err := byID(all, p.opt.run)
		if err != nil {
			return err
		}
		all = []*ledger{one}
	}
	list := make([]runReport, 0, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		list = append(list, all[i].report(p))
	}
	if p.opt.json {
		return p.sayJSON(struct {
			V    int         `json:"v"`
			Runs []runReport `json:"runs"`
		}{1, list})
	}
	if len(list) == 0 {
		p.say("no runs in %s\n", p.runsDir())
		return nil
	}
	w := tabwriter.NewWriter(p.env.Stdout, 0, 0, 2, ' ', 0)
	for _, r := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d/%d\t%s\t%s\n", r.ID, environmentWord(r.Env, r.Kind), openWord(r)+r.fleetWord(), r.Done+r.Skipped, r.Total,
			r.Last.Local().Format("2006-01-02 15:04"), tail.Inert(r.Title))
	}
	return w.Flush()
}

// fleet is the process that simulates the servers of a run until it is closed;
// 0 where there is none.
func (l *ledger) fleet() int {
	text, err := os.ReadFile(filepath.Join(l.dir, fleetName, "pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return 0
	}
	return pid
}

func (r runReport) fleetWord() string {
	if r.Fleet == 0 {
		return ""
	}
	return fmt.Sprintf(", its fleet is process %d", r.Fleet)
}

// environmentWord is the environment as it is shown everywhere: in words.
func environmentWord(env string, kind steps.EnvKind) string {
	switch kind {
	case steps.Embedded:
		return "REHEARSAL embedded fleet"
	case steps.Rehearsal:
		return "REHEARSAL " + env
	}
	return env
}

// ended reports whether nothing of the run is left to be done. One that only
// soaks needs nobody either, and has not ended.
func (r runReport) ended() bool { return r.Done+r.Skipped == r.Total }

func openWord(r runReport) string {
	switch {
	case r.Code == steps.CodeDamaged:
		return "damaged"
	case r.Open && r.Code == steps.CodeDone && r.ended():
		return "complete, open"
	case r.Open:
		return "open"
	case r.Code == steps.CodeDeclined:
		return "abandoned"
	}
	return "complete"
}

// sentence says how the run stands.
func (r runReport) sentence() string {
	if r.Code == steps.CodeDone && !r.ended() {
		return "needs nobody: " + tail.Inert(r.Why)
	}
	return sentenceOf(r.Code, r.Why)
}
