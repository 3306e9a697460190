package journal

// Every call of a short life of a journal gets every fault, every crash leaves
// every choice of unsynced bytes, and recovery is crashed again.

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

const memDir = "/run"

// live creates a journal, or opens the one that is there, and appends until
// there are want records. It returns how many appends were acknowledged and
// how many were tried, over the life of the file.
func live(disk *memDisk, want int) (acked, tried int, err error) {
	disk.held = false
	j, records, _, err := OpenOn(disk, memDir, tick())
	if errors.Is(err, fs.ErrNotExist) {
		j, err = CreateOn(disk, memDir, tick())
	}
	if err != nil {
		return 0, 0, err
	}
	acked, tried = len(records), len(records)
	for n := len(records) + 1; n <= want; n++ {
		tried++
		if _, err = j.Append("n", n); err != nil {
			if _, again := j.Append("n", n); !errors.Is(again, ErrFrozen) {
				return acked, tried, fmt.Errorf("an append after %v gave %v", err, again)
			}
			break
		}
		acked++
	}
	j.Close()
	return acked, tried, err
}

// tick is a clock that goes on by a second at every look.
func tick() func() time.Time {
	t := time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC)
	return func() time.Time { t = t.Add(time.Second); return t }
}

// mustHold opens the disk, wants records 1..n with acked <= n <= tried, and that
// the journal goes on from there.
func mustHold(t *testing.T, where string, disk *memDisk, acked, tried int) {
	t.Helper()
	disk.held = false
	j, records, _, err := OpenOn(disk, memDir, tick())
	if errors.Is(err, fs.ErrNotExist) && acked == 0 {
		return
	}
	if err != nil {
		t.Fatalf("%s: cannot open what a crash left: %v", where, err)
	}
	if len(records) < acked || len(records) > tried {
		t.Fatalf("%s: %d records, %d were acknowledged, %d tried", where, len(records), acked, tried)
	}
	for i, r := range records {
		if string(r.Data) != strconv.Itoa(i+1) {
			t.Fatalf("%s: record %d holds %s", where, i+1, r.Data)
		}
	}
	_, err = j.Append("n", len(records)+1)
	j.Close()
	if err != nil {
		t.Fatalf("%s: it does not go on: %v", where, err)
	}
	disk = disk.afterCrash(nothingMore, false)
	if _, again, _, err := OpenOn(disk, memDir, tick()); err != nil || len(again) != len(records)+1 {
		t.Fatalf("%s: went on to record %d, and then there were %d: %v", where, len(records)+1, len(again), err)
	}
}

type named struct {
	name string
	survival
}

// TestEveryCallWithEveryFault: make deep takes a run of 50 records.
func TestEveryCallWithEveryFault(t *testing.T) {
	want, least := 25, 10_000
	if os.Getenv("BELAY_DEEP") != "" {
		want = 50
	}
	quiet := newMemDisk()
	if _, _, err := live(quiet, want); err != nil {
		t.Fatal(err)
	}
	coin := rand.New(rand.NewPCG(1, 2))
	survivals := []named{{"none", nothingMore}, {"all", everything}, {"half", half(coin)}}
	states, seen := 0, map[fault]int{}
	for at := 1; at <= quiet.calls; at++ {
		for _, kind := range faults {
			disk := newMemDisk()
			disk.at, disk.fault = at, kind
			acked, tried, err := live(disk, want)
			if err != nil {
				seen[kind]++
			}
			for _, s := range survivals {
				for _, names := range []bool{false, true} {
					where := fmt.Sprintf("fault %d at call %d (%s), %s of the rest, names %v",
						kind, at, disk.history[min(at, len(disk.history))-1], s.name, names)
					states += crashAgain(t, where, disk.afterCrash(s.survival, names), half(coin), acked, tried)
				}
			}
		}
	}
	t.Logf("figure: %d states of %d calls, 0 violations", states, quiet.calls)
	if states < least {
		t.Fatalf("only %d states were visited", states)
	}
	for _, kind := range faults {
		if seen[kind] < want {
			t.Errorf("fault %d ended %d lives only", kind, seen[kind])
		}
	}
}

// crashAgain recovers, with a second crash at every call of the recovery, of
// whose own work nothing survives, or half.
func crashAgain(t *testing.T, where string, disk *memDisk, torn survival, acked, tried int) (states int) {
	t.Helper()
	mustHold(t, where, disk.afterCrash(everything, true), acked, tried)
	for second := 1; ; second++ {
		again := disk.afterCrash(everything, true)
		again.at, again.fault = second, crashAfter
		live(again, acked) // recovery only: it appends at most what is missing
		states++
		if !again.down {
			return states
		}
		for _, s := range []named{{"none", nothingMore}, {"half", torn}} {
			mustHold(t, fmt.Sprintf("%s, again at %d, %s of that", where, second, s.name), again.afterCrash(s.survival, false), acked, max(tried, acked))
			states++
		}
	}
}

// The last writer may have been killed between its write and its fsync. What
// Open hands out then must not depend on the machine staying up.
func TestWhatOpenReturnsIsOnDisk(t *testing.T) {
	disk := newMemDisk()
	if _, _, err := live(disk, 2); err != nil {
		t.Fatal(err)
	}
	f := disk.files[memDir+"/"+FileName]
	f.kept = f.kept[:len(f.kept)/3]
	j, records, _, err := OpenOn(disk, memDir, tick())
	if err != nil || len(records) != 2 {
		t.Fatal(len(records), err)
	}
	j.Close()
	mustHold(t, "power loss after Open", disk.afterCrash(nothingMore, false), 2, 2)
}

// The copy of a torn line is on disk before the line is cut.
func TestTornBytesAreNeverLost(t *testing.T) {
	for at := 1; ; at++ {
		disk := newMemDisk()
		if _, _, err := live(disk, 1); err != nil {
			t.Fatal(err)
		}
		f := disk.files[memDir+"/"+FileName]
		f.seen = append(f.seen, `{"v":1,"seq":2,`...)
		f.kept = f.seen
		disk.at, disk.fault = disk.calls+at, crashAfter
		live(disk, 1)
		found := false
		for _, f := range disk.afterCrash(everything, false).files {
			found = found || strings.HasSuffix(string(f.seen), `{"v":1,"seq":2,`)
		}
		if !found {
			t.Fatalf("crash after call %d (%s): the torn bytes are nowhere", at, disk.history[len(disk.history)-1])
		}
		if !disk.down {
			return
		}
	}
}
