package ui

import (
	"strings"
	"testing"
)

// TestSkippingAGroupNamesWhatStays: who skips 3 of 4 is told which one is not.
func TestSkippingAGroupNamesWhatStays(t *testing.T) {
	f := newFake(t, "rehearsal")
	d := sit(t, f, 120, 36)
	d.press("s")
	d.expect(t, "SKIP all 4 tasks of Back up the configuration", "These are skipped:", "w82: Back up the configuration")
	d.press("esc", "j", "x", "y")
	f.finish("backup", 0)
	d.look()
	d.press("h", "s")
	d.expect(t, "SKIP 3 of 4 tasks of Back up the configuration", "These stay as they are:", "head: Back up the configuration, ", "done", "These are skipped:", "w80: Back up the configuration")
}

// TestAStepThatAnEnvironmentLeavesOutSaysSo on its row, and why.
func TestAStepThatAnEnvironmentLeavesOutSaysSo(t *testing.T) {
	src := strings.Replace(runbookText(t), "text = \"Write to the channel", "skip_in = [\"rehearsal\"]\nskip_reason = \"nobody reads it\"\ntext = \"Write to the channel", 1)
	d := sit(t, fakeOf(t, "rehearsal", []byte(src)), 120, 36)
	d.press("esc", ":")
	d.words("goto tell")
	d.press("enter")
	d.expect(t, "[-] Tell the teams                left out", "tell is left out in rehearsal: nobody")
}
