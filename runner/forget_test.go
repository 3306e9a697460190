package runner

import (
	"slices"
	"strings"
	"testing"

	"belay/steps"
)

const forgetBook = `
format = 1
title = "forget"
[secrets]
TOKEN = { env = "X" }
[hosts]
a = { address = "a" }
[environments.production]
kind = "live"
[[phase]]
id = "one"
[[phase.step]]
id = "open"
on = "a"
danger = "none"
script = 'cat "$TOKEN_FILE"'
[[phase.step]]
id = "plain"
on = "a"
danger = "none"
script = "nothing secret"
`

func forgets(g *rig, host string, ids ...string) func(*steps.Case) bool {
	return func(*steps.Case) bool {
		h := g.hosts[host]
		h.mu.Lock()
		defer h.mu.Unlock()
		return slices.Equal(h.forgot, ids)
	}
}

// TestForget: what was printed with a secret at hand is dropped on the host once
// its end is on disk, and only that.
func TestForget(t *testing.T) {
	g := newRig(t, forgetBook)
	g.secrets = map[string][]byte{"TOKEN": []byte("s3cr3t-t0ken")}
	g.hosts["a"].dropped = func(id string) error {
		if !strings.Contains(g.journal.kinds(), "exited") {
			t.Error("the host drops what is not in the journal yet")
		}
		return nil
	}
	g.start(&Auto{Max: steps.High})
	if o := <-g.runner.Done(); o.Code != 0 {
		t.Fatal(o)
	}
	if !forgets(g, "a", "r1.open.a.1")(nil) {
		t.Errorf("forgot %v, want the one that used a secret, before the run says that it is done", g.hosts["a"].forgot)
	}
}

// TestForgetLater: a host that was away, and a console that died before the host
// had answered, change nothing but the time.
func TestForgetLater(t *testing.T) {
	g := newRig(t, forgetBook)
	g.secrets = map[string][]byte{"TOKEN": []byte("s3cr3t-t0ken")}
	a := g.hosts["a"]
	asked := make(chan struct{}, 100)
	a.dropped = func(string) error { asked <- struct{}{}; return errAway }
	g.start(&Auto{Max: steps.High})
	if o := <-g.runner.Done(); o.Code != 0 {
		t.Fatal(o) // a host that is away does not hold up the end
	}
	<-asked
	g.kill()
	if len(a.forgot) > 0 {
		t.Fatal("it answered")
	}
	a.dropped = nil
	g.start(nil)
	g.until("the next console asks again", forgets(g, "a", "r1.open.a.1"))
}
