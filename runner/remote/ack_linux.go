// An answer is acknowledged at once. sshd leaves Nagle's algorithm on for a
// session without a terminal, so the second of two small packets (the end of a
// command after its last line) waits for our acknowledgement of the first, and a
// kernel may keep that back for 40 ms (tcp(7), TCP_QUICKACK).

package remote

import (
	"net"
	"syscall"
)

// prompt is a TCP connection that acknowledges what it has read. The option is
// no lasting one: the kernel takes it back as it sees fit.
type prompt struct {
	*net.TCPConn
	raw syscall.RawConn
}

// promptly makes a TCP connection prompt, and leaves any other as it is.
func promptly(c net.Conn) net.Conn {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return c
	}
	return prompt{tcp, raw}
}

func (p prompt) Read(b []byte) (int, error) {
	n, err := p.TCPConn.Read(b)
	if err == nil { // what fails here costs 40 ms and nothing else
		_ = p.raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1) })
	}
	return n, err
}
