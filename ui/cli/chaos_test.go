package cli

// The rule of this file: whoever dies, a script has run at most once, and the
// journal says no more than what a count file on the host says too. It is killed
// at random here; runner/job has every point of the wrapper.

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"belay/runner/remote/sshdtest"
	"belay/steps"
)

// chaosSteps run long enough to be killed, and count that they ran.
func chaosSteps(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `
[[phase.step]]
id = "s%d"
title = "Step %d"
on = "a0"
danger = "low"
script = '''
echo x >>"$HOME/$BELAY_RUN.$BELAY_STEP"
i=0
while [ $i -lt 15 ]; do i=$((i+1)); echo "line $i of $BELAY_STEP"; sleep 0.02 || :; done
'''
no_undo = "a test"
`, i, i)
	}
	return b.String()
}

// ground is a kind of host: a shell, and who runs it.
type ground struct{ shell, user string }

// grounds that this test can have: only root can be both.
func grounds() (out []ground) {
	users := []string{"ordinary"}
	if os.Getuid() == 0 {
		users = []string{"root", "ordinary"}
	}
	for _, shell := range []string{"dash", "bash", "ash"} {
		for _, user := range users {
			out = append(out, ground{shell, user})
		}
	}
	return out
}

// options of an sshd whose `sh` is the ground's. busybox finds only itself.
func (g ground) options(t *testing.T) sshdtest.Options {
	t.Helper()
	program := map[string]string{"ash": "busybox"}[g.shell]
	if program == "" {
		program = g.shell
	}
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not on this machine", program)
	}
	dir, err := os.MkdirTemp("", "belay-sh-") // t.TempDir cannot be read by another user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	names, search := []string{"sh"}, dir+":/usr/local/bin:/usr/bin:/bin"
	if g.shell == "ash" {
		applets, err := exec.Command(path, "--list").Output()
		if err != nil {
			t.Skipf("busybox --list: %v", err)
		}
		names, search = strings.Fields(string(applets)), dir
	}
	for _, name := range names {
		os.Symlink(path, filepath.Join(dir, name))
	}
	os.Chmod(dir, 0o755)
	return sshdtest.Options{Env: []string{"PATH=" + search}, Ordinary: g.user == "ordinary"}
}

// victims of a kill. Most of the time some of them are not there.
var victims = []string{"console", "console", "connection", "connection", "all connections", "sshd",
	"supervisor", "supervisor", "inner shell", "inner shell", "script's shell", "session's shell", "session's shell"}

// chaos kills at random while runs go on.
type chaos struct {
	*bench
	coin     *rand.Rand
	console  *exec.Cmd
	ended    chan int
	kills    map[string]int
	outcomes map[string]int
}

// TestKilledAtRandom: make deep kills a thousand times.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	all, list := 8, grounds()[:1]
	if os.Getenv("BELAY_DEEP") != "" {
		all, list = 1000, grounds()
	}
	total, kills, outcomes := 0, map[string]int{}, map[string]int{}
	for i, g := range list {
		t.Run(g.shell+" "+g.user, func(t *testing.T) {
			c := &chaos{bench: newBenchOn(t, 1, chaosSteps(4), g.options(t)), coin: rand.New(rand.NewPCG(4, uint64(i))),
				kills: kills, outcomes: outcomes}
			want := all * (i + 1) / len(list)
			c.isGround(g)
			for round := 0; total < want && !t.Failed(); round++ {
				total += c.round(round)
			}
		})
	}
	t.Logf("killed: %v", counted(kills))
	t.Logf("figure: %d kills (%s), 0 doubled, 0 contradicted; outcomes: %s", total, counted(kills), counted(outcomes))
}

// isGround makes sure that a host is of the kind that it is taken for.
func (c *chaos) isGround(g ground) {
	c.t.Helper()
	s := c.servers[0]
	out, err := exec.Command("ssh", "-F", "none", "-i", s.Key, "-o", "UserKnownHostsFile="+s.KnownHosts, "-p", strconv.Itoa(s.Port),
		s.User+"@"+s.Host, `sh -c 'id -u; readlink "$(command -v sh)"'`).Output()
	words := strings.Fields(string(out))
	if err != nil || len(words) != 2 {
		c.t.Fatalf("%q, %v", out, err)
	}
	program := filepath.Base(words[1])
	if (words[0] == "0") != (g.user == "root") || program != g.shell && !(program == "busybox" && g.shell == "ash") {
		c.t.Fatalf("want %+v, it is uid %s, %s", g, words[0], words[1])
	}
}

func counted(m map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(out, ", ")
}

// round carries one run through kills until it is over, or nobody can tell what
// became of a step, and then judges it.
func (c *chaos) round(n int) (kills int) {
	c.environ["BELAY_STATE"] = filepath.Join(c.dir, fmt.Sprint("state", n))
	c.start()
	for over := false; !over; {
		// the more blows a run has taken the more time it gets: it is to come to an end
		pause := time.NewTimer(time.Duration(c.coin.IntN(350+50*kills)) * time.Millisecond)
		select {
		case <-pause.C:
			if who := victims[c.coin.IntN(len(victims))]; c.kill(who) {
				c.kills[who]++
				kills++
			}
		case code := <-c.ended:
			pause.Stop()
			if over = code != -1 && code != steps.CodeUnreachable; !over {
				c.start()
			}
		}
	}
	c.judge()
	return kills
}

func (c *chaos) start() {
	cmd, _ := c.process("run", "--auto", "-e", "prod", "--max-danger", "med")
	ended := make(chan int, 1)
	go func() { cmd.Wait(); ended <- cmd.ProcessState.ExitCode() }()
	c.console, c.ended = cmd, ended
}

// kill ends one of a kind by SIGKILL; false when there is none now.
func (c *chaos) kill(who string) bool {
	s := c.servers[0]
	var pids []int
	switch who {
	case "console":
		return c.console.Process.Kill() == nil
	case "all connections":
		s.KillConnections()
		return true
	case "sshd":
		s.Restart()
		return true
	case "connection":
		pids = s.Connections()
	case "session's shell":
		pids = s.Shells()
	case "supervisor":
		pids = c.ofJobs("/.run.", "sup")
	case "inner shell":
		pids = c.ofJobs("/.run.", "inner")
	case "script's shell":
		pids = c.ofJobs("/cmd", "")
	}
	if len(pids) == 0 {
		return false
	}
	return syscall.Kill(pids[c.coin.IntN(len(pids))], syscall.SIGKILL) == nil
}

// ofJobs finds the wrapper's processes on this bench by their command lines.
func (c *chaos) ofJobs(part, mode string) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		line, _ := os.ReadFile(file)
		words := strings.Split(string(line), "\x00")
		if len(words) < 3 || !strings.HasPrefix(words[1], c.servers[0].Home) || !strings.Contains(words[1], part) ||
			mode != "" && words[2] != mode {
			continue
		}
		if pid, err := strconv.Atoi(strings.Split(file, "/")[2]); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// judge holds the journal against the host.
func (c *chaos) judge() {
	t := c.t
	dirs, _ := filepath.Glob(filepath.Join(c.environ["BELAY_STATE"], "runs", "*"))
	if len(dirs) == 0 {
		return // killed before there was a run
	}
	for _, dir := range dirs {
		l, err := readLedger(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue // killed before there was a journal
		}
		if err == nil {
			err = l.damage
		}
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			return
		}
		for task, ts := range l.state.Tasks {
			c.judgeTask(l, task, ts)
		}
	}
}

func (c *chaos) judgeTask(l *ledger, task steps.Task, ts steps.TaskState) {
	t, home := c.t, c.servers[0].Home
	text, _ := os.ReadFile(filepath.Join(home, l.id+"."+task.Step))
	ran := bytes.Count(text, []byte("x\n"))
	a := ts.Attempt()
	fits := false
	word := string(ts.Status)
	switch ts.Status {
	case steps.TaskDone:
		fits = ran == 1
	case steps.TaskNotStarted:
		fits = ran == 0
	case steps.TaskFailed: // its shell was killed, before or after its first line
		fits, word = ran <= 1 && a.Code == 137, "failed (137)"
	case steps.TaskUnknown:
		fits, word = ran <= 1, fmt.Sprintf("unknown (ran %d)", ran)
	}
	c.outcomes[word]++
	if ran > 1 || !fits {
		t.Errorf("%s of %s is %s, and ran %d times: %+v", task, l.id, ts.Status, ran, a)
	}
	if ts.Status == steps.TaskDone {
		c.sameOutput(l, a)
	}
}

// sameOutput holds our copy against the host's file and the journal's digest.
func (c *chaos) sameOutput(l *ledger, a *steps.Attempt) {
	theirs, err := os.ReadFile(filepath.Join(c.servers[0].Home, ".belay/jobs", a.ID, "out"))
	ours, ourErr := os.ReadFile(filepath.Join(l.dir, logsName, a.ID+".log"))
	sum := sha256.Sum256(theirs)
	if err != nil || ourErr != nil || !bytes.Equal(ours, theirs) || a.SHA256 != hex.EncodeToString(sum[:]) {
		c.t.Errorf("%s: our copy has %d bytes, the host's %d: %v, %v", a.ID, len(ours), len(theirs), err, ourErr)
	}
}
