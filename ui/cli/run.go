package cli

// The rule of this file: a live run never starts by itself. Its environment is
// named by a person, typed, or given as -e to --auto.

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"belay/runner/tail"
	"belay/steps"
)

func (p *program) runVerb() *cobra.Command {
	c := verb("run [flags]", "carry out a runbook on real servers", noWords,
		func(c *cobra.Command, _ []string) error { return p.run(c.Context()) })
	c.Long = `Run resumes the open live run of the runbook and environment, or starts one and asks for the
environment's name, typed. Before that it lists every step that no rehearsal on real hosts has carried
out as it stands (the embedded fleet does not count). It opens the console; --plain goes by lines and prompts, --auto asks
nothing. Leaving never cancels what runs on servers: run it again to go on.

` + codesText
	p.addBook(c)
	p.addAnswers(c)
	p.addRun(c)
	p.addFaces(c)
	p.addState(c)
	return c
}

func (p *program) run(ctx context.Context) error {
	if err := p.checkFace(); err != nil {
		return err
	}
	t, err := p.find(liveKinds, func(*ledger) bool { return true })
	if err != nil {
		return err
	}
	if t.open == nil {
		if err := p.mayStart(t); err != nil {
			return err
		}
		t.opened = p.opening(t)
		if t.opened.Unrehearsed, err = p.sayUnrehearsed(t.book); err != nil {
			return err
		}
		if err := p.typedEnv(ctx, t.book.Env); err != nil {
			return err
		}
	}
	return p.conduct(ctx, t)
}

// mayStart refuses flags that a new run cannot mean.
func (p *program) mayStart(t *target) error {
	if p.opt.rollback != "" {
		return usage("belay runs", "there is no open run of %s in %s to roll back", p.opt.file, t.book.Env)
	}
	if _, err := p.inputs(t.book); err != nil {
		return err
	}
	if p.opt.auto {
		_, err := p.autoOf(t.book)
		return err
	}
	return nil
}

// typedEnv asks for the environment's name before a live run begins.
func (p *program) typedEnv(ctx context.Context, env string) error {
	if p.typed {
		return nil
	}
	if p.opt.auto {
		if p.opt.env == "" {
			return usage("-e "+env, "--auto asks nothing, so a live run has to name its environment")
		}
		return nil
	}
	fmt.Fprintf(p.prompts(), "This starts a live run. Type the environment's name to go on (%s): ", env)
	line, err := p.input().line(ctx)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(p.prompts())
		return stop(steps.CodeDeclined, "the same command begins anew", "cancelled; nothing was started")
	case err != nil:
		fmt.Fprintln(p.prompts())
		return stop(steps.CodePerson, "type it at the prompt; under --auto an explicit -e stands for it", "the environment's name was not typed; nothing was started")
	}
	if line != env {
		return stop(steps.CodeDeclined, "the same command asks again; the name has to stand there exactly", "%q is not %s; nothing was started", tail.Inert(line), env)
	}
	return nil
}
