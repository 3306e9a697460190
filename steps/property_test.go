package steps

// Whatever is wished for and whatever hosts answer, these hold: what Decide
// allows can be folded, the journal gives the same state again, and nothing is
// started, skipped or undone while it may be under way.

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// drawBook makes a small runbook: two phases, blocks, needs, gates and soaks.
func drawBook(t *rapid.T) string {
	var b strings.Builder
	b.WriteString(drawHosts(t))
	var ids []string
	step := func(block, batch string) {
		id := fmt.Sprintf("s%d", len(ids))
		kind := rapid.SampledFrom([]string{"command", "command", "command", "manual", "gate", "soak"}).Draw(t, "kind")
		on := rapid.SampledFrom([]string{"all", "all", "w1", "local"}).Draw(t, "on")
		if block != "" {
			on = "all"
		} else if on == "all" && kind != "gate" {
			batch = drawBatch(t)
		}
		fmt.Fprintf(&b, "[[phase.step]]\nid = %q\nkind = %q\non = %q\n", id, kind, on)
		if block != "" {
			fmt.Fprintf(&b, "block = %q\n", block)
		}
		b.WriteString(batch)
		if batch == "" && rapid.IntRange(0, 4).Draw(t, "free") == 0 {
			b.WriteString("free = true\n")
		}
		if len(ids) > 0 && rapid.Bool().Draw(t, "needy") {
			fmt.Fprintf(&b, "needs = [%q]\n", rapid.SampledFrom(ids).Draw(t, "need"))
		}
		drawBody(t, &b, kind)
		ids = append(ids, id)
	}
	for p := range 2 {
		fmt.Fprintf(&b, "[[phase]]\nid = \"p%d\"\n", p)
		block := rapid.SampledFrom([]string{"", "roll"}).Draw(t, "block")
		batch := drawBatch(t) // of a block
		for i := range rapid.IntRange(1, 4).Draw(t, "steps") {
			if block != "" {
				step(block, batch)
			} else {
				step("", "")
			}
			if block == "" && i == 1 {
				block = "late"
			}
		}
	}
	if rapid.Bool().Draw(t, "around") {
		b.WriteString("[[rollback.before]]\nid = \"before\"\nkind = \"manual\"\n")
		b.WriteString("[[rollback.after]]\nid = \"after\"\non = \"w1\"\ndanger = \"none\"\nscript = \"true\"\n")
	}
	return b.String()
}

// drawHosts gives the group two to four hosts.
func drawHosts(t *rapid.T) string {
	hosts := []string{"w1", "w2", "w3", "w4"}[:rapid.IntRange(2, 4).Draw(t, "hosts")]
	text := strings.Replace(pair, "[groups]", "w3 = { address = \"10.0.0.3\" }\nw4 = { address = \"10.0.0.4\" }\n[groups]", 1)
	return strings.Replace(text, `all = ["w1", "w2"]`, `all = ["`+strings.Join(hosts, `", "`)+`"]`, 1)
}

func drawBody(t *rapid.T, b *strings.Builder, kind string) {
	switch kind {
	case "command":
		fmt.Fprintf(b, "danger = %q\nscript = \"true\"\n", rapid.SampledFrom([]string{"none", "low", "high"}).Draw(t, "danger"))
		if rapid.Bool().Draw(t, "undo") {
			b.WriteString("undo.script = \"true $V\"\ncapture = { V = \"first\" }\n")
		}
		if rapid.Bool().Draw(t, "verify") {
			b.WriteString("verify.script = \"true\"\n")
		}
		fmt.Fprintf(b, "retry = %q\n", rapid.SampledFrom([]string{"safe", "ask", "never"}).Draw(t, "retry"))
	case "manual":
		if rapid.Bool().Draw(t, "undo") {
			b.WriteString("undo.text = \"by hand\"\n")
		}
	case "gate":
		b.WriteString("evidence = [ { title = \"e\", script = \"true\" } ]\n")
	case "soak":
		b.WriteString("soak = { for = \"1m\" }\nevidence = [ { title = \"e\", script = \"true\" } ]\n")
	}
}

// world plays against a scene: it wishes, and it answers for the hosts.
type world struct {
	*scene
	ids map[string]bool
}

func (w *world) task(t *rapid.T) Task {
	all := w.c.Book.Tasks()
	for _, list := range [][]Step{w.c.Book.Rollback.Before, w.c.Book.Rollback.After} {
		all = append(all, tasksOf(list)...)
	}
	return rapid.SampledFrom(all).Draw(t, "task")
}

// wish asks for anything at all.
func (w *world) wish(t *rapid.T) {
	verbs := make([]Verb, 0, len(rules))
	for v := range rules {
		if v != Close && v != Amend {
			verbs = append(verbs, v)
		}
	}
	slices.Sort(verbs)
	k := w.task(t)
	v := rapid.SampledFrom(append(verbs, Execute, Execute, Execute, UndoTask, OpenRollback, ConfirmHost)).Draw(t, "verb")
	a := Action{Verb: v, Task: k, Host: k.Host, Value: "seen", Name: "e", Actor: "ada", Partner: "bob"}
	if rapid.IntRange(0, 3).Draw(t, "reason") > 0 {
		a.Reason = "because"
	}
	if !rules[v].task {
		a.Task = Task{}
	}
	switch v {
	case Resolve:
		a.Value = rapid.SampledFrom([]string{"happened", "not", "partly"}).Draw(t, "as")
	case Hold, Release, OpenRollback:
		a.Scope = rapid.SampledFrom([]Scope{{}, {Phase: "p0"}, {Host: "w1"}, {Phase: "p1"}}).Draw(t, "scope")
	case Exclude, Include, Accept:
		a.Phase = "p0"
	case Sequence:
		a.Tasks = []Task{k}
	case Rebind:
		a.Bound = &Bound{HostKey: "k2"}
	}
	w.decide(t, a)
}

// forward asks for what is ready, so that runs get somewhere.
func (w *world) forward(t *rapid.T) {
	ready := w.c.Ready()
	if next := w.c.RollbackNext(); len(next) > 0 {
		e := next[0]
		w.decide(t, Action{Verb: ConfirmHost, Host: e.Task.Host})
		v := map[string]Verb{DoUndo: UndoTask, DoByHand: MarkUndone, DoResolve: Resolve, DoExecute: Execute}[e.Do]
		w.decide(t, Action{Verb: v, Task: e.Task, Value: "partly", Reason: "because"})
	} else if w.c.State.Rollback != nil {
		w.decide(t, Action{Verb: EndRollback})
	}
	if len(ready) > 0 {
		w.decide(t, Action{Verb: Execute, Task: ready[0], Reason: "because"})
	}
}

func (w *world) decide(t *rapid.T, a Action) {
	before := w.c.State.Clone()
	if !a.Task.Zero() {
		w.green(a.Task.String())
	}
	es, err := w.try(a)
	if after := w.c.State.Clone(); !reflect.DeepEqual(before, after) {
		diff := same(before, after)
		t.Fatalf("%s %s changed the state:\n%s", a.Verb, a.Task, diff)
	}
	var r *Refusal
	if err != nil && !errors.As(err, &r) {
		t.Fatalf("%s: not a refusal: %v", a.Verb, err)
	}
	for _, e := range es {
		w.guard(t, e)
		w.apply(t, e)
	}
}

// guard holds what an event may never do to the state before it.
func (w *world) guard(t *rapid.T, e Event) {
	st := func(k Task) Status { return w.c.State.Task(k).Status }
	switch e := e.(type) {
	case Intended:
		if st(e.Task).Busy() || st(e.Task) == TaskUnknown || st(e.Task) == TaskUndoUnknown {
			t.Fatalf("%s is %s and is intended", e.Task, st(e.Task))
		}
		if w.ids[e.Attempt] {
			t.Fatalf("attempt %s twice", e.Attempt)
		}
		w.ids[e.Attempt] = true
		if !e.Undo {
			w.guardBatch(t, e.Task)
		}
	case Began:
		w.guardBatch(t, e.Task)
	case Skipped:
		if st(e.Task).Busy() || w.c.Step(e.Task).Kind == Gate {
			t.Fatalf("%s is %s and is skipped", e.Task, st(e.Task))
		}
	case MarkedDone:
		if st(e.Task).Busy() {
			t.Fatalf("%s is %s and is marked", e.Task, st(e.Task))
		}
	case Excluded:
		for _, k := range e.Tasks {
			if st(k).Busy() || st(k) == TaskDone {
				t.Fatalf("%s is %s and is excluded", k, st(k))
			}
		}
	}
}

func (w *world) apply(t *rapid.T, e Event) {
	w.seq++
	w.c.Now = w.c.Now.Add(time.Second)
	if err := w.c.State.Apply(w.seq, w.c.Now, e); err != nil {
		t.Fatalf("%s: %v", e.Kind(), err)
	}
	w.log = append(w.log, e)
}

// host answers for one attempt that is under way, or for a soak.
func (w *world) host(t *rapid.T) {
	var open []Task
	for _, k := range sortedTasks(w.c.State.Tasks) {
		ts := w.c.State.Task(k)
		if ts.Status.Busy() || ts.Status == TaskOpen && ts.Kind == Soak {
			open = append(open, k)
		}
	}
	if len(open) == 0 {
		return
	}
	k := rapid.SampledFrom(open).Draw(t, "busy")
	ts := w.c.State.Task(k)
	if ts.Status == TaskOpen {
		to := rapid.SampledFrom([]string{"green", "red", "complete", "failed", "restarted"}).Draw(t, "soak")
		w.apply(t, Soaked{Task: k, To: to})
		return
	}
	a := ts.Attempt()
	if a.Stage == TaskVerifying {
		holds := rapid.Bool().Draw(t, "holds")
		w.apply(t, Verified{Attempt: a.ID, Holds: holds, Proven: holds})
		return
	}
	verify := w.c.Step(k).VerifyOf(a.Undo) != nil
	ok := Exited{Attempt: a.ID, OK: true, Verify: verify, Values: map[string]string{"V": a.ID}}
	w.apply(t, rapid.SampledFrom([]Event{Started{a.ID}, ok, ok, Exited{Attempt: a.ID, Code: 1, Why: "exit code 1"},
		NotStarted{Attempt: a.ID, Why: "disk full"}, Lost{Attempt: a.ID, Why: "rebooted"}, Cancelled{Attempt: a.ID},
		TimedOut{Attempt: a.ID, After: Duration(time.Minute)}}).Draw(t, "fact"))
}

// good brings everything that is under way or open to its good end.
func (w *world) good(t *rapid.T) {
	for _, k := range sortedTasks(w.c.State.Tasks) {
		ts := w.c.State.Task(k)
		switch a := ts.Attempt(); {
		case ts.Status == TaskOpen && ts.Kind == Soak:
			w.apply(t, Soaked{Task: k, To: "complete"})
		case ts.Status == TaskOpen:
			w.decide(t, Action{Verb: Yes, Task: k})
			w.decide(t, Action{Verb: MarkDone, Task: k, Value: "seen"})
		case ts.Status.Busy() && a.Stage == TaskVerifying:
			w.apply(t, Verified{Attempt: a.ID, Holds: true, Proven: true})
		case ts.Status.Busy():
			verify := w.c.Step(k).VerifyOf(a.Undo) != nil
			w.apply(t, Exited{Attempt: a.ID, OK: true, Verify: verify, Values: map[string]string{"V": a.ID}})
		}
	}
}

// turnBack opens a rollback, or undoes what can be undone.
func (w *world) turnBack(t *rapid.T) {
	w.decide(t, Action{Verb: UndoTask, Task: w.task(t)})
	if rapid.Bool().Draw(t, "back") {
		w.decide(t, Action{Verb: OpenRollback, Scope: rapid.SampledFrom([]Scope{{}, {Phase: "p0"}, {Host: "w1"}}).Draw(t, "scope")})
	}
}

// mend takes the first task in trouble out of the way.
func (w *world) mend(t *rapid.T) {
	for _, k := range sortedTasks(w.c.State.Tasks) {
		if w.c.State.Task(k).Status.Trouble() {
			as := rapid.SampledFrom([]string{"happened", "not", "partly"}).Draw(t, "as")
			w.decide(t, Action{Verb: Resolve, Task: k, Value: as, Reason: "because"})
			v := rapid.SampledFrom([]Verb{Retry, VerifyAgain, Skip, UndoTask, LeaveUndo, MarkDone, MarkUndone}).Draw(t, "mend")
			w.decide(t, Action{Verb: v, Task: k, Value: "seen", Reason: "because"})
			return
		}
	}
}

// network takes hosts away and gives them back.
func (w *world) network(t *rapid.T) {
	h := rapid.SampledFrom([]string{"w1", "w2"}).Draw(t, "host")
	seen := HostSeen{Up: rapid.IntRange(0, 2).Draw(t, "up") > 0, Since: w.c.Now.Add(-2 * time.Minute), Why: "no route"}
	w.c.Seen.Hosts[h] = seen
}

// check holds what is true after every event.
func (w *world) check(t *rapid.T) {
	w.checkReady(t)
	if w.c.State.Rollback == nil {
		w.checkPlan(t)
	}
}

// checkReady: what order and needs let start is what mayStart lets start, when
// nothing else is in the way.
func (w *world) checkReady(t *rapid.T) {
	if w.c.State.Rollback != nil {
		return
	}
	ready := w.c.Ready()
	for _, k := range w.c.Book.Tasks() {
		st := w.c.State.Task(k).Status
		if st != TaskNotStarted && st != TaskUndone {
			if slices.Contains(ready, k) {
				t.Fatalf("%s is %s and ready", k, st)
			}
			continue
		}
		s := w.c.Step(k)
		_, why := w.c.openPhase(s, "")
		may := w.c.unmet(k) == nil && why == nil
		if slices.Contains(ready, k) != may {
			t.Fatalf("%s: ready %t, but unmet %v, phase %v\nready: %v", k, !may, w.c.unmet(k), why, ready)
		}
	}
}

// checkPlan: every task that may have changed something is in the plan once,
// newest first.
func (w *world) checkPlan(t *rapid.T) {
	seen := map[Task]bool{}
	last := int64(1 << 62)
	for _, e := range w.c.UndoPlan(Scope{}) {
		if seen[e.Task] {
			t.Fatalf("%s is twice in the plan", e.Task)
		}
		seen[e.Task] = true
		if e.Part != PartUndo {
			continue
		}
		order := w.c.State.Task(e.Task).Order
		if order >= last {
			t.Fatalf("%s is not in reverse order", e.Task)
		}
		last = order
	}
	for k, ts := range w.c.State.Tasks {
		s := w.c.Step(k)
		changed := ts.Status == TaskDone || ts.Status.Trouble() || ts.Status.Busy()
		if changed && !inRollback(s) && (s.Undo != nil || s.Danger > None || ts.Status == TaskUnknown) && !seen[k] {
			t.Fatalf("%s is %s and not in the plan", k, ts.Status)
		}
	}
}

func same(a, b *State) string {
	return cmp.Diff(a, b, cmpopts.IgnoreUnexported(State{}), cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0))
}

func TestWhateverHappens(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rb := book(t, "live", drawBook(r))
		w := &world{scene: playBook(t, rb), ids: map[string]bool{}}
		early, at := (*State)(nil), 0
		r.Repeat(map[string]func(*rapid.T){
			"":        w.check,
			"wish":    w.wish,
			"forward": w.forward, "forward2": w.forward, "forward3": w.forward,
			"host": w.host, "good": w.good, "good2": w.good, "mend": w.mend, "turn back": w.turnBack,
			"network": w.network,
			"keep": func(*rapid.T) {
				if early == nil {
					early, at = w.c.State.Clone(), len(w.log)
				}
			},
		})
		if diff := same(w.retold(), w.c.State); diff != "" {
			r.Fatalf("the journal tells another run (- journal, + state):\n%s", diff)
		}
		if early != nil {
			w.log = w.log[:at]
			if diff := same(w.retold(), early); diff != "" {
				r.Fatalf("later events changed a clone (- as it was, + clone):\n%s", diff)
			}
		}
	})
}
