package steps

// The rule of this file: a value is known before it is used. What $NAME names
// in dir, path and want, and what an undo falls back on, must come from
// somewhere.

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var facts = []string{"BELAY_HOST", "BELAY_ADDRESS", "BELAY_RUN", "BELAY_STEP", "BELAY_ATTEMPT", "BELAY_STAMP"}

func (c *checker) checkCapture(s *Step) {
	for name := range s.Capture {
		path := member(s.path+".capture", name)
		c.checkName(path, name)
		if !strings.Contains(s.Script, name) {
			c.value(path, "capture", "the script never mentions %s; it must append %s=value to \"$BELAY_OUT\"", name, name)
		}
		if _, secret := c.rb.Secrets[name]; secret {
			c.key(path, "capture", "%s is a secret; a captured value is stored and shown", name)
		}
	}
	for name := range s.Rehearsal {
		if _, ok := s.Capture[name]; !ok && (s.Measure == nil || s.Measure.Name != name && name != "value") {
			c.value(member(s.path+".rehearsal", name), "rehearsal", "the step captures no %s%s", name, suggest(name, slices.Collect(maps.Keys(s.Capture))))
		}
	}
	c.checkUndoCapture(s)
}

// written matches what a script writes to $BELAY_OUT, roughly.
var written = regexp.MustCompile(`(?m)([A-Za-z_][A-Za-z0-9_]*)=[^\n]*>>\s*"?\$\{?BELAY_OUT`)

// checkUndoCapture wants a value that a script leaves and its undo uses to be
// declared: only then is it proven to be there, and kept over retries.
func (c *checker) checkUndoCapture(s *Step) {
	if s.Undo == nil {
		return
	}
	for _, m := range written.FindAllStringSubmatch(s.Script, -1) {
		name := m[1]
		keep, declared := s.Capture[name]
		used := regexp.MustCompile(`\$\{?` + name + `\b`).MatchString(s.Undo.Script)
		switch {
		case used && !declared:
			c.value(s.path+".undo", "capture", `the undo uses %s, which the script leaves: declare capture = { %s = "first" }`, name, name)
		case used && keep == Last:
			c.warn(member(s.path+".capture", name), "capture", "the undo uses %s: with \"last\" a retry overwrites what was there before; \"first\" is kept in any case", name)
		}
	}
}

// checkUses looks at every $NAME that Belay itself expands. Afterwards what the
// step captures is known to the next ones.
func (c *checker) checkUses(s *Step) {
	c.checkReferences(s, s.path+".dir", s.Dir, false)
	if s.File != nil {
		c.checkReferences(s, s.path+".file.path", s.File.Path, false)
	}
	c.uses(s, s.path+".check", s.Check, false)
	for i := range s.Evidence {
		c.uses(s, element(s.path+".evidence", i), &s.Evidence[i], false)
	}
	c.uses(s, s.path+".verify", s.Verify, true)
	if s.Undo != nil {
		c.checkReferences(s, s.path+".undo.dir", s.Undo.Dir, true)
		c.uses(s, s.path+".undo.verify", s.Undo.Verify, true)
	}
	for name := range s.Capture {
		c.before[name] = true
	}
}

func (c *checker) uses(s *Step, path string, e *Evidence, own bool) {
	if e == nil {
		return
	}
	if e.On != "" { // the values are those of the hosts that are asked
		asked := *s
		asked.On = e.On
		s = &asked
	}
	c.checkReferences(s, path+".path", e.Path, own)
	c.checkReferences(s, path+".want", e.Want, own)
}

func (c *checker) checkReferences(s *Step, path, text string, own bool) {
	if strings.Contains(text, "${") {
		c.value(path, "variable", "write $NAME, not ${NAME}: Belay expands nothing else here")
	}
	for _, name := range references(text) {
		_, captured := s.Capture[name]
		if c.before[name] || own && captured || slices.Contains(facts, name) {
			continue
		}
		if _, secret := c.rb.Secrets[name]; secret {
			c.value(path, "variable", "$%s is a secret; it reaches scripts only, as the file $%s_FILE", name, name)
			continue
		}
		if missing := c.hostsWithout(s, name); missing != "" {
			c.value(path, "variable", "$%s is not known here%s%s", name, missing, suggest(name, slices.Collect(maps.Keys(c.rb.Vars))))
		}
	}
}

// hostsWithout says on which hosts of a step a variable has no value; "" when
// all have one.
func (c *checker) hostsWithout(s *Step, name string) string {
	if _, ok := c.rb.Vars[name]; ok {
		return ""
	}
	hosts := c.rb.HostsOf(s.On)
	var without []string
	for _, id := range hosts {
		if _, ok := c.rb.Hosts[id].Vars[name]; !ok {
			without = append(without, id)
		}
	}
	switch len(without) {
	case 0:
		return ""
	case len(hosts):
		return ": no variable, fact or captured value before this has the name"
	}
	return " on " + oneOf(without)
}
