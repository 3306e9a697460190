package ui

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/exp/golden"

	"belay/runner"
	"belay/runner/job"
	"belay/runner/tail"
	"belay/steps"
	"belay/ui/screentest"
)

// midway is a run in the middle of its roll-out: a build done, the gate
// overridden, one worker of three stopped, one running, one failed.
func midway(t testing.TB) *fake {
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	f.done("build")
	gate := steps.Task{Step: "go", Host: steps.LocalHost}
	f.do(steps.Action{Verb: steps.Execute, Task: gate})
	f.apply(steps.Overridden{Task: gate, Reason: "the probe is broken"})
	for _, h := range []string{"w81", "w82", "w80"} {
		task := steps.Task{Step: "stop", Host: h}
		f.do(steps.Action{Verb: steps.Execute, Task: task})
		id := f.state.Task(task).Attempt().ID
		f.apply(steps.Started{Attempt: id})
		ring := tail.NewRing(0)
		fmt.Fprintf(ring, "Container ray-worker-1  Stopping\nContainer ray-worker-1  Stopped\n")
		f.outputs[task] = ring
		f.now = f.now.Add(19 * time.Second)
		switch h {
		case "w81":
			f.apply(steps.Exited{Attempt: id, OK: true, Bytes: 64})
		case "w80":
			fmt.Fprintf(ring, "error: permission denied\n")
			f.apply(steps.Exited{Attempt: id, Code: 1, Why: "exit code 1", Bytes: 64})
		}
	}
	return f
}

var sizes = [][2]int{{80, 24}, {120, 36}, {200, 60}, {70, 24}, {59, 15}, {100, 25}, {0, 0}}

func TestScreens(t *testing.T) {
	scenes := map[string]func(testing.TB) *fake{
		"start":  func(t testing.TB) *fake { f := newFake(t, "rehearsal"); f.assume("prepare"); return f },
		"midway": midway,
		"live":   func(t testing.TB) *fake { return newFake(t, "production") },
	}
	for name, scene := range scenes {
		for _, s := range sizes {
			t.Run(fmt.Sprintf("%s/%dx%d", name, s[0], s[1]), func(t *testing.T) {
				d := sit(t, scene(t), s[0], s[1])
				screen := d.screen()
				if s[0] > 0 {
					screentest.Check(t, screen, s[0], s[1])
				}
				golden.RequireEqual(t, []byte(screen))
			})
		}
	}
}

// Every pane can be focused and zoomed at every size, and the rules hold.
func TestEveryPaneAtEverySize(t *testing.T) {
	f := midway(t)
	for _, s := range [][2]int{{60, 16}, {79, 23}, {80, 24}, {99, 29}, {100, 30}, {120, 36}, {159, 40}, {160, 45}, {200, 60}, {300, 80}} {
		d := sit(t, f, s[0], s[1])
		for _, keys := range [][]string{{"1"}, {"2"}, {"3"}, {"4"}, {"7"}, {"b"}, {"4"}, {"z"}, {"1"}, {"2"}, {"3"}, {"5"}, {"w"}, {"k"}, {"f"}, {"t"}} {
			d.press(keys...)
			screentest.Check(t, d.screen(), s[0], s[1])
			if t.Failed() {
				t.Fatalf("at %dx%d after %v:\n%s", s[0], s[1], keys, d.screen())
			}
		}
	}
}

// Every question fits on every screen.
func TestEveryQuestionAtEverySize(t *testing.T) {
	for _, s := range [][2]int{{60, 16}, {80, 24}, {120, 36}, {200, 60}} {
		for _, keys := range []string{"x", "p", "?", "a", "H", "R", "i", ":", "q", "s", "c", "!", "X", "V", "r", "u", "m", "O", "A"} {
			for _, scene := range []*fake{midway(t), newFake(t, "production")} {
				d := sit(t, scene, s[0], s[1])
				d.press(keys)
				screentest.Check(t, d.screen(), s[0], s[1])
				if q := d.asked; q != nil && q.Typing() && !strings.Contains(d.screen(), "Enter ") {
					t.Error("a text does not say what Enter does")
				}
				if t.Failed() {
					t.Fatalf("at %dx%d after %s:\n%s", s[0], s[1], keys, d.screen())
				}
			}
		}
	}
}

// One styled file each: what a theme does to the same picture.
func TestThemes(t *testing.T) {
	for name, o := range map[string]struct {
		theme   Theme
		profile colorprofile.Profile
		ascii   bool
	}{
		"dark":    {Dark, colorprofile.ANSI, false},
		"light":   {Light, colorprofile.ANSI, false},
		"nocolor": {Dark, colorprofile.ASCII, false},
		"ascii":   {Dark, colorprofile.ASCII, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := midway(t)
			d := sit(t, f, 120, 36)
			d.opts.Theme, d.opts.ASCII, d.dark = o.theme, o.ascii, o.theme == Dark
			d.restyle()
			d.look()
			var b strings.Builder
			w := colorprofile.Writer{Forward: &b, Profile: o.profile}
			if _, err := io.WriteString(&w, d.View().Content); err != nil {
				t.Fatal(err)
			}
			screentest.Check(t, b.String(), 120, 36)
			if o.ascii {
				for _, r := range d.screen() {
					if r > 0x7e {
						t.Fatalf("%q is no ASCII", r)
					}
				}
			}
			golden.RequireEqual(t, []byte(b.String()))
		})
	}
}

func TestBackgroundIsAsked(t *testing.T) {
	d := sit(t, newFake(t, "rehearsal"), 120, 36)
	d.opts.Theme = Auto
	if d.Init() == nil {
		t.Error("nothing asks for the background")
	}
	d.send(tea.BackgroundColorMsg{Color: color.White})
	if d.st.Dark {
		t.Error("a white background is taken for a dark one")
	}
	named := sit(t, newFake(t, "rehearsal"), 120, 36) // with Dark
	named.send(tea.BackgroundColorMsg{Color: color.White})
	if !named.st.Dark {
		t.Error("a theme that was named gives way to what the terminal says")
	}
}

func TestPictureIsMadeOncePerChange(t *testing.T) {
	d := sit(t, newFake(t, "rehearsal"), 120, 36)
	first := d.View().Content
	d.f.hosts[0].Logs[0].Ring.Write([]byte("news\n"))
	if d.View().Content != first {
		t.Error("the picture changed without a message")
	}
	d.look()
	if d.View().Content == first {
		t.Error("a snapshot did not change the picture")
	}
}

func TestStaleDataShowsItsAge(t *testing.T) {
	f := newFake(t, "rehearsal")
	f.hosts[0].Gauges[0].Reading.At = night.Add(-5 * time.Minute)
	f.hosts[1].Link = job.Link{Since: night.Add(-90 * time.Second), Err: io.ErrUnexpectedEOF}
	f.hosts[2].Wrong = "its host key is another one"
	f.hosts[3].Logs[0].Ring, f.hosts[3].Logs[0].Why = tail.NewRing(0), "exit code 1: no such container"
	f.hosts[3].Logs[0].Script, f.hosts[3].Logs[0].Since = "docker logs --follow ray\n", night.Add(-75*time.Second)
	d := sit(t, f, 200, 60)
	for _, want := range []string{"5m old", "UNREACHABLE 1m", "NOT THE HOST WE KNOW", "no lines for 1m: exit code 1:", "it is read by: docker logs --follow ray"} {
		if !strings.Contains(d.screen(), want) {
			t.Errorf("the screen does not say %q:\n%s", want, d.screen())
		}
	}
}

// A pane without lines says why, for how long, and what should have brought some.
func TestAnEmptyPaneSaysWhy(t *testing.T) {
	for want, change := range map[string]func(h *runner.HostView){
		"no line has come for 12s it is read by: tail -F /var/log/app": func(h *runner.HostView) {},
		"connecting for 12s": func(h *runner.HostView) { h.Link = job.Link{} },
		"no lines: no route": func(h *runner.HostView) { h.Link = job.Link{Err: errors.New("no route")} },
		"no lines for 12s: w: stream: exit code 127: sh: tail: not found it is tried again by itself": func(h *runner.HostView) {
			h.Logs[0].Why = "w: stream: exit code 127: sh: tail: not found"
		},
		"no log to follow: what a step prints here is shown": func(h *runner.HostView) { h.Logs = nil },
	} {
		f := newFake(t, "rehearsal")
		f.hosts[0].Logs[0] = runner.LogView{Name: "app", Ring: tail.NewRing(0), Script: "tail -F /var/log/app\n", Since: night.Add(-12 * time.Second)}
		change(&f.hosts[0])
		d := sit(t, f, 120, 36)
		d.press("4", "z")
		if text := strings.Join(strings.Fields(d.screen()), " "); !strings.Contains(text, want) {
			t.Errorf("the pane does not say %q:\n%s", want, d.screen())
		}
		screentest.Check(t, d.screen(), 120, 36)
	}
}

func TestAnOutputWithoutLinesSaysSo(t *testing.T) {
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	task := steps.Task{Step: "build", Host: "head"}
	f.do(steps.Action{Verb: steps.Execute, Task: task})
	f.outputs[task] = tail.NewRing(0)
	f.now = f.now.Add(72 * time.Second)
	d := sit(t, f, 120, 36)
	d.goToTask(task)
	d.press("2", "z")
	d.expect(t, "it has printed nothing for 1:12")
	f.seen.Hosts["head"] = steps.HostSeen{Why: "no route"}
	d.look()
	d.expect(t, "what it has printed is not known: head is away")
	f.seen.Hosts["head"] = steps.HostSeen{Up: true}
	f.finish("build", 0)
	d.look()
	d.press("esc")
	d.goToTask(task)
	d.press("2", "z")
	d.expect(t, "it printed nothing in 1:12; exit code 0")
}

// A screen that is too small for anything else still says what is under way.
func TestTooSmallSaysWhatIsUnderWay(t *testing.T) {
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	d := sit(t, f, 40, 10)
	d.expect(t, "nothing is running", "too small")
	f.fold(steps.Began{Task: steps.Task{Step: "go", Host: steps.LocalHost}, Phase: "rollout", As: steps.Gate, N: 1, Book: f.book.Hash})
	d.look()
	d.expect(t, "waits for a yes", "too small")
	if strings.Contains(d.screen(), "nothing is running") {
		t.Error(d.screen())
	}
}
