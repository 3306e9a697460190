package steps

// The rule of this file: an edit says exactly what the file will be.

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func (c *checker) checkEdit(s *Step) {
	f, path := s.File, s.path+".file"
	if f == nil || f.Path == "" {
		c.value(path, "file", "an edit needs file.path")
		return
	}
	ways := 0
	for _, key := range []string{"set", "replace", "template"} {
		if c.is(path + "." + key) {
			ways++
		}
	}
	if ways != 1 {
		c.value(path, "file", "want exactly one of set, replace and template, not %d", ways)
	}
	if mode, err := strconv.ParseUint(f.Mode, 8, 32); f.Mode != "" && (err != nil || mode > 0o777 || len(f.Mode) < 3) {
		c.value(path+".mode", "file", "mode %q: want octal digits such as 0640", f.Mode)
	}
	for key, v := range f.Set {
		c.checkSet(member(path+".set", key), key, v)
	}
	for i, r := range f.Replace {
		if r.Old == "" || r.Old == r.New {
			c.value(element(path+".replace", i), "file", "a replacement needs an old text, and a new one that differs")
		}
	}
}

var fileKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

func (c *checker) checkSet(path, key string, v FileValue) {
	if !fileKey.MatchString(key) {
		c.key(path, "file", "key %q: want letters, digits, _, . and -", key)
	}
	if _, ok := c.rb.Secrets[v.Secret]; v.Secret != "" && !ok {
		c.value(path, "file", "no secret %q in [secrets]%s", v.Secret, suggest(v.Secret, slices.Collect(maps.Keys(c.rb.Secrets))))
	}
	if strings.ContainsAny(v.Value, "\n\r\x00") {
		c.value(path, "file", "the value of %s has more than one line", key)
	}
}
