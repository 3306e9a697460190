// Who is at the other end of a socket, by the kernel's word (unix(4), LOCAL_PEERCRED).
package rehearsal

import (
	"net"

	"golang.org/x/sys/unix"
)

func peer(conn *net.UnixConn) (uid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return -1, err
	}
	uid = -1
	cerr := raw.Control(func(fd uintptr) {
		var who *unix.Xucred
		if who, err = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED); err == nil {
			uid = int(who.Uid)
		}
	})
	if cerr != nil {
		err = cerr
	}
	return uid, err
}
