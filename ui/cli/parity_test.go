package cli

import (
	"slices"
	"testing"

	"belay/steps"
)

// TestPlainOffersEveryAction: what the console can ask for, --plain can too.
// The sets are what the menu is made from; a verb that is new in package steps
// has to be given a place here, and there.
func TestPlainOffersEveryAction(t *testing.T) {
	elsewhere := []steps.Verb{
		steps.Answer,                           // asked before the prompt
		steps.Drive, steps.Rebind, steps.Amend, // driver, partner, rebind, amend: questions of their own
		steps.Sequence, steps.ConfirmHost, steps.EndRollback, steps.OpenRollback, steps.Abandon, // backward.go
		steps.Hold, steps.Release, steps.Exclude, steps.Include, steps.StopWaiting, steps.LeaveOut, steps.Accept, // onScope, onHost
		steps.Note, steps.Close,
		steps.Fire, steps.OverrideTrigger, // trigger.go
	}
	for _, v := range steps.Verbs() {
		if !slices.Contains(allVerbs, v) && !slices.Contains(elsewhere, v) {
			t.Errorf("--plain offers no %q", v)
		}
	}
}
