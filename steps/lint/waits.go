package lint

// The rule of this file: whoever starts a step goes away. What waits for a key,
// or for nothing at all, holds the night until a timeout ends it.

import (
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"

	"belay/steps"
)

// endless finds commands that go on until somebody presses Ctrl-C. A followed
// log of a watch is made for that.
func endless(s *script) {
	if s.Role == steps.RoleLog {
		return
	}
	for _, c := range s.calls {
		if what := c.endless(); what != "" && !c.bounded() {
			s.pos(c.expr, "this %s never ends, and the step fails by its timeout: %s", c.shown(), what)
		}
	}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if w, ok := n.(*syntax.WhileClause); ok && endlessLoop(w) {
			s.pos(w, "nothing ends this loop but the step's timeout: count the tries and exit 1 after the last")
		}
		return true
	})
}

// endless says what to do instead; "" when the command ends by itself.
func (c *call) endless() string {
	const log = "watch it in the server's pane, and look for a line with a limit here (until ... | grep -q)"
	path, args := c.docker()
	o := anywhere(c.args, "ncsiwpQ")
	switch {
	case c.is("tail") && (o.has('f') || o.has('F') || o.any("follow", "retry")) && !o.any("pid"):
		return log
	case c.is("journalctl") && (o.has('f') || o.any("follow")), c.is("dmesg") && (o.has('w') || o.any("follow")):
		return log
	case last(path) == "logs" && follows(args), c.is("kubectl") && last(verb(c)) == "logs" && follows(c.args):
		return log
	case last(path) == "stats" && !anywhere(args, "").any("no-stream"), last(path) == "events" && !anywhere(args, "f", "until").any("until"):
		return "take one look (--no-stream, --until)"
	case last(path) == "attach":
		return "look at its log"
	case len(path) == 2 && path[0] == "compose" && path[1] == "up" && !detached(args) && !namesService(args):
		return "start it with -d, and let verify prove that it runs"
	case c.is("watch"):
		return "look once here; verify, with stable and timeout, looks again and again"
	case c.is("ping") && !o.has('c') && !o.has('w'):
		return "ping -c 3"
	case c.is("sleep") && len(c.args) > 0 && strings.HasPrefix(literal(c.args[0]), "inf"):
		return "a hold is a gate or a manual step"
	case c.is("ssh") && hasShort(c, 'N') && !hasShort(c, 'f'):
		return "a probe's http goes through Belay's own connection, without a tunnel"
	case c.is("kubectl") && (last(verb(c)) == "port-forward" || last(verb(c)) == "proxy"):
		return "ask the API from inside the cluster"
	}
	return ""
}

func hasShort(c *call, letter byte) bool { o, _ := c.ssh(); return o.has(letter) }

func verb(c *call) []string { path, _ := c.verbs(1); return path }

// follows reads the options of a logs verb.
func follows(args []*syntax.Word) bool {
	o := anywhere(args, "n", "tail", "since", "until", "namespace", "container")
	return o.has('f') || o.any("follow")
}

func detached(args []*syntax.Word) bool {
	o := anywhere(args, "t", "timeout", "scale", "pull", "wait-timeout")
	return o.has('d') || o.any("detach", "wait", "no-start", "abort-on-container-exit", "exit-code-from", "abort-on-container-failure")
}

// namesService reports whether docker compose up is given a service: it may be
// one that does its work and ends.
func namesService(args []*syntax.Word) bool {
	return len(anywhere(args, "t", "timeout", "scale", "pull").rest) > 0
}

// bounded reports whether something else ends the command: a timeout, a pipe
// that closes, or that nobody waits for it.
func (c *call) bounded() bool {
	if c.wrapped("timeout") != nil || c.background() {
		return true
	}
	for _, stage := range c.after() {
		if x := callOf(stage); x == nil || x.is("head", "awk", "sed", "read", "expect") ||
			x.is("grep", "egrep", "fgrep") && (hasQuiet(x)) {
			return true
		}
	}
	return false
}

// hasQuiet reports whether a grep leaves after the first hit.
func hasQuiet(c *call) bool {
	o := anywhere(c.args, "meABCf")
	return o.has('q') || o.has('m') || o.has('l') || o.any("quiet", "silent", "max-count")
}

// endlessLoop reports whether a loop has neither a condition nor a way out.
func endlessLoop(w *syntax.WhileClause) bool {
	if len(w.Cond) != 1 || w.Cond[0].Negated {
		return false
	}
	c := callOf(w.Cond[0])
	if c == nil || w.Until || !c.is("true", ":") {
		return false
	}
	out := false
	for _, s := range w.Do {
		syntax.Walk(s, func(n syntax.Node) bool {
			if x, ok := n.(*syntax.CallExpr); ok && len(x.Args) > 0 {
				switch literal(x.Args[0]) {
				case "break", "exit", "return", "exec", "kill":
					out = true
				}
			}
			return !out
		})
	}
	return !out
}

// shown is the command as a message names it: its name and its verbs.
func (c *call) shown() string {
	name := c.name
	if name == "" {
		return "this command"
	}
	path, _ := c.docker()
	switch {
	case len(path) > 0 && c.name != "docker-compose":
		name += " " + strings.Join(path, " ")
	case c.is("git", "kubectl", "systemctl", "pip", "pip3", "npm", "helm"):
		if v := verb(c); len(v) > 0 {
			name += " " + v[0]
		}
	}
	return strings.ReplaceAll(name, hole, "...")
}

// sudoAsks finds a sudo that would ask: there is no terminal, and standard
// input is not for passwords.
func sudoAsks(s *script) {
	for _, c := range s.calls {
		w := c.wrapped("sudo")
		if w == nil && c.is("sudo") {
			w = c
		}
		if w == nil {
			continue
		}
		if o := optionsOf(w.args, wrappers["sudo"].takes); !o.has('n') && !o.any("non-interactive") {
			s.pos(w.at, "sudo may ask for a password, and nobody is there to type it: sudo -n fails at once instead")
		}
	}
}

// soaksForever wants an end for a soak that stays red.
func soaksForever(b *book) {
	for s := range b.rb.Steps() {
		if s.Soak != nil && s.Soak.For != 0 && s.Soak.Deadline == 0 {
			b.value(s.Path()+".soak", "this soak may be paused for ever: deadline says when a person has to decide")
		}
	}
}

// loopsForever finds loops that wait for something, count nothing, and stand in
// a script to which nobody gave a time.
func loopsForever(s *script) {
	if s.Role == steps.RoleLog || s.hasTimeout() {
		return
	}
	counted := map[string]bool{}
	for name, words := range s.values().set {
		for _, w := range words {
			counted[name] = counted[name] || w == nil || w != nil && hasArithmetic(w)
		}
	}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		w, ok := n.(*syntax.WhileClause)
		if !ok || endlessLoop(w) || !naps(w.Do) || mentions(w, counted) {
			return true
		}
		if s.looks() {
			s.pos(w, "a look has 20 seconds and is made again and again: look once here, and let timeout and stable of the evidence say how long")
		} else {
			s.pos(w, "this loop counts nothing and the step has no timeout of its own: it goes on for %s", steps.Duration(steps.DefaultTimeout))
		}
		return false
	})
}

// hasTimeout reports whether the author said how long a script may take.
func (s *script) hasTimeout() bool {
	switch {
	case s.Evidence != nil:
		return s.Evidence.Timeout != 0
	case s.Step == nil:
		return s.Role != steps.RoleProbe
	case s.Role == steps.RoleUndo:
		return s.Step.Undo.Timeout != 0 || s.Step.Timeout != 0
	}
	return s.Step.Timeout != 0
}

func hasArithmetic(w *syntax.Word) (found bool) {
	syntax.Walk(w, func(n syntax.Node) bool {
		if _, ok := n.(*syntax.ArithmExp); ok {
			found = true
		}
		if c, ok := n.(*syntax.CallExpr); ok && len(c.Args) > 0 && (literal(c.Args[0]) == "expr" || literal(c.Args[0]) == "date") {
			found = true
		}
		return !found
	})
	return found
}

// naps reports whether a loop's body sleeps: it waits for something.
func naps(body []*syntax.Stmt) (found bool) {
	for _, s := range body {
		syntax.Walk(s, func(n syntax.Node) bool {
			if c, ok := n.(*syntax.CallExpr); ok && len(c.Args) > 0 && literal(c.Args[0]) == "sleep" {
				found = true
			}
			return !found
		})
	}
	return found
}

// mentions reports whether a loop uses one of some variables.
func mentions(loop syntax.Node, names map[string]bool) (found bool) {
	syntax.Walk(loop, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			found = found || n.Param != nil && (names[n.Param.Value] || n.Param.Value == "SECONDS")
		case *syntax.ArithmExp, *syntax.ArithmCmd:
			found = true
		}
		return !found
	})
	return found
}

// sleepAsProof finds a sleep of five seconds or more outside of any loop. Who
// measures a rate sleeps between two looks, and means it.
func sleepAsProof(s *script) {
	if s.Step != nil && s.Step.Kind == steps.Measure {
		return
	}
	for _, c := range s.calls {
		if !c.is("sleep") || c.loops() || c.background() || inside[*syntax.FuncDecl](c) || len(c.args) == 0 {
			continue
		}
		if d, known := napOf(c.args[0]); !known || d < 5*time.Second {
			continue
		} else if s.looks() {
			s.pos(c.expr, "a sleep proves nothing: stable = %q says how long it must hold, timeout how long to wait for it", steps.Duration(d))
		} else {
			s.pos(c.expr, "a sleep of %s is too long on a good night and too short on a bad one: wait for what you wait for, in verify (timeout, stable) or in a loop with a limit", steps.Duration(d))
		}
	}
}

// napOf reads sleep's argument: seconds, or a figure with s, m, h or d.
func napOf(w *syntax.Word) (time.Duration, bool) {
	text := literal(w)
	unit := time.Second
	if n := len(text); n > 0 {
		if u, ok := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[text[n-1]]; ok {
			text, unit = text[:n-1], u
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f < 0 || f > 1e6 {
		return 0, false
	}
	return time.Duration(f * float64(unit)), true
}
