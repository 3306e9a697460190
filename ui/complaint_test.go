package ui

// The rule of this file: each of these is what operators of other consoles
// complain of; docs/screen.md says which. Ours must not have it.

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"belay/runner/tail"
	"belay/ui/screentest"
)

// frames are the letters that panes and questions are drawn with.
const frames = "─│┌┐└┘═║╔╗╚╝╌╎"

func written(text string) func(*tail.Ring) {
	return func(r *tail.Ring) { fmt.Fprint(r, text) }
}

// The mouse is the terminal's until somebody asks for it, so that it selects.
func TestTheMouseIsNotTaken(t *testing.T) {
	d := sit(t, midway(t), 120, 36)
	d.press("4", "z", "esc", "x", "esc", "b")
	if v := d.View(); v.MouseMode != tea.MouseModeNone {
		t.Errorf("mouse mode %v without being asked for", v.MouseMode)
	}
}

// What is selected with the terminal's own mouse is the log and nothing else.
func TestAZoomedLogIsLinesAlone(t *testing.T) {
	for _, s := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		d, _ := reading(t, s[0], s[1], count(300))
		lines := strings.Split(d.screen(), "\n")
		found := 0
		for _, l := range lines[3 : len(lines)-3] {
			if strings.ContainsAny(l, frames) {
				t.Errorf("at %v a frame among the lines: %q", s, l)
			}
			if strings.Contains(l, "line ") {
				found++
			}
		}
		if found < s[1]-9 {
			t.Errorf("at %v only %d lines of the log", s, found)
		}
	}
}

// Brackets and what looks like another program's markup are letters.
func TestBracketsAreText(t *testing.T) {
	for _, text := range []string{"[red]not red[/red]", "[ERROR] [main] [::1]:80", "[yellow::b]x[-:-:-]", "{{.Names}} <b>b</b> &amp;"} {
		d, _ := reading(t, 120, 36, written(text+"\n"))
		d.expect(t, text)
	}
}

// A terminal that changes its size takes nothing away from whoever reads or types.
func TestAnotherSizeKeepsThePlace(t *testing.T) {
	d, ring := reading(t, 120, 36, count(300))
	d.press("pgup", "pgup", "l", "w")
	before := d.views[d.logAt(d.focus).key]
	d.press("1", "j", "j", "i")
	d.words("seen at the head")
	at, focus := d.sel, d.focus
	for _, s := range [][2]int{{80, 24}, {200, 60}, {60, 16}, {300, 80}, {40, 10}, {120, 36}} {
		d.send(tea.WindowSizeMsg{Width: s[0], Height: s[1]})
		fmt.Fprintf(ring, "one more at %v\n", s)
		d.look()
		if s[0] >= leastW {
			screentest.Check(t, d.screen(), s[0], s[1])
			d.expect(t, "seen at the head_")
		}
	}
	if d.sel != at || d.focus != focus {
		t.Errorf("selected %+v in %+v, before %+v in %+v", d.sel, d.focus, at, focus)
	}
	after := d.views[d.logAt(d.focusOfServer()).key]
	if after.Top != before.Top || after.X != before.X || !after.Paused || after.Wrap != before.Wrap {
		t.Errorf("the log stands at %d, column %d; before at %d, column %d", after.Top, after.X, before.Top, before.X)
	}
}

func (d *desk) focusOfServer() focus { return focus{serverPart, d.host} }

// Following again keeps the column, and so does the next log.
func TestFollowingKeepsTheColumn(t *testing.T) {
	d, _ := reading(t, 120, 36, written(strings.Repeat(strings.Repeat("wide ", 60)+"\n", 300)))
	d.press("l", "l", "f", "f", "k", "G")
	if v := d.views[d.logAt(d.focus).key]; v.X != 16 {
		t.Errorf("column %d, want 16", v.X)
	}
}

// A log that stands still says so in its own pane, however small that is.
func TestALogThatStandsStillSaysSo(t *testing.T) {
	for _, s := range [][2]int{{80, 24}, {100, 30}, {120, 36}, {200, 60}} {
		d := sit(t, midway(t), s[0], s[1])
		d.press("=", "1")
		panes := 0
		for f := range d.places {
			if f.part == serverPart {
				panes++
			}
		}
		if got := strings.Count(d.screen(), "paused"); panes == 0 || got < panes {
			t.Errorf("at %v %d of %d panes say that they stand still:\n%s", s, got, panes, d.screen())
		}
	}
}

// A window that keys do not reach says so, also under a question.
func TestALostFocusIsSaid(t *testing.T) {
	d := sit(t, passed(t), 80, 24)
	for _, keys := range [][]string{{"1"}, {"x"}, {"esc", ":"}} {
		d.press(keys...)
		d.send(tea.BlurMsg{})
		d.expect(t, "this terminal has lost the focus")
		d.send(tea.FocusMsg{})
		if strings.Contains(d.screen(), "lost the focus") {
			t.Error("it is still said after the focus came back")
		}
	}
}

// NO_COLOR counts whatever it holds (no-color.org), and only when it holds something.
func TestNoColorIsAnyValue(t *testing.T) {
	for value, none := range map[string]bool{"1": true, "yes": true, "0": true, "": false} {
		p := Options{Environ: []string{"TERM=xterm-256color", "NO_COLOR=" + value}}.profile()
		if got := p != nil && *p == colorprofile.ASCII; got != none {
			t.Errorf("NO_COLOR=%q: without colours %v", value, got)
		}
	}
}
