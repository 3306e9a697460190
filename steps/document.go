package steps

// The rule of this file: a document is done when its file was kept, and what
// shows it is the file itself. One that is still its template needs a reason.

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// figureIn is where a template wants what a measure recorded.
var figureIn = regexp.MustCompile(`\{(baseline|result) of ([^{}]+)\}`)

// Filled is the template of a document with the figures that this run has
// measured so far.
func (c *Case) Filled(s *Step) string {
	return figureIn.ReplaceAllStringFunc(s.Document.Template, func(place string) string {
		m := figureIn.FindStringSubmatch(place)
		return c.figureText(m[2], m[1])
	})
}

// figureText says what was recorded under a name; of several, where each is from.
func (c *Case) figureText(name, as string) string {
	var out []string
	figures := c.figures(name, as)
	for _, m := range figures {
		text := strings.TrimSpace(m.Value + " " + m.Unit)
		if len(figures) > 1 {
			text = m.Task.String() + ": " + text
		}
		if c.Book.Kind == Embedded {
			text += " (invented)"
		}
		out = append(out, text)
	}
	return cmp.Or(strings.Join(out, ", "), "not measured")
}

// FileName of a document in the run directory.
func (s *Step) FileName() string {
	if s.Document == nil || s.Document.Name == "" {
		return s.ID + ".md"
	}
	return s.Document.Name
}

// write takes a document as it is now.
func write(c *Case, a Action) ([]Event, error) {
	s, ts := c.Step(a.Task), c.State.Task(a.Task)
	if s.Kind != Document || ts.Status != TaskOpen {
		return nil, c.cannot(a.Verb, a.Task, ts)
	}
	if a.Wrote == nil || a.Wrote.SHA256 == "" {
		return nil, refuse(Never, "", "writing %s needs the file as it is", a.Task)
	}
	w := *a.Wrote
	w.Task, w.Name = a.Task, s.FileName()
	w.By, w.Template = firstOf(w.By, a.Actor), w.SHA256 == digest([]byte(c.Filled(s)))
	return []Event{w}, nil
}

// markWritten marks a document done on the evidence of its file.
func (c *Case) markWritten(a Action, s *Step, ts TaskState) ([]Event, error) {
	switch {
	case ts.Wrote.SHA256 == "":
		return nil, refuse(Later, "open it ({execute})", "%s has not been written", s.FileName())
	case ts.Wrote.Template && a.Reason == "":
		return nil, refuse(NeedsReason, "write it, or say why it may stay so", "%s is still its template", s.FileName())
	}
	return []Event{MarkedDone{Task: a.Task, Evidence: fmt.Sprintf("%s, %d bytes, sha256 %.12s", ts.Wrote.Name, ts.Wrote.Bytes, ts.Wrote.SHA256),
		Reason: a.Reason}}, nil
}
