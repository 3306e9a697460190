package steps

// The rule of this file: a finding names its place as a compiler does, so that
// an editor can jump to it, and a rule in brackets, so that it can be looked up.

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Problem is one finding about a runbook.
type Problem struct {
	File  string `json:"file"`
	Line  int    `json:"line"`  // from 1
	Col   int    `json:"col"`   // from 1, in runes
	Error bool   `json:"error"` // a warning otherwise
	Rule  string `json:"rule"`
	Text  string `json:"text"`
}

// String is FILE:LINE:COL: error|warning: text [rule].
func (p Problem) String() string {
	level := "warning"
	if p.Error {
		level = "error"
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s [%s]", p.File, p.Line, p.Col, level, p.Text, p.Rule)
}

// Problems are findings, sorted by position once Sort was called; Load, Check
// and the linter give them sorted.
type Problems []Problem

// Sort orders by position, errors before warnings, and drops repetitions.
func (ps Problems) Sort() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
			cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(ps)
}

func rank(p Problem) int {
	if p.Error {
		return 0
	}
	return 1
}

// Failed reports whether one of the findings is an error.
func (ps Problems) Failed() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Error })
}

// Err joins the errors among the findings; nil when there are only warnings.
func (ps Problems) Err() error {
	var errs []error
	for _, p := range ps {
		if p.Error {
			errs = append(errs, errors.New(p.String()))
		}
	}
	return errors.Join(errs...)
}
