package cli

// The rule of this file: it is the only place where the runner meets what it
// needs of the world: the journal, servers, this machine, the embedded fleet.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sync/errgroup"

	"belay/runner"
	"belay/runner/journal"
	"belay/runner/local"
	"belay/runner/rehearsal"
	"belay/runner/remote"
	"belay/steps"
)

var (
	_ runner.Host    = (*remote.Host)(nil)
	_ runner.Host    = (*local.Host)(nil)
	_ runner.Journal = runJournal{}
)

// localName is the folder of local attempts in a run directory.
const localName = "local"

// runJournal is the journal as the runner sees it.
type runJournal struct {
	*journal.Journal
	wrote     chan<- struct{}
	elsewhere string // what to do when it can be written no more
}

// Append writes an event, and wakes who prints the journal's lines. It never
// waits for him.
func (j runJournal) Append(kind string, data any) (seq int64, at time.Time, err error) {
	r, err := j.Journal.Append(kind, data)
	if errors.Is(err, journal.ErrFrozen) {
		err = fmt.Errorf("%w; %s", err, j.elsewhere)
	}
	if err != nil {
		return 0, time.Time{}, err
	}
	select {
	case j.wrote <- struct{}{}:
	default:
	}
	return int64(r.Seq), r.Time, nil
}

// fleet is the embedded fleet that a session has started or found.
type fleet interface {
	// Leave lets go of the fleet; it ends with its run, and outlives a console
	// that is only left.
	Leave(closed bool) error
}

// connect makes the hosts of the run and reads its secrets. Nothing is sent to
// a server yet.
func (s *session) connect(ctx context.Context) (map[string]runner.Host, map[string][]byte, error) {
	rb := s.ledger.book()
	if rb.Kind == steps.Embedded {
		hosts, err := s.rehearse(ctx, rb)
		return hosts, invented(rb, s.ledger.id), err
	}
	names := needed(rb)
	if s.p.opt.rollback != "" {
		scope, err := scopeOf(rb, s.p.opt.rollback)
		if err != nil {
			return nil, nil, err
		}
		names = neededBack(s.ledger.caseNow(s.p), scope)
	}
	values, err := s.p.secrets(ctx, rb, names)
	if err != nil {
		return nil, nil, err
	}
	servers, err := s.p.servers(ctx, rb)
	if err != nil {
		return nil, nil, err
	}
	s.p.unlock(ctx, servers)
	s.servers = servers
	hosts := map[string]runner.Host{}
	for id, h := range servers {
		hosts[id] = h
	}
	if usesLocal(rb) {
		hosts[steps.LocalHost] = local.New(filepath.Join(s.ledger.dir, localName), s.p.env.Self, sources(rb)...)
	}
	return hosts, values, nil
}

// resolveAtOnce bounds how many times the system's ssh is asked in parallel.
const resolveAtOnce = 8

// servers gives the real hosts of an environment, as the operator's own ssh
// would reach them.
func (p *program) servers(ctx context.Context, rb *steps.Runbook) (map[string]*remote.Host, error) {
	keys := &remote.Keys{Prompt: p.prompt}
	var mu sync.Mutex
	out := map[string]*remote.Host{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(resolveAtOnce)
	for _, id := range rb.AllHosts() {
		g.Go(func() error {
			h := rb.Hosts[id]
			settings, err := p.resolver().Resolve(ctx, h.Address, h.User, h.Port)
			if err != nil {
				return fmt.Errorf("host %s: %w", id, err)
			}
			settings.ID, settings.Keys = id, keys
			locked := len(settings.Locked()) > 0
			mu.Lock()
			defer mu.Unlock()
			out[id] = remote.New(settings)
			p.locked = p.locked || locked
			return nil
		})
	}
	return out, g.Wait()
}

// resolver uses an ssh_config of Belay's own where there is one: for a bastion
// on which Belay is to use other keys than its operators do.
func (p *program) resolver() remote.Resolver {
	if file := p.sshConfig(); file != "" {
		return remote.Resolver{File: file}
	}
	return remote.Resolver{}
}

func (p *program) sshConfig() string {
	file := filepath.Join(p.env.configDir(), "ssh_config")
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return file
}

// usesLocal reports whether anything of the runbook happens on this machine.
func usesLocal(rb *steps.Runbook) bool {
	for s := range rb.Steps() {
		onLocal := len(s.Hosts) == 1 && s.Hosts[0] == steps.LocalHost
		if onLocal && (s.Script != "" || s.Kind == steps.Edit || s.Undo != nil && s.Undo.Script != "") {
			return true
		}
		list := s.Evidence
		for _, e := range []*steps.Evidence{s.Check, s.Verify, s.VerifyOf(true)} {
			if e != nil {
				list = append(list, *e)
			}
		}
		for _, e := range list {
			if e.SignOff == "" && (e.On == steps.LocalHost || e.On == "" && onLocal) {
				return true
			}
		}
	}
	for i := range rb.Triggers {
		t := &rb.Triggers[i]
		if asked := (&steps.Case{Book: rb}).AskedBy(t); !t.ByPerson() && slices.Contains(asked, steps.LocalHost) {
			return true
		}
	}
	for _, w := range rb.Watches {
		if w.On == steps.LocalHost {
			return true
		}
	}
	for _, x := range rb.Probes {
		if x.Host == steps.LocalHost {
			return true
		}
	}
	return false
}

// embedded is the fleet of a rehearsal. It is made beside the console, which
// shows its first picture meanwhile; whoever dials a host waits for it.
type embedded struct {
	made  chan struct{} // closed when the two below are settled
	fleet *rehearsal.Fleet
	err   error
}

func embed(ctx context.Context, exe string, spec rehearsal.Spec) *embedded {
	e := &embedded{made: make(chan struct{})}
	go func() {
		defer close(e.made)
		e.fleet, e.err = rehearsal.Start(ctx, exe, spec)
	}()
	return e
}

// dial reaches a host of the fleet.
func (e *embedded) dial(ctx context.Context, host string) (net.Conn, error) {
	select {
	case <-e.made:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if e.err != nil {
		return nil, e.err
	}
	return e.fleet.Dial(ctx, host)
}

// settings reach a simulated host as any other. Its keys are asked for only
// when it has been dialled, so the fleet is there by then.
func (e *embedded) settings(h rehearsal.HostSpec) remote.Settings {
	return remote.Settings{
		ID: h.ID,
		Hop: remote.Hop{Address: h.Address, User: h.User, Signers: []ssh.Signer{fleetKey{e}},
			HostKey: func(name string, addr net.Addr, key ssh.PublicKey) error {
				return ssh.FixedHostKey(e.fleet.HostKey(h.ID))(name, addr, key)
			}},
		Dial: func(ctx context.Context) (net.Conn, error) { return e.dial(ctx, h.ID) },
	}
}

// fleetKey is the key that the fleet lets in.
type fleetKey struct{ e *embedded }

func (k fleetKey) PublicKey() ssh.PublicKey { return k.e.fleet.Signer().PublicKey() }

func (k fleetKey) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return k.e.fleet.Signer().Sign(rand, data)
}

// stopPatience is how long to wait for a fleet to end.
const stopPatience = 5 * time.Second

// Leave ends the fleet with its run. One that is only left goes on, and with it
// what runs on its hosts.
func (e *embedded) Leave(closed bool) error {
	if <-e.made; !closed || e.err != nil {
		return e.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	return e.fleet.Stop(ctx)
}

// rehearse starts the embedded fleet, or finds it, and gives its hosts. They
// are reached as servers are; that they are simulated is known here alone.
func (s *session) rehearse(ctx context.Context, rb *steps.Runbook) (map[string]runner.Host, error) {
	o := s.ledger.state.Opened
	spec := rehearsal.Spec{Dir: filepath.Join(s.ledger.dir, fleetName), Fleet: rb.Fleet, Speed: s.ledger.state.Speed(),
		FleetDirs: []string{filepath.Join(filepath.Dir(o.File), fleetName)}, Stamp: s.ledger.id}
	for _, id := range append(rb.AllHosts(), steps.LocalHost) {
		h := rb.Hosts[id]
		x := rehearsal.HostSpec{ID: id, Address: first(h.Address, id), User: first(h.User, simulatedUser), Vars: map[string]string{}}
		for _, vars := range []map[string]steps.Var{rb.Vars, h.Vars} {
			for name, v := range vars {
				x.Vars[name] = first(v.Value, first(s.ledger.state.Answers[name], v.Rehearsal))
			}
		}
		spec.Hosts = append(spec.Hosts, x)
	}
	for _, text := range o.Faults {
		f, err := rehearsal.ParseFault(text)
		if err != nil {
			return nil, err
		}
		spec.Faults = append(spec.Faults, f)
	}
	e := embed(ctx, s.p.env.Self, spec)
	s.fleet = e
	hosts := map[string]runner.Host{}
	for _, h := range spec.Hosts {
		if h.ID != steps.LocalHost || usesLocal(rb) {
			hosts[h.ID] = remote.New(e.settings(h))
		}
	}
	return hosts, nil
}

const (
	fleetName     = "fleet" // of the folder: the sandbox in a run directory, and a team's own commands beside its runbook
	simulatedUser = "operator"
)

// checkFault says what is wrong with a fault, its step and host included.
func checkFault(spec string, rb *steps.Runbook) error {
	f, err := rehearsal.ParseFault(spec)
	if err != nil || rb == nil {
		return err
	}
	if f.Host != "" && f.Host != steps.LocalHost {
		if _, ok := rb.Hosts[f.Host]; !ok {
			return fmt.Errorf("the runbook has no host %q", f.Host)
		}
	}
	if f.Step != "" && rb.Step(f.Step) == nil {
		return fmt.Errorf("the runbook has no step %q", f.Step)
	}
	return nil
}
