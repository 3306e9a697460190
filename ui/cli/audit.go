package cli

// The rule of this file: the chain is verified from its first byte, and the
// head is printed, since only whoever wrote it down elsewhere can tell that the
// end of a journal was removed.

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"belay/runner/journal"
)

func (p *program) auditVerb() *cobra.Command {
	c := verb("audit [flags]", "verify the journal of a run and print its head", noWords,
		func(*cobra.Command, []string) error { return p.audit() })
	c.Long = `Audit reads the whole journal, verifies the hash of every record and that each follows the one
before, and folds it. It prints the number of records and the head: the hash of the last record.
Compare it with a head that was noted elsewhere to see that nothing was cut off. Exit code 8 on damage.`
	p.addRun(c)
	p.addState(c)
	p.addJSON(c)
	return c
}

// audited is audit --json.
type audited struct {
	V       int    `json:"v"`
	Run     string `json:"run"`
	Journal string `json:"journal"`
	Records int    `json:"records"`
	Head    string `json:"head"`
	Damage  string `json:"damage,omitempty"`
	Offset  *int64 `json:"offset,omitempty"`
}

func (p *program) audit() error {
	l, err := p.chosen()
	if err != nil {
		return err
	}
	a := audited{V: 1, Run: l.id, Journal: filepath.Join(l.dir, journal.FileName), Records: len(l.records)}
	if n := len(l.records); n > 0 {
		a.Head = l.records[n-1].Hash
	}
	if d, ok := l.damage.(*journal.Damage); ok {
		a.Offset = &d.Offset
	}
	if l.damage != nil {
		a.Damage = l.damage.Error()
	}
	if p.opt.json {
		if err := p.sayJSON(a); err != nil {
			return err
		}
		return l.damaged()
	}
	p.say("run      %s\njournal  %s\nrecords  %d\n", a.Run, a.Journal, a.Records)
	if err := l.damaged(); err != nil {
		p.say("good up to record %d\n", a.Records)
		return err
	}
	p.say("head     %s\nchain    whole\n", a.Head)
	return nil
}
