package cli

// The rule of this file: an answer is checked where it is given, so that a typo
// is a usage error and not a failed step.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"belay/steps"
)

// inputs reads --set against the inputs of a runbook.
func (p *program) inputs(rb *steps.Runbook) (map[string]string, error) {
	given, err := p.opt.answers()
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		v, ok := rb.Vars[name]
		if !ok || !v.IsInput() {
			return nil, usage(inputsHint(rb), "--set %s: the runbook asks for no such input", name)
		}
		value := given[name]
		if err := v.Accepts(value); err != nil {
			return nil, usage(v.Ask, "--set %s: %v", name, err)
		}
		if value == "" || strings.ContainsAny(value, "\n\x00") {
			return nil, usage(v.Ask, "--set %s: want one line that is not empty", name)
		}
	}
	return given, nil
}

func inputsHint(rb *steps.Runbook) string {
	var names []string
	for _, n := range rb.VarOrder {
		if rb.Vars[n].IsInput() {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return "it has no inputs"
	}
	return "it asks for " + join(names)
}

// count says "1 error", "2 errors".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if strings.HasSuffix(what, "y") {
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(what, "y"))
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// sorted gives the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
