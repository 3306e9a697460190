// belay-log: a log that keeps flowing.
package command

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"belay/runner/rehearsal/process"
)

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

// longest is the time that one beat makes up for: what was missed while nobody
// was there is not poured out at once.
const longest = time.Second

func (f *logFlow) run() int {
	due, last := 0.0, time.Now()
	for {
		now := time.Now()
		due += f.rate() * min(now.Sub(last), longest).Seconds()
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
