// Programs that run other programs.
package command

import (
	"fmt"
	"io"
	"os"
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

// flow is belay-log: a log that keeps flowing. It writes -rate lines a second
// (of the clock, not of the fleet's time: the flow is for the eye), or as many
// as the file of -rate-file says while it is there, to -file. {n} in the
// -template is the number of the line, {time} the time, {host} the host. A
// file over -max bytes is moved to FILE.1. With -count it ends.
func flow(c *process.Call) int {
	o := map[string]string{"rate": "1", "max": "8M", "template": "{time} {host} line {n}", "count": "0"}
	for args := c.Args[1:]; len(args) > 0; args = args[2:] {
		name := strings.TrimLeft(args[0], "-")
		if !slices.Contains([]string{"rate", "rate-file", "file", "template", "max", "count"}, name) || len(args) < 2 {
			return c.Usage("usage: belay-log -file F [-rate N] [-rate-file F] [-template T] [-max BYTES] [-count N]")
		}
		o[name] = args[1]
	}
	most, err := size(o["max"])
	count, cerr := strconv.ParseInt(o["count"], 10, 64)
	if err != nil || cerr != nil || o["file"] == "" {
		return c.Usage("bad -max, -count or -file")
	}
	return (&logFlow{c: c, o: o, most: most, count: count}).run()
}

type logFlow struct {
	c     *process.Call
	o     map[string]string
	most  int64
	count int64
	n     int64
}

// beat is how often lines are written: often enough to look steady.
const beat = 25 * time.Millisecond

func (f *logFlow) run() int {
	due, last := 0.0, time.Now()
	for {
		now := time.Now()
		due += f.rate() * now.Sub(last).Seconds()
		last = now
		lines := int64(due)
		due -= float64(lines)
		if f.count > 0 {
			lines = min(lines, f.count-f.n)
		}
		if err := f.write(lines); err != nil {
			due = 0 // a full disk loses lines, as a real one does
		}
		if f.count > 0 && f.n >= f.count {
			return 0
		}
		f.c.Pause(beat)
	}
}

func (f *logFlow) rate() float64 {
	spec := f.o["rate"]
	if name := f.o["rate-file"]; name != "" {
		if data, err := f.c.Files().ReadFile(f.c.Abs(name)); err == nil {
			spec = strings.TrimSpace(string(data))
		}
	}
	n, _ := strconv.ParseFloat(spec, 64)
	return min(n, 1e6)
}

func (f *logFlow) write(n int64) error {
	if n == 0 {
		return nil
	}
	name := f.c.Abs(f.o["file"])
	if info, err := f.c.Files().Stat(name, true); err == nil && info.Size() > f.most {
		if err := f.c.Files().Rename(name, name+".1"); err != nil {
			return err
		}
	}
	stamp := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	template := strings.NewReplacer("{time}", stamp, "{host}", f.c.Table().Host).Replace(f.o["template"])
	var b strings.Builder
	for range n {
		f.n++
		b.WriteString(strings.ReplaceAll(template, "{n}", strconv.FormatInt(f.n, 10)))
		b.WriteByte('\n')
	}
	h, err := f.c.OpenWrite(f.o["file"], os.O_APPEND)
	if err != nil {
		return err
	}
	defer h.Close()
	_, err = io.WriteString(h, b.String())
	return err
}
