package pane

// The rule of this file: an edit is shown by the lines that it changes. The
// script that makes it is generated and the same for all of them: it is there to
// be read, below all that differs.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// edited shows what an edit, or its undo, changes in its file.
func (p *Page) edited(s *steps.Step, undo bool, diff string) {
	head := "Edit of "
	if undo {
		head = "Puts back "
	}
	p.Head(head + tail.Inert(s.File.Path))
	if diff == "" {
		p.Text(style.Dim, "the file is being read")
	}
	p.Changed(diff)
}

// inFull adds a generated script to the end of a page.
func (p *Page) inFull(of string, w steps.Work) {
	n := strings.Count(strings.TrimRight(w.Text, "\n"), "\n") + 1
	p.Head(fmt.Sprintf("In full: the generated script%s, %d lines, by %s with set -eu", tail.Inert(of), n, or(w.Shell, "sh")))
	p.Script(w.Text)
}

// Changed shows a difference in the form of diff -u.
func (p *Page) Changed(diff string) {
	for _, l := range strings.Split(strings.TrimRight(diff, "\n"), "\n") {
		tone := style.Plain
		switch {
		case strings.HasPrefix(l, "+"):
			tone = style.OK
		case strings.HasPrefix(l, "-"):
			tone = style.Danger
		}
		p.Text(tone, l)
	}
}

// Diff is the change that an edit makes to a file, with a word in front of
// every line that changes.
func Diff(s *steps.Step, current []byte) string {
	before, after, err := steps.EditPreview(s.File, current, nil)
	if err != nil {
		return "cannot be made: " + err.Error()
	}
	d := unified(before, after)
	if current == nil {
		return "the file is new\n" + d
	}
	return d
}

// DiffBack is the change that the undo of an edit makes to a file; was is what
// the edit found, nil where there was no file.
func DiffBack(s *steps.Step, current, was []byte) string {
	before, after, err := steps.UndoPreview(s.File, current, was)
	switch {
	case err != nil:
		return "cannot be shown: " + err.Error()
	case current == nil && was == nil:
		return "nothing changes: there is no such file, as before"
	case was == nil:
		return "the file is removed: there was none before\n" + unified(before, nil)
	}
	return unified(before, after)
}

func unified(before, after []byte) string {
	if string(before) == string(after) {
		return "nothing changes"
	}
	return udiff.Unified("as it is", "as it will be", string(before), string(after))
}

// Unread is what is known of an edit, or of its undo, whose file could not be
// read.
func Unread(s *steps.Step, undo bool, err error) string {
	text := ""
	if err != nil {
		text = "the file cannot be read now: " + err.Error() + "\n"
	}
	if undo {
		return text + "what the edit found there is put back in place of\n" + Sets(s)
	}
	return text + Sets(s)
}

// Sets lists what an edit sets, for when the file cannot be read beforehand.
func Sets(s *steps.Step) string {
	var b strings.Builder
	lines := func(lead, text string) {
		for l := range strings.Lines(text) {
			b.WriteString(lead + strings.TrimSuffix(l, "\n") + "\n")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.File.Set)) {
		v := s.File.Set[name]
		value := v.Value
		if v.Secret != "" {
			value = "‹secret " + v.Secret + "›"
		}
		lines("+", name+"="+value)
	}
	for _, r := range s.File.Replace {
		lines("-", r.Old)
		lines("+", r.New)
	}
	if s.File.Template != "" {
		lines("", "the whole file becomes:")
		lines("+", s.File.Template)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
