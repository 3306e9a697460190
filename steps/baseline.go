package steps

// The rule of this file: what a comparison calls the baseline was read at a
// moment that the journal knows. Where it was not, there is none.

// BaselineTitle is the title under which a trigger's value is kept when its
// phase opens.
func (t *Trigger) BaselineTitle() string { return "trigger " + t.ID }

// Baseline is what a comparison's word stands for: the value that went by a
// title when a phase ("run": any) opened, or the newest baseline of a measure.
// Nil where there is none.
func (c *Case) Baseline(phase, title, host string, w Want) *Value {
	if w.measure != "" {
		return c.measured(w.measure, host)
	}
	for i := range c.Book.Phases {
		id := c.Book.Phases[i].ID
		if phase != id && phase != "run" {
			continue
		}
		for _, b := range c.State.Phases[id].Baseline {
			if b.Title == title && b.Host == host && b.Number != nil {
				v := b.value()
				return &v
			}
		}
	}
	return nil
}

// measured is the baseline of a measure on a host, or else of the run.
func (c *Case) measured(name, host string) *Value {
	for s := range c.Book.Steps() {
		if s.Measure == nil || s.Measure.Name != name || s.Measure.As != "baseline" {
			continue
		}
		hosts := s.TaskHosts()
		if contains(hosts, host) {
			hosts = []string{host}
		}
		if m, ok := c.State.Measures[Task{s.ID, hosts[0]}]; ok && len(hosts) == 1 {
			v := ParseValue(m.Value, c.Now)
			if _, known := units[m.Unit]; known && v.IsNumber && v.Unit == "" {
				v.Unit, v.Text = m.Unit, m.Value+" "+m.Unit
			}
			return &v
		}
	}
	return nil
}
