package cli

import (
	"bufio"
	"strings"
	"testing"
	"time"
)

// TestWhatATriggerSaysAgainIsOneLine: with how often and until when; what was
// done twice stays two lines.
func TestWhatATriggerSaysAgainIsOneLine(t *testing.T) {
	at := func(m int) time.Time { return time.Date(2026, 11, 23, 22, m, 0, 0, time.UTC) }
	blind := "trigger lost cannot be told: head is unreachable"
	list := []deviation{
		{Seq: 3, At: at(1), Kinds: []string{"trigger"}, Text: blind},
		{Seq: 4, At: at(2), Kinds: []string{"retry"}, Text: "execute stop@w81, attempt 2"},
		{Seq: 5, At: at(3), Kinds: []string{"trigger"}, Text: blind},
		{Seq: 6, At: at(4), Kinds: []string{"trigger"}, Text: "trigger lost fired"},
		{Seq: 7, At: at(5), Kinds: []string{"trigger"}, Text: blind},
		{Seq: 8, At: at(6), Kinds: []string{"retry"}, Text: "execute stop@w81, attempt 2"},
	}
	var text strings.Builder
	b := bufio.NewWriter(&text)
	writeDeviations(b, list)
	b.Flush()
	if n := strings.Count(text.String(), blind); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, text.String())
	}
	for _, want := range []string{"(event 3; 3 times, the last " + timeOf(at(5)) + ", event 7)", "trigger lost fired (event 6)"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
	if n := strings.Count(text.String(), "attempt 2 (event"); n != 2 {
		t.Errorf("two retries are %d lines", n)
	}
}
