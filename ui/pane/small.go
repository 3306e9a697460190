package pane

import (
	"fmt"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// The rule of this file: on a screen that is too small for anything else, what
// is under way and for how long still stands there.

// Small is the one message of a screen that is too small.
func Small(r *Run, w, h, leastW, leastH int, st *style.Style) []string {
	short, _ := Environment(r.Case)
	out := []string{short}
	for _, t := range r.State.Busy("") {
		d, _ := r.Elapsed(t)
		out = append(out, tail.Inert(t.String())+" "+string(r.State.Task(t).Status)+" "+Clock(d))
	}
	for _, t := range r.Book.Tasks() { // a soak, or what waits for a person
		if r.State.Task(t).Status == steps.TaskOpen {
			out = append(out, tail.Inert(t.String())+" "+r.Stands(t))
		}
	}
	if back := r.State.Rollback; back != nil {
		out = append(out, "a rollback of "+back.Scope.String()+" is open")
	}
	if row := r.State.Sequence; row != nil {
		out = append(out, "the sequence over "+row.Scope.String()+" goes on")
	}
	if len(out) == 1 {
		out = append(out, "nothing is running")
	}
	out = append(out, fmt.Sprintf("too small: want %dx%d", leastW, leastH))
	return Block(out, w, h, st)
}
