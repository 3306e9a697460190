// The console's side. The rule of this file: a fleet that serves the folder is
// used, not doubled, and one that has died is started again.
package rehearsal

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/crypto/ssh"

	"belay/runner/rehearsal/world"
)

// Spec says which fleet there is to be. It is kept in Dir/fleet.json.
type Spec struct {
	Dir       string     // the sandbox folder, made with mode 0700
	Hosts     []HostSpec // the host "local" is one of them and simulated too
	Fleet     string     // name of the fleet folder, such as ray; "" is base alone
	FleetDirs []string   // folders that are searched for fleets before the embedded ones
	Speed     float64    // how much faster than the clock delays pass; 0 is 1
	Faults    []Fault
	Stamp     string // shown by nobody: which run the fleet belongs to
}

// HostSpec is one simulated machine.
type HostSpec = world.HostSpec

// Fault is one thing that goes wrong on purpose.
type Fault = world.Fault

// ParseFault reads the SPEC of --fault, in one of FaultForms.
func ParseFault(spec string) (Fault, error) { return world.ParseFault(spec) }

// FaultForms are the faults there are: how each is written, and what it does.
func FaultForms() [][2]string { return slices.Clone(world.FaultForms) }

// Fleet is a running fleet.
type Fleet struct {
	exe   string
	spec  Spec
	key   ssh.Signer
	hosts map[string]ssh.PublicKey

	mu      sync.Mutex
	stopped bool
	child   chan struct{} // closed when the child that we started has been reaped; nil: not ours
}

// Verb is the hidden verb by which the program becomes a fleet.
const Verb = "_fleet"

// Start returns a fleet that answers. exe is the program itself; it is started
// as "exe _fleet DIR" in a session of its own, with an empty environment,
// unless a fleet serves the folder already.
func Start(ctx context.Context, exe string, spec Spec) (*Fleet, error) {
	dir, err := filepath.Abs(spec.Dir)
	if err != nil {
		return nil, fmt.Errorf("start fleet: %w", err)
	}
	spec.Dir = dir
	if err := spec.check(); err != nil {
		return nil, fmt.Errorf("start fleet: %w", err)
	}
	for _, sub := range []string{"", "s", "hostkeys"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("start fleet: %w", err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("start fleet: %w", err)
	}
	f := &Fleet{exe: exe, spec: spec, hosts: map[string]ssh.PublicKey{}}
	if f.key, err = keyFile(filepath.Join(dir, "key")); err != nil {
		return nil, fmt.Errorf("start fleet: %w", err)
	}
	for _, h := range spec.Hosts {
		key, err := keyFile(filepath.Join(dir, "hostkeys", h.ID))
		if err != nil {
			return nil, fmt.Errorf("start fleet: %w", err)
		}
		f.hosts[h.ID] = key.PublicKey()
	}
	if err := f.ensure(ctx); err != nil {
		return nil, fmt.Errorf("start fleet: %w", err)
	}
	return f, nil
}

func (s Spec) check() error {
	if err := s.world().Check(); err != nil {
		return err
	}
	for _, f := range s.Faults {
		if f.Host == "" {
			continue
		}
		known := false
		for _, h := range s.Hosts {
			known = known || h.ID == f.Host
		}
		if !known {
			return fmt.Errorf("fault %s: there is no host %s", f, f.Host)
		}
	}
	return nil
}

func (s Spec) world() world.Spec {
	return world.Spec{Hosts: s.Hosts, Fleet: s.Fleet, Speed: s.Speed}
}

// ensure starts the child unless one answers.
func (f *Fleet) ensure(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		return errors.New("the fleet was stopped")
	}
	if f.ask(ctx, "ping") == nil {
		return nil
	}
	if err := world.Supply(f.spec.Dir, f.spec.Fleet, Sources(f.spec.FleetDirs)); err != nil {
		return err
	}
	data, err := json.MarshalIndent(f.spec, "", "  ")
	if err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(f.spec.Dir, "fleet.json"), data); err != nil {
		return err
	}
	if err := f.launch(ctx); err != nil {
		return err
	}
	return f.ask(ctx, "ping")
}

func replaceFile(name string, data []byte) error {
	if err := os.WriteFile(name+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// launch starts the child and waits until it closes its output: then it serves,
// or it has written why not to fleet.log.
func (f *Fleet) launch(ctx context.Context) error {
	logName := filepath.Join(f.spec.Dir, "fleet.log")
	log, err := os.OpenFile(logName, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command(f.exe, Verb, f.spec.Dir)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = []string{}, f.spec.Dir, w, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return err
	}
	reaped := make(chan struct{})
	f.child = reaped
	go func() {
		_ = cmd.Wait()
		close(reaped)
	}()
	defer context.AfterFunc(ctx, func() { _ = r.Close() })()
	line, _ := bufio.NewReader(r).ReadString('\n')
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if strings.TrimSpace(line) != readyLine {
		text, _ := os.ReadFile(logName)
		return fmt.Errorf("the child did not start: %.800s", strings.TrimSpace(string(text)))
	}
	return nil
}

// ask says one word to the child and waits for its answer.
func (f *Fleet) ask(ctx context.Context, word string) error {
	conn, err := dial(ctx, f.spec.Dir, controlSocket)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := io.WriteString(conn, word+"\n"); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && line != "ok\n" {
		err = fmt.Errorf("the child answered %q", line)
	}
	return err
}

// Dial connects to the SSH server of a host. A host that is down refuses, as a
// real one does. A child that has died is started again first.
func (f *Fleet) Dial(ctx context.Context, hostID string) (net.Conn, error) {
	n := f.index(hostID)
	if n < 0 {
		return nil, fmt.Errorf("dial %s: there is no such host in the embedded fleet", hostID)
	}
	if _, err := os.Stat(filepath.Join(f.spec.Dir, "shared", "hosts", hostID, "down")); err == nil {
		return nil, refused(f.spec.Hosts[n])
	}
	conn, err := dial(ctx, f.spec.Dir, strconv.Itoa(n))
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) {
		if err = f.ensure(ctx); err == nil {
			conn, err = dial(ctx, f.spec.Dir, strconv.Itoa(n))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("dial %s: embedded fleet: %w", hostID, err)
	}
	return conn, nil
}

func refused(h HostSpec) error {
	addr := &net.TCPAddr{IP: net.ParseIP(h.Address), Port: 22}
	return &net.OpError{Op: "dial", Net: "tcp", Addr: addr, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

func (f *Fleet) index(hostID string) int {
	for i, h := range f.spec.Hosts {
		if h.ID == hostID {
			return i
		}
	}
	return -1
}

// Signer is the only key that the fleet's servers let in.
func (f *Fleet) Signer() ssh.Signer { return f.key }

// HostKey is the host key of a host, or nil for a host that is not there.
func (f *Fleet) HostKey(hostID string) ssh.PublicKey { return f.hosts[hostID] }

// Stop ends the child, whoever started it, and returns when nobody serves the
// folder any more: the run is closed. The folder stays.
func (f *Fleet) Stop(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	// An error here says that it is ending already; the lock is the proof.
	_ = f.ask(ctx, "stop")
	if _, err := os.Stat(f.spec.Dir); errors.Is(err, fs.ErrNotExist) {
		return f.reaped(ctx) // a child ends by itself when its folder is gone
	}
	lock := newLock(f.spec.Dir)
	if _, err := lock.TryLockContext(ctx, lockBeat); err != nil {
		return fmt.Errorf("stop fleet: the child still serves: %w", err)
	}
	if err := lock.Unlock(); err != nil {
		return fmt.Errorf("stop fleet: %w", err)
	}
	return f.reaped(ctx)
}

// reaped waits for the child that we started. The lock is held.
func (f *Fleet) reaped(ctx context.Context) error {
	if f.child == nil {
		return nil
	}
	select {
	case <-f.child:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop fleet: %w", ctx.Err())
	}
}
