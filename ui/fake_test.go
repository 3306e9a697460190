package ui

// A run of the imagination: real decisions and a real fold, with a clock and a
// fleet that do what a test says.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"belay/runner"
	"belay/runner/job"
	"belay/runner/tail"
	"belay/steps"
)

var night = time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC)

type fake struct {
	t       testing.TB
	mu      sync.Mutex
	book    *steps.Runbook
	old     map[string]*steps.Runbook
	state   *steps.State
	seen    steps.Seen
	now     time.Time
	seq     int64
	events  []runner.EventView
	hosts   []runner.HostView
	outputs map[steps.Task]*tail.Ring
	changed chan struct{}
	sent    []steps.Action
	rolls   int
	rolling bool
	frozen  error
	paper   string // the sum of what the editor leaves
	asking  map[steps.Task]time.Time
	file    []byte   // of an edit, on every host
	kept    []byte   // what the edit found there
	files   []string // that were attached, and what to
}

func newFake(t testing.TB, env string) *fake {
	t.Helper()
	src, err := os.ReadFile("testdata/run.toml")
	if err != nil {
		t.Fatal(err)
	}
	return fakeOf(t, env, src)
}

func fakeOf(t testing.TB, env string, src []byte) *fake {
	t.Helper()
	all, problems := steps.Load("run.toml", src)
	if problems.Failed() {
		t.Fatal(problems)
	}
	book, err := all.For(env)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, book: book, old: map[string]*steps.Runbook{book.Hash: book}, state: steps.NewState(), now: night, outputs: map[steps.Task]*tail.Ring{},
		changed: make(chan struct{}, 1), asking: map[steps.Task]time.Time{},
		seen: steps.Seen{Hosts: map[string]steps.HostSeen{}, Evidence: map[steps.Task][]steps.Reading{}, Checks: map[steps.Task][]steps.Reading{}}}
	f.apply(steps.Opened{Run: "7f3a", Title: book.Title, File: "run.toml", Hash: book.Hash, Env: env, EnvKind: book.Kind,
		Speed: 60, Operator: "ana", Partner: "ben", Version: "test"})
	f.apply(steps.Bound{Host: steps.LocalHost, MachineID: "here", Hostname: "bastion"})
	for _, id := range book.HostOrder {
		f.seen.Hosts[id] = steps.HostSeen{Up: true, Since: night.Add(-42 * time.Minute)}
		f.apply(steps.Bound{Host: id, HostKey: "SHA256:" + id, MachineID: id, Hostname: id})
		f.hosts = append(f.hosts, f.server(id))
	}
	return f
}

func (f *fake) server(id string) runner.HostView {
	ring := tail.NewRing(0)
	for i := range 60 {
		fmt.Fprintf(ring, "2026-11-23 21:%02d:00 (raylet) heartbeat ok from %s, 4 workers alive and well\n", i, id)
	}
	reading := func(title, text string, v steps.Verdict) steps.Reading {
		return steps.Reading{Title: title, Text: text, Verdict: v, At: night.Add(-3 * time.Second)}
	}
	return runner.HostView{ID: id, Host: f.book.Hosts[id], Link: job.Link{Up: true, Since: night.Add(-42 * time.Minute)},
		Gauges: []runner.Gauge{
			{Title: "disk", Reading: reading("disk", "74%", steps.Green), Percent: 74, Every: 10 * time.Second},
			{Title: "up", Reading: reading("up", "4", steps.Green), Percent: -1, Every: 10 * time.Second},
			{Title: "ray", Reading: reading("ray", "2.40.0", steps.Green), Percent: -1, Every: 10 * time.Second},
			{Title: "workers", Reading: reading("workers", "4/4", steps.Green), Percent: -1, Every: 10 * time.Second},
		},
		Logs: []runner.LogView{{Name: "raylet", Ring: ring, At: night.Add(-2 * time.Second)}}}
}

// apply puts facts into the run as if they were on disk.
func (f *fake) apply(events ...steps.Event) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fold(events...)
}

func (f *fake) fold(events ...steps.Event) {
	for _, e := range events {
		f.seq++
		if err := f.state.Apply(f.seq, f.now, e); err != nil {
			f.t.Fatal(err)
		}
		f.events = append(f.events, runner.EventView{Seq: f.seq, At: f.now, Event: e})
	}
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// assume takes the steps of a phase as done before the run.
func (f *fake) assume(phase string) {
	for _, t := range f.book.Phase(phase).Tasks() {
		f.apply(steps.Assumed{Task: t})
	}
}

// finish ends the newest attempts of a step, on all hosts that run it.
func (f *fake) finish(step string, code int) {
	f.t.Helper()
	for _, t := range f.state.Busy("") {
		if t.Step != step {
			continue
		}
		a := f.state.Task(t).Attempt()
		e := steps.Exited{Attempt: a.ID, Code: code, OK: code == 0, Bytes: 120}
		if code != 0 {
			e.Why = fmt.Sprintf("exit code %d", code)
		}
		f.apply(steps.Started{Attempt: a.ID}, e)
	}
}

// do is an action of an operator without the screen.
func (f *fake) do(a steps.Action) {
	f.t.Helper()
	if a.Confirm.How == "" {
		a.Confirm = steps.Confirmation{Level: steps.Critical, How: "auto", By: "ana"}
	}
	if err := f.Submit(context.Background(), a); err != nil {
		f.t.Fatalf("%s %s: %v", a.Verb, a.Task, err)
	}
}

// run executes a step on all its hosts to a good end.
func (f *fake) done(step string) {
	f.t.Helper()
	for _, h := range f.book.Step(step).TaskHosts() {
		f.do(steps.Action{Verb: steps.Execute, Task: steps.Task{Step: step, Host: h}})
	}
	f.now = f.now.Add(72 * time.Second)
	f.finish(step, 0)
}

func (f *fake) kase() steps.Case {
	return steps.Case{Book: f.book, Old: f.old, State: f.state.Clone(), Seen: f.seen, Now: f.now}
}

func (f *fake) Snapshot() runner.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return runner.Snapshot{Case: f.kase(), Hosts: f.hosts, Events: f.events, Asking: f.asking, Frozen: f.frozen, Rolling: f.rolling, Version: f.seq}
}

func (f *fake) Submit(_ context.Context, a steps.Action) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a.Actor == "" {
		a.Actor = "ana"
	}
	f.sent = append(f.sent, a)
	c := f.kase()
	events, err := steps.Decide(c, a)
	if err != nil {
		return err
	}
	f.fold(events...)
	f.rolling = f.rolling || a.Verb == steps.ConfirmHost
	return nil
}

func (f *fake) Changed() <-chan struct{}       { return f.changed }
func (f *fake) Output(t steps.Task) *tail.Ring { return f.outputs[t] }
func (f *fake) Roll(context.Context) error     { f.rolls++; return nil }
func (f *fake) Amend(_ context.Context, next *steps.Runbook, a steps.Action) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.kase()
	c.Next = next
	events, err := steps.Decide(c, a)
	if err == nil {
		f.book, f.old[next.Hash] = next, next
		f.fold(events...)
	}
	return err
}
func (f *fake) Rebind(ctx context.Context, host string, a steps.Action) error {
	a.Verb, a.Host, a.Bound = steps.Rebind, host, &steps.Bound{HostKey: "new", MachineID: "new", Hostname: host}
	return f.Submit(ctx, a)
}

// desk is a model with its fake, driven by messages.
type desk struct {
	*model
	f         *fake
	clock     time.Time
	clipboard string // of the terminal
}

// sit gives a desk of a size in front of a run.
func sit(t testing.TB, f *fake, w, h int) *desk {
	t.Helper()
	d := &desk{f: f, clock: night}
	d.model = newModel(context.Background(), Options{Theme: Dark, Now: func() time.Time { return d.clock }}, f)
	d.send(tea.WindowSizeMsg{Width: w, Height: h})
	d.look()
	return d
}

// look brings the newest snapshot and paints it, as the program does.
func (d *desk) look() {
	d.send(snapshotMsg(d.f.Snapshot()))
	d.View()
}

// send gives a message and carries out the commands that follow from it.
func (d *desk) send(msg tea.Msg) {
	_, cmd := d.Update(msg)
	d.carry(cmd)
}

func (d *desk) carry(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch out := cmd().(type) {
	case doneMsg, toldMsg, copiedMsg, notKeptMsg, siftedMsg:
		_, next := d.Update(out)
		d.carry(next)
	case tea.BatchMsg:
		for _, c := range out {
			d.carry(c)
		}
	default:
		if fmt.Sprintf("%T", out) == fmt.Sprintf("%T", tea.SetClipboard("")()) {
			d.clipboard = fmt.Sprint(out)
		}
	}
}

// press types keys as a person would: slowly enough.
func (d *desk) press(keys ...string) {
	for _, k := range keys {
		d.clock = d.clock.Add(2 * time.Second)
		d.send(keyOf(k))
		d.look()
	}
}

// words types a text letter by letter.
func (d *desk) words(text string) {
	d.clock = d.clock.Add(500 * time.Millisecond)
	for _, r := range text {
		d.clock = d.clock.Add(90 * time.Millisecond)
		d.send(keyOf(string(r)))
	}
}

func keyOf(name string) tea.KeyPressMsg {
	named := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "backspace": tea.KeyBackspace, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "home": tea.KeyHome, "end": tea.KeyEnd}
	if code, ok := named[name]; ok {
		return tea.KeyPressMsg{Code: code}
	}
	if name == "shift+tab" {
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	}
	if name == "space" || name == " " {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	if len(name) > 5 && name[:5] == "ctrl+" {
		return tea.KeyPressMsg{Code: rune(name[5]), Mod: tea.ModCtrl}
	}
	r := []rune(name)[0]
	return tea.KeyPressMsg{Code: r, Text: name}
}

// screen is the picture as plain text.
func (d *desk) screen() string {
	return ansi.Strip(d.View().Content)
}

func runbookText(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("testdata/run.toml")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// Editor and Keep: the fake is a run that keeps documents; its editor is true.
func (f *fake) Editor(t steps.Task) (*exec.Cmd, string, error) {
	return exec.Command("true"), "documents/" + f.book.Step(t.Step).FileName(), nil
}

func (f *fake) Keep(ctx context.Context, t steps.Task) error {
	return f.Submit(ctx, steps.Action{Verb: steps.Write, Task: t, Wrote: &steps.Wrote{SHA256: f.paper, Bytes: 12}})
}

// Peek and PeekKept: the fake is a run whose files can be read.
func (f *fake) Attach(_ context.Context, t steps.Task, file, text string) error {
	if file == "gone" {
		return &steps.Refusal{Why: "gone cannot be attached: no such file or directory"}
	}
	f.files = append(f.files, strings.TrimSpace(t.String()+" "+file+" "+text))
	return nil
}
func (f *fake) Peek(context.Context, steps.Task) ([]byte, error)     { return f.file, nil }
func (f *fake) PeekKept(context.Context, steps.Task) ([]byte, error) { return f.kept, nil }
