package lint

// The rule of this file: nobody is silenced without a reason, by mistake, or
// for longer than needed.

import (
	"maps"
	"slices"
	"strings"

	"belay/steps"
)

// silenced reports whether a step may silence a rule: neither what does not
// parse nor the rule about silencing.
func (r Rule) silenced() bool { return r.ID != "shell-syntax" && r.ID != silence }

const silence = "silence"

// heard leaves out what steps silence, and adds what is wrong with that.
func (b *book) heard() steps.Problems {
	var out steps.Problems
	used := map[*steps.Step]map[string]bool{}
	for _, f := range b.found {
		if f.step != nil && strings.TrimSpace(f.step.Lint[f.Rule]) != "" && ruleOf(f.Rule).silenced() {
			if used[f.step] == nil {
				used[f.step] = map[string]bool{}
			}
			used[f.step][f.Rule] = true
			continue
		}
		out = append(out, f.Problem)
	}
	b.found, b.rule = nil, ruleOf(silence)
	for s := range b.rb.Steps() {
		for _, id := range slices.Sorted(maps.Keys(s.Lint)) {
			b.checkSilence(s, id, used[s][id])
		}
	}
	for _, f := range b.found {
		out = append(out, f.Problem)
	}
	return out
}

func (b *book) checkSilence(s *steps.Step, id string, used bool) {
	path := steps.Member(s.Path()+".lint", id)
	switch r := ruleOf(id); {
	case r.ID == "":
		b.rule.Error = true
		b.value(s, path, "the linter has no rule %q%s", id, steps.Suggest(id, ids()))
		b.rule.Error = false
	case strings.TrimSpace(s.Lint[id]) == "":
		b.rule.Error = true
		b.value(s, path, "%s is silenced without a reason; say why it is right here", id)
		b.rule.Error = false
	case !r.silenced():
		b.value(s, path, "%s cannot be silenced", id)
	case !used:
		b.value(s, path, "%s finds nothing in step %s: take this away, or it hides the next mistake", id, s.ID)
	}
}
