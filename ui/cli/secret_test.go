package cli

// The rule of this file: a person is asked for a secret when something may need
// it, and nobody has to be there when nothing does.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"belay/steps"
)

const tokenSteps = `
[[phase.step]]
id = "log-in"
title = "Log in"
on = "a0"
danger = "low"
no_undo = "a login harms nothing"
script = 'test "$(cat "$TOKEN_FILE")" = "open sesame"'
[[phase.step]]
id = "greet"
title = "Greet"
on = "a0"
danger = "low"
script = 'echo hello >"$HOME/greeting"'
undo.script = 'rm "$HOME/greeting"'
`

// TestARollbackAsksForNoSecretThatItDoesNotUse: nobody is there, and the secret
// of a step that is done is nobody's concern. One that is too short is asked for
// again.
func TestARollbackAsksForNoSecretThatItDoesNotUse(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, tokenSteps)
	book, err := os.ReadFile(filepath.Join(b.dir, "runbook.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("runbook.toml", strings.Replace(string(book), "[groups]", "[secrets]\nTOKEN = { prompt = \"the word\" }\n[groups]", 1))
	y, code := b.sit("run", "--plain", "-e", "prod")
	y.lines <- "prod"
	b.await("the secret is asked for", func() bool { return strings.Count(y.all(), "the word: ") == 1 })
	y.lines <- "short"
	b.await("and asked for again", func() bool { return y.heard("a secret has at least 6 bytes; once more") })
	y.lines <- "open sesame"
	b.await("the first step is listed", func() bool { return y.heard("execute log-in@a0") })
	y.lines <- "execute log-in@a0"
	y.lines <- "y"
	b.await("the second step is listed", func() bool { return y.heard("execute greet@a0  (") })
	y.lines <- "execute greet@a0"
	y.lines <- "y"
	greeting := filepath.Join(b.servers[0].Home, "greeting")
	b.await("the greeting", exists(greeting))
	b.await("its end", func() bool { return y.heard("greet.a0.1 exited 0") })
	y.lines <- "quit"
	if got := <-code; got != steps.CodeDone && got != steps.CodePerson {
		t.Fatalf("code %d\n%s", got, y.all())
	}
	b.want(steps.CodePerson, "", "run", "--auto", "-e", "prod") // forward it is needed, and nobody is there
	b.want(0, "", "run", "--auto", "-e", "prod", "--rollback", "run", "--max-danger", "critical")
	if exists(greeting)() {
		t.Error("the greeting is still there")
	}
}
