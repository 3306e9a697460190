// The wrapper's exit codes, and which of them prove that nothing was started.

package job

import (
	"errors"
	"fmt"
	"strings"
)

// Exit codes of the wrapper other than 0. Those named Refused prove, as the
// answer to a launch, that nothing is committed on the host.
const (
	RefusedUsage   = 64 // a call that the wrapper does not understand
	RefusedTorn    = 65 // script or secrets differ from their hash
	RefusedReused  = 66 // the id was used for another script
	RefusedHost    = 69 // the host lacks a tool or the shell that is asked for
	StillRunning   = 72 // forget of an attempt that runs
	CannotTell     = 74 // something is committed, but cannot be read
	RefusedSpace   = 75 // no free space, or a read-only file system
	TooLarge       = 76 // more than MaxValues bytes of values
	RefusedState   = 77 // the state folder is not ours alone
	RefusedMachine = 78 // the machine-id is not the expected one
)

// ErrTooLarge says that a script wrote more than MaxValues bytes to $BELAY_OUT.
var ErrTooLarge = errors.New("values are larger than 64 KiB")

// Answer turns the wrapper's exit code and stderr into an error: nil for 0, a
// *Refused where verb and code prove that nothing was started, otherwise an
// error that proves nothing.
//
// Only a text that begins with "belay: " makes a refusal: a bare exit code may
// come from a forced command or a broken login shell that never heard of us.
//
// A refusal answers one launch. While an earlier launch of the same id may still
// be on its way (its link was cut, say), only a fence is proof.
func Answer(verb Verb, code int, stderr string) error {
	text, ours := strings.TrimSpace(stderr), false
	if i := strings.LastIndex(text, "belay: "); i >= 0 {
		text, ours = text[i+len("belay: "):], true
	}
	switch code {
	case 0:
		return nil
	case TooLarge:
		return ErrTooLarge
	case RefusedUsage, RefusedTorn, RefusedReused, RefusedHost, RefusedSpace, RefusedState, RefusedMachine:
		if verb == Launch && ours {
			return &Refused{Code: code, Text: text}
		}
	}
	if text == "" {
		text = "no message"
	}
	return fmt.Errorf("job %s: exit %d: %.400s", verb, code, text)
}
