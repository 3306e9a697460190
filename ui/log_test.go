package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"belay/runner/tail"
	"belay/ui/pane"
	"belay/ui/screentest"
)

// reading is a desk with the first server's log on the whole screen; the log
// holds what is written into it.
func reading(t *testing.T, w, h int, write func(r *tail.Ring)) (*desk, *tail.Ring) {
	t.Helper()
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	ring := tail.NewRing(100_000)
	write(ring)
	f.hosts[0].Logs[0].Ring = ring
	d := sit(t, f, w, h)
	d.press("4", "z")
	return d, ring
}

func count(n int) func(*tail.Ring) {
	return func(r *tail.Ring) {
		for i := range n {
			fmt.Fprintf(r, "2026-11-23 21:40:00 line %d\n", i)
		}
	}
}

func (d *desk) view() pane.LogView { return d.views[d.looked().key] }

// first is the first line of the log on the screen.
func (d *desk) first() string {
	return strings.TrimSpace(strings.Split(d.screen(), "\n")[d.looked().firstRow(d.model)])
}

func (l viewed) firstRow(m *model) int { p := m.places[m.focus]; return p.y + p.h - l.h - 1 }

// The ring drops old lines while a view stands still: the view does not move by
// a line until the first one on it is gone, and then says how many are.
func TestAViewStandsStillWhileTheRingRollsOver(t *testing.T) {
	for _, keys := range [][]string{{"k"}, {"w", "k"}, {"&", "l", "i", "n", "enter", "k"}} {
		d, ring := reading(t, 120, 36, count(2000))
		d.press(keys...)
		top, before := d.view().Top, d.first()
		if top == 0 || !d.view().Paused {
			t.Fatalf("after %v: %+v", keys, d.view())
		}
		for i := 0; ; i++ {
			fmt.Fprintf(ring, "2026-11-23 21:40:00 more lines %d\n", i)
			if i%50 != 0 {
				continue
			}
			d.look()
			if first, _ := ring.Span(); first > top {
				break
			}
			if d.view().Top != top || d.first() != before {
				t.Fatalf("after %v and %d lines: top %d was %d, %q was %q", keys, i, d.view().Top, top, d.first(), before)
			}
		}
		if ring.Dropped() == 0 {
			t.Fatal("nothing fell out, the test shows nothing")
		}
		d.expect(t, "lines fell out")
		d.press("G")
		d.expect(t, "following")
	}
}

func TestSearchGoesRoundAndSaysSo(t *testing.T) {
	d, _ := reading(t, 120, 36, count(300))
	d.press("/", "l", "i", "n", "e", " ", "1", "9", "enter")
	d.expect(t, "/line 19 11 of 11")
	for i := 10; i > 0; i-- {
		d.press("n")
		d.expect(t, fmt.Sprintf("/line 19 %d of 11", i))
	}
	if d.view().Hit != 19 {
		t.Fatalf("the oldest match is on line %d", d.view().Hit)
	}
	d.press("n")
	d.expect(t, "match 11 of 11; there is none before: on from the newest")
	d.press("N")
	d.expect(t, "match 1 of 11; there is none after: on from the oldest")
	d.press("/", "x", "y", "enter")
	d.expect(t, "no match in 300 lines", "/xy no match")
	d.press("/", "l", "i", "n", "e", " ", "2", "5", "7", "enter")
	d.expect(t, "match 1 of 1, the only one")
	d.press("e")
	d.expect(t, "no error in 300 lines")
	d.press("/", "/", "l", "i", "n", "e", " ", "(", "/", "enter")
	d.expect(t, "search pattern: error parsing")
}

func TestErrorsAreCountedAndFoundFromTheScreen(t *testing.T) {
	d, ring := reading(t, 120, 36, count(300))
	for i := range 3 {
		fmt.Fprintf(ring, "2026-11-23 21:40:01 ERROR number %d: %s connection refused\n", i, strings.Repeat("long ", 40))
		count(100)(ring)
	}
	d.look()
	d.press("e")
	d.expect(t, "error 3 of 3", "paused at")
	d.press("e", "e")
	d.expect(t, "error 1 of 3", "number 0")
	d.press("e")
	d.expect(t, "error 3 of 3; there is none before")
	// Scrolled away, the next search begins at what is on the screen.
	d.press("g", "E")
	d.expect(t, "error 1 of 3")
	// What a search found is scrolled to sideways too.
	d.press("/", "r", "e", "f", "u", "s", "e", "d", "enter")
	if d.view().X == 0 || !strings.Contains(d.screen(), "connection refused") {
		t.Fatalf("the match is not on the screen, from column %d:\n%s", d.view().X, d.screen())
	}
}

func TestFilterCountsAndInverts(t *testing.T) {
	d, ring := reading(t, 120, 36, count(1203))
	d.press("\\")
	d.expect(t, "no lines are filtered")
	d.press("&", "l", "i", "n", "e", " ", "1", "1", "enter")
	d.expect(t, "&line 11 111 of 1,203 lines")
	if strings.Contains(d.screen(), "line 12") {
		t.Fatalf("a line is shown that does not match:\n%s", d.screen())
	}
	fmt.Fprint(ring, "line 11 too\nand another\n")
	d.look()
	d.expect(t, "&line 11 112 of 1,205 lines", "line 11 too", "following")
	d.press("/", "1", "1", "5", "enter") // 115, 1115 and 1150 to 1159
	d.expect(t, "/115 12 of 12")
	d.press("\\")
	d.expect(t, "& not line 11 1,093 of 1,205 lines", "/115 no match")
	d.press("&", "enter")
	if v := d.view(); v.Filter.Lines != nil || strings.Contains(d.screen(), "of 1,205 lines") {
		t.Fatalf("the filter is still there: %+v", v.Filter)
	}
	d.press("&", "q", "q", "enter")
	d.expect(t, "none of 1,205 lines is &qq", "& and Enter shows all lines again")
	d.press("y")
	d.expect(t, "there are no lines to copy")
}

func TestMarkedLinesAreCopied(t *testing.T) {
	d, ring := reading(t, 120, 36, count(300))
	var saved string
	d.opts.Clip = func(text string) (string, error) { saved = text; return "/runs/7f3a/clip.txt", nil }
	d.press("v", "k", "k")
	d.expect(t, "marked 298 to 300, y copies, esc ends", "▶ ")
	fmt.Fprint(ring, "news \x1b]52;c;cm0gLXJm\x07\n")
	d.look()
	d.press("y")
	d.expect(t, "copied 3 lines, also in /runs/7f3a/clip.txt")
	want := "2026-11-23 21:40:00 line 297\n2026-11-23 21:40:00 line 298\n2026-11-23 21:40:00 line 299\n"
	if saved != want || d.clipboard != want {
		t.Fatalf("saved %q, clipboard %q", saved, d.clipboard)
	}
	if v := d.view(); v.Marking || v.Paused {
		t.Fatalf("it followed before, and now: %+v", v)
	}
	d.press("y") // the newest line, as it is shown
	if want := "news ^[]52;c;cm0gLXJm^G\n"; d.clipboard != want || saved != want {
		t.Fatalf("clipboard %q, saved %q", d.clipboard, saved)
	}
	d.press("v", "g", "esc")
	if v := d.view(); v.Marking || v.Paused || !d.zoom {
		t.Fatalf("esc: %+v, zoom %v", v, d.zoom)
	}
	d.press("&", "9", "9", "enter", "v", "g", "y")
	d.expect(t, "copied 3 lines") // 99, 199, 299
	d.press("/", "2", "9", "9", "enter", "y")
	if !strings.HasSuffix(saved, "line 299\n") || strings.Count(saved, "\n") != 1 {
		t.Fatalf("y after a search took %q", saved)
	}
	d.opts.Clip = func(string) (string, error) { return "", errors.New("no space left") }
	d.press("y")
	d.expect(t, "copied 1 line, but not saved: no space left")
}

func TestTooMuchForTheTerminalIsOnDisk(t *testing.T) {
	d, _ := reading(t, 120, 36, func(r *tail.Ring) {
		for range 700 {
			fmt.Fprintln(r, strings.Repeat("x", 110))
		}
	})
	saved := ""
	d.opts.Clip = func(text string) (string, error) { saved = text; return "clip.txt", nil }
	d.press("v", "g", "y")
	d.expect(t, "700 lines: too long for the terminal; in clip.txt")
	if len(saved) != 77_700 || d.clipboard != "" {
		t.Errorf("%d bytes saved, %d in the clipboard", len(saved), len(d.clipboard))
	}
}

func TestRowsPagesAndScriptsAreCopied(t *testing.T) {
	d := started(t)
	saved := ""
	d.opts.Clip = func(text string) (string, error) { saved = text; return "clip.txt", nil }
	d.press("down", "y")
	if saved != "[ ] head  ready est 5s\n" {
		t.Errorf("the row: %q", saved)
	}
	d.press("Y")
	d.expect(t, "copied the script of build@head")
	for _, want := range []string{"# build@head, sent to sh with set -eu\n", "export REPO='", "docker compose build"} {
		if !strings.Contains(saved, want) {
			t.Errorf("the script lacks %q:\n%s", want, saved)
		}
	}
	d.press("2", "y")
	if !strings.HasPrefix(saved, "Build 2.53") || strings.Contains(saved, "focused") || strings.Contains(saved, "╎  ") {
		t.Errorf("the pane: %q", saved)
	}
}

// A retry prints into a ring of its own; a view of the first one lets go of it.
func TestAViewLetsGoOfAnotherRing(t *testing.T) {
	d, _ := reading(t, 120, 36, count(300))
	d.press("w", "g", "/", "l", "i", "n", "e", "enter")
	other := tail.NewRing(0)
	count(3)(other)
	d.f.hosts[0].Logs[0].Ring = other
	d.look()
	if v := d.view(); v.Paused || !v.Wrap || v.Search.Lines.Len() != 3 {
		t.Fatalf("%+v", v)
	}
	d.expect(t, "line 2", "following", "/line in 3")
}

func TestAllLogsStandStillAtOneMoment(t *testing.T) {
	d := started(t)
	d.press("=")
	d.expect(t, "4 logs stand still")
	before := d.screen()
	for _, h := range d.f.hosts {
		fmt.Fprint(h.Logs[0].Ring, "NEWS\n")
	}
	d.look()
	if strings.Contains(d.screen(), "NEWS") {
		t.Fatalf("a log went on:\nbefore\n%s\nafter\n%s", before, d.screen())
	}
	d.press("=")
	if n := strings.Count(d.screen(), "NEWS"); n != 4 {
		t.Fatalf("%d logs follow:\n%s", n, d.screen())
	}
}

func TestSidewaysGoesToTheLineEndAndTheHead(t *testing.T) {
	d, _ := reading(t, 100, 30, func(r *tail.Ring) {
		fmt.Fprintf(r, "[2026-11-23 21:40:00,000 I 17 17] (raylet) a.cc:1: %s end\n", strings.Repeat("x", 100))
	})
	for range 9 {
		d.press("l")
	}
	d.expect(t, "x end", "no line on the screen is longer")
	x := d.view().X
	d.press("G", "f", "f")
	if d.view().X != x {
		t.Errorf("following went from column %d to %d", x, d.view().X)
	}
	for d.view().X > 0 {
		d.press("h")
	}
	d.expect(t, "21:40:00 I (raylet)… xxx")
	d.press("h")
	d.expect(t, "[2026-11-23 21:40:00,000 I 17 17] (raylet) a.cc:1: xxx", "heads in full")
}

func TestSplitMouseAndSizes(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		d := sit(t, midway(t), size[0], size[1])
		was := d.layout()
		for _, key := range []string{">", "<"} {
			for range 40 {
				d.press(key)
				screentest.Check(t, d.screen(), d.w, d.h)
			}
			if now := d.layout(); now.left == was.left && now.steps == was.steps {
				t.Errorf("%s moves nothing at %v", key, size)
			}
			d.expect(t, "the line goes no further")
		}
	}
	d := sit(t, midway(t), 120, 36)
	d.press("4", "+")
	if d.board || d.zoom {
		t.Error("+ did not give the log the board's place")
	}
	d.press("+", "_", "_")
	if !d.board || d.zoom {
		t.Error("_ did not go back to the board")
	}
}

// Where the wheel turns, a pane scrolls: the one whose title is above it.
func TestWheelScrollsThePaneUnderThePointer(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {100, 25}, {120, 36}, {200, 60}} {
		d := sit(t, midway(t), size[0], size[1])
		d.send(tea.MouseWheelMsg{X: 1, Y: 1, Button: tea.MouseWheelUp})
		d.press("M")
		d.expect(t, "mouse on: hold Shift to select")
		if d.View().MouseMode == tea.MouseModeNone {
			t.Fatal("the mouse is off")
		}
		for f, at := range d.places {
			title := map[part]string{stepsPart: "1 Steps", detailPart: "2 Detail", ledgerPart: "3 Run log"}[f.part]
			if f.part == serverPart {
				title = d.servers[d.server(f.host)].Name()
			}
			if line := []rune(strings.Split(d.screen(), "\n")[at.y]); !strings.HasPrefix(string(line[at.x:]), "╌ "+title) {
				t.Errorf("at %v the place of %v is %+v: %q", size, f, at, string(line))
			}
			if f.part != serverPart {
				continue
			}
			was := d.focus
			d.send(tea.MouseWheelMsg{X: at.x + at.w - 1, Y: at.y + at.h - 1, Button: tea.MouseWheelUp})
			if v := d.views[d.logAt(f).key]; !v.Paused || d.focus != was {
				t.Errorf("at %v the wheel over %s: %+v", size, f.host, v)
			}
		}
		d.press("M")
		if d.View().MouseMode != tea.MouseModeNone {
			t.Error("the mouse is still on")
		}
	}
}

// Lines are looked at outside of Update; meanwhile the pane says so, and an
// answer to an older question counts for nothing.
func TestLookingThroughALogHoldsNothingUp(t *testing.T) {
	d, _ := reading(t, 120, 36, count(300))
	first := d.search("line 1")
	d.View()
	d.model.drawn = false
	d.expect(t, "/line 1 looking")
	second := d.search("line 29")
	older, newer := first(), second()
	d.send(newer)
	d.expect(t, "/line 29 11 of 11")
	d.send(older)
	d.model.drawn = false
	d.expect(t, "/line 29 11 of 11")
	third := d.nextError(true)
	d.press("esc", "5") // the operator has gone on
	d.send(third())
	if strings.Contains(d.said, "error") {
		t.Errorf("in another pane it says %q", d.said)
	}
}
