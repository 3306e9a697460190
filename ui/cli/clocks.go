package cli

// The rule of this file: status gives the clocks that the journal can give; what
// only a look at a server could tell is not made up.

import (
	"time"

	"belay/steps"
)

// clocksReport is how the clocks of a phase stand.
type clocksReport struct {
	Phase      string         `json:"phase"`
	Until      time.Time      `json:"window_until,omitzero"`
	Outage     steps.Duration `json:"outage,omitzero"`
	Began      time.Time      `json:"outage_began,omitzero"`
	Ended      time.Time      `json:"outage_ended,omitzero"`
	Away       []string       `json:"away,omitempty"`
	RollbackBy time.Time      `json:"latest_safe_rollback,omitzero"`
	Before     bool           `json:"rollback_before,omitempty"` // a part of its time is unknown: begin before that
	NoReturn   string         `json:"point_of_no_return,omitempty"`
	Passed     bool           `json:"passed,omitempty"`
}

// clocksOf are the clocks of the phases that have any.
func clocksOf(c *steps.Case) []clocksReport {
	var out []clocksReport
	for i := range c.Book.Phases {
		id := c.Book.Phases[i].ID
		r := clocksReport{Phase: id, Until: c.State.Phases[id].Until}
		if o, ok := c.Outage(id); ok {
			r.Outage, r.Began, r.Ended, r.Away = steps.Duration(o.Lasts(c.Now).Round(time.Second)), o.Began, o.Ended, o.Away
		}
		if s, passed := c.PointOfNoReturn(id); s != nil {
			r.NoReturn, r.Passed = s.ID, passed
		}
		if w, open := c.Window(); open && w.Phase == id && c.State.Rollback == nil {
			at, sure, _ := c.LatestRollback()
			r.RollbackBy, r.Before = at, !sure
		}
		if !r.Until.IsZero() || !r.Began.IsZero() || r.Passed {
			out = append(out, r)
		}
	}
	return out
}

// sentence says the clocks of a phase.
func (r clocksReport) sentence() string {
	line := "phase " + r.Phase
	if !r.Until.IsZero() {
		line += ", window until " + r.Until.Local().Format("15:04")
	}
	if !r.RollbackBy.IsZero() {
		by := ", latest safe rollback start "
		if r.Before {
			by += "before "
		}
		line += by + r.RollbackBy.Local().Format("15:04")
	}
	switch {
	case len(r.Away) > 0:
		line += ", outage " + r.Outage.String() + " so far, away: " + join(r.Away)
	case !r.Began.IsZero():
		line += ", outage " + r.Outage.String()
	}
	if r.Passed {
		line += ", past the point of no return (" + r.NoReturn + ")"
	}
	return line
}

// skewsOf are the clocks that were off when their hosts were bound.
func skewsOf(c *steps.Case) []string {
	var out []string
	for _, h := range append(c.Book.AllHosts(), steps.LocalHost) {
		if d := c.State.Hosts[h].Skew.D(); d != 0 {
			out = append(out, "the clock of "+h+" was "+steps.Ahead(d)+" ours when it was bound")
		}
	}
	return out
}

func (p *program) sayClocks(s statusReport) {
	for _, r := range s.Clocks {
		p.say("\n%s\n", r.sentence())
	}
	for _, text := range s.Skews {
		p.say("\n%s\n", text)
	}
}
