package lint

// The rule of this file: what a runbook says about its hosts and its values is
// looked up here once, for all rules.

import (
	"slices"
	"strings"

	"belay/steps"
)

// book is a runbook under the linter.
type book struct {
	rb      *steps.Runbook
	rules   []Rule // that are applied
	rule    Rule   // at work
	found   []finding
	order   map[*steps.Step]int // of the steps in the file
	capture []capture
}

// capture is a value that a step leaves behind on some hosts.
type capture struct {
	name  string
	step  *steps.Step
	hosts []string
}

func newBook(rb *steps.Runbook) *book {
	b := &book{rb: rb, order: map[*steps.Step]int{}}
	for s := range rb.Steps() {
		b.order[s] = len(b.order)
		for name := range s.Capture {
			b.capture = append(b.capture, capture{name, s, rb.HostsOf(s.On)})
		}
	}
	return b
}

// hosts of a script; nil when it may run on any.
func (b *book) hosts(s steps.Script) []string {
	if s.On == "" {
		return nil
	}
	return b.rb.HostsOf(s.On)
}

// vars of a host under every environment: all values that a name may have. An
// empty host stands for any.
func (b *book) vars(host, name string) (values []steps.Var) {
	take := func(vars map[string]steps.Var) {
		if v, ok := vars[name]; ok {
			values = append(values, v)
		}
	}
	take(b.rb.Vars)
	for id, h := range b.rb.Hosts {
		if host == "" || id == host {
			take(h.Vars)
		}
	}
	for _, e := range b.rb.Environments {
		take(e.Vars)
		for id, h := range e.Hosts {
			if host == "" || id == host {
				take(h.Vars)
			}
		}
	}
	return values
}

// captured reports whether a value can be there when a script runs on a host.
func (b *book) captured(s steps.Script, host, name string) bool {
	return slices.ContainsFunc(b.capture, func(c capture) bool {
		if c.name != name {
			return false
		}
		if host != "" && !slices.Contains(c.hosts, host) && !slices.Contains(c.hosts, steps.LocalHost) {
			return false
		}
		switch {
		case s.Step == nil || strings.HasPrefix(s.Step.Phase, "rollback."):
			return true // at any time
		case c.step == s.Step:
			return s.Role == steps.RoleUndo || s.Role == steps.RoleVerify
		}
		return b.order[c.step] < b.order[s.Step]
	})
}
