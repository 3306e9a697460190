package ui

import (
	"slices"
	"testing"
)

// TestAFileIsAttachedToTheSelectedStep, and what cannot be is said.
func TestAFileIsAttachedToTheSelectedStep(t *testing.T) {
	f := newFake(t, "rehearsal")
	d := sit(t, f, 120, 36)
	d.press("j", ":")
	d.words("attach ~/ports.txt the port answers")
	d.press("enter")
	d.expect(t, "attach ~/ports.txt to backup@head: accepted")
	if want := []string{"backup@head ~/ports.txt the port answers"}; !slices.Equal(f.files, want) {
		t.Errorf("attached %q, want %q", f.files, want)
	}
	d.press(":")
	d.words("attach gone")
	d.press("enter")
	d.expect(t, "not done: gone cannot be attached: no such file or directory")
	d.press(":")
	d.words("attach")
	d.press("enter")
	d.expect(t, "write :attach FILE [TEXT]")
}
