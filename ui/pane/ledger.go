package pane

// The rule of this file: the run's log is the journal in one line per event,
// and an event without words of its own still shows its kind.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// Fact is one event with its time.
type Fact struct {
	At    time.Time
	Event steps.Event
}

// Turns leaves out what says no more than what comes after it: a soak writes
// down how far it is twice a minute, and of one colour the last is enough.
func Turns(facts []Fact) []Fact {
	out, next := make([]Fact, 0, len(facts)), map[steps.Task]string{}
	for _, f := range slices.Backward(facts) {
		if e, ok := f.Event.(steps.Soaked); ok {
			was := next[e.Task]
			next[e.Task] = e.To
			if was == e.To && e.By == "" {
				continue
			}
		}
		out = append(out, f)
	}
	slices.Reverse(out)
	return out
}

// Ledger draws the newest facts, the last at the bottom; up counts how many of
// the newest are scrolled away.
func Ledger(facts []Fact, up, w, h int, st *style.Style, zone *time.Location) []string {
	end := max(0, len(facts)-up)
	var out []string
	for _, f := range facts[max(0, end-h):end] {
		text, tone := Words(f.Event)
		out = append(out, st.Paint(style.Dim, f.At.In(zone).Format("15:04:05"))+" "+st.Paint(tone, Cut(tail.Inert(text), w-9, st)))
	}
	return Block(out, w, h, st)
}

// Words says what an event means.
func Words(e steps.Event) (string, style.Tone) {
	if text, tone, ok := attemptWords(e); ok {
		return text, tone
	}
	if text, tone, ok := personWords(e); ok {
		return text, tone
	}
	switch e := e.(type) {
	case steps.Opened:
		return "run " + e.Run + " opened in " + e.Env + " by " + e.Operator, style.Strong
	case steps.Answered:
		return e.Name + " is " + e.Value, style.Plain
	case steps.Bound:
		if e.Reason != "" {
			return e.Host + " bound again: " + e.Reason, style.Warn
		}
		return e.Host + " is " + e.Hostname, style.Plain
	case steps.Drove:
		return e.Driver + " drives, partner " + or(e.Partner, "none"), style.Plain
	case steps.PhaseOpened:
		return "phase " + e.Phase + " opened", style.Strong
	case steps.Amended:
		return fmt.Sprintf("runbook amended, %d changes", len(e.Diff)), style.Warn
	case steps.Sequenced:
		return fmt.Sprintf("sequence over %s, %d tasks", e.Scope, len(e.Tasks)), style.Plain
	case steps.SequenceEnded:
		if e.Why == steps.SequenceDone {
			return "sequence done", style.Plain
		}
		return "sequence stopped: " + e.Why, style.Warn
	case steps.Triggered:
		return triggerWords(e)
	case steps.RollbackOpened:
		return fmt.Sprintf("rollback of %s opened, %d entries", e.Scope, e.Entries), style.Warn
	case steps.EvidenceKept:
		if e.File == "" {
			return "no evidence of " + e.Host + " was kept: " + e.Why, style.Warn
		}
		return fmt.Sprintf("evidence of %s kept: %d logs, %d values", e.Host, e.Logs, e.Values), style.Plain
	case steps.RollbackConfirmed:
		return "rollback confirmed on " + e.Host, style.Warn
	case steps.RollbackClosed:
		if e.Finished {
			return "rollback finished", style.OK
		}
		return "rollback abandoned: " + e.Reason, style.Warn
	case steps.Closed:
		return "run closed " + e.Reason, style.Strong
	}
	return e.Kind(), style.Plain
}

// attemptWords are about what ran on a host.
func attemptWords(e steps.Event) (string, style.Tone, bool) {
	switch e := e.(type) {
	case steps.Intended:
		word := "execute "
		if e.Undo {
			word = "undo "
		}
		return word + e.Task.String() + " by " + or(e.Confirm.By, "nobody"), style.Strong, true
	case steps.Started:
		return name(e.Attempt) + " started", style.Dim, true
	case steps.NotStarted:
		return name(e.Attempt) + " not started: " + e.Why, style.Warn, true
	case steps.Exited:
		if e.OK {
			return fmt.Sprintf("%s exit %d", name(e.Attempt), e.Code), style.Plain, true
		}
		return fmt.Sprintf("%s failed: %s", name(e.Attempt), or(e.Why, fmt.Sprintf("exit %d", e.Code))), style.Danger, true
	case steps.TimedOut:
		return name(e.Attempt) + " timed out after " + e.After.String(), style.Danger, true
	case steps.CancelAsked:
		return name(e.Attempt) + " cancel: " + e.Why, style.Warn, true
	case steps.Cancelled:
		return name(e.Attempt) + " cancelled", style.Warn, true
	case steps.Lost:
		return name(e.Attempt) + " unknown: " + e.Why, style.Danger, true
	case steps.Verifying:
		return e.Task.String() + " verify again", style.Plain, true
	case steps.Verified:
		switch {
		case e.Holds:
			return name(e.Attempt) + " proven", style.OK, true
		case e.Proven:
			return name(e.Attempt) + " refuted by its verify", style.Danger, true
		}
		return name(e.Attempt) + " not proven", style.Danger, true
	}
	return "", 0, false
}

// name is an attempt's id without the run's, which is in the header.
func name(attempt string) string {
	if _, rest, ok := strings.Cut(attempt, "."); ok {
		return rest
	}
	return attempt
}

// personWords are about what a person said.
func personWords(e steps.Event) (string, style.Tone, bool) {
	switch e := e.(type) {
	case steps.Noted:
		return "note: " + e.Words(), style.Plain, true
	case steps.Skipped:
		return e.Task.String() + " skipped: " + e.Reason, style.Warn, true
	case steps.Assumed:
		return e.Task.String() + " assumed done", style.Dim, true
	case steps.Unskipped:
		return e.Task.String() + " un-skipped", style.Plain, true
	case steps.MarkedDone:
		if e.Undo {
			return e.Task.String() + " marked undone: " + e.Evidence, style.Plain, true
		}
		return e.Task.String() + " marked done: " + e.Evidence, style.Plain, true
	case steps.CannotBeDone:
		return e.Task.String() + " cannot be done: " + e.Reason, style.Danger, true
	case steps.Passed:
		return e.Task.String() + " passed on green", style.OK, true
	case steps.Overridden:
		return e.Task.String() + " overridden: " + e.Reason, style.Warn, true
	case steps.Approved:
		return e.By + " said yes to " + e.Bond.For + " " + e.Task.String(), style.Plain, true
	case steps.SignedOff:
		return e.Title + ": yes of " + e.By, style.Plain, true
	case steps.Measured:
		return fmt.Sprintf("%s is %s %s", e.Name, e.Value, e.Unit), style.Plain, true
	case steps.Began:
		return e.Task.String() + " begun, " + (&steps.Step{Kind: e.As}).Waits(), style.Plain, true
	case steps.Wrote:
		if e.Invented {
			return e.Name + " invented by the rehearsal", style.Warn, true
		}
		return e.Name + " kept, by " + or(e.By, "nobody"), style.Plain, true
	case steps.Soaked:
		tone := style.Plain
		switch e.To {
		case steps.SoakRed, steps.SoakFailed, steps.SoakStale, steps.SoakOverdue:
			tone = style.Danger
		}
		text := e.Task.String() + " soak " + e.To + because(e.Reason)
		if e.To == steps.SoakGreen {
			text += " for " + Clock(e.Green.D())
		}
		return text, tone, true
	case steps.Resolved:
		return e.Task.String() + " resolved, " + e.As + ": " + e.Reason, style.Warn, true
	}
	return scopeWords(e)
}

// scopeWords are about what a person said of hosts, phases and holds.
func scopeWords(e steps.Event) (string, style.Tone, bool) {
	switch e := e.(type) {
	case steps.Held:
		return "hold on " + e.Scope.String() + ": " + e.Reason, style.Warn, true
	case steps.Released:
		return "hold released on " + e.Scope.String(), style.Plain, true
	case steps.Excluded:
		return e.Host + " excluded from " + e.Phase + ": " + e.Reason, style.Warn, true
	case steps.Included:
		return e.Host + " included in " + e.Phase, style.Plain, true
	case steps.StoppedWaiting:
		return "stopped waiting for " + e.Host + ": " + e.Reason, style.Warn, true
	case steps.LeftOut:
		return e.Host + " left out of the rollback: " + e.Reason, style.Warn, true
	case steps.NotRestored:
		return e.Task.String() + " not restored: " + e.Reason, style.Warn, true
	case steps.PhaseAccepted:
		return "phase " + e.Phase + " accepted: " + e.Reason, style.Plain, true
	}
	return "", 0, false
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
