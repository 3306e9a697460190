// Package process is the kernel of one simulated host: its process table,
// signals, pipes and file descriptors.
//
// The rule of this package: a process is a value that others can see, signal
// and wait for; the goroutine that works for it is not. What is dead is dead
// for everybody at once, and its goroutine is unwound at its next system call.
package process

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"belay/runner/rehearsal/files"
)

// Process is one process of a simulated host.
type Process struct {
	PID     int
	Parent  int
	Started time.Time

	table *Table
	dead  chan struct{}

	mu           sync.Mutex
	group        int
	session      int
	args         []string
	env          []string
	dir          string
	umask        fs.FileMode
	fds          map[int]*Descriptor
	status       int
	ended        bool
	dispositions map[Signal]Disposition
	pending      []Signal
	caught       chan struct{}
	daemon       bool // its time stands still while nobody is there
}

// gone unwinds the goroutine of a dead process.
type gone struct{}

// Table is the host that the process lives on.
func (p *Process) Table() *Table { return p.table }

// Files is the file system of its host.
func (p *Process) Files() *files.FS { return p.table.Files }

// Dead is closed when the process has ended.
func (p *Process) Dead() <-chan struct{} { return p.dead }

// Status is the exit status; valid once Dead is closed.
func (p *Process) Status() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// Exit ends the process for everybody who looks. The first status stays.
func (p *Process) Exit(status int) {
	p.mu.Lock()
	if p.ended {
		p.mu.Unlock()
		return
	}
	p.ended, p.status = true, status&0xff
	fds := p.fds
	p.fds = nil
	p.mu.Unlock()
	p.table.remove(p)
	close(p.dead)
	for _, d := range fds {
		_ = d.Close()
	}
}

// Check unwinds the goroutine when the process has died.
func (p *Process) Check() {
	select {
	case <-p.dead:
		panic(gone{})
	default:
	}
}

// Run does the work of the process on this goroutine and ends it with the
// status that work returns. A fault in work is contained: it ends this process
// with status 125 and is written to its stderr.
func (p *Process) Run(work func() int) (status int) {
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case gone:
		default:
			p.report(fault)
			status = 125
		}
		p.Exit(status)
		status = p.Status()
	}()
	p.Check()
	return work()
}

func (p *Process) report(fault any) {
	defer func() { _ = recover() }() // stderr may be gone as well
	fmt.Fprintf(p.Stderr(), "embedded fleet: internal fault: %v\n", fault)
	if p.table.Debug != nil {
		fmt.Fprintf(p.table.Debug, "%v\n%s", fault, debug.Stack())
	}
}

// Wait waits for another process. It ends early, with false, when a caught
// signal arrives.
func (p *Process) Wait(q *Process) bool {
	select {
	case <-q.dead:
		return true
	default:
	}
	select {
	case <-q.dead:
		return true
	case <-p.Caught():
		return false
	case <-p.dead:
		panic(gone{})
	}
}

// WaitFor waits for another process, whatever signals come in meanwhile.
func (p *Process) WaitFor(q *Process) {
	select {
	case <-q.dead:
	case <-p.dead:
		panic(gone{})
	}
}

// Sleep waits for d of the fleet's time.
func (p *Process) Sleep(d time.Duration) { p.Pause(p.table.Real(d)) }

// Replace names what the process runs from now on: execve(2).
func (p *Process) Replace(args, env []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.args, p.env = args, env
}

// Args is the command line.
func (p *Process) Args() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.args
}

// Environ is the environment that the process was started with.
func (p *Process) Environ() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.env
}

// Env is one variable of the environment.
func (p *Process) Env(name string) string {
	env := p.Environ()
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(env[i], name+"="); ok {
			return v
		}
	}
	return ""
}

// Group is the process group.
func (p *Process) Group() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.group
}

// Session is the session.
func (p *Process) Session() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session
}

// SetGroup makes the process the leader of a new group; with session, of a new
// session too.
func (p *Process) SetGroup(session bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.group = p.PID
	if session {
		p.session = p.PID
	}
}

// Dir is the working directory.
func (p *Process) Dir() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dir
}

// SetDir changes the working directory to a folder known to exist.
func (p *Process) SetDir(dir string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dir = dir
}

// Umask is the mask that new files get; SetUmask changes it.
func (p *Process) Umask() fs.FileMode {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.umask
}

// SetUmask changes the mask.
func (p *Process) SetUmask(m fs.FileMode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.umask = m & fs.ModePerm
}

// Abs makes a path absolute and gives /proc/self its meaning.
func (p *Process) Abs(name string) string {
	if name == "" {
		return ""
	}
	abs := name
	if !strings.HasPrefix(name, "/") {
		abs = p.Dir() + "/" + name
	}
	for _, self := range []string{"/proc/self", "/proc/thread-self"} {
		if rest, ok := strings.CutPrefix(path.Clean(abs), self); ok && (rest == "" || rest[0] == '/') {
			return "/proc/" + strconv.Itoa(p.PID) + rest
		}
	}
	return abs
}

// Open opens a file with the process's umask. The names of standard streams
// give the streams themselves.
func (p *Process) Open(name string, flag int, perm fs.FileMode) (*Descriptor, error) {
	p.Check()
	abs := p.Abs(name)
	if fd, ok := standard(path.Clean(abs), p.PID); ok {
		if d := p.fd(fd); d != nil {
			return d.Dup(), nil
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
	}
	if abs == "" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
	}
	if flag&(os.O_WRONLY|os.O_RDWR) != 0 {
		if info, err := p.Files().Stat(abs, true); err == nil && info.IsDir() {
			return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EISDIR}
		}
	}
	f, err := p.Files().Open(abs, flag, perm&^p.Umask())
	if err != nil {
		return nil, err
	}
	return NewDescriptor(fileStream{f}), nil
}

func standard(clean string, pid int) (int, bool) {
	switch clean {
	case "/dev/stdin":
		return 0, true
	case "/dev/stdout":
		return 1, true
	case "/dev/stderr":
		return 2, true
	}
	for _, dir := range []string{"/dev/fd/", "/proc/" + strconv.Itoa(pid) + "/fd/"} {
		if s, ok := strings.CutPrefix(clean, dir); ok {
			n, err := strconv.Atoi(s)
			return n, err == nil
		}
	}
	return 0, false
}

func (p *Process) fd(n int) *Descriptor {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fds[n]
}

// Descriptor is what the number n stands for, or nil.
func (p *Process) Descriptor(n int) *Descriptor { return p.fd(n) }

// SetDescriptor gives the number n a stream, or none with nil, and returns
// what it had. The reference is passed on in both directions.
func (p *Process) SetDescriptor(n int, d *Descriptor) (old *Descriptor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended { // the dead hold nothing; the goroutine finds out at its next call
		if d != nil {
			_ = d.Close()
		}
		return nil
	}
	old = p.fds[n]
	if d == nil {
		delete(p.fds, n)
	} else {
		p.fds[n] = d
	}
	return old
}

// Fork starts a child that has everything of its parent but the PID.
func (p *Process) Fork() *Process {
	p.Check()
	p.mu.Lock()
	q := &Process{
		Parent: p.PID, Started: time.Now(), table: p.table, dead: make(chan struct{}), caught: make(chan struct{}),
		group: p.group, session: p.session, args: p.args, env: p.env, dir: p.dir, umask: p.umask,
		fds: map[int]*Descriptor{}, dispositions: maps.Clone(p.dispositions), daemon: p.daemon,
	}
	ended := p.ended
	for n, d := range p.fds {
		q.fds[n] = d.Dup()
	}
	p.mu.Unlock()
	if ended {
		panic(gone{})
	}
	for s, d := range q.dispositions {
		if d == Catch { // a caught signal is default again in a new program
			delete(q.dispositions, s)
		}
	}
	if !p.table.add(q) {
		q.Exit(254)
		p.Check()
		fmt.Fprintf(p.Stderr(), "cannot fork: %v (%d processes)\n", syscall.EAGAIN, maxProcesses)
		p.Exit(254)
		panic(gone{})
	}
	return q
}

// Stdin reads from descriptor 0 for as long as the process lives.
func (p *Process) Stdin() io.Reader { return End{p, 0} }

// Stdout writes to descriptor 1.
func (p *Process) Stdout() io.Writer { return End{p, 1} }

// Stderr writes to descriptor 2.
func (p *Process) Stderr() io.Writer { return End{p, 2} }
