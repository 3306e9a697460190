package fleettest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"belay/runner/probe"
)

// state of a server that a rollback has to bring back, byte for byte.
const state = `
cd "$REPO"
cat .git/HEAD .git/refs/heads/master
find . -type d -not -path './.git/*' | sort
git status --porcelain
test ! -e .git/worktrees
find . -type f -not -path './.git/*' | sort | while read -r f; do sha256sum "$f"; done
cd "$RAY_DIR"
ls -l .env.ray | cut -c 1-10
cat .env.ray
docker ps -a --format '{{.Names}} {{.Image}} {{.State}}'
for c in $CONTAINERS; do docker exec "$c" ray --version; docker inspect -f '{{.Image}} {{.RestartCount}}' "$c"; done
docker image inspect -f '{{.Id}}' "$IMAGE:$OLD"
`

// TestThereAndBack is the promise of the runbook: to 2.53 and, from its end,
// back to what was.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	before := map[string]string{}
	for _, h := range c.book.AllHosts() {
		before[h] = c.on(h, state)
		if !strings.Contains(before[h], "2.40.0") {
			t.Fatalf("%s does not begin with 2.40.0:\n%s", h, before[h])
		}
	}
	for _, phase := range []string{"prereq", "rollout"} {
		if err := c.forward(phase, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range c.book.AllHosts() {
		if got := c.on(h, `for c in $CONTAINERS; do docker exec "$c" ray --version; done; cat "$RAY_DIR/.env.ray"`); strings.Contains(got, "2.40.0") || !strings.Contains(got, "RAY_AUTH_TOKEN="+token) {
			t.Errorf("%s at the end:\n%s", h, got)
		}
	}
	if err := c.back(); err != nil {
		t.Fatal(err)
	}
	for _, h := range c.book.AllHosts() {
		if after := c.on(h, state); after != before[h] {
			t.Errorf("%s is not what it was.\nbefore:\n%s\nafter:\n%s", h, before[h], after)
		}
	}
}

// TestBackFromTheMiddle undoes what a stop in each dangerous place leaves.
func TestBackFromTheMiddle(t *testing.T) {
	t.Parallel()
	for _, stop := range []string{"stop-head", "token", "recheck"} {
		t.Run(stop, func(t *testing.T) {
			t.Parallel()
			c := newCrew(t)
			before := c.on("w81", state) + c.on("head", state)
			if err := c.forward("rollout", stop); err != nil {
				t.Fatal(err)
			}
			if err := c.back(); err != nil {
				t.Fatal(err)
			}
			if after := c.on("w81", state) + c.on("head", state); after != before {
				t.Errorf("not what it was.\nbefore:\n%s\nafter:\n%s", before, after)
			}
		})
	}
}

// until waits for what the fleet's own time brings about.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestMixedVersion: a 2.40 worker of a 2.53 cluster restarts and restarts, says
// why in Ray's words, and does not stay.
func TestMixedVersion(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	if err := c.forward("rollout", "recheck"); err != nil {
		t.Fatal(err)
	}
	c.on("w81", `cd "$RAY_DIR" && IMAGE_TAG=2.40.0 docker compose up -d --no-build`)
	until(t, "a worker that was refused three times", func() bool {
		out := c.on("w81", `docker inspect -f '{{.RestartCount}}' ray-worker-1`)
		var n int
		_, err := fmt.Sscan(out, &n)
		return err == nil && n >= 3
	})
	log := c.on("w81", "docker logs --tail 200 ray-worker-1 2>&1")
	want := "RuntimeError: Version mismatch: The cluster was started with:\n    Ray: 2.53.0\n    Python: 3.10.19\nThis process on node 10.0.0.81 was started with:\n    Ray: 2.40.0\n"
	if !strings.Contains(log, want) {
		t.Errorf("the log does not say so:\n%s", log)
	}
	c.on("w81", `cd "$RAY_DIR" && docker compose down -t 1`)
	if out := c.on("head", "docker exec ray-head ray list nodes --filter state=ALIVE --filter is_head_node=False"); !strings.Contains(out, "No resource") {
		t.Errorf("one stayed:\n%s", out)
	}
}

// TestStrayWorker: the first step of the roll-out finds what a test forgot.
func TestStrayWorker(t *testing.T) {
	t.Parallel()
	c := newCrew(t, "stray-worker:w80")
	until(t, "the forgotten container", func() bool {
		return strings.Contains(c.on("w80", "docker ps"), "ray-worker-test")
	})
	err := c.forward("rollout", "alerts-now")
	if err == nil || !strings.Contains(err.Error(), "precheck on w80") || !strings.Contains(err.Error(), "ray-worker-test ray-worker:2.40.0") {
		t.Fatalf("not found: %v", err)
	}
	c.on("w80", "docker rm -f ray-worker-test")
	if err := c.forward("rollout", "alerts-now"); err != nil {
		t.Errorf("after its removal: %v", err)
	}
}

// TestCrashLoop: new workers that crash are never green, and after the undo a
// second try is.
func TestCrashLoop(t *testing.T) {
	t.Parallel()
	c := newCrew(t, "crash-loop:w82")
	if err := c.forward("rollout", "recheck"); err != nil {
		t.Fatal(err)
	}
	start := c.book.Step("start")
	err := c.attempt(start, "w82")
	if err == nil || !strings.Contains(err.Error(), "starts again") {
		t.Fatalf("a crash loop was not noticed: %v", err)
	}
	if why, green := c.look(start, "w82", *start.Verify); green {
		t.Errorf("a crash loop was taken for proof: %s", why)
	}
	if err := c.undo(start, "w82"); err != nil {
		t.Fatal(err)
	}
	if err := c.attempt(start, "w82"); err != nil {
		t.Errorf("second try: %v", err)
	}
}

// TestDockerForProbe: the reader of the probe understands the fleet's docker.
func TestDockerForProbe(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	q, err := probe.Docker{}.Ask("running", "")
	if err != nil {
		t.Fatal(err)
	}
	all, err := probe.ParseDocker([]byte(c.on("w81", q.Script)))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 4 {
		t.Fatalf("%d containers, want 4", len(all))
	}
	for _, one := range all {
		if one.State != "running" || one.Image != "ray-worker:2.40.0" || one.Restarts == nil || *one.Restarts != 0 {
			t.Errorf("%+v", one)
		}
	}
}
