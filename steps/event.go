package steps

// The rule of this file: an event is a fact in the past tense, complete in
// itself. It carries what a decision was based on, and By whom it was wished
// for, so that a run can be read years later without the program that wrote it.

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
		By    string `json:"by,omitempty"`
	}
	// Bound ties a host to what it is. Reason is set when it is bound again.
	Bound struct {
		Host      string `json:"host"`
		HostKey   string `json:"host_key"`
		MachineID string `json:"machine_id"`
		Hostname  string `json:"hostname"`
		Reason    string `json:"reason,omitempty"`
		By        string `json:"by,omitempty"`

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
		By       string    `json:"by,omitempty"`
	}
	// PhaseAccepted says that a person took a phase with hosts left out.
	PhaseAccepted struct {
		Phase  string `json:"phase"`
		Reason string `json:"reason"`
		By     string `json:"by,omitempty"`
	}
	// Held stops new launches in a scope: run, phase ID or host ID.
	Held struct {
		Scope  Scope  `json:"scope"`
		Reason string `json:"reason"`
		By     string `json:"by,omitempty"`
	}
	// Released lifts a hold; with a task in the scope, the hold that its failure caused.
	Released struct {
		Scope  Scope  `json:"scope"`
		Reason string `json:"reason,omitempty"`
		By     string `json:"by,omitempty"`
	}
	// Excluded leaves a host out of a block or phase.
	Excluded struct {
		Host   string `json:"host"`
		Phase  string `json:"phase"`
		Block  string `json:"block,omitempty"`
		Reason string `json:"reason"`
		Tasks  []Task `json:"tasks"`
		By     string `json:"by,omitempty"`
	}
	// Included takes an exclusion back.
	Included struct {
		Host  string `json:"host"`
		Phase string `json:"phase"`
		Tasks []Task `json:"tasks"`
		By    string `json:"by,omitempty"`
	}
	// StoppedWaiting gives up on a host that stays away: its tasks become unknown.
	StoppedWaiting struct {
		Host   string `json:"host"`
		Reason string `json:"reason"`
		By     string `json:"by,omitempty"`
	}
	// LeftOut leaves a host out of the open rollback: its undos read not restored.
	LeftOut struct {
		Host   string `json:"host"`
		Reason string `json:"reason"`
		By     string `json:"by,omitempty"`
	}
	// Amended takes another text of the runbook for what has not begun.
	Amended struct {
		Hash   string   `json:"hash"`
		Reason string   `json:"reason,omitempty"`
		Diff   []string `json:"diff"` // what changed, a line each
		// Unrehearsed is what of the new text was never tried on real hosts, in a live run.
		Unrehearsed []Unrehearsed `json:"unrehearsed,omitempty"`
		// Undos are the answers where the undo of what has been done changed.
		Undos []UndoTaken `json:"undos,omitempty"`
		By    string      `json:"by,omitempty"`
	}
	// Noted is a remark for the report.
	Noted struct {
		Task Task      `json:"task,omitzero"`
		Text string    `json:"text"`
		File *Attached `json:"file,omitempty"` // that shows it
		By   string    `json:"by,omitempty"`
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
		By      string `json:"by,omitempty"`
	}
	// RollbackConfirmed is the typed word for one host.
	RollbackConfirmed struct {
		Host    string       `json:"host"`
		Confirm Confirmation `json:"confirm"`
	}
	// RollbackClosed ends it: finished, or abandoned with a reason.
	RollbackClosed struct {
		Finished bool   `json:"finished"`
		Reopens  []Task `json:"reopens,omitempty"` // that changed nothing: what they saw is undone
		Reason   string `json:"reason,omitempty"`
		By       string `json:"by,omitempty"`
	}
	// Closed ends the run: complete, or abandoned with a reason.
	Closed struct {
		Complete bool   `json:"complete"`
		Reason   string `json:"reason,omitempty"`
		By       string `json:"by,omitempty"`
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
	// Attached is a file that was put into the run directory with a note.
	Attached struct {
		Name   string `json:"name"` // in the folder attached
		Bytes  int64  `json:"bytes"`
		SHA256 string `json:"sha256"`
	}
	// Recovered says that an unfinished last line of the journal was put aside.
	Recovered struct {
		Torn  string `json:"torn"` // name of the file that keeps it
		Bytes int64  `json:"bytes"`
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
