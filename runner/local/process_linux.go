package local

// proc(5): /proc/PID/stat, /proc/PID/environ.

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// find reads one process; false when there is none, or only a zombie.
func find(pid int) (proc, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return proc{}, false
	}
	// The name is in parentheses and may hold any byte; behind the last one
	// come the state (field 3) and, as field 22, the start in ticks since boot.
	_, rest, ok := strings.Cut(string(text[bytes.LastIndexByte(text, ')')+1:]), " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return proc{}, false
	}
	return proc{pid, fields[19]}, true
}

// processes are all that run, those of other users included.
func processes() ([]proc, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var all []proc
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p, ok := find(pid); ok {
			all = append(all, p)
		}
	}
	return all, nil
}

// tagged reports whether the process was started with the variable. What we
// may not read is not ours.
func (p proc) tagged(variable string) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(p.PID) + "/environ")
	return err == nil && bytes.Contains(append([]byte{0}, text...), []byte("\x00"+variable+"\x00"))
}

func bootID() string { return firstOf("/proc/sys/kernel/random/boot_id") }

func machineID() string { return firstOf("/etc/machine-id", "/var/lib/dbus/machine-id") }

func firstOf(paths ...string) string {
	for _, path := range paths {
		if text, err := os.ReadFile(path); err == nil {
			return strings.TrimSpace(string(text))
		}
	}
	return ""
}
