package ui

// The rule of this file: the tour is taken as an operator takes it, by keys, and
// what it says is read off the screen.

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func withTour(t *testing.T, w, h int) *desk {
	t.Helper()
	d := sit(t, newFake(t, "rehearsal"), w, h)
	d.press(":")
	d.words("tour")
	d.press("enter")
	d.look()
	return d
}

// told is the lesson on the screen.
func (d *desk) told() string {
	d.look()
	_, text, _ := strings.Cut(d.screen(), " tour ")
	return text
}

func TestTourTeachesByWhatHappens(t *testing.T) {
	d := withTour(t, 120, 36)
	for _, x := range []struct {
		wants string
		keys  []string
	}{
		{"0/17  j and k move through the steps", []string{"j"}},
		{"1/17  p shows what a step would send", []string{"p"}},
		{"1/17  Where, what, with which values", []string{"esc"}},
		{"3/17  x executes the selected step", []string{"4"}}, // another way than the one that is told
		{"4/17  f stands still or follows", []string{"esc"}},
		{"5/17  x executes the selected step", []string{"q"}},
		{"5/17  Leaving stops nothing", []string{"esc"}},
		{"6/17  x executes the selected step", nil},
	} {
		if got := d.told(); !strings.HasPrefix(got, x.wants) {
			t.Fatalf("want %q, the screen says %q", x.wants, got[:min(len(got), 100)])
		}
		d.press(x.keys...)
	}
}

// What the tour says of a key is what the map says, also when it is moved.
func TestTourNamesKeysOfTheMap(t *testing.T) {
	d := withTour(t, 120, 36)
	for _, l := range lessons {
		if text := d.st.Keyed(l.says); strings.ContainsAny(text, "{}") {
			t.Errorf("%s names what no key does: %s", l.id, text)
		}
		if l.met == nil && l.id == "" || l.here == nil {
			t.Errorf("lesson %q can never be told", l.id)
		}
	}
	ids := make([]string, len(lessons))
	for i, l := range lessons {
		ids[i] = l.id
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != len(lessons) {
		t.Error("two lessons have one id, and would be learnt as one")
	}
}

// Its two lines are above the footer at every size, whole, and hide no question.
func TestTourFitsEverySize(t *testing.T) {
	for _, size := range [][2]int{{60, 18}, {80, 24}, {100, 30}, {120, 36}, {200, 60}} {
		d := withTour(t, size[0], size[1])
		for _, l := range lessons {
			d.tour.told, d.drawn = l.id, false
			guide := strings.Join(d.guide(), " ")
			said := strings.Join(strings.Fields(plainText(guide)), " ")
			if size[0] >= 80 && !strings.Contains(said, d.st.Keyed(l.says)) {
				t.Errorf("at %dx%d %s is cut: %s", size[0], size[1], l.id, said)
			}
		}
		d.press("p")
		lines := strings.Split(d.screen(), "\n")
		if len(lines) != size[1] || !strings.Contains(lines[size[1]-2-tourRows], " tour ") {
			t.Errorf("at %dx%d a question hides the tour:\n%s", size[0], size[1], d.screen())
		}
	}
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

func plainText(s string) string { return colours.ReplaceAllString(s, "") }

// A console that comes back goes on with the tour where it was.
func TestTourGoesOnWhereItWas(t *testing.T) {
	d := withTour(t, 120, 36)
	d.press("j", "p", "esc")
	kept := d.kept()
	again := sit(t, newFake(t, "rehearsal"), 120, 36)
	if err := again.asLeft(kept, nil); err != nil {
		t.Fatal(err)
	}
	if got := again.told(); !strings.HasPrefix(got, "3/17  x executes") {
		t.Errorf("it goes on with %q", got[:min(len(got), 60)])
	}
	again.press(":")
	again.words("tour")
	again.press("enter")
	if strings.Contains(again.screen(), " tour 3") {
		t.Error("it cannot be ended")
	}
}
