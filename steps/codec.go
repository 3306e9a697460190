package steps

// The rule of this file: what Encode writes, Decode reads for ever. A kind is
// never renamed and never means something else; an unknown kind is an error,
// not a skipped line.

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
)

// kinds is the closed set of events by the word that the journal uses.
var kinds = map[string]reflect.Type{}

func register(es ...Event) {
	for _, e := range es {
		kinds[e.Kind()] = reflect.TypeOf(e)
	}
}

func init() {
	register(Opened{}, Answered{}, Bound{}, Drove{}, PhaseOpened{}, PhaseAccepted{}, Held{}, Released{},
		Excluded{}, Included{}, StoppedWaiting{}, LeftOut{}, Amended{}, Noted{}, RollbackOpened{},
		RollbackConfirmed{}, RollbackClosed{}, Closed{}, Recovered{}, Intended{}, Started{}, NotStarted{},
		Exited{}, TimedOut{}, CancelAsked{}, Cancelled{}, Lost{}, Verifying{}, Verified{}, Resolved{},
		Began{}, MarkedDone{}, CannotBeDone{}, Passed{}, Overridden{}, Measured{}, Soaked{}, Skipped{},
		Unskipped{}, Assumed{}, NotRestored{}, SignedOff{}, Approved{}, Sequenced{}, SequenceEnded{}, EvidenceKept{}, Wrote{}, Triggered{})
}

// Kinds lists every kind of event, sorted.
func Kinds() []string {
	var out []string
	for k := range kinds {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// New gives an empty event of a kind, for schemas; nil when there is no such kind.
func New(kind string) Event {
	t, ok := kinds[kind]
	if !ok {
		return nil
	}
	return reflect.Zero(t).Interface().(Event)
}

// Decode reads the event of one journal record.
func Decode(kind string, data []byte) (Event, error) {
	t, ok := kinds[kind]
	if !ok {
		return nil, fmt.Errorf("event of unknown kind %q: this journal was written by a newer belay", kind)
	}
	p := reflect.New(t)
	if err := json.Unmarshal(data, p.Interface()); err != nil {
		return nil, fmt.Errorf("event %s: %w", kind, err)
	}
	return p.Elem().Interface().(Event), nil
}

// The words of the journal.
func (Opened) Kind() string            { return "opened" }
func (Answered) Kind() string          { return "answered" }
func (Bound) Kind() string             { return "bound" }
func (Drove) Kind() string             { return "drove" }
func (PhaseOpened) Kind() string       { return "phase-opened" }
func (PhaseAccepted) Kind() string     { return "phase-accepted" }
func (Held) Kind() string              { return "held" }
func (Released) Kind() string          { return "released" }
func (Excluded) Kind() string          { return "excluded" }
func (Included) Kind() string          { return "included" }
func (StoppedWaiting) Kind() string    { return "stopped-waiting" }
func (LeftOut) Kind() string           { return "left-out" }
func (Amended) Kind() string           { return "amended" }
func (Noted) Kind() string             { return "noted" }
func (RollbackOpened) Kind() string    { return "rollback-opened" }
func (RollbackConfirmed) Kind() string { return "rollback-confirmed" }
func (RollbackClosed) Kind() string    { return "rollback-closed" }
func (Closed) Kind() string            { return "closed" }
func (Recovered) Kind() string         { return "recovered" }
func (Intended) Kind() string          { return "intended" }
func (Started) Kind() string           { return "started" }
func (NotStarted) Kind() string        { return "not-started" }
func (Exited) Kind() string            { return "exited" }
func (TimedOut) Kind() string          { return "timed-out" }
func (CancelAsked) Kind() string       { return "cancel-asked" }
func (Cancelled) Kind() string         { return "cancelled" }
func (Lost) Kind() string              { return "lost" }
func (Verifying) Kind() string         { return "verifying" }
func (Verified) Kind() string          { return "verified" }
func (Resolved) Kind() string          { return "resolved" }
func (Began) Kind() string             { return "began" }
func (MarkedDone) Kind() string        { return "marked-done" }
func (CannotBeDone) Kind() string      { return "cannot-be-done" }
func (Passed) Kind() string            { return "passed" }
func (Overridden) Kind() string        { return "overridden" }
func (Measured) Kind() string          { return "measured" }
func (Soaked) Kind() string            { return "soaked" }
func (Skipped) Kind() string           { return "skipped" }
func (Unskipped) Kind() string         { return "unskipped" }
func (Assumed) Kind() string           { return "assumed" }
func (NotRestored) Kind() string       { return "not-restored" }
func (SignedOff) Kind() string         { return "signed-off" }
func (Approved) Kind() string          { return "approved" }
func (Sequenced) Kind() string         { return "sequenced" }
func (SequenceEnded) Kind() string     { return "sequence-ended" }
func (Wrote) Kind() string             { return "wrote" }
func (Triggered) Kind() string         { return "triggered" }
