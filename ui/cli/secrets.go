package cli

// The rule of this file: a secret is read when a step of the run may still need
// it, held in memory only, and never part of a message.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"time"

	"belay/runner/tail"
	"belay/steps"
)

// secretPatience is how long the command of a secret may take: it may ask for
// a PIN on its own.
const secretPatience = 2 * time.Minute

// needed lists the secrets that some step or probe of a runbook uses, sorted.
func needed(rb *steps.Runbook) []string {
	used := map[string]bool{}
	for _, p := range rb.Probes {
		used[p.Token] = true
	}
	for s := range rb.Steps() {
		texts := stepTexts(s)
		if s.File != nil {
			texts = append(texts, s.File.Template)
			for _, v := range s.File.Set {
				used[v.Secret] = true
			}
		}
		readIn(rb, texts, used)
	}
	return sortedOf(rb, used)
}

// neededBack lists those that a rollback uses: it runs no forward step, and
// nobody has to be asked for what only those need.
func neededBack(c *steps.Case, scope steps.Scope) []string {
	used := map[string]bool{}
	for _, e := range c.UndoPlan(scope) {
		s := c.Step(e.Task)
		var texts []string
		var evidence []*steps.Evidence
		switch {
		case e.Part != steps.PartUndo:
			texts, evidence = stepTexts(s), []*steps.Evidence{s.Check, s.Verify}
			for i := range s.Evidence {
				evidence = append(evidence, &s.Evidence[i])
			}
		case s.Undo != nil:
			texts = append([]string{s.Undo.Script, s.Undo.Dir}, evidenceTexts(s.Undo.Verify)...)
			evidence = []*steps.Evidence{s.Undo.Verify}
		}
		readIn(c.Book, texts, used)
		for _, x := range evidence {
			if x != nil {
				used[c.Book.Probes[x.Probe].Token] = true
			}
		}
	}
	return sortedOf(c.Book, used)
}

// readIn marks the secrets that some of the texts read.
func readIn(rb *steps.Runbook, texts []string, used map[string]bool) {
	all := strings.Join(texts, "\n")
	for name := range rb.Secrets {
		if strings.Contains(all, name+"_FILE") {
			used[name] = true
		}
	}
}

func sortedOf(rb *steps.Runbook, used map[string]bool) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(rb.Secrets)) {
		if used[name] {
			out = append(out, name)
		}
	}
	return out
}

// sources are the variables of ours that hold secrets, which scripts of this
// machine must not inherit: they get secrets as files, like everywhere.
func sources(rb *steps.Runbook) []string {
	var out []string
	for _, s := range rb.Secrets {
		if s.Env != "" {
			out = append(out, s.Env)
		}
	}
	return out
}

// invented gives the secrets of the embedded fleet. They are drawn from the
// run's id, so that a console that comes back masks what an earlier one wrote.
func invented(rb *steps.Runbook, run string) map[string][]byte {
	out := map[string][]byte{}
	for name := range rb.Secrets {
		sum := sha256.Sum256([]byte("belay rehearsal " + run + " " + name))
		out[name] = []byte(hex.EncodeToString(sum[:16]))
	}
	return out
}

// secrets reads those that are named.
func (p *program) secrets(ctx context.Context, rb *steps.Runbook, names []string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, name := range names {
		value, err := p.secret(ctx, name, rb.Secrets[name])
		var e *ending
		switch {
		case errors.As(err, &e):
			return nil, err
		case err != nil:
			return nil, stop(steps.CodeFailed, "where it comes from stands under [secrets] in the runbook", "secret %s: %v", name, err)
		case len(value) < tail.MinSecret:
			return nil, stop(steps.CodeFailed, "a shorter one would be found in innocent text",
				"secret %s has fewer than %d bytes", name, tail.MinSecret)
		}
		out[name] = value
	}
	return out, nil
}

func (p *program) secret(ctx context.Context, name string, s steps.Secret) ([]byte, error) {
	switch {
	case len(s.Command) > 0:
		return commandSecret(ctx, p.env.Cwd, s.Command)
	case s.Env != "":
		return []byte(p.env.Getenv(s.Env)), nil
	case s.File != "":
		b, err := p.env.ReadFile(p.env.abs(s.File))
		return bytes.TrimSuffix(b, []byte("\n")), err
	}
	if p.opt.auto {
		return nil, stop(steps.CodePerson, "leave out --auto, or give it an env, a file or a command under [secrets]", "secret %s is asked from a person: %s", name, s.Prompt)
	}
	if !p.env.IsTerminal(p.env.Stdin) {
		return nil, stop(steps.CodePerson, "start it on a terminal, or give it an env, a file or a command under [secrets]", "secret %s is asked without echo, and there is no terminal", name)
	}
	return p.typedSecret(ctx, first(s.Prompt, name))
}

// secretTries is how often a secret that is too short is asked for again.
const secretTries = 3

func (p *program) typedSecret(ctx context.Context, label string) (value []byte, err error) {
	for n := range secretTries {
		if value, err = p.hidden(ctx, label); err != nil || len(value) >= tail.MinSecret {
			break
		}
		if n < secretTries-1 {
			fmt.Fprintf(p.env.Stderr, "a secret has at least %d bytes; once more\n", tail.MinSecret)
		}
	}
	return value, err
}

// commandSecret runs a command for what it prints; a final newline is cut. What
// it prints on stderr may hold anything, so only its exit code is told.
func commandSecret(ctx context.Context, dir string, argv []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, secretPatience)
	defer cancel()
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Dir = dir
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", argv[0], err)
	}
	return bytes.TrimSuffix(out, []byte("\n")), nil
}
