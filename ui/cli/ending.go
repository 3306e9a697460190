package cli

// The rule of this file: a verb ends with a code of product.md section 3, and
// one sentence on stderr says why; a hint says what would help.

import (
	"errors"
	"fmt"
	"strings"

	"belay/runner/tail"
	"belay/steps"
)

// ending is why a verb ends with another code than 0.
type ending struct {
	code int
	why  string // empty: everything has been said on stdout
	hint string // may have several lines
}

func (e *ending) Error() string { return e.why }

// usage says that what was asked for cannot be meant.
func usage(hint, format string, a ...any) error {
	return &ending{steps.CodeUsage, fmt.Sprintf(format, a...), hint}
}

// stop ends a verb with a code.
func stop(code int, hint, format string, a ...any) error {
	return &ending{code, fmt.Sprintf(format, a...), hint}
}

// quiet ends with a code whose reason stands on stdout already.
func quiet(code int) error {
	if code == steps.CodeDone {
		return nil
	}
	return &ending{code: code}
}

// end prints why and gives the process's exit code. What does not come from a
// verb comes from the reading of flags and words.
func (p *program) end(err error) int {
	if err == nil {
		return steps.CodeDone
	}
	var e *ending
	if !errors.As(err, &e) {
		e = &ending{steps.CodeUsage, err.Error(), "belay help"}
	}
	if e.why != "" {
		fmt.Fprintf(p.env.Stderr, "belay: %s\n", tail.Inert(e.why))
	}
	if e.hint != "" {
		for i, line := range strings.Split(e.hint, "\n") {
			lead := "hint: "
			if i > 0 {
				lead = "      "
			}
			fmt.Fprintln(p.env.Stderr, lead+tail.Inert(p.env.again(line)))
		}
	}
	return e.code
}

// asEnding gives a verb's plain errors the code of errors that were found.
func asEnding(err error) error {
	var e *ending
	if err == nil || errors.As(err, &e) {
		return err
	}
	return &ending{code: steps.CodeFailed, why: err.Error()}
}
