package cli

// The rule of this file: --auto asks nothing and decides nothing; it prints
// what happens and ends with the run's outcome.

import (
	"context"
	"fmt"

	"belay/runner"
	"belay/runner/tail"
	"belay/steps"
)

// autoOf reads the flags of --auto against the runbook.
func (p *program) autoOf(rb *steps.Runbook) (*runner.Auto, error) {
	o := &p.opt
	a := &runner.Auto{Max: steps.Low, Until: o.until, Only: o.only, Nobody: rb.Kind == steps.Embedded}
	if rb.Kind == steps.Embedded {
		a.Max = steps.Critical
	}
	if o.maxDanger != "" {
		max, err := steps.ParseDanger(o.maxDanger)
		if err != nil || max == steps.Unset {
			return nil, usage("none, low, med, high or critical", "--max-danger %q is no level", o.maxDanger)
		}
		a.Max = max
	}
	if s := rb.Step(o.until); o.until != "" && (s == nil || rb.Phase(s.Phase) == nil) {
		return nil, usage("belay plan lists them", "--until %s: no phase has such a step", o.until)
	}
	if o.only != "" && rb.Phase(o.only) == nil {
		return nil, usage("it has "+join(phaseIDs(rb)), "--only %s: there is no such phase", o.only)
	}
	if o.rollback != "" {
		scope, err := scopeOf(rb, o.rollback)
		if err != nil {
			return nil, err
		}
		a.Rollback = &scope
	}
	return a, nil
}

// scopeOf reads run, a phase or a host.
func scopeOf(rb *steps.Runbook, word string) (steps.Scope, error) {
	_, host := rb.Hosts[word]
	switch {
	case word == "run":
		return steps.Scope{}, nil
	case rb.Phase(word) != nil:
		return steps.Scope{Phase: word}, nil
	case host || word == steps.LocalHost:
		return steps.Scope{Host: word}, nil
	}
	return steps.Scope{}, usage("run, a phase ("+join(phaseIDs(rb))+") or a host ("+join(rb.AllHosts())+")", "there is nothing called %q to roll back", word)
}

// auto carries the run by itself.
func (s *session) auto(ctx context.Context, a *runner.Auto) error {
	if s.next != nil && a.Rollback == nil {
		if !a.Nobody {
			return stop(steps.CodePerson, "accept its new text in the console or with --plain, or start a new run with --new",
				"%s has changed since run %s took it", fileName(s.ledger.state.Opened), s.ledger.id)
		}
	}
	if err := s.carry(ctx, a, false); err != nil {
		return err
	}
	out := &stream{w: s.p.env.Stdout, dir: s.ledger.dir, words: !s.p.opt.json, at: s.start}
	printing, done := context.WithCancel(context.Background())
	printed := make(chan error, 1)
	go func() { printed <- out.follow(printing, s.wrote) }()
	var o runner.Outcome
	select {
	case o = <-s.runner.Done():
	case <-ctx.Done():
		snap := s.runner.Snapshot()
		code, _ := snap.Case.Outcome(nil)
		o = runner.Outcome{Code: steps.Worse(code, steps.CodePerson), Why: "stopped by a signal; " + stillOpen(snap)}
	}
	c := s.leave()
	done()
	if err := <-printed; err != nil {
		return err
	}
	fmt.Fprintf(s.p.env.Stderr, "%s  run %s in %s\n", sentenceOf(o.Code, o.Why), c.State.Opened.Run,
		tail.Inert(environmentWord(c.State.Opened.Env, c.State.Opened.EnvKind)))
	if o.Code == steps.CodeUnreachable {
		for _, id := range sorted(c.Seen.Hosts) {
			if hint := c.Seen.Hosts[id].Hint; hint != "" {
				fmt.Fprintf(s.p.env.Stderr, "hint: %s: %s\n", id, tail.Inert(hint))
			}
		}
	}
	return quiet(o.Code)
}

// stillOpen names what goes on, or waits, without us.
func stillOpen(s runner.Snapshot) string {
	var busy, proofs []steps.Task
	for _, t := range s.Case.State.Busy("") {
		if a := s.Case.State.Task(t).Attempt(); a != nil && a.Stage == steps.TaskVerifying {
			proofs = append(proofs, t) // nothing of it runs on its host
		} else {
			busy = append(busy, t)
		}
	}
	switch {
	case len(busy) == 1:
		return busy[0].String() + " goes on without this console"
	case len(busy) > 1:
		return fmt.Sprintf("%s and %d more go on without this console", busy[0], len(busy)-1)
	case len(proofs) > 0:
		return "the proof of " + proofs[0].String() + " is looked for by the next console"
	}
	for _, t := range s.Case.Book.Tasks() {
		if s.Case.State.Task(t).Status == steps.TaskOpen {
			return t.String() + " " + s.Case.Stands(t)
		}
	}
	return "nothing is under way"
}
