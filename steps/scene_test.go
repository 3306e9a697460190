package steps

// A scene is a run under test, told in a few words: a runbook, what happened,
// and then an action that is allowed or refused.

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

const pair = `
format = 1
title = "test"
[hosts]
w1 = { address = "10.0.0.1" }
w2 = { address = "10.0.0.2" }
[groups]
all = ["w1", "w2"]
[environments.live]
kind = "live"
[environments.guarded]
kind = "live"
approver_from = "critical"
[environments.staging]
kind = "rehearsal"
`

type scene struct {
	t   testing.TB
	c   Case
	seq int64
	log []Event
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// play opens a run of two hosts, w1 and w2, both up and bound, with these phases.
func play(t testing.TB, env, phases string) *scene {
	t.Helper()
	return playBook(t, book(t, env, pair+phases))
}

func book(t testing.TB, env, src string) *Runbook {
	t.Helper()
	rb, problems := Load("test.toml", []byte(src))
	if problems.Failed() {
		t.Fatal(problems)
	}
	out, err := rb.For(env)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func playBook(t testing.TB, rb *Runbook) *scene {
	t.Helper()
	s := &scene{t: t, c: Case{Book: rb, Old: map[string]*Runbook{rb.Hash: rb}, State: NewState(), Now: noon,
		Seen: Seen{Hosts: map[string]HostSeen{}, Evidence: map[Task][]Reading{}, Checks: map[Task][]Reading{}}}}
	s.on(Opened{Run: "r1", Hash: rb.Hash, Env: rb.Env, EnvKind: rb.Kind, Operator: "ada"})
	for _, h := range append(rb.AllHosts(), LocalHost) {
		s.c.Seen.Hosts[h] = HostSeen{Up: true, Since: noon}
		s.on(Bound{Host: h, HostKey: "k", MachineID: "m", Hostname: h})
	}
	return s
}

// at reads "step@host"; without a host it is on local.
func at(name string) Task {
	step, host, ok := strings.Cut(name, "@")
	if !ok {
		host = LocalHost
	}
	return Task{step, host}
}

// on folds events, one second apart.
func (s *scene) on(es ...Event) *scene {
	s.t.Helper()
	for _, e := range es {
		s.seq++
		s.c.Now = s.c.Now.Add(time.Second)
		if err := s.c.State.Apply(s.seq, s.c.Now, e); err != nil {
			s.t.Fatal(err)
		}
		s.log = append(s.log, e)
	}
	return s
}

func (s *scene) later(d time.Duration) *scene {
	s.c.Now = s.c.Now.Add(d)
	return s
}

// try decides an action and gives the confirmation that it asks for, if any,
// as driver and partner would together.
func (s *scene) try(a Action) ([]Event, error) {
	if a.Actor == "" {
		a.Actor = "ada"
	}
	es, err := Decide(s.c, a)
	var r *Refusal
	if errors.As(err, &r) && r.Level > None && a.Confirm.How == "" {
		a.Confirm = Confirmation{Level: r.Level, How: "typed", Typed: r.Phrase, By: "bob", Single: "alone tonight"}
		es, err = Decide(s.c, a)
	}
	return es, err
}

// do decides an action that has to be allowed, and folds what it leads to.
func (s *scene) do(as ...Action) *scene {
	s.t.Helper()
	for _, a := range as {
		es, err := s.try(a)
		if err != nil {
			s.t.Fatalf("%s %s%s: refused: %v", a.Verb, a.Task, a.Host, err)
		}
		s.on(es...)
	}
	return s
}

// no decides an action that has to be refused, with its text or a part of it.
func (s *scene) no(a Action, kind RefusalKind, why string) *scene {
	s.t.Helper()
	es, err := Decide(s.c, a)
	return s.refused(a, es, err, kind, why)
}

// never is no, whatever is confirmed.
func (s *scene) never(a Action, kind RefusalKind, why string) *scene {
	s.t.Helper()
	es, err := s.try(a)
	return s.refused(a, es, err, kind, why)
}

func (s *scene) refused(a Action, es []Event, err error, kind RefusalKind, why string) *scene {
	s.t.Helper()
	var r *Refusal
	switch {
	case !errors.As(err, &r):
		s.t.Errorf("%s %s%s: want a refusal (%s), got %v, %v", a.Verb, a.Task, a.Host, why, es, err)
	case r.Kind != kind || !strings.Contains(r.Error(), why):
		s.t.Errorf("%s %s%s: refused with kind %d: %v\nwant kind %d: %s", a.Verb, a.Task, a.Host, r.Kind, r, kind, why)
	}
	return s
}

// asks holds the level and the words that an action has to be confirmed with.
func (s *scene) asks(a Action, level Danger, phrase string) *scene {
	s.t.Helper()
	_, err := Decide(s.c, a)
	var r *Refusal
	if level == None && err == nil {
		return s
	}
	if !errors.As(err, &r) || r.Level != level || r.Phrase != phrase {
		s.t.Errorf("%s %s%s: want level %s and %q, got %v (%+v)", a.Verb, a.Task, a.Host, level, phrase, err, r)
	}
	return s
}

// is holds the states of tasks: "a@w1", TaskDone, "b@w1", TaskFailed.
func (s *scene) is(pairs ...any) *scene {
	s.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i].(string)
		if got := s.c.State.Task(at(name)).Status; got != pairs[i+1].(Status) {
			s.t.Errorf("%s is %q, want %q", name, got, pairs[i+1])
		}
	}
	return s
}

func (s *scene) id(name string) string {
	s.t.Helper()
	a := s.c.State.Task(at(name)).Attempt()
	if a == nil {
		s.t.Fatalf("%s has no attempt", name)
	}
	return a.ID
}

func (s *scene) state(name string) TaskState { return s.c.State.Task(at(name)) }

// What a host says of the newest attempt of a task.
func (s *scene) started(name string) *scene { return s.on(Started{Attempt: s.id(name)}) }
func (s *scene) exits(name string, code int, values ...string) *scene {
	e := Exited{Attempt: s.id(name), Code: code, OK: code == 0, Values: map[string]string{}}
	a, step := s.state(name).Attempt(), s.c.Step(at(name))
	e.Verify = e.OK && step.VerifyOf(a.Undo) != nil
	if code != 0 {
		e.Why = "exit code 1"
	}
	for _, v := range values {
		k, x, _ := strings.Cut(v, "=")
		e.Values[k] = x
	}
	return s.on(e)
}
func (s *scene) proves(name string, holds bool) *scene {
	return s.on(Verified{Attempt: s.id(name), Holds: holds, Proven: true})
}
func (s *scene) lost(name string) *scene { return s.on(Lost{Attempt: s.id(name), Why: "rebooted"}) }
func (s *scene) stopped(name string) *scene {
	return s.on(Cancelled{Attempt: s.id(name), Signal: "TERM"})
}

// done executes tasks to their good end.
func (s *scene) done(names ...string) *scene {
	s.t.Helper()
	for _, n := range names {
		s.do(x(n)).finish(n)
	}
	return s
}

// finish lets what an action started come to its good end.
func (s *scene) finish(name string) *scene {
	s.t.Helper()
	t := s.state(name)
	if t.Status == TaskOpen {
		switch t.Kind {
		case Gate:
			s.green(name).do(verb(Yes, name))
		case Soak:
			s.on(Soaked{Task: at(name), To: "complete"})
		case Measure:
			s.do(Action{Verb: Record, Task: at(name), Value: "1", Reason: "read"})
		default:
			s.do(Action{Verb: MarkDone, Task: at(name), Value: "seen"})
		}
		return s
	}
	s.started(name).exits(name, 0)
	if a := s.state(name).Attempt(); a.Stage == TaskVerifying {
		s.proves(name, true)
	}
	return s
}

// failed executes a task to a bad end.
func (s *scene) failed(name string) *scene {
	s.t.Helper()
	return s.do(x(name)).started(name).exits(name, 1)
}

// green lets the evidence of a gate or a soak be seen green on all its hosts.
func (s *scene) green(name string) *scene {
	var seen []Reading
	step := s.c.Step(at(name))
	for _, e := range step.Evidence {
		for _, h := range s.c.Asked(at(name), e) {
			seen = append(seen, Reading{Title: e.Title, Host: h, Verdict: Green, Text: "ok", At: s.c.Now})
		}
	}
	s.c.Seen.Evidence[at(name)] = seen
	return s
}

func (s *scene) away(host string, d time.Duration) *scene {
	s.c.Seen.Hosts[host] = HostSeen{Since: s.c.Now.Add(-d), Why: "no route"}
	return s
}

// plan tells a rollback in words: "undo switch@w1".
func (s *scene) plan(scope Scope) []string {
	var out []string
	for _, e := range s.c.UndoPlan(scope) {
		line := e.Do + " " + e.Task.String()
		if e.Done && e.Do != DoNothing && e.Do != DoLeft {
			line += " (done)"
		}
		out = append(out, line)
	}
	return out
}

func verb(v Verb, task string) Action { return Action{Verb: v, Task: at(task)} }
func x(task string) Action            { return verb(Execute, task) }
func reasoned(v Verb, task, why string) Action {
	return Action{Verb: v, Task: at(task), Reason: why}
}

// full is an action of a verb with everything that could be asked for.
func full(v Verb, task string) Action {
	a := Action{Verb: v, Task: at(task), Reason: "because", Value: "seen", Name: "agreed"}
	if v == Resolve {
		a.Value = "partly"
	}
	switch v {
	case Record:
		a.Value = "7"
	case Extend:
		a.Value = "30m"
	}
	return a
}

// retold folds the log of a scene from its encoded form.
func (s *scene) retold() *State {
	s.t.Helper()
	out, now := NewState(), noon
	for i, e := range s.log {
		b, err := json.Marshal(e)
		if err != nil {
			s.t.Fatalf("%s: %v", e.Kind(), err)
		}
		back, err := Decode(e.Kind(), b)
		if err != nil {
			s.t.Fatalf("%v: %s", err, b)
		}
		now = now.Add(time.Second)
		if err := out.Apply(int64(i+1), now, back); err != nil {
			s.t.Fatal(err)
		}
	}
	return out
}

func sortedTasks(m map[Task]TaskState) []Task {
	out := slices.Collect(maps.Keys(m))
	sortTasks(out)
	return out
}

func wantLines(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
