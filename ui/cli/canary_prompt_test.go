//go:build linux

package cli

// The rule of this file: a secret that a person types is as unseen as any other,
// on the terminal that it is typed on too.

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

const asking = `
[[phase.step]]
id = "spill"
title = "Spill"
on = "a0"
danger = "low"
no_undo = "a test"
script = '''
cat "$FROM_PERSON_FILE"; echo " on one line"
head -c 9 "$FROM_PERSON_FILE"; sleep 0.3; tail -c +10 "$FROM_PERSON_FILE"; echo " in two pieces"
cat "$FROM_PERSON_FILE" >&2
echo begun >"$HOME/begun"
until test -e "$HOME/may-end"; do sleep 0.05; done
'''
[[phase.step]]
id = "here"
title = "Here"
danger = "none"
script = 'env; cat "$FROM_PERSON_FILE"; tr "\0" " " </proc/$PPID/cmdline; echo'
`

// seat is the program on a terminal of its own, and what that has shown.
type seat struct {
	b    *bench
	far  *os.File
	from int // of what was shown after the last answer

	mu   sync.Mutex
	said bytes.Buffer
}

func (b *bench) seat(args ...string) (*exec.Cmd, *seat) {
	b.t.Helper()
	cmd := exec.Command(b.self, args...)
	cmd.Dir = b.dir
	for k, v := range b.environ {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	far, err := pty.Start(cmd)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = cmd.Process.Kill(); far.Close() })
	s := &seat{b: b, far: far}
	go func() { _, _ = io.Copy(s, far) }()
	return cmd, s
}

func (s *seat) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Write(p)
}

func (s *seat) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// answers types a line when some words have been shown after the last answer.
func (s *seat) answers(words, line string) {
	s.b.t.Helper()
	s.b.await(words+" is shown", func() bool { return strings.Contains(s.text()[s.from:], words) })
	s.types(line)
}

func (s *seat) types(line string) {
	s.b.t.Helper()
	s.from = len(s.text())
	if _, err := s.far.WriteString(line + "\n"); err != nil {
		s.b.t.Fatal(err)
	}
}

// silent reports whether the terminal shows nothing of what is typed.
func (s *seat) silent() bool {
	t, err := unix.IoctlGetTermios(int(s.far.Fd()), unix.TCGETS)
	return err == nil && t.Lflag&unix.ECHO == 0
}

// TestCanaryOfASecretThatIsTyped looks at every process there is, too.
func TestCanaryOfASecretThatIsTyped(t *testing.T) {
	b := newBench(t, 1, asking)
	home := b.servers[0].Home
	book, err := os.ReadFile(filepath.Join(b.dir, "runbook.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("runbook.toml", strings.Replace(string(book), "[groups]", "[secrets]\nFROM_PERSON = { prompt = \"token of the registry\" }\n[groups]", 1))

	cmd, s := b.seat("run", "--plain", "-e", "prod")
	s.answers("Type the environment's name", "prod")
	b.await("the secret is asked for without echo", func() bool { return strings.Contains(s.text(), "token of the registry: ") && s.silent() })
	s.types(marks["FROM_PERSON"])
	s.answers("execute spill@a0", "execute spill@a0")
	s.answers("type y to go on", "y")
	b.await("the script has begun", exists(filepath.Join(home, "begun")))
	b.noneInProcesses(cmd.Process.Pid)
	if err := os.WriteFile(filepath.Join(home, "may-end"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.answers("execute here@local", "execute here@local")
	s.answers("> ", "close")
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, s.text())
	}
	logs, _ := b.want(0, "", "logs", "a0")
	here, _ := b.want(0, "", "logs", "local")
	for what, text := range map[string]string{"the terminal": s.text(), "the logs": logs, "the local log": here} {
		if n := strings.Count(text, "‹secret FROM_PERSON›"); n == 0 {
			t.Errorf("%s: the secret was not shown at all, so nothing was hidden:\n%s", what, text)
		}
		b.none(what, []byte(text))
	}
	report, _ := b.want(0, "", "report")
	asJSON, _ := b.want(0, "", "report", "--format", "json")
	b.none("the report", []byte(report))
	b.none("the report as JSON", []byte(asJSON))
	b.noneBelow(filepath.Join(b.dir, "state"))
	b.noneBelow(home)
}
