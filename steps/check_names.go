package steps

// The rule of this file: names that reach a shell, hosts that reach a server
// and environments that lie over both are right before anything leaves.

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var shellName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// shellOwn are names that change what the shell itself does.
var shellOwn = []string{"PATH", "HOME", "IFS"}

// checkName wants a name that a script can use and that no shell is hurt by.
func (c *checker) checkName(path, name string) {
	switch {
	case !shellName.MatchString(name):
		c.key(path, "name", "%q cannot be a variable: want letters, digits and _, not beginning with a digit", name)
	case slices.Contains(shellOwn, name) || strings.HasPrefix(name, "LD_"):
		c.key(path, "name", "%s cannot be set: it changes how every command of a script is found", name)
	case strings.HasPrefix(name, "BELAY_"):
		c.key(path, "name", "%s cannot be set: names that begin with BELAY_ are Belay's own", name)
	}
}

func (c *checker) checkVars() {
	c.checkVarTable("vars", c.rb.Vars)
	for id, h := range c.rb.Hosts {
		c.checkVarTable(member(member("hosts", id), "vars"), h.Vars)
	}
}

// checkTexts refuses what no shell can hold: a NUL byte, written as an escape,
// would drop the rest of a text in silence.
func (c *checker) checkTexts() {
	for _, s := range c.rb.Scripts() {
		if strings.Contains(s.Text, "\x00") {
			c.value(s.Path, "script", "a NUL byte is in the script, which no shell can hold")
		}
	}
	for s := range c.rb.Steps() {
		if strings.Contains(s.Dir, "\x00") {
			c.value(s.path+".dir", "script", "a NUL byte is in dir, which no path can hold")
		}
	}
}

func (c *checker) checkVarTable(table string, vars map[string]Var) {
	for name, v := range vars {
		path := member(table, name)
		c.checkName(path, name)
		if _, secret := c.rb.Secrets[name]; secret {
			c.key(path, "name", "%s is a secret as well; give one of them another name", name)
		}
		if c.is(path+".ask") && v.Ask == "" {
			c.value(path+".ask", "input", "the question of input %s is empty", name)
		}
		if err := v.Accepts(""); err != nil && strings.HasPrefix(err.Error(), "match") {
			c.value(path+".match", "match", "%v", err)
		} else if err := v.Accepts(v.Rehearsal); err != nil && c.is(path+".rehearsal") {
			c.value(path+".rehearsal", "rehearsal", "rehearsal %v", err)
		}
		if strings.ContainsAny(v.Value+v.Rehearsal, "\x00") {
			c.value(path, "name", "%s holds a NUL byte, which no environment can carry", name)
		}
		if v.IsInput() && v.Rehearsal == "" {
			c.warn(path, "rehearsal", "input %s has no rehearsal value: the embedded fleet will have to ask for it", name)
		}
	}
}

func (c *checker) checkSecrets() {
	for name, s := range c.rb.Secrets {
		path := member("secrets", name)
		c.checkName(path, name)
		sources := 0
		for _, given := range []bool{len(s.Command) > 0, s.Env != "", s.File != "", s.Prompt != ""} {
			if given {
				sources++
			}
		}
		if sources != 1 {
			c.key(path, "secret", "secret %s has %d sources; want exactly one of command, env, file and prompt", name, sources)
		}
	}
}

func (c *checker) checkHosts() {
	for id, h := range c.rb.Hosts {
		path := member("hosts", id)
		c.checkHostID(path, id)
		if h.Address == "" {
			c.key(path, "host", "host %s needs an address", id)
		}
		c.checkAddress(path, h)
	}
	for id, members := range c.rb.Groups {
		path := member("groups", id)
		c.checkHostID(path, id)
		if _, host := c.rb.Hosts[id]; host {
			c.key(path, "group", "%s is a host already; a group needs a name of its own", id)
		}
		if len(members) == 0 {
			c.value(path, "group", "group %s is empty", id)
		}
		for i, m := range members {
			if _, ok := c.rb.Hosts[m]; !ok {
				c.value(element(path, i), "group", "%q is not a host%s", m, suggest(m, c.rb.AllHosts()))
			} else if slices.Index(members, m) < i {
				c.value(element(path, i), "group", "%s is in the group twice", m)
			}
		}
	}
}

func (c *checker) checkHostID(path, id string) {
	isPhase := slices.ContainsFunc(c.rb.Phases, func(p Phase) bool { return p.ID == id })
	switch {
	case id == LocalHost:
		c.key(path, "host", `"local" is the machine that Belay runs on and cannot be declared`)
	case id == "run" || isPhase:
		c.key(path, "host", "%q means something else where a rollback is asked for; give it another name", id)
	case !identifier.MatchString(id):
		c.key(path, "id", "id %q: want lower-case letters, digits, dots and dashes, beginning with a letter or a digit", id)
	}
}

func (c *checker) checkAddress(path string, h Host) {
	switch {
	case strings.Contains(h.Address, "$"):
		c.value(path+".address", "host", "address %q: Belay expands $NAME in dir, path and want only; an environment may lay another address over it", h.Address)
	case strings.ContainsAny(h.Address, " \t@/\n\x00") || strings.HasPrefix(h.Address, "-"):
		c.value(path+".address", "host", "address %q: want a name, an alias or an IP address alone; user and port have keys of their own", h.Address)
	}
	if strings.ContainsAny(h.User, " \t@") || strings.HasPrefix(h.User, "-") {
		c.value(path+".user", "host", "user %q is not a login name", h.User)
	}
	if h.Port < 0 || h.Port > 65535 || h.Port == 0 && c.is(path+".port") {
		c.value(path+".port", "host", "port %d: want 1 to 65535", h.Port)
	}
}

func (c *checker) checkEnvironments() {
	for name, e := range c.rb.Environments {
		path := member("environments", name)
		switch {
		case name == EmbeddedEnv:
			c.key(path, "environment", `"rehearsal" is the embedded fleet's environment and cannot be declared`)
		case !identifier.MatchString(name):
			c.key(path, "id", "id %q: want lower-case letters, digits, dots and dashes, beginning with a letter or a digit", name)
		}
		if e.Kind == "" {
			c.key(path, "environment", "environment %s needs a kind: live or rehearsal", name)
		}
		for id, h := range e.Hosts {
			at := member(path+".hosts", id)
			if _, ok := c.rb.Hosts[id]; !ok {
				c.key(at, "environment", "%q is not a host of this file%s", id, suggest(id, c.rb.AllHosts()))
			}
			c.checkAddress(at, h)
			c.checkVarTable(at+".vars", h.Vars)
		}
		c.checkVarTable(path+".vars", e.Vars)
		for id, v := range e.Watches {
			c.checkWatch(member(path+".watch", id), v)
		}
		c.checkRaised(path+".danger", e.Danger)
		c.checkApart(path, name, e)
	}
}

func (c *checker) checkRaised(path string, dangers map[string]Danger) {
	for id, d := range dangers {
		at := member(path, id)
		if s := c.rb.Step(id); s == nil {
			c.key(at, "environment", "%q is not a step%s", id, suggest(id, slices.Collect(maps.Keys(c.placed))))
		} else if d < s.Danger {
			c.value(at, "environment", "an environment may only raise a danger: step %s has %s", id, s.Danger)
		}
	}
}

// checkApart warns of a rehearsal that would reach the servers of a live
// environment: usually a host that its overlay forgot.
func (c *checker) checkApart(path, name string, e Environment) {
	if e.Kind != Rehearsal {
		return
	}
	for other, live := range c.rb.Environments {
		for id, h := range c.rb.Hosts {
			here, there := h.with(e.Hosts[id]), h.with(live.Hosts[id])
			if live.Kind == Live && here.Address == there.Address && here.Port == there.Port {
				c.warnKey(path, "environment", "a rehearsal in %s reaches the same %s (%s) as %s, which is live", name, id, here.Address, other)
			}
		}
	}
}
