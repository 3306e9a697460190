// Package runner carries a run out and remembers it: it is the conductor.
//
// One goroutine owns the state. An action is decided, its events are put on
// disk, and only then does anything leave for a host; an outcome is on disk
// before any screen says so. If the journal cannot be relied on, nothing new is
// launched.
//
// The runner chooses when something happens. It never formats text for a
// person and it never parses what a host prints.
package runner
