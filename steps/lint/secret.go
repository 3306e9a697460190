package lint

// The rule of this file: a secret is a file that ends with the attempt. In an
// argument every user of the server sees it, in a script it is kept for ever,
// in the output everybody reads it.

import (
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"belay/steps"
)

// secretName is what variables that hold secrets are called.
const secretName = `[A-Z0-9_]*(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)|[A-Z0-9_]+_PASS|(?:[a-z0-9]+_)*(?:password|passphrase)`

var (
	isSecretName  = regexp.MustCompile(`^(?:` + secretName + `)$`)
	secretAssign  = regexp.MustCompile(`(?m)(?:^|[\s"'{;,&|(])((?:` + secretName + `)=)("[^"$` + "`" + `\n]+"|'[^'\n]+'|[^\s"'$` + "`" + `;|&)(]+)`)
	notSecret     = regexp.MustCompile(`^["']?(?:true|false|yes|no|on|off|none|null|[0-9]{1,3}|/.*|\.\.?/.*|\*+|x+|…)["']?$`)
	urlSecret     = regexp.MustCompile(`[a-z][a-z0-9+.-]*://[^/\s:@"']*:([^/\s@"']+)@`)
	querySecret   = regexp.MustCompile(`[?&](?:access_token|token|api_?key|apikey|password|passwd|secret|sig|auth)=([^&\s"']+)`)
	secretHeader  = regexp.MustCompile(`(?i)^(?:proxy-)?authorization:\s*\S|^(?:x-[a-z-]*(?:token|key|secret|auth)[a-z-]*|private-token|api-?key):\s*\S`)
	secretOptions = strings.Fields("password passwd pass passphrase secret token api-key apikey auth-token access-token client-secret http-password proxy-password bearer-token")
)

// secretLiteral reads a script's bare text: also a comment is kept.
func secretLiteral(s *script) {
	for _, m := range secretAssign.FindAllStringSubmatchIndex(s.Text, -1) {
		if !notSecret.MatchString(s.Text[m[4]:m[5]]) {
			s.at(uint(m[2]), "%s is written into the script, which is kept with every run: name it under [secrets], and read \"$%s_FILE\"",
				strings.TrimSuffix(s.Text[m[2]:m[3]], "="), strings.ToUpper(strings.TrimSuffix(s.Text[m[2]:m[3]], "=")))
		}
	}
}

// secretLiteralBeside reads variables and what edits write.
func secretLiteralBeside(b *book) {
	b.texts(func(step *steps.Step, path, text string) {
		name := strings.Trim(path[strings.LastIndexByte(path, '.')+1:], `"`)
		if step == nil || strings.Contains(path, ".file.set.") {
			if isSecretName.MatchString(name) && text != "" && !notSecret.MatchString(text) && !strings.HasPrefix(text, "$") {
				b.value(path, "%s is written into the runbook, which is kept with every run: name it under [secrets]", name)
			}
			return
		}
		if m := secretAssign.FindStringSubmatchIndex(text); m != nil && !notSecret.MatchString(text[m[4]:m[5]]) {
			line, col := b.rb.Place(path, m[2])
			b.tell(path, line, col, "%s is written into the runbook, which is kept with every run: set = { NAME = { secret = \"NAME\" } } writes it without", strings.TrimSuffix(text[m[2]:m[3]], "="))
		}
	})
}

// quietCommands are of the shell itself: their arguments are in no process list.
var quietCommands = strings.Fields("echo printf : [ test export local readonly declare typeset set read eval case return exit")

func secretArgument(s *script) {
	tainted := s.fromSecrets()
	for _, c := range s.calls {
		if c.is(quietCommands...) && len(c.wraps) == 0 {
			continue
		}
		for i, w := range c.args {
			if what := s.secretIn(c, i, tainted); what != "" {
				s.pos(w, "%s stands among the arguments of %s, and every user of the server can read it (ps): hand it over in a file or on standard input", what, c.shown())
				break
			}
		}
	}
}

// fromSecrets names the variables that hold the content of a secret's file.
func (s *script) fromSecrets() map[string]bool {
	out := map[string]bool{}
	for name, words := range s.values().set {
		for _, w := range words {
			out[name] = out[name] || w != nil && s.readsSecret(w)
		}
	}
	return out
}

// readsSecret reports whether a part of a word is $(cat "$NAME_FILE").
func (s *script) readsSecret(w *syntax.Word) (found bool) {
	syntax.Walk(w, func(n syntax.Node) bool {
		p, ok := n.(*syntax.ParamExp)
		if ok && p.Param != nil && s.isSecretFile(p.Param.Value) && insideSubst(w, p) {
			found = true
		}
		return !found
	})
	return found
}

func (s *script) isSecretFile(name string) bool {
	secret, ok := strings.CutSuffix(name, "_FILE")
	_, known := s.book.rb.Secrets[secret]
	return ok && known
}

// insideSubst reports whether a node stands in a command substitution of a word.
func insideSubst(w *syntax.Word, n syntax.Node) (found bool) {
	syntax.Walk(w, func(x syntax.Node) bool {
		if sub, ok := x.(*syntax.CmdSubst); ok && sub.Pos().Offset() < n.Pos().Offset() && n.End().Offset() < sub.End().Offset() {
			found = true
		}
		return !found
	})
	return found
}

// secretIn says what secret argument i of a command holds; "" when none.
func (s *script) secretIn(c *call, i int, tainted map[string]bool) string {
	w := c.args[i]
	text := loose(w)
	before := ""
	if i > 0 {
		before = literal(c.args[i-1])
	}
	switch {
	case s.readsSecret(w) || usesAny(w, tainted):
		return "a secret of this runbook"
	case isSecretOption(before) && !strings.HasPrefix(text, "-") && text != "":
		return "what " + before + " takes"
	case optionWithSecret(text):
		return "what " + text[:strings.IndexByte(text, '=')] + " takes"
	case urlSecret.MatchString(text) && !strings.Contains(text, "@"+"@"):
		return "a password in an address"
	case strings.Contains(text, "://") && querySecret.MatchString(text):
		return "a token in an address"
	case secretHeader.MatchString(text) && (before == "-H" || before == "--header") || strings.HasPrefix(text, "-H") && secretHeader.MatchString(text[2:]):
		return "a header with credentials"
	case (before == "-e" || before == "--env") && envSecret(text) && strings.Contains(text, hole):
		return "the value of " + text[:strings.IndexByte(text, '=')]
	case c.is("curl", "wget", "http") && (before == "-u" || before == "--user" || before == "-U" || before == "--proxy-user") && strings.Contains(text, ":"):
		return "a user with a password"
	case c.is("curl") && strings.HasPrefix(text, "--user=") && strings.Contains(text, ":"):
		return "a user with a password"
	}
	return s.shortPassword(c, text, before)
}

// shortPassword knows the short options that take a password.
func (s *script) shortPassword(c *call, text, before string) string {
	attached := len(text) > 2 && !strings.HasPrefix(text, "--")
	switch {
	case c.is("mysql", "mysqldump", "mysqladmin", "mariadb", "mariadb-dump", "mariadb-admin") && attached && strings.HasPrefix(text, "-p"),
		c.is("sshpass") && attached && strings.HasPrefix(text, "-p"):
		return "the password of -p"
	case c.is("sshpass", "mongo", "mongosh", "mongodump") && before == "-p" && text != "",
		c.is("docker", "podman", "helm") && before == "-p" && last(dockerPath(c)) == "login":
		return "the password of -p"
	case c.is("redis-cli") && before == "-a":
		return "the password of -a"
	}
	return ""
}

func dockerPath(c *call) []string { path, _ := c.docker(); return path }

func isSecretOption(text string) bool {
	name, ok := strings.CutPrefix(text, "--")
	return ok && contains(secretOptions, name)
}

func optionWithSecret(text string) bool {
	name, value, ok := strings.Cut(text, "=")
	return ok && value != "" && isSecretOption(name)
}

func envSecret(text string) bool {
	name, value, ok := strings.Cut(text, "=")
	return ok && value != "" && isSecretName.MatchString(name)
}

// usesAny reports whether a word takes the value of one of some variables.
func usesAny(w *syntax.Word, names map[string]bool) (found bool) {
	syntax.Walk(w, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil && names[p.Param.Value] {
			found = true
		}
		_, sub := n.(*syntax.CmdSubst)
		return !found && !sub
	})
	return found
}

// secretShown finds what prints secrets that Belay does not know and so cannot
// replace.
func secretShown(s *script) {
	for _, c := range s.calls {
		if why := c.shows(); why != "" && !c.kept() {
			s.pos(c.at, "%s", why)
		}
	}
}

func (c *call) shows() string {
	path, args := c.docker()
	switch {
	case c.is("openssl") && len(c.args) > 0 && literal(c.args[0]) == "rand" && !anywhere(c.args, "").any("out") && !contains(literals(c.args), "-out"),
		c.is("pwgen", "apg", "mkpasswd"), c.is("wg") && len(c.args) > 0 && literal(c.args[0]) == "genkey":
		return "this prints a new secret into the output, where everybody reads it: make it once, by hand, and name it under [secrets]"
	case len(path) == 2 && path[0] == "compose" && path[1] == "config" && len(anywhere(args, "o").long) == 0 && anywhere(args, "o").short == "":
		return "docker compose config prints every value of the environment files, secrets too: ask for what is wanted (--images, --services, --quiet)"
	case c.is("cat", "head", "tail", "bat") && isEnvFile(c.args):
		return "an environment file holds secrets that Belay does not know and cannot hide: look for the key that is wanted, without its value (grep -c '^KEY=')"
	case c.is("printenv", "env") && len(c.args) == 0:
		return c.name + " prints every variable, secrets too"
	}
	return ""
}

func isEnvFile(args []*syntax.Word) bool {
	for _, w := range args {
		name := base(loose(w))
		if name == ".env" || strings.HasPrefix(name, ".env.") && !strings.HasSuffix(name, ".example") || strings.HasSuffix(name, ".pgpass") || strings.HasPrefix(name, "id_rsa") && !strings.HasSuffix(name, ".pub") {
			return true
		}
	}
	return false
}

func literals(args []*syntax.Word) (out []string) {
	for _, w := range args {
		out = append(out, literal(w))
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
