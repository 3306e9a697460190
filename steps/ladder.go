package steps

// The rule of this file: the harm that an action can do says how it is agreed
// to. Every face asks here, so no face can ask for less.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Level is the level of confirmation that doing a task asks for.
func (c *Case) Level(t Task) Danger {
	s := c.next(t)
	d := max(s.Danger, s.Confirm, None)
	if d > None && s.Undo == nil && s.Kind != Edit && c.phaseOf(s) != nil {
		d = min(d+1, Critical)
	}
	if c.opensWindow(s) || s.NoReturn != "" {
		d = max(d, Low)
	}
	if c.outsideWindow(s) != nil || c.clockOff(s, t.Host) != nil {
		d = Critical
	}
	return d
}

// Raised says why a task is asked for at a higher level than that of its danger;
// "" where it is not.
func (c *Case) Raised(t Task) string {
	s, level := c.next(t), c.Level(t)
	if level <= max(s.Danger, None) {
		return ""
	}
	if r := c.outsideWindow(s); r != nil {
		return r.Why
	}
	if r := c.clockOff(s, t.Host); r != nil {
		return r.Why
	}
	var why []string
	if s.Confirm > s.Danger {
		why = append(why, "the runbook asks for that")
	}
	if max(s.Danger, s.Confirm) > None && s.Undo == nil && s.Kind != Edit && c.phaseOf(s) != nil {
		why = append(why, "it has no undo")
	}
	if s.NoReturn != "" && level == Low {
		why = append(why, "it is a point of no return")
	}
	if c.opensWindow(s) && level == Low {
		why = append(why, "it opens the phase's window")
	}
	return strings.Join(why, ", and ")
}

// UndoLevel is the level of confirmation that undoing a task asks for.
func (c *Case) UndoLevel(t Task) Danger {
	s := c.Step(t)
	d := max(s.Danger, None)
	if s.Undo != nil && s.Undo.Danger != Unset {
		d = s.Undo.Danger
	}
	if from := c.noReturnFrom(); from > 0 && c.place(c.State.Task(t)) >= from {
		d = Critical
	}
	return d
}

// noReturnFrom gives the place in the order of what ran at which the point of
// no return was passed; 0 before that.
func (c *Case) noReturnFrom() int64 {
	var from int64
	for s := range c.Book.Steps() {
		if s.NoReturn == "" {
			continue
		}
		for _, h := range s.TaskHosts() {
			if at := c.place(c.State.Task(Task{s.ID, h})); at > 0 && (from == 0 || at < from) {
				from = at
			}
		}
	}
	return from
}

// Phrase is what has to be typed at a level for some tasks, or "": their host's
// id, or how many hosts of which group. Beside servers, local is not counted.
func (c *Case) Phrase(level Danger, tasks []Task) string {
	what, hosts := "", hostsOf(tasks)
	if len(hosts) > 1 {
		hosts = slices.DeleteFunc(hosts, func(h string) bool { return h == LocalHost })
	}
	switch {
	case len(hosts) == 1:
		what = hosts[0]
	case len(hosts) > 1:
		what = fmt.Sprintf("%d %s", len(hosts), c.groupName(tasks, hosts))
	}
	switch {
	case level == High, level > None && level < High && c.NeedsApprover(level):
		return what
	case level == Critical:
		return strings.TrimSpace(what + " " + c.Book.Env)
	}
	return ""
}

// groupName is the name of the group that some tasks' hosts are, or "hosts".
func (c *Case) groupName(tasks []Task, hosts []string) string {
	is := func(name string) bool { g := c.Book.Groups[name]; return len(g) == len(hosts) && subset(hosts, g) }
	if s := c.inForce(tasks[0].Step); s != nil && is(s.On) {
		return s.On
	}
	for _, name := range slices.Sorted(maps.Keys(c.Book.Groups)) { // the same words each time
		if is(name) {
			return name
		}
	}
	return "hosts"
}

func hostsOf(tasks []Task) []string {
	var out []string
	for _, t := range tasks {
		if !slices.Contains(out, t.Host) {
			out = append(out, t.Host)
		}
	}
	return out
}

func subset(a, of []string) bool {
	in := map[string]bool{}
	for _, x := range of {
		in[x] = true
	}
	for _, x := range a {
		if !in[x] {
			return false
		}
	}
	return true
}

// NeedsApprover reports whether a second person has to type the words.
func (c *Case) NeedsApprover(level Danger) bool {
	return c.Book.Kind != Embedded && c.Book.Approver != Unset && level >= c.Book.Approver
}

// confirmed checks a confirmation against the level that is asked for.
func (c *Case) confirmed(level Danger, phrase string, a Action) *Refusal {
	got := a.Confirm
	switch {
	case got.How == "sequence" && a.Verb == Execute && c.Alone(a.Task) != "":
		return needConfirm(NeedsConfirm, level, phrase, a.Task.String()+", "+c.Alone(a.Task))
	case level <= None:
		return nil
	case got.How == "auto":
		return c.unattended(level, level, phrase, got)
	case got.How == "sequence" && a.Verb == Execute && c.inSequence(a.Task, level):
		return nil
	case phrase == "" && (got.How == "key" || got.How == "typed"):
		return nil
	case phrase == "":
		return needConfirm(NeedsConfirm, level, "", "this has to be confirmed")
	case got.How != "typed" || got.Typed != phrase:
		return needConfirm(NeedsConfirm, level, phrase, fmt.Sprintf("type %q to confirm", phrase))
	case c.NeedsApprover(level) && !c.secondYes(got):
		return needConfirm(NeedsPerson, level, phrase, c.approverMissing())
	}
	return nil
}

// unattended lets --auto do what is no more dangerous than it was allowed to
// be. Level is how a person would be asked, which may be more than the danger.
func (c *Case) unattended(level, danger Danger, phrase string, got Confirmation) *Refusal {
	switch {
	case c.NeedsApprover(level):
		return needConfirm(NeedsPerson, level, phrase, "this needs the yes of an approver")
	case got.Level < danger:
		r := needConfirm(NeedsPerson, level, phrase, fmt.Sprintf("danger %s is above what --max-danger allows", danger))
		r.Hint = "--max-danger " + danger.String()
		return r
	}
	return nil
}

// secondYes reports whether the partner typed the words; where none is named
// the driver may act single-handed, with a reason.
func (c *Case) secondYes(got Confirmation) bool {
	if c.State.Partner == "" {
		return got.Single != ""
	}
	return got.By == c.State.Partner
}

func (c *Case) approverMissing() string {
	if c.State.Partner == "" {
		return "an approver has to type the words, and no partner is named: :partner NAME, or act single-handed with a reason"
	}
	return c.State.Partner + " has to type the words"
}

func needConfirm(k RefusalKind, level Danger, phrase, why string) *Refusal {
	return &Refusal{Kind: k, Level: level, Phrase: phrase, Why: why}
}

func (c *Case) phaseOf(s *Step) *Phase { return c.Book.Phase(s.Phase) }

// opensWindow reports whether starting the step would start its phase's window.
func (c *Case) opensWindow(s *Step) bool {
	p := c.phaseOf(s)
	return p != nil && p.Window > 0 && c.State.Phases[p.ID].Opened.IsZero()
}

// outsideWindow refuses when the window of the step's phase is over.
func (c *Case) outsideWindow(s *Step) *Refusal {
	p := c.State.Phases[s.Phase]
	if p.Until.IsZero() || !c.Now.After(p.Until) {
		return nil
	}
	return refuse(OutsideWindow, "give a reason; it counts as an override",
		"the window of phase %s ended at %s", s.Phase, p.Until.Format(time.TimeOnly))
}
