package cli

// The rule of this file: whatever a person types is taken by who asked for it.

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"belay/runner/remote/sshdtest"
	"belay/steps"
)

// typist is a terminal on which a person types whole lines, as a terminal gives
// them: one at a time, to whoever reads.
type typist struct {
	lines chan string
	mu    sync.Mutex
	said  bytes.Buffer
}

func (y *typist) Read(b []byte) (int, error) {
	line, ok := <-y.lines
	if !ok {
		return 0, io.EOF
	}
	return copy(b, line+"\n"), nil
}

func (y *typist) Write(b []byte) (int, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.said.Write(b)
}

func (y *typist) heard(words string) bool { return strings.Contains(y.all(), words) }

func (y *typist) all() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.said.String()
}

// sit starts the program in front of a typist; its code comes when it ends.
func (b *bench) sit(args ...string) (*typist, <-chan int) {
	y, code := &typist{lines: make(chan string)}, make(chan int, 1)
	env := Host()
	env.Stdin, env.Stdout, env.Stderr = y, y, y
	env.Args, env.Cwd, env.Self, env.User = args, b.dir, b.self, "ana"
	env.Getenv = func(name string) string { return b.environ[name] }
	env.IsTerminal = func(any) bool { return true }
	env.ReadSecret = func(ctx context.Context) ([]byte, error) {
		select {
		case line := <-y.lines:
			return []byte(line), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	go func() { code <- Main(env) }()
	return y, code
}

// known is what a run notes of the server a0, once it has answered.
var known = regexp.MustCompile(`a0 is .*machine-id`)

// TestPassphraseIsNoCommand: in plain mode a passphrase is asked for before the
// prompt reads the terminal, so it opens the key and is never shown.
func TestPassphraseIsNoCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, twoSteps)
	s := b.servers[0]
	locked := filepath.Join(s.Dir, "locked")
	s.Keygen("-t", "ed25519", "-N", "open sesame", "-f", locked)
	s.Authorize(locked + ".pub")
	config, err := os.ReadFile(filepath.Join(b.dir, "config/belay/ssh_config"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("config/belay/ssh_config", strings.Replace(string(config), "IdentityFile "+s.Key, "IdentityFile "+locked, 1))

	y, code := b.sit("run", "--plain", "-e", "prod")
	y.lines <- "prod"
	b.await("the passphrase is asked for", func() bool { return y.heard("passphrase for " + locked) })
	y.lines <- "close sesame"
	b.await("it is asked for again", func() bool { return y.heard("that was not it") })
	y.lines <- "open sesame"
	b.await("the server is known", func() bool { return known.MatchString(y.all()) })
	y.lines <- "quit"
	if got := <-code; got != steps.CodePerson || y.heard("sesame") {
		t.Errorf("code %d\n%s", got, y.all())
	}
	b.want(steps.CodeUnreachable, "", "run", "--auto", "-e", "prod") // there is nobody to ask
}

// TestCancelAtAPrompt: Ctrl-C at a question is heard at once, and nothing began.
func TestCancelAtAPrompt(t *testing.T) {
	b := newBench(t, 1, twoSteps)
	y, code := b.sit("run", "--plain", "-e", "prod")
	b.await("the name is asked for", func() bool { return y.heard("Type the environment's name") })
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if got := <-code; got != steps.CodeDeclined || !y.heard("cancelled; nothing was started") {
		t.Errorf("code %d\n%s", got, y.said.String())
	}
	if exists(filepath.Join(b.dir, "state"))() {
		t.Error("a run was made")
	}
}

// TestLoginAsksWhatAServerWants: a server that was not there when the run began,
// and asks for a password, is reached by a word; the password is never shown.
func TestLoginAsksWhatAServerWants(t *testing.T) {
	t.Parallel()
	b := newBenchOn(t, 1, twoSteps, sshdtest.PAM(t, "open sesame"))
	b.servers[0].Stop()
	y, code := b.sit("run", "--plain", "-e", "prod")
	y.lines <- "prod"
	b.await("the server is down", func() bool { return y.heard("host a0: unreachable") })
	b.servers[0].Restart()
	y.lines <- "login"
	b.await("the password is asked for", func() bool { return y.heard(") asks: Password:") })
	y.lines <- "close sesame"
	b.await("and asked for again", func() bool { return strings.Count(y.all(), ") asks: Password:") == 2 })
	y.lines <- "open sesame"
	b.await("the server is reached", func() bool { return y.heard("a0 is reached") })
	after := func() string { _, s, _ := strings.Cut(y.all(), "a0 is reached"); return s }
	b.await("it is asked on", func() bool { return strings.Contains(after(), "\n> ") })
	y.lines <- "quit"
	if got := <-code; got != steps.CodePerson || y.heard("sesame") || strings.Contains(after(), "unreachable") {
		t.Errorf("code %d\n%s", got, y.all())
	}
}
