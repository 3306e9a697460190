package steps

// The rule of this file: what stands beside the steps (panes, triggers,
// criteria) refers to what the file has.

import (
	"maps"
	"slices"
)

func (c *checker) checkWatches() {
	for name, w := range c.rb.Watches {
		path := member("watch", name)
		if w.On == "" {
			c.key(path, "watch", "watch %s needs on: the hosts whose panes show it", name)
		}
		c.checkWatch(path, w)
	}
}

func (c *checker) checkWatch(path string, w Watch) {
	c.checkOn(path+".on", w.On)
	for i, l := range w.Logs {
		if l.Name == "" || l.Script == "" {
			c.value(element(path+".logs", i), "watch", "a log needs a name and a script")
		}
	}
	for i := range w.Gauges {
		g, at := &w.Gauges[i], element(path+".gauges", i)
		if (g.Probe == "") == (g.Script == "") {
			c.value(at, "evidence", "a gauge needs a probe or a script")
		}
		if g.Probe != "" && g.Want == "" {
			shown := *g
			shown.Want = "!= 0" // a gauge may be shown without being judged
			c.checkProbeUse(at, &shown)
		} else if g.Probe != "" {
			c.checkProbeUse(at, g)
		}
		c.checkWant(at+".want", g.Want)
		c.uses(&Step{On: w.On}, at, g, false)
	}
}

func (c *checker) checkTriggers() {
	for i := range c.rb.Triggers {
		t, path := &c.rb.Triggers[i], element("trigger", i)
		c.checkRefs(path, t.Refs)
		if t.Title == "" {
			c.value(path, "title", "trigger %q needs a title", t.ID)
		}
		c.checkEvidence(path+".when", &t.When, false)
		c.uses(&Step{On: t.When.On}, path+".when", &t.When, false)
		isPhase := slices.ContainsFunc(c.rb.Phases, func(p Phase) bool { return p.ID == t.Proposes })
		if t.Proposes != "run" && !isPhase {
			c.value(path+".proposes", "trigger", "proposes %q: want the phase to roll back, or run", t.Proposes)
		}
	}
}

func (c *checker) checkCriteria() {
	measured := map[string]bool{}
	for s := range c.rb.Steps() {
		if s.Measure != nil {
			measured[s.Measure.Name] = true
		}
	}
	for i, k := range c.rb.Criteria {
		path := element("criterion", i)
		c.checkRefs(path, k.Refs)
		if !measured[k.Measure] {
			c.value(path+".measure", "criterion", "no step measures %q%s", k.Measure, suggest(k.Measure, slices.Collect(maps.Keys(measured))))
		}
		if k.Success == "" {
			c.value(path, "criterion", "criterion %q needs success: what the result must have become", k.ID)
		}
		for key, change := range map[string]string{"success": k.Success, "failed": k.Failed} {
			if change == "" {
				continue
			}
			if _, err := ParseChange(change); err != nil {
				c.value(member(path, key), "criterion", "%v", err)
			}
		}
	}
}
