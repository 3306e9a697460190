package pane

// The rule of this file: two clocks never stand side by side without their
// names. What the file says is in the file's time; on the embedded fleet that
// passes faster than the wall's, and then both are said, and the speed.

import (
	"fmt"
	"time"

	"belay/steps"
)

// Wall is how long a duration of the file takes by the wall.
func (r *Run) Wall(d time.Duration) time.Duration {
	return r.State.StableFor(steps.Duration(d))
}

// Span writes a duration of the file to the second: "15:00", and where the two
// clocks differ "15:00 at 60x = 0:15".
func (r *Run) Span(d time.Duration) string { return r.both(d, Clock(d), Clock(r.Wall(d))) }

// AboutSpan is Span as a person says it: "5m", "5m at 60x = 5s".
func (r *Run) AboutSpan(d time.Duration) string { return r.both(d, About(d), About(r.Wall(d))) }

// both says a duration by both clocks; one that the wall's shows as nothing is
// the file's alone.
func (r *Run) both(whole time.Duration, file, wall string) string {
	switch speed := r.State.Speed(); {
	case speed == 1:
		return file
	case r.instant(whole):
		return fmt.Sprintf("%s at %gx", file, speed)
	default:
		return fmt.Sprintf("%s at %gx = %s", file, speed, wall)
	}
}

// instant reports whether a duration of the file passes within a second of the wall.
func (r *Run) instant(d time.Duration) bool { return r.Wall(d) < time.Second }

// Of writes how much of a duration of the file has passed: "12:40 of 15:00",
// and where the clocks differ "12:40 of 15:00 at 60x = 0:12 of 0:15".
func (r *Run) Of(passed, whole time.Duration) string {
	return r.both(whole, Clock(passed)+" of "+Clock(whole), Clock(r.Wall(passed))+" of "+Clock(r.Wall(whole)))
}

// Proving says how far the proof of a task that is being verified is, and when
// it is given up; "" where nothing is looked for.
func (r *Run) Proving(t steps.Task) string {
	p, ok := r.Seen.Proofs[t]
	if !ok || !r.State.Task(t).Status.Busy() {
		return ""
	}
	text := "does not hold yet"
	switch {
	case p.Holds.IsZero() && p.For > 0:
		text += ", has to for " + r.Span(p.For)
	case p.Holds.IsZero():
	case p.For > 0:
		text = "holds for " + r.Of(p.Held(r.Now, r.State.Speed()), p.For)
	default:
		text = "holds"
	}
	if left := p.Until.Sub(r.Now); left > 0 {
		return text + ", gives up in " + Clock(left)
	}
	return text + ", gives up now"
}
