package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
)

const soakBook = `
format = 1
title = "a soak"
[hosts]
w81 = { address = "10.0.0.81" }
[environments.production]
kind = "live"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "watch"
title = "Watch this server"
kind = "soak"
on = "w81"
soak = { for = "15m", deadline = "45m" }
evidence = [ { title = "alerts", script = "alerts" } ]
`

var watched = steps.Task{Step: "watch", Host: "w81"}

func soaking(t *testing.T, w, h int) *desk {
	f := fakeOf(t, "production", []byte(soakBook))
	f.do(steps.Action{Verb: steps.Execute, Task: watched})
	f.apply(steps.Soaked{Task: watched, To: steps.SoakGreen})
	return sit(t, f, w, h)
}

// TestLeavingSaysWhatASoakDoes: the clock that goes on is on the screen before
// it can surprise anybody.
func TestLeavingSaysWhatASoakDoes(t *testing.T) {
	for _, size := range [][2]int{{120, 36}, {80, 24}} {
		d := soaking(t, size[0], size[1])
		d.press("q")
		flat := strings.Join(strings.Fields(strings.NewReplacer("|", " ", "│", " ", "┃", " ").Replace(d.screen())), " ")
		for _, want := range []string{"watch@w81 does not count as green", "its deadline at 22:45 goes on", "the soak is not failed: it waits for your word"} {
			if !strings.Contains(flat, want) {
				t.Errorf("%dx%d: the dialog does not say %q:\n%s", size[0], size[1], want, d.screen())
			}
		}
	}
}

// TestASoakRingsWhereItNeedsAnEar: at its end, good or bad, and when it turns
// from green; not while it goes on, and not when it gets green again.
func TestASoakRingsWhereItNeedsAnEar(t *testing.T) {
	for _, test := range []struct {
		first, then string
		rings       bool
	}{
		{steps.SoakGreen, steps.SoakComplete, true},
		{steps.SoakGreen, steps.SoakShortened, true},
		{steps.SoakRed, steps.SoakFailed, true},
		{steps.SoakGreen, steps.SoakOverdue, true},
		{steps.SoakGreen, steps.SoakRed, true},
		{steps.SoakGreen, steps.SoakStale, true},
		{steps.SoakGreen, steps.SoakGreen, false},
		{steps.SoakRed, steps.SoakGreen, false},
		{steps.SoakRed, steps.SoakRestarted, false},
	} {
		d := soaking(t, 120, 36)
		d.f.apply(steps.Soaked{Task: watched, To: test.first})
		d.look()
		d.f.apply(steps.Soaked{Task: watched, To: test.then, Reason: "a test"})
		_, cmd := d.Update(snapshotMsg(d.f.Snapshot()))
		rings := false
		if cmd != nil {
			raw, ok := cmd().(tea.RawMsg)
			rings = ok && raw.Msg == "\a"
		}
		if rings != test.rings {
			t.Errorf("from %s to %s: rings %v", test.first, test.then, rings)
		}
	}
}

// TestOverdueSoakAsks: it opens by itself, and the answers are to extend it, to
// end it early, or to say that it failed.
func TestOverdueSoakAsks(t *testing.T) {
	d := soaking(t, 120, 36)
	d.f.now = d.f.now.Add(time.Hour)
	d.clock = d.f.now
	c := d.f.kase()
	d.f.apply(c.SoakResumed(watched, time.Time{}))
	d.look()
	d.expect(t, "OVERDUE: Watch this server on w81", "passed while nobody looked", "extend its deadline", "end it early", "it failed", "soak overdue")
	d.press("d")
	d.expect(t, "EXTEND Watch this server on w81", "such as 30m")
	d.words("soon")
	d.press("enter")
	d.expect(t, `"soon" is not a duration`)
	d.press("ctrl+u")
	d.words("30m")
	d.press("enter")
	d.words("we slept")
	d.press("enter", "y")
	if k := d.f.state.Task(watched).Soak; k.Overdue || !k.Until.Equal(d.f.now.Add(30*time.Minute)) {
		t.Errorf("%+v\n%s", k, d.screen())
	}
}

// TestOverdueSoakIsFoundByWhoComesBack: its question waits for the first picture.
func TestOverdueSoakIsFoundByWhoComesBack(t *testing.T) {
	f := soaking(t, 120, 36).f
	f.now = f.now.Add(time.Hour)
	c := f.kase()
	f.apply(c.SoakResumed(watched, time.Time{}))
	d := sit(t, f, 120, 36)
	d.clock = d.clock.Add(10 * time.Second)
	d.expect(t, "OVERDUE: Watch this server")
	d.press("f")
	d.words("alerts at 22:30")
	d.press("enter", "y")
	if got := f.state.Task(watched); got.Status != steps.TaskFailed || got.Reason != "alerts at 22:30" {
		t.Errorf("%+v\n%s", got, d.screen())
	}
}

// TestASoakFillsNoRunLog: of what a soak says again and again the newest stands
// in the run log, and every turn.
func TestASoakFillsNoRunLog(t *testing.T) {
	d := soaking(t, 120, 36)
	green := func(min int) steps.Soaked {
		return steps.Soaked{Task: watched, To: steps.SoakGreen, Green: steps.Duration(time.Duration(min) * time.Minute)}
	}
	for i := range 300 {
		d.f.apply(green(i % 5))
	}
	d.f.apply(steps.Soaked{Task: watched, To: steps.SoakRed, Reason: "alerts: 2"})
	for i := range 300 {
		d.f.apply(green(5 + i/60))
	}
	d.look()
	d.press("esc", "3")
	d.expect(t, "watch@w81 soak green for 4:00", "watch@w81 soak red: alerts: 2", "watch@w81 soak green for 9:00", "watch@w81 begun")
	if n := strings.Count(d.screen(), "soak green"); n != 2 {
		t.Errorf("it stands there %d times:\n%s", n, d.screen())
	}
}
