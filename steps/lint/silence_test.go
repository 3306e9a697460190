package lint

import (
	"fmt"
	"strings"
	"testing"

	"belay/steps"
)

// TestWhoeverHasAScriptMaySilence: wherever the file holds a script, the table
// that it stands in can say why a rule is wrong about it, and is itself held to
// that.
func TestWhoeverHasAScriptMaySilence(t *testing.T) {
	const quiet = `lint = { "pipe-hides-failure" = "an empty answer is right" }`
	for name, table := range map[string]string{
		"step s":    "[[phase]]\nid = \"p\"\n[[phase.step]]\nid = \"s\"\n%s\nscript = '%s'\n",
		"probe x":   "[probes.x]\n%s\nscript = '%s'\n",
		"watch w":   "[watch.w]\n%s\nlogs = [{ name = \"l\", script = '%s' }]\n",
		"watch v":   "[environments.e.watch.v]\n%s\ngauges = [{ script = '%s' }]\n",
		"trigger t": "[[trigger]]\nid = \"t\"\n%s\nwhen.script = '%s'\n",
	} {
		found := func(lint, script string) steps.Problems {
			rb, ps := steps.Load("f", []byte(fmt.Sprintf(table, lint, script)))
			if ps.Failed() {
				t.Fatal(ps)
			}
			return Check(rb)
		}
		if ps := found("", "ls /x | sort"); len(ps) != 1 || ps[0].Rule != "pipe-hides-failure" {
			t.Errorf("%s: %v", name, ps)
		}
		if ps := found(quiet, "ls /x | sort"); len(ps) != 0 {
			t.Errorf("%s, silenced: %v", name, ps)
		}
		if ps := found(quiet, "ls /x"); len(ps) != 1 || !strings.Contains(ps[0].Text, "finds nothing in "+name+":") {
			t.Errorf("%s, silenced for nothing: %v", name, ps)
		}
		if ps := found(`lint = { "pipe-hides-failure" = " " }`, "ls /x | sort"); !ps.Failed() {
			t.Errorf("%s, silenced without a reason: %v", name, ps)
		}
	}
	// Two tables side by side have nothing to do with each other.
	rb, _ := steps.Load("f", []byte("[probes.a]\n"+quiet+"\nscript = 'ls /x | sort'\n[probes.ab]\nscript = 'ls /x | sort'\n"))
	if ps := Check(rb); len(ps) != 1 || ps[0].Line != 5 {
		t.Errorf("%v", ps)
	}
}
