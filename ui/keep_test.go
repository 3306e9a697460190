package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"belay/runner"
	"belay/runner/tail"
	"belay/steps"
	"belay/ui/pane"
	"belay/ui/screentest"
)

// again leaves the screen and sits down at it anew, with a new console: the
// logs are other rings, as after a start.
func (d *desk) again(t *testing.T) *desk {
	t.Helper()
	var left []byte
	d.opts.Keep = func(text []byte) error { left = text; return nil }
	d.keeper.write = d.opts.Keep
	d.keepLast()
	for i := range d.f.hosts {
		d.f.hosts[i].Logs = twoLogs(d.f, d.f.hosts[i].ID)
	}
	return sitAsLeft(t, d.f, d.w, d.h, left)
}

func twoLogs(f *fake, host string) []runner.LogView {
	second := f.server(host).Logs[0]
	second.Name = "monitor"
	return append(f.server(host).Logs, second)
}

func sitAsLeft(t *testing.T, f *fake, w, h int, left []byte) *desk {
	t.Helper()
	d := sit(t, newFake(t, "rehearsal"), w, h) // for its clock and options
	d.f = f
	d.model = newModel(d.ctx, d.opts, f)
	d.strange = d.asLeft(left, nil)
	d.model.w, d.model.h = w, h
	known := f.hosts // a moment after the start they are known, and their logs not yet
	f.hosts = slices.Clone(known)
	for i := range f.hosts {
		f.hosts[i].Logs = nil
	}
	d.look()
	f.hosts = known
	d.look()
	return d
}

func TestTheScreenIsAsItWasLeft(t *testing.T) {
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	for i := range f.hosts {
		f.hosts[i].Logs = twoLogs(f, f.hosts[i].ID)
	}
	d := sit(t, f, 120, 36)
	d.press("4", "]", "5", "f", "w", "6", "t", "&", "b", "e", "a", "t", "enter", "\\", "7", "/", "w", "8", "2", "enter", "l", ">", ">", "b", "v")
	e := d.again(t)
	if e.said != "stopped or filtered, as they were left: w80/raylet, w81/raylet, w82/raylet" {
		t.Errorf("it says %q", e.said)
	}
	if s := e.servers[e.server("head")]; s.Log.Name != "monitor" {
		t.Errorf("the head shows %s", s.Log.Name)
	}
	if e.board || e.split.Right != 2 {
		t.Errorf("board %v, split %+v", e.board, e.split)
	}
	for host, want := range map[string]keptLog{
		"head": {}, "w80": {Paused: true, Wrap: true}, "w81": {Heads: "full", Filter: "beat", Not: true}, "w82": {Paused: true, X: 8, Search: "w82"},
	} {
		v := e.views[host+"/raylet"]
		got := keptLog{Paused: v.Paused, X: v.X, Wrap: v.Wrap, Heads: headWords[v.Times], Search: v.Search.Text, Filter: v.Filter.Text, Not: v.Not}
		if got != want {
			t.Errorf("%s: %+v, want %+v", host, got, want)
		}
		if v.Marking {
			t.Errorf("%s is being marked", host)
		}
	}
	e.press("6")
	e.expect(t, "none of 60 lines is not &beat")
	if string(d.kept()) != string(e.kept()) {
		t.Errorf("left\n%s\nand left again\n%s", d.kept(), e.kept())
	}
}

// An output's lines keep their numbers, so its view goes back to its place.
func TestAnOutputIsAsItWasLeft(t *testing.T) {
	f := newFake(t, "rehearsal")
	f.assume("prepare")
	task := steps.Task{Step: "build", Host: "head"}
	f.do(steps.Action{Verb: steps.Execute, Task: task})
	ring := tail.NewRing(0)
	count(200)(ring)
	f.outputs[task] = ring
	d := sit(t, f, 120, 36)
	d.goToTask(task)
	d.press("2", "k", "k")
	top := d.view().Top
	again := tail.NewRing(0)
	f.outputs[task] = again
	e := d.again(t)
	count(200)(again)
	e.goToTask(task)
	e.press("2")
	if v := e.view(); !v.Paused || v.Top != top || top == 0 {
		t.Errorf("it stands at %d and stood at %d: %+v", v.Top, top, v)
	}
}

func TestAViewThatCannotBeReadIsLeftAside(t *testing.T) {
	for text, want := range map[string]string{
		"{":                "unexpected EOF",
		`{"v":2}`:          "version 2",
		`{"v":1,"rm":1}`:   `unknown field "rm"`,
		`["a"]`:            "cannot unmarshal array",
		"\x1b]0;x\x07":     "invalid character",
		`{"v":1,"logs":7}`: "cannot unmarshal number",
		strings.Repeat(" ", viewMost) + `{"v":1}`: "longer than",
	} {
		f := newFake(t, "rehearsal")
		d := sitAsLeft(t, f, 120, 36, []byte(text))
		d.expect(t, "view.json is left aside, ")
		if !strings.Contains(d.said, want) || len(d.views) > 0 || !d.board {
			t.Errorf("%.20q: said %q, %d views", text, d.said, len(d.views))
		}
	}
	// What is readable and makes no sense does no harm.
	d := sitAsLeft(t, newFake(t, "rehearsal"), 120, 36, []byte(`{"v":1,"split":{"right":-5000,"down":7000},"shown":{"head":"none","x":"y"},
		"logs":{"head/raylet":{"x":-4,"top":-9,"paused":true,"filter":"/(/","search":"\u001b[2J","heads":"upside down"},"nobody/none":{"wrap":true}}}`))
	d.press("4", "z", "j", "k", "l", "n", "e")
	screentest.Check(t, d.screen(), 120, 36)
	if v := d.views["head/raylet"]; v.Filter.Lines != nil || v.X < 0 || v.Times != pane.AsFits {
		t.Errorf("%+v", v)
	}
}

func TestKeepingIsOfTheNewest(t *testing.T) {
	var wrote []string
	k := keeper{write: func(b []byte) error { wrote = append(wrote, string(b)); return nil }}
	_ = k.put(2, []byte("newer"))
	_ = k.put(1, []byte("older"))
	if len(wrote) != 1 || wrote[0] != "newer" {
		t.Errorf("wrote %v", wrote)
	}
	d := started(t)
	n := 0
	d.opts.Keep = func([]byte) error { n++; return nil }
	d.keeper.write = d.opts.Keep
	d.press("4", "w", "w", "k", "?", "esc")
	if n != 4 { // the first, w, w again, and k that stops it
		t.Errorf("kept %d times", n)
	}
	d.keeper.write = func([]byte) error { return errors.New("no space left") }
	d.press("w")
	d.expect(t, "cannot be kept: no space left")
}
