package steps

// The rule of this file: a criterion has a verdict only when a result and its
// baseline were measured on real servers. Until then it is undecided, and says
// what is missing.

import (
	"fmt"
	"strings"
)

// Verdicts of a criterion.
const (
	Success   = "success"
	Failed    = "failed"
	Undecided = "undecided"
)

// Judgement is a criterion with what its measures say.
type Judgement struct {
	Criterion *Criterion
	Verdict   string // Success, Failed or Undecided
	Why       string // the figures and what was wanted of them
	Invented  bool   // by a rehearsal: its figures are of no server
}

// Judgements gives every criterion its verdict.
func (c *Case) Judgements() []Judgement {
	var out []Judgement
	for i := range c.Book.Criteria {
		out = append(out, c.judgement(&c.Book.Criteria[i]))
	}
	return out
}

// judgement compares every result with the baseline of its host, or with the
// only one there is. One that failed is enough; to succeed takes all.
func (c *Case) judgement(k *Criterion) Judgement {
	j := Judgement{Criterion: k, Verdict: Undecided, Why: "no result of " + k.Measure + " yet", Invented: c.Book.Kind == Embedded}
	baselines := c.figures(k.Measure, "baseline")
	results := c.figures(k.Measure, "result")
	for n, r := range results {
		base := baselineFor(r.Task.Host, baselines)
		verdict, why := k.judge(r, base)
		if len(results) > 1 {
			why = r.Task.Host + ": " + why
		}
		switch {
		case n == 0 || verdict == Failed && j.Verdict != Failed || verdict == Undecided && j.Verdict == Success:
			j.Verdict, j.Why = verdict, why
		case verdict == j.Verdict:
			j.Why += "; " + why
		}
	}
	if j.Invented {
		j.Verdict = Undecided
	}
	return j
}

// figures lists what was recorded under a name, in the order of the file.
func (c *Case) figures(name, as string) []Measured {
	var out []Measured
	for s := range c.Book.Steps() {
		if s.Measure == nil || s.Measure.Name != name || s.Measure.As != as {
			continue
		}
		for _, h := range s.TaskHosts() {
			if m, ok := c.State.Measures[Task{s.ID, h}]; ok {
				out = append(out, m)
			}
		}
	}
	return out
}

func baselineFor(host string, of []Measured) *Measured {
	for i := range of {
		if of[i].Task.Host == host {
			return &of[i]
		}
	}
	if len(of) == 1 {
		return &of[0]
	}
	return nil
}

// judge holds one result against its baseline.
func (k *Criterion) judge(result Measured, baseline *Measured) (verdict, why string) {
	for _, x := range []struct{ verdict, change string }{{Failed, k.Failed}, {Success, k.Success}} {
		if x.change == "" {
			continue
		}
		want, err := ParseChange(x.change)
		if err != nil {
			return Undecided, err.Error()
		}
		holds, said := want.Judge(result.figure(), baseline.figure())
		switch holds {
		case Green:
			return x.verdict, said
		case CannotTell:
			return Undecided, said
		}
		why = said
	}
	if k.Failed != "" {
		why += fmt.Sprintf(", and not %s either", k.Failed)
	}
	return Undecided, why
}

// figure is what was measured, for a comparison; nil where nothing was.
func (m *Measured) figure() *Value {
	if m == nil {
		return nil
	}
	v := Value{Text: strings.TrimSpace(m.Value + " " + m.Unit), Known: m.Value != "", Raw: m.Value}
	if n, word, ok := parseFigure(m.Value); ok && word == "" {
		v.Number, v.Unit, v.IsNumber = n, m.Unit, true
	}
	return &v
}
