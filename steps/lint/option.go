package lint

// The rule of this file: words and options are read as commands read them; what
// a shell would put in is a hole, and a hole is never guessed.

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// hole stands in a text for what the shell puts there.
const hole = "\x00"

// loose is the text of a word, with a hole for each expansion.
func loose(w *syntax.Word) string {
	var b strings.Builder
	var add func(parts []syntax.WordPart)
	add = func(parts []syntax.WordPart) {
		for _, p := range parts {
			switch p := p.(type) {
			case *syntax.Lit:
				b.WriteString(unescaped(p.Value))
			case *syntax.SglQuoted:
				b.WriteString(p.Value)
			case *syntax.DblQuoted:
				add(p.Parts)
			default:
				b.WriteString(hole)
			}
		}
	}
	add(w.Parts)
	return b.String()
}

func unescaped(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// literal is the text of a word that nothing is put into, else "".
func literal(w *syntax.Word) string {
	if s := loose(w); !strings.Contains(s, hole) {
		return s
	}
	return ""
}

// options are the arguments of a command, read as getopt reads them.
type options struct {
	short string // letters that are set
	long  map[string]*syntax.Word
	value map[byte]*syntax.Word // of letters that take one
	rest  []*syntax.Word        // plain words, and all that follow the first of them
}

// has reports whether a letter is set.
func (o options) has(letter byte) bool { return strings.IndexByte(o.short, letter) >= 0 }

// any reports whether one of some long options is there, with or without value.
func (o options) any(long ...string) bool {
	for _, name := range long {
		if _, ok := o.long[name]; ok {
			return true
		}
	}
	return false
}

// optionsOf reads options up to the first plain word. takes are the letters
// that take a word; the long options that do are named after it.
func optionsOf(args []*syntax.Word, takes string, long ...string) options {
	o := options{long: map[string]*syntax.Word{}, value: map[byte]*syntax.Word{}}
	for len(args) > 0 {
		used, plain := o.read(args, takes, long)
		if plain {
			break
		}
		args = args[used:]
	}
	o.rest = args
	return o
}

// anywhere reads options wherever they stand, as GNU's getopt does, up to --.
func anywhere(args []*syntax.Word, takes string, long ...string) options {
	o := options{long: map[string]*syntax.Word{}, value: map[byte]*syntax.Word{}}
	for len(args) > 0 {
		if literal(args[0]) == "--" {
			o.rest = append(o.rest, args[1:]...)
			break
		}
		used, plain := o.read(args, takes, long)
		if plain {
			o.rest, used = append(o.rest, args[0]), 1
		}
		args = args[used:]
	}
	return o
}

// read takes one option with its value; plain when there is none.
func (o *options) read(args []*syntax.Word, takes string, long []string) (used int, plain bool) {
	text := loose(args[0])
	switch {
	case text == "-" || !strings.HasPrefix(text, "-"):
		return 0, true
	case text == "--":
		return 1, false
	case strings.HasPrefix(text, "--"):
		name, _, valued := strings.Cut(text[2:], "=")
		o.long[name] = nil
		if valued {
			o.long[name] = args[0]
			return 1, false
		}
		for _, l := range long {
			if l == name && len(args) > 1 {
				o.long[name] = args[1]
				return 2, false
			}
		}
		return 1, false
	}
	for i := 1; i < len(text); i++ {
		if strings.IndexByte(takes, text[i]) >= 0 {
			o.short += text[i : i+1]
			if i+1 < len(text) {
				o.value[text[i]] = args[0]
				return 1, false
			}
			if len(args) > 1 {
				o.value[text[i]] = args[1]
			}
			return min(2, len(args)), false
		}
		o.short += text[i : i+1]
	}
	return 1, false
}

// letters of options that docker and its kin take a word with, before the verb.
const dockerTakes = "Hlcfp"

var dockerLong = []string{"host", "config", "context", "log-level", "file", "project-name", "project-directory", "env-file", "profile",
	"ansi", "progress", "parallel"}

// verbs gives the words of a command with subcommands (docker compose down),
// and the arguments after them. As many words are taken as depth says.
func (c *call) verbs(depth int) (path []string, args []*syntax.Word) {
	takes, long := "", []string(nil)
	switch c.name {
	case "docker", "podman", "docker-compose", "nerdctl":
		takes, long = dockerTakes, dockerLong
	case "git":
		takes, long = "Cc", []string{"git-dir", "work-tree", "namespace"}
	case "kubectl", "helm", "oc":
		takes, long = "ns", []string{"namespace", "context", "cluster", "kubeconfig", "server", "user", "kube-context"}
	case "systemctl", "journalctl":
		takes, long = "Htp", []string{"host", "type", "property"}
	}
	args = c.args
	for len(path) < depth {
		o := optionsOf(args, takes, long...)
		if len(o.rest) == 0 {
			return path, nil
		}
		path, args = append(path, loose(o.rest[0])), o.rest[1:]
	}
	return path, args
}

// docker gives the words after docker, podman or docker-compose: [compose down],
// [logs]; nil of other commands.
func (c *call) docker() (path []string, args []*syntax.Word) {
	switch c.name {
	case "docker-compose":
		path, args = c.verbs(1)
		return append([]string{"compose"}, path...), args
	case "docker", "podman", "nerdctl":
		path, args = c.verbs(1)
		if len(path) == 1 && strings.Contains(" compose container image volume network system builder service stack swarm ", " "+path[0]+" ") {
			inner := *c
			inner.args = args
			more, rest := inner.verbs(1)
			if len(more) == 1 && (path[0] == "container" && more[0] != "prune" || path[0] == "image" && contains(strings.Fields("pull push tag build load import"), more[0])) {
				return more, rest
			}
			return append(path, more...), rest
		}
	}
	return path, args
}
