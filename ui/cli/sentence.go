package cli

// The rule of this file: every event is one line of plain words, and none is
// left out. What a person or a host wrote is made inert where it is printed.

import (
	"fmt"
	"strings"
	"time"

	"belay/runner"
	"belay/runner/tail"
	"belay/steps"
)

// eventLine is an event with its number and time of day.
func eventLine(e runner.EventView) string {
	return tail.Inert(fmt.Sprintf("%4d  %s  %s", e.Seq, e.At.Local().Format(time.TimeOnly), sentenceFor(e.Event)))
}

// sentenceFor says an event in words.
func sentenceFor(e steps.Event) string {
	for _, say := range []func(steps.Event) string{sayRun, sayRollback, sayAttempt, sayTask} {
		if s := say(e); s != "" {
			return s
		}
	}
	return e.Kind()
}

func sayRun(e steps.Event) string {
	switch e := e.(type) {
	case steps.Opened:
		return fmt.Sprintf("run %s opened in %s by %s%s", e.Run, environmentWord(e.Env, e.EnvKind), e.Operator, withPartner(e.Partner))
	case steps.Answered:
		return fmt.Sprintf("input %s is %s", e.Name, e.Value)
	case steps.Bound:
		return fmt.Sprintf("%s is %s, machine-id %s, host key %s%s%s", e.Host, e.Hostname, orDash(e.MachineID), orDash(e.HostKey), skewText(e), said(e.By, e.Reason))
	case steps.Drove:
		return e.Driver + " drives" + withPartner(e.Partner)
	case steps.PhaseOpened:
		return "phase " + e.Phase + " opened" + untilText(e.Until) + said(e.By, e.Reason)
	case steps.PhaseAccepted:
		return "phase " + e.Phase + " accepted with hosts left out" + said(e.By, e.Reason)
	case steps.Held:
		return "hold on " + e.Scope.String() + said(e.By, e.Reason)
	case steps.Released:
		return "hold released on " + e.Scope.String() + said(e.By, e.Reason)
	case steps.Excluded:
		return fmt.Sprintf("%s excluded from %s%s", e.Host, first(e.Block, e.Phase), said(e.By, e.Reason))
	case steps.Included:
		return e.Host + " included in " + e.Phase + " again" + said(e.By, "")
	case steps.StoppedWaiting:
		return "stopped waiting for " + e.Host + said(e.By, e.Reason)
	case steps.Amended:
		return "the runbook's new text is taken: " + strings.Join(e.Diff, "; ") + undosTaken(e.Undos) + said(e.By, e.Reason)
	case steps.Noted:
		if e.Task.Zero() {
			return "note: " + e.Words()
		}
		return "note on " + e.Task.String() + ": " + e.Words()
	case steps.Closed:
		if e.Complete {
			return "run closed: complete" + said(e.By, e.Reason)
		}
		return "run closed: abandoned" + said(e.By, e.Reason)
	case steps.Recovered:
		return fmt.Sprintf("an unfinished last line of the journal (%d bytes) was put aside in %s", e.Bytes, e.Torn)
	}
	return ""
}

func skewText(e steps.Bound) string {
	if e.Skew == 0 {
		return ""
	}
	return ", its clock " + steps.Ahead(e.Skew.D()) + " ours"
}

func sayRollback(e steps.Event) string {
	switch e := e.(type) {
	case steps.RollbackOpened:
		return fmt.Sprintf("rollback of %s opened, %s%s", e.Scope, count(e.Entries, "entry"), said(e.By, e.Reason))
	case steps.RollbackConfirmed:
		return "rollback confirmed for " + e.Host + byText(e.Confirm)
	case steps.LeftOut:
		return e.Host + " left out of the rollback" + said(e.By, e.Reason)
	case steps.RollbackClosed:
		if e.Finished {
			return "rollback finished"
		}
		return "rollback abandoned" + said(e.By, e.Reason)
	case steps.NotRestored:
		return e.Task.String() + " left as it is: not restored" + said(e.By, e.Reason)
	case steps.Sequenced:
		return fmt.Sprintf("%s in a row: %s%s", count(len(e.Tasks), "task"), e.Scope, byText(e.Confirm))
	case steps.Triggered:
		return sayTrigger(e)
	case steps.EvidenceKept:
		if e.File == "" {
			return "no evidence of " + e.Host + " was kept before " + short(e.Attempt) + because(e.Why)
		}
		return fmt.Sprintf("evidence of %s kept before %s: %s, %s in %s, sha256 %.12s", e.Host, short(e.Attempt),
			count(e.Logs, "log"), count(e.Values, "value"), e.File, e.SHA256)
	case steps.SequenceEnded:
		return "the row ended: " + e.Why
	}
	return ""
}

func sayAttempt(e steps.Event) string {
	switch e := e.(type) {
	case steps.Intended:
		what := "execute "
		if e.Undo {
			what = "undo "
		}
		over := ""
		if e.Override != "" {
			over = ", against a guard" + because(e.Override)
		}
		return fmt.Sprintf("%s%s, attempt %d%s%s", what, e.Task, e.N, byText(e.Confirm), over)
	case steps.Started:
		return short(e.Attempt) + " started"
	case steps.NotStarted:
		return short(e.Attempt) + " was not started" + because(e.Why)
	case steps.Exited:
		return short(e.Attempt) + " exited " + fmt.Sprint(e.Code) + exitNotes(e)
	case steps.TimedOut:
		return fmt.Sprintf("%s timed out after %s", short(e.Attempt), e.After)
	case steps.CancelAsked:
		return short(e.Attempt) + " is to be cancelled" + because(e.Why)
	case steps.Cancelled:
		return short(e.Attempt) + " cancelled by " + e.Signal
	case steps.Lost:
		return short(e.Attempt) + " is unknown" + because(e.Why)
	case steps.Verifying:
		return "verify " + e.Task.String() + " again"
	case steps.Verified:
		word := "refuted"
		switch {
		case e.Holds:
			word = "verified"
		case !e.Proven:
			word = "not proven"
		}
		return short(e.Attempt) + " " + word + readings(e.Evidence)
	case steps.Resolved:
		return fmt.Sprintf("%s resolved: %s%s", e.Task, e.As, said(e.By, e.Reason))
	}
	return ""
}

func sayTask(e steps.Event) string {
	switch e := e.(type) {
	case steps.Began:
		return fmt.Sprintf("%s %s has begun: it %s", e.As, e.Task, (&steps.Step{Kind: e.As}).Waits())
	case steps.MarkedDone:
		word := " marked done"
		if e.Undo {
			word = " marked undone"
		}
		return e.Task.String() + word + said(e.By, e.Evidence) + because(e.Reason)
	case steps.CannotBeDone:
		return e.Task.String() + " cannot be done" + said(e.By, e.Reason)
	case steps.Passed:
		return "gate " + e.Task.String() + " passed" + said(e.By, "") + readings(e.Evidence)
	case steps.Overridden:
		return e.Task.String() + " overridden" + byText(e.Confirm) + because(e.Reason)
	case steps.Approved:
		return fmt.Sprintf("%s said yes to %s %s, attempt %d, %s", e.By, e.Bond.For, e.Task, e.Bond.N, e.How)
	case steps.SignedOff:
		return fmt.Sprintf("%s signed off %q on %s as %s, %s", e.By, e.Title, e.Task, e.As, orDash(e.How))
	case steps.Measured:
		return strings.TrimSpace(fmt.Sprintf("%s measured %s: %s %s", e.Task, e.Name, e.Value, e.Unit)) + " (" + e.Source + ")" + said(e.By, "")
	case steps.Wrote:
		return fmt.Sprintf("%s wrote %s, %d bytes, sha256 %.12s%s", orDash(e.By), e.Name, e.Bytes, e.SHA256, writtenNote(e))
	case steps.Soaked:
		to := e.To
		if to == steps.SoakExtended {
			to += " until " + e.Until.Local().Format(time.DateTime)
		}
		return fmt.Sprintf("soak %s is %s, green for %s of its time%s", e.Task, to, seconds(e.Green), said(e.By, e.Reason))
	case steps.Skipped:
		return e.Task.String() + " skipped" + said(e.By, e.Reason)
	case steps.Unskipped:
		return e.Task.String() + " is no longer skipped" + said(e.By, "")
	case steps.Assumed:
		return e.Task.String() + " assumed done"
	}
	return ""
}

// undosTaken says which undo was chosen where one had changed.
func undosTaken(list []steps.UndoTaken) string {
	out := ""
	for _, u := range list {
		out += fmt.Sprintf("; the %s undo of %s stands for %s", u.Take, u.Step, tasksOn(u.Tasks))
	}
	return out
}

// seconds is a duration that was measured, without what nobody reads of it.
func seconds(d steps.Duration) steps.Duration { return steps.Duration(d.D().Round(time.Second)) }

// writtenNote tells what nobody has thought about from what somebody wrote.
func writtenNote(e steps.Wrote) string {
	switch {
	case e.Invented:
		return " (invented by the rehearsal)"
	case e.Template:
		return " (still its template)"
	}
	return ""
}

// short is an attempt's id without the run: STEP.HOST.N.
func short(attempt string) string {
	_, rest, ok := strings.Cut(attempt, ".")
	if !ok {
		return attempt
	}
	return rest
}

func exitNotes(e steps.Exited) string {
	out := ""
	if e.Outside {
		out += " (seen from outside)"
	}
	if !e.OK {
		out += because(e.Why)
	}
	if e.Verify {
		out += ", to be verified"
	}
	if e.Shrunk {
		out += ", its output was cut on the host while it was read"
	}
	if e.Left > 0 {
		out += fmt.Sprintf(", %s left behind", processes(e.Left))
	}
	if e.Masked > 0 {
		out += fmt.Sprintf(", %s masked", count(e.Masked, "secret"))
	}
	return out
}

// readings list what a decision saw that was not green, or say that all was.
func readings(list []steps.Reading) string {
	var bad []string
	for _, r := range list {
		if r.Verdict != steps.Green {
			bad = append(bad, fmt.Sprintf("%s is %s (%s)", r.Title, r.Verdict, first(r.Why, r.Text)))
		}
	}
	switch {
	case len(bad) > 0:
		return ": " + strings.Join(bad, "; ")
	case len(list) > 0:
		return fmt.Sprintf(", %s green", count(len(list), "reading"))
	}
	return ""
}

// said is who said something, and why.
func said(by, reason string) string {
	if by != "" {
		by = ", by " + by
	}
	return by + because(reason)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func byText(c steps.Confirmation) string {
	switch {
	case c.How == "" || c.By == "":
		return ""
	case c.Single != "":
		return fmt.Sprintf(", by %s single-handed (%s)", c.By, c.Single)
	}
	by := ", by " + c.By
	if c.Approver != "" && c.Approver != c.By {
		by += ", approved by " + c.Approver
	}
	return by
}

func untilText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ", window until " + t.Local().Format("15:04")
}

func orDash(s string) string { return first(s, "-") }

func processes(n int) string {
	if n == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}
