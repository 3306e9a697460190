package rehearsal

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"belay/runner/job"
)

// grows waits for the daemon's next turns.
func grows(t *testing.T, log string, n int64) {
	t.Helper()
	was := size(log)
	for end := time.Now().Add(time.Minute); size(log) < was+n*int64(len("turn\n")); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the daemon does not go on: %d bytes, then %d", was, size(log))
		}
	}
}

func size(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

// TestIdle: nobody is connected and nothing runs, so nothing happens; a
// connection, or an attempt that nobody watches, keeps everything going.
func TestIdle(t *testing.T) {
	spec := testSpec(t)
	spec.Fleet = "turns"
	f := start(t, spec)
	log := filepath.Join(spec.Dir, "hosts", "w80", "var", "log", "turns")
	still := func(when string) {
		t.Helper()
		if stopped := settled(log); !stopped {
			t.Errorf("%s: the daemon goes on", when)
		}
	}
	still("before anybody came")
	head := connect(t, f, "head") // of any host: time is one for all
	grows(t, log, 20)
	call(t, head, launch("long", "S", "until [ -e /tmp/over ]; do sleep 1; done"))
	head.Close()
	grows(t, log, 20)
	head = connect(t, f, "head")
	sh(t, head, "", ": >/tmp/over")
	if _, s := follow(t, head, "long"); s.State != job.Exited || s.Exit != 0 {
		t.Fatalf("long: %+v", s)
	}
	head.Close()
	still("after everybody left")
	connect(t, f, "w82")
	grows(t, log, 20)
}

// settled says whether a log stops growing. A turn takes 17 ms, so one that
// has said nothing for half a second has stopped.
func settled(log string) bool {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		was := size(log)
		time.Sleep(500 * time.Millisecond) // that nothing happens can only be waited for
		if size(log) == was {
			return true
		}
	}
	return false
}

// TestFolderRemoved: nobody can tell a fleet to stop whose folder is gone.
func TestFolderRemoved(t *testing.T) {
	spec := testSpec(t)
	f := start(t, spec)
	connect(t, f, "head")
	if err := os.Rename(spec.Dir, spec.Dir+".gone"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-f.child:
	case <-time.After(10 * time.Second):
		t.Error("the fleet goes on without its folder")
	}
	spec.Dir += ".gone"
	if err := os.RemoveAll(spec.Dir); err != nil {
		t.Error(err)
	}
}
