package steps

// The rule of this file: who is to be called may be known only when a run
// begins; a name that nobody has given is shown as it stands in the file.

// Contacts lists the contacts of the runbook, $NAME in them expanded by the
// run's variables and inputs.
func (c *Case) Contacts() []Contact {
	env, err := c.HostEnviron(LocalHost)
	if err != nil {
		env = nil // an input is open; what can be said is said
	}
	out := make([]Contact, len(c.Book.Contacts))
	for i, k := range c.Book.Contacts {
		for _, text := range []*string{&k.Name, &k.Reach} {
			if full, err := Expand(*text, env); err == nil {
				*text = full
			}
		}
		out[i] = k
	}
	return out
}
