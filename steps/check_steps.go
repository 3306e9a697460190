package steps

// The rule of this file: each kind of step has what it needs and nothing that
// would be passed over in silence.

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// any kind of step may have these keys.
var anyKind = strings.Fields("id title kind on block batch max_failures needs free refs note text estimate skip_in skip_reason dir shell lint")

// belongs are the further keys that a kind of step takes.
var belongs = map[Kind][]string{
	Command:  strings.Fields("danger confirm outage script ok_exit timeout retry check verify undo no_undo no_return capture rehearsal"),
	Edit:     strings.Fields("danger confirm outage file timeout retry check verify undo no_return"),
	Manual:   strings.Fields("danger confirm outage check verify undo no_undo no_return"),
	Gate:     strings.Fields("danger confirm evidence"),
	Soak:     strings.Fields("soak evidence"),
	Measure:  strings.Fields("danger confirm measure script ok_exit timeout retry check capture rehearsal undo no_undo no_return"),
	Document: strings.Fields("document"),
}

var stepKeys = slices.Sorted(maps.Keys(keysOf(reflect.TypeFor[Step]())))

func (c *checker) checkStep(s *Step) {
	c.checkBelongs(s)
	switch s.Kind {
	case Command:
		if s.Script == "" {
			c.value(s.path+".script", "script", "a command needs a script")
		}
	case Manual:
		c.checkManual(s)
	case Gate:
		if len(s.Evidence) == 0 {
			c.value(s.path+".evidence", "gate", "a gate needs evidence")
		}
	case Soak:
		c.checkSoak(s)
	case Edit:
		c.checkEdit(s)
	case Document:
		c.checkDocument(s)
	case Measure:
		c.checkMeasure(s)
	}
	c.checkOn(s.path+".on", s.On)
	c.checkBatch(s)
	c.checkNeeds(s)
	c.checkDanger(s)
	c.checkUndo(s)
	c.checkSkip(s)
	c.checkTimes(s)
	c.checkOutage(s)
	c.checkRefs(s.path, s.Refs)
	c.checkCapture(s)
	c.checkUses(s)
	c.checkStepEvidence(s)
}

func (c *checker) checkBelongs(s *Step) {
	for _, key := range stepKeys {
		path := s.path + "." + key
		if _, given := c.at[path]; !given || slices.Contains(anyKind, key) || slices.Contains(belongs[s.Kind], key) {
			continue
		}
		c.key(path, "kind", "%q does not belong to a step of kind %s%s", key, s.Kind, kindsWith(key))
	}
}

// kindsWith says where a key would belong.
func kindsWith(key string) string {
	var kinds []string
	for _, k := range choices[reflect.TypeFor[Step]()]["kind"] {
		if slices.Contains(belongs[Kind(k)], key) {
			kinds = append(kinds, k)
		}
	}
	return ", only to " + oneOf(kinds)
}

func (c *checker) checkManual(s *Step) {
	if u := s.Undo; u != nil && u.Script != "" {
		c.value(s.path+".undo.script", "undo", "a person undoes a manual step: say how in undo.text")
	}
}

func (c *checker) checkSoak(s *Step) {
	path := s.path + ".soak"
	switch r := s.Soak; {
	case r == nil || r.For == 0:
		c.value(path, "soak", "a soak needs soak.for: how long its evidence must be green")
	case r.Deadline != 0 && r.Deadline < r.For:
		c.value(path+".deadline", "soak", "the deadline of %s is shorter than the soak itself, %s", r.Deadline, r.For)
	case r.Rehearsal != 0 && (r.Rehearsal > r.For || r.Every != 0 && r.Rehearsal < r.Every):
		c.value(path+".rehearsal", "soak", "a rehearsal of %s: want no more than the soak's %s, and at least one look", r.Rehearsal, r.For)
	case r.Every != 0 && r.Every > r.For:
		c.value(path+".every", "soak", "a soak of %s that looks every %s sees nothing", r.For, r.Every)
	}
	if len(s.Evidence) == 0 {
		c.value(s.path+".evidence", "soak", "a soak needs evidence to watch")
	}
}

func (c *checker) checkDocument(s *Step) {
	d := s.Document
	if d == nil || d.Template == "" {
		c.value(s.path+".document", "document", "a document needs document.template")
	}
	if d != nil {
		c.checkFigures(s)
	}
	if first := c.papers[s.FileName()]; first != "" {
		c.value(s.path+".document", "document", "step %s keeps %s already; give this one another name", first, s.FileName())
	}
	c.papers[s.FileName()] = s.ID
	if d != nil && (strings.ContainsAny(d.Name, "/\\") || strings.HasPrefix(d.Name, ".")) {
		c.value(s.path+".document.name", "document", "name %q: want a plain file name", d.Name)
	}
}

// checkFigures wants every figure in a template to be one that some step measures.
func (c *checker) checkFigures(s *Step) {
	measured := map[string]bool{}
	for x := range c.rb.Steps() {
		if x.Measure != nil {
			measured[x.Measure.As+" of "+x.Measure.Name] = true
		}
	}
	for _, m := range figureIn.FindAllStringSubmatch(s.Document.Template, -1) {
		if what := m[1] + " of " + m[2]; !measured[what] {
			c.value(s.path+".document.template", "document", "no step measures the %s%s", what, suggest(what, slices.Collect(maps.Keys(measured))))
		}
	}
}

func (c *checker) checkMeasure(s *Step) {
	m := s.Measure
	switch {
	case m == nil || m.Name == "":
		c.value(s.path+".measure", "measure", "a measure needs measure.name")
	case m.As == "":
		c.value(s.path+".measure", "measure", "measure %s needs as: baseline or result", m.Name)
	case (m.Ask == "") == (s.Script == ""):
		c.value(s.path+".measure", "measure", "measure %s needs a script that reads the figure, or ask for a person to type it; one of them", m.Name)
	default:
		if _, err := m.Figure(s.RehearsalFigure()); err != nil && s.RehearsalFigure() != "" {
			c.value(s.path+".rehearsal", "measure", "measure %s: %v", m.Name, err)
		}
	}
}

// checkOutage wants an outage to have an end on every host that it begins on.
func (c *checker) checkOutage(s *Step) {
	at := s.path + ".outage"
	if s.Outage != "" && inRollback(s) {
		c.value(at, "outage", "what a rollback takes away and brings back is told by the undos")
	}
	if s.Outage != OutageBegins || inRollback(s) {
		return
	}
	for _, h := range c.rb.HostsOf(s.On) {
		if c.rb.bringsBack(s, h) == nil {
			c.value(at, "outage", "the outage that begins here on %s has no end: no later step on %s says outage = \"ends\"", h, h)
		}
	}
}

// checkDanger wants the harm that a step can do in the file, said by its author.
func (c *checker) checkDanger(s *Step) {
	if s.Danger == Unset && (s.Kind == Command || s.Kind == Edit) {
		c.value(s.path+".danger", "danger", "step %q needs danger: none, low, med, high or critical", s.ID)
	}
	if s.Confirm != Unset && s.Confirm < s.Danger {
		c.value(s.path+".confirm", "danger", "confirm may only raise the level: the step's danger is %s", s.Danger)
	}
	if s.Kind == Edit && s.Danger == None {
		c.value(s.path+".danger", "danger", "an edit changes a file; its danger is at least low")
	}
}

func (c *checker) checkUndo(s *Step) {
	path, u := s.path+".undo", s.Undo
	inRollback := strings.HasPrefix(s.Phase, "rollback.")
	switch {
	case u != nil && s.NoUndo != "":
		c.value(s.path+".no_undo", "undo", "the step has an undo and says why it has none; want one of them")
	case u != nil && s.Kind == Edit && (u.Script != "" || u.Text != ""):
		c.value(path, "undo", "an edit restores its own backup; undo takes only danger, timeout and verify here")
	case u != nil && s.Kind == Command && u.Script == "":
		c.value(path, "undo", "the undo of a command needs a script")
	case u != nil && s.Kind == Manual && u.Text == "":
		c.value(path, "undo", "the undo of a manual step needs a text")
	case u != nil && s.Danger == None:
		c.warn(path, "undo", "danger none says that the script changes nothing, and yet it has an undo")
	case u == nil && s.NoUndo == "" && s.Danger > None && s.Kind != Edit && s.Kind != Gate && !inRollback:
		c.value(s.path, "undo", "step %q changes something: it needs undo.script, or no_undo with the reason why there is none", s.ID)
	}
}

func (c *checker) checkSkip(s *Step) {
	for i, env := range s.SkipIn {
		if _, ok := c.rb.Environments[env]; !ok && env != EmbeddedEnv {
			c.value(element(s.path+".skip_in", i), "skip", "%q is not an environment%s", env, suggest(env, append(c.rb.environmentNames(), EmbeddedEnv)))
		}
	}
	switch {
	case len(s.SkipIn) > 0 && s.SkipReason == "":
		c.value(s.path+".skip_in", "skip", "a step that is left out needs skip_reason")
	case len(s.SkipIn) == 0 && s.SkipReason != "":
		c.value(s.path+".skip_reason", "skip", "skip_reason without skip_in")
	}
}

// MaxTimeout is the longest that a script may take.
const MaxTimeout = 48 * time.Hour

func (c *checker) checkTimes(s *Step) {
	c.checkTimeout(s.path+".timeout", s.Timeout, MaxTimeout)
	if s.Undo != nil {
		c.checkTimeout(s.path+".undo.timeout", s.Undo.Timeout, MaxTimeout)
		c.checkExits(s.path+".undo.ok_exit", s.Undo.OKExit)
	}
	if limit := s.Timeout.Or(DefaultTimeout); s.Kind == Command && s.Estimate.D() > limit {
		c.value(s.path+".estimate", "timeout", "the step is estimated at %s and stopped after %s", s.Estimate, Duration(limit))
	}
	c.checkExits(s.path+".ok_exit", s.OKExit)
}

func (c *checker) checkTimeout(path string, d Duration, limit time.Duration) {
	if d.D() > limit || d != 0 && d.D() < time.Second {
		c.value(path, "timeout", "timeout %s: want 1s to %s", d, Duration(limit))
	}
}

func (c *checker) checkExits(path string, codes []int) {
	for i, code := range codes {
		if code < 0 || code > 125 {
			c.value(element(path, i), "ok_exit", "exit code %d: want 0 to 125; above that the shell speaks of itself", code)
		}
	}
	if c.is(path) && len(codes) == 0 {
		c.value(path, "ok_exit", "with no exit code allowed the step can never succeed")
	}
}
