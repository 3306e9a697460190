package steps

// The rule of this file: there are three verdicts on what can be looked at, and
// not knowing is one of them. A yes that a person has not given is no unknown.

// Verdict on one reading.
type Verdict string

// All but green close a gate, and none of them is shown as another.
const (
	Green      Verdict = "green"
	Red        Verdict = "red"
	CannotTell Verdict = "cannot tell"
	NotSigned  Verdict = "not signed yet" // of a sign-off
)
