package runner

// The rule of this file: one goroutine owns the state. Everything that changes
// it comes through its inbox, is journalled, and only then has an effect.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"belay/runner/tail"
	"belay/steps"
)

// Config is what a runner is made of. All of it but Keep, Spool, Auto and Last is required.
type Config struct {
	Book    *steps.Runbook            // the text in force, its environment applied
	Old     map[string]*steps.Runbook // every text of this run by hash, Book among them
	State   *steps.State              // folded from the journal
	Events  []EventView               // the newest of the journal, for the run's log
	Journal Journal
	Hosts   map[string]Host
	Secrets *tail.Secrets     // what is masked everywhere
	Values  map[string][]byte // the secrets themselves, for the scripts that use them
	Logs    string            // folder of the attempts' logs
	// Spool keeps what a watched log of a host says, masked; nil keeps nothing. A
	// writer is used until it fails.
	Spool     func(host, log string) io.Writer
	Documents string // folder of the documents; made when the first is written
	Keep      Keeper // of what is known of a host before an undo; nil keeps nothing
	Now       func() time.Time
	Last      time.Time // of the newest event of an earlier console; zero where that is not known
	Watch     bool      // follow logs and gauges; only a face that shows them asks for it
	Auto      *Auto

	Past map[string]steps.Past // what steps took in other runs on real servers; may be nil
	// Heads are the hashes of the records of earlier consoles, to be held against
	// what hosts keep; nil where there was none.
	Heads func() map[string]bool
}

// Auto lets the runner execute whatever is allowed, in order, without asking.
type Auto struct {
	Max      steps.Danger // nothing above it
	Until    string       // stop after this step
	Only     string       // this phase alone
	Rollback *steps.Scope // open this rollback and run no forward step
	Nobody   bool         // on the embedded fleet people's steps are done by nobody
	// Patience is how long a host may leave open what became of what is under way
	// before the run is given up, and left as it is; 0 means as long as a person
	// has to wait before waiting no longer.
	Patience time.Duration
}

// Runner carries out one run.
type Runner struct {
	cfg     Config
	state   *steps.State // owned by the loop
	own     steps.Case   // of the loop
	inbox   chan func()
	changed chan struct{}
	ctx     context.Context // of everything that runs on behalf of the loop
	wg      sync.WaitGroup

	speed      float64 // of soaks and stable; 1 but on the embedded fleet
	rolling    bool    // the open rollback goes on by itself
	following  map[string]*attempt
	looking    map[steps.Task]context.CancelFunc
	seen       steps.Seen
	armed      map[string]bool            // triggers that are looked at, by id
	baseline   map[string][]steps.Reading // read before a phase opens, by phase
	checking   map[steps.Task]bool        // its check is being looked at
	refused    map[steps.Task]string      // what its host would not start, until a person says so again
	begun      time.Time
	rolledBack bool            // an automatic run has opened its rollback
	told       bool            // the outcome of an automatic run was given
	launched   map[string]bool // attempts of this console
	forgetting int             // hosts that have not answered yet whether they dropped an output
	autoDone   chan Outcome

	mu      sync.Mutex // guards what faces read
	view    *steps.State
	viewed  steps.Seen
	hosts   map[string]*watched
	outputs map[steps.Task]*tail.Ring
	asking  map[steps.Task]time.Time
	events  []EventView
	frozen  error
	version int64
	book    *steps.Runbook
	old     map[string]*steps.Runbook
	roll    bool
}

// Outcome is how an automatic run ended: an exit code of product.md section 3
// and why.
type Outcome struct {
	Code int
	Why  string
}

// ErrFrozen is returned for actions when the journal is no record any more: it
// cannot be written, or its end is missing.
var ErrFrozen = errors.New("the journal cannot be relied on: nothing new is started")

// ErrCut: hosts know more of this run than its journal.
var ErrCut = errors.New("the end of the journal is missing")

// New prepares a runner. Nothing is sent anywhere before Run.
func New(cfg Config) *Runner {
	r := &Runner{
		cfg: cfg, state: cfg.State, inbox: make(chan func()), changed: make(chan struct{}, 1),
		following: map[string]*attempt{}, looking: map[steps.Task]context.CancelFunc{},
		seen: steps.Seen{Hosts: map[string]steps.HostSeen{}, Evidence: map[steps.Task][]steps.Reading{},
			Checks: map[steps.Task][]steps.Reading{}, Proofs: map[steps.Task]steps.Proof{}, Triggers: map[string][]steps.Reading{}},
		armed: map[string]bool{}, launched: map[string]bool{},
		checking: map[steps.Task]bool{}, refused: map[steps.Task]string{}, baseline: map[string][]steps.Reading{}, autoDone: make(chan Outcome, 1),
		hosts: map[string]*watched{}, outputs: map[steps.Task]*tail.Ring{},
		asking: map[steps.Task]time.Time{}, events: slices.Clone(cfg.Events), book: cfg.Book, old: maps.Clone(cfg.Old),
	}
	r.speed = cfg.State.Speed()
	for id, h := range cfg.Hosts {
		r.hosts[id] = newWatched(id, h)
	}
	r.publish()
	return r
}

// Run carries the run until ctx ends. What runs on hosts goes on; nothing is
// cancelled by leaving.
func (r *Runner) Run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer r.wg.Wait()
	defer cancel()
	r.ctx, r.begun = ctx, r.cfg.Now()
	r.resume()
	r.observe()
	r.advance()
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.advance()
		case f := <-r.inbox:
			f()
			r.advance()
		case <-ctx.Done():
			r.lastWords()
			return
		}
	}
}

// post runs f on the loop, without waiting for it.
func (r *Runner) post(f func()) {
	select {
	case r.inbox <- f:
	case <-r.ctx.Done():
	}
}

// spawn runs f beside the loop until it ends; Run waits for it.
func (r *Runner) spawn(f func()) {
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		f()
	}()
}

// kase is what a decision may look at, for the loop itself.
func (r *Runner) kase() *steps.Case {
	c := &r.own // one case keeps its index of steps
	c.Past = r.cfg.Past
	c.Book, c.Old, c.State, c.Seen, c.Now, c.Next = r.book, r.old, r.state, r.seen, r.cfg.Now(), nil
	return c
}

// Submit decides an action and, where it is allowed, puts its events on disk
// and starts what follows from them. The error is a *steps.Refusal, or
// ErrFrozen. It waits for evidence where the decision has to look first.
func (r *Runner) Submit(ctx context.Context, a steps.Action) error {
	return r.submit(ctx, a, nil)
}

// Amend proposes another text of the runbook.
func (r *Runner) Amend(ctx context.Context, next *steps.Runbook, a steps.Action) error {
	a.Verb = steps.Amend
	return r.submit(ctx, a, next)
}

func (r *Runner) submit(ctx context.Context, a steps.Action, next *steps.Runbook) error {
	err := r.try(ctx, a, next)
	var ref *steps.Refusal
	if errors.As(err, &ref) && ref.Kind == steps.NeedsLook && a.Bound == nil {
		if err := r.lookFirst(ctx, a); err != nil {
			return err
		}
		return r.try(ctx, a, next)
	}
	return err
}

func (r *Runner) try(ctx context.Context, a steps.Action, next *steps.Runbook) error {
	done := make(chan error, 1)
	f := func() {
		r.again(a)
		done <- r.decide(a, next)
	}
	select {
	case r.inbox <- f:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// decide runs on the loop.
func (r *Runner) decide(a steps.Action, next *steps.Runbook) error {
	if r.frozen != nil {
		return r.decideFrozen(a)
	}
	c := r.kase()
	c.Next = next
	events, err := steps.Decide(*c, a)
	if err != nil {
		return err
	}
	if !r.withBaseline(events) {
		return &steps.Refusal{Kind: steps.NeedsLook, Why: "the values to compare with have not been read"}
	}
	if next != nil {
		r.mu.Lock()
		r.old[next.Hash] = next
		r.book = next
		r.mu.Unlock()
	}
	if err := r.commit(events...); err != nil {
		if r.frozen != nil {
			return fmt.Errorf("%w: %v", ErrFrozen, err)
		}
		return err
	}
	r.after(a)
	return nil
}

// decideFrozen still lets work be cancelled: nothing would be gained by letting
// it run on because the decision cannot be written down.
func (r *Runner) decideFrozen(a steps.Action) error {
	if a.Verb == steps.CancelTask {
		if at := r.state.Task(a.Task).Attempt(); at != nil && r.cancelNow(at.ID) {
			return nil
		}
	}
	return fmt.Errorf("%w: %v", ErrFrozen, r.frozen)
}

// after is what an accepted action changes in this console alone.
func (r *Runner) after(a steps.Action) {
	switch a.Verb {
	case steps.ConfirmHost:
		r.rolling = true
	case steps.Execute, steps.Retry:
		delete(r.seen.Checks, a.Task)
		if r.state.Rollback != nil {
			r.rolling = true
		}
	case steps.MarkDone, steps.MarkUndone, steps.LeaveUndo, steps.LeaveOut:
		if r.state.Rollback != nil {
			r.rolling = true
		}
	case steps.Abandon:
		r.rolling = false
	}
	r.publish()
}

// commit journals events in order, folds them and starts their effects.
func (r *Runner) commit(events ...steps.Event) error {
	if r.frozen != nil {
		return r.frozen
	}
	for _, e := range events {
		if err := r.state.Fits(e); err != nil {
			return err // what came too late, or twice, never gets into the journal
		}
		seq, at, err := r.cfg.Journal.Append(e.Kind(), e)
		if err != nil {
			r.freeze(err)
			return err
		}
		if err := r.state.Apply(seq, at, e); err != nil {
			r.freeze(err)
			return err
		}
		r.remember(EventView{Seq: seq, At: at, Event: e})
	}
	r.publish()
	for _, e := range events {
		r.effect(e)
	}
	return nil
}

// freeze stops launches for good in this console; what runs can be cancelled.
func (r *Runner) freeze(err error) {
	r.mu.Lock()
	r.frozen = err
	r.mu.Unlock()
	r.publish()
}

func (r *Runner) remember(e EventView) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	if n := len(r.events) - EventsKept; n > EventsKept/4 { // cut seldom, not at every event
		r.events = slices.Clone(r.events[n:])
	}
}

// publish makes the state visible to faces and wakes them.
func (r *Runner) publish() {
	view := r.state.Clone()
	r.mu.Lock()
	r.view, r.viewed, r.roll = view, cloneSeen(r.seen), r.rolling
	r.version++
	r.mu.Unlock()
	r.wake()
}

func (r *Runner) wake() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

func cloneSeen(s steps.Seen) steps.Seen {
	return steps.Seen{Hosts: maps.Clone(s.Hosts), Evidence: maps.Clone(s.Evidence), Checks: maps.Clone(s.Checks),
		Proofs: maps.Clone(s.Proofs), Triggers: maps.Clone(s.Triggers)}
}

// Changed yields when a newer snapshot can be had. It holds one wake-up; a slow
// reader misses none, since it reads state and not events.
func (r *Runner) Changed() <-chan struct{} { return r.changed }

// Done yields the outcome of an automatic run.
func (r *Runner) Done() <-chan Outcome { return r.autoDone }

// Snapshot copies what a face shows.
func (r *Runner) Snapshot() Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Snapshot{
		Case:   steps.Case{Book: r.book, Old: r.old, State: r.view, Seen: r.viewed, Now: r.cfg.Now(), Past: r.cfg.Past},
		Events: slices.Clone(r.events[max(0, len(r.events)-EventsKept):]),
		Frozen: r.frozen, Rolling: r.roll, Asking: maps.Clone(r.asking), Version: r.version,
	}
	for _, id := range append(r.book.AllHosts(), steps.LocalHost) {
		if w, ok := r.hosts[id]; ok && (id != steps.LocalHost || r.book.UsesLocal()) {
			s.Hosts = append(s.Hosts, w.view(r.book.Hosts[id]))
		}
	}
	return s
}

// Roll lets an open rollback that was interrupted go on, as far as its hosts
// are confirmed.
func (r *Runner) Roll(ctx context.Context) error {
	return r.ask(ctx, func() {
		clear(r.refused)
		r.rolling = r.state.Rollback != nil
		r.publish()
	})
}

// ask runs f on the loop and waits.
func (r *Runner) ask(ctx context.Context, f func()) error {
	done := make(chan struct{})
	select {
	case r.inbox <- func() { f(); close(done) }:
	case <-ctx.Done():
		return ctx.Err()
	}
	<-done
	return nil
}
