// Package probe reads what hosts print: one command or HTTP path, and one pure
// parser of its answer, per file. Nothing here runs anything.
//
// The rule of this package: what is not understood is a value too, Unknown with
// its raw text. It is never zero, never empty, never the last good one: a gate
// that waits for "== 0 jobs" must not open because a dashboard was down.
package probe

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Value is one thing that a host said.
type Value struct {
	Text   string   // for a person; set whenever Known
	Number *float64 // nil when the source gave a text; that may still hold a figure
	Unit   string   // of Number: "B", "%", or empty for a count
	Known  bool
	Raw    string // what was printed, cut to 400 bytes; for Unknown with the reason in front
}

// Answer is what came back for one [Question]. Err says that nothing did.
type Answer struct {
	Body []byte
	HTTP int // status, of a path
	Exit int // code, of a script
	Err  error
}

// Question is what a reader wants to be asked: one of the two is set.
type Question struct {
	Script string // for sh, under set -eu
	HTTP   string // path and query, to be put behind the probe's base address
}

// Reader is a built-in reader: it knows what to ask and how to read the answer.
// Field is what follows the probe's name (ray.workers), path is the evidence's
// path; both may be empty.
type Reader interface {
	Ask(field, path string) (Question, error)
	Read(a Answer, field, path string) Value
}

// For gives the reader of a name of the file format. The readers json, regex
// and text have no question of their own: their Ask is empty.
func For(name string) (Reader, error) {
	if r, ok := readers[name]; ok {
		return r, nil
	}
	return nil, fmt.Errorf("probe: no reader %q; there are %s", name, strings.Join(names(), ", "))
}

var readers = map[string]Reader{
	"df": DF{}, "docker": Docker{}, "ray": Ray{}, "prometheus": Prometheus{},
	"json": JSON{}, "regex": Regex{}, "text": Text{},
}

func names() []string {
	var all []string
	for name := range readers {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}

const rawLimit = 400

// Unknown is the value of an answer that could not be read.
func Unknown(why string, raw []byte) Value {
	text := strings.TrimSpace(string(raw[:min(len(raw), rawLimit)]))
	if text != "" {
		why += ": " + text
	}
	return Value{Raw: why}
}

func number(n float64, unit, text string) Value {
	return Value{Text: text, Number: &n, Unit: unit, Known: true, Raw: text}
}

// count is a number of things, with their names where there are any.
func count(n int, names ...string) Value {
	text := strconv.Itoa(n)
	if len(names) > 0 {
		text += " (" + strings.Join(names, ", ") + ")"
	}
	return number(float64(n), "", text)
}

func said(text string) Value {
	return Value{Text: text, Known: true, Raw: text[:min(len(text), rawLimit)]}
}

// size is a number of bytes, to be read by people in powers of 1024.
func size(n float64) Value {
	value, unit := n, "B"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB", "PiB"} {
		if value < 1024 && value > -1024 {
			break
		}
		value, unit = value/1024, next
	}
	text := strconv.FormatFloat(value, 'f', 1, 64)
	return number(n, "B", strings.TrimSuffix(text, ".0")+" "+unit)
}

// failed says why there is nothing to read, or gives ok.
func (a Answer) failed() (Value, bool) {
	switch {
	case a.Err != nil:
		return Unknown(a.Err.Error(), nil), true
	case a.HTTP != 0 && (a.HTTP < 200 || a.HTTP > 299):
		return Unknown(fmt.Sprintf("HTTP status %d", a.HTTP), a.Body), true
	case a.Exit != 0:
		return Unknown(fmt.Sprintf("exit code %d", a.Exit), a.Body), true
	}
	return Value{}, false
}

// errField is the answer to a field that a reader does not have.
func errField(reader, field string, fields ...string) error {
	return errors.New("probe: " + reader + " has no field \"" + field + "\"; it has " + strings.Join(fields, ", "))
}

// quote is the one form that every POSIX shell reads as these very bytes.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
