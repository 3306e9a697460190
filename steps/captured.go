package steps

// The rule of this file: a captured value belongs to the host it was captured
// on; one captured on local belongs to the run. What an undo uses keeps its
// first value.

// Captured gives the values that scripts on a host see: those captured on
// local, then those captured on the host itself, by the rule of each.
func (c *Case) Captured(host string) map[string]string {
	out := map[string]string{}
	hosts := []string{LocalHost}
	if host != LocalHost {
		hosts = append(hosts, host)
	}
	for _, h := range hosts {
		for s := range c.Book.Steps() {
			ts, ok := c.State.Tasks[Task{s.ID, h}]
			if !ok {
				continue
			}
			for name, keep := range s.Capture {
				if v, ok := ts.Captured(name, keep); ok {
					out[name] = v
				}
			}
		}
	}
	return out
}

// Environ lists the variables that an attempt of a task gets.
func (c *Case) Environ(t Task, attempt string) ([]string, error) {
	facts := Facts{Run: c.State.Opened.Run, Attempt: attempt, Stamp: c.State.At}
	captured := c.Captured(t.Host)
	if ts, ok := c.State.Tasks[t]; ok { // an edit keeps what its own undo needs
		for name, v := range ts.First {
			if _, declared := captured[name]; !declared {
				captured[name] = v
			}
		}
	}
	return Environ(c.Book, c.Step(t), t.Host, c.State.Answers, captured, facts)
}

// HostEnviron lists the variables that are known of a host outside any step:
// for what watches it.
func (c *Case) HostEnviron(host string) ([]string, error) {
	facts := Facts{Run: c.State.Opened.Run, Stamp: c.State.At}
	return Environ(c.Book, &Step{}, host, c.State.Answers, c.Captured(host), facts)
}
