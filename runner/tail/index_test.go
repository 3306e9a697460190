package tail

import (
	"fmt"
	"io"
	"testing"

	"pgregory.net/rapid"
)

// An index that was kept up at any moments knows what a fresh one finds.
func TestIndexKeptUpIsAsNew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRing(100_000) // a few blocks of 32 KiB, so that lines fall out
		queries := []Query{Literal("7"), Literal("x").Not()}
		kept := NewIndex(queries...)
		n := 0
		for range rapid.IntRange(1, 30).Draw(t, "writes") {
			for range rapid.IntRange(0, 900).Draw(t, "lines") {
				fmt.Fprintf(r, "line %d\n", n)
				n++
			}
			io.WriteString(r, rapid.SampledFrom([]string{"", "7", "x", "\n"}).Draw(t, "piece"))
			if rapid.Bool().Draw(t, "look") {
				kept.Catch(r)
			}
		}
		kept.Catch(r)
		fresh := NewIndex(queries...)
		fresh.Catch(r)
		if fmt.Sprint(kept.at) != fmt.Sprint(fresh.at) {
			t.Fatalf("kept %v, fresh %v", kept.at, fresh.at)
		}
		first, next := r.Span()
		all := r.Window(first, int(next-first))
		want := 0
		for _, l := range all {
			if queries[0].Match(l.Text) && queries[1].Match(l.Text) {
				want++
			}
		}
		if kept.Len() != want || len(kept.Window(first, maxLines)) != want {
			t.Fatalf("%d lines in the index, %d in its window, want %d", kept.Len(), len(kept.Window(first, maxLines)), want)
		}
	})
}

// The window of an index is anchored to a line's number, also while the ring
// rolls over behind it.
func TestIndexStandsStillWhileTheRingRolls(t *testing.T) {
	r := NewRing(100_000)
	write := func(from, to int) {
		for i := from; i < to; i++ {
			fmt.Fprintf(r, "%07d\n", i)
		}
	}
	write(0, 3000)
	x := NewIndex(Literal("5"))
	x.Catch(r)
	top := x.Number(x.Len() - 10)
	before := x.Window(top, 5)
	for i := 3000; r.Dropped() == 0; i += 100 {
		write(i, i+100)
		x.Catch(r)
	}
	if first, _ := r.Span(); first > top {
		t.Fatalf("the line %d fell out too, the test shows nothing: %d", top, first)
	}
	if got := x.Window(top, 5); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("the window was %v and is %v", before, got)
	}
	if x.Number(0) < r.Dropped() {
		t.Errorf("line %d is remembered and fell out", x.Number(0))
	}
	if other := NewRing(0); true {
		io.WriteString(other, "a 5\n")
		if x.Catch(other); x.Len() != 1 || x.Number(0) != 0 {
			t.Errorf("another ring: %v", x.at)
		}
	}
}

func TestTyped(t *testing.T) {
	for _, tt := range []struct {
		typed, text string
		want        bool
	}{
		{"a.b", "xa.by", true}, {"a.b", "axb", false}, {"/a.b/", "axb", true},
		{"(raylet)", "x (raylet) y", true}, {"/", "a/b", true}, {"//", "a//b", true},
	} {
		q, err := Typed(tt.typed)
		if err != nil || q.Match(tt.text) != tt.want || q.Not().Match(tt.text) == tt.want {
			t.Errorf("%s on %s: %v", tt.typed, tt.text, err)
		}
	}
	if _, err := Typed("/(/"); err == nil {
		t.Error("a bad pattern was taken")
	}
	if Literal("a").Not().Spans("aa") != nil {
		t.Error("lines without a match light up")
	}
}
