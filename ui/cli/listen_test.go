package cli

// The rule of this file: nobody is listened to. There is no socket but those of
// the embedded fleet, which have no address in any network.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// sockets are the inodes of those that a process has open.
func sockets(t *testing.T, pid int) map[string]bool {
	t.Helper()
	list, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil || len(list) == 0 {
		t.Skipf("no /proc/%d here: %v", pid, err)
	}
	out := map[string]bool{}
	for _, file := range list {
		to, _ := os.Readlink(file)
		if inode, ok := strings.CutPrefix(to, "socket:["); ok {
			out[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return out
}

// table reads a table of /proc/net: proc_pid_net(5).
func table(t *testing.T, name string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("/proc/net/" + name)
	if err != nil {
		return nil // this kernel has no such protocol
	}
	for i, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); i > 0 && len(f) > 6 {
			rows = append(rows, f)
		}
	}
	return rows
}

// listens gives the Unix sockets of a process by their paths, and fails for
// every socket by which a network could come in.
func listens(t *testing.T, who string, pid int) (paths []string) {
	t.Helper()
	own := sockets(t, pid)
	for _, name := range []string{"tcp", "tcp6"} {
		for _, f := range table(t, name) {
			if f[3] == "0A" && own[f[9]] { // TCP_LISTEN
				t.Errorf("%s listens on %s %s", who, name, f[1])
			}
		}
	}
	for _, name := range []string{"udp", "udp6", "raw", "raw6"} {
		for _, f := range table(t, name) {
			if own[f[9]] {
				t.Errorf("%s has a socket of %s", who, name)
			}
		}
	}
	for _, f := range table(t, "unix") {
		if f[3] != "00010000" || !own[f[6]] { // __SO_ACCEPTCON
			continue
		}
		if len(f) < 8 || strings.HasPrefix(f[7], "@") {
			t.Errorf("%s listens on a socket without a file: %v", who, f)
			continue
		}
		paths = append(paths, f[7])
	}
	return paths
}

func TestNobodyIsListenedTo(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, threeSteps)
	console := func(verb ...string) int {
		cmd := exec.Command(b.self, append(verb, "--plain")...)
		cmd.Dir = b.dir
		for k, v := range b.environ {
			cmd.Env = append(cmd.Env, k+"="+v)
		}
		in, err := cmd.StdinPipe() // stays open: it waits for a line
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		fmt.Fprintln(in, "prod")
		return cmd.Process.Pid
	}
	t.Cleanup(func() { endFleets(b.environ["BELAY_STATE"]) })
	live, rehearsing := console("run", "-e", "prod"), console("rehearse")
	var pidFile string
	b.await("the fleet serves", func() bool {
		files, _ := filepath.Glob(filepath.Join(b.dir, "state/runs/*/fleet/s/c"))
		if len(files) == 1 {
			pidFile = filepath.Join(filepath.Dir(filepath.Dir(files[0])), "pid")
		}
		return len(files) == 1
	})
	b.await("the server was logged in to", func() bool { return strings.Contains(b.servers[0].Log(), "Accepted publickey") })
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for who, pid := range map[string]int{"the console": live, "the rehearsal": rehearsing} {
		if paths := listens(t, who, pid); len(paths) > 0 {
			t.Errorf("%s listens on %q", who, paths)
		}
	}
	listens(t, "the fleet", fleet)
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(pidFile), "s", "*"))
	if len(files) < 3 { // control, a0, local
		t.Errorf("sockets: %q", files)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Type() != os.ModeSocket || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
		for dir := filepath.Dir(file); dir != b.dir; dir = filepath.Dir(dir) {
			if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("%s: %v, %v", dir, info.Mode(), err)
			}
		}
	}
}
