package cli

// The rule of this file: a rehearsal that begins in the middle says so of every
// task before it, and invents no value that a later step depends on.

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"belay/steps"
)

// assumed are the events with which a rehearsal begins at a phase.
func assumed(rb *steps.Runbook, from string) ([]steps.Event, error) {
	if from == "" {
		return nil, nil
	}
	if rb.Phase(from) == nil {
		return nil, usage("it has "+join(phaseIDs(rb)), "--from %s: the runbook has no such phase", from)
	}
	later := laterTexts(rb, from)
	var out []steps.Event
	for i := range rb.Phases {
		ph := &rb.Phases[i]
		if ph.ID == from {
			break
		}
		for _, t := range ph.Tasks() {
			s := rb.Step(t.Step)
			if s.Left != "" {
				continue
			}
			values, err := assumedValues(s, from, later)
			if err != nil {
				return nil, err
			}
			out = append(out, steps.Assumed{Task: t, Values: values})
			if e, ok := assumedFigure(s, t); ok {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// assumedFigure is what a measure would have recorded, if the file says so.
func assumedFigure(s *steps.Step, t steps.Task) (steps.Measured, bool) {
	if s.Measure == nil {
		return steps.Measured{}, false
	}
	value, err := s.Measure.Figure(s.RehearsalFigure())
	return steps.Measured{Task: t, Name: s.Measure.Name, Value: value, Unit: s.Measure.Unit, Source: "assumed (rehearsal)"}, err == nil
}

// assumedValues gives the rehearsal values of a step's captures.
func assumedValues(s *steps.Step, from, later string) (map[string]string, error) {
	var out map[string]string
	for _, name := range slices.Sorted(maps.Keys(s.Capture)) {
		value, ok := s.Rehearsal[name]
		switch {
		case ok && out == nil:
			out = map[string]string{name: value}
		case ok:
			out[name] = value
		case reads(later, name):
			return nil, usage("add rehearsal."+name+" to step "+s.ID,
				"--from %s: a later step reads %s, which step %s captures and has no rehearsal value for", from, name, s.ID)
		}
	}
	return out, nil
}

// laterTexts are all texts from a phase on in which a value may be read.
func laterTexts(rb *steps.Runbook, from string) string {
	var b strings.Builder
	reached := false
	for s := range rb.Steps() {
		reached = reached || s.Phase == from
		if !reached || s.Left != "" {
			continue
		}
		for _, text := range stepTexts(s) {
			b.WriteString(text + "\n")
		}
	}
	return b.String()
}

func stepTexts(s *steps.Step) []string {
	out := []string{s.Script, s.Dir}
	if s.Undo != nil {
		out = append(out, s.Undo.Script, s.Undo.Dir)
		out = append(out, evidenceTexts(s.Undo.Verify)...)
	}
	out = append(out, evidenceTexts(s.Check)...)
	out = append(out, evidenceTexts(s.Verify)...)
	for i := range s.Evidence {
		out = append(out, evidenceTexts(&s.Evidence[i])...)
	}
	if s.File != nil {
		out = append(out, s.File.Path)
	}
	return out
}

func evidenceTexts(e *steps.Evidence) []string {
	if e == nil {
		return nil
	}
	return []string{e.Script, e.Path, e.Want}
}

func reads(text, name string) bool {
	return regexp.MustCompile(`\$\{?` + regexp.QuoteMeta(name) + `\b`).MatchString(text)
}

func phaseIDs(rb *steps.Runbook) []string {
	var out []string
	for _, p := range rb.Phases {
		out = append(out, p.ID)
	}
	return out
}
