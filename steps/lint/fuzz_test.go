package lint

// The rule of this file: whatever stands in a script, no rule panics, and what
// is found is found inside it.

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"belay/steps"
)

// quotedTOML writes a text as a basic string on one line.
func quotedTOML(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

// bookWith gives a runbook with a text as script, undo, verify and log, each on
// a line of its own from line 5 on.
func bookWith(text, shell string) string {
	q := quotedTOML(text)
	return "secrets = { API_TOKEN = { prompt = 'x' } }\nhosts = { a.address = 'a' }\n[[phase]]\n[[phase.step]]\n" +
		"script = " + q + "\nundo.script = " + q + "\nverify.script = " + q + "\n" +
		"shell = '" + shell + "'\non = 'a'\ndanger = 'none'\n[watch.a]\non = 'a'\n[[watch.a.logs]]\nscript = " + q + "\n"
}

func FuzzRules(f *testing.F) {
	for _, name := range []string{"../../runbook.toml", plan + "transcription.toml", "../../docs/examples/postgres.toml"} {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		rb, ps := steps.Load(name, src)
		if rb == nil {
			f.Fatal(ps)
		}
		for _, s := range rb.Scripts() {
			f.Add(s.Text, s.Shell == "bash")
		}
	}
	for _, s := range []string{"", "ssh", "ssh h 'sh -c \"docker exec c sh -c \\\"rm -rf \\$X/\\\"\"'", "sudo", "env", "timeout 5", "docker", "docker compose", "docker run -e",
		"kubectl exec p --", "curl -X", "git -C", "x=$(date)-y; rm \"$x\"", "f() { cd a; ls; }\nif f; then :; fi", "cat <<A\n$B\nA", "rm -rf \"${a}\"/*", "ssh -L", "tar xf",
		"\"\" a", "\"$@\"", "for i; do echo; done", "a=(1 2); let x++; echo ${a[@]}", "${x}", "xargs", "su -c", "pip install", "psql -c 'drop table x'"} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, bash bool) {
		shell := "sh"
		if bash {
			shell = "bash"
		}
		text = strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "?")
		src := bookWith(text, shell)
		rb, ps := steps.Load("f", []byte(src))
		if rb == nil {
			t.Fatalf("the test's own file does not load: %v", ps)
		}
		lines := strings.Split(src, "\n")
		for _, p := range Check(rb) {
			if p.Line < 1 || p.Line > len(lines) {
				t.Fatalf("%s: no such line", p)
			}
			line := []rune(lines[p.Line-1])
			if !strings.Contains(string(line), "script = ") || p.Col <= strings.Index(string(line), "= ")+3 || p.Col > len(line) {
				t.Errorf("%s: not inside the script\n%s", p, lines[p.Line-1])
			}
		}
	})
}
