package runner

// The rule of this file: looking changes nothing and proves only what was
// printed. Whatever could not be asked, or was not understood, cannot be told.

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"belay/runner/job"
	"belay/steps"
)

// lookTimeout ends one look that names no timeout.
const lookTimeout = 20 * time.Second

// lookLimit is how much of what a look prints is read, in bytes.
const lookLimit = 1 << 20

// face is what faces see: a case that the loop no longer changes.
func (r *Runner) face() *steps.Case {
	r.mu.Lock()
	defer r.mu.Unlock()
	return &steps.Case{Book: r.book, Old: r.old, State: r.view, Seen: r.viewed, Now: r.cfg.Now(), Past: r.cfg.Past}
}

// look reads one evidence for a task, for each host that it is asked for.
func (r *Runner) look(ctx context.Context, t steps.Task, e steps.Evidence) []steps.Reading {
	c := r.face()
	hosts := c.Asked(t, e)
	name, _, _ := strings.Cut(e.Probe, ".")
	elsewhere := e.On == "" && c.Book.Probes[name].Host != "" // the probe runs on a host of its own
	out := make([]steps.Reading, len(hosts))
	var wg sync.WaitGroup
	for i, h := range hosts {
		own := *c // a case remembers what it was asked, so it is not shared
		values := h
		if elsewhere { // $NAME means what it means to the task
			values = t.Host
		}
		wg.Go(func() { out[i] = r.reading(ctx, &own, own.Step(t), values, h, e) })
	}
	wg.Wait()
	return out
}

// lookAll reads a list of evidence at once, so that the slowest alone says how
// long it takes. Sign-offs are not looked at; people give them.
func (r *Runner) lookAll(ctx context.Context, t steps.Task, list []steps.Evidence) []steps.Reading {
	each := make([][]steps.Reading, len(list))
	var wg sync.WaitGroup
	for i, e := range list {
		if e.SignOff == "" {
			wg.Go(func() { each[i] = r.look(ctx, t, e) })
		}
	}
	wg.Wait()
	return slices.Concat(each...)
}

// reading of one evidence for one host, judged; host is the one whose values
// $NAME stands for, which differs where a probe runs on a host of its own.
func (r *Runner) reading(ctx context.Context, c *steps.Case, s *steps.Step, host, asked string, e steps.Evidence) steps.Reading {
	ctx, cancel := context.WithTimeout(ctx, e.Timeout.Or(lookTimeout))
	defer cancel()
	out := steps.Reading{Title: e.Title, Host: asked, Want: e.Want, Verdict: steps.CannotTell}
	env, err := c.Environ(steps.Task{Step: s.ID, Host: host}, "")
	if err == nil {
		e.Want, err = steps.Expand(e.Want, env)
	}
	if err == nil {
		e.Path, err = steps.Expand(e.Path, env)
	}
	if err != nil {
		out.Why, out.At = err.Error(), r.cfg.Now()
		return out
	}
	out.Want = e.Want
	if e.Probe != "" {
		v := r.probe(ctx, c, host, e, env)
		r.judge(c, s, e, v, &out)
		return out
	}
	dir, err := steps.Expand(s.Dir, env)
	if err != nil {
		out.Why, out.At = err.Error(), r.cfg.Now()
		return out
	}
	script := job.Script{Text: e.Script, Shell: s.Shell, Dir: dir, Env: env}
	r.judgeScript(ctx, c, s, host, e, script, &out)
	return out
}

// judgeScript runs a script. Without want its exit code is the verdict; with
// one a script that fails has not given a value.
func (r *Runner) judgeScript(ctx context.Context, c *steps.Case, s *steps.Step, host string, e steps.Evidence, script job.Script, out *steps.Reading) {
	res, err := r.run(ctx, host, script)
	out.At = r.cfg.Now()
	said := r.cfg.mask(firstOf(firstLine(res.Out), lastLine(res.Err)))
	switch {
	case err != nil:
		out.Why = err.Error()
	case e.Want == "" && res.Exit == 0:
		out.Verdict, out.Text = steps.Green, firstOf(said, "holds")
	case e.Want == "":
		out.Verdict = steps.Red
		out.Text = fmt.Sprintf("exit code %d", res.Exit)
		out.Why = firstOf(r.cfg.mask(firstOf(lastLine(res.Err), firstLine(res.Out))), out.Text)
	case res.Exit != 0:
		out.Why = exitWhy(r.cfg.mask(lastLine(res.Err)), res.Exit)
	default:
		r.judge(c, s, e, steps.ParseValue(r.cfg.mask(string(res.Out)), out.At), out)
	}
}

// judge compares a value with what is wanted.
func (r *Runner) judge(c *steps.Case, s *steps.Step, e steps.Evidence, v steps.Value, out *steps.Reading) {
	out.At = v.At
	if out.At.IsZero() {
		out.At = r.cfg.Now()
	}
	out.Text = r.cfg.mask(v.String())
	if v.IsNumber {
		n := v.Number
		out.Number, out.Unit = &n, v.Unit
	}
	if e.Want == "" {
		out.Verdict = steps.Green
		if !v.Known {
			out.Verdict, out.Why = steps.CannotTell, v.Raw
		}
		return
	}
	want, err := steps.ParseWant(e.Want)
	if err != nil {
		out.Why = err.Error()
		return
	}
	out.Verdict, out.Why = want.Judge(v, c.Baseline(s.Phase, e.Title, out.Host, want))
}

// exitWhy says why a script that failed gave no value.
func exitWhy(said string, code int) string {
	return fmt.Sprintf("exit code %d: %s", code, said)
}

// run a plain command on a host.
func (r *Runner) run(ctx context.Context, host string, s job.Script) (job.Result, error) {
	h, ok := r.cfg.Hosts[host]
	if !ok {
		return job.Result{}, fmt.Errorf("there is no host %q", host)
	}
	res, err := h.Run(ctx, s, lookLimit)
	if err == nil && res.Cut {
		err = errTooLong
	}
	return res, err
}

// mask replaces secrets in a short text.
func (c *Config) mask(s string) string {
	out, _ := c.Secrets.Text(s)
	return out
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// lookFirst looks at what a decision has to see before it can be made.
func (r *Runner) lookFirst(ctx context.Context, a steps.Action) error {
	s := r.face().Step(a.Task)
	if s == nil {
		return nil
	}
	if a.Verb == steps.Yes {
		seen := r.lookAll(ctx, a.Task, s.Evidence)
		return r.ask(ctx, func() { r.seen.Evidence[a.Task] = seen })
	}
	if r.face().State.Phases[s.Phase].Opened.IsZero() {
		base := r.baselines(ctx, s.Phase)
		if err := r.ask(ctx, func() { r.baseline[s.Phase] = base }); err != nil {
			return err
		}
	}
	if s.Check == nil {
		return nil
	}
	seen := r.look(ctx, a.Task, *s.Check)
	return r.ask(ctx, func() { r.seen.Checks[a.Task] = seen })
}

// withBaseline completes the event that opens a phase with what was read
// before; false when that has not been read yet.
func (r *Runner) withBaseline(events []steps.Event) bool {
	for i, e := range events {
		o, ok := e.(steps.PhaseOpened)
		if !ok {
			continue
		}
		base, read := r.baseline[o.Phase]
		if !read {
			return false
		}
		o.Baseline = base
		events[i] = o
		delete(r.baseline, o.Phase)
	}
	return true
}

// baselines reads the values that a phase's evidence will be compared with.
func (r *Runner) baselines(ctx context.Context, phase string) []steps.Reading {
	c := r.face()
	out := append([]steps.Reading{}, r.triggerBaselines(ctx, c, phase)...)
	p := c.Book.Phase(phase)
	if p == nil {
		return out
	}
	seen := map[string]bool{}
	for i := range p.Steps {
		s := &p.Steps[i]
		for _, e := range evidenceOf(s) {
			want, err := steps.ParseWant(e.Want)
			if err != nil || !want.NeedsBaseline() {
				continue
			}
			for _, h := range s.TaskHosts() {
				if key := e.Title + "@" + h; !seen[key] {
					seen[key] = true
					out = append(out, r.look(ctx, steps.Task{Step: s.ID, Host: h}, e)...)
				}
			}
		}
	}
	return out
}

func evidenceOf(s *steps.Step) []steps.Evidence {
	out := append([]steps.Evidence(nil), s.Evidence...)
	for _, e := range []*steps.Evidence{s.Check, s.Verify} {
		if e != nil && e.Want != "" {
			out = append(out, *e)
		}
	}
	return out
}
