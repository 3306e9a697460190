package steps

// The rule of this file: a step counts as rehearsed when its very content ran to
// a good end on real servers in a rehearsal. What the embedded fleet did counts
// for nothing here: it is simulated.

// Unrehearsed is one step that no rehearsal on real hosts has carried out as it
// stands now.
type Unrehearsed struct {
	Step string `json:"step"`
	Hash string `json:"hash"` // ContentHash
}

// Rehearsed lists the content hashes that a run proved, if it was a rehearsal
// on real hosts: of each step whose script ended well and, where it has one,
// whose verify held.
func Rehearsed(events []Event) map[string]bool {
	out, script := map[string]bool{}, map[string]string{} // script hashes by attempt
	for _, e := range events {
		switch e := e.(type) {
		case Opened:
			if e.EnvKind != Rehearsal {
				return out
			}
		case Intended:
			if !e.Undo {
				script[e.Attempt] = e.Script
			}
		case Exited:
			if h := script[e.Attempt]; h != "" && e.OK && !e.Verify {
				out[h] = true
			}
		case Verified:
			if h := script[e.Attempt]; h != "" && e.Holds {
				out[h] = true
			}
		}
	}
	return out
}

// NotRehearsed lists the steps of a runbook that do something on hosts and whose
// content is not among the rehearsed ones, in order; of says how many do
// something at all. The runbook is one that For gave.
func (rb *Runbook) NotRehearsed(rehearsed map[string]bool) (list []Unrehearsed, of int) {
	for s := range rb.Steps() {
		if s.Left != "" || s.Script == "" && s.Kind != Edit {
			continue
		}
		of++
		if h := ContentHash(s); !rehearsed[h] {
			list = append(list, Unrehearsed{s.ID, h})
		}
	}
	return list, of
}
