package terminal

// The rule of this file: only what this test started is killed.

import (
	"strconv"
	"syscall"
	"testing"
)

// pid is the process of the console.
func (c *console) pid() int {
	c.Helper()
	pid, err := strconv.Atoi(c.ask("pane_pid"))
	if err != nil || pid <= 1 {
		c.Fatalf("the terminal has no process: %v", err)
	}
	return pid
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
