package ui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
)

// A person who does not look is called with what it is about, and nothing that a
// server printed acts on the terminal on the way.
func TestAlarm(t *testing.T) {
	for _, c := range []struct {
		alarm Alarm
		tmux  bool
		want  []string // nil: nothing is sent
	}{
		{Bell, false, []string{"\a"}},
		{"", true, []string{"\a"}},
		{Silent, false, nil},
		{Desktop, false, []string{"\a\x1b]9;belay ", "build@head", "^[]0;owned^G", "\a"}},
		{Desktop, true, []string{"\a\x1bPtmux;\x1b\x1b]9;belay ", "build@head", "\a\x1b\\"}},
	} {
		f := newFake(t, "rehearsal")
		f.assume("prepare")
		d := sit(t, f, 120, 36)
		d.opts.Alarm, d.opts.Tmux = c.alarm, c.tmux
		task := steps.Task{Step: "build", Host: "head"}
		f.do(steps.Action{Verb: steps.Execute, Task: task})
		d.look()
		id := f.state.Task(task).Attempt().ID
		f.fold(steps.Started{Attempt: id}, steps.Exited{Attempt: id, Code: 1, Why: "exit code 1 \x1b]0;owned\x07"})
		_, cmd := d.Update(snapshotMsg(d.f.Snapshot()))
		got := ""
		if cmd != nil {
			if raw, ok := cmd().(tea.RawMsg); ok {
				got = raw.Msg.(string)
			}
		}
		if (got == "") != (c.want == nil) {
			t.Errorf("%s: %q", c.alarm, got)
		}
		rest := got
		for _, w := range c.want {
			_, after, ok := strings.Cut(rest, w)
			if !ok {
				t.Errorf("%s: %q lacks %q", c.alarm, got, w)
			}
			rest = after
		}
		if strings.Count(got, "\x1b]") > 1 || rest != "" {
			t.Errorf("%s: more than ours: %q", c.alarm, got)
		}
	}
}
