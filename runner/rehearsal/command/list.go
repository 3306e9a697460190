// Programs that show files: ls, stat, du, find.
package command

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

// letters are n random letters for a temporary name.
func letters(n int) string {
	const all = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = all[rand.IntN(len(all))]
	}
	return string(b)
}

func ls(c *process.Call) int {
	o, ok := parse(c, "1laAdhtrSRFiCpn", map[string]byte{"all": 'a', "almost-all": 'A', "directory": 'd', "reverse": 'r', "recursive": 'R', "human-readable": 'h', "color": 'C'})
	if !ok {
		return 2
	}
	names := o.rest
	if len(names) == 0 {
		names = []string{"."}
	}
	status := 0
	var plain, dirs []string
	for _, name := range names {
		info, err := c.Files().Stat(c.Abs(name), !o.has('l') && !o.has('d'))
		switch {
		case err != nil:
			c.Fail("cannot access '%s': %s", name, files.Reason(err))
			status = 2
		case info.IsDir() && !o.has('d'):
			dirs = append(dirs, name)
		default:
			plain = append(plain, name)
		}
	}
	showAll(c, o, "", plain)
	for i, dir := range dirs {
		if len(names) > 1 || o.has('R') {
			if i > 0 || len(plain) > 0 {
				fmt.Fprintln(c.Stdout())
			}
			fmt.Fprintf(c.Stdout(), "%s:\n", dir)
		}
		if err := listDir(c, o, dir); err != nil {
			c.Fail("cannot open directory '%s': %s", dir, files.Reason(err))
			status = 2
		}
	}
	return status
}

func listDir(c *process.Call, o options, dir string) error {
	list, err := c.Files().ReadDir(c.Abs(dir))
	if err != nil {
		return err
	}
	var names, below []string
	if o.has('a') {
		names = []string{".", ".."}
	}
	for _, e := range list {
		if strings.HasPrefix(e.Name(), ".") && !o.has('a') && !o.has('A') {
			continue
		}
		names = append(names, e.Name())
		if e.IsDir() {
			below = append(below, strings.TrimSuffix(dir, "/")+"/"+e.Name())
		}
	}
	if o.has('l') {
		fmt.Fprintln(c.Stdout(), "total 0")
	}
	showAll(c, o, dir, names)
	if o.has('R') {
		for _, sub := range below {
			fmt.Fprintf(c.Stdout(), "\n%s:\n", sub)
			if err := listDir(c, o, sub); err != nil {
				return err
			}
		}
	}
	return nil
}

func showAll(c *process.Call, o options, dir string, names []string) {
	type row struct {
		name string
		info fs.FileInfo
	}
	var rows []row
	for _, n := range names {
		at := c.Abs(n)
		if dir != "" {
			at = path.Join(c.Abs(dir), n)
		}
		if info, err := c.Files().Stat(at, false); err == nil {
			rows = append(rows, row{n, info})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		switch {
		case o.has('t'):
			return b.info.ModTime().Compare(a.info.ModTime())
		case o.has('S'):
			return int(min(1, max(-1, b.info.Size()-a.info.Size())))
		}
		return strings.Compare(a.name, b.name)
	})
	if o.has('r') {
		slices.Reverse(rows)
	}
	for _, r := range rows {
		if (o.has('p') || o.has('F')) && r.info.IsDir() {
			r.name += "/"
		}
		if !o.has('l') && !o.has('n') {
			fmt.Fprintln(c.Stdout(), r.name)
			continue
		}
		size := strconv.FormatInt(r.info.Size(), 10)
		if o.has('h') {
			size = human(r.info.Size())
		}
		if r.info.Mode()&fs.ModeSymlink != 0 {
			target, _ := c.Files().Readlink(path.Join(c.Abs(dir), r.name))
			r.name += " -> " + target
		}
		user := c.Table().User
		fmt.Fprintf(c.Stdout(), "%s %d %s %s %8s %s %s\n", modeText(r.info.Mode()), linkCount(r.info), user, user, size, r.info.ModTime().UTC().Format("Jan _2 15:04"), r.name)
	}
}

func linkCount(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Nlink)
	}
	return 1
}

// modeText is the first column of ls -l.
func modeText(m fs.FileMode) string {
	kind := "-"
	switch {
	case m.IsDir():
		kind = "d"
	case m&fs.ModeSymlink != 0:
		kind = "l"
	case m&fs.ModeCharDevice != 0:
		kind = "c"
	}
	return kind + m.Perm().String()[1:]
}

// human is a size with one unit, rounded up, as ls -h and df -h have it.
func human(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10)
	}
	v, unit := float64(n), 0
	for v >= 1024 && unit < 4 {
		v, unit = v/1024, unit+1
	}
	suffix := string("KMGT"[unit-1])
	if v < 10 {
		return strconv.FormatFloat(float64(int64(v*10+0.999))/10, 'f', 1, 64) + suffix
	}
	return strconv.FormatInt(int64(v+0.999), 10) + suffix
}

func stat(c *process.Call) int {
	o, ok := parse(c, "c:Lft", map[string]byte{"format": 'c', "printf": 'P', "dereference": 'L'})
	if !ok {
		return 2
	}
	if o.has('f') || o.has('t') || o.has('P') {
		return c.Usage("-f, -t and --printf")
	}
	status := 0
	for _, name := range o.rest {
		info, err := c.Files().Stat(c.Abs(name), o.has('L'))
		if err != nil {
			status = c.Fail("cannot statx '%s': %s", name, files.Reason(err))
			continue
		}
		format := "  File: %n\n  Size: %s\tType: %F\nAccess: (%a/%A)  Uid: (%u/%U)  Gid: (%g/%G)\nModify: %y"
		if o.has('c') {
			format = o.set['c']
		}
		fmt.Fprintln(c.Stdout(), statFormat(c, format, name, info))
	}
	return status
}

func statFormat(c *process.Call, format, name string, info fs.FileInfo) string {
	kind := "regular file"
	switch {
	case info.IsDir():
		kind = "directory"
	case info.Mode()&fs.ModeSymlink != 0:
		kind = "symbolic link"
	case info.Mode()&fs.ModeCharDevice != 0:
		kind = "character special file"
	case info.Size() == 0:
		kind = "regular empty file"
	}
	inode := uint64(0)
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = st.Ino
	}
	t := c.Table()
	return strings.NewReplacer(
		"%%", "%", "%n", name, "%s", fmt.Sprint(info.Size()), "%a", fmt.Sprintf("%o", info.Mode().Perm()), "%A", modeText(info.Mode()),
		"%F", kind, "%Y", fmt.Sprint(info.ModTime().Unix()), "%X", fmt.Sprint(info.ModTime().Unix()), "%y", info.ModTime().UTC().Format("2006-01-02 15:04:05.000000000 -0700"),
		"%U", t.User, "%G", t.User, "%u", t.UID(), "%g", t.UID(), "%i", fmt.Sprint(inode), "%h", fmt.Sprint(linkCount(info)), "%d", "1", "%b", fmt.Sprint((info.Size()+511)/512),
	).Replace(format)
}

func du(c *process.Call) int {
	o, ok := parse(c, "shkmbcad:xB:", map[string]byte{"summarize": 's', "human-readable": 'h', "max-depth": 'd', "apparent-size": 'A', "bytes": 'b'})
	if !ok {
		return 2
	}
	if len(o.rest) == 0 {
		o.rest = []string{"."}
	}
	limit := 1 << 30
	if o.has('s') {
		limit = 0
	} else if _, err := fmt.Sscan(o.set['d'], &limit); err != nil {
		limit = 1 << 30
	}
	status, all := 0, int64(0)
	for _, name := range o.rest {
		n, err := duTree(c, o, name, 0, limit)
		if err != nil {
			status = c.Fail("cannot access '%s': %s", name, files.Reason(err))
		}
		all += n
	}
	if o.has('c') {
		fmt.Fprintf(c.Stdout(), "%s\ttotal\n", duSize(o, all))
	}
	return status
}

func duTree(c *process.Call, o options, name string, depth, limit int) (int64, error) {
	c.Check()
	info, err := c.Files().Stat(c.Abs(name), false)
	if err != nil {
		return 0, err
	}
	sum := info.Size()
	if !o.has('b') {
		sum = (sum + 4095) &^ 4095
	}
	if info.IsDir() {
		sum = 4096
		list, err := c.Files().ReadDir(c.Abs(name))
		if err != nil {
			return sum, err
		}
		for _, e := range list {
			n, _ := duTree(c, o, strings.TrimSuffix(name, "/")+"/"+e.Name(), depth+1, limit)
			sum += n
		}
	}
	if depth <= limit && (info.IsDir() || depth == 0 || o.has('a')) {
		fmt.Fprintf(c.Stdout(), "%s\t%s\n", duSize(o, sum), name)
	}
	return sum, nil
}

func duSize(o options, n int64) string {
	switch {
	case o.has('b'), o.set['B'] == "1":
		return strconv.FormatInt(n, 10)
	case o.has('h'):
		return human(n)
	case o.has('m'), o.set['B'] == "M":
		return strconv.FormatInt((n+1<<20-1)>>20, 10)
	}
	return strconv.FormatInt((n+1023)>>10, 10)
}
