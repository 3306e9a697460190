package journal

// Every call of a short life of a journal gets every fault, every crash leaves
// every choice of unsynced bytes, and recovery is crashed again.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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

// mustHold opens the disk and wants records 1..n with acked <= n <= tried.
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
	defer j.Close()
	if len(records) < acked || len(records) > tried {
		t.Fatalf("%s: %d records, %d were acknowledged, %d tried", where, len(records), acked, tried)
	}
	for i, r := range records {
		var n int
		if json.Unmarshal(r.Data, &n); n != i+1 {
			t.Fatalf("%s: record %d holds %s", where, i+1, r.Data)
		}
	}
}

func TestEveryCallWithEveryFault(t *testing.T) {
	const want = 5
	quiet := newMemDisk()
	if _, _, err := live(quiet, want); err != nil {
		t.Fatal(err)
	}
	states := 0
	for at := 1; at <= quiet.calls; at++ {
		for _, kind := range []fault{crashBefore, crashAfter, shortWrite, failOnce, failForever} {
			for _, keep := range []int{0, 1, 500, 999, 1000} {
				for _, names := range []bool{false, true} {
					disk := newMemDisk()
					disk.at, disk.fault = at, kind
					acked, tried, _ := live(disk, want)
					where := fmt.Sprintf("fault %d at call %d (%s), keep %d, names %v",
						kind, at, disk.history[min(at, len(disk.history))-1], keep, names)
					states += crashAgain(t, where, disk.afterCrash(keep, names), acked, tried)
				}
			}
		}
	}
	t.Logf("%d calls, %d states", quiet.calls, states)
	if states < 1000 {
		t.Fatalf("only %d states were visited", states)
	}
}

// crashAgain recovers, with a second crash at every call of the recovery.
func crashAgain(t *testing.T, where string, disk *memDisk, acked, tried int) (states int) {
	t.Helper()
	for second := 1; ; second++ {
		again := disk.afterCrash(0, false)
		again.at, again.fault = second, crashAfter
		live(again, acked) // recovery only: it appends at most what is missing
		crashed := again.down
		mustHold(t, where+fmt.Sprintf(", again at %d", second), again.afterCrash(0, false), acked, max(tried, acked))
		states++
		if !crashed {
			return states
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
	mustHold(t, "power loss after Open", disk.afterCrash(0, false), 2, 2)
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
		for _, f := range disk.afterCrash(1000, false).files {
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
