package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
	"belay/ui/pane"
)

// unraced is for a test of one goroutine and thousands of pictures.
func unraced(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("one goroutine, thousands of pictures: it runs without -race only")
	}
}

// moments are runs in every phase of a run's life.
func moments(t *testing.T) map[string]func() *fake {
	stop := steps.Task{Step: "stop", Host: "w82"}
	back := func() *fake {
		f := passed(t)
		f.done("stop")
		f.do(steps.Action{Verb: steps.OpenRollback, Reason: "nodes lost"})
		return f
	}
	ended := func() *fake {
		f := rollingBack(t)
		f.do(steps.Action{Verb: steps.EndRollback})
		return f
	}
	return map[string]func() *fake{
		"fresh": func() *fake { return newFake(t, "rehearsal") },
		"running": func() *fake {
			f := passed(t)
			f.do(steps.Action{Verb: steps.Execute, Task: stop})
			return f
		},
		"failed": func() *fake { return failed(t, "rehearsal") },
		"gate": func() *fake {
			f := newFake(t, "rehearsal")
			f.assume("prepare")
			f.done("build")
			f.do(steps.Action{Verb: steps.Execute, Task: steps.Task{Step: "go", Host: steps.LocalHost}})
			return f
		},
		"soak": func() *fake {
			f := fakeOf(t, "production", []byte(soakBook))
			f.do(steps.Action{Verb: steps.Execute, Task: watched})
			return f
		},
		"rollback open": back,
		"undo failed": func() *fake {
			f := back()
			jobs := steps.Task{Step: "stop-jobs", Host: steps.LocalHost}
			f.do(steps.Action{Verb: steps.Execute, Task: jobs})
			f.do(steps.Action{Verb: steps.MarkDone, Task: jobs, Value: "none ran"})
			f.do(steps.Action{Verb: steps.ConfirmHost, Host: "w82"})
			f.do(steps.Action{Verb: steps.UndoTask, Task: stop})
			f.finish("stop", 1)
			return f
		},
		"rollback ended": ended,
		"closed": func() *fake {
			f := ended()
			f.do(steps.Action{Verb: steps.Close, Reason: "testing"})
			return f
		},
	}
}

// kinds are the rows of a picture, one of each kind and state.
func (d *desk) kinds() []pane.ID {
	for opened := true; opened; {
		opened = false
		for _, r := range d.rows {
			if r.Group && !r.Open {
				d.folds[r.ID], opened = true, true
			}
		}
		d.plant()
	}
	var out []pane.ID
	had := map[string]bool{}
	for _, r := range d.rows {
		kind := fmt.Sprint(r.ID.Rollback, r.Group, r.Depth, r.ID.Entry, r.ID.Block != "", r.Mark.Word)
		if !r.Task.Zero() {
			kind += string(d.kase.Step(r.Task).Kind)
		}
		if !had[kind] {
			had[kind], out = true, append(out, r.ID)
		}
	}
	return out
}

// TestEveryKeyAnswersOnEveryRow: no key of the map is lost on any kind of row, in
// any pane, in any phase of a run; one that could act does, asks, or says why not.
func TestEveryKeyAnswersOnEveryRow(t *testing.T) {
	unraced(t)
	for name, begin := range moments(t) {
		f := begin()
		f.sent = nil
		kinds := sit(t, f, 100, 30).kinds()
		for i, id := range kinds {
			at := []focus{{part: stepsPart}, {part: detailPart}, {part: ledgerPart}, {serverPart, "w81"}}
			if i > 0 {
				at = at[:1] // the other panes are no other for another row
			}
			for _, at := range at {
				for _, b := range keyMap {
					if !tells(t, f, id, at, b.keys[0]) {
						t.Errorf("%s: %s on %+v in %v says nothing", name, b.keys[0], id, at)
					}
					if len(f.sent)+f.rolls > 0 {
						f = begin()
						f.sent = nil
					}
				}
			}
		}
	}
}

// tells presses a key on a row and reports whether something came of it, of a key
// that could act.
func tells(t *testing.T, f *fake, id pane.ID, at focus, key string) bool {
	d := &desk{f: f, clock: night.Add(time.Hour)}
	d.model = newModel(t.Context(), Options{Theme: Dark, Now: func() time.Time { return d.clock }}, f)
	d.send(tea.WindowSizeMsg{Width: 100, Height: 30})
	d.send(snapshotMsg(f.Snapshot()))
	d.kinds()
	d.asked, d.waiting, d.said, d.sel, d.moved = nil, nil, "", id, true
	d.goTo(at)
	b, _ := d.bound(key)
	sent, rolls := len(f.sent), f.rolls
	d.send(keyOf(key))
	d.View()
	acted := len(f.sent) > sent || f.rolls > rolls || d.clipboard != "" || d.asked != nil
	return !b.acts || acted || d.said != "" && !strings.HasSuffix(d.said, ": ")
}

// TestTheHeadOfARollbackSaysWhatItDoesNot: keys that mean a task do nothing on it,
// and say so.
func TestTheHeadOfARollbackSaysWhatItDoesNot(t *testing.T) {
	moments := moments(t)
	for _, name := range []string{"rollback open", "rollback ended"} {
		d := sit(t, moments[name](), 100, 30)
		d.press("esc")
		d.sel, d.moved = pane.ID{Rollback: true}, true
		for _, key := range []string{"s", "p", "u", "m", "A", "c", "r", "V", "O", "!", "Y"} {
			d.press(key)
			b, _ := d.bound(key)
			if want := key + " (" + b.word + ") does nothing here"; !strings.HasPrefix(d.said, want) || d.asked != nil {
				t.Errorf("%s: want %q, and it says %q", name, want, d.said)
			}
		}
	}
}
