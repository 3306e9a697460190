package steps

// The rule of this file: a fact of one task names the task, or the attempt by
// which it is found, and stands under the rule of event.go.

import "time"

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
		By      string `json:"by,omitempty"`
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
		By     string `json:"by,omitempty"`
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
		By       string       `json:"by,omitempty"`
	}
	// MarkedDone is a person's word that a task, or its undo, is done.
	MarkedDone struct {
		Task     Task   `json:"task"`
		Undo     bool   `json:"undo,omitempty"`
		Evidence string `json:"evidence,omitempty"`
		Reason   string `json:"reason,omitempty"`
		By       string `json:"by,omitempty"`
	}
	// CannotBeDone is a person's word that an open task failed.
	CannotBeDone struct {
		Task   Task   `json:"task"`
		Reason string `json:"reason"`
		By     string `json:"by,omitempty"`
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
		By     string `json:"by,omitempty"`
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
		By       string    `json:"by,omitempty"`
	}
	// Skipped leaves a task out. Assumed tasks were done before this run.
	Skipped struct {
		Task   Task   `json:"task"`
		Reason string `json:"reason"`
		By     string `json:"by,omitempty"`
	}
	// Unskipped takes a skip back.
	Unskipped struct {
		Task Task   `json:"task"`
		By   string `json:"by,omitempty"`
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
		By     string `json:"by,omitempty"`
	}
)
