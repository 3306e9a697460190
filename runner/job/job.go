// Package job is the language in which Belay and a host speak of one attempt:
// what is to be run, what became of it, and which of the two is proven.
//
// It imports nothing of ours. remote speaks it over SSH, local speaks it on
// this machine, rehearsal answers it for the embedded fleet.
//
// The rule of this package: a state is only ever reported when the host has
// proof of it on its disk. An error is never a state.
package job

import (
	"errors"
	"fmt"
	"time"
)

// State is what a host can prove about an attempt.
type State string

// The states of an attempt, in the words of the wrapper's status line.
const (
	// None: the host has never heard of the id. Nothing ran and nothing will.
	None State = "none"
	// Running: something of the attempt is alive.
	Running State = "running"
	// Exited: the exit code is on the host's disk.
	Exited State = "exited"
	// Fenced: a fence or a cancel took the id before a launch did. It can never start.
	Fenced State = "cancelled"
	// NoRun: the id was taken, and the command was proven not to have started.
	NoRun State = "norun"
	// Lost: nothing is alive and no exit code was kept. Started tells whether
	// the command may have run.
	Lost State = "lost"
)

// Settled reports whether the state can no longer change.
func (s State) Settled() bool { return s == Exited || s == Fenced || s == NoRun || s == Lost }

// Status is one answer of a host about one attempt.
type Status struct {
	ID      string
	State   State
	Started bool   // the command's own shell was started (proof on disk)
	Exit    int    // valid when State is Exited
	Outside bool   // the code was seen from outside: the script may have been killed, not ended
	Why     string // of Lost and of an odd Running: reboot, killed, orphan
	Size    int64  // bytes of output that the host has written
	Left    int    // processes of the attempt that are still alive after it ended
	Signal  string // of a cancel: TERM or KILL
	// NoValues is proof that a command that has exited wrote nothing to $BELAY_OUT;
	// false where nobody has looked.
	NoValues bool
}

// Script is a text for a shell and the surroundings it runs in. Text is sent
// as it is; nothing is substituted in it.
type Script struct {
	Text  string
	Shell string   // "sh" or "bash"; empty means sh
	Dir   string   // empty means the home directory
	Env   []string // NAME=value, in order; never a secret
}

// Request asks a host to start one attempt, at most once for its ID.
type Request struct {
	ID        string            // made and journalled before the request is sent
	Script    Script            // runs under set -eu
	Secrets   map[string][]byte // each becomes a 0600 file named by $NAME_FILE, removed when the attempt ends
	MachineID string            // when set, the host refuses if its own differs
	Head      string            // the journal's head at launch, kept with the job
}

// Chunk is a piece of an attempt's output, byte for byte as the host has it.
type Chunk struct {
	Offset int64
	Bytes  []byte
}

// Result is what a plain command left: for checks and probes, which change
// nothing and so need no record on the host.
type Result struct {
	Out  []byte // stdout, cut at the limit the caller gave
	Err  []byte // the last bytes of stderr
	Exit int
	Cut  bool // stdout was longer than the limit: it is not whole, and the script was ended
	Took time.Duration
}

// Identity is who a host says it is. Two hosts with one MachineID are one
// machine or a careless clone; both deserve a warning.
type Identity struct {
	HostKey   string    // SHA256 fingerprint as ssh-keygen -l prints it; empty for local
	MachineID string    // /etc/machine-id
	Hostname  string    // uname -n
	BootID    string    // /proc/sys/kernel/random/boot_id
	User      string    // id -un
	Clock     time.Time // the host's clock, to the second
}

// Link is how a host can be reached at this moment.
type Link struct {
	Up    bool
	Since time.Time // of the present state
	Err   error     // why it is down; nil while a first attempt is under way
}

// Refused is an answer: the host did not start the attempt and never will for
// this request. It proves "not started", unlike every other error.
type Refused struct {
	Code int // exit code of the wrapper: see job.sh
	Text string
}

func (r *Refused) Error() string { return "host refused: " + r.Text }

// Unreachable says that a host could not be asked. It proves nothing.
type Unreachable struct {
	Host string
	Err  error
	Hint string // the one command or key that helps, or empty
}

func (u *Unreachable) Error() string { return fmt.Sprintf("%s: unreachable: %v", u.Host, u.Err) }

// Unwrap gives the cause.
func (u *Unreachable) Unwrap() error { return u.Err }

// WrongHost says that a host answered and is not the one we know (its host key
// or its machine-id differs). Nothing was sent to it.
type WrongHost struct {
	Host, What, Want, Got, Hint string
}

func (w *WrongHost) Error() string {
	return fmt.Sprintf("%s: not the host we know: %s is %s, expected %s", w.Host, w.What, w.Got, w.Want)
}

// Proven reports whether err proves that the attempt was not started.
func Proven(err error) bool {
	var r *Refused
	return errors.As(err, &r)
}
