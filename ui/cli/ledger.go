package cli

// The rule of this file: what a run directory says is read without its lock
// and without asking anybody; the journal is the run.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"belay/runner"
	"belay/runner/journal"
	"belay/steps"
)

// bookName is the text that a run began with; amendments stand beside it.
const bookName = "runbook.toml"

// ledger is a run as its directory tells it.
type ledger struct {
	id, dir string
	records []journal.Record
	seen    journal.Seen // in which the records were read, without the lock
	events  []runner.EventView
	state   *steps.State
	books   map[string]*steps.Runbook // every text by hash, the environment applied
	damage  error                     // what was read stands in front of it
}

// readLedger reads a run directory. Damage is a field and not an error: what
// stands in front of it is still worth showing.
func readLedger(dir string) (*ledger, error) {
	seen, err := journal.See(dir)
	l := &ledger{id: filepath.Base(dir), dir: dir, seen: seen}
	var d *journal.Damage
	if errors.As(err, &d) {
		l.damage, err = d, nil
	}
	if err != nil {
		return nil, err
	}
	l.fold(seen.Records)
	return l, nil
}

// under is the run as its records say that were read under its lock. What was
// read before that, by whoever looked for the run, stands where nothing was
// added: the newest hash covers all that it says.
func (l *ledger) under(dir string, records []journal.Record) *ledger {
	if n := len(records); l != nil && n > 0 && n == len(l.records) && records[n-1].Hash == l.records[n-1].Hash {
		return l
	}
	out := &ledger{id: filepath.Base(dir), dir: dir}
	out.fold(records)
	return out
}

// fold makes the state of the records.
func (l *ledger) fold(records []journal.Record) {
	l.records, l.state = records, steps.NewState()
	l.events = make([]runner.EventView, 0, len(records))
	for i, e := range decodeAll(records) {
		r, err := &records[i], e.err
		if err == nil {
			err = l.state.Apply(int64(r.Seq), r.Time, e.Event)
		}
		if err != nil {
			l.damage = errors.Join(l.damage, fmt.Errorf("journal %s: %w", filepath.Join(l.dir, journal.FileName), err))
			return
		}
		l.events = append(l.events, runner.EventView{Seq: int64(r.Seq), At: r.Time, Event: e.Event})
	}
	if len(l.events) == 0 {
		return
	}
	var err error
	if l.books, err = readBooks(l.dir, filepath.Base(l.state.Opened.File), l.state.Opened.Env); err == nil && l.books[l.state.Book] == nil {
		err = fmt.Errorf("the text with hash %.12s is missing", l.state.Book)
	}
	if err != nil && l.damage == nil {
		l.damage = fmt.Errorf("run directory %s: %w", l.dir, err)
	}
}

// decoded is what one record says.
type decoded struct {
	steps.Event
	err error
}

// decodeAll reads records side by side; what they add up to needs their order.
func decodeAll(records []journal.Record) []decoded {
	out := make([]decoded, len(records))
	part := max(1000, len(records)/runtime.GOMAXPROCS(0)+1) // fewer are done before another processor has begun
	var all sync.WaitGroup
	for from := 0; from < len(records); from += part {
		all.Go(func() {
			for i := from; i < min(from+part, len(records)); i++ {
				out[i].Event, out[i].err = steps.Decode(records[i].Kind, records[i].Data)
			}
		})
	}
	all.Wait()
	return out
}

// readBooks reads every text of a run by its hash.
func readBooks(dir, name, env string) (map[string]*steps.Runbook, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "runbook*.toml"))
	if err != nil {
		return nil, err
	}
	out := map[string]*steps.Runbook{}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			return out, err
		}
		rb, problems := parsed(name, src)
		if rb == nil {
			return out, fmt.Errorf("%s: %w", filepath.Base(path), problems.Err())
		}
		if rb, err = rb.For(env); err != nil {
			return out, err
		}
		out[rb.Hash] = rb
	}
	return out, nil
}

// begun reports whether the run was ever opened: a console that dies while it
// makes the directory leaves one without a record.
func (l *ledger) begun() bool { return len(l.events) > 0 }

// open reports whether the run can go on.
func (l *ledger) open() bool { return l.begun() && l.state.Closed == nil }

func (l *ledger) book() *steps.Runbook { return l.books[l.state.Book] }

// caseNow is the run for questions to package steps.
func (l *ledger) caseNow(p *program) *steps.Case {
	return unasked(steps.Case{Book: l.book(), Old: l.books, State: l.state, Now: p.env.Now()})
}

// unasked lets what nobody has asked of a host count for nothing: a host that
// has not said who it is yet is not one that cannot be reached.
func unasked(c steps.Case) *steps.Case {
	c.State = c.State.Clone()
	for _, h := range append(c.Book.AllHosts(), steps.LocalHost) {
		if _, ok := c.State.Hosts[h]; !ok {
			c.State.Hosts[h] = steps.Bound{Host: h}
		}
	}
	return &c
}

// outcome is the run's exit code and why, damage included.
func (l *ledger) outcome(p *program) (int, string) {
	if l.damage != nil {
		return steps.CodeDamaged, l.damage.Error()
	}
	c := l.caseNow(p)
	code, why := c.Outcome(nil)
	attended := journal.Holder(l.dir) != ""
	if alone := l.state.Sequence != nil || len(l.state.Busy("")) > 0; code == steps.CodeDone && alone && !attended {
		code = steps.CodePerson // what is under way ends on its host, and nobody takes its end
	}
	if code == steps.CodeDone && l.open() && !attended {
		for _, t := range c.Book.Tasks() {
			if still := c.StandsStill(t); still != "" {
				return steps.CodePerson, still
			}
		}
	}
	if code == steps.CodeDone && why == "" {
		why = "complete"
		if l.state.Rollback == nil && l.state.Undone > 0 {
			why = "rolled back"
		}
	}
	return code, why
}

// damaged ends a verb on a journal that cannot be believed.
func (l *ledger) damaged() error {
	if l.damage == nil {
		return nil
	}
	hint := "nothing is repaired by itself; copy the directory " + l.dir + " before anything else"
	return stop(steps.CodeDamaged, hint, "run %s: %v", l.id, l.damage)
}

// ledgers reads all runs, the newest last.
func (p *program) ledgers() ([]*ledger, error) {
	list, err := os.ReadDir(p.runsDir())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []*ledger
	for _, e := range list {
		if !e.IsDir() {
			continue
		}
		l, err := readLedger(filepath.Join(p.runsDir(), e.Name()))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if l.begun() || l.damage != nil {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b *ledger) int {
		if !a.began().Equal(b.began()) {
			return a.began().Compare(b.began())
		}
		return strings.Compare(a.id, b.id)
	})
	return out, nil
}

// chosen is the run that --run names, else the newest.
func (p *program) chosen() (*ledger, error) {
	all, err := p.ledgers()
	if err != nil {
		return nil, err
	}
	if p.opt.run != "" {
		return byID(all, p.opt.run)
	}
	if len(all) == 0 {
		return nil, usage("belay rehearse starts one", "there is no run in %s", p.runsDir())
	}
	return all[len(all)-1], nil
}

// byID finds a run by its id, or by a part that no other has.
func byID(all []*ledger, id string) (*ledger, error) {
	var found []*ledger
	for _, l := range all {
		if l.id == id {
			return l, nil
		}
		if strings.Contains(l.id, id) {
			found = append(found, l)
		}
	}
	switch len(found) {
	case 0:
		return nil, usage("belay runs", "there is no run %q", id)
	case 1:
		return found[0], nil
	}
	return nil, usage("belay runs", "%q is part of %d run ids", id, len(found))
}
