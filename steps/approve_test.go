package steps

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// guarded is a run in which a second person types the words of what is critical.
const guarded = `
[[phase]]
id = "p"
window = "2h"
[[phase.step]]
id = "tag"
on = "w1"
free = true
danger = "none"
capture = { TAG = "last" }
script = "echo TAG=$(date +%s) >>$BELAY_OUT"
[[phase.step]]
id = "c"
on = "all"
free = true
danger = "critical"
script = "deploy $TAG"
undo.script = "back"
check = { title = "room", script = "room" }
[[phase.step]]
id = "g"
kind = "gate"
free = true
evidence = [ { title = "jobs", script = "jobs" }, { title = "told", sign_off = "driver" }, { title = "agreed", sign_off = "approver" } ]
`

func guard(t testing.TB) *scene {
	return play(t, "guarded", guarded).do(Action{Verb: Drive, Actor: "ada", Partner: "bob"}).room("w1", Green).room("w2", Green)
}

// room lets the check of c be seen on a host.
func (s *scene) room(host string, v Verdict) *scene {
	s.c.Seen.Checks[Task{"c", host}] = []Reading{{Title: "room", Host: host, Verdict: v, Text: fmt.Sprint(s.c.Now), At: s.c.Now}}
	return s
}

// jobs lets the evidence of the gate be seen.
func (s *scene) jobs(v Verdict) *scene {
	s.c.Seen.Evidence[at("g")] = []Reading{{Title: "jobs", Host: LocalHost, Verdict: v, Text: fmt.Sprint(s.c.Now), At: s.c.Now}}
	return s
}

func typed(v Verb, task, words, by string) Action {
	a := verb(v, task)
	a.Confirm = Confirmation{How: "typed", Typed: words, By: by}
	return a
}

func yesOf(task string) Action { return typed(Approve, task, at(task).Host+" guarded", "bob") }
func byKey(v Verb, task string) Action {
	a := verb(v, task)
	a.Confirm = Confirmation{How: "key", By: "ada"}
	return a
}

func TestSecondYesAhead(t *testing.T) {
	s := guard(t)
	s.no(byKey(Execute, "c@w1"), NeedsConfirm, `type "w1 guarded"`)
	s.no(verb(Approve, "c@w1"), NeedsConfirm, `bob types "w1 guarded"`)
	s.no(typed(Approve, "c@w1", "w1 guarded", "ada"), NeedsPerson, "bob has to type the words")
	s.no(typed(Approve, "c@w1", "w2 guarded", "bob"), NeedsConfirm, "bob types")
	s.do(yesOf("c@w1"))
	p := s.log[len(s.log)-1].(Approved)
	if p.By != "bob" || p.How != SameSession || p.Level != Critical || p.Bond.N != 1 || p.Bond.Script != ContentHash(s.c.Book.Step("c")) ||
		len(p.Bond.Verdicts) != 1 || p.Bond.Verdicts[0] != (Finding{"room", "w1", Green}) {
		t.Errorf("approved %+v", p)
	}
	s.no(x("c@w1"), NeedsConfirm, "bob has said yes").asks(x("c@w1"), Critical, "") // a key is enough
	s.no(byKey(Execute, "c@w2"), NeedsConfirm, `type "w2 guarded"`)                 // the other host's task is another task
	s.do(byKey(Execute, "c@w1"))
	in := s.log[len(s.log)-1].(Intended)
	if in.Confirm.Approver != "bob" || in.Confirm.By != "ada" || in.Script != p.Bond.Script || in.Vars != p.Bond.Vars {
		t.Errorf("intended %+v\nafter %+v", in, p)
	}
	s.started("c@w1").exits("c@w1", 1).room("w1", Green)
	s.no(byKey(Retry, "c@w1"), NeedsConfirm, `type "w1 guarded"`) // it was for one attempt

	auto := x("c@w2")
	auto.Confirm = Confirmation{How: "auto", Level: Critical}
	s.do(yesOf("c@w2")).no(auto, NeedsPerson, "the yes of an approver")
}

func TestSecondYesInTheDialog(t *testing.T) {
	s := guard(t).do(typed(Execute, "c@w1", "w1 guarded", "bob"))
	p, in := s.log[len(s.log)-2].(Approved), s.log[len(s.log)-1].(Intended)
	if p.By != "bob" || p.Typed != "w1 guarded" || p.Bond.Vars != in.Vars || in.Confirm.Approver != "bob" {
		t.Errorf("approved %+v\nintended %+v", p, in)
	}
	if len(s.c.State.Approvals) != 0 {
		t.Errorf("it is used and not gone: %+v", s.c.State.Approvals)
	}
	s.started("c@w1").exits("c@w1", 0)
	s.no(byKey(UndoTask, "c@w1"), NeedsConfirm, "type").do(yesOf("c@w1")).do(byKey(UndoTask, "c@w1"))

	single := play(t, "guarded", guarded).room("w1", Green)
	alone := typed(Execute, "c@w1", "w1 guarded", "ada")
	alone.Confirm.Single = "bob is on a train"
	single.no(yesOf("c@w1"), NeedsPerson, "no partner is named").do(alone)
	for _, e := range single.log {
		if _, yes := e.(Approved); yes {
			t.Errorf("nobody said a second yes: %+v", e)
		}
	}
}

func TestWhereNoSecondYesIsNeeded(t *testing.T) {
	s := play(t, "live", guarded).do(Action{Verb: Drive, Actor: "ada", Partner: "bob"}).room("w1", Green)
	s.no(typed(Approve, "c@w1", "w1 live", "bob"), Never, "no second yes is needed in live")
	e := play(t, "rehearsal", guarded).room("w1", Green)
	e.no(typed(Approve, "c@w1", "w1 rehearsal", "bob"), Never, "no second yes is needed")
	guard(t).no(yesOf("tag@w1"), Never, "needs no second yes")
	// what is not allowed now is not approved either
	guard(t).away("w1", time.Minute).no(yesOf("c@w1"), HostAway, "unreachable")
	bare := guard(t)
	bare.c.Seen.Checks = map[Task][]Reading{}
	bare.no(yesOf("c@w1"), NeedsLook, "has not been looked at")
}

// TestWhatKillsASecondYes changes each thing that it is bound to, one at a time.
func TestWhatKillsASecondYes(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*scene)
		why    string
	}{
		"nothing":     {func(s *scene) {}, ""},
		"other value": {func(s *scene) { s.later(20*time.Second).room("w1", Green) }, ""},
		"nearly late": {func(s *scene) { s.later(5*time.Minute-2*time.Second).room("w1", Green) }, ""},
		"five minutes": {func(s *scene) { s.later(5*time.Minute+time.Second).room("w1", Green) },
			"it is 5m1s old and lives for 5m"},
		"verdict": {func(s *scene) { s.room("w1", CannotTell) }, "room on w1 was green and is cannot tell now"},
		"attempt": {func(s *scene) {
			n := Attempt{ID: "r1.c.w1.1", N: 1}
			s.on(Intended{Task: at("c@w1"), Phase: "p", Attempt: n.ID, N: 1, Book: s.c.Book.Hash}, NotStarted{Attempt: n.ID, Why: "disk full"})
		}, ""},
		"script": {func(s *scene) { s.swap("deploy $TAG", "deploy --all $TAG") }, "the script has changed"},
		"timeout": {func(s *scene) { s.swap(`script = "deploy $TAG"`, "timeout = \"9m\"\nscript = \"deploy $TAG\"") },
			"the script has changed"},
		"captured": {func(s *scene) { s.do(x("tag@w1")).started("tag@w1").exits("tag@w1", 0, "TAG=7") }, "the variables have changed"},
		"evidence": {func(s *scene) { s.swap(`script = "room"`, `script = "room --more"`) }, "what it is judged by has changed"},
		"partner":  {func(s *scene) { s.do(Action{Verb: Drive, Actor: "ada", Partner: "cyd"}) }, "bob is not the partner now"},
		"driver":   {func(s *scene) { s.do(Action{Verb: Drive, Actor: "bob", Partner: "ada"}) }, "bob is not the partner now"},
		"window": {func(s *scene) {
			p := s.c.State.Phases["p"]
			p.Until = s.c.Now.Add(-time.Second)
			s.c.State.Phases["p"] = p
		}, "the window of its phase has ended"},
		"clock": {func(s *scene) { s.c.Now = s.c.Now.Add(-time.Hour) }, "the clock was set back"},
	} {
		t.Run(name, func(t *testing.T) {
			s := guard(t).on(PhaseOpened{Phase: "p", Until: noon.Add(2 * time.Hour)}).room("w1", Green).do(yesOf("c@w1"))
			tt.change(s)
			a := x("c@w1")
			a.Reason = "known" // so that a guard is no reason to be refused
			_, ok, why := s.c.Approval(a)
			lives := name == "nothing" || name == "other value" || name == "nearly late"
			if ok != lives || tt.why != "" && !strings.Contains(why, tt.why) {
				t.Errorf("lives %t: %q; want %t, %q", ok, why, lives, tt.why)
			}
			a.Confirm = Confirmation{How: "key", By: "ada"}
			_, err := Decide(s.c, a)
			if (err == nil) != lives || err != nil && tt.why != "" && !strings.Contains(err.Error(), tt.why) {
				t.Errorf("decided: %v; want allowed %t, or %q", err, lives, tt.why)
			}
		})
	}
}

// swap amends the runbook, without the rules of an amendment.
func (s *scene) swap(old, new string) {
	s.t.Helper()
	src := strings.Replace(pair+guarded, old, new, 1)
	if src == pair+guarded {
		s.t.Fatalf("there is no %q", old)
	}
	s.c.Book = book(s.t, s.c.Book.Env, src)
	s.c.Old[s.c.Book.Hash] = s.c.Book
	s.on(Amended{Hash: s.c.Book.Hash})
}

func TestSecondYesForAnotherThing(t *testing.T) {
	s := guard(t)
	s.failedGuard("c@w1").room("w1", Green)
	undo := yesOf("c@w1")
	undo.Value = ForUndo
	s.do(undo).no(byKey(Retry, "c@w1"), NeedsConfirm, "it was to undo, not to execute")
	s.do(byKey(UndoTask, "c@w1"))
}

// failedGuard lets a critical task fail, approved in the dialog.
func (s *scene) failedGuard(name string) *scene {
	return s.do(typed(Execute, name, at(name).Host+" guarded", "bob")).started(name).exits(name, 1)
}

func TestOverrideNeedsALivingYes(t *testing.T) {
	over := func(a Action) Action { a.Reason = "late"; return a }
	s := guard(t).do(x("g")).jobs(Red)
	s.no(over(byKey(Override, "g")), NeedsConfirm, "type")
	yes := yesOf("g")
	yes.Reason = "late"
	s.do(yes).do(over(byKey(Override, "g"))).is("g", TaskDone)

	s = guard(t).do(x("g")).jobs(Red).do(yes).jobs(CannotTell)
	s.no(over(byKey(Override, "g")), NeedsConfirm, "jobs on local was red and is cannot tell now")
	s = guard(t).do(x("g")).jobs(Red).do(yes).later(6 * time.Minute).jobs(Red)
	s.no(over(byKey(Override, "g")), NeedsConfirm, "lives for 5m")
}

func TestSignOffsDieAsASecondYes(t *testing.T) {
	sign := func(title string) Action {
		return Action{Verb: SignOff, Task: at("g"), Name: title, Partner: "bob"}
	}
	both := func() *scene { return guard(t).do(x("g")).jobs(Green).do(sign("told"), sign("agreed")) }
	both().do(verb(Yes, "g")).is("g", TaskDone)
	for name, tt := range map[string]struct {
		change func(*scene)
		why    string
	}{
		"old":     {func(s *scene) { s.later(6 * time.Minute).jobs(Green) }, "the yes of bob counts no more: it is 6m old and lives for 5m"},
		"verdict": {func(s *scene) { s.jobs(Red).do(sign("agreed")).jobs(Green) }, "jobs on local was red and is green now"},
		"partner": {func(s *scene) { s.do(Action{Verb: Drive, Actor: "ada", Partner: "cyd"}) }, "bob is not the partner now"},
		"asked":   {func(s *scene) { s.swap(`script = "jobs"`, `script = "jobs -v"`); s.jobs(Green) }, ""},
	} {
		s := both()
		tt.change(s)
		if name == "asked" { // the gate that is open is judged by the text that opened it
			s.do(verb(Yes, "g"))
			continue
		}
		s.never(verb(Yes, "g"), EvidenceBad, tt.why)
		if got := s.c.Unsigned(at("g")); len(got) != 1 || got[0].Title != "agreed" {
			t.Errorf("%s: unsigned %+v; the driver's word stands", name, got)
		}
	}
	// the file may let a sign-off live for another time, the driver's too
	src := strings.NewReplacer(`sign_off = "approver" }`, `sign_off = "approver", max_age = "14d" }`,
		`sign_off = "driver" }`, `sign_off = "driver", max_age = "1m" }`).Replace(guarded)
	s := play(t, "guarded", src).do(Action{Verb: Drive, Actor: "ada", Partner: "bob"}, x("g")).jobs(Green).do(sign("told"), sign("agreed"))
	s.later(2 * time.Hour).jobs(Green)
	if got := s.c.Unsigned(at("g")); len(got) != 1 || got[0].Title != "told" {
		t.Errorf("unsigned %+v", got)
	}
}

// TestApproverFromALowLevel: words are typed wherever a second person is asked.
func TestApproverFromALowLevel(t *testing.T) {
	src := strings.Replace(pair, `approver_from = "critical"`, `approver_from = "med"`, 1)
	s := playBook(t, book(t, "guarded", src+strings.NewReplacer("DANGER", "c", "LEVEL", "med").Replace(oneStep)))
	s.do(Action{Verb: Drive, Actor: "ada", Partner: "bob"})
	s.asks(x("c@w1"), Med, "w1").no(byKey(Execute, "c@w1"), NeedsConfirm, `type "w1"`)
	s.no(typed(Execute, "c@w1", "w1", "ada"), NeedsPerson, "bob has to type the words").do(typed(Execute, "c@w1", "w1", "bob"))
	s.never(Action{Verb: Sequence, Tasks: []Task{at("c@w2")}}, Never, "c@w2 is next, which needs the approver's yes")
}

// TestSecondYesLivesByItsBonds draws what happens between a yes and a start.
// What starts on a key alone is exactly what bob saw, five minutes ago at most.
func TestSecondYesLivesByItsBonds(t *testing.T) {
	type bound struct {
		n             int
		script, vars  string
		room, partner string
	}
	rapid.Check(t, func(r *rapid.T) {
		s := guard(t)
		is := func() bound {
			a := s.c.State.Task(at("c@w1"))
			env, err := s.c.Environ(at("c@w1"), "")
			if err != nil {
				r.Fatal(err)
			}
			return bound{len(a.Attempts), s.c.Book.Step("c").Script, strings.Join(env, " "), string(s.c.Seen.Checks[at("c@w1")][0].Verdict), s.c.State.Partner}
		}
		tag := 0
		var given bound
		var when time.Time
		for range rapid.IntRange(2, 25).Draw(r, "things") {
			switch rapid.SampledFrom([]string{"yes", "yes", "wait", "room", "tag", "text", "people", "refused", "go", "go"}).Draw(r, "thing") {
			case "yes":
				a := yesOf("c@w1")
				a.Confirm.By, a.Reason = s.c.State.Partner, "known"
				if es, err := Decide(s.c, a); err == nil {
					given = is()
					s.on(es...)
					when = s.c.Now
				}
			case "wait":
				s.later(time.Duration(rapid.IntRange(1, 400).Draw(r, "seconds")) * time.Second)
				s.room("w1", s.c.Seen.Checks[at("c@w1")][0].Verdict)
			case "room":
				s.room("w1", rapid.SampledFrom([]Verdict{Green, Green, Red}).Draw(r, "room"))
			case "tag":
				tag++
				s.on(Assumed{Task: at("tag@w1"), Values: map[string]string{"TAG": fmt.Sprint(rapid.IntRange(1, 2).Draw(r, "tag"))}})
			case "text":
				s.swap("deploy $TAG", rapid.SampledFrom([]string{"deploy $TAG # a", "deploy $TAG # b"}).Draw(r, "text"))
			case "people":
				s.on(Drove{Driver: "ada", Partner: rapid.SampledFrom([]string{"bob", "cyd"}).Draw(r, "partner")})
			case "refused":
				id := fmt.Sprintf("r1.c.w1.%d", len(s.state("c@w1").Attempts)+1)
				s.on(Intended{Task: at("c@w1"), Phase: "p", Attempt: id, N: 1, Book: s.c.Book.Hash}, NotStarted{Attempt: id})
			case "go":
				a := byKey(Execute, "c@w1")
				a.Reason = "known"
				es, err := Decide(s.c, a)
				same := !when.IsZero() && given == is() && s.c.Now.Sub(when) <= 5*time.Minute
				if (err == nil) != same {
					r.Fatalf("allowed %t (%v), but given for %+v at %s, and now %s: %+v", err == nil, err, given, when, s.c.Now, is())
				}
				if err == nil {
					_ = es
					return
				}
			}
		}
	})
}

// TestConfirmedTextIsSentText: whatever changes between what was shown and the
// yes, either the yes is refused or what is sent is what was shown.
func TestConfirmedTextIsSentText(t *testing.T) {
	sent := func(w Work) string { // but for the name of the attempt
		var env []string
		for _, line := range w.Env {
			if !strings.HasPrefix(line, "BELAY_ATTEMPT=") {
				env = append(env, line)
			}
		}
		w.Env = env
		return fmt.Sprintf("%+v", w)
	}
	rapid.Check(t, func(r *rapid.T) {
		s := guard(t)
		task, host := at("c@w1"), "w1"
		undo := rapid.Bool().Draw(r, "undo")
		a := typed(Execute, "c@w1", host+" guarded", "bob")
		if undo {
			s.failedGuard("c@w1").room("w1", Green)
			a.Verb = UndoTask
		} else if rapid.Bool().Draw(r, "retry") {
			s.failedGuard("c@w1").room("w1", Green)
			a.Verb = Retry
		}
		shown, err := s.c.Work(task, undo, "")
		if err != nil {
			r.Fatal(err)
		}
		a.Shown = s.c.Shown(a)
		changes := rapid.SliceOfN(rapid.SampledFrom([]string{"text", "undo text", "dir", "tag", "other", "nothing"}), 0, 3).Draw(r, "changes")
		for _, x := range changes {
			switch x {
			case "text":
				s.swap("deploy $TAG", "deploy --all $TAG")
			case "undo text":
				s.swap(`undo.script = "back"`, `undo.script = "back again"`)
			case "dir":
				s.swap(`script = "deploy $TAG"`, "dir = \"/srv\"\nscript = \"deploy $TAG\"")
			case "tag":
				s.on(Assumed{Task: at("tag@w1"), Values: map[string]string{"TAG": "7"}})
			case "other":
				s.on(Noted{Text: "coffee"})
			}
		}
		s.room("w1", Green)
		es, err := Decide(s.c, a)
		if err != nil {
			if len(changes) == 0 {
				r.Fatalf("nothing changed: %v", err)
			}
			return
		}
		s.on(es...)
		got, err := s.c.Work(task, undo, s.id("c@w1"))
		if err != nil || sent(got) != sent(shown) {
			r.Fatalf("%v after %v\nshown %s\nsent  %s", err, changes, sent(shown), sent(got))
		}
	})
}
