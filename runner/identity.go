package runner

// The rule of this file: a host is the one that the run was bound to, by its key,
// its machine-id and its name, or nothing is done on it until a person has said
// that it is.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"belay/runner/job"
	"belay/steps"
)

// clockAge is how old what we know of a host's clock may be.
const clockAge = time.Minute

// identify keeps asking a host who it is, whenever its link has changed and
// often enough to know its clock, and binds it the first time.
func (r *Runner) identify(w *watched) {
	compared := false
	var known, asked time.Time // since when the present link has been identified, and when that was
	for r.ctx.Err() == nil {
		l := w.host.Link()
		again := l.Up && !known.IsZero() && l.Since.Equal(known)
		if !again || r.cfg.Now().Sub(asked) > clockAge {
			ctx, cancel := context.WithTimeout(r.ctx, 20*time.Second)
			sent := r.cfg.Now()
			id, err := w.host.Identify(ctx)
			off := Skew(id.Clock, sent, r.cfg.Now())
			cancel()
			if r.ctx.Err() != nil {
				return
			}
			l = w.host.Link()
			var wrong *job.WrongHost
			if again && err != nil && l.Up && l.Since.Equal(known) && !errors.As(err, &wrong) {
				asked = sent // busy: its link says whether it is there
				continue
			}
			if err == nil && !compared {
				compared = r.compareHeads(r.ctx, w)
			}
			if err == nil {
				asked, known = sent, l.Since
				if known.IsZero() {
					known = sent
				}
			}
			r.post(func() { r.identified(w, id, err, l, off) })
		}
		pause(r.ctx, w.host, clockEvery)
	}
}

// identified runs on the loop.
func (r *Runner) identified(w *watched, id job.Identity, err error, l job.Link, off time.Duration) {
	seen := steps.HostSeen{Up: err == nil, Since: l.Since}
	var wrong *job.WrongHost
	switch {
	case errors.As(err, &wrong):
		seen.Wrong, seen.Hint = cause(w.id, wrong), wrong.Hint
	case err != nil:
		seen.Why = cause(w.id, err)
		var away *job.Unreachable
		if errors.As(err, &away) {
			seen.Hint = away.Hint
		}
		if old := r.seen.Hosts[w.id]; !old.Up && !old.Since.IsZero() {
			seen.Since = old.Since // it is away since then, however often it was tried
		} else if seen.Since.IsZero() || l.Up {
			seen.Since = r.cfg.Now()
		}
	default:
		seen.Skew = off
		seen.Wrong = r.bind(w, id, seen.Skew)
	}
	if old := r.seen.Hosts[w.id]; err == nil && (!old.Up || !old.Since.Equal(seen.Since)) {
		w.stir()
	}
	w.mu.Lock()
	w.wrong, w.skew = seen.Wrong, seen.Skew
	if err == nil {
		w.ident = id
	}
	w.mu.Unlock()
	r.seen.Hosts[w.id] = seen
	r.publish()
}

// cause is an error without the words that whoever shows it puts in front of it
// for this host; of a jump host on the way they stay.
func cause(host string, err error) string {
	text, ours := strings.CutPrefix(err.Error(), host+": ")
	if !ours {
		return text
	}
	return strings.TrimPrefix(strings.TrimPrefix(text, "unreachable: "), "not the host we know: ")
}

// bind ties a host to what it is, or says how it differs from what we know.
func (r *Runner) bind(w *watched, id job.Identity, skew time.Duration) (wrong string) {
	now := steps.Bound{Host: w.id, HostKey: id.HostKey, MachineID: id.MachineID, Hostname: id.Hostname}
	if skew.Abs() > steps.SkewWarns {
		now.Skew = steps.Duration(skew)
	}
	was, ok := r.state.Hosts[w.id]
	if !ok {
		r.commit(now)
		return ""
	}
	for _, x := range []struct{ what, was, is string }{
		{"host key", was.HostKey, id.HostKey}, {"machine-id", was.MachineID, id.MachineID}, {"host name", was.Hostname, id.Hostname},
	} {
		if x.was != x.is {
			return fmt.Sprintf("its %s is %s and was %s", x.what, orNone(x.is), orNone(x.was))
		}
	}
	return ""
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// Skew is how far a clock is off for certain: it was read to the second, between
// two moments of ours, and the answer that is nearest to ours counts. A host
// that takes long to answer is not taken for one that lives in another time.
func Skew(theirs, sent, got time.Time) time.Duration {
	if theirs.IsZero() {
		return 0
	}
	least, most := theirs.Sub(got), theirs.Add(time.Second).Sub(sent)
	switch {
	case least > 0:
		return least
	case most < 0:
		return most
	}
	return 0
}

// Rebind takes a host as it is now.
func (r *Runner) Rebind(ctx context.Context, host string, a steps.Action) error {
	w := r.hosts[host]
	if w == nil {
		return fmt.Errorf("there is no host %q", host)
	}
	sent := r.cfg.Now()
	id, err := w.host.Identify(ctx)
	off := Skew(id.Clock, sent, r.cfg.Now())
	if err != nil {
		return err
	}
	a.Verb, a.Host = steps.Rebind, host
	a.Bound = &steps.Bound{Host: host, HostKey: id.HostKey, MachineID: id.MachineID, Hostname: id.Hostname}
	err = r.Submit(ctx, a)
	if err == nil {
		r.post(func() { r.identified(w, id, nil, w.host.Link(), off) })
	}
	return err
}
