package lint

// The rule of this file: a file is changed by what is redirected into it and by
// the commands made for that. What lies in /tmp, or is temporary, or is Belay's
// own, does not count.

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"belay/steps"
)

// fileCommands change files; which of their words are these files.
var fileCommands = map[string]struct {
	takes string // letters with a word of their own
	last  bool   // only the last word is changed
	skip  int    // plain words before the files: a mode, an owner
	stops bool
}{
	"rm": {stops: true}, "rmdir": {stops: true}, "unlink": {stops: true}, "truncate": {takes: "sr"}, "touch": {takes: "dtr"}, "mkdir": {takes: "m"},
	"mv": {takes: "tS"}, "cp": {takes: "tS", last: true}, "ln": {takes: "tS", last: true}, "install": {takes: "mogtS", last: true}, "rsync": {takes: "ef", last: true},
	"chmod": {skip: 1}, "chown": {skip: 1}, "chgrp": {skip: 1}, "tee": {}, "patch": {takes: "pi"}, "gzip": {}, "gunzip": {}, "unzip": {takes: "d"}, "mkfifo": {takes: "m"},
}

func (s *script) fileEffect(c *call) effect {
	switch c.name {
	case "sed", "perl":
		if o := anywhere(c.args, "ef"); o.has('i') || o.any("in-place") {
			return s.onFiles(c, o.rest, effect{what: c.name + " -i", level: steps.Low})
		}
		return effect{}
	case "tar":
		return s.tarEffect(c)
	}
	f, known := fileCommands[c.name]
	if !known {
		return effect{}
	}
	o := anywhere(c.args, f.takes, "suffix", "reference", "mode", "owner", "group", "size", "rsh")
	files := o.rest[min(f.skip, len(o.rest)):]
	if f.last && len(files) > 1 {
		files = files[len(files)-1:]
	}
	if c.is("gzip") && (o.has('c') || o.has('l') || o.has('t')) || c.is("unzip") && (o.has('l') || o.has('t')) {
		return effect{}
	}
	return s.onFiles(c, files, effect{level: steps.Low, stops: f.stops})
}

// tarEffect: unpacking changes what lies around, packing makes an archive.
func (s *script) tarEffect(c *call) effect {
	if len(c.args) == 0 {
		return effect{}
	}
	flags := loose(c.args[0])
	o := anywhere(c.args, "fCTX", "file", "directory")
	archive := firstOf(o.value['f'], o.long["file"])
	if !strings.HasPrefix(flags, "-") && len(c.args) > 1 && strings.Contains(flags, "f") {
		archive = c.args[1]
		o.short += flags
	}
	switch {
	case o.has('x') || o.any("extract", "get"):
		if dir := firstOf(o.value['C'], o.long["directory"]); dir != nil {
			return s.onFiles(c, []*syntax.Word{dir}, effect{what: "tar -x", level: steps.Low})
		}
		return effect{what: "tar -x", level: steps.Low}
	case (o.has('c') || o.has('r') || o.has('u') || o.any("create")) && archive != nil && loose(archive) != "-":
		return s.onFiles(c, []*syntax.Word{archive}, effect{what: "tar -c", level: steps.Low})
	}
	return effect{}
}

// onFiles gives an effect unless all the files are of no consequence.
func (s *script) onFiles(c *call, files []*syntax.Word, e effect) effect {
	if !slices.ContainsFunc(files, func(w *syntax.Word) bool { return !s.harmless(w) }) {
		return effect{}
	}
	return e
}

// harmless reports whether a file may be written by who only looks.
func (s *script) harmless(w *syntax.Word) bool { return s.harmlessIn(w, 0) }

func (s *script) harmlessIn(w *syntax.Word, depth int) bool {
	text := loose(w)
	for _, p := range []string{"/tmp/", "/var/tmp/", "/dev/null", "/dev/stdout", "/dev/stderr", "/dev/fd/", "/dev/tty"} {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	parts := flat(w.Parts)
	if len(parts) == 0 {
		return true
	}
	if p, ok := parts[0].(*syntax.ParamExp); ok && p.Param != nil {
		name := p.Param.Value
		if name == "BELAY_OUT" || name == "TMPDIR" {
			return true
		}
		words := s.values().set[name]
		return depth < 4 && len(words) > 0 && len(words) < 8 && !slices.ContainsFunc(words, func(v *syntax.Word) bool {
			return v == nil || substitutedBy(v) != "mktemp" && !s.harmlessIn(v, depth+1)
		})
	}
	_, isSub := parts[0].(*syntax.CmdSubst)
	return isSub && substitutedBy(w) == "mktemp"
}

// writes lists the redirections of a script into files that count.
func (s *script) writes() (out []*syntax.Redirect) {
	syntax.Walk(s.file, func(n syntax.Node) bool {
		r, ok := n.(*syntax.Redirect)
		if !ok {
			return true
		}
		switch r.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.RdrAll, syntax.AppAll, syntax.RdrInOut:
			if !s.harmless(r.Word) {
				out = append(out, r)
			}
		}
		return true
	})
	return out
}
