// find: an expression over the file tree.
package command

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

type predicate func(e entry) bool

type finder struct {
	c        *process.Call
	words    []string
	min, max int
	acts     bool // an action was named: do not print by default
	batches  []*batch
	deepest  bool
	status   int
}

// batch collects the names of -exec … +.
type batch struct{ command, names []string }

func find(c *process.Call) int {
	var roots []string
	words := c.Args[1:]
	for len(words) > 0 && !strings.HasPrefix(words[0], "-") && words[0] != "!" && words[0] != "(" {
		roots, words = append(roots, words[0]), words[1:]
	}
	if len(roots) == 0 {
		roots = []string{"."}
	}
	f := &finder{c: c, words: words, max: 1 << 30}
	match, err := f.or()
	if err == nil && len(f.words) > 0 {
		err = fmt.Errorf("unknown predicate `%s'", f.words[0])
	}
	if err != nil {
		return c.Usage("%v", err)
	}
	for _, root := range roots {
		f.search(root, match)
	}
	for _, b := range f.batches {
		if len(b.names) > 0 && c.Execute(append(b.command, b.names...), c.Environ()) != 0 {
			f.status = 1
		}
	}
	return f.status
}

func (f *finder) search(root string, match predicate) {
	var found []entry
	err := walk(f.c, root, func(e entry) bool {
		if e.depth >= f.min && e.depth <= f.max {
			if f.deepest {
				found = append(found, e)
			} else if match(e) && !f.acts {
				fmt.Fprintln(f.c.Stdout(), e.name)
			}
		}
		return e.depth < f.max
	})
	for i := len(found) - 1; i >= 0; i-- { // -delete: the content before its folder
		if match(found[i]) && !f.acts {
			fmt.Fprintln(f.c.Stdout(), found[i].name)
		}
	}
	if err != nil {
		f.status = f.c.Fail("'%s': %s", root, files.Reason(err))
	}
}

func (f *finder) next() string {
	if len(f.words) == 0 {
		return ""
	}
	w := f.words[0]
	f.words = f.words[1:]
	return w
}

func (f *finder) or() (predicate, error) {
	left, err := f.and()
	for err == nil && len(f.words) > 0 && (f.words[0] == "-o" || f.words[0] == "-or") {
		f.next()
		l := left
		var right predicate
		if right, err = f.and(); err == nil {
			left = func(e entry) bool { return l(e) || right(e) }
		}
	}
	return left, err
}

func (f *finder) and() (predicate, error) {
	all := func(entry) bool { return true }
	for len(f.words) > 0 && f.words[0] != "-o" && f.words[0] != "-or" && f.words[0] != ")" {
		if f.words[0] == "-a" || f.words[0] == "-and" {
			f.next()
			continue
		}
		p, err := f.primary()
		if err != nil {
			return nil, err
		}
		l := all
		all = func(e entry) bool { return l(e) && p(e) }
	}
	return all, nil
}

func (f *finder) primary() (predicate, error) {
	word := f.next()
	switch word {
	case "!", "-not":
		p, err := f.primary()
		return func(e entry) bool { return !p(e) }, err
	case "(":
		p, err := f.or()
		if err == nil && f.next() != ")" {
			err = errors.New("missing closing ')'")
		}
		return p, err
	case "-print", "-print0":
		f.acts = true
		end := "\n"
		if word == "-print0" {
			end = "\x00"
		}
		return func(e entry) bool { fmt.Fprint(f.c.Stdout(), e.name, end); return true }, nil
	case "-delete":
		f.acts, f.deepest = true, true
		return func(e entry) bool {
			if err := f.c.Files().Remove(f.c.Abs(e.name)); err != nil {
				f.status = f.c.Fail("cannot delete '%s': %s", e.name, files.Reason(err))
				return false
			}
			return true
		}, nil
	case "-exec":
		return f.exec()
	case "-empty":
		return func(e entry) bool {
			if e.info.IsDir() {
				list, err := f.c.Files().ReadDir(f.c.Abs(e.name))
				return err == nil && len(list) == 0
			}
			return e.info.Mode().IsRegular() && e.info.Size() == 0
		}, nil
	case "-xdev", "-mount":
		return func(entry) bool { return true }, nil
	}
	if len(f.words) == 0 {
		return nil, fmt.Errorf("missing argument to `%s'", word)
	}
	return f.valued(word, f.next())
}

func (f *finder) valued(word, value string) (predicate, error) {
	n, err := strconv.Atoi(strings.TrimLeft(value, "+-"))
	yes := func(entry) bool { return true }
	switch word {
	case "-name", "-iname", "-path", "-wholename":
		return func(e entry) bool {
			pattern, subject := value, path.Base(e.name)
			if word == "-iname" {
				pattern, subject = strings.ToLower(pattern), strings.ToLower(subject)
			}
			if word == "-path" || word == "-wholename" {
				return starMatch(pattern, e.name)
			}
			ok, _ := path.Match(pattern, subject)
			return ok
		}, nil
	case "-type":
		return func(e entry) bool { return typeIs(e.info.Mode(), value) }, nil
	case "-newer":
		info, err := f.c.Files().Stat(f.c.Abs(value), true)
		if err != nil {
			return nil, fmt.Errorf("'%s': %s", value, files.Reason(err))
		}
		return func(e entry) bool { return e.info.ModTime().After(info.ModTime()) }, nil
	case "-maxdepth":
		f.max = n
		return yes, err
	case "-mindepth":
		f.min = n
		return yes, err
	case "-mtime", "-mmin":
		unit := 24 * time.Hour
		if word == "-mmin" {
			unit = time.Minute
		}
		return func(e entry) bool { return signed(value, int(time.Since(e.info.ModTime())/unit), n) }, err
	case "-size":
		bytes, err := size(strings.TrimSuffix(strings.TrimLeft(value, "+-"), "c"))
		return func(e entry) bool { return signed(value, int(e.info.Size()), int(bytes)) }, err
	case "-perm":
		mode, ok := octal(strings.TrimLeft(value, "-/"))
		if !ok {
			return nil, fmt.Errorf("invalid mode `%s'", value)
		}
		return func(e entry) bool {
			if strings.HasPrefix(value, "-") {
				return e.info.Mode().Perm()&mode == mode
			}
			return e.info.Mode().Perm() == mode
		}, nil
	}
	return nil, fmt.Errorf("unknown predicate `%s'", word)
}

// signed compares as find does: +n is more, -n is less.
func signed(spec string, got, want int) bool {
	switch spec[0] {
	case '+':
		return got > want
	case '-':
		return got < want
	}
	return got == want
}

func typeIs(m fs.FileMode, kind string) bool {
	switch kind {
	case "f":
		return m.IsRegular()
	case "d":
		return m.IsDir()
	case "l":
		return m&fs.ModeSymlink != 0
	}
	return false
}

// starMatch is a glob in which * passes slashes.
func starMatch(pattern, name string) bool {
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x01") }
	ok, _ := path.Match(flat(pattern), flat(name))
	return ok
}

func (f *finder) exec() (predicate, error) {
	f.acts = true
	var command []string
	for {
		word := f.next()
		if word == "" {
			return nil, errors.New("missing argument to `-exec'")
		}
		if word == ";" {
			break
		}
		if word == "+" && len(command) > 1 && command[len(command)-1] == "{}" {
			b := &batch{command: command[: len(command)-1 : len(command)-1]}
			f.batches = append(f.batches, b)
			return func(e entry) bool { b.names = append(b.names, e.name); return true }, nil
		}
		command = append(command, word)
	}
	return func(e entry) bool {
		args := make([]string, len(command))
		for i, w := range command {
			args[i] = strings.ReplaceAll(w, "{}", e.name)
		}
		return f.c.Execute(args, f.c.Environ()) == 0
	}, nil
}
