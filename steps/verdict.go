package steps

// The rule of this file: there are three verdicts, and not knowing is one of them.

// Verdict on one reading.
type Verdict string

// What cannot be told closes a gate just as red does, and is never shown as either.
const (
	Green      Verdict = "green"
	Red        Verdict = "red"
	CannotTell Verdict = "cannot tell"
)
