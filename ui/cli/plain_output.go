package cli

// The rule of this file: what a step prints is printed as it comes, a line at a
// time, inert and under its host's name. It never waits for a question, and a
// flood never makes the run wait.

import (
	"belay/runner/tail"
	"belay/steps"
)

// windowLines is how many lines are taken out of a ring at once.
const windowLines = 500

// printed is how far an output was printed.
type printed struct {
	ring *tail.Ring
	next int64 // number of the line to print next
	ours bool  // it was under way while we were here; an earlier console's is in belay logs
}

// outputs prints what has come of the outputs of steps since the last time, with
// a lead before the first line. It reports whether there was anything.
func (f *plain) outputs(lead string) (some bool) {
	snap := f.s.runner.Snapshot()
	for _, t := range tasksOf(&snap.Case) {
		ts, ring := snap.Case.State.Task(t), f.s.runner.Output(t)
		at := ts.Attempt()
		if ring == nil || at == nil {
			continue
		}
		p := f.shown[t]
		if p == nil || p.ring != ring {
			p = &printed{ring: ring}
			f.shown[t] = p
		}
		if p.ours = p.ours || ts.Status.Busy() || at.Intended.After(f.began); !p.ours {
			continue
		}
		if f.copy(t, p, ts.Status.Busy(), lead) {
			some, lead = true, ""
		}
	}
	return some
}

// copy prints the whole lines of an output; its last one too, when it has ended.
func (f *plain) copy(t steps.Task, p *printed, busy bool, lead string) (some bool) {
	for {
		if first, _ := p.ring.Span(); first > p.next {
			f.print("  %s | … %d lines came too fast to be printed; belay logs %s has all of them\n", t.Host, first-p.next, t.Host)
			p.next = first
		}
		lines := p.ring.Window(p.next, windowLines)
		for _, l := range lines {
			if l.Open && busy {
				return some
			}
			f.print("%s  %s | %s\n", lead, t.Host, l.Text)
			p.next, some, lead = l.Number+1, true, ""
		}
		if len(lines) < windowLines {
			return some
		}
	}
}
