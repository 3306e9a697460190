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
		for _, t := range c.capturing(h) {
			for name, keep := range c.Step(t).Capture {
				if c.undoReads(name) {
					keep = First
				}
				if v, ok := c.State.Tasks[t].Captured(name, keep); ok {
					out[name] = v
				}
			}
		}
	}
	return out
}

// capturing lists the tasks of the ledger on a host in the order of the file;
// those whose step the file has lost come first, so that others win over them.
func (c *Case) capturing(host string) []Task {
	var out, lost []Task
	for s := range c.Book.Steps() {
		if t := (Task{s.ID, host}); c.State.Tasks[t].First != nil {
			out = append(out, t)
		}
	}
	for t, ts := range c.State.Tasks {
		if t.Host == host && ts.First != nil && c.inForce(t.Step) == nil && c.Step(t) != nil {
			lost = append(lost, t)
		}
	}
	sortTasks(lost)
	return append(lost, out...)
}

// undoReads reports whether an undo uses a captured value. It is then the first
// one that counts: a retried build would else record the new image as the old.
func (c *Case) undoReads(name string) bool {
	for s := range c.Book.Steps() {
		if readsAny(s.undoTexts(), name) {
			return true
		}
	}
	return false
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
