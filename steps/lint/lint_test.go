package lint

import (
	"os"
	"strings"
	"testing"

	"belay/steps"
)

// step wraps a line of TOML so that it stands in line 3 of a file.
func step(line string) string { return "[[phase]]\n[[phase.step]]\n" + line + "\n" }

func TestCheckPlaces(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"one line", step(`script = 'if true; then'`), "f:3:20: error: `then` must be followed"},
		{"third line of a script", step("script = '''\necho a\necho \"b\n'''"), "f:5:6: error: reached EOF without closing quote"},
		{"runes before it", step("script = '''\nécho ü; )\n'''"), "f:4:9: error: `)` can only be used to close a subshell"},
		{"after an escape", step(`script = "echo\ta; )"`), "f:3:20: error: `)` can only"},
		{"undo", step(`undo.script = ')'`), "f:3:16: error"},
		{"verify", step(`verify = { script = ')' }`), "f:3:22: error"},
		{"evidence", step(`evidence = [{ script = 'true' }, { script = ')' }]`), "f:3:46: error"},
		{"probe", "[probes.x]\nscript = ')'", "f:2:11: error"},
		{"log", "[watch.x]\nlogs = [{ script = ')' }]", "f:2:21: error"},
		{"trigger", "[[trigger]]\nwhen.script = ')'", "f:2:16: error"},
		{"bash in sh", step(`script = 'a=(1 2)'`), "f:3:13: error: arrays are a bash"},
		{"bash in bash", step("shell = 'bash'\nscript = 'a=(1 2); ls'"), ""},
		{"tee", step(`script = 'make | tee log'`), "f:3:11: warning: if make fails the pipe still succeeds"},
		{"in a substitution", step(`script = 'x=$(git log | head -1)'`), "f:3:15: warning: if git fails"},
		{"the middle", step(`script = 'echo a | wget x | cat'`), "f:3:20: warning: if wget fails"},
		{"a block", step(`script = '{ make; } | cat'`), "f:3:11: warning: if what stands here fails"},
		{"harmless head", step(`script = 'echo a | cat'`), ""},
		{"grep proves", step(`script = 'docker ps | grep -qF ray'`), ""},
		{"grep -v does not", step(`script = 'docker ps | grep -qv ray'`), "f:3:11: warning"},
		{"pipefail", step("shell = 'bash'\nscript = 'set -o pipefail; make | tee log'"), ""},
		{"or is no pipe", step(`script = 'make || cat log'`), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rb, ps := steps.Load("f", []byte(tt.src))
			if ps.Failed() {
				t.Fatal(ps)
			}
			found := Check(rb)
			switch {
			case tt.want == "" && len(found) > 0:
				t.Errorf("found %v", found)
			case tt.want != "" && (len(found) != 1 || !strings.HasPrefix(found[0].String(), tt.want)):
				t.Errorf("\n got %v\nwant %s", found, tt.want)
			}
		})
	}
}

func TestCheckShipped(t *testing.T) {
	for _, name := range []string{"../testdata/sample.toml", "../../runbook.toml"} {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Logf("without %s: %v", name, err)
			continue
		}
		rb, ps := steps.Load(name, src)
		if ps.Failed() {
			t.Fatal(ps)
		}
		if ps := Check(rb); ps.Failed() {
			t.Error(ps.Err())
		} else {
			t.Log(ps)
		}
	}
}

func TestStarterIsClean(t *testing.T) {
	rb, ps := steps.Load("starter.toml", []byte(steps.Starter))
	if ps = append(ps, Check(rb)...); len(ps) > 0 {
		t.Errorf("%v", ps)
	}
}

func BenchmarkCheck(b *testing.B) {
	src, err := os.ReadFile("../../runbook.toml")
	if err != nil {
		b.Fatal(err)
	}
	rb, ps := steps.Load("runbook.toml", src)
	if ps.Failed() {
		b.Fatal(ps)
	}
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			Check(rb)
		}
	})
	b.Run("errors", func(b *testing.B) {
		for b.Loop() {
			Errors(rb)
		}
	})
}
