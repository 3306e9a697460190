package cli

// The rule of this file: which run is meant is settled before anything is
// written: an open one of the same file and environment, or a new one.

import (
	"path/filepath"
	"slices"

	"belay/steps"
)

// target is the run that was asked for.
type target struct {
	open   *ledger        // the run to go on with; nil: a new one is made
	file   *loaded        // the runbook on disk; nil when the run's own text is all there is
	book   *steps.Runbook // of a new run, its environment applied
	opened steps.Opened   // of a new run
}

// kinds that a verb takes, and what it is called.
type kinds struct {
	verb, other string
	takes       func(steps.EnvKind) bool
	env         func(*loaded, string) (*steps.Runbook, error)
}

var (
	liveKinds = kinds{"run", "belay rehearse", func(k steps.EnvKind) bool { return k == steps.Live }, (*loaded).liveEnv}
	trialKind = kinds{"rehearse", "belay run", func(k steps.EnvKind) bool { return k != steps.Live }, (*loaded).rehearsalEnv}
)

// named is the run that --run names; it must be open and of the verb's kind.
func (p *program) named(k kinds) (*target, error) {
	l, err := p.chosen()
	if err != nil {
		return nil, err
	}
	if err := l.damaged(); err != nil {
		return nil, err
	}
	o := l.state.Opened
	switch {
	case !k.takes(o.EnvKind):
		return nil, usage(k.other+" --run "+l.id, "run %s is in %s, and %s does not take it", l.id, environmentWord(o.Env, o.EnvKind), k.verb)
	case !l.open():
		return nil, usage("start a new one with --new", "run %s is closed", l.id)
	case p.opt.env != "" && p.opt.env != o.Env:
		return nil, usage("leave -e out", "run %s is in environment %s, not in %s", l.id, o.Env, p.opt.env)
	case p.opt.given("file") && p.env.abs(p.opt.file) != o.File:
		return nil, usage("leave -f out", "run %s is of %s", l.id, o.File)
	}
	file, err := p.load(o.File)
	if err != nil {
		file = nil // the run directory is self-contained: it goes on without its file
	}
	return &target{open: l, file: file}, nil
}

// find settles the target from file and environment. Same says whether an open
// run is the one that is meant, beyond these two.
func (p *program) find(k kinds, same func(*ledger) bool) (*target, error) {
	if p.opt.run != "" {
		return p.named(k)
	}
	file, err := p.load(p.opt.file)
	if err != nil {
		return nil, err
	}
	all, err := p.ledgers()
	if err != nil {
		return nil, err
	}
	t := &target{file: file}
	if file.problems.Failed() {
		return p.findBroken(t, all, k, same)
	}
	if t.book, err = k.env(file, p.opt.env); err != nil {
		return nil, err
	}
	if !p.opt.fresh {
		t.open = newest(all, func(l *ledger) bool {
			return l.of(file.path, t.book.Env, t.book.Kind) && same(l)
		})
	}
	return t, nil
}

// findBroken still goes on with an open run when its file has errors now: the
// run has its own text, and this may be the hour in which it is needed most.
func (p *program) findBroken(t *target, all []*ledger, k kinds, same func(*ledger) bool) (*target, error) {
	if !p.opt.fresh {
		t.open = newest(all, func(l *ledger) bool {
			o := l.state.Opened
			env := p.opt.env == o.Env || p.opt.env == "" && (o.EnvKind != steps.Rehearsal)
			return o.File == t.file.path && env && k.takes(o.EnvKind) && same(l)
		})
	}
	if t.open == nil {
		_, err := p.sound(p.opt.file)
		return nil, err
	}
	return t, nil
}

// of reports whether the run is of a file and an environment.
func (l *ledger) of(path, env string, kind steps.EnvKind) bool {
	o := l.state.Opened
	return o.File == path && o.Env == env && o.EnvKind == kind
}

// newest is the newest open run that fits. A damaged one counts as open: to
// start beside it as if it were not there would hide it.
func newest(all []*ledger, fits func(*ledger) bool) *ledger {
	for _, l := range slices.Backward(all) {
		if (l.open() || l.begun() && l.damage != nil && l.state.Closed == nil) && fits(l) {
			return l
		}
	}
	return nil
}

// opening is the first event of a new run.
func (p *program) opening(t *target) steps.Opened {
	return steps.Opened{Title: t.book.Title, File: t.file.path, Hash: t.book.Hash, Env: t.book.Env, EnvKind: t.book.Kind,
		Operator: p.actor(), Partner: p.opt.partner, Version: Version()}
}

// changed is the text on disk where it is sound and not that of the run.
func (t *target) changed(book *steps.Runbook) (*steps.Runbook, []byte) {
	if t.file == nil || t.file.problems.Failed() || t.file.book.Hash == book.Hash {
		return nil, nil
	}
	next, err := t.file.book.For(book.Env)
	if err != nil {
		return nil, nil
	}
	return next, t.file.src
}

// fileName is how messages call the runbook of a run.
func fileName(o steps.Opened) string { return filepath.Base(o.File) }
