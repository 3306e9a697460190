// A ProxyCommand is a process whose stdin and stdout are the connection
// (ssh_config(5)). It ends with the connection: it is told to hang up, as ssh
// tells it, and what it complains of becomes our reason, never the terminal's.

package remote

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// proxied is one connection by way of a command.
type proxied struct {
	net.Conn
	cmd   *exec.Cmd
	said  *lockedTail
	ended chan struct{} // closed when the command has ended; then err is set
	err   error
}

// proxyEnds is how long a command's end is waited for: to know why it broke, and
// before it is killed.
const proxyEnds = time.Second

// byCommand runs a ProxyCommand. As with ssh, the operator's shell executes it.
func byCommand(command string) (net.Conn, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("ProxyCommand: %w", err)
	}
	defer theirs.Close()
	conn, err := net.FileConn(ours)
	ours.Close() // FileConn has its own
	if err != nil {
		return nil, fmt.Errorf("ProxyCommand: %w", err)
	}
	p := &proxied{Conn: conn, said: &lockedTail{}, ended: make(chan struct{})}
	p.cmd = exec.Command(cmp.Or(os.Getenv("SHELL"), "/bin/sh"), "-c", "exec "+command)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = theirs, theirs, p.said
	// a group of its own: a Ctrl-C that is meant for us must not cut our way
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = proxyEnds // what it left behind may hold its stderr open
	if err := p.cmd.Start(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("ProxyCommand: %w", err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

func socketPair() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	for _, n := range fd {
		syscall.CloseOnExec(n)
	}
	// FileConn wants it so: a deadline on a blocking descriptor does nothing
	if err := syscall.SetNonblock(fd[0], true); err != nil {
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd[0]), "proxy"), os.NewFile(uintptr(fd[1]), "proxy command"), nil
}

// Close hangs up, and kills a command that does not end.
func (p *proxied) Close() error {
	err := p.Conn.Close()
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGHUP)
	go func() {
		late := time.NewTimer(proxyEnds)
		defer late.Stop()
		select {
		case <-p.ended:
		case <-late.C:
			syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
			<-p.ended
		}
	}()
	return err
}

// why prefers what a command that has ended said over what its end broke.
func (p *proxied) why(ctx context.Context, err error) error {
	late := time.NewTimer(proxyEnds)
	defer late.Stop()
	select {
	case <-p.ended:
	case <-late.C:
		return err
	case <-ctx.Done():
		return err
	}
	how := "exit status 0"
	if p.err != nil {
		how = p.err.Error()
	}
	return fmt.Errorf("ProxyCommand ended with %s: %s", how, cmp.Or(lastLine(p.said.text()), "it said nothing"))
}

// lockedTail is a tailBuffer that is read while it may be written.
type lockedTail struct {
	mu   sync.Mutex
	tail tailBuffer
}

func (t *lockedTail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tail.Write(p)
}

func (t *lockedTail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.tail.b)
}
