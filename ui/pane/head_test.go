package pane

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"belay/runner/tail"
	"belay/ui/style"
)

// Lines as programs of the field write them, and what a pane of a width makes of
// them; the message is always what is left.
var heads = []struct {
	line                string
	narrow, wide, hides string // 36 columns, 80 columns, with heads hidden
}{
	{"[2026-11-25 22:11:28,148 I 17 17] (raylet) store.cc:572: Plasma store: current usage 0 / 2 GB",
		"22:11:28… Plasma store: current usage 0 / 2 GB", "22:11:28 I (raylet)… Plasma store: current usage 0 / 2 GB", "… Plasma store: current usage 0 / 2 GB"},
	{"[2026-11-25 22:11:28,148 W 17 17] (raylet) memory_monitor.cc:74: usage 0.97, threshold 0.95",
		"22:11:28 W… usage 0.97, threshold 0.95", "22:11:28 W (raylet)… usage 0.97, threshold 0.95", "W… usage 0.97, threshold 0.95"},
	{"2026-11-25 22:11:26,000 SUCC scripts.py:957 -- Ray runtime started.",
		"22:11:26… Ray runtime started.", "22:11:26 SUCC… Ray runtime started.", "… Ray runtime started."},
	{"2026-11-25 22:11:26,000\tERROR worker.py:99 -- it died",
		"22:11:26 ERROR… it died", "22:11:26 ERROR… it died", "ERROR… it died"},
	{"2026-11-25 22:11:26,000 \x1b[31mERROR worker.py:99 -- it\tdied", "22:11:26… ^[[31mERROR worker.py:99 -- it  died",
		"22:11:26… ^[[31mERROR worker.py:99 -- it  died", "… ^[[31mERROR worker.py:99 -- it  died"},
	{"(raylet, ip=10.0.0.81) [2026-11-25 22:11:28,148 E 17 17] (raylet) node_manager.cc:3: out of memory",
		"22:11:28 E… out of memory", "22:11:28 E (raylet)… out of memory", "E… out of memory"},
	{"2026-11-25T22:11:28.148123456Z [2026-11-25 22:11:28,148 I 1 1] (gcs_server) gcs.cc:1: 13 nodes alive",
		"22:11:28… 13 nodes alive", "22:11:28 I (gcs_server)… 13 nodes alive", "… 13 nodes alive"},
	{"Nov 25 22:11:28 w81 dockerd[812]: level=info msg=\"stopping\"",
		"22:11:28… level=info msg=\"stopping\"", "22:11:28 dockerd… level=info msg=\"stopping\"", "… level=info msg=\"stopping\""},
	{"E1125 22:11:28.148123   17 server.go:44] listen tcp: address in use",
		"22:11:28 E… listen tcp: address in use", "22:11:28 E… listen tcp: address in use", "E… listen tcp: address in use"},
	{"2026/11/25 22:11:28 [error] 7#7: upstream timed out",
		"22:11:28… [error] 7#7: upstream timed out", "22:11:28… [error] 7#7: upstream timed out", "… [error] 7#7: upstream timed out"},
	{"2026-11-25 22:11:28 42 nodes are up", "22:11:28… 42 nodes are up", "22:11:28… 42 nodes are up", "… 42 nodes are up"},
	{"22:11:28 I am the clock alone", "22:11:28 I am the clock alone", "22:11:28 I am the clock alone", "… I am the clock alone"},
	{"[2026-11-25 22:11:28,148 I 17 17]", "[2026-11-25 22:11:28,148 I 17 17]", "[2026-11-25 22:11:28,148 I 17 17]", "[2026-11-25 22:11:28,148 I 17 17]"},
	{"Traceback (most recent call last):", "Traceback (most recent call last):", "Traceback (most recent call last):", "Traceback (most recent call last):"},
	{"", "", "", ""},
}

func drawn(line tail.Line, v LogView, w int) string {
	st := style.New(style.Terminal{Dark: true}, style.Solid)
	return ansi.Strip(paint(pieces(line, v, w, v.spans(line), st), line.Marks, v.spans(line), v.light(line, st), st))
}

func TestHeadsGiveWayToTheMessage(t *testing.T) {
	for _, tt := range heads {
		line := tail.Project([]byte(tt.line))
		for _, x := range []struct {
			v    LogView
			w    int
			want string
		}{
			{LogView{}, 36, tt.narrow}, {LogView{}, 80, tt.wide}, {LogView{}, 120, line.Text},
			{LogView{Times: Hidden}, 120, tt.hides}, {LogView{Times: InFull}, 36, line.Text}, {LogView{Wrap: true}, 36, line.Text},
		} {
			if got := drawn(line, x.v, x.w); got != x.want {
				t.Errorf("%q in %d columns, %+v:\n got %q\nwant %q", tt.line, x.w, x.v.Times, got, x.want)
			}
		}
	}
}

// Whatever a line is, nothing of it is left out without a mark, and what a
// search finds is on the screen.
func TestNothingIsLeftOutInSilence(t *testing.T) {
	pieceOf := rapid.SampledFrom([]string{"[", "]", "2026-11-25 22:11:28", ",148", " ", "I", "W", "ERROR", "17", "(raylet)", "a.cc:1:", "--", "message", "é界", "\x1b[31m", "\t", "\r", "\xff", "Nov 25 22:11:28", ":"})
	rapid.Check(t, func(t *rapid.T) {
		raw := ""
		for _, p := range rapid.SliceOfN(pieceOf, 0, 14).Draw(t, "line") {
			raw += p + rapid.SampledFrom([]string{"", " "}).Draw(t, "gap")
		}
		line := tail.Project([]byte(raw))
		w := rapid.IntRange(1, 130).Draw(t, "width")
		v := LogView{Times: Times(rapid.IntRange(0, int(times)-1).Draw(t, "times"))}
		got := drawn(line, v, w)
		if got != line.Text && !strings.Contains(got, "…") {
			t.Fatalf("%q became %q without a mark", line.Text, got)
		}
		for _, m := range line.Marks {
			if strings.TrimSpace(line.Text[m.Start:m.End]) != "" && !shown(pieces(line, v, w, nil, style.New(style.Terminal{Dark: true}, style.Solid)), [2]int{m.Start, m.End}) {
				t.Fatalf("an escape of %q is left out: %q", line.Text, got)
			}
		}
		if line.Text == "" {
			return
		}
		sought := string(rapid.SampledFrom([]rune(line.Text)).Draw(t, "sought"))
		v.Search.Query = tail.Literal(sought)
		for _, s := range v.Search.Query.Spans(line.Text) {
			if !shown(pieces(line, v, w, v.spans(line), style.New(style.Terminal{Dark: true}, style.Solid)), s) {
				t.Fatalf("%q is found in %q and not on the screen: %q", sought, line.Text, drawn(line, v, w))
			}
		}
	})
}

// A view that is wrapped pages by what is on the screen and skips nothing.
func TestWrappedPagesSkipNothing(t *testing.T) {
	ring := tail.NewRing(0)
	for i := range 50 {
		fmt.Fprintf(ring, "%03d%s\n", i, strings.Repeat("x", i%7*10))
	}
	l, v := Log{Ring: ring}, LogView{Wrap: true, Paused: true}
	const w, h = 30, 8
	next := int64(0)
	for next < 50 {
		v.Top = next
		n := l.Fit(v, v.Top, false, w, h)
		text := ansi.Strip(strings.Join(l.Lines(v, w, h, style.New(style.Terminal{Dark: true}, style.Solid)), "\n"))
		for i := v.Top; i < min(50, v.Top+int64(n)); i++ {
			if !strings.Contains(text, fmt.Sprintf("%03d", i)) {
				t.Fatalf("line %d is not on the screen that begins at %d:\n%s", i, v.Top, text)
			}
		}
		next += int64(n)
	}
	if last := l.Last(v, w, h); l.Fit(v, last, false, w, h) < int(50-last) {
		t.Errorf("the end does not fit on the screen from line %d on", last)
	}
}
