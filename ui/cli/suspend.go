package cli

// The rule of this file: whoever stops us has to be able to bring us back. Where
// no shell controls jobs, the system does not stop us, and we say so.

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// suspension stops the console's job, as Ctrl-Z does on a terminal that makes a
// signal of it. It is a tea.ExecCommand: the terminal is the shell's meanwhile.
type suspension struct{}

// SetStdin and its sisters do nothing: nothing is read or written.
func (suspension) SetStdin(io.Reader)  {}
func (suspension) SetStdout(io.Writer) {}
func (suspension) SetStderr(io.Writer) {}

// stopsWithin is how long the system may take to stop us.
const stopsWithin = 500 * time.Millisecond

// Run returns when the shell has brought us back. A process group that no shell
// of its session could bring back is not stopped (POSIX, 2.4.3: a stop signal to
// an orphaned process group is discarded).
func (suspension) Run() error {
	back := make(chan os.Signal, 1)
	signal.Notify(back, unix.SIGCONT)
	defer signal.Stop(back)
	began := time.Now()
	if err := unix.Kill(0, syscall.SIGTSTP); err != nil {
		return fmt.Errorf("suspend: %w", err)
	}
	select {
	case <-back:
	case <-time.After(stopsWithin):
		if time.Since(began) < 2*stopsWithin { // else the time has passed while we were stopped
			return errors.New("no shell here can take the terminal and give it back; q leaves, and the same command comes back")
		}
	}
	return nil
}
