package process

import (
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
		turns := map[string]int{}
		loop := func(name string, daemon bool) {
			p := host.Start([]string{name}, nil, "/")
			if daemon {
				p.Attend()
			}
			host.Go(p, func() int {
				child := p.Fork() // what a daemon starts is one as well
				return child.Run(func() int {
					for {
						turns[name]++
						child.Sleep(time.Minute)
					}
				})
			})
		}
		loop("daemon", true)
		loop("attempt", false)
		hour := func() {
			time.Sleep(time.Hour + time.Second)
			synctest.Wait()
		}
		hour()
		if turns["daemon"] != 1 || turns["attempt"] != 61 {
			t.Errorf("nobody there: %v turns in an hour", turns)
		}
		host.Gate.Enter()
		host.Gate.Enter()
		host.Gate.Leave() // one is left
		hour()
		if turns["daemon"] != 62 {
			t.Errorf("somebody there: %d turns, want 61 more", turns["daemon"])
		}
		host.Gate.Leave()
		synctest.Wait()
		shut := turns["daemon"]
		hour()
		if turns["daemon"] != shut || host.Gate.Busy() {
			t.Errorf("after the last left: %d turns, had %d", turns["daemon"], shut)
		}
		host.Close() // ends those who wait at the gate
	})
}
