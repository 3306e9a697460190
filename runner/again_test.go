package runner

import (
	"bytes"
	"strings"
	"testing"
)

// TestTriesInTheSameWordsAreShownOnce: of tries to follow a log only what is new
// reaches the log, and nothing of it is lost.
func TestTriesInTheSameWordsAreShownOnce(t *testing.T) {
	const no = "Error response from daemon: No such container: ray-worker-1\n"
	long := strings.Repeat("a line of a log that flows\n", little/20)
	for _, test := range []struct {
		name  string
		tries [][]string // each in the chunks in which it comes
		shown string
	}{
		{"the same error", [][]string{{no}, {no[:9], no[9:]}, {no}}, no},
		{"another error", [][]string{{no}, {"cannot connect\n"}, {no}}, no + "cannot connect\n" + no},
		{"it begins alike and goes on", [][]string{{no}, {no[:20], no[20:], "it is there\n"}}, no + no + "it is there\n"},
		{"it ends within the same words", [][]string{{no}, {no[:12]}, {no}}, no + no},
		{"it is empty", [][]string{{no}, {}, {no}}, no + no},
		{"what flows is not compared", [][]string{{long}, {long}}, long + long},
	} {
		var log bytes.Buffer
		var was []byte
		for _, chunks := range test.tries {
			a := &again{out: &log, was: was}
			for _, c := range chunks {
				if n, err := a.Write([]byte(c)); n != len(c) || err != nil {
					t.Fatal(n, err)
				}
			}
			was = a.said()
		}
		if got := log.String(); got != test.shown {
			t.Errorf("%s: %q, want %q", test.name, got, test.shown)
		}
	}
}
