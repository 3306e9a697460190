package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// host gives a file system in a folder that has a secret beside it.
func host(t *testing.T) (f *FS, secret string) {
	t.Helper()
	dir := t.TempDir()
	secret = filepath.Join(dir, "secret")
	if err := errors.Join(os.WriteFile(secret, []byte("outside"), 0o600), os.Mkdir(filepath.Join(dir, "host"), 0o700)); err != nil {
		t.Fatal(err)
	}
	f, err := Open(filepath.Join(dir, "host"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, secret
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// TestNoWayOut: no path that a program can write leads out of the host.
func TestNoWayOut(t *testing.T) {
	f, secret := host(t)
	must(t, f.MkdirAll("/a/b", 0o755), f.WriteFile("/a/file", []byte("inside"), 0o644),
		f.Symlink("../../../secret", "/a/up"), f.Symlink(secret, "/a/absolute"), f.Symlink("../../..", "/a/b/top"),
		f.Symlink("/a/loop2", "/a/loop1"), f.Symlink("/a/loop1", "/a/loop2"))
	for _, p := range []string{"/../secret", "/a/../../secret", "/a/up", "/a/absolute", "/a/b/top/secret", "/a/b/top/../secret", secret, "/a/loop1", "../secret"} {
		if data, _ := f.ReadFile(p); string(data) == "outside" {
			t.Errorf("read %s", p)
		}
		// A write may well succeed: then it is a file of the host.
		_ = f.AppendFile(p, []byte("x"), 0o644)
		_ = f.Chmod(p, 0o777)
		if got, err := os.ReadFile(secret); err != nil || string(got) != "outside" {
			t.Fatalf("%s reached the file outside: %q %v", p, got, err)
		}
		if info, err := os.Stat(secret); err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%s reached the mode outside: %v %v", p, info.Mode(), err)
		}
	}
	must(t, f.RemoveAll("/a/b/top"), f.RemoveAll("/a/absolute"))
	if _, err := os.Stat(secret); err != nil {
		t.Errorf("removed through a symlink: %v", err)
	}
	if err := f.Link(secret, "/a/hard"); err == nil {
		t.Error("a hard link to a file outside")
	}
}

// TestFolderMoved: what is kept open of a folder does not outlive its name.
func TestFolderMoved(t *testing.T) {
	f, _ := host(t)
	must(t, f.MkdirAll("/old/deep", 0o755), f.WriteFile("/old/deep/file", []byte("1"), 0o644))
	if _, err := f.Stat("/old/deep/file", true); err != nil { // seen, and kept open
		t.Fatal(err)
	}
	must(t, f.Rename("/old", "/new"))
	if _, err := f.Stat("/old/deep/file", true); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("under the old name: %v", err)
	}
	if err := f.WriteFile("/old/deep/file", []byte("2"), 0o644); err == nil {
		t.Error("written under the old name")
	}
	must(t, f.MkdirAll("/old/deep", 0o755), f.WriteFile("/old/deep/file", []byte("3"), 0o644))
	for p, want := range map[string]string{"/new/deep/file": "1", "/old/deep/file": "3"} {
		if got, err := f.ReadFile(p); string(got) != want || err != nil {
			t.Errorf("%s: %q %v, want %q", p, got, err, want)
		}
	}
	must(t, f.RemoveAll("/old"), f.Symlink("/new", "/old"))
	if got, err := f.ReadFile("/old/deep/file"); string(got) != "1" {
		t.Errorf("by a symlink in its place: %q %v", got, err)
	}
}

// TestSharedTree: what one host removes of a shared folder is gone for the others.
func TestSharedTree(t *testing.T) {
	shared, err := OpenTree(t.TempDir())
	must(t, err)
	defer shared.Close()
	a, _ := host(t)
	b, _ := host(t)
	must(t, a.Mount("/run/net", shared, false), b.Mount("/run/net", shared, true))
	must(t, a.MkdirAll("/run/net/head", 0o755), a.WriteFile("/run/net/head/version", []byte("1"), 0o644))
	if got, err := b.ReadFile("/run/net/head/version"); string(got) != "1" {
		t.Fatalf("the other host: %q %v", got, err)
	}
	must(t, a.MkdirAll("/run/net/head.new", 0o755), a.WriteFile("/run/net/head.new/version", []byte("2"), 0o644),
		a.RemoveAll("/run/net/head"), a.Rename("/run/net/head.new", "/run/net/head"))
	if got, err := b.ReadFile("/run/net/head/version"); string(got) != "2" {
		t.Errorf("after the change: %q %v", got, err)
	}
	if err := b.WriteFile("/run/net/head/version", nil, 0o644); !errors.Is(err, syscall.EROFS) {
		t.Errorf("written through a read-only mount: %v", err)
	}
	if err := a.Rename("/run/net/head", "/head"); !errors.Is(err, syscall.EXDEV) {
		t.Errorf("renamed across mounts: %v", err)
	}
}

// TestDiskFull: a write gets what is free and then ENOSPC; df says the same.
func TestDiskFull(t *testing.T) {
	f, _ := host(t)
	f.Watch()
	must(t, f.MkdirAll("/etc/belay/faults", 0o755), f.MkdirAll("/data", 0o755), f.WriteFile(DiskTable, []byte("/ 1000 0\n/data 4 2 /dev/sdb\n"), 0o644))
	h, err := f.Open("/data/file", os.O_WRONLY|os.O_CREATE, 0o644)
	must(t, err)
	n, err := h.Write(make([]byte, 3000))
	if n != 2048 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("2 KiB free: wrote %d, %v", n, err)
	}
	must(t, h.Close())
	if m, ok := f.Disk().Of("/data/file"); !ok || m.Free() != 0 {
		t.Errorf("df: %+v", m)
	}
	if err := f.Mkdir("/data/dir", 0o755); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("mkdir: %v", err)
	}
	must(t, f.Remove("/data/file"), f.WriteFile("/data/file", make([]byte, 2048), 0o644))
	must(t, f.WriteFile(FullMark, nil, 0o644))
	if err := f.WriteFile("/elsewhere", []byte("x"), 0o644); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the fault: %v", err)
	}
	must(t, f.Remove(FullMark), f.WriteFile("/elsewhere", []byte("x"), 0o644))
}

// TestLinkOnce: of many who link to one name, one wins, with a whole file.
func TestLinkOnce(t *testing.T) {
	f, _ := host(t)
	var won atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			mine := fmt.Sprintf("/temp%d", i)
			if err := f.WriteFile(mine, []byte(mine), 0o600); err != nil {
				t.Error(err)
			}
			switch err := f.Link(mine, "/taken"); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, fs.ErrExist):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d have won", won.Load())
	}
}
