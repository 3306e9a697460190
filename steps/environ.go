package steps

// The rule of this file: what a script sees is a list of NAME=value, put
// together in one order (file, environment, host, captured, Belay's own), and
// the same list expands $NAME where the file allows it.

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Facts are what a run knows and a runbook does not.
type Facts struct {
	Run     string    // id of the run
	Attempt string    // id of the attempt; may be empty before there is one
	Stamp   time.Time // start of the run
}

// StampLayout is how BELAY_STAMP is written, in UTC: it sorts, and it is safe
// in a file name.
const StampLayout = "20060102T150405Z"

// Environ lists the variables of one task, NAME=value, each name once:
// variables of the file and the environment (inputs from answers), those of
// the host, captured values, and BELAY_HOST, BELAY_ADDRESS, BELAY_RUN,
// BELAY_STEP, BELAY_ATTEMPT and BELAY_STAMP. Later ones win. The runbook is
// one that For gave. An input without an answer is an error, except on the
// embedded fleet, where it takes its rehearsal value. Secrets are not among
// them.
func Environ(rb *Runbook, step *Step, host string, answers, captured map[string]string, facts Facts) ([]string, error) {
	var e environ
	add := func(names []string, vars map[string]Var) error {
		for _, name := range names {
			value, err := rb.valueOf(name, vars[name], answers)
			if err != nil {
				return err
			}
			e.set(name, value)
		}
		return nil
	}
	if err := add(rb.VarOrder, rb.Vars); err != nil {
		return nil, err
	}
	h := rb.Hosts[host]
	if err := add(slices.Sorted(maps.Keys(h.Vars)), h.Vars); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(captured)) {
		e.set(name, captured[name])
	}
	address := h.Address
	if host == LocalHost {
		address = "localhost"
	}
	e.set("BELAY_HOST", host)
	e.set("BELAY_ADDRESS", address)
	e.set("BELAY_RUN", facts.Run)
	e.set("BELAY_STEP", step.ID)
	e.set("BELAY_ATTEMPT", facts.Attempt)
	e.set("BELAY_STAMP", facts.Stamp.UTC().Format(StampLayout))
	return e.list, nil
}

func (rb *Runbook) valueOf(name string, v Var, answers map[string]string) (string, error) {
	if !v.IsInput() {
		return v.Value, nil
	}
	if answer, ok := answers[name]; ok {
		return answer, v.Accepts(answer)
	}
	if rb.Kind == Embedded && v.Rehearsal != "" {
		return v.Rehearsal, nil
	}
	return "", fmt.Errorf("input %s: no answer yet (%s)", name, v.Ask)
}

// Accepts says whether an answer to an input matches what the file asks for.
func (v Var) Accepts(answer string) error {
	if v.Match == "" {
		return nil
	}
	whole, err := regexp.Compile(`^(?:` + v.Match + `)$`)
	if err != nil {
		return fmt.Errorf("match %q: %w", v.Match, err)
	}
	if !whole.MatchString(answer) {
		return fmt.Errorf("answer %q: does not match %s", answer, v.Match)
	}
	return nil
}

// environ is a list of NAME=value in order of first mention.
type environ struct{ list []string }

func (e *environ) set(name, value string) {
	line := name + "=" + value
	for i, have := range e.list {
		if strings.HasPrefix(have, name+"=") {
			e.list[i] = line
			return
		}
	}
	e.list = append(e.list, line)
}

var reference = regexp.MustCompile(`\$(?:\{|[A-Za-z_][A-Za-z0-9_]*)`)

// Expand replaces $NAME in a text by the values of env. A name that is not in
// env is an error, and so is ${NAME}: no other substitution exists. A dollar
// sign that no name follows stays.
func Expand(s string, env []string) (string, error) {
	var missing error
	out := reference.ReplaceAllStringFunc(s, func(ref string) string {
		name := ref[1:]
		if name == "{" {
			missing = fmt.Errorf("expand %q: write $NAME, not ${NAME}", s)
			return ref
		}
		for _, have := range env {
			if value, ok := strings.CutPrefix(have, name+"="); ok {
				return value
			}
		}
		missing = fmt.Errorf("expand %q: $%s is not known here", s, name)
		return ref
	})
	return out, missing
}

// references lists the names that Expand would look up in a text.
func references(s string) (names []string) {
	for _, ref := range reference.FindAllString(s, -1) {
		if ref != "${" {
			names = append(names, ref[1:])
		}
	}
	return names
}

// ContentHash is the SHA-256, in hex, of what a step does: script, dir, shell,
// timeout, undo and file, but not the variables. Two steps of one hash do the
// same, so that a rehearsal of one counts for the other.
func ContentHash(s *Step) string {
	content := struct {
		Kind                       Kind
		Script, Dir, Shell, Undone string
		Timeout                    time.Duration
		UndoScript, UndoDir        string
		UndoTimeout                time.Duration
		File                       *FileEdit
	}{Kind: s.Kind, Script: s.Script, Dir: s.Dir, Shell: s.Shell, Timeout: s.Timeout.Or(DefaultTimeout), File: s.File}
	if content.Kind == "" {
		content.Kind = Command
	}
	if content.Shell == "" {
		content.Shell = "sh"
	}
	if u := s.Undo; u != nil {
		content.UndoScript, content.UndoDir, content.Undone = u.Script, u.Dir, u.Text
		content.UndoTimeout = u.Timeout.Or(content.Timeout)
	}
	b, err := json.Marshal(content)
	if err != nil {
		panic("content hash: " + err.Error()) // strings, numbers and maps of strings always marshal
	}
	return digest(b)
}

// VarsHash is the SHA-256, in hex, of the variables of a task. Names of the
// run and of the attempt are left out: they differ each time and decide
// nothing.
func VarsHash(env []string) string {
	var kept []string
	for _, line := range env {
		name, _, _ := strings.Cut(line, "=")
		switch name {
		case "BELAY_RUN", "BELAY_ATTEMPT", "BELAY_STAMP":
		default:
			kept = append(kept, line)
		}
	}
	slices.Sort(kept)
	return digest([]byte(strings.Join(kept, "\x00")))
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
