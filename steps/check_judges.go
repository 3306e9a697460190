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
		at := element(path+".logs", i)
		ways := 0
		for _, way := range []string{l.Script, l.File, l.Container} {
			if way != "" {
				ways++
			}
		}
		if l.Name == "" || ways != 1 {
			c.value(at, "watch", "a log needs a name and one of script, file and container")
		}
		c.checkReferences(&Step{On: w.On}, at+".file", l.File, false)
		c.checkReferences(&Step{On: w.On}, at+".container", l.Container, false)
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
		c.checkWhen(path, t)
		isPhase := slices.ContainsFunc(c.rb.Phases, func(p Phase) bool { return p.ID == t.Proposes })
		if t.Proposes != "run" && !isPhase {
			c.value(path+".proposes", "trigger", "proposes %q: want the phase to roll back, or run", t.Proposes)
		}
	}
}

// checkWhen wants a condition that can be told from its own failure. Without one
// a person says that it holds.
func (c *checker) checkWhen(path string, t *Trigger) {
	e, at := &t.When, path+".when"
	if !c.is(at) {
		if t.Mute != "" {
			c.value(path+".mute", "trigger", "a trigger without when is a person's word; there is nothing to mute")
		}
		return
	}
	c.checkEvidence(at, e, false)
	c.uses(&Step{On: e.On}, at, e, false)
	if e.Script != "" && e.Want == "" {
		c.value(at, "trigger", "a trigger's script needs want: an exit code cannot tell that nothing is wrong from that nothing could be seen")
	}
	w, err := ParseWant(reference.ReplaceAllString(e.Want, "1"))
	switch {
	case err != nil || e.Within == 0:
	case e.Stable != 0:
		c.value(at+".stable", "trigger", "within counts what is added in a window, stable waits while a value lasts; want one of them")
	case !w.numeric, w.op != ">" && w.op != ">=":
		c.value(at+".within", "trigger", "within counts how much a number grows; want a plain figure such as \"> 3\", or stable instead")
	}
	if e.Within != 0 && (e.Within.D() < MinWindow || e.Within.D() > MaxWindow) {
		c.value(at+".within", "trigger", "within %s: want %s to %s", e.Within, Duration(MinWindow), Duration(MaxWindow))
	}
	if e.Stable.D() > MaxWindow {
		c.value(at+".stable", "trigger", "stable %s: want at most %s", e.Stable, Duration(MaxWindow))
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
