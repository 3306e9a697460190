package ui

import (
	"testing"

	"belay/steps"
)

func TestHelpIsAtHand(t *testing.T) {
	src := runbookText(t) + `
[[contact]]
role = "Upgrade lead"
name = "Ada"
reach = "+1 555 0100"
[[escalation]]
title = "call the deputy"
after = "15m"
[[known]]
title = "Version mismatch"
seen = "a worker restarts and restarts"
do = "undo its start, then switch"
[[link]]
title = "Ray issues"
url = "https://github.com/ray-project/ray/issues"
`
	d := sit(t, fakeOf(t, steps.EmbeddedEnv, []byte(src)), 80, 24)
	d.press("K")
	d.expect(t, "Upgrade lead: Ada, +1 555 0100", "1        call the deputy, after 15m", "Version mismatch", "seen     a worker restarts")
	for range 3 {
		d.press("pgdown")
	}
	d.expect(t, "Ray issues, https://github.com/ray-project/ray/issues")
	d.press("esc")
	if len(d.f.sent) > 0 || d.asked != nil {
		t.Errorf("reading it did something: %v", d.verbs())
	}
}
