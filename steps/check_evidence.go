package steps

// The rule of this file: evidence names one source and one threshold, and both
// can be read. A gate whose evidence cannot be read never opens.

import (
	"maps"
	"slices"
	"strings"
)

func (c *checker) checkStepEvidence(s *Step) {
	titles := map[string]bool{}
	for i := range s.Evidence {
		e, path := &s.Evidence[i], element(s.path+".evidence", i)
		c.checkEvidence(path, e, s.Kind == Gate)
		if e.Title == "" {
			c.value(path, "title", "evidence needs a title: a person judges by it")
		} else if titles[e.Title] {
			c.value(path+".title", "title", "%q is the title of two pieces of evidence", e.Title)
		}
		titles[e.Title] = true
	}
	for key, e := range map[string]*Evidence{"check": s.Check, "verify": s.Verify} {
		if e != nil {
			c.checkEvidence(member(s.path, key), e, false)
			c.checkHolding(member(s.path, key), e)
		}
	}
	if s.Undo != nil && s.Undo.Verify != nil {
		c.checkEvidence(s.path+".undo.verify", s.Undo.Verify, false)
		c.checkHolding(s.path+".undo.verify", s.Undo.Verify)
	}
}

// checkHolding compares how long a proof must hold with the time it has.
func (c *checker) checkHolding(path string, e *Evidence) {
	if e.Timeout != 0 && e.Stable > e.Timeout {
		c.value(path+".stable", "timeout", "it must hold for %s but is given up after %s", e.Stable, e.Timeout)
	}
}

func (c *checker) checkEvidence(path string, e *Evidence, mayBeSigned bool) {
	sources := 0
	for _, s := range []string{e.Probe, e.Script, e.SignOff} {
		if s != "" {
			sources++
		}
	}
	if sources != 1 {
		c.value(path, "evidence", "want exactly one of probe, script and sign_off, not %d", sources)
	}
	if e.SignOff != "" && !mayBeSigned {
		c.value(path+".sign_off", "evidence", "only a gate takes a sign-off")
	}
	if e.SignOff != "" && e.Want != "" {
		c.value(path+".want", "want", "a sign-off is a yes; there is nothing to compare")
	}
	if e.On != "" {
		c.checkOn(path+".on", e.On)
	}
	if e.Probe != "" {
		c.checkProbeUse(path, e)
	}
	if e.Within != 0 && !strings.HasPrefix(path, "trigger[") {
		c.value(path+".within", "evidence", "within belongs to the condition of a trigger")
	}
	if e.Path != "" && e.Probe == "" {
		c.value(path+".path", "evidence", "path belongs to a probe")
	}
	c.checkWant(path+".want", e.Want)
	c.checkTimeout(path+".timeout", e.Timeout, MaxTimeout)
}

func (c *checker) checkProbeUse(path string, e *Evidence) {
	name, field, dotted := strings.Cut(e.Probe, ".")
	p, known := c.rb.Probes[name]
	r := readers[p.Read]
	switch {
	case !known:
		c.value(path+".probe", "probe", "no [probes.%s] in this file%s", name, suggest(name, slices.Collect(maps.Keys(c.rb.Probes))))
	case p.Read == "": // reported where it stands
	case !dotted && !r.alone:
		c.value(path+".probe", "probe", "probe %s needs a field: %s", name, fieldsOf(name, r))
	case dotted && len(r.fields) == 0:
		c.value(path+".probe", "probe", "the %s reader gives one value; write %q alone", p.Read, name)
	case dotted && !slices.Contains(r.fields, field):
		c.value(path+".probe", "probe", "the %s reader has no field %q; want %s%s", p.Read, field, fieldsOf(name, r), suggest(field, r.fields))
	}
	switch {
	case p.Read == "regex" && e.Path != "":
		c.checkPattern(path+".path", e.Path)
	case (p.Read == "regex" || p.Read == "json") && e.Path == "" && p.Path == "":
		c.value(path+".probe", "probe", "the %s reader needs a path, here or in [probes.%s]", p.Read, name)
	}
	if p.Read == "docker" && field == "missing" && e.Path == "" && p.Path == "" {
		c.value(path+".probe", "probe", "%s needs a path: the names that are expected", e.Probe)
	}
	if e.Want == "" {
		c.value(path, "want", "a probe needs want: what its value must be")
	}
}

func fieldsOf(name string, r reading) string {
	full := make([]string, len(r.fields))
	for i, f := range r.fields {
		full[i] = name + "." + f
	}
	return oneOf(full)
}

// checkWant parses a comparison, with a figure for every variable in it.
func (c *checker) checkWant(path, want string) {
	if !c.is(path) {
		return
	}
	w, err := ParseWant(reference.ReplaceAllString(want, "1"))
	if err != nil {
		c.value(path, "want", "%v", err)
		return
	}
	baselines := map[string]bool{}
	for s := range c.rb.Steps() {
		if s.Measure != nil && s.Measure.As == "baseline" {
			baselines[s.Measure.Name] = true
		}
	}
	if name := w.Measure(); name != "" && !baselines[name] {
		c.value(path, "want", "no step measures %q as a baseline%s", name, suggest(name, slices.Collect(maps.Keys(baselines))))
	}
}
