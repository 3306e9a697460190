package steps

// The rule of this file: an environment is laid over a copy, tables merged and
// arrays replaced; it may raise a danger and never lower one.

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// LocalHost is the machine that Belay runs on, as a host.
const LocalHost = "local"

// EmbeddedEnv is the reserved name of the embedded fleet's environment.
const EmbeddedEnv = "rehearsal"

// DefaultTimeout of a script that names none.
const DefaultTimeout = 30 * time.Minute

// For gives a copy of the runbook with an environment laid over it, hosts
// resolved and steps marked that the environment leaves out. The embedded
// fleet's environment, "rehearsal", is the file as it is.
func (rb *Runbook) For(env string) (*Runbook, error) {
	over, known := rb.Environments[env]
	if !known && env != EmbeddedEnv {
		names := rb.environmentNames()
		return nil, fmt.Errorf("environment %q: not in %s%s; it has %s", env, rb.Name,
			suggest(env, names), oneOf(append(names, EmbeddedEnv)))
	}
	out := *rb
	out.Env, out.Kind, out.Approver = env, over.Kind, over.ApproverFrom
	if env == EmbeddedEnv {
		over, out.Kind, out.Approver = Environment{}, Embedded, Unset
	}
	out.Vars = merged(rb.Vars, over.Vars)
	out.VarOrder = slices.Clone(rb.VarOrder)
	for _, name := range slices.Sorted(maps.Keys(over.Vars)) {
		if !slices.Contains(out.VarOrder, name) {
			out.VarOrder = append(out.VarOrder, name)
		}
	}
	out.Hosts = maps.Clone(rb.Hosts)
	for id, h := range over.Hosts {
		out.Hosts[id] = out.Hosts[id].with(h)
	}
	out.Watches = maps.Clone(rb.Watches)
	for id, w := range over.Watches {
		if out.Watches == nil {
			out.Watches = map[string]Watch{}
		}
		out.Watches[id] = out.Watches[id].with(w)
	}
	out.Phases = slices.Clone(rb.Phases)
	for i := range out.Phases {
		out.Phases[i].Steps = out.resolved(out.Phases[i].Steps, over)
	}
	out.Rollback.Before = out.resolved(rb.Rollback.Before, over)
	out.Rollback.After = out.resolved(rb.Rollback.After, over)
	return &out, nil
}

// environmentNames lists the environments of the file, sorted.
func (rb *Runbook) environmentNames() []string { return slices.Sorted(maps.Keys(rb.Environments)) }

// resolved copies steps as they are in the environment of rb.
func (rb *Runbook) resolved(list []Step, over Environment) []Step {
	list = slices.Clone(list)
	for i := range list {
		s := &list[i]
		s.Hosts = rb.HostsOf(s.On)
		s.Danger = max(s.Danger, over.Danger[s.ID])
		if s.Soak != nil && s.Soak.Rehearsal > 0 && rb.Kind == Embedded {
			short := *s.Soak
			short.For = short.Rehearsal
			s.Soak = &short
		}
		if slices.Contains(s.SkipIn, rb.Env) {
			s.Left = s.SkipReason
		}
	}
	return list
}

func merged[V any](under, over map[string]V) map[string]V {
	out := maps.Clone(under)
	if out == nil && over != nil {
		out = map[string]V{}
	}
	maps.Copy(out, over)
	return out
}

// with lays the keys that another host has over this one's.
func (h Host) with(over Host) Host {
	if over.Address != "" {
		h.Address = over.Address
	}
	if over.User != "" {
		h.User = over.User
	}
	if over.Port != 0 {
		h.Port = over.Port
	}
	if over.Role != "" {
		h.Role = over.Role
	}
	h.Vars = merged(h.Vars, over.Vars)
	return h
}

func (w Watch) with(over Watch) Watch {
	if over.On != "" {
		w.On = over.On
	}
	if over.Logs != nil {
		w.Logs = over.Logs
	}
	if over.Gauges != nil {
		w.Gauges = over.Gauges
	}
	return w
}

// Step finds a step by its id, in the phases and in the rollback; nil when
// there is none. It points into the runbook.
func (rb *Runbook) Step(id string) *Step {
	for s := range rb.Steps() {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// Steps goes through all steps: those of the phases in order, then those
// before and after the undos of a rollback.
func (rb *Runbook) Steps() func(yield func(*Step) bool) {
	return func(yield func(*Step) bool) {
		lists := make([][]Step, 0, len(rb.Phases)+2)
		for i := range rb.Phases {
			lists = append(lists, rb.Phases[i].Steps)
		}
		for _, list := range append(lists, rb.Rollback.Before, rb.Rollback.After) {
			for i := range list {
				if !yield(&list[i]) {
					return
				}
			}
		}
	}
}

// HostsOf resolves what a step's "on" names: a host, a group in its order, or
// "local" when it names nothing; nil when there is no such host or group.
func (rb *Runbook) HostsOf(on string) []string {
	if on == "" || on == LocalHost {
		return []string{LocalHost}
	}
	if _, ok := rb.Hosts[on]; ok {
		return []string{on}
	}
	return slices.Clone(rb.Groups[on])
}

// AllHosts lists the servers as the file does; local is not among them.
func (rb *Runbook) AllHosts() []string { return slices.Clone(rb.HostOrder) }
