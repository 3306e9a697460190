// Package command is what Go supplies of a simulated host's programs: the
// coreutils and their neighbours that the scripts of a runbook rest on.
//
// The rule of this package: a program sees the host through its Call and
// nothing else, and refuses an option that it does not have.
package command

import (
	"io"
	"maps"
	"strings"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

// All gives the programs by name.
func All() map[string]process.Program {
	all := map[string]process.Program{}
	for _, group := range []map[string]process.Program{texts, trees, machines, runners, sums, archives, filters} {
		maps.Copy(all, group)
	}
	return all
}

// options is a command line after its options are read.
type options struct {
	set  map[byte]string
	all  map[byte][]string
	rest []string
}

func (o options) has(c byte) bool { _, ok := o.set[c]; return ok }

// parse reads options as getopt_long(3) does: letters with a colon take a
// value; long names stand for letters; operands may come in between unless the
// letters begin with "+". The last result is false when the call was refused.
func parse(c *process.Call, letters string, long map[string]byte) (options, bool) {
	o := options{set: map[byte]string{}, all: map[byte][]string{}}
	ordered := strings.HasPrefix(letters, "+")
	args := c.Args[1:]
	for i := 0; i < len(args); i++ {
		word := args[i]
		switch {
		case word == "--":
			o.rest = append(o.rest, args[i+1:]...)
			return o, true
		case strings.HasPrefix(word, "--"):
			name, value, given := strings.Cut(word[2:], "=")
			letter, ok := long[name]
			if !ok {
				c.Usage("option %s", word)
				return o, false
			}
			if takes(letters, letter) && !given && i+1 < len(args) {
				i++
				value = args[i]
			}
			o.add(letter, value)
		case len(word) > 1 && word[0] == '-':
			used, ok := o.group(c, letters, word, args[i+1:])
			if !ok {
				return o, false
			}
			i += used
		default:
			o.rest = append(o.rest, word)
			if ordered {
				o.rest = append(o.rest, args[i+1:]...)
				return o, true
			}
		}
	}
	return o, true
}

func takes(letters string, c byte) bool {
	i := strings.IndexByte(letters, c)
	return i >= 0 && i+1 < len(letters) && letters[i+1] == ':'
}

func (o *options) add(c byte, value string) {
	o.set[c] = value
	o.all[c] = append(o.all[c], value)
}

// group reads a word of letters. A number alone is -n, where there is -n.
func (o *options) group(c *process.Call, letters, word string, next []string) (used int, ok bool) {
	if takes(letters, 'n') && strings.Trim(word[1:], "0123456789") == "" && strings.Contains(letters, "#") {
		o.add('n', word[1:])
		return 0, true
	}
	for j := 1; j < len(word); j++ {
		letter := word[j]
		if letter == ':' || letter == '#' || letter == '+' || strings.IndexByte(letters, letter) < 0 {
			c.Usage("option -%c", letter)
			return 0, false
		}
		if !takes(letters, letter) {
			o.add(letter, "")
			continue
		}
		value := word[j+1:]
		if value == "" {
			if len(next) == 0 {
				c.Fail("option requires an argument -- '%c'", letter)
				return 0, false
			}
			value, used = next[0], 1
		}
		o.add(letter, value)
		return used, true
	}
	return 0, true
}

// each opens the named files one after the other, or the standard input when
// none is named. What cannot be opened is said and counts as a failure.
func each(c *process.Call, names []string, do func(name string, r io.Reader) error) (status int) {
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		if err := one(c, name, do); err != nil {
			c.Fail("%s: %s", name, files.Reason(err))
			status = 1
		}
	}
	return status
}

func one(c *process.Call, name string, do func(string, io.Reader) error) error {
	h, err := c.OpenRead(name)
	if err != nil {
		return err
	}
	defer h.Close()
	return do(name, h)
}
