package style

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// TestColourBlindKnowsNoRedAndGreen: what is well is blue, trouble has no hue and
// is reversed, and no two tones that mean opposite things look the same.
func TestColourBlindKnowsNoRedAndGreen(t *testing.T) {
	for _, dark := range []bool{true, false} {
		st := New(Terminal{Dark: dark, ColourBlind: true}, Solid)
		looks := map[string]Tone{}
		for _, tone := range []Tone{OK, Warn, Danger, Plain} {
			look := st.Paint(tone, "x")
			if other, same := looks[look]; same {
				t.Errorf("dark %v: tones %d and %d look the same", dark, tone, other)
			}
			looks[look] = tone
			for _, hue := range []string{"31", "32", "91", "92"} { // ECMA-48: red and green
				for _, seq := range strings.Split(strings.Trim(strings.ReplaceAll(look, "\x1b[", "|"), "|"), "|") {
					params, _, _ := strings.Cut(seq, "m")
					for _, p := range strings.Split(params, ";") {
						if p == hue {
							t.Errorf("dark %v: tone %d has hue %s", dark, tone, hue)
						}
					}
				}
			}
			if ansi.Strip(look) != "x" {
				t.Errorf("tone %d changes the text: %q", tone, look)
			}
		}
	}
}
