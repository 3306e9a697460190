package runner

// The rule of this file: a snapshot is all that a face shows, as plain copied
// values. Logs are the one exception: a ring is read in windows, by its own
// lock, since copying it would cost more than showing it.

import (
	"time"

	"belay/runner/job"
	"belay/runner/tail"
	"belay/steps"
)

// Snapshot is the run at one moment. Ask Case, by the functions of package
// steps, what is allowed and why not.
type Snapshot struct {
	Case    steps.Case
	Hosts   []HostView               // in the file's order; local is last, and only where a step runs on it
	Events  []EventView              // the newest last; at most EventsKept
	Frozen  error                    // why the journal cannot be relied on: nothing new is launched
	Rolling bool                     // the open rollback goes on by itself
	Asking  map[steps.Task]time.Time // attempts whose host does not answer, since when
	Version int64                    // grows with every change
}

// EventsKept is how many of the newest events a snapshot carries.
const EventsKept = 500

// HostView is what a pane shows of a server.
type HostView struct {
	ID       string
	Host     steps.Host
	Link     job.Link
	Identity job.Identity
	Wrong    string // it is not the host we know
	Skew     time.Duration
	Gauges   []Gauge
	Logs     []LogView
}

// Gauge is one watched value. Its age is Case.Now minus Reading.At.
type Gauge struct {
	Title   string
	Reading steps.Reading
	Percent float64 // of a bar; negative where the value is no share
	Every   time.Duration
}

// LogView is one followed log. Why says why it is empty or no longer flows.
type LogView struct {
	Name   string
	Ring   *tail.Ring
	Script string // what prints it
	Why    string
	Since  time.Time // of Why
	At     time.Time // of the newest byte
}

// EventView is one event as the run's log shows it.
type EventView struct {
	Seq   int64
	At    time.Time
	Event steps.Event
}

// Output is the live output of the newest attempt of a task, or nil when this
// console has not followed it.
func (r *Runner) Output(t steps.Task) *tail.Ring {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.outputs[t]
}
