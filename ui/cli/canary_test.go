package cli

// The rule of this file: secrets are marked, a run is made to spill them
// wherever it can, and then everything that is left of it is searched for the
// marks: its folder, its words, the processes while it ran, and the hosts.

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// marks are the secrets by name; each contains what is searched for.
var marks = map[string]string{
	"FROM_ENV":     "canary-of-the-environment-7f3a",
	"FROM_FILE":    "canary of a file, with blanks $(id) 'and' \"quotes\"",
	"FROM_COMMAND": "canary-of-a-command-11",
	"FROM_PERSON":  "canary-that-a-person-types-23",
}

const spilling = `
[[phase.step]]
id = "spill"
title = "Spill"
on = "a0"
danger = "low"
no_undo = "a test"
retry = "safe"
capture = { KEPT = "last" }
script = '''
for f in "$FROM_ENV_FILE" "$FROM_FILE_FILE" "$FROM_COMMAND_FILE"; do
  cat "$f"; echo " on one line"
  head -c 9 "$f"; sleep 0.3; tail -c +10 "$f"; echo " in two pieces"
  cat "$f" >&2
done
echo "KEPT=harmless" >>"$BELAY_OUT"
echo begun >"$HOME/begun"
until test -e "$HOME/may-end"; do sleep 0.05; done
'''
verify.script = 'cat "$HOME/spilled-file" 2>/dev/null || true'
[[phase.step]]
id = "write"
title = "Write"
kind = "edit"
on = "a0"
danger = "low"
file = { path = "/HOME/app.env", mode = "0600", set = { TOKEN = { secret = "FROM_ENV" } } }
[[phase.step]]
id = "fail"
title = "Fail"
on = "a0"
danger = "low"
no_undo = "a test"
script = '''
cat "$FROM_COMMAND_FILE" >&2
echo "LEAK=$(cat "$FROM_COMMAND_FILE")" >>"$BELAY_OUT"
exit 3
'''
`

// homely is a step of this machine that tells what it sees.
const homely = `
[[phase.step]]
id = "here"
title = "Here"
danger = "none"
free = true
script = 'env; cat "$FROM_ENV_FILE"; tr "\0" " " </proc/$PPID/cmdline; echo'
`

// TestCanary looks at every process there is, so no other test runs beside it.
func TestCanary(t *testing.T) {
	b := newBench(t, 1, homely+spilling)
	home := b.servers[0].Home
	book, err := os.ReadFile(filepath.Join(b.dir, "runbook.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("secret.txt", marks["FROM_FILE"]+"\n")
	b.write("runbook.toml", strings.NewReplacer("/HOME/", home+"/", "[groups]", `[secrets]
FROM_ENV = { env = "THE_SECRET" }
FROM_FILE = { file = "secret.txt" }
FROM_COMMAND = { command = ["cat", "command.txt"] }
[groups]`).Replace(string(book)))
	b.write("command.txt", marks["FROM_COMMAND"]+"\n")
	b.environ["THE_SECRET"] = marks["FROM_ENV"]
	if err := os.WriteFile(filepath.Join(home, "app.env"), []byte("OTHER=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	first, said := b.process("run", "--auto", "--json", "-e", "prod", "--max-danger", "med")
	b.await("the script has begun", exists(filepath.Join(home, "begun")))
	b.noneInProcesses(first.Process.Pid)
	if err := os.WriteFile(filepath.Join(home, "may-end"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	if code := first.ProcessState.ExitCode(); code != 1 {
		t.Fatalf("exit code %d, want 1: the step fail fails\n%s", code, said)
	}
	logs, _ := b.want(0, "", "logs", "a0")
	here, _ := b.want(0, "", "logs", "local")
	for _, name := range []string{"FROM_ENV", "FROM_FILE", "FROM_COMMAND"} {
		if n := strings.Count(logs, "‹secret "+name+"›"); n < 3 {
			t.Errorf("%s is replaced %d times in the logs, want 3 and more:\n%s", name, n, logs)
		}
	}
	report, _ := b.want(0, "", "report")
	asJSON, _ := b.want(0, "", "report", "--format", "json")
	status, _ := b.want(1, "", "status")
	plan, _ := b.want(0, "", "plan")
	for what, text := range map[string]string{"the events": said.String(), "the logs": logs, "the local log": here,
		"the report": report, "the report as JSON": asJSON, "the status": status, "the plan": plan} {
		b.none(what, []byte(text))
	}
	b.noneBelow(filepath.Join(b.dir, "state"))
	b.noneBelow(home, filepath.Join(home, "app.env"))
	if text, _ := os.ReadFile(filepath.Join(home, "app.env")); !strings.Contains(string(text), "TOKEN="+marks["FROM_ENV"]) {
		t.Errorf("the edited file has no secret, so nothing was shown: %q\n%s", text, said)
	}
	// Taken back, the file has none either, and neither has its backup.
	out, _ := b.want(1, "", "run", "--auto", "-e", "prod", "--max-danger", "med", "--rollback", "run") // fail has no undo and stays failed
	if !strings.Contains(out, "undo write@a0") || !strings.Contains(out, "rollback finished") {
		t.Error(out)
	}
	b.noneBelow(home)
	b.noneBelow(filepath.Join(b.dir, "state"))
}

// none reports every mark that a text holds.
func (b *bench) none(what string, text []byte) {
	b.t.Helper()
	for name, mark := range marks {
		for form, needle := range map[string]string{"": mark, "quoted ": strings.ReplaceAll(mark, `"`, `\"`),
			"base64 ": base64.StdEncoding.EncodeToString([]byte(mark))} {
			if at := bytes.Index(text, []byte(needle)); at >= 0 {
				b.t.Errorf("%s: the %ssecret %s at byte %d of\n%s", what, form, name, at, text)
			}
		}
	}
}

// noneBelow searches a folder, but for some files.
func (b *bench) noneBelow(dir string, but ...string) {
	b.t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		for _, x := range but {
			if path == x {
				return nil
			}
		}
		text, err := os.ReadFile(path)
		b.none(path, append([]byte(path), text...))
		files++
		return err
	})
	if err != nil || files == 0 {
		b.t.Errorf("searched %d files below %s: %v", files, dir, err)
	}
}

// noneInProcesses looks at the arguments and the environment of everything that
// runs. Whoever starts Belay with a secret in its environment has put it there;
// what Belay starts must not inherit it.
func (b *bench) noneInProcesses(self int) {
	b.t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil || len(dirs) == 0 {
		b.t.Skip("this system has no /proc to look at processes")
	}
	seen, deadline := 0, time.Now().Add(30*time.Second)
	for _, dir := range dirs {
		if time.Now().After(deadline) {
			b.t.Fatal("the processes could not be read in 30 s")
		}
		words, err := os.ReadFile(dir + "/cmdline")
		if err != nil {
			continue // it has ended
		}
		seen++
		b.none(dir+"/cmdline", words)
		if filepath.Base(dir) == strconv.Itoa(self) {
			continue
		}
		if env, err := os.ReadFile(dir + "/environ"); err == nil {
			b.none(dir+"/environ", env)
		}
	}
	if seen == 0 {
		b.t.Error("no process could be read")
	}
}
