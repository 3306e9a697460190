package cli

// The rule of this file: a rehearsal never touches a live environment, and one
// that is resumed is the same one: same beginning, same faults, same speed.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"belay/runner/rehearsal"
	"belay/steps"
)

// defaultSpeed of the embedded fleet's soaks and delays.
const defaultSpeed = 60

func (p *program) rehearseVerb() *cobra.Command {
	c := verb("rehearse [flags]", "carry out a runbook on the embedded fleet, or in a staging environment", noWords,
		func(c *cobra.Command, _ []string) error { return p.rehearse(c.Context()) })
	c.Long = `Rehearse without -e uses the embedded fleet: simulated servers inside this binary, on which the
runbook's real scripts run. Nothing real is touched. With -e the environment must be of kind
rehearsal; it is real in all but the stamp. It resumes the open rehearsal with the same --from,
--fault and --speed, else starts one.

Faults, for --fault; without @HOST on whichever host runs STEP first:

` + faultsText() + `

` + codesText
	p.addBook(c)
	p.addAnswers(c)
	p.addRun(c)
	p.addFaces(c)
	p.addState(c)
	f := c.Flags()
	f.StringVar(&p.opt.from, "from", "", "on the embedded fleet: begin at `PHASE`; earlier tasks are assumed done")
	f.Float64Var(&p.opt.speed, "speed", defaultSpeed, "on the embedded fleet: `N` times as fast (soaks and delays, never timeouts)")
	f.StringArrayVar(&p.opt.faults, "fault", nil, "on the embedded fleet: a fault `SPEC` such as crash-loop:w82; may be repeated")
	f.BoolVar(&p.opt.tour, "tour", false, "teach the keys of the console on the way")
	_ = c.RegisterFlagCompletionFunc("from", p.completePhase)
	return c
}

// faultsText lists the faults, one a line.
func faultsText() string {
	var out []string
	for _, f := range rehearsal.FaultForms() {
		out = append(out, fmt.Sprintf("  %-29s  %s", f[0], f[1]))
	}
	return strings.Join(out, "\n")
}

func (p *program) rehearse(ctx context.Context) error {
	if err := p.checkFace(); err != nil {
		return err
	}
	if p.opt.speed <= 0 || p.opt.speed > 1e6 {
		return usage("--speed 60", "--speed %g: want a number above 0", p.opt.speed)
	}
	for _, spec := range p.opt.faults {
		if err := checkFault(spec, nil); err != nil {
			return usage("a fault is one of\n"+faultsText(), "--%v", err)
		}
	}
	t, err := p.find(trialKind, p.sameRehearsal)
	if err != nil {
		return err
	}
	if t.open == nil {
		if err := p.openRehearsal(t); err != nil {
			return err
		}
	} else if err := p.fitsOpen(t.open); err != nil {
		return err
	}
	return p.conduct(ctx, t)
}

// openRehearsal settles what a new rehearsal begins with.
func (p *program) openRehearsal(t *target) error {
	if err := p.mayStart(t); err != nil {
		return err
	}
	t.opened = p.opening(t)
	if t.book.Kind != steps.Embedded {
		return p.onlyEmbedded(t.book.Env)
	}
	if _, err := assumed(t.book, p.opt.from); err != nil {
		return err
	}
	for _, spec := range p.opt.faults {
		if err := checkFault(spec, t.book); err != nil {
			return usage("belay help rehearse lists the faults", "--fault %s: %v", spec, err)
		}
	}
	t.opened.Speed, t.opened.From, t.opened.Faults = p.opt.speed, p.opt.from, p.opt.faults
	return nil
}

// onlyEmbedded refuses flags that mean nothing where servers are real.
func (p *program) onlyEmbedded(env string) error {
	for _, name := range []string{"from", "speed", "fault"} {
		if p.opt.given(name) {
			return usage("leave -e out", "--%s works on the embedded fleet only, and %s has real servers", name, env)
		}
	}
	return nil
}

// sameRehearsal reports whether an open one is the one that the flags mean.
func (p *program) sameRehearsal(l *ledger) bool {
	o := l.state.Opened
	if p.opt.auto && p.opt.rollback == "" && l.state.Rollback == nil && l.caseNow(p).Complete() {
		return false // it has nothing left that --auto could do
	}
	if o.EnvKind != steps.Embedded {
		return true
	}
	return o.From == p.opt.from && o.Speed == p.opt.speed && sameFaults(o.Faults, p.opt.faults)
}

// sameFaults compares them in whatever order they were given.
func sameFaults(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// fitsOpen refuses flags that the named rehearsal does not have.
func (p *program) fitsOpen(l *ledger) error {
	o := l.state.Opened
	if o.EnvKind != steps.Embedded {
		return p.onlyEmbedded(o.Env)
	}
	same := map[string]bool{"from": o.From == p.opt.from, "speed": o.Speed == p.opt.speed, "fault": sameFaults(o.Faults, p.opt.faults)}
	for _, name := range sorted(same) {
		if p.opt.given(name) && !same[name] {
			return usage("start a new one with --new", "run %s has another --%s", l.id, name)
		}
	}
	return nil
}

func (p *program) completePhase(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	l, err := p.load(p.opt.file)
	if err != nil || l.book == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return phaseIDs(l.book), cobra.ShellCompDirectiveNoFileComp
}
