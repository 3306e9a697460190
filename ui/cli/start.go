package cli

// The rule of this file: the start screen shows what is there and starts
// nothing live by itself.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui"
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
	p.addScreen(c)
	return c
}

// start shows what there is to choose, and goes on with what was chosen.
// Without a terminal it says the same in lines.
func (p *program) start(ctx context.Context) error {
	if !p.env.IsTerminal(p.env.Stdin) || !p.env.IsTerminal(p.env.Stdout) || p.env.Getenv("TERM") == "dumb" {
		return p.overview()
	}
	choices, err := p.choices()
	if err != nil {
		return err
	}
	screen, err := p.screenOptions()
	if err != nil {
		return err
	}
	screen.Title = "belay"
	c, err := ui.Choose(ctx, screen, "What is to be done?", choices)
	if err != nil || c == nil {
		return err
	}
	return p.begun(ctx, c.ID)
}

// begun goes on as the verb would that was chosen. The name of a live
// environment was typed on the start screen.
func (p *program) begun(ctx context.Context, id string) error {
	what, name, _ := strings.Cut(id, " ")
	switch what {
	case "run":
		p.opt.run = name
		l, err := p.chosen()
		if err != nil {
			return err
		}
		p.opt.env = l.state.Opened.Env
		if l.state.Opened.EnvKind == steps.Live {
			return p.run(ctx)
		}
		if l.state.Opened.EnvKind == steps.Embedded {
			p.opt.env = ""
		}
		return p.rehearse(ctx)
	case "live":
		p.opt.env, p.typed = name, true
		return p.run(ctx)
	case "staging":
		p.opt.env = name
	}
	p.opt.speed = defaultSpeed
	return p.rehearse(ctx)
}

// choices of the start screen: open runs first, then what can be begun here.
func (p *program) choices() ([]ui.Choice, error) {
	all, err := p.ledgers()
	if err != nil {
		return nil, err
	}
	var out []ui.Choice
	for _, l := range slices.Backward(all) {
		if l.open() {
			r := l.report(p)
			out = append(out, ui.Choice{ID: "run " + r.ID, Group: "Open runs", Label: r.ID + "  " + environmentWord(r.Env, r.Kind),
				Detail: fmt.Sprintf("%d of %d, %s", r.Done+r.Skipped, r.Total, r.sentence())})
		}
	}
	out = append(out, ui.Choice{ID: "embedded", Group: "Rehearse", Label: "embedded fleet", Detail: "simulated servers in this binary; nothing real is touched"})
	file, err := p.load(p.opt.file)
	if err != nil || file.book == nil {
		return out, nil // what there is to begin is then said by belay check
	}
	for _, name := range environments(file.book, steps.Rehearsal) {
		out = append(out, ui.Choice{ID: "staging " + name, Group: "Rehearse", Label: name, Detail: "real servers, stamped REHEARSAL"})
	}
	for _, name := range environments(file.book, steps.Live) {
		c := ui.Choice{ID: "live " + name, Group: "Live", Label: name, Detail: "real servers; a run is opened, nothing is executed yet", Type: name}
		if rb, err := file.inEnv(name); err == nil {
			list, of, err := p.unrehearsed(rb)
			if err != nil {
				return nil, err
			}
			c.Notes = unrehearsedLines(rb, list, of)
		}
		out = append(out, c)
	}
	return out, nil
}

// overview prints open runs, environments and what to type next.
func (p *program) overview() error {
	all, err := p.ledgers()
	if err != nil {
		return err
	}
	for _, l := range slices.Backward(all) {
		if l.damage != nil {
			p.say("damaged  %s  %s\n", l.id, tail.Inert(l.damage.Error()))
		} else if l.open() {
			r := l.report(p)
			p.say("open     %s  %s  %d of %d, %s\n", r.ID, environmentWord(r.Env, r.Kind), r.Done+r.Skipped, r.Total, r.sentence())
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
	of := ofFile(p.opt.file)
	for _, name := range environments(file.book, steps.Live) {
		p.say("live     %s  %s\n", name, p.env.again("belay run"+of+" -e "+name))
	}
	for _, name := range environments(file.book, steps.Rehearsal) {
		p.say("staging  %s  %s\n", name, p.env.again("belay rehearse"+of+" -e "+name))
	}
	p.say("rehearse embedded fleet, nothing real is touched  %s\n", p.env.again("belay rehearse"+of))
	return nil
}
