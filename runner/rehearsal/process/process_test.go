package process

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"belay/runner/rehearsal/files"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func testTable(t *testing.T) *Table {
	t.Helper()
	fsys, err := files.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	table := NewTable(fsys)
	t.Cleanup(func() {
		table.Close()
		if err := fsys.Close(); err != nil {
			t.Error(err)
		}
	})
	return table
}

// nothing is an input that is at its end.
func nothing() *Descriptor { return NewDescriptor(ReaderStream(strings.NewReader(""))) }

// ended waits for a process to die.
func ended(t *testing.T, p *Process) int {
	t.Helper()
	select {
	case <-p.Dead():
	case <-time.After(10 * time.Second):
		t.Fatalf("%v does not end", p.Args())
	}
	return p.Status()
}

// TestSignals: who is asked to end, ends as its disposition says.
func TestSignals(t *testing.T) {
	table := testTable(t)
	for _, c := range []struct {
		name string
		set  Disposition
		send []Signal
		want int
	}{
		{"default", Default, []Signal{TERM}, 143},
		{"ignored, then KILL", Ignore, []Signal{TERM, KILL}, 137},
		{"caught, then KILL", Catch, []Signal{TERM, KILL}, 137},
		{"nothing but a question", Default, []Signal{0, CHLD, CONT, HUP}, 129},
	} {
		p := table.Start([]string{c.name}, nil, "/")
		p.SetDisposition(TERM, c.set)
		p.SetDisposition(KILL, Ignore) // has no effect
		table.Go(p, func() int { p.Hang(); return 0 })
		for _, s := range c.send {
			p.Signal(s)
		}
		if got := ended(t, p); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
		if table.Find(p.PID) != nil {
			t.Errorf("%s: still in the table", c.name)
		}
	}
}

// TestKillGroup: a group is who forked from its leader, and nobody else.
func TestKillGroup(t *testing.T) {
	table := testTable(t)
	hang := func(p *Process) *Process {
		table.Go(p, func() int { p.Hang(); return 0 })
		return p
	}
	leader := hang(table.Start([]string{"leader"}, nil, "/"))
	child := hang(leader.Fork())
	other := hang(table.Start([]string{"other"}, nil, "/"))
	if !other.Kill(-leader.PID, TERM) {
		t.Error("nobody was there")
	}
	ended(t, leader)
	ended(t, child)
	if other.Kill(-leader.PID, TERM) || other.Kill(child.PID, 0) {
		t.Error("the dead were found")
	}
	select {
	case <-other.Dead():
		t.Error("another group was hit")
	default:
	}
}

// TestPipe: a full pipe makes its writer wait, and a closed one kills it.
func TestPipe(t *testing.T) {
	table := testTable(t)
	r, w := Pipe()
	p := table.Start([]string{"yes"}, nil, "/", nothing(), w)
	table.Go(p, func() int {
		for {
			if _, err := io.WriteString(p.Stdout(), strings.Repeat("y\n", 4096)); err != nil {
				return 1
			}
		}
	})
	buf := make([]byte, 100<<10)
	for read := 0; read < 300<<10; {
		n, err := r.Read(nil, buf)
		if err != nil || n > pipeSize {
			t.Fatalf("%d bytes at once, %v", n, err)
		}
		read += n
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if got := ended(t, p); got != 128+int(PIPE) {
		t.Errorf("ends with %d, not by SIGPIPE", got)
	}
}

// TestDeadReadsNothing: who waits for a pipe is woken by its death.
func TestDeadReadsNothing(t *testing.T) {
	table := testTable(t)
	r, w := Pipe()
	defer w.Close()
	p := table.Start([]string{"cat"}, nil, "/", r)
	begun, got := make(chan struct{}), make(chan error, 1)
	table.Go(p, func() int {
		close(begun)
		_, err := r.Read(p.Dead(), make([]byte, 1))
		got <- err
		return 0
	})
	<-begun
	p.Signal(KILL)
	if err := <-got; !errors.Is(err, syscall.EINTR) {
		t.Errorf("read: %v", err)
	}
}

// TestFault: a fault of a program ends its process and no other.
func TestFault(t *testing.T) {
	table := testTable(t)
	c, d := NewCapture()
	p := table.Start([]string{"broken"}, nil, "/", nothing(), d.Dup(), d)
	if got := p.Run(func() int { panic("out of order") }); got != 125 {
		t.Errorf("status %d", got)
	}
	<-c.Done()
	if text := string(c.Bytes()); !strings.Contains(text, "internal fault: out of order") {
		t.Errorf("said %q", text)
	}
}

// TestFullTable: a host carries so many processes, and none once it is closed.
func TestFullTable(t *testing.T) {
	table := testTable(t)
	var last *Process
	for range maxProcesses {
		last = table.Start([]string{"one"}, nil, "/")
	}
	if p := table.Start([]string{"one too many"}, nil, "/"); ended(t, p) != 254 {
		t.Errorf("status %d", p.Status())
	}
	last.Exit(0)
	p := table.Start([]string{"now"}, nil, "/")
	if table.Find(p.PID) != p {
		t.Error("no place after one has ended")
	}
	table.Close()
	ended(t, p)
	if p := table.Start([]string{"late"}, nil, "/"); ended(t, p) != 254 {
		t.Error("born on a host that has gone down")
	}
}
