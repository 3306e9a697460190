package cli

// The rule of this file: a run is driven by one process, which holds the lock
// of its journal from before it reads it until it leaves.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"belay/runner"
	"belay/runner/journal"
	"belay/runner/remote"
	"belay/runner/tail"
	"belay/steps"
)

// session is a run that this process drives.
type session struct {
	p       *program
	ledger  *ledger
	journal *journal.Journal
	runner  *runner.Runner
	hosts   map[string]runner.Host
	servers map[string]*remote.Host // those that are real
	values  map[string][]byte       // the secrets
	fleet   fleet                   // of the embedded fleet, else nil

	next    *steps.Runbook // the text on disk, when it is not that of the run
	nextSrc []byte

	wrote   chan struct{}          // a record is on disk; holds one wake-up
	start   journal.Cursor         // the end of the journal when this process came
	last    time.Time              // of its newest event then
	heads   func() map[string]bool // of its records then; nil in a new run
	stopped context.CancelFunc
	spools  *spools
	running sync.WaitGroup
}

// begin takes the lock of a run, folds it and writes down who drives now. A run
// that does not exist yet is made.
func (p *program) begin(t *target) (*session, error) {
	if err := p.ownRuns(); err != nil {
		return nil, err
	}
	dir, seen := "", journal.Seen{}
	fresh := t.open == nil
	if fresh {
		more, err := p.firstEvents(t)
		if err != nil {
			return nil, err
		}
		if dir, err = p.newRun(t.file.src, t.opened, more); err != nil {
			return nil, err
		}
	} else {
		if err := t.open.damaged(); err != nil {
			return nil, err
		}
		dir, seen = t.open.dir, t.open.seen
	}
	j, records, recovery, err := journal.OpenSeen(p.env.Disk, dir, p.env.Now, seen)
	if err != nil {
		return nil, openError(dir, err)
	}
	s := &session{p: p, journal: j, ledger: t.open.under(dir, records), wrote: make(chan struct{}, 1)}
	if err := s.ledger.damaged(); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	if !fresh {
		s.start, s.last, s.heads = endOf(dir, records), s.ledger.state.Last, heads(records)
	}
	if err := s.takeOver(t, recovery); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return s, nil
}

// heads are the hashes of all records: a host may name any of them. They are
// gathered when the first host is asked, not while the console opens.
func heads(records []journal.Record) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		out := make(map[string]bool, len(records))
		for _, r := range records {
			out[r.Hash] = true
		}
		return out
	})
}

// firstEvents are what a new run knows before anybody acts: answers and, of a
// rehearsal, what is assumed.
func (p *program) firstEvents(t *target) ([]steps.Event, error) {
	given, err := p.inputs(t.book)
	if err != nil {
		return nil, err
	}
	var out []steps.Event
	for _, name := range t.book.VarOrder {
		v := t.book.Vars[name]
		value, ok := given[name]
		if !ok && v.IsInput() && t.book.Kind == steps.Embedded && v.Rehearsal != "" {
			value, ok = v.Rehearsal, true
		}
		if ok {
			out = append(out, steps.Answered{Name: name, Value: value})
		}
	}
	past, err := assumed(t.book, t.opened.From)
	return append(out, past...), err
}

// takeOver records what is true now that this process drives.
func (s *session) takeOver(t *target, recovery journal.Recovery) error {
	if recovery.Torn > 0 {
		if err := s.commit(steps.Recovered{Torn: filepath.Base(recovery.Kept), Bytes: int64(recovery.Torn)}); err != nil {
			return err
		}
	}
	s.next, s.nextSrc = t.changed(s.ledger.book())
	st := s.ledger.state
	partner := s.p.opt.partner
	if partner == "" {
		partner = st.Partner
	}
	if s.p.actor() != st.Driver || partner != st.Partner {
		if partner == s.p.actor() {
			partner = ""
		}
		if err := s.decide(steps.Action{Verb: steps.Drive, Actor: s.p.actor(), Partner: partner}); err != nil {
			return err
		}
	}
	given, err := s.p.inputs(s.ledger.book())
	if err != nil {
		return err
	}
	for _, name := range sorted(given) {
		if st.Answers[name] == given[name] {
			continue
		}
		if err := s.decide(steps.Action{Verb: steps.Answer, Name: name, Value: given[name], Actor: s.p.actor()}); err != nil {
			return err
		}
	}
	return nil
}

// decide acts before the runner does: the same decision, put on disk here.
func (s *session) decide(a steps.Action) error {
	c := steps.Case{Book: s.ledger.book(), Old: s.ledger.books, State: s.ledger.state, Now: s.p.env.Now()}
	events, err := steps.Decide(c, a)
	var ref *steps.Refusal
	if errors.As(err, &ref) {
		return usage(ref.Help(), "%s", ref.Why)
	}
	if err != nil {
		return err
	}
	return s.commit(events...)
}

func (s *session) commit(events ...steps.Event) error {
	for _, e := range events {
		r, err := s.journal.Append(e.Kind(), e)
		if err != nil {
			return err
		}
		if err := s.ledger.state.Apply(int64(r.Seq), r.Time, e); err != nil {
			return err
		}
		s.ledger.events = append(s.ledger.events, runner.EventView{Seq: int64(r.Seq), At: r.Time, Event: e})
	}
	return nil
}

// carry connects the run to its hosts and lets the runner carry it until
// leave is called or ctx ends.
func (s *session) carry(ctx context.Context, auto *runner.Auto, watch bool) error {
	var err error
	if s.hosts, s.values, err = s.connect(ctx); err != nil {
		return err
	}
	masked, err := tail.NewSecrets(s.values)
	if err != nil {
		return err
	}
	past, err := s.p.past(s.ledger)
	if err != nil {
		return err
	}
	s.spools = newSpools(filepath.Join(s.ledger.dir, watchedName))
	s.runner = runner.New(runner.Config{
		Past: past, Book: s.ledger.book(), Old: maps.Clone(s.ledger.books), State: s.ledger.state, Events: s.ledger.events,
		Journal: runJournal{s.journal, s.wrote, s.elsewhere()}, Hosts: s.hosts, Secrets: masked, Values: s.values,
		Logs: filepath.Join(s.ledger.dir, logsName), Spool: s.spools.open, Documents: filepath.Join(s.ledger.dir, documentsName),
		Keep: func(e runner.Evidence) (steps.EvidenceKept, error) { return keepEvidence(s.ledger.dir, e) },
		Now:  s.p.env.Now, Watch: watch, Auto: auto, Last: s.last, Heads: s.heads,
	})
	ctx, s.stopped = context.WithCancel(ctx)
	s.running.Go(func() { s.runner.Run(ctx) })
	return nil
}

// elsewhere says how a run goes on whose disk has failed: its directory is
// self-contained, and all that was journalled is in it.
func (s *session) elsewhere() string {
	verb := "run"
	if s.ledger.state.Opened.EnvKind != steps.Live {
		verb = "rehearse"
	}
	return fmt.Sprintf("to go on, leave, copy %s to DIR/%s/ on a disk that works (cp -a), and: belay %s --state DIR --run %s",
		s.p.env.short(s.ledger.dir), filepath.Base(s.p.runsDir()), verb, s.ledger.id)
}

// leave ends this process's part. What runs on hosts goes on; the last state
// is given back.
func (s *session) leave() steps.Case {
	c := steps.Case{Book: s.ledger.book(), Old: s.ledger.books, State: s.ledger.state, Now: s.p.env.Now()}
	if s.runner != nil {
		s.stopped()
		s.running.Wait()
		s.spools.close()
		c = s.runner.Snapshot().Case
	}
	for _, h := range s.hosts {
		_ = h.Close()
	}
	if s.fleet != nil {
		_ = s.fleet.Leave(c.State.Closed != nil || c.Complete())
	}
	_ = s.journal.Close()
	return c
}

// amend takes the text on disk, whose file is stored before the journal names it.
func (s *session) amend(ctx context.Context, a steps.Action) error {
	if s.next == nil {
		return errors.New("the runbook has not changed")
	}
	err := storeAmendment(s.ledger.dir, s.next.Hash, s.nextSrc)
	if err != nil {
		return err
	}
	if a.Unrehearsed, _, err = s.p.neverTried(s.next); err != nil {
		return err
	}
	err = s.runner.Amend(ctx, s.next, a)
	if err == nil {
		s.next = nil
	}
	return err
}

// openError says who drives a run that cannot be taken.
func openError(dir string, err error) error {
	id := filepath.Base(dir)
	var d *journal.Damage
	switch {
	case errors.Is(err, journal.ErrLocked):
		return stop(steps.CodePerson, "belay status --run "+id+" looks on; or leave that console",
			"run %s is driven by another console: %s", id, first(journal.Holder(dir), "it does not say which"))
	case errors.Is(err, journal.ErrExposed):
		return usage("a run is its owner's alone: nobody else may read it", "run %s is not opened: %v", id, err)
	case errors.As(err, &d):
		return (&ledger{id: id, dir: dir, damage: d}).damaged()
	}
	return fmt.Errorf("open run %s: %w", id, err)
}
