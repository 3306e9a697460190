package tail

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func texts(lines []Line) []string {
	got := []string{}
	for _, l := range lines {
		got = append(got, l.Text)
	}
	return got
}

func TestRingKeepsLinesAndTheOpenOne(t *testing.T) {
	r := NewRing(0)
	io.WriteString(r, "one\ntw")
	io.WriteString(r, "o\n\nfo")
	if diff := cmp.Diff([]string{"one", "two", "", "fo"}, texts(r.Window(0, 10))); diff != "" {
		t.Fatal(diff)
	}
	last := r.Window(3, 1)[0]
	if !last.Open || last.Number != 3 {
		t.Fatalf("%+v", last)
	}
	io.WriteString(r, "ur\n")
	if got := r.Window(3, 5); len(got) != 1 || got[0].Open || got[0].Text != "four" {
		t.Fatalf("%+v", got)
	}
	if first, next := r.Span(); first != 0 || next != 4 {
		t.Fatal(first, next)
	}
	for _, tt := range []struct{ first, n, want int }{{1, 2, 2}, {4, 1, 0}, {0, 0, 0}, {-5, 2, 2}, {99, 9, 0}} {
		if got := r.Window(int64(tt.first), tt.n); len(got) != tt.want {
			t.Errorf("Window(%d, %d) gave %d lines", tt.first, tt.n, len(got))
		}
	}
}

func TestRingIsBoundedAndNumbersStand(t *testing.T) {
	const limit = 200_000
	r := NewRing(limit)
	anchor := int64(-1)
	for i := range 50_000 {
		fmt.Fprintf(r, "line %d\n", i)
		if i == 40_000 {
			anchor = 39_990
		}
		if anchor >= 0 {
			if got := r.Window(anchor, 1); r.Dropped() <= anchor && got[0].Text != "line 39990" {
				t.Fatalf("the view drifted to %q", got[0].Text)
			}
		}
	}
	if r.cost > limit+minBlock {
		t.Fatalf("%d bytes kept", r.cost)
	}
	first, next := r.Span()
	if next != 50_000 || first == 0 || r.Dropped() != first {
		t.Fatal(first, next)
	}
	if got := r.Window(0, 1)[0]; got.Number != first || got.Text != fmt.Sprintf("line %d", first) {
		t.Fatalf("%+v, first is %d", got, first)
	}
	for range 300_000 {
		r.Write([]byte("\n"))
	}
	if r.cost > limit+minBlock {
		t.Fatalf("empty lines are kept for nothing: %d", r.cost)
	}
}

// What the ring shows depends on the bytes, not on the pieces they came in.
func TestRingDoesNotSeeChunks(t *testing.T) {
	piece := rapid.OneOf(
		rapid.StringMatching(`[a-z \r\t\x1b界]{0,20}`),
		rapid.Just("\n"), rapid.Just("\r"), rapid.Just("\r\n"),
		rapid.Just(strings.Repeat("y", MaxLine-1)), rapid.Just(strings.Repeat("界", MaxLine)),
	)
	rapid.Check(t, func(rt *rapid.T) {
		all := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(rt, "pieces"), "")
		whole, cut := NewRing(0), NewRing(0)
		io.WriteString(whole, all)
		for rest := all; rest != ""; {
			n := rapid.IntRange(1, min(len(rest), MaxLine*2)).Draw(rt, "n")
			io.WriteString(cut, rest[:n])
			rest = rest[n:]
		}
		lines := whole.Window(0, 1000)
		if diff := cmp.Diff(lines, cut.Window(0, 1000)); diff != "" {
			rt.Fatal(diff)
		}
		for i, raw := range strings.Split(strings.TrimSuffix(all, "\n"), "\n") {
			if all == "" {
				break
			}
			want := Project([]byte(raw))
			want.Number, want.Open = int64(i), lines[i].Open
			if diff := cmp.Diff(want, lines[i]); diff != "" {
				rt.Fatal(diff)
			}
		}
	})
}

func TestRawViewHidesNothing(t *testing.T) {
	r := NewRing(0)
	io.WriteString(r, "10%\r100%\nnext")
	if got, ok := r.Raw(0); !ok || got.Text != "10%^M100%" || got.Hidden != 0 {
		t.Fatalf("%+v", got)
	}
	if got, ok := r.Raw(1); !ok || got.Text != "next" || !got.Open {
		t.Fatalf("%+v", got)
	}
	if _, ok := r.Raw(2); ok {
		t.Fatal("a line that is not there")
	}
}

func patternOf(t testing.TB, s string) Query {
	t.Helper()
	q, err := Pattern(s)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestSearch(t *testing.T) {
	r := NewRing(0)
	io.WriteString(r, "Error one\nfine\nerror two\n\x1b[31mERROR\x1b[0m\ngrün\nlast error")
	pattern := func(s string) Query { return patternOf(t, s) }
	for _, tt := range []struct {
		name     string
		q        Query
		from     int64
		backward bool
		want     int64 // -1: nothing
		all      int
	}{
		{"any case", Literal("error"), 1, false, 2, 4},
		{"upper case counts", Literal("Error"), 1, false, -1, 1},
		{"backward", Literal("error"), 4, true, 3, 4},
		{"backward to the first", Literal("error"), 1, true, 0, 4},
		{"the open line", Literal("last"), 0, false, 5, 1},
		{"backward from far behind", Literal("error"), 1 << 40, true, 5, 4},
		{"what is seen", Literal("^[[31m"), 0, false, 3, 1},
		{"folded beyond ASCII", Literal("GRÜN"), 0, false, -1, 0},
		{"small beyond ASCII", Literal("grün"), 5, true, 4, 1},
		{"pattern", pattern(`^error \S+$`), 0, false, 0, 2},
		{"pattern with case", pattern(`^E`), 1, false, -1, 1},
		{"any", Any("two", "last"), 0, false, 2, 2},
		{"nothing", Literal(""), 0, false, -1, 0},
	} {
		x := NewIndex(tt.q)
		x.Catch(r)
		got, ok := x.Find(tt.from, tt.backward)
		if !ok {
			got = -1
		}
		if got != tt.want || x.Len() != tt.all {
			t.Errorf("%s: line %d of %d, want %d of %d", tt.name, got, x.Len(), tt.want, tt.all)
		}
	}
	x := NewIndex(Literal("error"))
	if x.Catch(r); x.UpTo(2) != 2 || x.Len() != 4 {
		t.Error(x.UpTo(2), x.Len())
	}
	if _, err := Pattern("("); err == nil {
		t.Error("a bad pattern was taken")
	}
	if diff := cmp.Diff([][2]int{{0, 2}, {3, 5}}, Literal("ab").Spans("AB ab")); diff != "" {
		t.Error(diff)
	}
	if spans := pattern("x*").Spans("aé"); spans != nil {
		t.Error(spans)
	}
}

func TestReadersWhileWriting(t *testing.T) {
	r := NewRing(100_000)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				first, _ := r.Span()
				for i, l := range r.Window(first, 50) {
					if !l.Open && l.Text != fmt.Sprintf("line %d", l.Number) {
						t.Errorf("line %d reads %q (%d)", l.Number, l.Text, i)
						return
					}
				}
				x := NewIndex(Literal("9"))
				if x.Catch(r); x.Len() > 0 && x.Number(0) < first {
					t.Errorf("line %d had fallen out before %d", x.Number(0), first)
					return
				}
			}
		})
	}
	for i := range 20_000 {
		fmt.Fprintf(r, "line %d\n", i)
	}
	close(done)
	wg.Wait()
}

func TestChangesTellsOfEveryWrite(t *testing.T) {
	r := NewRing(0)
	before := r.Changes()
	if r.Window(0, 9); r.Changes() != before {
		t.Fatal("looking is no change")
	}
	if io.WriteString(r, "x"); r.Changes() == before {
		t.Fatal("a write is one")
	}
}

var logLine = strings.Repeat("2026-11-23 22:14:05 INFO gcs_server.cc:214 node is alive ", 2)[:99] + "\n"

// BenchmarkRing is how many lines a second one core takes in. The bar is 1e6.
func BenchmarkRing(b *testing.B) {
	chunk := bytes.Repeat([]byte(logLine), 320) // 32 KiB, as SSH delivers
	r := NewRing(0)
	b.SetBytes(int64(len(chunk)))
	lines := 0
	for b.Loop() {
		r.Write(chunk)
		lines += 320
	}
	b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkShow is every line taken in and also made inert.
func BenchmarkShow(b *testing.B) {
	chunk := bytes.Repeat([]byte(logLine), 320)
	r := NewRing(0)
	lines := 0
	for b.Loop() {
		_, next := r.Span()
		r.Write(chunk)
		lines += len(r.Window(next, 320))
	}
	b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkWindow is one pane of 50 lines out of a full ring.
func BenchmarkWindow(b *testing.B) {
	r := NewRing(0)
	for r.Dropped() == 0 {
		io.WriteString(r, logLine)
	}
	first, next := r.Span()
	for b.Loop() {
		if len(r.Window((first+next)/2, 50)) != 50 {
			b.Fatal("short")
		}
	}
}

// BenchmarkIndex searches all of a full ring.
func BenchmarkIndex(b *testing.B) {
	r := NewRing(0)
	for r.Dropped() == 0 {
		io.WriteString(r, logLine)
	}
	for name, q := range map[string]Query{"literal": Literal("needle"), "any": Any("error", "fail", "panic", "no space"), "pattern": patternOf(b, "error|fail|panic|no space")} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				NewIndex(q).Catch(r)
			}
		})
	}
}

// TestAShortOutputTakesLittle: a run of many hosts has thousands of outputs, and
// a view that was taken before a block grew stays what it was.
func TestAShortOutputTakesLittle(t *testing.T) {
	r := NewRing(DefaultRing)
	io.WriteString(r, "one\ntwo\n")
	if held := cap(r.blocks[0].bytes); held > 4<<10 {
		t.Errorf("two lines hold %d bytes", held)
	}
	var before []Line
	for i := range 2000 {
		fmt.Fprintf(r, "line %d of many that make the block grow\n", i)
		if i == 10 {
			before = r.Window(0, 13)
		}
	}
	if after := r.Window(0, 13); !slices.EqualFunc(before, after, func(a, b Line) bool { return a.Text == b.Text && a.Number == b.Number }) {
		t.Errorf("%v and then %v", before, after)
	}
}
