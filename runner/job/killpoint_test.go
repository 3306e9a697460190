package job

// kill -9 of each process of the wrapper at its Nth system call, then retries
// until the state is settled. The count file must never hold two runs, and no
// state may contradict it. `go test -run KillPoints -killpoints 1` takes every
// point of the first 150; by default every 17th is taken.

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var killStep = flag.Int("killpoints", 17, "distance between two kill points")

const killCalls = "openat,write,rename,renameat2,link,linkat,unlink,unlinkat,clone,clone3,fork,vfork," +
	"wait4,close,dup2,read,fcntl,rt_sigaction,rt_sigprocmask,newfstatat,getpid,execve"

// killer is a stand-in for sh that lets one role die at its Nth call. The roles
// are told apart by the mode that the detached half is started with.
const killer = `#!%[1]s
case "${2:-} ${1:-}" in
sup\ *) role=sup ;;
inner\ *) role=inner ;;
*/cmd) role=job ;;
*) role=launcher ;;
esac
n=
[ $role != %[2]s ] || n=$(cat %[3]s 2>/dev/null)
[ -n "$n" ] || exec %[1]s "$@"
exec strace -DDD -qq -o /dev/null -e trace=%[4]s -e inject=%[4]s:signal=KILL:when=$n %[1]s "$@"
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
	for _, role := range []string{"launcher", "sup", "inner", "job"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, "dash")
			tally := make(map[string]int)
			for n := 1; n <= 150; n += *killStep {
				tally[h.killedAt(role, n)]++
			}
			t.Logf("%s, killed at every %dth call: %v", role, *killStep, tally)
		})
	}
}

// killedAt launches with one role dying at its nth call, and judges.
func (h *host) killedAt(role string, n int) string {
	t := h.t
	t.Helper()
	at, real := filepath.Join(h.home, "at"), filepath.Join(h.home, "realsh")
	if _, err := os.Stat(real); err != nil {
		target, err := os.Readlink(h.shell)
		if err != nil {
			t.Fatal(err)
		}
		os.Symlink(target, real)
		os.Remove(h.shell)
		if err := os.WriteFile(h.shell, fmt.Appendf(nil, killer, target, role, at, killCalls), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(at, fmt.Append(nil, n), 0o600); err != nil {
		t.Fatal(err)
	}
	text, count := h.counted(fmt.Sprint("k", n), "exit 6")
	c := launch(fmt.Sprintf("k-%s-%d", role, n), text)
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
		t.Errorf("%s at %d: %d runs", role, n, ran)
	case s.State == Exited && s.Exit == 6 && ran == 1:
	case s.State == Exited && s.Exit == 137: // something was killed, and it says so
	case s.State == Lost && (s.Started || ran == 0):
	case (s.State == NoRun || s.State == Fenced) && ran == 0:
	default:
		t.Errorf("%s at %d: %+v, but %d runs", role, n, s, ran)
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
	cmd.Env, cmd.Dir = h.env, h.home
	cmd.Stdin = strings.NewReader(string(stream))
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	limit := time.AfterFunc(time.Second, func() { cmd.Process.Kill() })
	cmd.Wait()
	limit.Stop()
}
