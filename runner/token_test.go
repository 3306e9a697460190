package runner

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"belay/steps"
)

const tokenBook = `
format = 1
title = "token"
[secrets]
TOKEN = { env = "TOKEN" }
[hosts]
a = { address = "a" }
b = { address = "b" }
[probes.api]
host = "a"
http = "%[1]s/api"
token = "TOKEN"
read = "json"
path = ".jobs"
[probes.elsewhere]
host = "a"
http = "%[1]s/elsewhere"
token = "TOKEN"
read = "json"
path = ".jobs"
[environments.production]
kind = "live"
[[phase]]
id = "one"
title = "One"
[[phase.step]]
id = "go"
title = "Go?"
kind = "gate"
evidence = [ { title = "jobs", probe = "api", want = "== 0" }, { title = "moved", probe = "elsewhere", want = "== 0" } ]
`

// TestATokenGoesWithTheRequestAndNowhereElse: through a real sshd, to a server
// that says the token back, in its refusal and in a redirect.
func TestATokenGoesWithTheRequestAndNowhereElse(t *testing.T) {
	const secret = "s3cr3t-t0ken"
	var mu sync.Mutex
	refuse, seen := false, map[string]string{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.URL.Path] = r.Header.Get("Authorization")
		switch {
		case r.URL.Path == "/elsewhere":
			http.Redirect(w, r, "/trap?token="+secret, http.StatusFound)
		case refuse:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, "bad token %s", secret)
		default:
			fmt.Fprint(w, `{"jobs":0}`)
		}
	}))
	defer web.Close()
	g := newRig(t, fmt.Sprintf(tokenBook, web.URL))
	on := realSSH(t)
	g.real = on.hosts
	g.secrets = map[string][]byte{"TOKEN": []byte(secret)}
	g.start(nil)
	g.bound()
	g.must(execute("go@local"))
	jobs := func(c *steps.Case) steps.Reading { return c.Evidence(task("go@local"))[0] }
	g.until("green with the token", func(c *steps.Case) bool { return jobs(c).Verdict == steps.Green })
	mu.Lock()
	refuse = true
	if seen["/api"] != "Bearer "+secret || seen["/elsewhere"] != "Bearer "+secret {
		t.Errorf("the server was told %q", seen)
	}
	mu.Unlock()
	g.until("refused", func(c *steps.Case) bool { return jobs(c).Verdict == steps.CannotTell })
	c := g.runner.Snapshot().Case
	if why := jobs(&c).Why; !strings.Contains(why, "HTTP status 401: bad token ‹secret TOKEN›") {
		t.Errorf("the refusal reads %q", why)
	}
	if moved := c.Evidence(task("go@local"))[1]; moved.Verdict != steps.CannotTell || !strings.Contains(moved.Why, "HTTP status 302") {
		t.Errorf("the redirect reads %+v", moved)
	}
	for _, r := range c.Evidence(task("go@local")) {
		if strings.Contains(fmt.Sprintf("%+v", r), secret) {
			t.Errorf("the secret is shown: %+v", r)
		}
	}
	g.must(steps.Action{Verb: steps.Override, Task: task("go@local"), Reason: "known", Confirm: steps.Confirmation{How: "typed", Typed: "local production"}})
	for _, l := range g.journal.lines {
		if strings.Contains(string(l.data), secret) {
			t.Fatalf("the journal holds the secret: %s", l.data)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if _, followed := seen["/trap"]; followed {
		t.Error("the redirect was followed")
	}
}
