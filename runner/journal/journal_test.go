package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sample writes n records into a new directory and returns it with them.
func sample(t testing.TB, n int) (string, []Record) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	j, err := Create(dir, tick())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var records []Record
	for i := range n {
		r, err := j.Append("started", map[string]any{"step": "HEAD-01", "n": i, "text": "a && b <c> ‹é›\n"})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return dir, records
}

// place a copy of a journal's bytes into a directory of its own.
func plant(t testing.TB, data []byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	replant(t, dir, data)
	return dir
}

func replant(t testing.TB, dir string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, FileName), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func content(t testing.TB, dir string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	dir, want := sample(t, 20)
	got, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	j, got, recovery, err := Open(dir, tick())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if diff := cmp.Diff(want, got); diff != "" || recovery != (Recovery{}) {
		t.Fatal(diff, recovery)
	}
	if j.Head() != want[19].Hash {
		t.Fatalf("head %s", j.Head())
	}
	next, err := j.Append("ended", nil)
	if err != nil || next.Seq != 21 || next.Prev != want[19].Hash {
		t.Fatal(next, err)
	}
}

func TestLineIsPlainJSON(t *testing.T) {
	dir, want := sample(t, 2)
	line, _, _ := bytes.Cut(content(t, dir), []byte("\n"))
	var v struct {
		V    int             `json:"v"`
		Seq  uint64          `json:"seq"`
		Time time.Time       `json:"time"`
		Kind string          `json:"kind"`
		Data json.RawMessage `json:"data"`
		Prev string          `json:"prev"`
		H    string          `json:"h"`
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	got := Record{v.Seq, v.Time, v.Kind, v.Data, v.Prev, v.H}
	if diff := cmp.Diff(want[0], got); diff != "" || v.V != 1 {
		t.Fatal(diff)
	}
	if !bytes.Contains(line, []byte("a && b <c> ‹é›")) {
		t.Fatalf("grep cannot find it: %s", line)
	}
}

// The shell line in the package comment is the way without Belay.
func TestHashByHand(t *testing.T) {
	for _, tool := range []string{"sed", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s on this machine", tool)
		}
	}
	dir, want := sample(t, 3)
	cmd := exec.Command("sh", "-c", `sed -n 2p journal.jsonl | sed 's/,"h":"[0-9a-f]*"}$/}/' | tr -d '\n' | sha256sum`)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil || !strings.HasPrefix(string(out), want[1].Hash) {
		t.Fatalf("%s %v, want %s", out, err, want[1].Hash)
	}
}

func TestTruncatedAtEveryByte(t *testing.T) {
	dir, records := sample(t, 5)
	whole := content(t, dir)
	dir = plant(t, nil)
	for size := range len(whole) + 1 {
		replant(t, dir, whole[:size])
		lines := bytes.Count(whole[:size], []byte("\n"))
		clean := bytes.LastIndexByte(whole[:size], '\n') + 1
		for _, reader := range []string{"reader", "writer"} {
			var got []Record
			var recovery Recovery
			var err error
			if reader == "reader" {
				got, err = Read(dir)
			} else {
				var j *Journal
				if j, got, recovery, err = Open(dir, tick()); err == nil {
					j.Close()
				}
			}
			if err != nil {
				t.Fatalf("%s at %d: %v", reader, size, err)
			}
			if diff := cmp.Diff(append([]Record{}, records[:lines]...), got); diff != "" {
				t.Fatalf("%s at %d: %s", reader, size, diff)
			}
			if reader == "reader" {
				continue
			}
			if now := content(t, dir); !bytes.Equal(now, whole[:clean]) {
				t.Fatalf("at %d: the file has %d bytes after recovery, want %d", size, len(now), clean)
			}
			checkRecovery(t, recovery, whole[clean:size], int64(clean))
		}
	}
}

func checkRecovery(t *testing.T, got Recovery, torn []byte, at int64) {
	t.Helper()
	if len(torn) == 0 {
		if got != (Recovery{}) {
			t.Fatalf("nothing was torn, yet %+v", got)
		}
		return
	}
	kept, err := os.ReadFile(got.Kept)
	if err != nil || !bytes.Equal(kept, torn) || got.Torn != len(torn) || got.Offset != at {
		t.Fatalf("%+v kept %q, want %q (%v)", got, kept, torn, err)
	}
	if err := os.Remove(got.Kept); err != nil {
		t.Fatal(err)
	}
}

// A flip is seen when Open refuses, or reports a cut (of the last LF).
func TestEveryBitFlipIsSeen(t *testing.T) {
	dir, records := sample(t, 2)
	whole := content(t, dir)
	dir = plant(t, nil)
	for i := range whole {
		for bit := range 8 {
			flipped := bytes.Clone(whole)
			flipped[i] ^= 1 << bit
			replant(t, dir, flipped)
			j, got, recovery, err := Open(dir, tick())
			if err == nil {
				j.Close()
				if i != len(whole)-1 || recovery.Torn == 0 {
					t.Fatalf("bit %d of byte %d flipped, not seen", bit, i)
				}
				os.Remove(recovery.Kept)
				continue
			}
			var damage *Damage
			if !errors.As(err, &damage) || damage.Offset > int64(i) || got != nil {
				t.Fatalf("bit %d of byte %d: %v", bit, i, err)
			}
			if got, _ := Read(dir); !cmp.Equal(got, records[:damage.Line-1]) {
				t.Fatalf("bit %d of byte %d: the part before the damage is wrong", bit, i)
			}
		}
	}
}

func TestLinesOutOfPlaceAreDamage(t *testing.T) {
	dir, _ := sample(t, 5)
	l := bytes.SplitAfter(content(t, dir), []byte("\n"))
	other, _ := sample(t, 1)
	stranger := content(t, other)
	stranger = bytes.Replace(stranger, []byte(`"n":0`), []byte(`"n":9`), 1)
	for _, tt := range []struct {
		name  string
		lines [][]byte
		at    int
	}{
		{"gap", [][]byte{l[0], l[1], l[3], l[4]}, 3},
		{"no beginning", [][]byte{l[1], l[2]}, 1},
		{"swapped", [][]byte{l[0], l[2], l[1], l[3]}, 2},
		{"doubled", [][]byte{l[0], l[1], l[1], l[2]}, 3},
		{"empty line", [][]byte{l[0], []byte("\n"), l[1]}, 2},
		{"foreign text", [][]byte{l[0], []byte("{}\n"), l[1]}, 2},
		{"edited", [][]byte{stranger, l[1]}, 1},
		{"bad line at the end, with LF", [][]byte{l[0], []byte("half a rec\n")}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := plant(t, bytes.Join(tt.lines, nil))
			before := content(t, dir)
			_, _, _, err := Open(dir, tick())
			var damage *Damage
			if !errors.As(err, &damage) || damage.Line != tt.at {
				t.Fatalf("%v, want damage at line %d", err, tt.at)
			}
			if want := int64(len(bytes.Join(tt.lines[:tt.at-1], nil))); damage.Offset != want {
				t.Fatalf("offset %d, want %d", damage.Offset, want)
			}
			if !bytes.Equal(before, content(t, dir)) {
				t.Fatal("a damaged journal was changed")
			}
			if j, _, _, err := Open(dir, tick()); !errors.As(err, &damage) {
				t.Fatal("the lock was not given back", j, err)
			}
		})
	}
}

// TestWhatWasSeenIsNotBelieved but for the very bytes: what was added is verified
// behind them, and what was changed is damage.
func TestWhatWasSeenIsNotBelieved(t *testing.T) {
	dir, all := sample(t, 6)
	whole := content(t, dir)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	upTo := func(n int) []byte { return bytes.Join(lines[:n], nil) }
	for _, tt := range []struct {
		name string
		now  []byte
		want int // records; -1 for damage at line 2
		torn int
	}{
		{"the same", upTo(3), 3, 0},
		{"more", whole, 6, 0},
		{"fewer", upTo(2), 2, 0},
		{"a torn line behind", append(upTo(3), lines[3][:20]...), 3, 20},
		{"a record was changed", bytes.Replace(whole, []byte(`"n":1`), []byte(`"n":7`), 1), -1, 0},
		{"a record is gone", bytes.Join([][]byte{lines[0], lines[2], lines[3]}, nil), -1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := plant(t, upTo(3))
			seen, err := See(dir)
			if err != nil || len(seen.Records) != 3 {
				t.Fatal(len(seen.Records), err)
			}
			replant(t, dir, tt.now)
			j, got, recovery, err := OpenSeen(OS(), dir, tick(), seen)
			var damage *Damage
			if tt.want < 0 {
				if !errors.As(err, &damage) || damage.Line != 2 {
					t.Fatalf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer j.Close()
			if !cmp.Equal(got, all[:tt.want]) || recovery.Torn != tt.torn {
				t.Errorf("%d records, %+v", len(got), recovery)
			}
			if next, err := j.Append("started", 1); err != nil || next.Prev != all[tt.want-1].Hash {
				t.Errorf("%+v %v", next, err)
			}
		})
	}
}

// TestDamageFarDownIsTheFirst: a long journal is taken apart side by side, and
// still the first bad line counts, with all lines in front of it.
func TestDamageFarDownIsTheFirst(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	j, err := Create(dir, tick())
	if err != nil {
		t.Fatal(err)
	}
	j.file = unsynced{j.file}
	const n = 5000
	for i := range n {
		if _, err := j.Append("started", map[string]int{"n": i}); err != nil {
			t.Fatal(err)
		}
	}
	j.Close()
	whole := content(t, dir)
	all, err := Read(dir)
	if err != nil || len(all) != n {
		t.Fatal(len(all), err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	for _, bad := range [][]int{{4999}, {2500, 4000}, {1, 4999}, {3000, 3001}} {
		spoilt := slices.Clone(lines)
		for _, i := range bad {
			spoilt[i] = bytes.Replace(spoilt[i], []byte(`"n":`), []byte(`"m":`), 1)
		}
		replant(t, dir, bytes.Join(spoilt, nil))
		var damage *Damage
		got, err := Read(dir)
		if !errors.As(err, &damage) || damage.Line != bad[0]+1 || damage.Offset != int64(len(bytes.Join(lines[:bad[0]], nil))) {
			t.Errorf("lines %v spoilt: %v", bad, err)
		}
		if !cmp.Equal(got, all[:bad[0]]) {
			t.Errorf("lines %v spoilt: %d records in front", bad, len(got))
		}
	}
	replant(t, dir, bytes.Join(slices.Delete(slices.Clone(lines), 2500, 2501), nil)) // whole lines, and a gap
	var damage *Damage
	if got, err := Read(dir); !errors.As(err, &damage) || damage.Line != 2501 || len(got) != 2500 {
		t.Error(len(got), err)
	}
}

func TestSecondWriterIsNamedTheFirst(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	j, err := Create(dir, tick())
	if err != nil {
		t.Fatal(err)
	}
	_, _, _, err = Open(dir, tick())
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("pid %d,", os.Getpid())) {
		t.Fatal(err)
	}
	if _, err := Create(dir, tick()); !errors.Is(err, ErrLocked) {
		t.Fatal(err)
	}
	if _, err := Read(dir); err != nil {
		t.Fatal("a reader was kept out:", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if who := Holder(dir); who != "" {
		t.Fatalf("closed, but %q holds it", who)
	}
	if _, err := j.Append("late", nil); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	if _, err := Create(dir, tick()); !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	if j, _, _, err = Open(dir, tick()); err != nil {
		t.Fatal(err)
	}
	j.Close()
}

func TestFailedSyncFreezes(t *testing.T) {
	for _, kind := range []fault{failOnce, failForever, shortWrite} {
		disk := newMemDisk()
		j, err := CreateOn(disk, memDir, tick())
		if err != nil {
			t.Fatal(err)
		}
		first, err := j.Append("a", 1)
		if err != nil {
			t.Fatal(err)
		}
		disk.at, disk.fault = disk.calls+2, kind // write, then this: the fsync
		cause := errIO
		if kind == shortWrite {
			disk.at, cause = disk.calls+1, errSpace
		}
		for range 3 {
			if _, err := j.Append("b", 2); !errors.Is(err, ErrFrozen) || !errors.Is(err, cause) {
				t.Fatalf("fault %d: %v", kind, err)
			}
		}
		if calls := len(disk.history); disk.calls > disk.at {
			t.Fatalf("fault %d: the disk was asked again: %v", kind, disk.history[disk.at-1:calls])
		}
		if j.Head() != first.Hash || !errors.Is(j.Err(), ErrFrozen) {
			t.Fatal("the head moved on")
		}
	}
}

func TestBadRecordIsNotAFrozenJournal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	j, err := Create(dir, tick())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for _, kind := range []string{"", "Two Words", "a\"b", "é"} {
		if _, err := j.Append(kind, 1); err == nil {
			t.Errorf("kind %q was taken", kind)
		}
	}
	if _, err := j.Append("x", func() {}); err == nil {
		t.Error("a func was encoded")
	}
	if _, err := j.Append("x", 1); err != nil {
		t.Fatal(err)
	}
}

func TestExposedDirectoryIsRefused(t *testing.T) {
	dir, _ := sample(t, 1)
	for _, mode := range []os.FileMode{0o750, 0o705, 0o720, 0o701} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := Open(dir, tick()); !errors.Is(err, ErrExposed) || !strings.Contains(err.Error(), "chmod 700") {
			t.Errorf("mode %o: %v", mode, err)
		}
		if _, err := Create(dir, tick()); !errors.Is(err, ErrExposed) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	os.Chmod(dir, 0o700)
	info, err := os.Stat(filepath.Join(dir, FileName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info.Mode(), err)
	}
}

func TestFollowerVerifiesTheChain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	j, err := Create(dir, tick())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var cursor Cursor
	var got []Record
	follow := func() {
		t.Helper()
		more, next, err := ReadFrom(dir, cursor)
		if err != nil {
			t.Fatal(err)
		}
		got, cursor = append(got, more...), next
	}
	follow()
	for n := range 7 {
		r, err := j.Append("n", n)
		if err != nil {
			t.Fatal(err)
		}
		if follow(); len(got) != n+1 || !cmp.Equal(got[n], r) {
			t.Fatalf("after %d: %v", n, got)
		}
	}
	whole := content(t, dir)
	tampered := cursor
	tampered.Offset, tampered.Seq = int64(bytes.IndexByte(whole, '\n')+1), 1
	var damage *Damage
	if _, _, err := ReadFrom(dir, tampered); !errors.As(err, &damage) {
		t.Fatal("a chain that does not fit was accepted:", err)
	}
	replant(t, dir, whole[:10])
	if _, _, err := ReadFrom(dir, cursor); err == nil {
		t.Fatal("a file that shrank was accepted")
	}
}

func TestManyGoroutinesOneChain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	j, err := Create(dir, tick())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 10 {
				if _, err := j.Append("n", g*100+n); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if records, err := Read(dir); err != nil || len(records) != 80 {
		t.Fatal(len(records), err)
	}
}

// Any JSON that goes in comes out, whatever it looks like.
func TestAnyDataSurvives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		disk := newMemDisk()
		j, err := CreateOn(disk, memDir, tick())
		if err != nil {
			rt.Fatal(err)
		}
		texts := rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.Just(`","data":`), rapid.Just(`,"prev":"`),
			rapid.Just("\n"), rapid.Just("\u2028"))).Draw(rt, "texts")
		for _, text := range texts {
			if _, err := j.Append("text", map[string]string{text: text}); err != nil {
				rt.Fatal(err)
			}
		}
		j.Close()
		_, records, _, err := OpenOn(disk, memDir, tick())
		if err != nil || len(records) != len(texts) {
			rt.Fatal(len(records), err)
		}
		for i, r := range records {
			want, _ := encodeData(map[string]string{texts[i]: texts[i]})
			if !bytes.Equal(want, r.Data) {
				rt.Fatalf("%s, want %s", r.Data, want)
			}
		}
	})
}

func FuzzScan(f *testing.F) {
	dir, _ := sample(f, 3)
	whole := content(f, dir)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte("{\"v\":1,\"seq\":1}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, end, err := scan("x", data, Cursor{}.start())
		// Whatever is accepted is what seal would have written.
		var again []byte
		for _, r := range records {
			again = append(again, r.seal()...)
		}
		if !bytes.Equal(again, data[:end.Offset]) || (err == nil && bytes.IndexByte(data[end.Offset:], '\n') >= 0 && !holed(bytes.TrimSuffix(data[end.Offset:], []byte{'\n'}), end.Offset)) {
			t.Fatalf("accepted %q, would have written %q (%v)", data[:end.Offset], again, err)
		}
	})
}
