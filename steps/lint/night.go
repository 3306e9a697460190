package lint

// The rule of this file: hosts, order and age are judged over the whole
// runbook, and only where the file leaves no other reading.

import (
	"maps"
	"slices"
	"strings"
	"time"

	"belay/steps"
)

// oldest is how old a value may be that opens a gate, before somebody should
// ask why.
const oldest = 15 * time.Minute

func oldEvidence(b *book) {
	for s := range b.rb.Steps() {
		if s.Kind != steps.Gate {
			continue
		}
		for i, e := range s.Evidence {
			if e.MaxAge.D() > oldest {
				b.value(steps.Element(s.Path()+".evidence", i)+".max_age", "a value of %s ago opens this gate: what is asked anew when the gate opens needs no such age", e.MaxAge)
			}
		}
	}
}

// hostAbsent finds one server that is left out where all its neighbours in a
// group are not.
func hostAbsent(b *book) {
	for i := range b.rb.Phases {
		b.absentFrom(&b.rb.Phases[i])
	}
}

func (b *book) absentFrom(p *steps.Phase) {
	covered := map[string]bool{}
	for i := range p.Steps {
		for _, h := range b.rb.HostsOf(p.Steps[i].On) {
			covered[h] = true
		}
	}
	for _, group := range b.groups() {
		hosts := b.rb.Groups[group]
		missing := slices.DeleteFunc(slices.Clone(hosts), func(h string) bool { return covered[h] })
		if s := b.widest(p, hosts); len(missing) == 1 && s != nil && (len(hosts) > 3 || b.sameOn(p, hosts, missing[0])) {
			b.value(s.Path()+".on", "%s has no step in phase %s, and every other host of %s has: is it forgotten? If not, silence this with the reason", missing[0], p.ID, group)
			return
		}
	}
	b.stepsWithout(p)
}

// sameOn reports whether one script of a phase goes to all of some hosts but
// one: of two hosts out of three that is what makes the third one missed.
func (b *book) sameOn(p *steps.Phase, hosts []string, but string) bool {
	reach := map[string]map[string]bool{}
	for i := range p.Steps {
		s := &p.Steps[i]
		if reach[s.Script] == nil {
			reach[s.Script] = map[string]bool{}
		}
		for _, h := range b.rb.HostsOf(s.On) {
			reach[s.Script][h] = s.Script != ""
		}
	}
	for _, to := range reach {
		if !slices.ContainsFunc(hosts, func(h string) bool { return !to[h] && h != but }) {
			return true
		}
	}
	return false
}

// groups lists the groups of three hosts and more, the largest first.
func (b *book) groups() []string {
	out := slices.DeleteFunc(slices.Sorted(maps.Keys(b.rb.Groups)), func(g string) bool { return len(b.rb.Groups[g]) < 3 })
	slices.SortStableFunc(out, func(x, y string) int { return len(b.rb.Groups[y]) - len(b.rb.Groups[x]) })
	return out
}

// onlyStepOn reports whether no other step goes to just the same hosts: a group
// that several steps go to has a reason to be.
func (b *book) onlyStepOn(s *steps.Step) bool {
	n, on := 0, b.rb.HostsOf(s.On)
	for other := range b.rb.Steps() {
		if hosts := b.rb.HostsOf(other.On); containsAll(on, hosts) && containsAll(hosts, on) {
			n++
		}
	}
	return n == 1
}

// widest is the first step of a phase that reaches most of some hosts.
func (b *book) widest(p *steps.Phase, hosts []string) (which *steps.Step) {
	most := 0
	for i := range p.Steps {
		n := 0
		for _, h := range b.rb.HostsOf(p.Steps[i].On) {
			if slices.Contains(hosts, h) {
				n++
			}
		}
		if n > most {
			most, which = n, &p.Steps[i]
		}
	}
	return which
}

// stepsWithout finds a step that reaches all but one host of a group that two
// other steps of the phase reach whole, when nothing is done on that one host
// alone.
func (b *book) stepsWithout(p *steps.Phase) {
	told := map[*steps.Step]bool{}
	for _, group := range b.groups() {
		hosts := b.rb.Groups[group]
		whole, alone := 0, map[string]bool{}
		for i := range p.Steps {
			on := b.rb.HostsOf(p.Steps[i].On)
			if containsAll(on, hosts) {
				whole++
			}
			if len(on) == 1 {
				alone[on[0]] = true
			}
		}
		if whole < 2 {
			continue
		}
		for i := range p.Steps {
			s := &p.Steps[i]
			on := b.rb.HostsOf(s.On)
			missing := slices.DeleteFunc(slices.Clone(hosts), func(h string) bool { return slices.Contains(on, h) })
			if len(missing) == 1 && !told[s] && !alone[missing[0]] && b.onlyStepOn(s) {
				told[s] = true
				b.value(s.Path()+".on", "%s is left out here; other steps of phase %s reach all of %s, and nothing is done on %s alone", missing[0], p.ID, group, missing[0])
			}
		}
	}
}

func containsAll(have, want []string) bool {
	return !slices.ContainsFunc(want, func(h string) bool { return !slices.Contains(have, h) })
}

// undoAfterStart finds a change that is taken back too late: undos go backwards,
// so a step whose undo starts something again must stand before the change, or
// the old is started with the new in place.
func undoAfterStart(b *book) {
	for i := range b.rb.Phases {
		list := b.rb.Phases[i].Steps
		for j := range list {
			start := &list[j]
			if start.Undo == nil || !b.starts(start.Undo.Script, start.Shell) || b.startedAfter(start) {
				continue
			}
			for k := range j {
				change := &list[k]
				if how := b.restores(change); how != "" && b.share(change, start) {
					b.value(start.Path()+".undo.script", "going back, this starts the old before the undo of %s, %s: undos go backwards, so what is stopped first is started last. Let %s stand between the stop and the start, or start again in [[rollback.after]]", change.ID, how, change.ID)
					break
				}
			}
		}
	}
}

func (b *book) starts(text, shell string) bool {
	return b.has(text, shell, func(s *script, c *call) bool {
		path, _ := c.docker()
		name := c.name
		if len(path) > 0 {
			name = "docker " + strings.Join(path, " ")
		} else if v := verb(c); len(v) > 0 {
			name += " " + v[0]
		}
		switch name {
		case "docker compose up", "docker compose restart", "docker compose start", "docker start", "docker restart",
			"systemctl start", "systemctl restart", "systemctl reload", "systemctl try-restart", "pg_ctl start", "pg_ctl restart", "pg_ctl reload":
			return true
		}
		return c.is("service") && len(c.args) > 1 && contains([]string{"start", "restart", "reload"}, literal(c.args[1]))
	})
}

// has reports whether a script has a command of a sort, also among those that it
// hands on.
func (b *book) has(text, shell string, is func(*script, *call) bool) bool {
	file, err := Parse(text, shell)
	if err != nil {
		return false
	}
	sc := &script{book: b, Script: steps.Script{Text: text, Shell: shell}}
	sc.read(file)
	var any func(*script) bool
	any = func(s *script) bool {
		return slices.ContainsFunc(s.calls, func(c *call) bool { return is(s, c) }) || slices.ContainsFunc(s.inner(), any)
	}
	return any(sc)
}

// restores says how a step's undo puts files back; "" when it does not.
func (b *book) restores(s *steps.Step) string {
	if s.Kind == steps.Edit {
		return "which puts " + s.File.Path + " back"
	}
	if s.Undo == nil {
		return ""
	}
	how := ""
	b.has(s.Undo.Script, s.Shell, func(sc *script, c *call) bool {
		switch path, _ := c.verbs(1); {
		case c.is("git") && contains(strings.Fields("checkout switch reset restore revert"), last(path)):
			how = "which puts the checkout back"
		case c.is("cp", "mv", "ln", "install") && sc.effect(c).level > steps.None, c.is("tar") && sc.effect(c).what == "tar -x", c.is("sed") && sc.effect(c).level > steps.None:
			how = "which puts files back"
		case c.is("apt", "apt-get", "dnf", "yum", "pip", "pip3") && contains(strings.Fields("install downgrade"), last(path)):
			how = "which puts packages back"
		}
		return how != ""
	})
	return how
}

// share reports whether two steps have a host in common.
func (b *book) share(x, y *steps.Step) bool {
	on := b.rb.HostsOf(y.On)
	return slices.ContainsFunc(b.rb.HostsOf(x.On), func(h string) bool { return slices.Contains(on, h) })
}

// startedAfter reports whether the end of a rollback starts again on the hosts
// of a step.
func (b *book) startedAfter(s *steps.Step) bool {
	for i := range b.rb.Rollback.After {
		if after := &b.rb.Rollback.After[i]; b.share(after, s) && b.starts(after.Script, after.Shell) {
			return true
		}
	}
	return false
}
