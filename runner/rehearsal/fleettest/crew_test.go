// Package fleettest holds the shipped runbook's own scripts against the
// embedded fleet's commands, without a runner: what a script leaves on a host is
// what the next one finds.
package fleettest

// The rule of this file: scripts are run as they stand in runbook.toml, with the
// variables that a real run gives them. Nothing is skipped but what a person does.

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"belay/runner/probe"
	"belay/runner/rehearsal"
	"belay/runner/rehearsal/world"
	"belay/steps"
)

const (
	speed    = 200 // more, and a busy machine falls behind the waits of the scripts
	run      = "2026-11-23-0042"
	token    = "a-token-of-the-test-0123456789"
	patience = 60 * time.Second // of a verify, in real time
)

// crew carries a runbook out by hand.
type crew struct {
	t     *testing.T
	world *world.World
	book  *steps.Runbook
	mu    sync.Mutex
	known map[string]map[string]string // captured values by host
	did   []steps.Task
}

func shipped(t *testing.T) *steps.Runbook {
	t.Helper()
	name := filepath.Join("..", "..", "..", "runbook.toml")
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	book, found := steps.Load(name, src)
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	if book, err = book.For(steps.EmbeddedEnv); err != nil {
		t.Fatal(err)
	}
	return book
}

// newCrew opens a world of the runbook's hosts. Faults are "NAME:HOST".
func newCrew(t *testing.T, faults ...string) *crew {
	t.Helper()
	c := &crew{t: t, book: shipped(t), known: map[string]map[string]string{}}
	dir := t.TempDir()
	if err := world.Supply(dir, c.book.Fleet, rehearsal.Sources(nil)); err != nil {
		t.Fatal(err)
	}
	spec := world.Spec{Fleet: c.book.Fleet, Speed: speed}
	for _, id := range append(c.book.AllHosts(), steps.LocalHost) {
		h := c.book.Hosts[id]
		if id == steps.LocalHost {
			h.Address, h.User = id, "operator"
		}
		env, err := steps.Environ(c.book, &steps.Step{}, id, nil, nil, steps.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		vars := map[string]string{}
		for _, line := range env {
			name, value, _ := strings.Cut(line, "=")
			vars[name] = value
		}
		spec.Hosts = append(spec.Hosts, world.HostSpec{ID: id, Address: h.Address, User: h.User, Vars: vars})
		c.known[id] = map[string]string{}
	}
	c.assume("rollout")
	w, err := world.Open(dir, spec, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	for _, f := range faults {
		name, host, _ := strings.Cut(f, ":")
		if err := w.Host(host).SetFault(name, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	c.world = w
	return c
}

// assume takes from the file what the phases before one would have captured on
// the operator's machine.
func (c *crew) assume(phase string) {
	c.known[steps.LocalHost] = map[string]string{}
	for s := range c.book.Steps() {
		if s.Phase == phase {
			return
		}
		for name := range s.Capture {
			if v, ok := s.Rehearsal[name]; ok && s.On == "" {
				c.known[steps.LocalHost][name] = v
			}
		}
	}
}

// environ of a step on a host.
func (c *crew) environ(s *steps.Step, host string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	facts := steps.Facts{Run: run, Attempt: s.ID + "-" + host, Stamp: time.Unix(1795459465, 0)}
	known := maps.Clone(c.known[steps.LocalHost])
	maps.Copy(known, c.known[host])
	env, err := steps.Environ(c.book, s, host, nil, known, facts)
	if err != nil {
		c.t.Errorf("%s on %s: %v", s.ID, host, err)
	}
	return env
}

// sh runs a script on a host as an attempt would be run.
func (c *crew) sh(s *steps.Step, host, dir, text string) (out string, code int) {
	h := c.world.Host(host)
	env := c.environ(s, host)
	dir, err := steps.Expand(dir, env)
	if err != nil {
		c.t.Errorf("%s on %s: %v", s.ID, host, err)
	}
	values, secret := "/tmp/out-"+s.ID, "/tmp/secret-"+s.ID
	for name, content := range map[string]string{values: "", secret: token} {
		if err := h.Files.WriteFile(name, []byte(content), 0o600); err != nil {
			c.t.Errorf("%s on %s: %v", s.ID, host, err)
		}
	}
	env = append(append(h.Environ(), env...), "BELAY_OUT="+values, "RAY_TOKEN_FILE="+secret)
	if dir != "" {
		text = "cd '" + dir + "'\n" + text
	}
	b, code := h.Command(env, strings.NewReader(""), "sh", "-c", "set -eu\n"+text)
	left, err := h.Files.ReadFile(values)
	if err == nil {
		var got map[string]string
		if got, err = steps.ParseValues(left); err == nil {
			c.keep(s, host, got)
		}
	}
	if err != nil {
		c.t.Errorf("%s on %s: %v", s.ID, host, err)
	}
	return string(b), code
}

func (c *crew) keep(s *steps.Step, host string, got map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, value := range got {
		if _, have := c.known[host][name]; !have || s.Capture[name] == steps.Last {
			c.known[host][name] = value
		}
	}
}

// attempt runs what a step does on a host, and proves it.
func (c *crew) attempt(s *steps.Step, host string) error {
	text := s.Script
	if s.Kind == steps.Edit {
		do, _, _, err := steps.EditScripts(s.File)
		if err != nil {
			return err
		}
		text = do
	}
	c.mu.Lock()
	c.did = append(c.did, steps.Task{Step: s.ID, Host: host})
	c.mu.Unlock()
	if s.Check != nil {
		if err := c.prove(s, host, s.Check); err != nil {
			return fmt.Errorf("check: %w", err)
		}
	}
	out, code := c.sh(s, host, s.Dir, text)
	if ok := len(s.OKExit) == 0 && code == 0 || slices.Contains(s.OKExit, code); !ok {
		return fmt.Errorf("exit code %d:\n%s", code, out)
	}
	for name := range s.Capture {
		if c.known[host][name] == "" {
			return fmt.Errorf("captured no %s:\n%s", name, out)
		}
	}
	if s.Verify == nil {
		return nil
	}
	return c.prove(s, host, s.Verify)
}

// undo takes one task back and proves that.
func (c *crew) undo(s *steps.Step, host string) error {
	text, dir := "", s.Dir
	switch {
	case s.Kind == steps.Edit:
		_, back, _, err := steps.EditScripts(s.File)
		if err != nil {
			return err
		}
		text = back
	case s.Undo == nil || s.Undo.Script == "":
		return nil
	default:
		text = s.Undo.Script
		if s.Undo.Dir != "" {
			dir = s.Undo.Dir
		}
	}
	if out, code := c.sh(s, host, dir, text); code != 0 {
		return fmt.Errorf("undo: exit code %d:\n%s", code, out)
	}
	if s.Undo != nil && s.Undo.Verify != nil {
		if err := c.prove(s, host, s.Undo.Verify); err != nil {
			return fmt.Errorf("undo: %w", err)
		}
	}
	return nil
}

// prove looks until the evidence is green for as long as it has to be.
func (c *crew) prove(s *steps.Step, host string, e *steps.Evidence) error {
	stable := e.Stable.D() / speed
	deadline, since := time.Now().Add(patience), time.Time{}
	for {
		why, green := c.look(s, host, *e)
		switch {
		case !green:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		}
		if green && time.Since(since) >= stable {
			return nil
		}
		if !green && e.Timeout == 0 || time.Now().After(deadline) {
			return fmt.Errorf("not proven: %s", why)
		}
		time.Sleep(50 * time.Millisecond) // between two looks, as the runner does
	}
}

// look reads one evidence on a host and judges it.
func (c *crew) look(s *steps.Step, host string, e steps.Evidence) (why string, green bool) {
	env := c.environ(s, host)
	want, err := steps.Expand(e.Want, env)
	if err != nil {
		return err.Error(), false
	}
	var v steps.Value
	if e.Probe != "" {
		v = c.probe(s, host, e, env)
	} else {
		out, code := c.sh(s, host, s.Dir, e.Script)
		if code != 0 || want == "" {
			return fmt.Sprintf("exit code %d: %s", code, out), code == 0
		}
		v = steps.ParseValue(out, time.Now())
	}
	if strings.Contains(want, "baseline") {
		return v.String(), v.Known
	}
	w, err := steps.ParseWant(want)
	if err != nil {
		return err.Error(), false
	}
	verdict, why := w.Judge(v, nil)
	return why, verdict == steps.Green
}

func (c *crew) probe(s *steps.Step, host string, e steps.Evidence, env []string) steps.Value {
	name, field, _ := strings.Cut(e.Probe, ".")
	p := c.book.Probes[name]
	reader, err := probe.For(p.Read)
	if err != nil {
		return steps.Value{Raw: err.Error()}
	}
	path := p.Path
	if e.Path != "" {
		if path, err = steps.Expand(e.Path, env); err != nil {
			return steps.Value{Raw: err.Error()}
		}
	}
	q, err := reader.Ask(field, path)
	if err != nil {
		return steps.Value{Raw: err.Error()}
	}
	if p.Host != "" {
		host = p.Host
	}
	var a probe.Answer
	if p.HTTP != "" {
		_, port, _ := strings.Cut(strings.TrimPrefix(p.HTTP, "http://"), ":")
		body, status, found := c.world.Host(host).Port(port, "GET", q.HTTP, strings.NewReader(""))
		a = probe.Answer{Body: body, HTTP: 200}
		if !found || status != 0 {
			a.HTTP = 500
		}
	} else {
		script := q.Script
		if p.Script != "" {
			script = p.Script
		}
		out, code := c.sh(s, host, "", script)
		a = probe.Answer{Body: []byte(out), Exit: code}
	}
	got := reader.Read(a, field, path)
	v := steps.ParseValue(got.Text, time.Now())
	v.Known, v.Raw = got.Known, got.Raw
	if got.Number != nil {
		v.Number, v.Unit, v.IsNumber = *got.Number, got.Unit, true
	}
	return v
}

// carry does one step on its hosts: together, or in a block on one.
func (c *crew) carry(s *steps.Step, hosts []string) error {
	switch s.Kind {
	case steps.Command, steps.Edit:
		errs := make([]error, len(hosts))
		var all sync.WaitGroup
		for i, h := range hosts {
			all.Go(func() {
				if err := c.attempt(s, h); err != nil {
					errs[i] = fmt.Errorf("%s on %s: %w", s.ID, h, err)
				}
			})
		}
		all.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
	case steps.Gate, steps.Soak:
		for _, e := range s.Evidence {
			on := hosts
			if e.On != "" {
				on = c.book.HostsOf(e.On)
			} else if s.Kind == steps.Gate && len(s.Hosts) > 0 {
				on = s.Hosts
			}
			for _, h := range on {
				if e.SignOff != "" {
					continue
				}
				if why, green := c.look(s, h, e); !green {
					return fmt.Errorf("%s: %s on %s: %s", s.ID, e.Title, h, why)
				}
			}
		}
	}
	return nil
}

// forward carries a phase out, up to and without the step stop ("" is all).
func (c *crew) forward(phase, stop string) error {
	list := c.book.Phase(phase).Steps
	for i := 0; i < len(list); i++ {
		block := []*steps.Step{&list[i]}
		for list[i].Block != "" && i+1 < len(list) && list[i+1].Block == list[i].Block {
			i++
			block = append(block, &list[i])
		}
		groups := [][]string{block[0].Hosts}
		if block[0].Block != "" {
			groups = groups[:0]
			for _, h := range block[0].Hosts {
				groups = append(groups, []string{h})
			}
		}
		for _, hosts := range groups {
			for _, s := range block {
				if s.ID == stop {
					return nil
				}
				if err := c.carry(s, hosts); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// back takes everything back that was done, in reverse.
func (c *crew) back() error {
	for i := range c.book.Rollback.Before {
		s := &c.book.Rollback.Before[i]
		if err := c.carry(s, s.Hosts); err != nil {
			return err
		}
	}
	undone := map[steps.Task]bool{}
	for _, t := range slices.Backward(c.did) {
		if undone[t] {
			continue
		}
		undone[t] = true
		if s := c.book.Step(t.Step); s.Phase == "rollout" {
			if err := c.undo(s, t.Host); err != nil {
				return fmt.Errorf("%s on %s: %w", t.Step, t.Host, err)
			}
		}
	}
	for i := range c.book.Rollback.After {
		s := &c.book.Rollback.After[i]
		if err := c.carry(s, s.Hosts); err != nil {
			return err
		}
	}
	return nil
}

// on runs a command of the test's own and wants it to succeed.
func (c *crew) on(host, text string) string {
	c.t.Helper()
	h := c.world.Host(host)
	env := append(h.Environ(), c.environ(&steps.Step{}, host)...)
	out, code := h.Command(env, strings.NewReader(""), "sh", "-c", "set -eu\n"+text)
	if code != 0 {
		c.t.Fatalf("%s: %s: exit %d: %s", host, text, code, out)
	}
	return string(out)
}
