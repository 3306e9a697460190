package cli

// The rule of this file: before a live run begins it is said what of it has
// never been tried on real servers, step by step; nobody has to ask.

import (
	"fmt"
	"io"
	"strings"

	"belay/runner/tail"
	"belay/steps"
)

// unrehearsed lists what of a runbook no rehearsal on real hosts has carried
// out, by all runs that are kept.
func (p *program) unrehearsed(rb *steps.Runbook) (list []steps.Unrehearsed, of int, err error) {
	all, err := p.ledgers()
	if err != nil {
		return nil, 0, err
	}
	known := map[string]bool{}
	for _, l := range all {
		if l.damage != nil {
			continue // nothing of it is believed
		}
		events := make([]steps.Event, len(l.events))
		for i, e := range l.events {
			events[i] = e.Event
		}
		for h := range steps.Rehearsed(events) {
			known[h] = true
		}
	}
	list, of = rb.NotRehearsed(known)
	return list, of, nil
}

// neverTried is unrehearsed of a live run; of another nothing is said.
func (p *program) neverTried(rb *steps.Runbook) (list []steps.Unrehearsed, of int, err error) {
	if rb.Kind != steps.Live {
		return nil, 0, nil
	}
	return p.unrehearsed(rb)
}

// untried names the steps that a new text of a live run brings and nobody has
// rehearsed on real hosts, in one line; "" where there are none.
func (p *program) untried(old, next *steps.Runbook) string {
	list, _, err := p.neverTried(next)
	if err != nil {
		return "whether what is new was rehearsed on real hosts cannot be told: " + err.Error()
	}
	had := map[string]bool{}
	for s := range old.Steps() {
		had[steps.ContentHash(s)] = true
	}
	var names []string
	for _, u := range list {
		if !had[u.Hash] {
			names = append(names, u.Step)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "new, and never rehearsed on real hosts: " + strings.Join(names, ", ")
}

// unrehearsedLines says it, a line each step, under a line that counts.
func unrehearsedLines(rb *steps.Runbook, list []steps.Unrehearsed, of int) []string {
	if len(list) == 0 {
		return []string{fmt.Sprintf("all %s with a script were rehearsed on real hosts as they stand", count(of, "step"))}
	}
	out := []string{fmt.Sprintf("never rehearsed on real hosts as they stand (the embedded fleet does not count): %d of %s", len(list), count(of, "step"))}
	for _, u := range list {
		title := ""
		if s := rb.Step(u.Step); s != nil {
			title = s.Title
		}
		out = append(out, fmt.Sprintf("  %-22s %.12s  %s", u.Step, u.Hash, title))
	}
	return out
}

// sayUnrehearsed prints it where questions are asked, and gives the list for
// the run's first event.
func (p *program) sayUnrehearsed(rb *steps.Runbook) ([]steps.Unrehearsed, error) {
	list, of, err := p.unrehearsed(rb)
	if err != nil {
		return nil, err
	}
	var to io.Writer = p.prompts()
	if p.opt.auto {
		to = p.env.Stderr
	}
	for _, line := range unrehearsedLines(rb, list, of) {
		fmt.Fprintln(to, tail.Inert(line))
	}
	return list, nil
}
