package ui

import (
	"io"
	"strings"
	"testing"
	"time"
)

// A key that came together with the one that opened a question confirms nothing,
// however late the machine gets to it.
func TestAKeyIsAsOldAsItsReading(t *testing.T) {
	d := started(t)
	d.press("down")
	d.clock = d.clock.Add(2 * time.Second)
	came := d.clock
	d.opts.came = func() time.Time { return came }
	d.clock = d.clock.Add(time.Second)
	d.send(keyOf("x"))
	d.expect(t, "EXECUTE Build 2.53")
	d.clock = d.clock.Add(5 * time.Second)
	d.send(keyOf("y"))
	d.expect(t, "EXECUTE Build 2.53")
	if len(d.f.sent) > 0 {
		t.Fatalf("sent %v", d.verbs())
	}
	came = d.clock.Add(-time.Second) // read 4 seconds after the question opened
	d.send(keyOf("y"))
	if len(d.f.sent) != 1 {
		t.Errorf("sent %v, want what a person meant: %s", d.verbs(), d.said)
	}
}

func TestInputRemembersWhenItWasRead(t *testing.T) {
	now := night
	o := Options{Input: strings.NewReader("xy"), Now: func() time.Time { return now }}.stamped()
	if at := o.keyAt(); !at.Equal(night) {
		t.Errorf("before anything was read: %s", at)
	}
	text := make([]byte, 8)
	if n, err := o.Input.Read(text); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	now = now.Add(time.Minute)
	if at := o.keyAt(); !at.Equal(night) {
		t.Errorf("a minute later the keys are from %s, want %s", at, night)
	}
	if _, err := o.Input.Read(text); err != io.EOF {
		t.Error(err)
	}
	if at := o.keyAt(); !at.Equal(now) {
		t.Errorf("after another read: %s", at)
	}
}
