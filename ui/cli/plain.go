package cli

// The rule of this file: plain mode is lines and numbered prompts on the same
// decisions as the console. One goroutine prints and asks, so that a line never
// cuts another; the end of input holds.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"belay/runner"
	"belay/runner/tail"
	"belay/steps"
)

var (
	errEnd    = errors.New("end of input")
	errSignal = errors.New("signal")
	errQuit   = errors.New("quit")
)

// plain is the face by lines.
type plain struct {
	s      *session
	in     *input
	out    io.Writer
	events *stream
	all    bool // the prompt lists everything that is allowed, not what is next

	numbers numbers
	shown   map[steps.Task]*printed
	began   time.Time // we came; outputs of before are an earlier console's
}

// plain carries the run by lines and prompts.
func (s *session) plain(ctx context.Context) error {
	out := s.p.prompts()
	fmt.Fprintln(out, tail.Inert(banner(s.ledger.state.Opened, s.ledger.id)))
	f := &plain{s: s, in: s.p.input(), out: out, shown: map[steps.Task]*printed{}, began: s.p.env.Now(),
		events: &stream{w: s.p.env.Stdout, dir: s.ledger.dir, words: !s.p.opt.json, at: s.start}}
	err := s.askInputs(ctx)
	if err == nil {
		if err = s.carry(ctx, nil, false); err == nil {
			err = f.loop(ctx)
		}
	}
	c := s.leave()
	if err := f.events.flush(); err != nil {
		return err
	}
	return f.end(unasked(c), err)
}

// end says how the run stands now that we leave.
func (f *plain) end(c *steps.Case, err error) error {
	var e *ending
	if errors.As(err, &e) || err != nil && !errors.Is(err, errEnd) && !errors.Is(err, errSignal) && !errors.Is(err, errQuit) {
		return err
	}
	code, why := c.Outcome(nil)
	last := runner.Snapshot{Case: *c}
	switch {
	case errors.Is(err, errEnd) && code != steps.CodeDone:
		code = steps.Worse(code, steps.CodePerson)
		why = first(why, "the input ended")
	case code == steps.CodeDone && why != "": // what goes on by itself does so only while somebody looks
		code = steps.CodePerson
	case errors.Is(err, errSignal):
		code = steps.Worse(code, steps.CodePerson)
	}
	if r := f.s.runner; r != nil {
		if frozen := r.Snapshot().Frozen; frozen != nil {
			code, why = steps.CodeDamaged, frozen.Error()
		}
	}
	fmt.Fprintln(f.out, tail.Inert(f.s.parting(last)))
	fmt.Fprintln(f.s.p.env.Stderr, sentenceOf(code, why))
	return quiet(code)
}

// loop asks what to do next until somebody leaves or the run is closed.
func (f *plain) loop(ctx context.Context) error {
	for {
		early, err := f.settle(ctx)
		if err != nil {
			return err
		}
		snap := f.s.runner.Snapshot()
		if snap.Case.State.Closed != nil {
			return nil
		}
		list := f.menu(snap)
		line := early
		if line == "" {
			f.show(snap, list)
			if line, err = f.ask(ctx, "> "); err != nil {
				return err
			}
		}
		if err := f.choose(ctx, snap, list, line); err != nil {
			return err
		}
	}
}

// choose does what a line says: a number of the list, or its words.
func (f *plain) choose(ctx context.Context, snap runner.Snapshot, list []entry, line string) error {
	if line == "" {
		return nil
	}
	all := f.everything(snap)
	if n, err := strconv.Atoi(line); err == nil {
		if e, ok := f.numbered(n, list, all, snap); ok {
			return f.carryOut(ctx, e)
		}
		return nil
	}
	for _, e := range append(list, all...) {
		if strings.EqualFold(e.label, strings.Join(strings.Fields(line), " ")) {
			return f.carryOut(ctx, e)
		}
	}
	switch strings.ToLower(line) {
	case "?", "help":
		f.print("a number of the list, or its words as they stand there; words that are not listed are under more; attach STEP@HOST FILE TEXT keeps a file that shows something; an empty line lists again\n")
		return nil
	case "status":
		f.show(snap, list)
		return nil
	}
	if f.attach(ctx, &snap.Case, line) {
		return nil
	}
	if why := f.refusal(snap, line); why != "" {
		f.print("refused: %s\n", tail.Inert(why))
		return nil
	}
	f.print("%q is no number and none of: %s; nothing was done\n", line, labels(list))
	return nil
}

// refusal says why an action on a task, given in words, is not offered.
func (f *plain) refusal(snap runner.Snapshot, line string) string {
	for _, v := range allVerbs {
		what, ok := strings.CutPrefix(line, string(v)+" ")
		step, host, named := strings.Cut(strings.TrimSpace(what), "@")
		if t := (steps.Task{Step: step, Host: host}); ok && named && snap.Case.Step(t) != nil {
			if _, err := steps.Decide(snap.Case, f.trial(f.taskEntry(&snap.Case, v, t))); err != nil {
				return err.Error()
			}
		}
	}
	return ""
}

func labels(list []entry) string {
	var out []string
	for _, e := range list {
		out = append(out, e.label)
	}
	return strings.Join(out, ", ")
}

// settle waits until nothing moves by itself, so that a prompt is about what is
// true and answers from a pipe meet the question they were meant for. A person
// at a terminal gets the prompt at once by typing; of a pipe only cancel and
// hold are heard meanwhile.
func (f *plain) settle(ctx context.Context) (line string, err error) {
	var typed <-chan answer
	live := f.s.p.env.IsTerminal(f.s.p.env.Stdin)
	for {
		f.outputs("")
		if err := f.events.flush(); err != nil {
			return "", err
		}
		snap := f.s.runner.Snapshot()
		if settled(snap) {
			return "", nil
		}
		if typed = f.in.next(); f.in.kept {
			typed = nil
		}
		select {
		case a := <-typed:
			if a.err == nil && (live || urgent(a.line)) {
				f.in.taken()
				return first(a.line, "list"), nil
			}
			f.in.keep(a)
		case <-f.s.runner.Changed():
		case <-f.s.wrote:
		case <-ctx.Done():
			return "", errSignal
		}
	}
}

// urgent reports whether a line must not wait for its turn.
func urgent(line string) bool {
	word, _, _ := strings.Cut(strings.ToLower(line), " ")
	return word == "cancel" || word == "hold"
}

// settled reports whether the run waits for a person.
func settled(s runner.Snapshot) bool {
	c := &s.Case
	if c.State.Closed != nil || s.Frozen != nil {
		return true
	}
	if s.Rolling || c.State.Sequence != nil {
		return false
	}
	for _, h := range s.Hosts {
		if _, asked := c.Seen.Hosts[h.ID]; !asked {
			return false
		}
	}
	for t, ts := range c.State.Tasks {
		_, silent := s.Asking[t]
		switch {
		case ts.Status.Busy() && !silent:
			return false
		case ts.Status == steps.TaskOpen && ts.Kind == steps.Soak && !ts.Soak.Overdue && (ts.Soak.Now == steps.SoakGreen || ts.Soak.Now == ""):
			return false
		case ts.Status == steps.TaskOpen && ts.Kind == steps.Gate && waitsForLook(c, t):
			return false
		}
	}
	return true
}

// waitsForLook reports whether a gate's evidence has not come yet.
func waitsForLook(c *steps.Case, t steps.Task) bool {
	for _, e := range c.Step(t).Evidence {
		if e.SignOff == "" && len(c.Seen.Evidence[t]) == 0 {
			return true
		}
	}
	return false
}

// ask prints a question and waits for a line. What happens meanwhile is
// printed, and the question again.
func (f *plain) ask(ctx context.Context, question string) (string, error) {
	f.print("%s", question)
	for {
		select {
		case a := <-f.in.next():
			f.in.taken()
			if a.err != nil {
				f.print("\n")
				return "", errEnd
			}
			if !f.s.p.env.IsTerminal(f.s.p.env.Stdin) {
				f.print("%s\n", tail.Inert(a.line)) // a pipe echoes nothing by itself
			}
			return a.line, nil
		case <-f.s.wrote:
			if !f.events.behind() { // what woke us was printed already
				continue
			}
			f.print("\n")
			if err := f.events.flush(); err != nil {
				return "", err
			}
			f.print("%s", question)
		case <-f.s.runner.Changed():
			if f.outputs("\n") {
				f.print("%s", question)
			}
		case <-ctx.Done():
			f.print("\n")
			return "", errSignal
		}
	}
}

func (f *plain) print(format string, a ...any) { fmt.Fprintf(f.out, format, a...) }

// askInputs asks for what the runbook wants to know before it begins.
func (s *session) askInputs(ctx context.Context) error {
	for {
		c := steps.Case{Book: s.ledger.book(), Old: s.ledger.books, State: s.ledger.state, Now: s.p.env.Now()}
		open := c.OpenInputs()
		if len(open) == 0 {
			return nil
		}
		v := c.Book.Vars[open[0]]
		fmt.Fprintf(s.p.prompts(), "%s (%s): ", tail.Inert(v.Ask), open[0])
		select {
		case a := <-s.p.input().next():
			s.p.input().taken()
			if a.err != nil {
				fmt.Fprintln(s.p.prompts())
				return errEnd
			}
			if err := s.decide(steps.Action{Verb: steps.Answer, Name: open[0], Value: a.line, Actor: s.p.actor()}); err != nil {
				fmt.Fprintln(s.p.prompts(), tail.Inert(err.Error()))
			}
		case <-ctx.Done():
			return errSignal
		}
	}
}
