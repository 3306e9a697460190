// The child's side: it serves the hosts of one folder.
package rehearsal

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"belay/runner/rehearsal/jobs"
	"belay/runner/rehearsal/process"
	"belay/runner/rehearsal/sshd"
	"belay/runner/rehearsal/world"
)

// idleTime is how long a fleet waits for somebody to come back.
const idleTime = time.Hour

// gcPercent lets the heap of a few megabytes grow before it is swept: scripts
// leave much behind that lives for a moment only.
const gcPercent = 400

// folderBeat is how often a fleet looks whether its folder is still there: one
// that was removed with its run cannot be asked to stop.
const folderBeat = time.Second

// handover is how long a child waits for one that is ending; lockBeat is how
// often it looks: flock(2) cannot be waited for together with a context.
const (
	handover = 5 * time.Second
	lockBeat = 10 * time.Millisecond
)

// newLock is the lock of the folder: who holds it serves.
func newLock(dir string) *flock.Flock {
	return flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
}

// Serve is the child's main: it serves the fleet of dir until Stop, SIGTERM,
// the end of ctx, the removal of dir, or an idle hour. It prints "ready" to stdout and closes it.
func Serve(ctx context.Context, dir string) error {
	debug.SetGCPercent(gcPercent)
	time.Local = time.UTC // or the library reads /etc/localtime, outside the folder
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	return serve(ctx, dir, os.Stdout)
}

// server is a fleet at work.
type server struct {
	spec    Spec
	world   *world.World
	hosts   []*sshd.Server
	gate    *process.Gate // open while anybody is connected or anything runs
	sockets []net.Listener
	stop    context.CancelFunc
	work    sync.WaitGroup
}

func serve(ctx context.Context, dir string, ready io.WriteCloser) (err error) {
	lock := newLock(dir)
	patience, done := context.WithTimeout(ctx, handover)
	defer done()
	if ok, err := lock.TryLockContext(patience, lockBeat); err != nil || !ok {
		return errors.Join(errors.New("serve fleet: another process serves this folder"), err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	pid := fmt.Appendf(nil, "%d\n", os.Getpid())
	if err := replaceFile(filepath.Join(dir, "pid"), pid); err != nil { // for a person who looks around
		return fmt.Errorf("serve fleet: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "fleet.json"))
	if err != nil {
		return fmt.Errorf("serve fleet: %w", err)
	}
	s := &server{}
	if err := json.Unmarshal(data, &s.spec); err != nil {
		return fmt.Errorf("serve fleet: fleet.json: %w", err)
	}
	s.spec.Dir = dir
	ctx, s.stop = context.WithCancel(ctx)
	defer s.stop()
	if err := s.open(); err != nil {
		return fmt.Errorf("serve fleet: %w", err)
	}
	defer s.close()
	if _, err := io.WriteString(ready, readyLine+"\n"); err != nil {
		return fmt.Errorf("serve fleet: %w", err)
	}
	_ = ready.Close()
	s.wait(ctx)
	return nil
}

// bootID names this start, in the form of the kernel's.
func bootID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (s *server) open() (err error) {
	client, err := keyFile(filepath.Join(s.spec.Dir, "key"))
	if err != nil {
		return err
	}
	if s.world, err = world.Open(s.spec.Dir, s.spec.world(), bootID()); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	s.gate = process.NewGate()
	s.world.Attend(s.gate)
	if err := s.world.Afflict(s.spec.Faults, true); err != nil {
		return err
	}
	if err := s.world.Start(); err != nil {
		return err
	}
	if err := s.world.Afflict(s.spec.Faults, false); err != nil {
		return err
	}
	for i, h := range s.world.Hosts {
		key, err := keyFile(filepath.Join(s.spec.Dir, "hostkeys", h.ID))
		if err != nil {
			return err
		}
		j := jobs.New(h, &faults{server: s})
		s.hosts = append(s.hosts, sshd.New(h, j, key, client.PublicKey()))
		if err := s.listen(strconv.Itoa(i), s.hosts[i].Serve); err != nil {
			return err
		}
	}
	s.refuseForNow()
	return s.listen(controlSocket, s.control)
}

func (s *server) listen(name string, serve func(net.Listener) error) error {
	l, err := listen(s.spec.Dir, name)
	if err != nil {
		return err
	}
	s.sockets = append(s.sockets, l)
	s.work.Go(func() { _ = serve(l) })
	return nil
}

// control answers ping and stop.
func (s *server) control(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		line, _ := bufio.NewReader(io.LimitReader(conn, 64)).ReadString('\n')
		if line == "ping\n" || line == "stop\n" {
			_, _ = io.WriteString(conn, "ok\n")
		}
		_ = conn.Close()
		if line == "stop\n" {
			s.stop()
		}
	}
}

// wait returns when the fleet is to end.
func (s *server) wait(ctx context.Context) {
	home, err := os.Stat(s.spec.Dir)
	if err != nil {
		return
	}
	look := time.NewTicker(folderBeat)
	defer look.Stop()
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		if now, err := os.Stat(s.spec.Dir); err != nil || !os.SameFile(home, now) {
			return
		}
		if s.gate.Busy() {
			last = time.Now()
		} else if time.Since(last) >= idleTime {
			return
		}
	}
}

func (s *server) close() {
	for _, l := range s.sockets {
		_ = l.Close()
	}
	for _, h := range s.world.Hosts { // first: a dying attempt is no outcome
		h.Kill()
	}
	for _, h := range s.hosts {
		h.Close()
	}
	s.work.Wait()
	s.world.Close()
}
