package steps

// The rule of this file: the plan shows what would run, with every name filled
// in that can be known before the run; what only the run will know stays $NAME.

import (
	"maps"
	"slices"
	"strings"
)

// Plan lists every task in the order in which it would be carried out: the
// phases, blocks host by host, batches in order, then what a rollback does before and after its
// undos. The runbook is one that For gave. An input without an answer, and
// what is captured only during the run, stays $NAME.
func Plan(rb *Runbook, answers map[string]string) []PlannedTask {
	p := planner{rb: rb, answers: answers}
	for i := range rb.Phases {
		p.list(rb.Phases[i].Steps)
	}
	p.list(rb.Rollback.Before)
	p.list(rb.Rollback.After)
	return p.tasks
}

type planner struct {
	rb      *Runbook
	answers map[string]string
	tasks   []PlannedTask
}

// list plans steps in order; neighbours of one block go host by host.
func (p *planner) list(steps []Step) {
	for _, g := range segments(steps) {
		for _, host := range g.steps[0].Hosts {
			for _, s := range g.steps {
				t := p.task(s, host)
				t.Batch, t.Batches = g.batchOf(host)
				p.tasks = append(p.tasks, t)
			}
		}
	}
}

func (p *planner) task(s *Step, host string) PlannedTask {
	f := p.filler(s, host)
	t := PlannedTask{
		Phase: s.Phase, Block: s.Block, Step: s.ID, Title: s.Title, Kind: s.Kind, Host: host,
		MaxFailures: s.MaxFailures, Danger: s.Danger, Confirm: s.ConfirmLevel(), Needs: s.Needs, Left: s.Left,
		Refs: s.Refs, Note: s.Note, Text: s.Text,
		Dir: f.fill(s.Dir), Env: f.env, Captures: slices.Sorted(maps.Keys(s.Capture)), Script: s.Script,
		Check: f.evidence(s.Check), Verify: f.evidence(s.Verify), NoUndo: s.NoUndo, NoReturn: s.NoReturn,
	}
	if s.Script != "" || s.Kind == Edit {
		t.Shell, t.Timeout = s.Shell, Duration(s.Timeout.Or(DefaultTimeout))
		if t.Shell == "" {
			t.Shell = "sh"
		}
	}
	for i := range s.Evidence {
		t.Evidence = append(t.Evidence, *f.evidence(&s.Evidence[i]))
	}
	if r := s.Soak; r != nil {
		t.Soak = &PlannedSoak{r.For, r.Deadline, orPause(r.OnRed), orPause(r.OnStale)}
	}
	if s.File != nil {
		t.File = f.file(s.File)
	}
	t.Secrets = p.secrets(s)
	t.Undo = f.undo(s)
	return t
}

// ConfirmLevel is the level of confirmation that the file asks for: the danger,
// raised by confirm, and by one where a step of a phase has no undo. A point of
// no return is never passed without a yes.
func (s *Step) ConfirmLevel() Danger {
	level := max(s.Danger, s.Confirm, None)
	inRollback := strings.HasPrefix(s.Phase, "rollback.")
	if level > None && s.Undo == nil && s.Kind != Edit && !inRollback {
		level = min(level+1, Critical)
	}
	if s.NoReturn != "" {
		level = max(level, Low)
	}
	return level
}

func orPause(s string) string {
	if s == "" {
		return "pause"
	}
	return s
}

// filler fills in names for one task.
type filler struct {
	rb   *Runbook
	step *Step
	env  []string
}

// filler leaves names that only the run knows as they are: each stands for
// itself.
func (p *planner) filler(s *Step, host string) filler {
	known := maps.Clone(p.answers)
	if known == nil {
		known = map[string]string{}
	}
	captured := map[string]string{}
	for other := range p.rb.Steps() {
		for name := range other.Capture {
			captured[name] = "$" + name
		}
	}
	plan := *p.rb
	plan.Vars = opened(p.rb.Vars, known, p.rb.Kind)
	plan.Hosts = maps.Clone(p.rb.Hosts)
	if h, ok := plan.Hosts[host]; ok {
		h.Vars = opened(h.Vars, known, p.rb.Kind)
		plan.Hosts[host] = h
	}
	env, err := Environ(&plan, s, host, known, captured, Facts{})
	if err != nil {
		env = nil // an answer that does not match: the run refuses it and says why
	}
	e := environ{env}
	for _, name := range []string{"BELAY_RUN", "BELAY_ATTEMPT", "BELAY_STAMP"} {
		e.set(name, "$"+name)
	}
	return filler{rb: p.rb, step: s, env: e.list}
}

// opened replaces inputs that nobody has answered by their own names.
func opened(vars map[string]Var, answers map[string]string, kind EnvKind) map[string]Var {
	out := maps.Clone(vars)
	for name, v := range out {
		_, answered := answers[name]
		if v.IsInput() && !answered && (kind != Embedded || v.Rehearsal == "") {
			out[name] = Var{Value: "$" + name}
		}
	}
	return out
}

// fill expands a text as far as it can be known; what cannot stays as written.
func (f filler) fill(s string) string {
	if out, err := Expand(s, f.env); err == nil {
		return out
	}
	return s
}

func (f filler) evidence(e *Evidence) *PlannedEvidence {
	if e == nil {
		return nil
	}
	out := &PlannedEvidence{
		Title: e.Title, Probe: e.Probe, Path: f.fill(e.Path), Script: e.Script, Want: f.fill(e.Want),
		SignOff: e.SignOff, MaxAge: e.MaxAge, Stable: e.Stable, Timeout: e.Timeout,
	}
	if e.On != "" {
		out.Hosts = f.rb.HostsOf(e.On)
	}
	return out
}

func (f filler) file(e *FileEdit) *PlannedFile {
	out := &PlannedFile{Path: f.fill(e.Path), Mode: e.Mode, Template: e.Template}
	for _, r := range e.Replace {
		out.Replace = append(out.Replace, PlannedReplace(r))
	}
	for key, v := range e.Set {
		if out.Set == nil {
			out.Set = map[string]string{}
		}
		out.Set[key] = v.Value
		if v.Secret != "" {
			out.Set[key] = "‹secret " + v.Secret + "›"
		}
	}
	return out
}

func (f filler) undo(s *Step) *PlannedUndo {
	if s.Undo == nil && s.Kind != Edit {
		return nil
	}
	u := Undo{}
	if s.Undo != nil {
		u = *s.Undo
	}
	out := &PlannedUndo{Danger: u.Danger, Dir: f.fill(u.Dir), Script: u.Script, Text: u.Text, Verify: f.evidence(u.Verify)}
	if u.Danger == Unset {
		out.Danger = s.Danger
	}
	if u.Dir == "" {
		out.Dir = f.fill(s.Dir)
	}
	if s.Kind == Edit {
		out.Text = "restore the backup that the edit made"
	}
	if out.Script != "" || s.Kind == Edit {
		out.Timeout = Duration(u.Timeout.Or(s.Timeout.Or(DefaultTimeout)))
	}
	return out
}

// secrets lists what a task gets as files: the secrets that its texts name.
func (p *planner) secrets(s *Step) (names []string) {
	uses := func(name string) bool {
		if s.File != nil {
			for _, v := range s.File.Set {
				if v.Secret == name {
					return true
				}
			}
		}
		return slices.Contains(references(s.Script), name+"_FILE")
	}
	for _, name := range slices.Sorted(maps.Keys(p.rb.Secrets)) {
		if uses(name) {
			names = append(names, name)
		}
	}
	return names
}
