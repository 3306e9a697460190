package lint

// The rule of this file: nobody is silenced without a reason, by mistake, or
// for longer than needed.

import (
	"maps"
	"slices"
	"strings"

	"belay/steps"
)

// silenced reports whether the file may silence a rule: neither what does not
// parse nor the rule about silencing.
func (r Rule) silenced() bool { return r.ID != "shell-syntax" && r.ID != silence }

const silence = "silence"

// heard leaves out what the file silences, and adds what is wrong with that.
func (b *book) heard() steps.Problems {
	var out steps.Problems
	owners := b.rb.Silencers()
	used := make([]map[string]bool, len(owners))
	for i := range used {
		used[i] = map[string]bool{}
	}
	for _, f := range b.found {
		i := slices.IndexFunc(owners, func(o steps.Silencer) bool { return o.Has(f.path) })
		if i < 0 || strings.TrimSpace(owners[i].Lint[f.Rule]) == "" || !ruleOf(f.Rule).silenced() {
			out = append(out, f.Problem)
			continue
		}
		used[i][f.Rule] = true
	}
	b.found, b.rule = nil, ruleOf(silence)
	for i, o := range owners {
		for _, id := range slices.Sorted(maps.Keys(o.Lint)) {
			b.checkSilence(o, id, used[i][id])
		}
	}
	for _, f := range b.found {
		out = append(out, f.Problem)
	}
	return out
}

func (b *book) checkSilence(o steps.Silencer, id string, used bool) {
	path := steps.Member(o.Path+".lint", id)
	switch r := ruleOf(id); {
	case r.ID == "":
		b.rule.Error = true
		b.value(path, "the linter has no rule %q%s", id, steps.Suggest(id, ids()))
		b.rule.Error = false
	case strings.TrimSpace(o.Lint[id]) == "":
		b.rule.Error = true
		b.value(path, "%s is silenced without a reason; say why it is right here", id)
		b.rule.Error = false
	case !r.silenced():
		b.value(path, "%s cannot be silenced", id)
	case !used:
		b.value(path, "%s finds nothing in %s: take this away, or it hides the next mistake", id, o.Name)
	}
}
