package steps

// The rule of this file: what is sent to a host follows from the step, the
// state and nothing else, so that a preview shows exactly what will run.

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Work is what one attempt asks a host to do.
type Work struct {
	Text    string
	Shell   string
	Dir     string
	Env     []string // NAME=value
	Timeout time.Duration
	OKExit  []int
	Secrets []string // names; each is sent as a file
}

// Work of a task, or of its undo. Attempt is the id, or empty
// for a preview: then it is the one that would be next.
func (c *Case) Work(t Task, undo bool, attempt string) (Work, error) {
	s := c.Step(t)
	if attempt == "" {
		attempt, _ = c.nextAttempt(t, undo)
		if !undo {
			s = c.next(t)
		}
	}
	env, err := c.Environ(t, attempt)
	if err != nil {
		return Work{}, err
	}
	w, err := s.Sends(undo)
	if err != nil {
		return Work{}, err
	}
	w.Env = append(env, w.Env...)
	if w.Dir, err = Expand(w.Dir, env); err != nil {
		return Work{}, fmt.Errorf("dir: %w", err)
	}
	for name := range c.Book.Secrets {
		if strings.Contains(w.Text, name+"_FILE") && !slices.Contains(w.Secrets, name) {
			w.Secrets = append(w.Secrets, name)
		}
	}
	slices.Sort(w.Secrets)
	return w, nil
}

// Sends is what a step, or its undo, sends to any host: without the values of
// one, so that its Dir still names variables.
func (s *Step) Sends(undo bool) (Work, error) {
	w := Work{Text: s.Script, Shell: s.Shell, Dir: s.Dir, Timeout: s.Timeout.Or(DefaultTimeout), OKExit: s.OKExit}
	switch {
	case s.Kind == Edit:
		do, back, more, err := EditScripts(s.File)
		if err != nil {
			return Work{}, err
		}
		w.Text, w.Env, w.Secrets = do, more, editSecrets(s.File)
		if undo {
			w.Text, w.Secrets = back, nil
		}
	case undo && s.Undo != nil:
		w.Text, w.OKExit = s.Undo.Script, s.Undo.OKExit
		w.Dir, w.Timeout = firstOf(s.Undo.Dir, s.Dir), s.Undo.Timeout.Or(w.Timeout)
	}
	if len(w.OKExit) == 0 {
		w.OKExit = []int{0}
	}
	return w, nil
}

// Reads lists the variables that the texts of a task name, its check, verify
// and undo among them, NAME=value. They are what differs from host to host.
func (c *Case) Reads(t Task) ([]string, error) {
	id, _ := c.nextAttempt(t, false)
	env, err := c.Environ(t, id)
	if err != nil {
		return nil, err
	}
	s := c.next(t)
	texts := append(s.texts(), s.undoTexts()...)
	return slices.DeleteFunc(env, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return !readsAny(texts, name)
	}), nil
}

func editSecrets(f *FileEdit) []string {
	var out []string
	for _, v := range f.Set {
		if v.Secret != "" && !slices.Contains(out, v.Secret) {
			out = append(out, v.Secret)
		}
	}
	return out
}

var valueName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// ParseValues reads what a script appended to $BELAY_OUT: NAME=value lines, the
// last of a name wins. A line that is not one is an error.
func ParseValues(b []byte) (map[string]string, error) {
	out := map[string]string{}
	for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok || !valueName.MatchString(name) {
			return out, fmt.Errorf("line %d of $BELAY_OUT is not NAME=value", i+1)
		}
		out[name] = value
	}
	return out, nil
}

// Judge says whether a script that ended did what it should: a good exit code,
// and every declared capture there and not empty.
func (c *Case) Judge(t Task, undo bool, code int, values map[string]string) (ok bool, why string) {
	w, err := c.Work(t, undo, "")
	if err != nil {
		return false, err.Error()
	}
	if !slices.Contains(w.OKExit, code) {
		return false, fmt.Sprintf("exit code %d", code)
	}
	if undo {
		return true, ""
	}
	var missing []string
	s := c.Step(t)
	for name := range s.Capture {
		if values[name] == "" {
			missing = append(missing, name)
		}
	}
	if s.Kind == Measure && values[s.Measure.Name] == "" {
		missing = append(missing, s.Measure.Name)
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return false, "captured no value for " + strings.Join(missing, ", ")
	}
	if s.Kind == Measure {
		if _, err := s.Measure.Figure(values[s.Measure.Name]); err != nil {
			return false, "measured " + s.Measure.Name + ": " + err.Error()
		}
	}
	return true, ""
}

// VerifyOf gives the proof that an attempt, or its undo, is judged by; nil for none.
func (s *Step) VerifyOf(undo bool) *Evidence {
	if !undo {
		return s.Verify
	}
	if s.Undo != nil {
		return s.Undo.Verify
	}
	return nil
}
