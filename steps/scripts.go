package steps

// The rule of this file: every text of the file that a shell will read is
// listed here, so that a check of scripts cannot overlook one.

import (
	"maps"
	"slices"
	"strings"
)

// Role is what a script is for: what it may do, and how often it runs.
type Role string

// Roles of scripts. All but the first two look and must change nothing.
const (
	RoleScript   Role = "script"
	RoleUndo     Role = "undo"
	RoleCheck    Role = "check"
	RoleVerify   Role = "verify"
	RoleEvidence Role = "evidence" // of a gate or a soak
	RoleProbe    Role = "probe"
	RoleLog      Role = "log"
	RoleGauge    Role = "gauge"
	RoleTrigger  Role = "trigger"
)

// Script is one shell text of a runbook.
type Script struct {
	Path     string // where it stands: phase[0].step[2].undo.script
	Shell    string // sh or bash
	Text     string
	Role     Role
	Step     *Step     // it belongs to; nil of a probe, a watch and a trigger
	Evidence *Evidence // it is asked for; nil of scripts that are not
	On       string    // host or group that it runs on; "" of a probe: whoever is asked
}

// Scripts lists every script that the file holds, in no certain order.
func (rb *Runbook) Scripts() []Script {
	var l scripts
	for s := range rb.Steps() {
		in := Script{Shell: s.Shell, Step: s, On: firstOf(s.On, LocalHost)}
		l.add(in, RoleScript, s.path+".script", s.Script)
		l.evidence(in, RoleCheck, s.path+".check", s.Check)
		l.evidence(in, RoleVerify, s.path+".verify", s.Verify)
		if s.Undo != nil {
			l.add(in, RoleUndo, s.path+".undo.script", s.Undo.Script)
			l.evidence(in, RoleVerify, s.path+".undo.verify", s.Undo.Verify)
		}
		for i := range s.Evidence {
			l.evidence(in, RoleEvidence, element(s.path+".evidence", i), &s.Evidence[i])
		}
	}
	for name, p := range rb.Probes {
		l.add(Script{On: p.Host}, RoleProbe, member("probes", name)+".script", p.Script)
	}
	for name, w := range rb.Watches {
		l.watch(member("watch", name), w)
	}
	for env, e := range rb.Environments {
		for name, w := range e.Watches {
			if w.On == "" {
				w.On = rb.Watches[name].On
			}
			l.watch(member(member("environments", env)+".watch", name), w)
		}
	}
	for i := range rb.Triggers {
		l.evidence(Script{On: LocalHost}, RoleTrigger, element("trigger", i)+".when", &rb.Triggers[i].When)
	}
	return l
}

type scripts []Script

func (l *scripts) add(in Script, role Role, path, text string) {
	in.Role, in.Path, in.Text, in.Shell = role, path, text, firstOf(in.Shell, "sh")
	if text != "" {
		*l = append(*l, in)
	}
}

func (l *scripts) evidence(in Script, role Role, path string, e *Evidence) {
	if e != nil {
		in.Evidence, in.On = e, firstOf(e.On, in.On)
		l.add(in, role, path+".script", e.Script)
	}
}

func (l *scripts) watch(path string, w Watch) {
	for i, log := range w.Logs {
		l.add(Script{On: w.On}, RoleLog, element(path+".logs", i)+".script", log.Script)
	}
	for i := range w.Gauges {
		l.evidence(Script{On: w.On}, RoleGauge, element(path+".gauges", i), &w.Gauges[i])
	}
}

// Silencer is a table of the file whose lint silences rules of the linter on
// what stands in it: a step, a probe, a watch or a trigger.
type Silencer struct {
	Path string // where it stands
	Name string // as a person calls it: step build
	Lint map[string]string
}

// Has reports whether a path is of the table or of something in it.
func (s Silencer) Has(path string) bool {
	rest, ok := strings.CutPrefix(path, s.Path)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Silencers lists what may silence the linter, in one order each time.
func (rb *Runbook) Silencers() []Silencer {
	var out []Silencer
	for s := range rb.Steps() {
		out = append(out, Silencer{s.path, "step " + s.ID, s.Lint})
	}
	for _, name := range slices.Sorted(maps.Keys(rb.Probes)) {
		out = append(out, Silencer{member("probes", name), "probe " + name, rb.Probes[name].Lint})
	}
	watches := func(table string, ws map[string]Watch) {
		for _, name := range slices.Sorted(maps.Keys(ws)) {
			out = append(out, Silencer{member(table, name), "watch " + name, ws[name].Lint})
		}
	}
	watches("watch", rb.Watches)
	for _, env := range slices.Sorted(maps.Keys(rb.Environments)) {
		watches(member("environments", env)+".watch", rb.Environments[env].Watches)
	}
	for i, t := range rb.Triggers {
		out = append(out, Silencer{element("trigger", i), "trigger " + t.ID, t.Lint})
	}
	return out
}

// At gives line and column, in runes and from 1, of the value at a path, or of
// what is nearest around it.
func (rb *Runbook) At(path string) (line, col int) {
	p, _ := rb.positions.find(path)
	return rb.positions.lineCol(p.value)
}

// Path is where the step stands in the file: phase[1].step[0].
func (s *Step) Path() string { return s.path }

// Element is the path of an array's element.
func Element(path string, i int) string { return element(path, i) }

// Suggest offers the word nearest to a misspelt one, as "; did you mean ...?",
// or nothing when none is near.
func Suggest(word string, known []string) string { return suggest(word, known) }

// Member is the path of a key in the table at path, quoted where it has to be.
func Member(path, key string) string { return member(path, key) }

// Place gives line and column, in runes and from 1, of a byte of the text that
// the file holds at path.
func (rb *Runbook) Place(path string, offset int) (line, col int) {
	return rb.positions.lineCol(rb.positions.inside(path, offset))
}
