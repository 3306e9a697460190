// The process table of one host, and /proc, which shows it.
package process

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"belay/runner/rehearsal/files"
)

// maxProcesses is what one host can carry; a runaway script meets it long
// before the machine that Belay runs on feels it.
const maxProcesses = 4096

// Program is a command that the fleet has in Go. It returns its exit status.
type Program func(*Call) int

// Call is one run of a Program.
type Call struct {
	*Process
	Args []string // Args[0] is the name it was called by
}

// Fail writes an error in the form of the coreutils and returns 1.
func (c *Call) Fail(format string, args ...any) int {
	fmt.Fprintf(c.Stderr(), "%s: %s\n", c.Args[0], fmt.Sprintf(format, args...))
	return 1
}

// Usage refuses an option that the fleet does not have: never mis-run.
func (c *Call) Usage(format string, args ...any) int {
	c.Fail("%s (not supported in the embedded fleet)", fmt.Sprintf(format, args...))
	return 2
}

// Execute runs args as a command in a child of p and waits for it.
func (p *Process) Execute(args, env []string) int {
	q := p.Fork()
	return q.Run(func() int { return p.table.Exec(q, args, env) })
}

// Table is everything that runs on one host.
type Table struct {
	Files   *files.FS
	Host    string // host name
	User    string // who commands run as
	Home    string
	Address string    // what other hosts call it
	Boot    string    // boot id: new with every start of the fleet
	Speed   float64   // how much faster than the clock the fleet waits
	Debug   io.Writer // faults of the fleet itself, or nil
	Born    time.Time
	Gate    *Gate // when daemons go on; nil: always

	// Exec replaces what q runs by the command args, and returns its status.
	Exec func(q *Process, args, env []string) int

	mu     sync.Mutex
	procs  map[int]*Process
	next   int
	closed bool
	work   sync.WaitGroup
}

// NewTable gives an empty host.
func NewTable(f *files.FS) *Table {
	return &Table{Files: f, Speed: 1, Born: time.Now(), procs: map[int]*Process{}, next: 1000}
}

// UID is the number of the user that commands run as.
func (t *Table) UID() string {
	if t.User == "root" {
		return "0"
	}
	return "1000"
}

// Real is how long the fleet waits for d of a script's time.
func (t *Table) Real(d time.Duration) time.Duration {
	if t.Speed > 0 {
		d = time.Duration(float64(d) / t.Speed)
	}
	return d
}

// Start makes a process that nobody forked: a login, a job or a daemon. It
// leads its own session; the descriptors are its own from here on.
func (t *Table) Start(args, env []string, dir string, fds ...*Descriptor) *Process {
	p := &Process{
		Parent: 1, Started: time.Now(), table: t, dead: make(chan struct{}), caught: make(chan struct{}),
		args: args, env: env, dir: dir, umask: 0o022, fds: map[int]*Descriptor{}, dispositions: map[Signal]Disposition{},
	}
	for n, d := range fds {
		p.fds[n] = d
	}
	if !t.add(p) {
		p.Exit(254)
		return p
	}
	p.SetGroup(true)
	return p
}

// add gives p its place. It is refused on a full host, and on one that goes down.
func (t *Table) add(p *Process) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.procs) >= maxProcesses || t.closed {
		return false
	}
	t.next++
	p.PID = t.next
	t.procs[p.PID] = p
	return true
}

func (t *Table) remove(p *Process) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.procs[p.PID] == p {
		delete(t.procs, p.PID)
	}
}

// Go does the work of p on a goroutine of its own.
func (t *Table) Go(p *Process, work func() int) {
	t.Background(func() { p.Run(work) })
}

// Background runs work that belongs to the host and ends with its processes.
// On a host that goes down nothing is begun.
func (t *Table) Background(work func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.work.Go(work)
	}
}

// Closed says whether the host is going down.
func (t *Table) Closed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// Close kills everything on the host and waits until it has stopped.
func (t *Table) Close() {
	t.mu.Lock()
	t.closed = true // nobody is born any more
	t.mu.Unlock()
	for _, p := range t.All() {
		p.Signal(KILL)
	}
	t.work.Wait()
}

// Find gives a living process, or nil.
func (t *Table) Find(pid int) *Process {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.procs[pid]
}

// All are the living processes, oldest first.
func (t *Table) All() []*Process {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]*Process, 0, len(t.procs))
	for _, p := range t.procs {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *Process) int { return a.PID - b.PID })
	return out
}

// List is the folder part of /proc.
func (t *Table) List(name string) []string {
	switch name {
	case "":
		out := []string{"cpuinfo", "loadavg", "meminfo", "sys", "uptime", "version"}
		for _, p := range t.All() {
			out = append(out, strconv.Itoa(p.PID))
		}
		slices.Sort(out)
		return out
	case "sys":
		return []string{"kernel"}
	case "sys/kernel":
		return []string{"hostname", "random"}
	case "sys/kernel/random":
		return []string{"boot_id"}
	}
	if pid, err := strconv.Atoi(name); err == nil && t.Find(pid) != nil {
		return []string{"cmdline", "comm", "environ", "fd", "stat", "status"}
	}
	return nil
}

// Read is the file part of /proc.
func (t *Table) Read(name string) ([]byte, error) {
	switch name {
	case "sys/kernel/random/boot_id":
		return []byte(t.Boot + "\n"), nil
	case "sys/kernel/hostname":
		return []byte(t.Host + "\n"), nil
	case "uptime":
		up := time.Since(t.Born).Seconds() + 86400
		return fmt.Appendf(nil, "%.2f %.2f\n", up, up), nil
	case "loadavg":
		return fmt.Appendf(nil, "0.42 0.40 0.38 1/%d 1000\n", len(t.All())), nil
	case "meminfo":
		return []byte("MemTotal:       32768000 kB\nMemFree:        16384000 kB\nMemAvailable:   20480000 kB\n"), nil
	case "cpuinfo":
		return []byte(strings.Repeat("processor\t: 0\nmodel name\t: Simulated CPU\n\n", CPUs)), nil
	case "version":
		return []byte("Linux version 6.1.0-embedded (belay) #1 SMP\n"), nil
	}
	pid, file, _ := strings.Cut(name, "/")
	n, err := strconv.Atoi(pid)
	if err != nil {
		return nil, os.ErrNotExist
	}
	p := t.Find(n)
	if p == nil {
		return nil, os.ErrNotExist
	}
	return p.procFile(file)
}

// CPUs is how many processors a simulated host shows.
const CPUs = 8

// ticks is a start time in the unit of /proc/PID/stat, 1/100 s since boot.
func (p *Process) ticks() int64 {
	return 8640000 + p.Started.Sub(p.table.Born).Milliseconds()/10
}

func (p *Process) procFile(name string) ([]byte, error) {
	args := p.Args()
	comm := ""
	if len(args) > 0 {
		comm = args[0][strings.LastIndexByte(args[0], '/')+1:]
		comm = comm[:min(15, len(comm))] // TASK_COMM_LEN - 1
	}
	switch name {
	case "stat": // proc(5): the start time is field 22
		return fmt.Appendf(nil, "%d (%s) S %d %d %d 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n",
			p.PID, comm, p.Parent, p.Group(), p.Session(), p.ticks()), nil
	case "environ":
		return []byte(zeroEnded(p.Environ())), nil
	case "cmdline":
		return []byte(zeroEnded(args)), nil
	case "comm":
		return []byte(comm + "\n"), nil
	case "status":
		return fmt.Appendf(nil, "Name:\t%s\nState:\tS (sleeping)\nPid:\t%d\nPPid:\t%d\n", comm, p.PID, p.Parent), nil
	}
	return nil, os.ErrNotExist
}

func zeroEnded(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return strings.Join(list, "\x00") + "\x00"
}
