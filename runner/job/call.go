// A call is what the console says to a host: one verb on the stdin of Command.
// Build writes it, a real host's shell runs it, Parse reads it back for the
// embedded fleet. The two must never drift: a round trip is tested and fuzzed.

package job

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Command is what is executed on a host for every call. It is as plain as can
// be, since the login shell that reads it may be of any kind.
const Command = "sh -s"

// Version and RunVersion are the first lines of what Build writes. Whoever
// speaks the protocol natively tells by them that he is spoken to.
const (
	Version    = "# belay-job 1"
	RunVersion = "# belay-run 2"
)

//go:embed job.sh
var wrapper string

//go:embed run.sh
var runner string

// Verb is what a call asks for.
type Verb string

// The verbs of the protocol. Run is the only one without a record on the host.
const (
	Launch Verb = "launch"
	Look   Verb = "status"
	Attach Verb = "attach"
	Fence  Verb = "fence" // takes an id that no launch has taken, otherwise only looks
	Cancel Verb = "cancel"
	Values Verb = "values"
	Forget Verb = "forget"
	Run    Verb = "run"
)

// Limits of a call and of its answers, in bytes.
const (
	MaxScript = 4 << 20   // of a script with its surroundings
	MaxSecret = 64 << 10  // of one secret
	MaxValues = 64 << 10  // of what a script writes to $BELAY_OUT; in job.sh too
	MaxChunk  = 256 << 10 // of one frame; in job.sh too
)

// Call is one question to a host.
type Call struct {
	Verb    Verb
	ID      string        // of the attempt; of Run the mark around its output (NewMark)
	Offset  int64         // of Attach: the first byte of output that is wanted
	Grace   time.Duration // of Cancel: between TERM and KILL; rounded up to seconds
	Request Request       // of Launch (Request.ID must equal ID or be empty); of Run only its Script
}

var (
	idPattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$`)
	namePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	markPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:._-]{0,127}$`)
)

// ours are names that a script finds set by the wrapper.
var ours = []string{"BELAY_OUT", "BELAY_JOB"}

// Check says what in the call could not be sent, or nil.
func (c Call) Check() error {
	if !idPattern.MatchString(c.ID) {
		return fmt.Errorf("job call: bad id %q", c.ID)
	}
	switch c.Verb {
	case Run:
		return c.Request.Script.check()
	case Launch:
		return c.Request.check(c.ID)
	case Attach:
		if c.Offset < 0 {
			return fmt.Errorf("job call: negative offset %d", c.Offset)
		}
	case Cancel:
		if c.Grace < 0 || c.Grace > 24*time.Hour {
			return fmt.Errorf("job call: grace of %v", c.Grace)
		}
	case Look, Fence, Values, Forget:
	default:
		return fmt.Errorf("job call: unknown verb %q", c.Verb)
	}
	return nil
}

func (r Request) check(id string) error {
	if r.ID != "" && r.ID != id {
		return fmt.Errorf("job call: id %q asks for attempt %q", id, r.ID)
	}
	for name, secret := range r.Secrets {
		if !namePattern.MatchString(name) || name == "end" {
			return fmt.Errorf("job call: bad name of a secret %q", name)
		}
		if len(secret) > MaxSecret {
			return fmt.Errorf("job call: secret %s has %d bytes, at most %d", name, len(secret), MaxSecret)
		}
	}
	for what, mark := range map[string]string{"machine-id": r.MachineID, "journal head": r.Head} {
		if mark != "" && !markPattern.MatchString(mark) {
			return fmt.Errorf("job call: bad %s %q", what, mark)
		}
	}
	return r.Script.check()
}

func (s Script) check() error {
	if s.Shell != "" && s.Shell != "sh" && s.Shell != "bash" {
		return fmt.Errorf("job call: shell %q, want sh or bash", s.Shell)
	}
	for _, pair := range s.Env {
		name, _, found := strings.Cut(pair, "=")
		if !found || !namePattern.MatchString(name) {
			return fmt.Errorf("job call: bad variable %q", name)
		}
		if slices.Contains(ours, name) {
			return fmt.Errorf("job call: variable %s is set by the wrapper", name)
		}
	}
	// No shell can hold a NUL: it would be dropped or end the text in silence.
	if strings.ContainsRune(s.Text+s.Dir+strings.Join(s.Env, ""), 0) {
		return errors.New("job call: script, dir or variable holds a NUL byte")
	}
	if n := len(s.stored()); n > MaxScript {
		return fmt.Errorf("job call: script has %d bytes, at most %d", n, MaxScript)
	}
	return nil
}

func (s Script) shell() string {
	if s.Shell == "" {
		return "sh"
	}
	return s.Shell
}
