package ui

import (
	"strings"
	"testing"
	"time"

	"belay/steps"
)

// outageText is the roll-out of the tests with its outage named.
func outageText(t *testing.T) []byte {
	s := runbookText(t)
	for _, x := range [][2]string{{`id = "stop"`, "begins"}, {`id = "stop-head"`, "begins"}, {`id = "start"`, "ends"}, {`id = "nodes"`, "ends"}} {
		if !strings.Contains(s, x[0]+"\n") {
			t.Fatal(x[0])
		}
		s = strings.Replace(s, x[0]+"\n", x[0]+"\noutage = \""+x[1]+"\"\n", 1)
	}
	return []byte(s)
}

// midnight is a run in its outage: the workers are stopped.
func midnight(t *testing.T, env string) *fake {
	f := fakeOf(t, env, outageText(t))
	f.assume("prepare")
	f.done("build")
	gate := steps.Task{Step: "go", Host: steps.LocalHost}
	f.do(steps.Action{Verb: steps.Execute, Task: gate})
	f.apply(steps.Overridden{Task: gate})
	f.done("stop")
	return f
}

// TestTheClocksStandInTheHeader at every size: the window, the outage so far and
// the latest safe start of a rollback are never what is left out.
func TestTheClocksStandInTheHeader(t *testing.T) {
	for _, s := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		f := midnight(t, "staging")
		f.now = f.now.Add(10 * time.Minute)
		d := sit(t, f, s[0], s[1])
		d.expect(t, "window 5:4", "outage 10:00")
		if s[0] == 80 {
			d.expect(t, "roll back by 03:2")
		} else {
			d.expect(t, "latest safe rollback start 03:2", "outage 10:00, 3 servers")
		}
		d.press(":")
		d.words("phase rollout")
		d.press("enter", "2", "z")
		d.expect(t, "everything can still be taken back", "away: w80, w81, w82")
		d.press("z")
		f.done("stop-head")
		d.look()
		d.expect(t, map[bool]string{true: "past the point of no return: stop-head", false: "PAST NO RETURN"}[s[0] == 200])
		f.now = f.now.Add(5*time.Hour + 10*time.Minute)
		d.look()
		d.expect(t, "TOO LATE")
		d.press("a")
		d.expect(t, "the latest safe start of a rollback of rollout was 03:2", "longer fits the window")
		d.press("esc")
		f.now = f.now.Add(2 * time.Hour)
		d.look()
		d.expect(t, "WINDOW OVER since")
	}
}

// TestAClockThatIsOffIsShown beside the server, and asked about before a launch.
func TestAClockThatIsOffIsShown(t *testing.T) {
	for _, s := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		f := newFake(t, "staging")
		f.assume("prepare")
		off := func(host string, d time.Duration) {
			h := f.seen.Hosts[host]
			h.Skew = d
			f.seen.Hosts[host] = h
			for i := range f.hosts {
				if f.hosts[i].ID == host {
					f.hosts[i].Skew = d
				}
			}
		}
		off("w81", 45*time.Second)
		off("w82", -3*time.Second)
		d := sit(t, f, s[0], s[1])
		d.expect(t, "clock +45s", "clock -3s", "attention (2)")
		d.press("a")
		d.expect(t, "the clock of w81 is 45s ahead of ours", "nothing is launched there without a reason", "the clock of w82 is 3s behind ours")
		d.press("esc", ":")
		d.words("goto build w81")
		d.press("enter", "x")
		d.expect(t, "the clock of w81 is 45s ahead of ours", "critical")
		d.words("its battery is dead")
		d.press("tab")
		d.words("w81 staging")
		d.press("enter")
		if a := f.state.Task(steps.Task{Step: "build", Host: "w81"}).Attempt(); a == nil || a.Override != "its battery is dead" {
			t.Fatalf("%+v\n%s", a, d.screen())
		}
	}
}
