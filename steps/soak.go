package steps

// The rule of this file: a soak counts only the time during which its evidence
// was seen to be green, and its deadline is the wall's.

import "time"

// SoakBeat is how often a green soak writes down how far it is, so that a
// crash loses no more than that.
const SoakBeat = 30 * time.Second

// SoakNow gives the change that an open soak makes at this moment, if any.
func (c *Case) SoakNow(t Task) (Soaked, bool) {
	s, ts := c.Step(t), c.State.Task(t)
	if s == nil || s.Kind != Soak || s.Soak == nil || ts.Status != TaskOpen {
		return Soaked{}, false
	}
	seen, now := c.Evidence(t), soakColour(c.Evidence(t))
	green := ts.Soak.GreenAt(c.Now, c.State.Speed())
	e := Soaked{Task: t, To: now, Green: Duration(green), Evidence: seen, Reason: firstBad(seen)}
	deadline := c.State.StableFor(s.Soak.Deadline)
	switch {
	case now == "green" && ts.Soak.Now == "green" && green >= s.Soak.For.D():
		e.To, e.Reason = "complete", ""
	case deadline > 0 && c.Now.Sub(ts.Soak.Began) > deadline:
		e.To, e.Reason = "failed", "not green for "+s.Soak.For.String()+" within "+s.Soak.Deadline.String()+"; "+e.Reason
	case now == ts.Soak.Now:
		return e, now == "green" && c.Now.Sub(ts.Soak.Since) > SoakBeat
	case now == "red" && s.Soak.OnRed == "fail", now == "stale" && s.Soak.OnStale == "fail":
		e.To = "failed"
	case now == "red" && s.Soak.OnRed == "restart" && green > 0:
		e.To = "restarted"
	}
	return e, true
}

func soakColour(seen []Reading) string {
	out := "green"
	for _, r := range seen {
		switch r.Verdict {
		case Red:
			return "red"
		case CannotTell:
			out = "stale"
		}
	}
	return out
}

func firstBad(seen []Reading) string {
	for _, r := range seen {
		if r.Verdict != Green {
			return r.Title + ": " + firstOf(r.Why, r.Text)
		}
	}
	return ""
}
