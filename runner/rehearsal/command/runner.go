// Programs that run other programs.
package command

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"belay/runner/rehearsal/process"
)

var runners = map[string]process.Program{
	"env": env, "xargs": xargs, "timeout": timeout, "nohup": nohup, "setsid": setsid, "nice": nice, "ionice": nice,
	"sleep": sleep, "which": which, "belay-log": flow, "sudo": sudo, "stdbuf": nice,
}

func env(c *process.Call) int {
	o, ok := parse(c, "+iu:0C:", map[string]byte{"ignore-environment": 'i', "unset": 'u'})
	if !ok {
		return 2
	}
	list := slices.Clone(c.Environ())
	if o.has('i') {
		list = nil
	}
	for _, name := range o.all['u'] {
		list = slices.DeleteFunc(list, func(p string) bool { return strings.HasPrefix(p, name+"=") })
	}
	rest := o.rest
	for len(rest) > 0 && strings.Contains(rest[0], "=") {
		name, _, _ := strings.Cut(rest[0], "=")
		list = slices.DeleteFunc(list, func(p string) bool { return strings.HasPrefix(p, name+"=") })
		list, rest = append(list, rest[0]), rest[1:]
	}
	if dir, ok := o.set['C']; ok {
		if info, err := c.Files().Stat(c.Abs(dir), true); err != nil || !info.IsDir() {
			return c.Fail("cannot change directory to '%s'", dir) + 124
		}
		c.SetDir(path.Clean(c.Abs(dir)))
	}
	if len(rest) == 0 {
		for _, pair := range list {
			fmt.Fprintln(c.Stdout(), pair)
		}
		return 0
	}
	return c.Table().Exec(c.Process, rest, list)
}

func xargs(c *process.Call) int {
	o, ok := parse(c, "+0n:I:rd:P:tL:", map[string]byte{"null": '0', "max-args": 'n', "no-run-if-empty": 'r', "delimiter": 'd', "max-procs": 'P'})
	if !ok {
		return 2
	}
	data, err := io.ReadAll(c.Stdin())
	if err != nil {
		return fail(c, "stdin", err)
	}
	command := o.rest
	if len(command) == 0 {
		command = []string{"echo"}
	}
	words := xargsWords(o, string(data))
	status := 0
	run := func(args []string) bool {
		switch st := c.Execute(args, c.Environ()); {
		case st == 255, st == 126, st == 127:
			status = max(124, st)
			return false
		case st != 0:
			status = 123
		}
		return true
	}
	if mark, ok := o.set['I']; ok {
		for _, w := range words {
			args := make([]string, len(command))
			for i, a := range command {
				args[i] = strings.ReplaceAll(a, mark, w)
			}
			if !run(args) {
				break
			}
		}
		return status
	}
	n := len(words)
	if spec := o.set['n'] + o.set['L']; spec != "" {
		if n, err = strconv.Atoi(spec); err != nil || n < 1 {
			return c.Fail("invalid number '%s'", spec)
		}
	}
	if len(words) == 0 && !o.has('r') {
		run(command)
	}
	for len(words) > 0 {
		take := min(n, len(words))
		if !run(append(slices.Clone(command), words[:take]...)) {
			break
		}
		words = words[take:]
	}
	return status
}

func xargsWords(o options, text string) []string {
	switch {
	case o.has('0'):
		return split(text, "\x00")
	case o.has('d'):
		return split(text, strings.NewReplacer(`\n`, "\n", `\0`, "\x00").Replace(o.set['d']))
	case o.has('I'):
		var out []string
		for _, line := range split(text, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
		return out
	}
	return quotedWords(text)
}

func split(text, sep string) []string {
	if text = strings.TrimSuffix(text, sep); text == "" {
		return nil
	}
	return strings.Split(text, sep)
}

// quotedWords splits at blanks; quotes and backslashes protect, as in xargs.
func quotedWords(text string) (out []string) {
	var b strings.Builder
	quote, inWord := byte(0), false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			b.WriteByte(c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
			inWord = true
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				out = append(out, b.String())
				b.Reset()
			}
			inWord = false
		default:
			b.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		out = append(out, b.String())
	}
	return out
}

// duration reads 10, 1.5, 2m, 1h, 1d.
func duration(word string) (time.Duration, error) {
	unit := time.Second
	if n := len(word); n > 0 {
		switch word[n-1] {
		case 's':
			word = word[:n-1]
		case 'm':
			unit, word = time.Minute, word[:n-1]
		case 'h':
			unit, word = time.Hour, word[:n-1]
		case 'd':
			unit, word = 24*time.Hour, word[:n-1]
		}
	}
	if word == "infinity" {
		return 1 << 62, nil
	}
	n, err := strconv.ParseFloat(word, 64)
	return time.Duration(n * float64(unit)), err
}

func sleep(c *process.Call) int {
	total := time.Duration(0)
	for _, word := range c.Args[1:] {
		d, err := duration(word)
		if err != nil || d < 0 {
			return c.Fail("invalid time interval '%s'", word)
		}
		total += d
	}
	if len(c.Args) < 2 {
		return c.Fail("missing operand")
	}
	c.Sleep(total)
	return 0
}

// timeout gives a command so much of the fleet's time.
func timeout(c *process.Call) int {
	o, ok := parse(c, "+s:k:v", map[string]byte{"signal": 's', "kill-after": 'k', "foreground": 'f', "preserve-status": 'p'})
	if !ok {
		return 125
	}
	if len(o.rest) < 2 {
		c.Fail("missing operand")
		return 125
	}
	limit, err := duration(o.rest[0])
	sig, known := process.TERM, true
	if name, ok := o.set['s']; ok {
		sig, known = process.ParseSignal(name)
	}
	if err != nil || !known {
		c.Fail("invalid time interval or signal")
		return 125
	}
	c.SetGroup(false)
	q := c.Fork()
	args, environ := o.rest[1:], c.Environ()
	c.Table().Go(q, func() int { return c.Table().Exec(q, args, environ) })
	if limit == 0 || ends(c, q, limit) {
		<-q.Dead()
		return q.Status()
	}
	c.SetDisposition(sig, process.Ignore) // the whole group gets it but us
	q.Signal(sig)
	c.Kill(0, sig)
	if kill, ok := o.set['k']; ok {
		if d, err := duration(kill); err == nil && !ends(c, q, d) {
			q.Signal(process.KILL)
		}
	}
	c.WaitFor(q)
	if o.has('p') || q.Status() == 128+int(process.KILL) {
		return q.Status()
	}
	return 124
}

// ends waits for q for at most d of the fleet's time.
func ends(c *process.Call, q *process.Process, d time.Duration) bool {
	t := time.NewTimer(c.Table().Real(d))
	defer t.Stop()
	select {
	case <-q.Dead():
		return true
	case <-t.C:
		return false
	case <-c.Dead():
		c.Check()
		return false
	}
}

func nohup(c *process.Call) int {
	if len(c.Args) < 2 {
		c.Fail("missing operand")
		return 125
	}
	c.SetDisposition(process.HUP, process.Ignore)
	return c.Table().Exec(c.Process, c.Args[1:], c.Environ())
}

func setsid(c *process.Call) int {
	o, ok := parse(c, "+wfc", map[string]byte{"wait": 'w', "fork": 'f'})
	if !ok || len(o.rest) == 0 {
		return c.Fail("no command specified")
	}
	if !o.has('f') && c.Group() != c.PID { // not a leader: no fork is needed
		c.SetGroup(true)
		return c.Table().Exec(c.Process, o.rest, c.Environ())
	}
	q := c.Fork()
	q.SetGroup(true)
	environ := c.Environ()
	c.Table().Go(q, func() int { return c.Table().Exec(q, o.rest, environ) })
	if !o.has('w') {
		return 0
	}
	c.WaitFor(q)
	return q.Status()
}

// nice runs the command as it is: the fleet has no priorities and no buffers.
func nice(c *process.Call) int {
	o, ok := parse(c, "+n:c:p:i:o:e:t", map[string]byte{"adjustment": 'n'})
	if !ok || len(o.rest) == 0 {
		return boolStatus(ok)
	}
	return c.Table().Exec(c.Process, o.rest, c.Environ())
}

// sudo runs the command as the host's one user, who may do everything here.
func sudo(c *process.Call) int {
	o, ok := parse(c, "+nHEu:Si", map[string]byte{"non-interactive": 'n'})
	if !ok || len(o.rest) == 0 {
		return boolStatus(ok && (o.has('n') || len(o.rest) > 0))
	}
	return c.Table().Exec(c.Process, o.rest, c.Environ())
}

func which(c *process.Call) int {
	list, status := c.Env("PATH"), 0
	for _, name := range c.Args[1:] {
		found := false
		for dir := range strings.SplitSeq(list, ":") {
			info, err := c.Files().Stat(path.Join(c.Abs(dir), name), true)
			if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				fmt.Fprintln(c.Stdout(), path.Join(dir, name))
				found = true
				break
			}
		}
		if !found {
			status = 1
		}
	}
	return status
}
