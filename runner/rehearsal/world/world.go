// Package world builds the simulated machines: their folders, their commands,
// and what happened to them before anybody logged in.
//
// The rule of this package: everything of a world lies in one folder, and a
// world that is there already is gone on with, never made again.
package world

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"belay/runner/rehearsal/command"
	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
	"belay/runner/rehearsal/shell"
)

// Spec says which machines there are.
type Spec struct {
	Hosts []HostSpec
	Fleet string  // name of the folder of commands; "" is base alone
	Speed float64 // how much faster than the clock delays pass; 0 is 1
}

// HostSpec is one machine.
type HostSpec struct {
	ID, Address, User string
	Vars              map[string]string // seen by setup, daemon and ports
}

// World is a fleet of running machines.
type World struct {
	Dir   string
	Spec  Spec
	Hosts []*Host
	boot  string

	bin, commands, shared *files.Tree
}

// Base is the fleet folder that every host has.
const Base = "base"

var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Check says what is wrong with a spec, or nil.
func (s Spec) Check() error {
	if s.Fleet != "" && !namePattern.MatchString(s.Fleet) {
		return fmt.Errorf("fleet: bad name %q", s.Fleet)
	}
	seen := map[string]bool{}
	for _, h := range s.Hosts {
		if !namePattern.MatchString(h.ID) || seen[h.ID] {
			return fmt.Errorf("fleet: bad or doubled host id %q", h.ID)
		}
		seen[h.ID] = true
		if h.User != "" && !namePattern.MatchString(h.User) {
			return fmt.Errorf("fleet: host %s: bad user %q", h.ID, h.User)
		}
	}
	return nil
}

// Supply copies the commands of a fleet into dir. Each source is a file system
// with a folder per fleet name; the first that has the name gives its files.
// It is done at every start, by the console: the fleet itself reads nothing
// outside its folder.
func Supply(dir, fleet string, sources []fs.FS) error {
	into := filepath.Join(dir, "commands")
	if err := os.RemoveAll(into); err != nil {
		return fmt.Errorf("supply fleet: %w", err)
	}
	bin := filepath.Join(into, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return fmt.Errorf("supply fleet: %w", err)
	}
	for name := range shell.NewSystem(command.All()).Programs {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(shell.GoMark+name+"\n"), 0o755); err != nil {
			return fmt.Errorf("supply fleet: %w", err)
		}
	}
	names := []string{Base}
	if fleet != "" && fleet != Base {
		names = append(names, fleet)
	}
	for _, name := range names {
		if err := supplyOne(into, name, sources); err != nil {
			return fmt.Errorf("supply fleet %s: %w", name, err)
		}
	}
	return nil
}

// supplyOne copies one fleet: the sources of lower rank first, so that a team
// can replace single commands of an embedded fleet.
func supplyOne(into, name string, sources []fs.FS) error {
	found := name == Base
	for i := len(sources) - 1; i >= 0; i-- {
		if info, err := fs.Stat(sources[i], name); err != nil || !info.IsDir() {
			continue
		}
		found = true
		err := fs.WalkDir(sources[i], name, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !d.Type().IsRegular() {
				return err
			}
			return supplyFile(into, sources[i], p, strings.TrimPrefix(p, name+"/"))
		})
		if err != nil {
			return err
		}
	}
	if !found {
		return errors.New("there is no such fleet: neither embedded nor as fleet/" + name + " beside the runbook")
	}
	return nil
}

func supplyFile(into string, source fs.FS, p, rel string) error {
	data, err := fs.ReadFile(source, p)
	if err != nil {
		return err
	}
	targets := []string{filepath.Join(into, filepath.FromSlash(p))}
	if dir, file := path.Split(rel); dir == "bin/" {
		targets = append(targets, filepath.Join(into, "bin", file))
	}
	for _, to := range targets {
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(to, data, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// Open builds the machines of a world or goes on with those that are there.
// Boot names this start: what ran under another one is lost.
func Open(dir string, spec Spec, boot string) (*World, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	w := &World{Dir: dir, Spec: spec, boot: boot}
	for _, sub := range []string{"hosts", "shared/hosts"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("open world: %w", err)
		}
	}
	for sub, tree := range map[string]**files.Tree{"commands/bin": &w.bin, "commands": &w.commands, "shared": &w.shared} {
		t, err := files.OpenTree(filepath.Join(dir, sub))
		if err != nil {
			w.Close()
			return nil, fmt.Errorf("open world: %w", err)
		}
		*tree = t
	}
	w.Hosts = make([]*Host, len(spec.Hosts))
	errs := make([]error, len(spec.Hosts))
	var all sync.WaitGroup
	for i, hs := range spec.Hosts {
		all.Go(func() {
			var err error
			if w.Hosts[i], err = w.host(hs); err != nil {
				errs[i] = fmt.Errorf("open world: host %s: %w", hs.ID, err)
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		w.Hosts = slices.DeleteFunc(w.Hosts, func(h *Host) bool { return h == nil })
		w.Close()
		return nil, err
	}
	return w, nil
}

// Attend makes the time of the daemons pass only while gate is open. It is
// called before Start.
func (w *World) Attend(gate *process.Gate) {
	for _, h := range w.Hosts {
		h.Table.Gate = gate
	}
}

// Start runs the setup of every host that has not had it, all at once, and then
// their daemons.
func (w *World) Start() error {
	errs := make([]error, len(w.Hosts))
	var all sync.WaitGroup
	for i, h := range w.Hosts {
		all.Go(func() { errs[i] = h.setup() })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, h := range w.Hosts {
		h.daemons()
	}
	return nil
}

// Host finds a machine, or nil.
func (w *World) Host(id string) *Host {
	for _, h := range w.Hosts {
		if h.ID == id {
			return h
		}
	}
	return nil
}

// Close kills all that runs on the machines.
func (w *World) Close() {
	var all sync.WaitGroup
	for _, h := range w.Hosts {
		all.Go(h.close)
	}
	all.Wait()
	for _, tree := range []*files.Tree{w.bin, w.commands, w.shared} {
		if tree != nil {
			_ = tree.Close()
		}
	}
}

// fleets are the folders whose setup and daemon a host runs, in order.
func (w *World) fleets() []string {
	if w.Spec.Fleet == "" || w.Spec.Fleet == Base {
		return []string{Base}
	}
	return []string{Base, w.Spec.Fleet}
}

// started is for /proc: all hosts of a world are of one age.
var started = time.Now()
