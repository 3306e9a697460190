//go:build linux

package rehearsal

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// TestOnlyOurUserComesIn: the socket is 0600, and even where somebody has opened
// it and its folder, another user is not served.
func TestOnlyOurUserComesIn(t *testing.T) {
	dir, err := os.MkdirTemp("", "s-") // t.TempDir lies in a folder that another user cannot enter
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Mkdir(filepath.Join(dir, "s"), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := listen(dir, "c")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	path := filepath.Join(dir, "s", "c")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "served")
			conn.Close()
		}
	}()
	hears := func() string {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		text, _ := io.ReadAll(conn)
		return string(text)
	}
	if got := hears(); got != "served" {
		t.Errorf("we were told %q", got)
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	for name, mode := range map[string]os.FileMode{dir: 0o755, filepath.Join(dir, "s"): 0o755, path: 0o666} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	// Of this thread alone, and without the runtime's knowledge: a connection
	// carries the user of the thread that made it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const same = ^uintptr(0)
	if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESUID, same, 64917, same); e != 0 {
		t.Fatal(e)
	}
	conn, err := net.Dial("unix", path)
	if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESUID, same, 0, same); e != 0 {
		t.Fatal(e)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if text, _ := io.ReadAll(conn); string(text) != "" {
		t.Errorf("another user was told %q", text)
	}
}
