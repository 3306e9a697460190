package jobs

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"belay/runner/job"
	"belay/runner/rehearsal/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open gives the host of a world in dir, under a boot id.
func open(t *testing.T, dir, boot string) (*world.World, *Jobs) {
	t.Helper()
	if err := world.Supply(dir, "", nil); err != nil {
		t.Fatal(err)
	}
	spec := world.Spec{Hosts: []world.HostSpec{{ID: "h1", Address: "10.0.0.1", User: "ops"}}, Speed: 100}
	w, err := world.Open(dir, spec, boot)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	return w, New(w.Hosts[0], nil)
}

func launch(id, text string) job.Call {
	return job.Call{Verb: job.Launch, ID: id, Request: job.Request{ID: id, Script: job.Script{Text: text}}}
}

// ask makes a call that has a status line for its answer.
func ask(t *testing.T, j *Jobs, c job.Call) (s job.Status, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	if code = j.Serve(nil, c, &out, &errs); code != 0 {
		return s, code
	}
	s, err := job.ParseStatus(out.String())
	if err != nil {
		t.Fatalf("%v: %q", err, out.String())
	}
	return s, 0
}

// settled follows an attempt to its end.
func settled(t *testing.T, j *Jobs, id string) job.Status {
	t.Helper()
	var out, errs bytes.Buffer
	if code := j.Serve(nil, job.Call{Verb: job.Attach, ID: id}, &out, &errs); code != 0 {
		t.Fatalf("attach: %d %s", code, errs.String())
	}
	s, _ := ask(t, j, job.Call{Verb: job.Look, ID: id})
	return s
}

// TestAtMostOnce: whoever launches an id at the same time, it runs once.
func TestAtMostOnce(t *testing.T) {
	w, j := open(t, t.TempDir(), "boot")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if s, code := ask(t, j, launch("a", "echo ran >>/tmp/count")); code != 0 || s.State == job.None || s.State == job.NoRun {
				t.Errorf("launch: %+v, code %d", s, code)
			}
		})
	}
	all.Wait()
	if s := settled(t, j, "a"); s.State != job.Exited || s.Exit != 0 {
		t.Errorf("it ended %+v", s)
	}
	if data, err := w.Hosts[0].Files.ReadFile("/tmp/count"); string(data) != "ran\n" {
		t.Errorf("ran %d times, %v", strings.Count(string(data), "ran"), err)
	}
	if _, code := ask(t, j, launch("a", "echo something else")); code != job.RefusedReused {
		t.Errorf("the id for another script: code %d", code)
	}
}

// TestFence: a launch that comes after the cancel of its id never runs; of two
// that come at once, either the launch won or nothing has run.
func TestFence(t *testing.T) {
	w, j := open(t, t.TempDir(), "boot")
	cancel := func(id string) job.Call { return job.Call{Verb: job.Cancel, ID: id, Grace: time.Second} }
	if s, _ := ask(t, j, cancel("early")); s.State != job.Fenced {
		t.Errorf("cancel: %+v", s)
	}
	if s, _ := ask(t, j, launch("early", "echo ran >/tmp/early")); s.State != job.Fenced {
		t.Errorf("launch behind the fence: %+v", s)
	}
	fence := job.Call{Verb: job.Fence, ID: "fence"}
	if s, code := ask(t, j, fence); s.State != job.Fenced || code != 0 {
		t.Errorf("fence: %+v, code %d", s, code)
	}
	if s, _ := ask(t, j, launch("fence", "echo ran >/tmp/early")); s.State != job.Fenced {
		t.Errorf("launch behind the fence: %+v", s)
	}
	for range 10 {
		id := "race" + time.Now().Format("150405.000000000")
		var all sync.WaitGroup
		var ended job.Status
		all.Go(func() { ask(t, j, launch(id, "echo ran >/tmp/"+id+"; sleep 1000")) })
		all.Go(func() { ended, _ = ask(t, j, cancel(id)) })
		all.Wait()
		_, err := w.Hosts[0].Files.Stat("/tmp/"+id, true)
		if ran := err == nil; ended.State == job.Fenced && ran || ended.State != job.Fenced && ended.State != job.Exited {
			t.Errorf("cancelled as %+v, ran: %v", ended, ran)
		}
	}
	if _, err := w.Hosts[0].Files.Stat("/tmp/early", true); err == nil {
		t.Error("it ran")
	}
}

// TestLostAfterRestart: what ran when the fleet died is lost, is said to be, and
// does not run again; what had ended is known.
func TestLostAfterRestart(t *testing.T) {
	dir := t.TempDir()
	w, j := open(t, dir, "boot 1")
	ask(t, j, launch("ended", "exit 4"))
	settled(t, j, "ended")
	ask(t, j, launch("ran", "echo ran >>/tmp/count; sleep 1000000"))
	for deadline := time.Now().Add(time.Minute); ; {
		if data, _ := w.Hosts[0].Files.ReadFile("/tmp/count"); len(data) > 0 { // it is opened before it is written to
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not begin")
		}
		time.Sleep(time.Millisecond)
	}
	w.Close()
	w, j = open(t, dir, "boot 2")
	for id, want := range map[string]job.Status{
		"ended": {ID: "ended", State: job.Exited, Exit: 4, Started: true},
		"ran":   {ID: "ran", State: job.Lost, Why: "reboot", Started: true},
		"never": {ID: "never", State: job.None},
	} {
		if got, _ := ask(t, j, job.Call{Verb: job.Look, ID: id}); got != want {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
	}
	if s, _ := ask(t, j, launch("ran", "echo ran >>/tmp/count; sleep 1000000")); s.State != job.Lost {
		t.Errorf("launched again: %+v", s)
	}
	if data, _ := w.Hosts[0].Files.ReadFile("/tmp/count"); string(data) != "ran\n" {
		t.Errorf("it ran again: %q", data)
	}
}

// TestNoSpace: a full disk refuses a launch before anything has happened.
func TestNoSpace(t *testing.T) {
	w, j := open(t, t.TempDir(), "boot")
	if err := w.Hosts[0].SetFault("disk-full", ""); err != nil {
		t.Fatal(err)
	}
	if _, code := ask(t, j, launch("a", "echo")); code != job.RefusedSpace {
		t.Errorf("code %d, want %d", code, job.RefusedSpace)
	}
	if err := w.Hosts[0].Files.Remove(world.FaultDir + "/disk-full"); err != nil {
		t.Fatal(err)
	}
	if s, _ := ask(t, j, job.Call{Verb: job.Look, ID: "a"}); s.State != job.None {
		t.Errorf("the id was taken: %+v", s)
	}
	ask(t, j, launch("a", "echo"))
	if s := settled(t, j, "a"); s.State != job.Exited {
		t.Errorf("after room was made: %+v", s)
	}
}
