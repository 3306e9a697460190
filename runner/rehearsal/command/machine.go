// Programs that tell of the machine: disks, dates, names, processes.
package command

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

var machines = map[string]process.Program{
	"df": df, "uname": uname, "hostname": hostname, "whoami": whoami, "id": id, "nproc": nproc, "ps": ps,
	"uptime": uptime, "pgrep": pgrep, "date": date, "arch": func(c *process.Call) int { fmt.Fprintln(c.Stdout(), "x86_64"); return 0 },
}

func hostname(c *process.Call) int {
	o, ok := parse(c, "fsI", nil)
	if !ok || len(o.rest) > 0 {
		return c.Usage("setting the name")
	}
	name := c.Table().Host
	if o.has('s') {
		name, _, _ = strings.Cut(name, ".")
	}
	if o.has('I') {
		name = c.Table().Address
	}
	fmt.Fprintln(c.Stdout(), name)
	return 0
}

func uname(c *process.Call) int {
	o, ok := parse(c, "nsrmapvo", nil)
	if !ok {
		return 2
	}
	var out []string
	for _, f := range []struct {
		letter byte
		text   string
	}{{'s', "Linux"}, {'n', c.Table().Host}, {'r', "6.1.0-embedded"}, {'v', "#1 SMP"}, {'m', "x86_64"}, {'o', "GNU/Linux"}} {
		if o.has(f.letter) || o.has('a') || len(o.set) == 0 && f.letter == 's' {
			out = append(out, f.text)
		}
	}
	fmt.Fprintln(c.Stdout(), strings.Join(out, " "))
	return 0
}

func whoami(c *process.Call) int {
	fmt.Fprintln(c.Stdout(), c.Table().User)
	return 0
}

func id(c *process.Call) int {
	o, ok := parse(c, "ungGr", nil)
	if !ok {
		return 2
	}
	uid, user := c.Table().UID(), c.Table().User
	if len(o.rest) > 0 && o.rest[0] != user {
		return c.Fail("'%s': no such user", o.rest[0])
	}
	switch {
	case o.has('G') && o.has('n'):
		fmt.Fprintln(c.Stdout(), user, "docker")
	case o.has('G'):
		fmt.Fprintln(c.Stdout(), uid, "999")
	case o.has('n'):
		fmt.Fprintln(c.Stdout(), user)
	case o.has('u'), o.has('g'):
		fmt.Fprintln(c.Stdout(), uid)
	default:
		fmt.Fprintf(c.Stdout(), "uid=%s(%s) gid=%s(%s) groups=%s(%s),999(docker)\n", uid, user, uid, user, uid, user)
	}
	return 0
}

func nproc(c *process.Call) int {
	fmt.Fprintln(c.Stdout(), process.CPUs)
	return 0
}

func uptime(c *process.Call) int {
	fmt.Fprintf(c.Stdout(), " %s up 1 day,  1 user,  load average: 0.42, 0.40, 0.38\n", time.Now().UTC().Format("15:04:05"))
	return 0
}

// endless is the disk of a host that has no table.
var endless = files.Mount{At: "/", Device: "/dev/sda1", Size: 100 << 30}

func df(c *process.Call) int {
	o, ok := parse(c, "PkhmlTB:ti", map[string]byte{"portability": 'P', "human-readable": 'h', "output": 'o', "block-size": 'B'})
	if !ok {
		return 2
	}
	if o.has('i') {
		return c.Usage("option -i")
	}
	mounts, status := c.Files().Disk().Mounts(), 0
	if len(o.rest) > 0 {
		mounts = nil
		for _, name := range o.rest {
			at, err := c.Files().Resolve(c.Abs(name))
			if err == nil {
				_, err = c.Files().Stat(at, true)
			}
			if err != nil {
				status = fail(c, name, err)
				continue
			}
			m, ok := c.Files().Disk().Of(at)
			if !ok {
				m = endless
			}
			mounts = append(mounts, m)
		}
		if len(mounts) == 0 {
			return status
		}
	} else if len(mounts) == 0 {
		mounts = []files.Mount{endless}
	}
	dfTable(c, o, mounts)
	return status
}

func dfTable(c *process.Call, o options, mounts []files.Mount) {
	unit, head := int64(1024), "1024-blocks"
	if !o.has('P') {
		head = "1K-blocks"
	}
	switch {
	case o.has('m') || o.set['B'] == "M" || o.set['B'] == "1M":
		unit, head = 1<<20, "1M-blocks"
	case o.set['B'] == "G" || o.set['B'] == "1G":
		unit, head = 1<<30, "1G-blocks"
	case o.set['B'] == "1":
		unit, head = 1, "1B-blocks"
	}
	amount := func(n int64) string {
		if o.has('h') {
			return human(n)
		}
		return strconv.FormatInt((n+unit-1)/unit, 10)
	}
	if o.has('h') {
		head = "Size"
	}
	columns := map[string]func(files.Mount) string{
		"source": func(m files.Mount) string { return m.Device }, "size": func(m files.Mount) string { return amount(m.Size) },
		"used": func(m files.Mount) string { return amount(m.Used) }, "avail": func(m files.Mount) string { return amount(m.Free()) },
		"pcent": func(m files.Mount) string { return percent(m) }, "target": func(m files.Mount) string { return m.At },
	}
	heads := map[string]string{"source": "Filesystem", "size": head, "used": "Used", "avail": "Available", "pcent": "Use%", "target": "Mounted on"}
	if o.has('P') {
		heads["pcent"] = "Capacity"
	}
	order := []string{"source", "size", "used", "avail", "pcent", "target"}
	if list := o.set['o']; o.has('o') && list != "" {
		order = strings.Split(list, ",")
	}
	row := func(cell func(string) string) {
		var cells []string
		for i, name := range order {
			width := map[string]int{"source": -16, "size": 11, "used": 11, "avail": 11, "pcent": 8}[name]
			if len(order) < 3 || i == len(order)-1 {
				width = 0
			}
			cells = append(cells, fmt.Sprintf("%*s", width, cell(name)))
		}
		fmt.Fprintln(c.Stdout(), strings.Join(cells, " "))
	}
	row(func(name string) string { return heads[name] })
	for _, m := range mounts {
		row(func(name string) string {
			if f := columns[name]; f != nil {
				return f(m)
			}
			return "-"
		})
	}
}

// percent is used / (used + available), rounded up: df(1) of coreutils.
func percent(m files.Mount) string {
	all := m.Used + m.Free()
	if all == 0 {
		return "-"
	}
	return strconv.FormatInt((m.Used*100+all-1)/all, 10) + "%"
}

// ps knows the whole list (-e, -A, -f, aux) and -p with -o.
func ps(c *process.Call) int {
	args := c.Args
	if len(args) > 1 && !strings.HasPrefix(args[1], "-") {
		args = append([]string{args[0], "-" + args[1]}, args[2:]...)
	}
	o, ok := parse(&process.Call{Process: c.Process, Args: args}, "eAfauxwp:o:C:", map[string]byte{"no-headers": 'H', "pid": 'p', "format": 'o'})
	if !ok {
		return 2
	}
	format := []string{"pid", "tty", "time", "args"}
	switch {
	case o.has('o'):
		format = strings.FieldsFunc(strings.Join(o.all['o'], ","), func(r rune) bool { return r == ',' || r == ' ' })
	case o.has('u'):
		format = []string{"user", "pid", "stat", "etimes", "args"}
	case o.has('f'):
		format = []string{"user", "pid", "ppid", "time", "args"}
	}
	heads, bare := []string{}, true
	for i, f := range format {
		name, title, given := strings.Cut(f, "=")
		format[i] = name
		if !given {
			title = strings.ToUpper(name)
		}
		bare = bare && given && title == ""
		heads = append(heads, title)
	}
	if !bare && !o.has('H') {
		fmt.Fprintln(c.Stdout(), strings.Join(heads, " "))
	}
	found := false
	for _, p := range c.Table().All() {
		if !psWants(o, p) {
			continue
		}
		found = true
		var row []string
		for _, f := range format {
			row = append(row, psCell(p, f))
		}
		fmt.Fprintln(c.Stdout(), strings.Join(row, " "))
	}
	return boolStatus(found)
}

func psWants(o options, p *process.Process) bool {
	if o.has('p') {
		for pid := range strings.FieldsFuncSeq(o.set['p'], func(r rune) bool { return r == ',' || r == ' ' }) {
			if pid == strconv.Itoa(p.PID) {
				return true
			}
		}
		return false
	}
	if name, ok := o.set['C']; ok {
		return psCell(p, "comm") == name
	}
	return true
}

func psCell(p *process.Process, name string) string {
	args := p.Args()
	switch name {
	case "pid":
		return strconv.Itoa(p.PID)
	case "ppid":
		return strconv.Itoa(p.Parent)
	case "pgid":
		return strconv.Itoa(p.Group())
	case "sid", "sess":
		return strconv.Itoa(p.Session())
	case "user":
		return p.Table().User
	case "args", "cmd", "command":
		return strings.ReplaceAll(strings.Join(args, " "), "\n", " ")
	case "comm", "ucmd":
		if len(args) > 0 {
			return path.Base(args[0])
		}
	case "stat", "s":
		return "S"
	case "etimes":
		return strconv.Itoa(int(time.Since(p.Started).Seconds()))
	case "time":
		return "00:00:00"
	}
	return "?"
}

func pgrep(c *process.Call) int {
	o, ok := parse(c, "flxac", nil)
	if !ok {
		return 2
	}
	if len(o.rest) != 1 {
		return c.Fail("only one pattern can be provided")
	}
	rx, err := compile(o.rest[0], true, false)
	if err != nil {
		return c.Fail("%v", err)
	}
	n := 0
	for _, p := range c.Table().All() {
		subject := psCell(p, "comm")
		if o.has('f') {
			subject = psCell(p, "args")
		}
		if p.PID == c.PID || !rx.MatchString(subject) || o.has('x') && rx.FindString(subject) != subject {
			continue
		}
		n++
		switch {
		case o.has('c'):
		case o.has('a'), o.has('l'):
			fmt.Fprintln(c.Stdout(), p.PID, psCell(p, "args"))
		default:
			fmt.Fprintln(c.Stdout(), p.PID)
		}
	}
	if o.has('c') {
		fmt.Fprintln(c.Stdout(), n)
	}
	return boolStatus(n > 0)
}
