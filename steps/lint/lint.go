// Package lint reads the scripts of a runbook as the shell will, and warns of
// what a shell lets pass in silence. It knows the grammar of shells; what a
// step is allowed to say is steps.Check's business.
package lint

import (
	"errors"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"belay/steps"
)

// A rule looks at one script that parses and tells what it finds.
type rule func(file *syntax.File, tell func(at syntax.Pos, rule, text string))

var rules = []rule{pipeHidesFailure}

// Check parses every script of a runbook that Load gave, in the language of its
// shell, and applies the rules. An error of the grammar is an error
// [shell-syntax], everything else a warning; places are those of the file.
func Check(rb *steps.Runbook) steps.Problems {
	var found steps.Problems
	for _, s := range rb.Scripts() {
		add := func(offset uint, isError bool, rule, text string) {
			line, col := rb.Place(s.Path, int(offset))
			found = append(found, steps.Problem{File: rb.Name, Line: line, Col: col, Error: isError, Rule: rule, Text: text})
		}
		file, err := Parse(s.Text, s.Shell)
		if err != nil {
			offset, text := explain(err)
			add(offset, true, "shell-syntax", fmt.Sprintf("%s (%s)", text, s.Shell))
			continue
		}
		for _, r := range rules {
			r(file, func(at syntax.Pos, rule, text string) { add(at.Offset(), false, rule, text) })
		}
	}
	return found.Sort()
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
