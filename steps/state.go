package steps

// The rule of this file: State is what the journal says and nothing else. It
// can be thrown away and folded again from the events at any time.

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Status of a task: the states of states.md, in its words.
type Status string

// The states of a task. Locked, ready and stale are not among them: those are
// answers of Decide.
const (
	TaskNotStarted  Status = "not started"
	TaskStarting    Status = "starting"
	TaskRunning     Status = "running"
	TaskCancelling  Status = "cancelling"
	TaskVerifying   Status = "verifying"
	TaskOpen        Status = "open"
	TaskDone        Status = "done"
	TaskFailed      Status = "failed"
	TaskCancelled   Status = "cancelled"
	TaskUnknown     Status = "unknown"
	TaskSkipped     Status = "skipped"
	TaskUndoing     Status = "undoing"
	TaskUndone      Status = "undone"
	TaskUndoFailed  Status = "undo failed"
	TaskUndoUnknown Status = "undo unknown"
)

// Busy reports whether something of the task is, or may be, under way on a host.
func (s Status) Busy() bool {
	switch s {
	case TaskStarting, TaskRunning, TaskCancelling, TaskVerifying, TaskUndoing:
		return true
	}
	return false
}

// Trouble reports whether a person has to look at the task.
func (s Status) Trouble() bool {
	switch s {
	case TaskFailed, TaskCancelled, TaskUnknown, TaskUndoFailed, TaskUndoUnknown:
		return true
	}
	return false
}

// Finished reports whether the steps after it may go on.
func (s Status) Finished() bool { return s == TaskDone || s == TaskSkipped }

// How a task came to be done. What a person said is told apart from what was proven.
const (
	HowProven     = "proven"
	HowMarked     = "marked done"
	HowOverridden = "overridden"
	HowShortened  = "shortened"
	HowAssumed    = "assumed"
	HowResolved   = "resolved"
)

// Attempt is one try of a task or of its undo.
type Attempt struct {
	ID        string
	N         int
	Undo      bool
	Script    string // content hash
	Vars      string // hash of its variables
	Book      string // hash of the runbook text
	Confirm   Confirmation
	Override  string
	Stage     Status // starting, running, cancelling, verifying; empty when it ended
	Before    Status // of the task, to go back to when nothing started
	Intended  time.Time
	Started   time.Time
	Exited    time.Time
	Ended     time.Time
	Code      int
	HasCode   bool
	Outside   bool
	TimedOut  bool
	Why       string
	Bytes     int64
	SHA256    string
	Left      int
	CancelWhy string
}

// SoakState is the clock of a soak. Green time is added up only while its
// evidence is green.
type SoakState struct {
	Began time.Time
	Green time.Duration // added up until Since
	Since time.Time     // of the present colour
	Now   string        // SoakGreen, SoakRed, SoakStale, or empty before the first look

	Until   time.Time     // its deadline, where a person has extended it
	Unseen  time.Duration // how long nobody looked, on the clock of Green
	Overdue bool          // its deadline passed unseen; it waits for a person
}

// GreenAt is how long the soak has been green in all at a time. Speed scales
// the embedded fleet's clock and is 1 everywhere else.
func (s SoakState) GreenAt(now time.Time, speed float64) time.Duration {
	if s.Now != SoakGreen || now.Before(s.Since) { // a clock that was set back adds nothing
		return s.Green
	}
	return s.Green + time.Duration(float64(now.Sub(s.Since))*speed)
}

// TaskState is what is true of one task.
type TaskState struct {
	Status    Status
	Since     time.Time
	Phase     string
	Kind      Kind // of what is open
	How       string
	Reason    string
	Before    Status // of a skipped task, to go back to
	BeforeWhy string // of that status
	Opens     int    // how often it was opened: what a person does has no attempts
	Attempts  []Attempt
	First     map[string]string // captured values: the first since the task was last undone
	Last      map[string]string // and the newest
	Order     int64             // sequence number of its first event; rollback goes against it
	Was       int64             // Order before the task was undone
	Book      string            // hash of the text that it is frozen to
	UndoBook  string            // hash of the text that its undo was taken from since; empty: as executed
	Evidence  []Reading
	Soak      SoakState
	Signed    map[string]Signature // by the title of the evidence
	Wrote     Wrote                // the document as it was last kept; without a sum before that
	Excluded  bool
	Released  bool   // a person lifted the hold that its failure causes
	Resolved  bool   // its present state is a person's word on an unknown
	Left      string // why its undo was left as it is: not restored
}

// Attempt gives the newest attempt, or nil.
func (t TaskState) Attempt() *Attempt {
	if len(t.Attempts) == 0 {
		return nil
	}
	return &t.Attempts[len(t.Attempts)-1]
}

// Captured gives a captured value by the rule of its declaration.
func (t TaskState) Captured(name string, keep Keep) (string, bool) {
	from := t.Last
	if keep == First {
		from = t.First
	}
	v, ok := from[name]
	return v, ok
}

// PhaseState is the clock of a phase.
type PhaseState struct {
	Opened   time.Time
	Until    time.Time // zero without a window
	Reason   string
	Accepted string
	Baseline []Reading
}

// RollbackState is an open rollback.
type RollbackState struct {
	Scope     Scope
	Opened    time.Time
	Reason    string
	Confirmed map[string]Confirmation // by host
	LeftOut   map[string]string       // host: reason
	Kept      map[string]bool         // hosts whose evidence was kept before their first undo
}

// State of a run.
type State struct {
	Seq      int64 // of the last event
	Opened   Opened
	At       time.Time // the run was opened
	Last     time.Time // event
	Answers  map[string]string
	Hosts    map[string]Bound
	Driver   string
	Partner  string
	Phases   map[string]PhaseState
	Tasks    map[Task]TaskState
	Holds    map[Scope]string
	Rollback *RollbackState
	Back     *Back      // the rollback that has ended, until something is begun again
	Sequence *Sequenced // one yes for several tasks, while it lasts
	Stopped  *Stopped   // the sequence that ended before its end, until a person goes on
	Undone   int        // rollbacks that were finished
	Book     string
	Measures map[Task]Measured
	Triggers map[string]TriggerState // by id; one that is quiet is not there
	// Approvals holds the newest second yes to each task that was not used yet.
	Approvals map[Task]Approval
	Closed    *Closed
	ClosedAt  time.Time

	attempts map[string]Task // by id; made from Tasks when it is first asked for
}

// NewState is the state before the first event.
func NewState() *State {
	return &State{
		Answers: map[string]string{}, Hosts: map[string]Bound{}, Phases: map[string]PhaseState{},
		Tasks: map[Task]TaskState{}, Holds: map[Scope]string{}, Measures: map[Task]Measured{},
		Triggers: map[string]TriggerState{}, Approvals: map[Task]Approval{},
	}
}

// Clone gives a copy that later events do not change.
func (s *State) Clone() *State {
	c := *s
	c.Answers, c.Hosts, c.Phases = maps.Clone(s.Answers), maps.Clone(s.Hosts), maps.Clone(s.Phases)
	c.Holds, c.Measures, c.Triggers = maps.Clone(s.Holds), maps.Clone(s.Measures), maps.Clone(s.Triggers)
	c.Approvals = maps.Clone(s.Approvals)
	c.attempts = nil
	c.Tasks = maps.Clone(s.Tasks) // what hangs on a task is replaced, never changed
	if s.Rollback != nil {
		r := *s.Rollback
		r.Confirmed, r.LeftOut, r.Kept = maps.Clone(r.Confirmed), maps.Clone(r.LeftOut), maps.Clone(r.Kept)
		c.Rollback = &r
	}
	return &c
}

// Task gives the state of a task; one that no event names is not started.
func (s *State) Task(t Task) TaskState {
	if ts, ok := s.Tasks[t]; ok {
		return ts
	}
	return TaskState{Status: TaskNotStarted}
}

// Stamp is the run's start in UTC, as $BELAY_STAMP gives it.
func (s *State) Stamp() string { return s.At.UTC().Format(StampLayout) }

// Speed by which soaks, stable and within are scaled: 1 but on the embedded fleet.
func (s *State) Speed() float64 {
	if s.Opened.EnvKind == Embedded && s.Opened.Speed > 0 {
		return s.Opened.Speed
	}
	return 1
}

// Busy lists the tasks that are under way on a host ("" for all hosts).
func (s *State) Busy(host string) []Task {
	var out []Task
	for k, t := range s.Tasks {
		if (host == "" || k.Host == host) && t.Status.Busy() {
			out = append(out, k)
		}
	}
	sortTasks(out)
	return out
}

func sortTasks(ts []Task) {
	slices.SortFunc(ts, func(a, b Task) int {
		return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.Host, b.Host))
	})
}
