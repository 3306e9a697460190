package pane

import (
	"fmt"

	"belay/runner/tail"
	"belay/ui/style"
)

// The rule of this file: on a screen that is too small for anything else, what
// is running and for how long still stands there.

// Small is the one message of a screen that is too small.
func Small(r *Run, w, h, leastW, leastH int, st *style.Style) []string {
	short, _ := Environment(r.Case)
	out := []string{short}
	for _, t := range r.State.Busy("") {
		d, _ := r.Elapsed(t)
		out = append(out, tail.Inert(t.String())+" "+string(r.State.Task(t).Status)+" "+Clock(d))
	}
	if len(out) == 1 {
		out = append(out, "nothing is running")
	}
	out = append(out, fmt.Sprintf("too small: want %dx%d", leastW, leastH))
	return Block(out, w, h, st)
}
