package ui

import (
	"strings"
	"testing"
	"time"

	"belay/steps"
)

// TestAClosedRunIsSaidToBeClosed: on every row, at every size, after every key:
// nothing of it waits, goes on or can be begun, and no key changes it.
func TestAClosedRunIsSaidToBeClosed(t *testing.T) {
	unraced(t)
	for name, f := range map[string]*fake{"held by a failure": midway(t), "rolled back": rollingBack(t)} {
		if f.state.Rollback != nil {
			f.do(steps.Action{Verb: steps.EndRollback})
		}
		for _, task := range f.state.Busy("") {
			f.finish(task.Step, 0)
		}
		f.do(steps.Action{Verb: steps.Close, Reason: "enough for tonight"})
		f.now = f.now.Add(time.Minute)
		for _, s := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
			d := sit(t, f, s[0], s[1])
			d.press("esc")
			sent := len(f.sent)
			for range d.rows {
				for _, b := range keyMap {
					if b.group == moving || b.do == nil {
						continue
					}
					d.press(b.keys[0])
					d.saysClosed(t, name, b.keys[0])
					d.press("esc")
				}
				d.press("esc", "1", "j")
			}
			for _, a := range f.sent[sent:] {
				t.Errorf("%s: %s was asked for", name, a.Verb)
			}
		}
	}
}

func (d *desk) saysClosed(t *testing.T, name, key string) {
	t.Helper()
	s := strings.Join(strings.Fields(d.screen()), " ")
	if !strings.Contains(s, "CLOSED") && d.asked == nil {
		t.Errorf("%s, after %s: nothing says that it is closed", name, key)
	}
	for _, not := range []string{"x execute", "waits for you", "takes the run up", "latest safe rollback", "left at least", ":close"} {
		if strings.Contains(s, not) && key != "?" {
			t.Fatalf("%s, after %s: a closed run says %q:\n%s", name, key, not, d.screen())
		}
	}
}
