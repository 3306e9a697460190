package lint

// The rule of this file: what ssh, docker exec and sh -c hand on is read as
// well; where it will run is remembered.

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// handed is what one command hands on to another shell or another machine.
type handed struct {
	text      *syntax.Word   // a script in one word, or
	words     []*syntax.Word // a command line
	elsewhere bool           // not on this machine
}

const sshTakes = "BbcDEeFIiJLlmOopQRSWw"

// ssh reads the arguments of ssh: its options, then HOST, then what it carries
// out there.
func (c *call) ssh() (o options, command []*syntax.Word) {
	o = optionsOf(c.args, sshTakes)
	if len(o.rest) == 0 {
		return o, nil
	}
	after := optionsOf(o.rest[1:], sshTakes) // ssh takes options after the host, too
	for k, v := range after.value {
		o.value[k] = v
	}
	o.short += after.short
	o.rest = o.rest[:1]
	return o, after.rest
}

func (c *call) handsOn() handed {
	switch c.name {
	case "ssh":
		_, words := c.ssh()
		return ofWords(words, true)
	case "sh", "bash", "dash", "ash", "zsh", "su", "runuser":
		o := anywhere(c.args, "oc", "command", "shell")
		if w := o.value['c']; w != nil {
			return handed{text: w}
		}
		return handed{text: o.long["command"]}
	case "docker", "podman", "nerdctl", "docker-compose":
		path, args := c.docker()
		if verb := last(path); verb == "exec" && len(path) > 0 {
			o := optionsOf(args, "euw", "env", "user", "workdir", "env-file", "index", "detach-keys")
			if len(o.rest) > 1 {
				return ofWords(o.rest[1:], true)
			}
		}
	case "kubectl":
		path, args := c.verbs(1)
		for i, w := range args {
			if last(path) == "exec" && literal(w) == "--" {
				return ofWords(args[i+1:], true)
			}
		}
	case "xargs":
		return ofWords(optionsOf(c.args, "adEIiLlnPs").rest, false)
	}
	return handed{}
}

// ofWords takes a command line; ssh takes a script in one word as well.
func ofWords(words []*syntax.Word, elsewhere bool) handed {
	if len(words) == 1 && strings.ContainsAny(loose(words[0]), " \t\n;&|") {
		return handed{text: words[0], elsewhere: elsewhere}
	}
	return handed{words: words, elsewhere: elsewhere}
}

// last of some words, or "".
func last(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}
