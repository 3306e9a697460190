// Signals. The rule of this file: KILL always works, and at once for those who
// look; the goroutine behind the process follows at its next system call.
package process

import (
	"slices"
	"strconv"
	"strings"
)

// Signal is a signal number of Linux, the same on all its architectures.
type Signal int

// The signals that the fleet knows: signal(7).
const (
	HUP  Signal = 1
	INT  Signal = 2
	QUIT Signal = 3
	KILL Signal = 9
	USR1 Signal = 10
	USR2 Signal = 12
	PIPE Signal = 13
	ALRM Signal = 14
	TERM Signal = 15
	CHLD Signal = 17
	CONT Signal = 18
	STOP Signal = 19
)

var signalNames = map[string]Signal{
	"HUP": HUP, "INT": INT, "QUIT": QUIT, "KILL": KILL, "USR1": USR1, "USR2": USR2, "PIPE": PIPE,
	"ALRM": ALRM, "TERM": TERM, "CHLD": CHLD, "CONT": CONT, "STOP": STOP,
}

// ParseSignal reads a name, with or without SIG, or a number. 0 is a question.
func ParseSignal(s string) (Signal, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return Signal(n), n >= 0 && n < 65
	}
	sig, ok := signalNames[strings.TrimPrefix(strings.ToUpper(s), "SIG")]
	return sig, ok
}

// Disposition is what a process does with a signal.
type Disposition int

// The dispositions.
const (
	Default Disposition = iota
	Ignore
	Catch
)

// SetDisposition says what becomes of a signal from now on.
func (p *Process) SetDisposition(s Signal, d Disposition) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s != KILL && s != STOP {
		p.dispositions[s] = d
	}
}

// Disposition tells what becomes of a signal.
func (p *Process) Disposition(s Signal) Disposition {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dispositions[s]
}

// Signal delivers a signal.
func (p *Process) Signal(s Signal) {
	p.mu.Lock()
	disposition := p.dispositions[s]
	if disposition == Catch && !slices.Contains(p.pending, s) {
		p.pending = append(p.pending, s)
		close(p.caught)
		p.caught = make(chan struct{})
	}
	p.mu.Unlock()
	if disposition == Default && s != 0 && s != CHLD && s != CONT && s != STOP {
		p.Exit(128 + int(s))
	}
}

// Pending takes the oldest caught signal.
func (p *Process) Pending() (Signal, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pending) == 0 {
		return 0, false
	}
	s := p.pending[0]
	p.pending = p.pending[1:]
	return s, true
}

// Peek looks at the oldest caught signal.
func (p *Process) Peek() (Signal, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pending) == 0 {
		return 0, false
	}
	return p.pending[0], true
}

// Caught is closed at the next signal that the process catches.
func (p *Process) Caught() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pending) > 0 {
		now := make(chan struct{})
		close(now)
		return now
	}
	return p.caught
}

// Kill sends a signal as kill(2) does: to a process, to the own group (0), or
// to a group (negative). It says whether anybody was there.
func (p *Process) Kill(pid int, s Signal) bool {
	group := -pid
	if pid == 0 {
		group = p.Group()
	}
	found := false
	for _, q := range p.table.All() {
		if pid > 0 && q.PID == pid || pid <= 0 && q.Group() == group {
			found = true
			q.Signal(s)
		}
	}
	return found
}
