package job

// kill -9 of each shell of the wrapper at each of its calls that others can see
// the effect of, then retries until the state is settled. The count file must
// never hold two runs, and no state may contradict it. What happens between two
// such calls looks the same from outside, so these are all the points there are.
//
// By default every 11th of two calls is taken, in dash; make deep takes each, in every
// shell, as root and as an ordinary user.

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// killCalls are looked at one by one: strace counts each call by itself, and
// with several it would end at whichever is first made for the Nth time.
var killCalls = []string{"openat", "write", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat",
	"mkdir", "mkdirat", "clone", "clone3", "fork", "vfork", "execve", "wait4", "kill", "exit_group"}

// killer is a stand-in for sh that lets one role die at its Nth call. The roles
// are told apart by the mode that the detached half is started with.
const killer = `#!%[1]s
case "${2:-} ${1:-}" in
sup\ *) role=sup ;;
inner\ *) role=inner ;;
*/cmd) role=job ;;
*) role=launcher ;;
esac
n= call=
[ $role != %[2]s ] || { read -r call n <%[3]s; } 2>/dev/null
[ -n "$n" ] || exec %[1]s "$@"
exec %[4]s -DDD -q -o %[5]s -e trace=$call -e inject=$call:signal=KILL:when=$n %[1]s "$@"
`

func TestKillPoints(t *testing.T) {
	if testing.Short() {
		t.Skip("kill points take a while: not with -short")
	}
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not on this machine")
	}
	if err := exec.Command("strace", "-qq", "-o", os.DevNull, "true").Run(); err != nil {
		t.Skipf("strace cannot trace here: %v", err)
	}
	step, calls, shells, users := 11, []string{"openat", "clone"}, []string{"dash"}, []string{""}
	if os.Getenv("BELAY_DEEP") != "" {
		step, calls, shells = 1, killCalls, []string{"dash", "bash", "ash"}
		if os.Getuid() == 0 {
			users = append(users, "ordinary")
		}
	}
	var mu sync.Mutex
	points, tally := 0, make(map[string]int)
	t.Run("roles", func(t *testing.T) {
		for _, shell := range shells {
			for _, user := range users {
				for _, role := range []string{"launcher", "sup", "inner", "job"} {
					t.Run(strings.TrimSpace(role+" "+shell+" "+user), func(t *testing.T) {
						t.Parallel()
						h := newHost(t, shell)
						if user != "" {
							h.becomeOrdinary()
						}
						mine := h.killedAlong(role, calls, step)
						t.Logf("%v", mine)
						mu.Lock()
						defer mu.Unlock()
						for outcome, n := range mine {
							tally[outcome] += n
							points += n
						}
					})
				}
			}
		}
	})
	t.Logf("figure: %d points, 0 doubled, 0 contradicted; outcomes: %s", points, outcomes(tally))
}

func outcomes(tally map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(tally)) {
		out = append(out, fmt.Sprintf("%s: %d", k, tally[k]))
	}
	return strings.Join(out, ", ")
}

// lastPoint is how often a call of one kind is looked at. Only a shell that waits
// makes more, and then each round is like the one before.
const lastPoint = 80

// killedAlong kills a role at every step-th of its points, call by call, until it
// makes no more of them.
func (h *host) killedAlong(role string, calls []string, step int) map[string]int {
	tally, skip := make(map[string]int), 0
	for _, call := range calls {
		for n := 1 + skip; n <= lastPoint; n += step {
			outcome := h.killedAt(role, call, n)
			trace, _ := os.ReadFile(filepath.Join(h.home, "trace"))
			if !bytes.Contains(trace, []byte("killed by SIGKILL")) {
				skip = (skip + 3) % step // not the first of every kind
				break
			}
			tally[outcome]++
		}
	}
	return tally
}

// killedAt launches with one role dying at its nth call of a kind, and judges.
func (h *host) killedAt(role, call string, n int) string {
	t := h.t
	t.Helper()
	at, real := filepath.Join(h.home, "at"), filepath.Join(h.home, "realsh")
	if _, err := os.Stat(real); err != nil {
		target, err := os.Readlink(h.shell)
		if err != nil {
			t.Fatal(err)
		}
		strace, err := exec.LookPath("strace")
		if err != nil {
			t.Fatal(err)
		}
		// busybox is what it is called as
		if err := os.Mkdir(real, 0o755); err != nil {
			t.Fatal(err)
		}
		shell := filepath.Join(real, "sh")
		os.Symlink(target, shell)
		os.Remove(h.shell)
		if err := os.WriteFile(h.shell, fmt.Appendf(nil, killer, shell, role, at, strace, filepath.Join(h.home, "trace")), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(at, fmt.Appendf(nil, "%s %d\n", call, n), 0o644); err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(h.home, "trace"))
	text, count := h.counted(fmt.Sprint(call, n), "exit 6")
	c := launch(fmt.Sprintf("k-%s-%s-%d", role, call, n), text)
	c.Request.Secrets = map[string][]byte{"A": []byte("s3cret!")}
	h.briefly(build(t, c))
	os.Remove(at)
	h.ask(c) // a retry; its own refusal or answer is judged by what the host says next
	var s Status
	await(t, c.ID+" to settle", func() bool {
		s = h.must(Call{Verb: Fence, ID: c.ID})
		return s.State.Settled()
	})
	ran := runs(count)
	switch {
	case ran > 1:
		t.Errorf("%s at %s %d: %d runs", role, call, n, ran)
	case s.State == Exited && s.Exit == 6 && ran == 1:
	case s.State == Exited && s.Exit == 137: // something was killed, and it says so
	case s.State == Lost && (s.Started || ran == 0):
	case (s.State == NoRun || s.State == Fenced) && ran == 0:
	default:
		t.Errorf("%s at %s %d: %+v, but %d runs", role, call, n, s, ran)
	}
	if s.State != Fenced {
		h.noSecret(c.ID, "s3cret!")
	}
	return strings.TrimSpace(fmt.Sprint(s.State, " ", map[bool]string{true: "started"}[s.Started], " ran=", ran))
}

// briefly makes a call whose answer nobody waits for longer than a second.
func (h *host) briefly(stream []byte) {
	h.t.Helper()
	cmd := exec.Command(h.shell, "-s")
	cmd.Env, cmd.Dir, cmd.SysProcAttr = h.env, h.home, h.as
	cmd.Stdin = strings.NewReader(string(stream))
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	limit := time.AfterFunc(time.Second, func() { cmd.Process.Kill() })
	cmd.Wait()
	limit.Stop()
}
