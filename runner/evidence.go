package runner

// The rule of this file: while a gate or a soak is open its evidence is looked
// at all the time; what follows from it is asked of package steps.

import (
	"context"
	"time"

	"belay/steps"
)

// watchEvidence looks at the evidence of an open gate or soak until it closes.
func (r *Runner) watchEvidence(t steps.Task) {
	if r.looking[t] != nil {
		return
	}
	ctx, cancel := context.WithCancel(r.ctx)
	r.looking[t] = cancel
	s := r.kase().Step(t)
	every := evidenceEvery(s, r.speed)
	r.spawn(func() {
		for ctx.Err() == nil {
			seen := r.lookAll(ctx, t, s.Evidence)
			if ctx.Err() != nil {
				return
			}
			r.post(func() { r.sawEvidence(t, seen) })
			wait(ctx, every)
		}
	})
}

// evidenceEvery is how often to look: as the soak says, else often enough that
// a value never grows too old between two looks.
func evidenceEvery(s *steps.Step, speed float64) time.Duration {
	every := 5 * time.Second
	if s.Soak != nil {
		every = s.Soak.Every.Or(10 * time.Second)
		every = min(every, max(time.Duration(float64(s.Soak.For.D())/speed/20), 200*time.Millisecond))
	}
	for _, e := range s.Evidence {
		every = min(every, max(e.MaxAge.Or(steps.DefaultMaxAge)/3, time.Second))
	}
	return every
}

func (r *Runner) sawEvidence(t steps.Task, seen []steps.Reading) {
	if r.state.Task(t).Status != steps.TaskOpen {
		return
	}
	r.seen.Evidence[t] = seen
	if e, ok := r.kase().SoakNow(t); ok {
		r.commit(e)
		return
	}
	r.publish()
}

// lastWords writes down how far each soak is: from now on nobody looks.
func (r *Runner) lastWords() {
	for _, t := range r.book.Tasks() {
		if e, ok := r.kase().SoakLeft(t); ok && r.frozen == nil {
			r.commit(e)
		}
	}
}
