// Who is at the other end of a socket, by the kernel's word (unix(7), SO_PEERCRED).
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
		var who *unix.Ucred
		if who, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			uid = int(who.Uid)
		}
	})
	if cerr != nil {
		err = cerr
	}
	return uid, err
}
