package steps

import (
	"strings"
	"testing"
)

// sound is a runbook without findings that the cases below spoil.
const sound = `format = 1
title = "T"
[vars]
A = "1"
IN = { ask = "In?", match = "[a-z]+", rehearsal = "abc" }
[secrets]
TOKEN = { env = "TOKEN" }
[hosts]
w1 = { address = "10.0.0.1", vars = { ONLY = "x" } }
w2 = { address = "10.0.0.2" }
[groups]
all = ["w1", "w2"]
[probes.disk]
read = "df"
[probes.ray]
host = "w1"
http = "http://127.0.0.1:8265"
read = "ray"
[probes.box]
read = "docker"
[probes.log]
script = "cat x"
read = "regex"
path = "x=([0-9]+)"
[environments.production]
kind = "live"
[environments.staging]
kind = "rehearsal"
hosts = { w1.address = "10.1.0.1", w2.address = "10.1.0.2" }
danger = { second = "high" }
[watch.all]
on = "all"
logs = [{ name = "l", script = "tail -F x" }]
gauges = [{ title = "g", probe = "disk.free" }]

[[phase]]
id = "one"
title = "One"
[[phase.step]]
id = "first"
title = "First"
on = "all"
danger = "low"
dir = "/srv/$A"
capture = { OLD = "first" }
script = 'echo "OLD=$(cat v)" >>"$BELAY_OUT"'
undo.script = 'echo "$OLD" >v'
verify = { probe = "disk", path = "/", want = ">= 1 GiB", stable = "10s", timeout = "1m" }
[[phase.step]]
id = "second"
title = "Second"
on = "all"
block = "roll"
danger = "med"
no_undo = "nothing to restore"
needs = ["first"]
script = "true"
[[phase.step]]
id = "soaking"
title = "Soak"
kind = "soak"
on = "all"
block = "roll"
soak = { for = "5m", deadline = "10m" }
evidence = [{ title = "log", probe = "log", want = "<= baseline" }]
[[phase.step]]
id = "gate"
title = "Gate"
kind = "gate"
evidence = [{ title = "jobs", probe = "ray.jobs", want = "== $A" }, { title = "yes", sign_off = "driver" }]
[[phase.step]]
id = "editing"
title = "Edit"
kind = "edit"
on = "w1"
danger = "low"
file = { path = "/etc/$ONLY", mode = "0640", set = { K = "v", T = { secret = "TOKEN" } } }
[[phase.step]]
id = "figure"
title = "Measure"
kind = "measure"
measure = { name = "rate", as = "result", ask = "How many?" }
rehearsal = { rate = "5" }
[[phase.step]]
id = "paper"
title = "Write"
kind = "document"
document = { name = "report.md", template = "x" }
[[phase.step]]
id = "hands"
title = "By hand"
kind = "manual"
skip_in = ["staging", "rehearsal"]
skip_reason = "nobody there"
refs = ["R-1"]
[[trigger]]
id = "lost"
title = "Lost"
when = { probe = "ray.nodes_lost", want = "> 3", within = "10m" }
proposes = "one"
[[criterion]]
id = "faster"
title = "Faster"
measure = "rate"
success = ">= 10%"
failed = "< 0%"
[[rollback.after]]
id = "look"
title = "Look"
danger = "none"
script = "true"
`

func TestCheckSound(t *testing.T) {
	if ps := Check(load(t, sound)); len(ps) > 0 {
		t.Errorf("%v", ps)
	}
}

func TestCheckShipped(t *testing.T) {
	for name, src := range shipped(t) {
		for _, p := range Check(load(t, src)) {
			if p.Error {
				t.Errorf("%s: %v", name, p)
			} else {
				t.Log(p)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	tests := []struct{ old, new, at, text, rule string }{
		{"format = 1", "format = 2", "2", "format is 2", "format"},
		{"format = 1", "", ``, "needs format = 1", "format"},
		{`"10.0.0.2"`, `"$IP"`, `"$IP"`, "expands $NAME in dir, path and want only", "host"},
		{`title = "T"`, ``, `format`, "needs a title", "title"},
		{`id = "second"`, `id = "first"`, `"first"`, "taken already, in line 40", "duplicate-id"},
		{`id = "lost"`, `id = "gate"`, `"gate"`, "taken already", "duplicate-id"},
		{`id = "second"`, `id = "Second"`, `"Second"`, "lower-case", "id"},
		{`id = "second"`, ``, `step]]`, "needs an id", "id"},
		{`on = "w1"`, `on = "w3"`, `"w3"`, "neither a host nor a group", "on"},
		{`w2 = {`, "local = { address = 'x' }\nw2 = {", `local`, "cannot be declared", "host"},
		{`w2 = {`, "one = { address = 'x' }\nw2 = {", `one`, "means something else", "host"},
		{`w2 = { address = "10.0.0.2" }`, `w2 = { user = "x" }`, `w2`, "needs an address", "host"},
		{`"10.0.0.2"`, `"root@w2"`, `"root@w2"`, "keys of their own", "host"},
		{`["w1", "w2"]`, `["w1", "w3"]`, `"w3"`, "not a host", "group"},
		{`["w1", "w2"]`, `["w1", "w1"]`, `"w1"]`, "twice", "group"},
		{`[environments.staging]`, `[environments.rehearsal]`, `rehearsal]`, "cannot be declared", "environment"},
		{`kind = "rehearsal"`, ``, `staging`, "needs a kind", "environment"},
		{`w2.address = "10.1`, `w3.address = "10.1`, `w3`, "not a host", "environment"},
		{`danger = { second = "high" }`, `danger = { secod = "high" }`, `secod`, `did you mean "second"`, "environment"},
		{`danger = { second = "high" }`, `danger = { second = "low" }`, `"low"`, "only raise", "environment"},
		{`, w2.address = "10.1.0.2"`, ``, `staging`, "reaches the same w2", "environment"},
		{`A = "1"`, "A = '1'\nPATH = 'x'", `PATH`, "cannot be set", "name"},
		{`A = "1"`, "A = '1'\nLD_PRELOAD = 'x'", `LD_PRELOAD`, "cannot be set", "name"},
		{`A = "1"`, "A = '1'\nBELAY_X = 'x'", `BELAY_X`, "Belay's own", "name"},
		{`A = "1"`, "A = '1'\nA-B = 'x'", `A-B`, "cannot be a variable", "name"},
		{`A = "1"`, "A = '1'\nTOKEN = 'x'", `TOKEN`, "secret as well", "name"},
		{`rehearsal = "abc"`, `rehearsal = "ABC"`, `"ABC"`, "does not match", "rehearsal"},
		{`match = "[a-z]+"`, `match = "[a-z"`, `"[a-z"`, "missing closing", "match"},
		{`{ env = "TOKEN" }`, `{ env = "TOKEN", prompt = "x" }`, `TOKEN`, "2 sources", "secret"},
		{`{ env = "TOKEN" }`, `{}`, `TOKEN`, "0 sources", "secret"},
		{`needs = ["first"]`, `needs = ["frist"]`, `"frist"`, `did you mean "first"`, "needs"},
		{`needs = ["first"]`, `needs = ["gate"]`, `"gate"`, "further down", "needs"},
		{`needs = ["first"]`, `needs = ["second"]`, `"second"`, "itself", "needs"},
		{"kind = \"soak\"\non = \"all\"", "kind = \"soak\"\non = \"w1\"", `"w1"`, "must be on the same", "block"},
		{"kind = \"soak\"\non = \"all\"", "kind = \"soak\"", `"roll"`, "from host to host", "block"},
		{"needs = [\"first\"]\n", "[[phase.step]]\nid='between'\ntitle='b'\nkind='manual'\n[[phase.step]]\nid='x'\ntitle='x'\non='all'\nblock='roll'\ndanger='none'\n", `'roll'`, "torn apart", "block"},
		{`danger = "med"`, ``, `step]]`, "needs danger", "danger"},
		{`danger = "med"`, "danger = 'med'\nconfirm = 'low'", `'low'`, "only raise", "danger"},
		{`no_undo = "nothing to restore"`, ``, `step]]`, "needs undo.script, or no_undo", "undo"},
		{`undo.script = 'echo "$OLD" >v'`, "undo.script = 'true'\nno_undo = 'x'", `'x'`, "want one of them", "undo"},
		{`needs = ["first"]`, `undo.text = "x"`, `"nothing`, "want one of them", "undo"},
		{`script = "true"`, ``, `step]]`, "needs a script", "script"},
		{`soak = { for = "5m", deadline = "10m" }`, ``, `step]]`, "needs soak.for", "soak"},
		{`deadline = "10m"`, `deadline = "1m"`, `"1m"`, "shorter than the soak", "soak"},
		{`evidence = [{ title = "log", probe = "log", want = "<= baseline" }]`, ``, `step]]`, "needs evidence", "soak"},
		{`evidence = [{ title = "jobs", probe = "ray.jobs", want = "== $A" }, { title = "yes", sign_off = "driver" }]`, ``, `step]]`, "needs evidence", "gate"},
		{`soak = { for`, "script = 'x'\nsoak = { for", `script`, "only to command or measure", "kind"},
		{`kind = "gate"`, "kind = 'gate'\nundo.text = 'x'", `undo`, "does not belong to a step of kind gate", "kind"},
		{`kind = "edit"`, "kind = 'edit'\nundo.script = 'x'", `undo`, "restores its own backup", "undo"},
		{`set = { K = "v"`, `template = "x", set = { K = "v"`, `{ path`, "exactly one of", "file"},
		{`mode = "0640"`, `mode = "rw"`, `"rw"`, "octal", "file"},
		{`secret = "TOKEN"`, `secret = "TOKN"`, `{ secret`, `did you mean "TOKEN"`, "file"},
		{`K = "v"`, `K = "a\nb"`, `"a\nb"`, "more than one line", "file"},
		{`name = "report.md"`, `name = "../x"`, `"../x"`, "plain file name", "document"},
		{`kind = "manual"`, "kind = 'manual'\nundo.script = 'x'", `undo`, "needs a text", "undo"},
		{`as = "result", `, ``, `{ name`, "baseline or result", "measure"},
		{`, ask = "How many?"`, ``, `{ name`, "one of them", "measure"},
		{`{ rate = "5" }`, `{ rate = "plenty" }`, `{ rate`, "is no figure", "measure"},
		{`read = "ray"`, "read = 'ray'\ntoken = 'TOKN'", `'TOKN'`, `did you mean "TOKEN"`, "probe"},
		{`read = "df"`, "read = 'df'\ntoken = 'TOKEN'", `'TOKEN'`, "goes with http", "probe"},
		{`probe = "ray.jobs"`, `probe = "ray.job"`, `"ray.job"`, `did you mean "jobs"`, "probe"},
		{`probe = "ray.jobs"`, `probe = "box.missing"`, `"box.missing"`, "the names that are expected", "probe"},
		{`probe = "ray.jobs"`, `probe = "ray"`, `"ray"`, "needs a field", "probe"},
		{`probe = "ray.jobs"`, `probe = "rax.jobs"`, `"rax.jobs"`, `no [probes.rax]`, "probe"},
		{`probe = "log", want`, `probe = "log.x", want`, `"log.x"`, "gives one value", "probe"},
		{`host = "w1"`, `host = "w9"`, `"w9"`, "not a host", "probe"},
		{`http = "http://127.0.0.1:8265"`, ``, `ray`, "needs http or a script", "probe"},
		{`x=([0-9]+)`, `(x)=([0-9]+)`, `"(x)=`, "2 groups", "probe"},
		{"path = \"x=([0-9]+)\"\n", "", `"log", want`, "needs a path", "probe"},
		{`probe = "log", want`, `probe = "log", path = "[", want`, `"[", want`, "missing closing", "probe"},
		{`sign_off = "driver"`, `sign_off = "driver", probe = "disk"`, `{ title = "yes"`, "exactly one", "evidence"},
		{`probe = "log", want = "<= baseline"`, `sign_off = "driver"`, `"driver"`, "only a gate", "evidence"},
		{`want = "== $A"`, `want = "= $A"`, `"= $A"`, "begins with none", "want"},
		{`, want = "== $A"`, ``, `{ title = "jobs"`, "needs want", "want"},
		{`title = "yes"`, `title = "jobs"`, `"jobs"`, "two pieces", "title"},
		{`dir = "/srv/$A"`, `dir = "/srv/$OLD"`, `"/srv/$OLD"`, "not known here", "variable"},
		{`dir = "/srv/$A"`, `dir = "/srv/$ONLY"`, `"/srv/$ONLY"`, "not known here on w2", "variable"},
		{`dir = "/srv/$A"`, `dir = "/srv/${A}"`, `"/srv/${A}"`, "write $NAME", "variable"},
		{`dir = "/srv/$A"`, `dir = "/srv/$TOKEN"`, `"/srv/$TOKEN"`, "is a secret", "variable"},
		{`capture = { OLD = "first" }`, ``, `undo`, "declare capture", "capture"},
		{`capture = { OLD = "first" }`, `capture = { OLD = "last" }`, `"last"`, "a retry overwrites", "capture"},
		{`capture = { OLD = "first" }`, `capture = { OLD = "first", NEVER = "last" }`, `"last"`, "never mentions NEVER", "capture"},
		{`rehearsal = { rate`, `rehearsal = { rte`, `"5"`, "captures no rte", "rehearsal"},
		{`skip_reason = "nobody there"`, ``, `["staging"`, "needs skip_reason", "skip"},
		{`skip_in = ["staging", "rehearsal"]`, ``, `"nobody there"`, "without skip_in", "skip"},
		{`skip_in = ["staging"`, `skip_in = ["stagin"`, `"stagin"`, "not an environment", "skip"},
		{`danger = "med"`, "danger = 'med'\ntimeout = '60h'", `'60h'`, "want 1s to 2d", "timeout"},
		{`danger = "med"`, "danger = 'med'\nestimate = '1h'", `'1h'`, "stopped after 30m", "timeout"},
		{`danger = "med"`, "danger = 'med'\nok_exit = [0, 137]", `137`, "exit code 137", "ok_exit"},
		{`danger = "med"`, "danger = 'med'\noutage = 'begins'", `'begins'`, "has no end", "outage"},
		{`kind = "gate"`, "kind = 'gate'\noutage = 'ends'", `outage`, "only to command, manual or edit", "kind"},
		{"title = \"Look\"\n", "title = 'Look'\noutage = 'ends'\n", `'ends'`, "told by the undos", "outage"},
		{`stable = "10s"`, `stable = "10m"`, `"10m"`, "given up after 1m", "timeout"},
		{`id = "hands"
title = "By hand"
kind = "manual"`, "id = 'hands'\nkind = 'document'\ndocument = { name = 'report.md', template = 'x' }", `{ name = 'report.md', template = 'x' }`, "paper keeps report.md already", "document"},
		{`deadline = "10m"`, `deadline = "10m", rehearsal = "6m"`, `"6m"`, "no more than the soak's 5m", "soak"},
		{`proposes = "one"`, `proposes = "onee"`, `"onee"`, "phase to roll back", "trigger"},
		{`measure = "rate"`, `measure = "rat"`, `"rat"`, "no step measures", "criterion"},
		{`success = ">= 10%"`, `success = "10%"`, `"10%"`, "begins with none", "criterion"},
		{`refs = ["R-1"]`, `refs = ["R 1"]`, `"R 1"`, "without spaces", "refs"},
		{`probe = "disk.free"`, `probe = "disk.fre"`, `"disk.fre"`, "no field", "probe"},
		{`script = "cat x"`, `script = "cat\u0000x"`, `"cat\u0000x"`, "a NUL byte", "script"},
		{`dir = "/srv/$A"`, `dir = "/srv/\u0000$A"`, `"/srv/`, "a NUL byte", "script"},
		{`script = "tail -F x"`, `script = ""`, `{ name = "l"`, "a name and one of script, file and container", "watch"},
	}
	for _, tt := range tests {
		t.Run(tt.new, func(t *testing.T) {
			if !strings.Contains(sound, tt.old) {
				t.Fatalf("%q is not in the sound file", tt.old)
			}
			src := strings.Replace(sound, tt.old, tt.new, 1)
			ps := Check(load(t, src))
			for _, p := range ps {
				if p.Rule == tt.rule && strings.Contains(p.Text, tt.text) {
					line := []rune(strings.Split(src, "\n")[p.Line-1])
					if rest := string(line[p.Col-1:]); !strings.HasPrefix(rest, tt.at) {
						t.Errorf("%v points at %q, want %q", p, rest, tt.at)
					}
					return
				}
			}
			t.Errorf("no [%s] with %q among %v", tt.rule, tt.text, ps)
		})
	}
}
