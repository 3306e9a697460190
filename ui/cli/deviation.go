package cli

// The rule of this file: what was not done as planned stands in the report, by
// its kind and with its reason. What is listed here is what a reader looks for.

import (
	"reflect"
	"time"

	"belay/steps"
)

// deviation is an event that the plan did not say.
type deviation struct {
	Seq    int64     `json:"seq"`
	At     time.Time `json:"at"`
	Kinds  []string  `json:"kinds"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Text   string    `json:"text"`
}

// deviates says in which ways an event differs from the plan; none for what was
// to be expected.
func deviates(e steps.Event) []string {
	if kind := plainDeviations[reflect.TypeOf(e)]; kind != "" {
		return []string{kind}
	}
	when := func(is bool, kind string) []string {
		if is {
			return []string{kind}
		}
		return nil
	}
	switch e := e.(type) {
	case steps.Intended:
		return startedOtherwise(e.Undo, e.N, e.Override, e.Confirm)
	case steps.Began:
		return startedOtherwise(false, e.N, e.Override, e.Confirm)
	case steps.Overridden:
		return append([]string{"override"}, when(e.Confirm.Single != "", "single-handed")...)
	case steps.Triggered:
		return when(e.To != steps.TriggerSees, "trigger")
	case steps.Closed:
		return when(!e.Complete, "abandoned")
	case steps.PhaseOpened:
		return when(e.Reason != "", "order")
	case steps.Bound:
		return when(e.Reason != "", "rebound")
	case steps.MarkedDone:
		return when(e.Reason != "", "by word")
	case steps.Exited:
		return when(!e.OK, "failed")
	case steps.Verified:
		return when(!e.Holds, "failed")
	case steps.Soaked:
		kind, other := map[string]string{steps.SoakShortened: "shortened", steps.SoakExtended: "extended", steps.SoakFailed: "failed"}[e.To]
		if other {
			return []string{kind}
		}
		return when(e.To != steps.SoakGreen && e.To != steps.SoakComplete, "soak")
	case steps.RollbackConfirmed:
		return when(e.Confirm.Single != "", "single-handed")
	}
	return nil
}

// plainDeviations are the events that always are one.
var plainDeviations = map[reflect.Type]string{
	reflect.TypeFor[steps.Skipped](): "skipped", reflect.TypeFor[steps.Excluded](): "excluded", reflect.TypeFor[steps.Assumed](): "assumed",
	reflect.TypeFor[steps.CannotBeDone](): "failed", reflect.TypeFor[steps.TimedOut](): "failed", reflect.TypeFor[steps.Lost](): "unknown",
	reflect.TypeFor[steps.NotStarted](): "not started", reflect.TypeFor[steps.CancelAsked](): "cancelled", reflect.TypeFor[steps.Resolved](): "by word",
	reflect.TypeFor[steps.Amended](): "amended", reflect.TypeFor[steps.PhaseAccepted](): "accepted", reflect.TypeFor[steps.Held](): "hold",
	reflect.TypeFor[steps.StoppedWaiting](): "unknown", reflect.TypeFor[steps.RollbackOpened](): "rollback", reflect.TypeFor[steps.RollbackClosed](): "rollback",
	reflect.TypeFor[steps.LeftOut](): "not restored", reflect.TypeFor[steps.NotRestored](): "not restored", reflect.TypeFor[steps.Recovered](): "journal",
}

func startedOtherwise(undo bool, n int, override string, confirm steps.Confirmation) []string {
	var out []string
	switch {
	case undo:
		out = append(out, "undo")
	case n > 1:
		out = append(out, "retry")
	}
	if override != "" {
		out = append(out, "override")
	}
	if confirm.Single != "" {
		out = append(out, "single-handed")
	}
	return out
}

// reasonOf is why, in the words of who did it or of what happened.
func reasonOf(e steps.Event) string {
	switch e := e.(type) {
	case steps.Intended:
		return first(e.Override, e.Confirm.Single)
	case steps.Began:
		return first(e.Override, e.Confirm.Single)
	}
	for _, name := range []string{"Reason", "Why"} {
		if f := reflect.ValueOf(e).FieldByName(name); f.IsValid() && f.Kind() == reflect.String && f.String() != "" {
			return f.String()
		}
	}
	return ""
}
