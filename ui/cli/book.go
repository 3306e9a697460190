package cli

// The rule of this file: a runbook with errors goes no further than check.

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"sync"

	"belay/steps"
	"belay/steps/lint"
)

// loaded is a runbook file as it is on disk now.
type loaded struct {
	path     string // absolute
	src      []byte
	book     *steps.Runbook // nil with errors
	problems steps.Problems
}

// load reads a runbook and finds its errors; the error is of the file, not of
// its text.
func (p *program) load(name string) (*loaded, error) { return p.read(name, lint.Errors) }

// read reads a runbook and checks it, with the linter as it is wanted.
func (p *program) read(name string, lint func(*steps.Runbook) steps.Problems) (*loaded, error) {
	l := &loaded{path: p.env.abs(name)}
	var err error
	if l.src, err = p.env.ReadFile(l.path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usage("belay init makes one; -f FILE names another", "there is no runbook %s", name)
		}
		return nil, usage("-f FILE names another", "read runbook: %v", err)
	}
	l.book, l.problems = parsed(name, l.src)
	if l.book != nil {
		l.problems = append(append(l.problems, steps.Check(l.book)...), lint(l.book)...).Sort()
	}
	return l, nil
}

// texts are the runbooks that this process has parsed: a file and its run have one
// text, and so have most runs before it. No Runbook changes once it is loaded.
var texts struct {
	sync.Mutex
	of map[string]*steps.Runbook // by name and text
}

// parsed is steps.Load, once for each text. One with problems is loaded anew.
func parsed(name string, src []byte) (*steps.Runbook, steps.Problems) {
	key := name + "\x00" + string(src)
	texts.Lock()
	rb := texts.of[key]
	texts.Unlock()
	if rb != nil {
		return rb, nil
	}
	rb, problems := steps.Load(name, src)
	if len(problems) == 0 {
		texts.Lock()
		defer texts.Unlock()
		if texts.of == nil {
			texts.of = map[string]*steps.Runbook{}
		}
		texts.of[key] = rb
	}
	return rb, problems
}

// sound loads a runbook that has no errors.
func (p *program) sound(name string) (*loaded, error) {
	l, err := p.load(name)
	if err != nil {
		return nil, err
	}
	if !l.problems.Failed() {
		return l, nil
	}
	for _, x := range l.problems {
		if x.Error {
			fmt.Fprintln(p.env.Stderr, x)
		}
	}
	return nil, stop(steps.CodeFailed, "belay check -f "+name, "%s has errors", name)
}

// environments lists those of some kinds, sorted.
func environments(rb *steps.Runbook, kind steps.EnvKind) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(rb.Environments)) {
		if rb.Environments[name].Kind == kind {
			out = append(out, name)
		}
	}
	return out
}

// inEnv lays an environment over the runbook; an unknown one is a usage error.
func (l *loaded) inEnv(env string) (*steps.Runbook, error) {
	rb, err := l.book.For(env)
	if err != nil {
		return nil, usage("-e names one of them", "%v", err)
	}
	return rb, nil
}

// anyEnv is the environment for verbs that look at any: the one that is named,
// else the only live one, else the file as it is.
func (l *loaded) anyEnv(name string) (*steps.Runbook, error) {
	if live := environments(l.book, steps.Live); name == "" && len(live) == 1 {
		name = live[0]
	}
	if name == "" {
		name = steps.EmbeddedEnv
	}
	return l.inEnv(name)
}

// liveEnv is the environment of a live run.
func (l *loaded) liveEnv(name string) (*steps.Runbook, error) {
	live := environments(l.book, steps.Live)
	switch {
	case name == "" && len(live) == 0:
		return nil, usage("add [environments.NAME] with kind = \"live\", or try belay rehearse",
			"%s has no live environment", filepath.Base(l.path))
	case name == "" && len(live) > 1:
		return nil, usage("name one: -e "+live[0], "%d environments are live: %s", len(live), join(live))
	case name == "":
		name = live[0]
	}
	rb, err := l.inEnv(name)
	if err == nil && rb.Kind != steps.Live {
		return nil, usage("belay rehearse"+rehearseEnv(rb), "environment %s is for rehearsals, and run takes live ones only", name)
	}
	return rb, err
}

func rehearseEnv(rb *steps.Runbook) string {
	if rb.Kind == steps.Embedded {
		return ""
	}
	return " -e " + rb.Env
}

// rehearsalEnv is the environment of a rehearsal: the embedded fleet's unless
// another is named.
func (l *loaded) rehearsalEnv(name string) (*steps.Runbook, error) {
	if name == "" {
		name = steps.EmbeddedEnv
	}
	rb, err := l.inEnv(name)
	if err == nil && rb.Kind == steps.Live {
		return nil, usage("leave -e out for the embedded fleet", "environment %s is live, and a rehearsal never touches one", name)
	}
	return rb, err
}

func join(names []string) string {
	out := ""
	for i, n := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			out += " and "
		default:
			out += ", "
		}
		out += n
	}
	return out
}
