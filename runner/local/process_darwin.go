package local

// sysctl(3): kern.proc.*, kern.procargs2, kern.bootsessionuuid, kern.uuid.

import (
	"bytes"
	"fmt"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB of sys/proc.h.
const zombie = 5

func of(k *unix.KinfoProc) (proc, bool) {
	if k.Proc.P_stat == zombie {
		return proc{}, false
	}
	t := k.Proc.P_starttime
	return proc{int(k.Proc.P_pid), fmt.Sprintf("%d.%06d", t.Sec, t.Usec)}, true
}

// find reads one process; false when there is none, or only a zombie.
func find(pid int) (proc, bool) {
	list, err := unix.SysctlKinfoProcSlice("kern.proc.pid", pid)
	if err != nil || len(list) != 1 {
		return proc{}, false
	}
	return of(&list[0])
}

// processes are all that run, those of other users included.
func processes() ([]proc, error) {
	list, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil, err
	}
	var all []proc
	for i := range list {
		if p, ok := of(&list[i]); ok {
			all = append(all, p)
		}
	}
	return all, nil
}

// tagged reports whether the process was started with the variable. What we
// may not read is not ours.
func (p proc) tagged(variable string) bool {
	text, err := unix.SysctlRaw("kern.procargs2", p.PID)
	return err == nil && bytes.Contains(text, []byte("\x00"+variable+"\x00"))
}

func bootID() string { return sysctl("kern.bootsessionuuid") }

func machineID() string { return sysctl("kern.uuid") }

func sysctl(name string) string {
	text, err := unix.Sysctl(name)
	if err != nil {
		return ""
	}
	return text
}
