package steps

// The rule of this file: before something on a host is taken back, what was
// known of the host is kept; an undo destroys what a failure could be read
// from. That it could not be kept is a fact too, and stops no undo.

import (
	"maps"
	"slices"
)

// EvidenceKept says what was kept of a host before an undo there: a file of the
// run directory, or why there is none.
type EvidenceKept struct {
	Host    string `json:"host"`
	Attempt string `json:"attempt"`          // the undo that waited for it
	File    string `json:"file,omitempty"`   // its name in the run directory
	SHA256  string `json:"sha256,omitempty"` // of the file
	Bytes   int64  `json:"bytes,omitempty"`
	Logs    int    `json:"logs,omitempty"`   // how many of the watched logs are in it
	Values  int    `json:"values,omitempty"` // and how many of the watched values
	Why     string `json:"why,omitempty"`    // there is no file
}

// Kind is the word of the journal.
func (EvidenceKept) Kind() string { return "evidence-kept" }

// keptEvidence notes that an open rollback need not do it again on the host.
func (s *State) keptEvidence(e EvidenceKept) {
	if s.Rollback != nil {
		s.Rollback.Kept[e.Host] = true
	}
}

// KeepsEvidence reports whether the evidence of a host is kept before an undo
// that starts there now: always, in a rollback only before its first undo on
// the host, and never where nothing of the host is watched.
func (c *Case) KeepsEvidence(host string) bool {
	if len(c.Book.WatchesOf(host)) == 0 {
		return false
	}
	return c.State.Rollback == nil || !c.State.Rollback.Kept[host]
}

// WatchesOf gives what is watched of a host, by name of the watch.
func (rb *Runbook) WatchesOf(host string) []Watch {
	var out []Watch
	for _, name := range slices.Sorted(maps.Keys(rb.Watches)) {
		if w := rb.Watches[name]; contains(rb.HostsOf(w.On), host) {
			out = append(out, w)
		}
	}
	return out
}
