package steps

// The rule of this file: Check reads the file as a careful colleague would,
// before anybody depends on it. Each finding says what is wrong and what would
// be right; the rooms of the findings are the other files called check.

import (
	"regexp"
	"slices"
)

// checker goes through one runbook as Load gave it.
type checker struct {
	report
	rb     *Runbook
	before map[string]bool   // names that steps before the one at hand capture
	placed map[string]int    // steps by id, in the order of the file
	papers map[string]string // steps by the documents that they keep
}

// Check says what is wrong with a runbook that Load gave: everything that
// types alone do not tell. A runbook with errors must not be run.
func Check(rb *Runbook) Problems {
	c := &checker{report: report{positions: rb.positions, file: rb.Name}, rb: rb,
		before: map[string]bool{}, placed: map[string]int{}, papers: map[string]string{}}
	c.checkFile()
	c.checkIDs()
	c.checkVars()
	c.checkTexts()
	c.checkSecrets()
	c.checkHosts()
	c.checkProbes()
	c.checkEnvironments()
	c.checkWatches()
	c.checkPhases()
	c.checkTriggers()
	c.checkCriteria()
	c.checkHelp()
	c.checkRefTable()
	return c.problems.Sort()
}

func (c *checker) checkFile() {
	switch _, given := c.positions.find("format"); {
	case c.rb.Format == 0 && !given:
		c.value("format", "format", "the runbook needs format = 1, on its first line")
	case c.rb.Format != 1:
		c.value("format", "format", "format is %d; this Belay reads format = 1", c.rb.Format)
	}
	if c.rb.Title == "" {
		c.value("title", "title", "the runbook needs a title")
	}
	if len(c.rb.Phases) == 0 {
		c.value("phase", "phase", "the runbook has no [[phase]]")
	}
}

var identifier = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)

// checkIDs wants one name for one thing: an operator types these.
func (c *checker) checkIDs() {
	seen := map[string]string{}
	take := func(path, what, id string) {
		at := member(path, "id")
		switch first := seen[id]; {
		case id == "":
			c.key(path, "id", "this %s needs an id", what)
			return
		case !identifier.MatchString(id):
			c.value(at, "id", "id %q: want lower-case letters, digits, dots and dashes, beginning with a letter or a digit", id)
		case first != "":
			p, _ := c.find(first)
			line, _ := c.lineCol(p.value)
			c.value(at, "duplicate-id", "id %q is taken already, in line %d", id, line)
		}
		if seen[id] == "" {
			seen[id] = at
		}
	}
	for i, p := range c.rb.Phases {
		take(element("phase", i), "phase", p.ID)
		if p.ID == "run" {
			c.value(element("phase", i)+".id", "id", `a phase cannot be called "run": it stands for the whole run`)
		}
	}
	n := 0
	for s := range c.rb.Steps() {
		take(s.path, "step", s.ID)
		if _, twice := c.placed[s.ID]; !twice {
			c.placed[s.ID] = n
		}
		n++
	}
	for i, t := range c.rb.Triggers {
		take(element("trigger", i), "trigger", t.ID)
	}
	for i, k := range c.rb.Criteria {
		take(element("criterion", i), "criterion", k.ID)
	}
}

func (c *checker) checkPhases() {
	for i, p := range c.rb.Phases {
		path := element("phase", i)
		c.checkRefs(path, p.Refs)
		if len(p.Steps) == 0 {
			c.value(path, "phase", "phase %q has no steps", p.ID)
		}
		c.checkSteps(p.Steps)
	}
	c.checkRefs("rollback", c.rb.Rollback.Refs)
	c.checkSteps(c.rb.Rollback.Before)
	c.checkSteps(c.rb.Rollback.After)
}

func (c *checker) checkSteps(list []Step) {
	for i := range list {
		c.checkStep(&list[i])
	}
	c.checkBlocks(list)
}

var itemOfPlan = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/#-]*$`)

// checkRefs wants references that a report can list and a person can search.
func (c *checker) checkRefs(path string, refs []string) {
	for i, ref := range refs {
		at := element(member(path, "refs"), i)
		switch {
		case !itemOfPlan.MatchString(ref):
			c.value(at, "refs", "ref %q: want a word such as ROLL-01a, without spaces", ref)
		case slices.Index(refs, ref) < i:
			c.warn(at, "refs", "ref %s is listed twice", ref)
		}
	}
}

// is reports whether the file has a key at this very path.
func (c *checker) is(path string) bool {
	_, exact := c.find(path)
	return exact
}
