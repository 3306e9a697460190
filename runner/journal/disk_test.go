package journal

// The rule of this file: what an operating system does is tried on this one.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A writer that was killed has left its name behind, and holds nothing.
func TestAKilledWriterHoldsNothing(t *testing.T) {
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Skip("true cannot be run: ", err)
	}
	here, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	for text, held := range map[string]bool{
		fmt.Sprintf("pid %d, ana on %s, since x\n", dead.Process.Pid, here):   false,
		fmt.Sprintf("pid %d, ana on %s, since x\n", os.Getpid(), here):        true,
		fmt.Sprintf("pid %d, ana on elsewhere, since x\n", dead.Process.Pid):  true,
		fmt.Sprintf("pid %d, ana on %s-2, since x\n", dead.Process.Pid, here): true,
		"": false,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, LockName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := Holder(dir); (got != "") != held {
			t.Errorf("%q: %q", text, got)
		}
	}
}
