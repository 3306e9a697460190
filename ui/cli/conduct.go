package cli

// The rule of this file: a face is chosen before anything is written, and all
// faces drive the same run in the same way.

import (
	"context"
	"fmt"

	"belay/runner"
	"belay/steps"
)

// checkFace refuses a face that cannot be shown here.
func (p *program) checkFace() error {
	if err := p.opt.checkFaces(); err != nil {
		return err
	}
	if p.opt.plain || p.opt.auto {
		return nil
	}
	switch {
	case !p.env.IsTerminal(p.env.Stdin) || !p.env.IsTerminal(p.env.Stdout):
		return usage("--plain goes by lines and prompts, --auto asks nothing", "the console needs a terminal, and there is none")
	case p.env.Getenv("TERM") == "dumb":
		return usage("--plain goes by lines and prompts", "the console cannot be drawn on a terminal of type dumb")
	}
	_, err := p.screenOptions()
	return err
}

// conduct drives a run with the face that was asked for.
func (p *program) conduct(ctx context.Context, t *target) error {
	rb := t.book
	if t.open != nil {
		if err := t.open.damaged(); err != nil {
			return err
		}
		rb = t.open.book()
	}
	var auto *runner.Auto
	if p.opt.auto {
		var err error
		if auto, err = p.autoOf(rb); err != nil {
			return err
		}
	}
	s, err := p.begin(t)
	if err != nil {
		return err
	}
	defer s.leave()
	if t.file != nil && t.file.problems.Failed() {
		fmt.Fprintf(p.env.Stderr, "belay: %s has errors now; run %s goes on with its own text\n", fileName(s.ledger.state.Opened), s.ledger.id)
	}
	switch {
	case auto != nil:
		return s.auto(ctx, auto)
	case p.opt.plain:
		return s.plain(ctx)
	}
	return s.console(ctx)
}

// banner says where we are, in words, as the console's header does.
func banner(o steps.Opened, id string) string {
	where := fmt.Sprintf("%s, real servers", o.Env)
	switch o.EnvKind {
	case steps.Embedded:
		where = fmt.Sprintf("REHEARSAL embedded fleet, nothing real is touched, speed %gx", o.Speed)
	case steps.Rehearsal:
		where = fmt.Sprintf("REHEARSAL %s, real servers", o.Env)
	}
	return fmt.Sprintf("%s: %s, run %s", o.Title, where, id)
}

// parting names the open work.
func (s *session) parting(last runner.Snapshot) string {
	o := last.Case.State.Opened
	if c := last.Case.State.Closed; c != nil {
		return fmt.Sprintf("run %s in %s is closed", o.Run, o.Env)
	}
	verb := "run"
	if o.EnvKind != steps.Live {
		verb = "rehearse"
	}
	command := fmt.Sprintf("belay %s --run %s", verb, o.Run)
	if s.p.opt.given("state") {
		command += " --state " + s.p.opt.state
	}
	return fmt.Sprintf("run %s in %s stays open: %s; go on with: %s", o.Run, o.Env, stillOpen(last), s.p.env.again(command))
}
