package process

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"belay/runner/rehearsal/files"
)

// TestGate: an hour in which nobody is there is no time for a daemon, and for
// others it is.
func TestGate(t *testing.T) {
	fsys, err := files.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer fsys.Close()
	synctest.Test(t, func(t *testing.T) {
		host := NewTable(fsys)
		host.Gate = NewGate()
		var daemon, attempt atomic.Int64
		loop := func(name string, turns *atomic.Int64, daemon bool) {
			p := host.Start([]string{name}, nil, "/")
			if daemon {
				p.Attend()
			}
			host.Go(p, func() int {
				child := p.Fork() // what a daemon starts is one as well
				return child.Run(func() int {
					for {
						turns.Add(1)
						child.Sleep(time.Minute)
					}
				})
			})
		}
		loop("daemon", &daemon, true)
		loop("attempt", &attempt, false)
		hour := func() {
			time.Sleep(time.Hour + time.Second)
			synctest.Wait()
		}
		hour()
		if daemon.Load() != 1 || attempt.Load() != 61 {
			t.Errorf("nobody there: %d and %d turns in an hour", daemon.Load(), attempt.Load())
		}
		host.Gate.Enter()
		host.Gate.Enter()
		host.Gate.Leave() // one is left
		hour()
		if daemon.Load() != 62 {
			t.Errorf("somebody there: %d turns, want 61 more", daemon.Load())
		}
		host.Gate.Leave()
		synctest.Wait()
		shut := daemon.Load()
		hour()
		if daemon.Load() != shut || host.Gate.Busy() {
			t.Errorf("after the last left: %d turns, had %d", daemon.Load(), shut)
		}
		host.Close() // ends those who wait at the gate
	})
}
