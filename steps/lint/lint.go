// Package lint reads a runbook as a colleague would who has been on call: the
// scripts as the shell will read them, and the steps as the night will. What a
// step is allowed to say is steps.Check's business; lint knows what goes wrong
// although it is allowed.
package lint

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"belay/steps"
)

// Check applies the rules to a runbook that Load gave. Places are those of the
// file. What the file silences with a reason is left out; a silencing that is
// wrong or silences nothing is found itself.
func Check(rb *steps.Runbook) steps.Problems { return check(rb, rules) }

// Errors gives the errors among what Check finds, in a fifth of its time: what
// keeps a runbook from being run.
func Errors(rb *steps.Runbook) steps.Problems {
	var certain []Rule
	for _, r := range rules {
		if r.Error {
			certain = append(certain, r)
		}
	}
	return slices.DeleteFunc(check(rb, certain), func(p steps.Problem) bool { return !p.Error })
}

func check(rb *steps.Runbook, rules []Rule) steps.Problems {
	b := newBook(rb)
	b.rules = rules
	for _, s := range rb.Scripts() {
		b.checkScript(s)
	}
	for _, r := range rules {
		if r.book != nil {
			b.rule = r
			r.book(b)
		}
	}
	return b.heard().Sort()
}

// checkScript applies the rules for scripts to one. A script that does not
// parse is an error, and only the rules that read bare text see it.
func (b *book) checkScript(s steps.Script) {
	sc := &script{Script: s, book: b}
	for _, r := range b.rules {
		if r.text != nil {
			b.rule = r
			r.text(sc)
		}
	}
	file, err := Parse(s.Text, s.Shell)
	if err != nil {
		offset, text := explain(err)
		b.rule = ruleOf("shell-syntax")
		sc.at(offset, "%s (%s)", text, s.Shell)
		return
	}
	sc.read(file)
	sc.apply()
}

// apply runs the rules on a parsed script, then on the scripts in it that are
// handed to another shell.
func (s *script) apply() {
	for _, r := range s.book.rules {
		if r.script != nil && (r.inside || s.outer == nil) {
			s.book.rule = r
			r.script(s)
		}
	}
	for _, inner := range s.inner() {
		inner.apply()
	}
}

// Parse reads a script in the language of a shell: POSIX for sh, Bash for bash.
func Parse(text, shell string) (*syntax.File, error) {
	language := syntax.LangPOSIX
	if shell == "bash" {
		language = syntax.LangBash
	}
	return syntax.NewParser(syntax.Variant(language)).Parse(strings.NewReader(text), "")
}

// explain takes the place and the bare text out of a parser's error.
func explain(err error) (offset uint, text string) {
	if e, ok := errors.AsType[syntax.ParseError](err); ok {
		return e.Pos.Offset(), e.Text
	}
	if e, ok := errors.AsType[syntax.LangError](err); ok {
		e.Filename = ""
		_, text, _ = strings.Cut(e.Error(), ": ")
		return e.Pos.Offset(), text
	}
	return 0, err.Error()
}

// finding is one place that a rule does not like.
type finding struct {
	steps.Problem
	path string // of the value that it is about
}

// tell keeps a finding of the rule at hand.
func (b *book) tell(path string, line, col int, format string, args ...any) {
	b.found = append(b.found, finding{path: path, Problem: steps.Problem{File: b.rb.Name, Line: line, Col: col,
		Error: b.rule.Error, Rule: b.rule.ID, Text: fmt.Sprintf(format, args...)}})
}

// value keeps a finding at the value of a path of the file.
func (b *book) value(path, format string, args ...any) {
	line, col := b.rb.At(path)
	b.tell(path, line, col, format, args...)
}
