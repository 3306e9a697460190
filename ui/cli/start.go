package cli

// The rule of this file: the start screen shows what is there and starts
// nothing live by itself.

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"belay/runner/tail"
	"belay/steps"
)

func (p *program) startVerb() *cobra.Command {
	c := verb("belay", "carry out a phased runbook on real servers, and get back safely", noVerb,
		func(c *cobra.Command, _ []string) error { return p.start(c.Context()) })
	c.Long = `Belay loads a phased runbook from TOML and gives operators a console to carry it out on real servers
over SSH, with a partner, inside a maintenance window, and to get back safely when it goes wrong.

Without a verb it opens the start screen: open runs, environments, rehearse. It never starts a live
run by itself. To begin: belay rehearse (nothing real is touched), belay init, belay check --connect.`
	p.addBook(c)
	p.addAnswers(c)
	p.addState(c)
	return c
}

// start shows what there is. Without a terminal it says the same in lines.
func (p *program) start(context.Context) error {
	return p.overview()
}

// overview prints open runs, environments and what to type next.
func (p *program) overview() error {
	all, err := p.ledgers()
	if err != nil {
		return err
	}
	for _, l := range slices.Backward(all) {
		if l.open() {
			r := l.report(p)
			p.say("open     %s  %s  %d of %d, %s\n", r.ID, environmentWord(r.Env, r.Kind), r.Done+r.Skipped, r.Total, sentenceOf(r.Code, r.Why))
		}
	}
	file, err := p.load(p.opt.file)
	if err != nil {
		p.say("runbook  none here; belay init writes one to start from\n")
		return nil
	}
	if file.book == nil {
		p.say("runbook  %s has errors; belay check lists them\n", p.opt.file)
		return nil
	}
	p.say("runbook  %s  %s\n", p.opt.file, tail.Inert(file.book.Title))
	for _, name := range environments(file.book, steps.Live) {
		p.say("live     %s  belay run -e %s\n", name, name)
	}
	for _, name := range environments(file.book, steps.Rehearsal) {
		p.say("staging  %s  belay rehearse -e %s\n", name, name)
	}
	p.say("rehearse embedded fleet, nothing real is touched  belay rehearse\n")
	return nil
}
