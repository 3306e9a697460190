package lint

// The rule of this file: a script has no terminal, and its standard input is
// empty. A question is answered by nobody: the command fails, or it takes the
// silence for an answer.

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// editors and pagers, which need a person.
var editors = strings.Fields("nano vi vim nvim view pico emacs joe mcedit visudo vipw")

// screens draw on a whole terminal, pagers show one page of it after the other.
var screens = strings.Fields("htop btop atop nload iotop mc dialog whiptail")
var pagers = strings.Fields("less more most man")

// interactive finds what fails without a person, or reads nothing and ends; and
// warns of what takes the silence for an answer.
func interactive(s *script) {
	fed := slices.ContainsFunc(s.calls, func(c *call) bool { return c.is("exec") && c.fed() })
	for _, c := range s.calls {
		if (fed || c.fed()) && !c.is(editors...) && !c.is("docker", "podman") {
			continue
		}
		if why := c.needsPerson(); why != "" {
			s.pos(c.at, "%s", why)
		} else if why := c.asksFirst(); why != "" {
			s.book.rule.Error = false
			s.pos(c.at, "%s", why)
			s.book.rule.Error = true
		}
	}
}

// needsPerson says what a command wants of a person; "" when it wants nothing.
func (c *call) needsPerson() string {
	o := anywhere(c.args, "")
	switch {
	case c.is(editors...):
		return c.name + " is an editor and needs a terminal: a step of kind edit changes a file, keeps a backup and can undo it"
	case c.is(screens...):
		return c.name + " draws on a terminal, and there is none"
	case c.is("top") && !o.has('b'):
		return "top needs a terminal; top -b -n 1 prints one page"
	case c.is("ssh"):
		return c.shellOnServer()
	case c.is("docker", "podman", "docker-compose", "nerdctl"):
		return c.dockerAsks()
	case c.is("read") && !inside[*syntax.FuncDecl](c) && !o.has('u') && !o.has('t'):
		return "read waits for a person; an operator's answer is an input ([vars] NAME = { ask = ... }) or a gate"
	case c.is("git"):
		return c.gitAsks()
	case c.is("psql", "mysql", "mariadb", "mongosh", "redis-cli", "sqlite3"):
		return c.clientAsks()
	case c.is("su") && len(o.rest) < 3 && !o.has('c') && !o.any("command"), c.is("passwd") && !o.any("stdin") && len(o.short) == 0,
		c.is("crontab") && o.has('e'), c.is("systemctl") && last(verb(c)) == "edit", c.is("kubectl") && last(verb(c)) == "edit":
		return c.shown() + " waits for a person at a terminal"
	case c.is("sudo") && (o.has('i') || o.has('s')):
		return "sudo opens a shell that reads nothing and ends; what follows does not run in it"
	}
	return ""
}

// asksFirst says what a command asks, and goes on without an answer.
func (c *call) asksFirst() string {
	o := anywhere(c.args, "")
	switch {
	case c.is(pagers...) && !o.has('V') && !o.any("version", "help"):
		return c.name + " shows pages to a person at a terminal; print what is wanted, with a limit"
	case c.is("apt", "apt-get", "yum", "dnf"):
		return c.packagesAsk()
	case c.is("docker", "podman"):
		return c.pruneAsks()
	case c.is("rm", "cp", "mv", "ln") && (o.has('i') || o.any("interactive")):
		return c.name + " -i asks, and takes the silence for no"
	}
	return ""
}

// shellOnServer is what ssh without a command is.
func (c *call) shellOnServer() string {
	o, command := c.ssh()
	if len(o.rest) == 0 || len(command) > 0 || strings.ContainsAny(o.short, "NfWVGQOs") {
		return ""
	}
	if o.has('L') || o.has('R') || o.has('D') {
		return "this tunnel also opens a shell, which reads nothing and ends, and the tunnel with it; Belay's probes go through its own connection (http = ...)"
	}
	return "ssh opens a shell there that reads nothing and ends; what follows runs here. Give the step its own on ="
}

func (c *call) dockerAsks() string {
	path, args := c.docker()
	switch verb := strings.Join(path, " "); verb {
	case "exec", "run", "compose run":
		o := optionsOf(args, "euwvpehlmcaI", "env", "user", "workdir", "name", "network", "volume", "entrypoint", "env-file", "restart", "label", "publish", "mount")
		if (o.has('t') || o.any("tty")) && (o.has('i') || o.any("interactive")) && !o.has('d') && !o.any("detach") {
			return c.shown() + " -it wants a terminal and fails without one: leave -it out"
		}
	}
	return ""
}

func (c *call) pruneAsks() string {
	path, args := c.docker()
	if o := anywhere(args, ""); last(path) == "prune" && !o.has('f') && !o.any("force") {
		return c.shown() + " asks whether it may, and takes the silence for no: -f says yes"
	}
	return ""
}

func (c *call) gitAsks() string {
	path, args := c.verbs(1)
	for _, a := range c.expr.Assigns {
		if a.Name != nil && strings.HasSuffix(a.Name.Value, "EDITOR") {
			return ""
		}
	}
	o := anywhere(args, "mFCctS", "message", "file", "reuse-message", "author", "date", "template")
	switch verb := last(path); {
	case verb == "commit" && !o.has('m') && !o.has('F') && !o.has('C') && !o.any("message", "file", "no-edit", "reuse-message", "fixup"):
		return "git commit opens an editor: give it -m"
	case verb == "rebase" && (o.has('i') || o.any("interactive")), (verb == "add" || verb == "checkout" || verb == "stash") && (o.has('p') || o.any("patch")):
		return "git " + verb + " asks for each change"
	}
	return ""
}

func (c *call) packagesAsk() string {
	o := anywhere(c.args, "oct")
	asks := strings.Fields("install remove purge upgrade dist-upgrade full-upgrade autoremove downgrade update reinstall erase")
	if c.is("apt", "apt-get") {
		asks = strings.Fields("install remove purge upgrade dist-upgrade full-upgrade autoremove")
	}
	if len(o.rest) == 0 || c.optionsInVariable() || strings.Contains(o.short, "y") || strings.Contains(o.short, "s") || o.any("yes", "assume-yes", "assumeyes", "assumeno", "non-interactive", "noconfirm", "dry-run", "simulate", "download-only") {
		return ""
	}
	for _, a := range asks {
		if literal(o.rest[0]) == a {
			return c.name + " " + a + " asks whether it may, and takes the silence for no: -y says yes"
		}
	}
	return ""
}

// clientAsks finds a database's shell without anything to carry out.
func (c *call) clientAsks() string {
	var o options
	if c.optionsInVariable() {
		return ""
	}
	switch c.name {
	case "psql":
		o = anywhere(c.args, "cdfhpUvFPRLoT", "command", "file", "dbname", "host", "port", "username", "set")
		if o.has('c') || o.has('f') || o.has('l') || o.has('V') || o.any("command", "file", "list", "version", "help") {
			return ""
		}
	case "mysql", "mariadb":
		o = anywhere(c.args, "hPuDeS", "execute", "host", "user", "database", "port", "socket")
		if o.has('e') || o.has('V') || o.any("execute", "version", "help") {
			return ""
		}
	case "mongosh":
		o = anywhere(c.args, "pu", "eval", "file", "host", "port")
		if o.has('f') || o.any("eval", "file", "version") || len(o.rest) > 1 {
			return ""
		}
	case "redis-cli", "sqlite3":
		o = anywhere(c.args, "hpan", "pass", "user")
		if c.is("redis-cli") && len(o.rest) > 0 || len(o.rest) > 1 || o.has('v') || o.any("version", "eval", "pipe", "scan", "bigkeys") {
			return ""
		}
	}
	return c.name + " is given nothing to carry out: it reads nothing and ends with success"
}

// optionsInVariable reports whether an argument is a variable without quotes,
// which may hold any options.
func (c *call) optionsInVariable() bool {
	return slices.ContainsFunc(c.args, func(w *syntax.Word) bool {
		_, q := firstPart(w).(*syntax.DblQuoted)
		return !q && strings.HasPrefix(loose(w), hole)
	})
}
