package cli

// The rule of this file: what was read without the lock stands only where
// nothing was added since.

import (
	"path/filepath"
	"testing"
	"time"

	"belay/runner/journal"
	"belay/steps"
)

func TestWhatWasReadBeforeTheLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r1")
	j, err := journal.Create(dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	write := func(e steps.Event) {
		t.Helper()
		if _, err := j.Append(e.Kind(), e); err != nil {
			t.Fatal(err)
		}
	}
	read := func() []journal.Record {
		t.Helper()
		records, err := journal.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		return records
	}
	write(steps.Opened{Run: "r1", Operator: "ana"})
	early, err := readLedger(dir)
	if err != nil {
		t.Fatal(err)
	}
	if early.under(dir, read()) != early {
		t.Error("nothing was added, and it was folded again")
	}
	write(steps.Drove{Driver: "ben"})
	if got := early.under(dir, read()); got == early || got.state.Driver != "ben" || len(got.events) != 2 {
		t.Errorf("what another console has written is missing: %+v", got.state)
	}
	var none *ledger
	if got := none.under(dir, read()); got.state.Driver != "ben" {
		t.Errorf("%+v", got.state)
	}
}
