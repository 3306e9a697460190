package lint

// The rule of this file: what is judged over steps, hosts and order is shown on
// whole runbooks, each with one thing changed.

import (
	"strings"
	"testing"

	"belay/steps"
)

const four = `format = 1
title = "n"
hosts = { a.address = "a", b.address = "b", c.address = "c", d.address = "d" }
groups = { all = ["a", "b", "c", "d"], tail = ["b", "c", "d"], three = ["a", "b", "c"] }
secrets = { TOKEN = { prompt = "?" } }
`

// cmd is a step that changes something, with its undo.
func cmd(id, on, script, undo string) string {
	return "[[phase.step]]\nid = '" + id + "'\non = '" + on + "'\ndanger = 'med'\nscript = '''" + script + "'''\nundo.script = '''" + undo + "'''\n"
}

func edit(id, on string) string {
	return "[[phase.step]]\nid = '" + id + "'\nkind = 'edit'\non = '" + on + "'\ndanger = 'med'\nfile = { path = '/etc/x', set = { A = '1' } }\n"
}

const phase = "[[phase]]\nid = 'p'\n"

func TestNight(t *testing.T) {
	stop, start := cmd("stop", "a", "docker compose stop", "docker compose start"), cmd("start", "a", "docker compose up -d", "docker compose down")
	restart := cmd("restart", "a", "systemctl restart x", "systemctl restart x")
	tests := []struct{ name, src, want string }{
		{"one host of four is in no step", phase + cmd("s", "three", "x", "y"), "host-absent"},
		{"single hosts, one forgotten", phase + cmd("s", "a", "x", "y") + cmd("t", "b", "x", "y") + cmd("u", "c", "x", "y"), "host-absent"},
		{"two of three, by one script", phase + cmd("s", "a", "x", "y") + cmd("t", "b", "x", "y"), "host-absent"},
		{"two of three, by two scripts", phase + cmd("s", "a", "x", "y") + cmd("t", "b", "z", "y"), ""},
		{"all hosts, by two groups", phase + cmd("s", "a", "x", "y") + cmd("t", "tail", "x", "y"), ""},
		{"local alone", phase + cmd("s", "local", "x", "y"), ""},
		{"one step leaves one out", phase + cmd("s", "all", "x", "y") + cmd("t", "all", "x", "y") + cmd("u", "three", "x", "y"), "host-absent"},
		{"and does it there by itself", phase + cmd("s", "all", "x", "y") + cmd("t", "all", "x", "y") + cmd("u", "three", "x", "y") + cmd("v", "d", "x", "y"), ""},
		{"a group that is a role", phase + cmd("s", "all", "x", "y") + cmd("t", "all", "x", "y") + cmd("u", "tail", "x", "y") + cmd("v", "tail", "x", "y"), ""},
		{"another phase does it", phase + cmd("s", "all", "x", "y") + "[[phase]]\nid = 'q'\n" + cmd("u", "three", "x", "y"), "host-absent"},

		{"stop, edit, start", phase + stop + edit("e", "a") + start, ""},
		{"edit, stop, start", phase + edit("e", "a") + stop + start, "undo-after-start"},
		{"edit, restart", phase + edit("e", "a") + restart, "undo-after-start"},
		{"edit elsewhere, restart", phase + edit("e", "b") + restart, ""},
		{"edit, restart, and again afterwards", phase + edit("e", "a") + restart + "[[rollback.after]]\nid = 'again'\non = 'a'\ndanger = 'med'\nscript = 'systemctl restart x'\n", ""},
		{"checkout, restart", phase + cmd("e", "a", "git checkout x", "git checkout y") + restart, "undo-after-start"},
		{"copy, restart", phase + cmd("e", "a", "cp x y", "cp x.old x") + restart, "undo-after-start"},
		{"a temporary copy, restart", phase + cmd("e", "a", "cp x /tmp/y", "rm -f /tmp/y") + restart, ""},
		{"in another phase", phase + edit("e", "a") + "[[phase]]\nid = 'q'\n" + restart, ""},
		{"restart without an undo that starts", phase + edit("e", "a") + cmd("r", "a", "systemctl restart x", "true"), ""},

		{"an edit writes a password", phase + strings.Replace(edit("e", "a"), "A = '1'", "DB_PASSWORD = 'hunter2'", 1), "secret-literal"},
		{"an edit writes a secret", phase + strings.Replace(edit("e", "a"), "A = '1'", "DB_PASSWORD = { secret = 'TOKEN' }", 1), ""},
		{"an edit writes a variable of the file itself", phase + strings.Replace(edit("e", "a"), "A = '1'", "DB_PASSWORD = '${OTHER}'", 1), ""},
		{"an edit writes a placeholder", phase + strings.Replace(edit("e", "a"), "A = '1'", "A = '<value-of-a>'", 1), "placeholder"},
		{"a folder with a tilde", phase + strings.Replace(edit("e", "a"), "/etc/x", "~/x", 1), "tilde"},
		{"a variable holds a password", "vars = { DB_PASSWORD = 'hunter2' }\n" + phase + cmd("s", "a", "x", "y"), "secret-literal"},
		{"a variable is a question", "vars = { DB_NAME = { ask = '?', rehearsal = 'TBD' } }\n" + phase + cmd("s", "a", "x", "y"), ""},

		{"the undo uses what a step before captured", phase + strings.Replace(cmd("s", "a", `echo "X=1" >>"$BELAY_OUT"`, "true"), "danger", "capture = { X = 'first' }\ndanger", 1) + cmd("t", "a", "x", `echo "$X"`), ""},
		{"the undo uses what a step behind captures", phase + cmd("t", "a", "x", `echo "$X"`) + strings.Replace(cmd("s", "a", `echo "X=1" >>"$BELAY_OUT"`, "true"), "danger", "capture = { X = 'first' }\ndanger", 1), "undo-uncaptured"},
		{"captured on another host", phase + strings.Replace(cmd("s", "b", `echo "X=1" >>"$BELAY_OUT"`, "true"), "danger", "capture = { X = 'first' }\ndanger", 1) + cmd("t", "a", "x", `echo "$X"`), "undo-uncaptured"},
		{"captured on local", phase + strings.Replace(cmd("s", "local", `echo "X=1" >>"$BELAY_OUT"`, "true"), "danger", "capture = { X = 'first' }\ndanger", 1) + cmd("t", "a", "x", `echo "$X"`), ""},
		{"a rollback step uses what was captured", phase + strings.Replace(cmd("s", "a", `echo "X=1" >>"$BELAY_OUT"`, "true"), "danger", "capture = { X = 'first' }\ndanger", 1) + "[[rollback.after]]\nid = 'z'\non = 'a'\ndanger = 'none'\nscript = 'echo $X'\n", ""},

		{"a probe changes something", "probes.x = { read = 'text', script = 'docker restart c' }\n" + phase + cmd("s", "a", "x", "y"), "evidence-changes"},
		{"a log follows", phase + cmd("s", "a", "x", "y") + "[watch.a]\non = 'a'\nlogs = [{ name = 'l', script = 'docker logs -f --tail 9 c' }]\n", ""},
		{"a log follows from the beginning", phase + cmd("s", "a", "x", "y") + "[watch.a]\non = 'a'\nlogs = [{ name = 'l', script = 'docker logs -f c' }]\n", "log-unbounded"},
		{"a verify naps and has no time", phase + cmd("s", "a", "x", "y") + "verify.script = 'until test -e x; do sleep 2; done'\n", "no-deadline"},
		{"a verify naps and has a time", phase + cmd("s", "a", "x", "y") + "verify = { timeout = '5m', script = 'until test -e x; do sleep 2; done' }\n", ""},
		{"a gate on old values", phase + "[[phase.step]]\nid = 'g'\nkind = 'gate'\nevidence = [{ title = 't', on = 'a', script = 'x', max_age = '1h' }]\n", "old-evidence"},
		{"a gate on fresh values", phase + "[[phase.step]]\nid = 'g'\nkind = 'gate'\nevidence = [{ title = 't', on = 'a', script = 'x', max_age = '10m' }]\n", ""},
		{"an undo destroys, and says so", phase + cmd("s", "a", "x", "docker compose down -v") + "undo.danger = 'high'\n", ""},
		{"an undo destroys", phase + cmd("s", "a", "x", "docker compose down -v"), "danger-too-low"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rb, ps := steps.Load("f", []byte(four+tt.src))
			if rb == nil {
				t.Fatal(ps)
			}
			var got []string
			for _, p := range Check(rb) {
				got = append(got, p.Rule)
				if p.Line <= strings.Count(four, "\n") && !strings.HasPrefix(tt.src, "vars") && !strings.HasPrefix(tt.src, "probes") {
					t.Errorf("%s stands outside of what was changed", p)
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("found %v, want %q", Check(rb), tt.want)
			}
		})
	}
}
