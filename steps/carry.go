package steps

// The rule of this file: every item of a written plan is carried by something
// of the runbook that can do it, on the hosts that the plan names, and what is
// not has an exception with a reason. docs/format.md has the table of what
// carries what.

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// MaxRefs is how many items one step may carry: more, and nobody can say which
// of them failed.
const MaxRefs = 6

// carrier is something of the runbook that refs stand on.
type carrier struct {
	path string
	what string // trigger, criterion, phase, contact, link, known, escalation; of a step its kind
	step *Step  // nil for anything else
	refs []string
}

func (k carrier) String() string {
	if k.step != nil {
		return "a step of kind " + k.what
	}
	return "[[" + k.what + "]]"
}

// refChecker holds one runbook against one inventory.
type refChecker struct {
	report
	rb   *Runbook
	plan *Inventory
	by   map[string][]carried // by item
	let  map[string]bool      // exceptions that were needed, as ID and rule
}

// carried is one place in the file that names an item.
type carried struct {
	carrier
	at string // path of the ref itself
}

// CheckRefs says where a runbook that Load gave does not answer for a plan: an
// item that nothing carries, a ref that the plan does not have, an item that is
// carried by what cannot do it or on other hosts than the plan names, a step
// that carries too many, an exception that is not needed.
func CheckRefs(rb *Runbook, plan *Inventory) Problems {
	c := &refChecker{report: report{positions: rb.positions, file: rb.Name}, rb: rb, plan: plan,
		by: map[string][]carried{}, let: map[string]bool{}}
	for _, k := range rb.carriers() {
		c.collect(k)
	}
	for i := range plan.Items {
		c.item(&plan.Items[i])
	}
	c.exceptions()
	return c.problems.Sort()
}

// carriers lists all that refs may stand on, in the file's order by kind.
func (rb *Runbook) carriers() (out []carrier) {
	add := func(table string, i int, refs []string) {
		out = append(out, carrier{path: element(table, i), what: table, refs: refs})
	}
	for i, p := range rb.Phases {
		add("phase", i, p.Refs)
	}
	for s := range rb.Steps() {
		out = append(out, carrier{s.path, string(s.Kind), s, s.Refs})
	}
	if len(rb.Rollback.Refs) > 0 {
		out = append(out, carrier{path: "rollback", what: "rollback", refs: rb.Rollback.Refs})
	}
	for i, t := range rb.Triggers {
		add("trigger", i, t.Refs)
	}
	for i, k := range rb.Criteria {
		add("criterion", i, k.Refs)
	}
	for i, k := range rb.Contacts {
		add("contact", i, k.Refs)
	}
	for i, l := range rb.Links {
		add("link", i, l.Refs)
	}
	for i, k := range rb.Known {
		add("known", i, k.Refs)
	}
	for i, e := range rb.Escalation {
		add("escalation", i, e.Refs)
	}
	return out
}

func (c *refChecker) collect(k carrier) {
	refs := member(k.path, "refs")
	for i, ref := range k.refs {
		at := element(refs, i)
		if c.plan.Item(ref) == nil {
			var known []string
			for _, item := range c.plan.Items {
				known = append(known, item.ID)
			}
			c.value(at, "refs-unknown", "ref %s is not in %s%s", ref, c.plan.Name, suggest(ref, known))
			continue
		}
		c.by[ref] = append(c.by[ref], carried{k, at})
	}
	if k.step != nil && len(k.refs) > MaxRefs {
		c.value(element(refs, MaxRefs), "refs-many", "step %s carries %d items; want %d at most: split it", k.step.ID, len(k.refs), MaxRefs)
	}
}

// item judges one row of the plan.
func (c *refChecker) item(item *Item) {
	list := c.by[item.ID]
	if len(list) == 0 {
		if !c.excepted(item.ID, "missing") {
			c.problems = append(c.problems, inventoryProblem(c.plan.Name, item.Line, 1, "refs-missing",
				"%s (%s) is carried by nothing in %s", item.ID, item.Title, c.rb.Name))
		}
		return
	}
	rule := carrying[item.Kind]
	var able []carried
	for _, k := range list {
		if rule.by(k.carrier) {
			able = append(able, k)
		}
	}
	if len(able) == 0 {
		if !c.excepted(item.ID, "kind") {
			c.value(list[0].at, "refs-kind", "%s is a %s and needs %s; %s cannot carry it", item.ID, item.Kind, rule.needs, list[0].carrier)
		}
		return
	}
	if item.Kind != "command" && item.Kind != "file-content" {
		return
	}
	if missing := c.hostsMissing(item, able); len(missing) > 0 && !c.excepted(item.ID, "where") {
		c.value(able[0].at, "refs-where", "%s belongs to %s, and nothing that carries it runs on %s", item.ID, item.Where, oneOf(missing))
	}
}

// carrying says what may carry an item of each kind.
var carrying = map[string]struct {
	needs string
	by    func(carrier) bool
}{
	"command":      {"a step with a script or an edit", func(k carrier) bool { return k.step != nil && k.step.acts() }},
	"file-content": {"an edit", func(k carrier) bool { return k.what == string(Edit) }},
	"soak":         {"a soak", func(k carrier) bool { return k.what == string(Soak) }},
	"document":     {"a document", func(k carrier) bool { return k.what == string(Document) }},
	"trigger":      {"a [[trigger]]", func(k carrier) bool { return k.what == "trigger" }},
	"criterion":    {"a [[criterion]], a measure, or a step that proves it", func(k carrier) bool { return k.what == "criterion" || k.step != nil && k.step.judges() }},
	"gate":         {"a gate, or a step that stops when it is not so", func(k carrier) bool { return k.step != nil && k.step.Kind != Measure && k.step.judges() }},
	"manual":       {"a manual step, or one that does it and has a note that says so", func(k carrier) bool { return k.step != nil && (k.step.Kind == Manual || k.step.Note != "") }},
	"reference":    {"anything", func(carrier) bool { return true }},
}

// acts reports whether a step does something on its hosts.
func (s *Step) acts() bool {
	return s.Script != "" || s.Kind == Edit || s.Undo != nil && s.Undo.Script != ""
}

// judges reports whether a step ends well only if something is so.
func (s *Step) judges() bool {
	switch s.Kind {
	case Gate, Soak, Measure:
		return true
	}
	return s.Check != nil || s.Verify != nil || s.Kind == Command && s.Danger == None
}

// hostsMissing lists the hosts that the plan names and no carrier runs on.
func (c *refChecker) hostsMissing(item *Item, list []carried) (missing []string) {
	has := map[string]bool{}
	for _, k := range list {
		for _, h := range c.rb.HostsOf(k.step.On) {
			has[h] = true
		}
	}
	for _, h := range c.named(item.Where) {
		if !has[h] {
			missing = append(missing, h)
		}
	}
	return missing
}

// place of the plan's column "where": a name, an address, or the end of one.
var placeWord = regexp.MustCompile(`\.[0-9]+\b|[A-Za-z0-9][A-Za-z0-9.-]*`)

// named lists the hosts that a text names: by address (".82" goes with the one
// before it), or by a word of [refs] where. Ids are common words, and name none.
func (c *refChecker) named(text string) (out []string) {
	before := ""
	for _, w := range placeWord.FindAllString(text, -1) {
		w = strings.TrimRight(w, ".-")
		if strings.HasPrefix(w, ".") && strings.Contains(before, ".") {
			w = before[:strings.LastIndex(before, ".")] + w
		}
		hosts := c.rb.HostsOf(c.rb.Refs.Where[w])
		if _, ok := c.rb.Refs.Where[w]; !ok {
			hosts = c.hostsCalled(w)
		}
		for _, h := range hosts {
			if !slices.Contains(out, h) {
				out = append(out, h)
			}
		}
		before = w
	}
	return out
}

func (c *refChecker) hostsCalled(w string) []string {
	for _, id := range c.rb.HostOrder {
		if w == c.rb.Hosts[id].Address {
			return []string{id}
		}
	}
	return nil
}

func (c *refChecker) excepted(id, rule string) bool {
	for _, x := range c.rb.Refs.Except {
		if x.ID == id && x.Rule == rule {
			c.let[id+" "+rule] = true
			return true
		}
	}
	return false
}

// exceptions wants each of them to be about the plan, and needed.
func (c *refChecker) exceptions() {
	for i, x := range c.rb.Refs.Except {
		path := element("refs.except", i)
		switch {
		case c.plan.Item(x.ID) == nil:
			c.value(path+".id", "refs-unknown", "%s is not in %s", x.ID, c.plan.Name)
		case !c.let[x.ID+" "+x.Rule]:
			c.value(path, "refs-except", "%s needs no exception from %q: take it out", x.ID, x.Rule)
		}
	}
}

// checkRefTable looks at [refs] without a plan.
func (c *checker) checkRefTable() {
	for word, on := range c.rb.Refs.Where {
		c.checkOn(member("refs.where", word), on)
	}
	for i, x := range c.rb.Refs.Except {
		path := element("refs.except", i)
		switch {
		case !itemOfPlan.MatchString(x.ID):
			c.value(path, "refs", "an exception needs the id of an item of the plan")
		case x.Rule == "":
			c.value(path, "refs", "the exception for %s needs rule: missing, kind or where", x.ID)
		case strings.TrimSpace(x.Why) == "":
			c.value(path, "refs", "the exception for %s needs why", x.ID)
		case slices.IndexFunc(c.rb.Refs.Except, func(o Exception) bool { return o.ID == x.ID && o.Rule == x.Rule }) < i:
			c.value(path, "refs", "%s is excepted from %q twice", x.ID, x.Rule)
		}
	}
}

func inventoryProblem(file string, line, col int, rule, format string, args ...any) Problem {
	return Problem{File: file, Line: line, Col: col, Error: true, Rule: rule, Text: fmt.Sprintf(format, args...)}
}
