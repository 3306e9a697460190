package steps

// The rule of this file: an event is a fact in the past tense, complete in
// itself. It carries what a decision was based on, so that a run can be read
// years later without the program that wrote it.

import "time"

// Event is one fact of a run. The set is closed: see kinds in codec.go.
type Event interface{ Kind() string }

// Task is one step on one host.
type Task struct {
	Step string `json:"step"`
	Host string `json:"host"`
}

func (t Task) String() string { return t.Step + "@" + t.Host }

// Zero reports whether t names nothing.
func (t Task) Zero() bool { return t.Step == "" }

// Confirmation is how a person, or a rule given beforehand, agreed.
type Confirmation struct {
	Level Danger `json:"level,omitempty"`
	How   string `json:"how,omitempty"`   // none, key, typed, auto
	Typed string `json:"typed,omitempty"` // the words as typed
	By    string `json:"by,omitempty"`    // who typed them
	// Approver is who gave the second yes; see Approved.
	Approver string `json:"approver,omitempty"`
	Single   string `json:"single,omitempty"` // reason of a driver who acted single-handed
}

// Reading is one value that a decision saw.
type Reading struct {
	Title   string    `json:"title"`
	Host    string    `json:"host,omitempty"`
	Text    string    `json:"text"` // the value as a person reads it
	Number  *float64  `json:"number,omitempty"`
	Unit    string    `json:"unit,omitempty"`
	Want    string    `json:"want,omitempty"`
	Verdict Verdict   `json:"verdict"`
	Why     string    `json:"why,omitempty"`
	At      time.Time `json:"at"`
}

// Facts of a run as a whole.
type (
	// Opened is the first event of every run.
	Opened struct {
		Run      string   `json:"run"`
		Title    string   `json:"title"`
		File     string   `json:"file"` // name of the runbook file
		Hash     string   `json:"hash"` // SHA-256 of its bytes
		Env      string   `json:"env"`
		EnvKind  EnvKind  `json:"env_kind"`
		Speed    float64  `json:"speed,omitempty"`
		From     string   `json:"from,omitempty"`
		Faults   []string `json:"faults,omitempty"`
		Operator string   `json:"operator"`
		Partner  string   `json:"partner,omitempty"`
		Version  string   `json:"version"`

		// Unrehearsed is what of a live run was never tried on real hosts.
		Unrehearsed []Unrehearsed `json:"unrehearsed,omitempty"`
	}
	// Answered is an input's value.
	Answered struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	// Bound ties a host to what it is. Reason is set when it is bound again.
	Bound struct {
		Host      string `json:"host"`
		HostKey   string `json:"host_key"`
		MachineID string `json:"machine_id"`
		Hostname  string `json:"hostname"`
		Reason    string `json:"reason,omitempty"`

		Skew Duration `json:"skew,omitzero"` // its clock minus ours then, where it was worth a word
	}
	// Drove says who acts from now on, and with whom.
	Drove struct {
		Driver  string `json:"driver"`
		Partner string `json:"partner,omitempty"`
	}
	// PhaseOpened starts a phase's clock. Until is zero without a window.
	PhaseOpened struct {
		Phase    string    `json:"phase"`
		Until    time.Time `json:"until,omitzero"`
		Reason   string    `json:"reason,omitempty"` // why before the phase before it was finished
		Baseline []Reading `json:"baseline,omitempty"`
	}
	// PhaseAccepted says that a person took a phase with hosts left out.
	PhaseAccepted struct {
		Phase  string `json:"phase"`
		Reason string `json:"reason"`
	}
	// Held stops new launches in a scope: run, phase ID or host ID.
	Held struct {
		Scope  Scope  `json:"scope"`
		Reason string `json:"reason"`
	}
	// Released lifts a hold; with a task in the scope, the hold that its failure caused.
	Released struct {
		Scope  Scope  `json:"scope"`
		Reason string `json:"reason,omitempty"`
	}
	// Excluded leaves a host out of a block or phase.
	Excluded struct {
		Host   string `json:"host"`
		Phase  string `json:"phase"`
		Block  string `json:"block,omitempty"`
		Reason string `json:"reason"`
		Tasks  []Task `json:"tasks"`
	}
	// Included takes an exclusion back.
	Included struct {
		Host  string `json:"host"`
		Phase string `json:"phase"`
		Tasks []Task `json:"tasks"`
	}
	// StoppedWaiting gives up on a host that stays away: its tasks become unknown.
	StoppedWaiting struct {
		Host   string `json:"host"`
		Reason string `json:"reason"`
	}
	// LeftOut leaves a host out of the open rollback: its undos read not restored.
	LeftOut struct {
		Host   string `json:"host"`
		Reason string `json:"reason"`
	}
	// Amended takes another text of the runbook for what has not begun.
	Amended struct {
		Hash   string   `json:"hash"`
		Reason string   `json:"reason,omitempty"`
		Diff   []string `json:"diff"` // what changed, a line each
		// Undos are the answers where the undo of what has been done changed.
		Undos []UndoTaken `json:"undos,omitempty"`
	}
	// Noted is a remark for the report.
	Noted struct {
		Task Task   `json:"task,omitzero"`
		Text string `json:"text"`
	}
	// Sequenced is one yes for several tasks in a row. It ends with the console.
	Sequenced struct {
		Scope   Scope        `json:"scope"`
		Step    string       `json:"step,omitempty"`
		Tasks   []Task       `json:"tasks"`
		Confirm Confirmation `json:"confirm"`
	}
	// SequenceEnded says why it went no further.
	SequenceEnded struct {
		Why  string `json:"why"`
		Stop Task   `json:"stop,omitzero"` // the task that it came to, which is asked by itself
	}
	// RollbackOpened begins a rollback of a scope.
	RollbackOpened struct {
		Scope   Scope  `json:"scope"`
		Reason  string `json:"reason,omitempty"`
		Entries int    `json:"entries"`
	}
	// RollbackConfirmed is the typed word for one host.
	RollbackConfirmed struct {
		Host    string       `json:"host"`
		Confirm Confirmation `json:"confirm"`
	}
	// RollbackClosed ends it: finished, or abandoned with a reason.
	RollbackClosed struct {
		Finished bool   `json:"finished"`
		Reason   string `json:"reason,omitempty"`
	}
	// Closed ends the run: complete, or abandoned with a reason.
	Closed struct {
		Complete bool   `json:"complete"`
		Reason   string `json:"reason,omitempty"`
	}
	// Triggered is a change of a trigger: fired, cleared, blind, sees, overridden.
	Triggered struct {
		Trigger  string       `json:"trigger"`
		Title    string       `json:"title"`
		To       string       `json:"to"`
		Proposes Scope        `json:"proposes,omitzero"` // of the rollback
		By       string       `json:"by,omitempty"`      // who said so, where it was a person
		Reason   string       `json:"reason,omitempty"`
		Confirm  Confirmation `json:"confirm,omitzero"` // of an override
		Evidence []Reading    `json:"evidence,omitempty"`
	}
	// Recovered says that an unfinished last line of the journal was put aside.
	Recovered struct {
		Torn  string `json:"torn"` // name of the file that keeps it
		Bytes int64  `json:"bytes"`
	}
)

// Facts of one task.
type (
	// Intended is on disk before anything leaves for the host.
	Intended struct {
		Task     Task         `json:"task"`
		Phase    string       `json:"phase"`
		Attempt  string       `json:"attempt"`
		N        int          `json:"n"`
		Undo     bool         `json:"undo,omitempty"`
		Script   string       `json:"script"` // content hash of the step
		Vars     string       `json:"vars"`   // hash of the variables it gets
		Book     string       `json:"book"`   // hash of the runbook text it comes from
		Confirm  Confirmation `json:"confirm"`
		Override string       `json:"override,omitempty"` // reason for acting against a guard
		Evidence []Reading    `json:"evidence,omitempty"` // what its check saw
	}
	// Started is proof from the host.
	Started struct {
		Attempt string `json:"attempt"`
	}
	// NotStarted is proof from the host that nothing ran and nothing will.
	NotStarted struct {
		Attempt string `json:"attempt"`
		Why     string `json:"why"`
	}
	// Exited is the end of the script and what Belay makes of it.
	Exited struct {
		Attempt string            `json:"attempt"`
		Code    int               `json:"code"`
		Outside bool              `json:"outside,omitempty"` // seen from outside: may have been killed
		OK      bool              `json:"ok"`
		Why     string            `json:"why,omitempty"`    // of a failure
		Verify  bool              `json:"verify,omitempty"` // a proof follows
		Bytes   int64             `json:"bytes"`            // of output, as the host has it
		SHA256  string            `json:"sha256"`           // of our copy
		Masked  int               `json:"masked,omitempty"` // secrets replaced in it
		Values  map[string]string `json:"values,omitempty"`
		Left    int               `json:"left,omitempty"`   // processes still alive after the end
		Shrunk  bool              `json:"shrunk,omitempty"` // the host's file was cut while it was read; our copy ends there
	}
	// TimedOut says that the script was stopped because its time was up.
	TimedOut struct {
		Attempt string   `json:"attempt"`
		After   Duration `json:"after,omitzero"`
	}
	// CancelAsked is on disk before TERM leaves.
	CancelAsked struct {
		Attempt string `json:"attempt"`
		Why     string `json:"why"`
	}
	// Cancelled says that every process of the attempt is gone.
	Cancelled struct {
		Attempt string `json:"attempt"`
		Signal  string `json:"signal"`
	}
	// Lost says that nobody can prove what became of the attempt.
	Lost struct {
		Attempt string `json:"attempt"`
		Why     string `json:"why"`
	}
	// Verifying begins another look at a failed task.
	Verifying struct {
		Task    Task   `json:"task"`
		Attempt string `json:"attempt"`
	}
	// Verified is the proof, or its refutation.
	Verified struct {
		Attempt  string    `json:"attempt"`
		Holds    bool      `json:"holds"`
		Proven   bool      `json:"proven"` // false: could not look until the time was up
		Evidence []Reading `json:"evidence"`
	}
	// Resolved is a person's word on an unknown: happened, not, partly.
	Resolved struct {
		Task   Task   `json:"task"`
		As     string `json:"as"`
		Verify bool   `json:"verify,omitempty"` // a proof follows
		Reason string `json:"reason"`
	}
	// Began opens a manual step, document, gate, soak or typed measure.
	Began struct {
		Task     Task         `json:"task"`
		Phase    string       `json:"phase"`
		As       Kind         `json:"as"`
		N        int          `json:"n"`
		Book     string       `json:"book"`
		Confirm  Confirmation `json:"confirm,omitzero"`
		Override string       `json:"override,omitempty"` // reason for acting against a guard
		Evidence []Reading    `json:"evidence,omitempty"` // what its check saw
	}
	// MarkedDone is a person's word that a task, or its undo, is done.
	MarkedDone struct {
		Task     Task   `json:"task"`
		Undo     bool   `json:"undo,omitempty"`
		Evidence string `json:"evidence,omitempty"`
		Reason   string `json:"reason,omitempty"`
	}
	// CannotBeDone is a person's word that an open task failed.
	CannotBeDone struct {
		Task   Task   `json:"task"`
		Reason string `json:"reason"`
	}
	// Passed is a gate's yes, on green evidence.
	Passed struct {
		Task     Task      `json:"task"`
		By       string    `json:"by,omitempty"`
		Evidence []Reading `json:"evidence"`
	}
	// Overridden lets an open task pass against its evidence.
	Overridden struct {
		Task     Task         `json:"task"`
		Reason   string       `json:"reason"`
		Confirm  Confirmation `json:"confirm"`
		Evidence []Reading    `json:"evidence,omitempty"`
	}
	// Approved is the second yes to a task, bound to what it is for.
	Approved struct {
		Task  Task   `json:"task"`
		Bond  Bond   `json:"bond"`
		Level Danger `json:"level,omitempty"`
		By    string `json:"by"`
		Typed string `json:"typed,omitempty"` // the words as typed
		How   string `json:"how"`             // typed in the same session, or what else is known
	}
	// SignedOff is a person's yes that stands as evidence.
	SignedOff struct {
		Task  Task   `json:"task"`
		Title string `json:"title"`
		As    string `json:"as"` // driver or approver
		By    string `json:"by"`
		How   string `json:"how,omitempty"`  // typed in the same session, or what else is known
		Bond  *Bond  `json:"bond,omitempty"` // of an approver's: what it is bound to
	}
	// Measured is a figure, typed or read.
	Measured struct {
		Task   Task   `json:"task"`
		Name   string `json:"name"`
		Value  string `json:"value"`
		Unit   string `json:"unit,omitempty"`
		Source string `json:"source"`
	}
	// Wrote keeps a document as it is now in the run directory.
	Wrote struct {
		Task     Task   `json:"task"`
		Name     string `json:"name"`
		SHA256   string `json:"sha256"`
		Bytes    int64  `json:"bytes"`
		By       string `json:"by,omitempty"`
		Template bool   `json:"template,omitempty"` // nothing of the template was changed
		Invented bool   `json:"invented,omitempty"` // by a rehearsal, and not by a person
	}
	// Soaked is a change of a soak, in the words of SoakGreen and those after it.
	Soaked struct {
		Task     Task      `json:"task"`
		To       string    `json:"to"`
		Green    Duration  `json:"green,omitzero"`  // how long it has been green in all
		Unseen   Duration  `json:"unseen,omitzero"` // how long nobody looked before this
		Until    time.Time `json:"until,omitzero"`  // of extended: the new deadline
		Reason   string    `json:"reason,omitempty"`
		Evidence []Reading `json:"evidence,omitempty"`
	}
	// Skipped leaves a task out. Assumed tasks were done before this run.
	Skipped struct {
		Task   Task   `json:"task"`
		Reason string `json:"reason"`
	}
	// Unskipped takes a skip back.
	Unskipped struct {
		Task Task `json:"task"`
	}
	// Assumed takes a task as done before this run began.
	Assumed struct {
		Task   Task              `json:"task"`
		Values map[string]string `json:"values,omitempty"`
	}
	// NotRestored leaves an undo that failed as it is.
	NotRestored struct {
		Task   Task   `json:"task"`
		Reason string `json:"reason"`
	}
)

// Scope is what a hold or a rollback covers. All empty means the run.
type Scope struct {
	Phase string `json:"phase,omitempty"`
	Host  string `json:"host,omitempty"`
	Task  Task   `json:"task,omitzero"`
}

func (s Scope) String() string {
	switch {
	case !s.Task.Zero():
		return s.Task.String()
	case s.Phase != "" && s.Host != "":
		return s.Phase + " on " + s.Host
	case s.Phase != "":
		return s.Phase
	case s.Host != "":
		return s.Host
	}
	return "run"
}
