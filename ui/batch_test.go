package ui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"belay/steps"
	"belay/ui/screentest"
)

// twenty is a run of a step in batches over twenty workers, of which two may fail.
func twenty(t testing.TB) *fake {
	var hosts, group strings.Builder
	for i := 1; i <= 20; i++ {
		fmt.Fprintf(&hosts, "n%02d = { address = \"10.0.1.%d\" }\n", i, i)
		fmt.Fprintf(&group, "\"n%02d\", ", i)
	}
	return fakeOf(t, "production", []byte(`format = 1
title = "Twenty workers"
[hosts]
`+hosts.String()+`[groups]
workers = [`+group.String()+`]
[environments.production]
kind = "live"
[[phase]]
id = "roll"
title = "Roll"
[[phase.step]]
id = "up"
title = "Start the new version"
on = "workers"
batch = [1, 5, "35%"]
max_failures = 2
danger = "high"
script = 'docker compose up -d'
undo.script = 'docker compose down'
`))
}

// TestBatchesArePreviewed: how many go together, in words, before the first; and
// what one yes goes on without, after a failure.
func TestBatchesArePreviewed(t *testing.T) {
	f := twenty(t)
	for _, s := range [][2]int{{80, 24}, {120, 36}} {
		t.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(t *testing.T) {
			d := sit(t, f, s[0], s[1])
			d.press("k", "x") // the step, above its first host
			screentest.Check(t, d.screen(), s[0], s[1])
			d.expect(t, "20 workers") // what has to be typed
			golden.RequireEqual(t, []byte(d.screen()))
		})
	}
	up := steps.Task{Step: "up", Host: "n01"}
	f.do(steps.Action{Verb: steps.Execute, Task: up})
	f.finish("up", 1)
	t.Run("after a failure", func(t *testing.T) {
		d := sit(t, f, 120, 36)
		d.press("k", "x")
		screentest.Check(t, d.screen(), 120, 36)
		golden.RequireEqual(t, []byte(d.screen()))
	})
}
