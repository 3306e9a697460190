package runner

// The rule of this file: while a trigger has something to take back it is
// looked at all the time, by nobody else's clock. What follows from what it
// sees is asked of package steps; nothing is ever started from here.

import (
	"context"
	"slices"
	"sync"
	"time"

	"belay/runner/job"
	"belay/steps"
)

// armTriggers begins to look for every trigger that does not rest.
func (r *Runner) armTriggers() {
	c := r.kase()
	for i := range r.book.Triggers {
		t := &r.book.Triggers[i]
		if t.ByPerson() || r.armed[t.ID] || c.Rests(t) != "" {
			continue
		}
		r.armed[t.ID] = true
		id := t.ID
		r.spawn(func() { r.watchTrigger(id) })
	}
}

// watchTrigger looks until the trigger rests. What it saw is then forgotten: it
// counts for nothing when the trigger wakes again.
func (r *Runner) watchTrigger(id string) {
	for r.ctx.Err() == nil {
		c := r.face()
		t := c.Book.Trigger(id)
		if t == nil || c.Rests(t) != "" {
			break
		}
		seen := r.lookTrigger(r.ctx, c, t)
		r.post(func() { r.sawTrigger(id, seen) })
		wait(r.ctx, t.Every(c.State))
	}
	r.post(func() {
		delete(r.armed, id)
		delete(r.seen.Triggers, id)
		r.publish()
	})
}

// lookTrigger reads the value of a trigger on each of its hosts, unjudged.
func (r *Runner) lookTrigger(ctx context.Context, c *steps.Case, t *steps.Trigger) []steps.Reading {
	ctx, cancel := context.WithTimeout(ctx, t.When.Timeout.Or(lookTimeout))
	defer cancel()
	hosts := c.AskedBy(t)
	out := make([]steps.Reading, len(hosts))
	var wg sync.WaitGroup
	for i, h := range hosts {
		own := *c
		wg.Go(func() { out[i] = r.sample(ctx, &own, h, t.When) })
	}
	wg.Wait()
	return out
}

// sample reads a value as it is: green says that it is known, not that it is good.
func (r *Runner) sample(ctx context.Context, c *steps.Case, host string, e steps.Evidence) steps.Reading {
	out := steps.Reading{Title: e.Title, Host: host, Verdict: steps.CannotTell}
	env, err := c.HostEnviron(host)
	if err == nil {
		e.Path, err = steps.Expand(e.Path, env)
	}
	if err != nil {
		out.Why, out.At = err.Error(), r.cfg.Now()
		return out
	}
	e.Want = ""
	if e.Probe != "" {
		r.judge(c, &steps.Step{}, e, r.probe(ctx, c, host, e, env), &out)
		return out
	}
	res, err := r.run(ctx, host, job.Script{Text: e.Script, Env: env})
	out.At = r.cfg.Now()
	switch {
	case err != nil:
		out.Why = err.Error()
	case res.Exit != 0:
		out.Why = exitWhy(r.cfg.mask(lastLine(res.Err)), res.Exit)
	default:
		r.judge(c, &steps.Step{}, e, steps.ParseValue(r.cfg.mask(string(res.Out)), out.At), &out)
	}
	return out
}

// sawTrigger runs on the loop: it keeps what was seen for as long as it counts.
func (r *Runner) sawTrigger(id string, seen []steps.Reading) {
	c := r.kase()
	t := c.Book.Trigger(id)
	if t == nil || c.Rests(t) != "" {
		return
	}
	since := c.Now.Add(-t.Keeps(c.State))
	kept := slices.DeleteFunc(slices.Clone(r.seen.Triggers[id]), func(x steps.Reading) bool { return x.At.Before(since) })
	r.seen.Triggers[id] = append(kept, seen...)
	if e, ok := r.kase().TriggerNow(id); ok {
		r.commit(e)
		return
	}
	r.publish()
}

// triggerBaselines reads what the triggers that a phase opens compare with.
func (r *Runner) triggerBaselines(ctx context.Context, c *steps.Case, phase string) []steps.Reading {
	var out []steps.Reading
	for i := range c.Book.Triggers {
		t := &c.Book.Triggers[i]
		want, err := steps.ParseWant(t.When.Want)
		if err != nil || !want.NeedsBaseline() || t.Proposes != phase && t.Proposes != "run" {
			continue
		}
		for _, x := range r.lookTrigger(ctx, c, t) {
			x.Title = t.BaselineTitle()
			out = append(out, x)
		}
	}
	return out
}

// unseen reports whether a firing that an earlier console saw may still clear:
// this one has not looked for long enough.
func (r *Runner) unseen() bool {
	return r.cfg.Now().Sub(r.begun) < max(r.state.StableFor(steps.Duration(steps.TriggerQuiet)), firstLooks)
}

// firstLooks is how long an automatic run waits for its first looks.
const firstLooks = 5 * time.Second
