package cli

// The rule of this file: a script is in the report exactly as it was sent, found
// by the text of the runbook that its attempt names.

import (
	"belay/steps"
)

// sentScript is one script that was sent to at least one host.
type sentScript struct {
	Script  string         `json:"script"` // SHA-256 of the step's content
	Step    string         `json:"step"`
	Undo    bool           `json:"undo,omitempty"`
	Runbook string         `json:"runbook"` // file in the run directory
	Shell   string         `json:"shell"`   // it runs under set -eu
	Dir     string         `json:"dir,omitempty"`
	Timeout steps.Duration `json:"timeout"`
	Text    string         `json:"text"`
}

// script keeps the text of an attempt, once.
func (a *taskAccounts) script(e steps.Intended) {
	for _, s := range a.scripts {
		if s.Script == e.Script && s.Undo == e.Undo && s.Step == e.Task.Step {
			return
		}
	}
	book := a.l.books[e.Book]
	if book == nil {
		return
	}
	s := book.Step(e.Task.Step)
	if s == nil {
		return
	}
	w, err := s.Sends(e.Undo)
	if err != nil {
		w.Text = "cannot be given: " + err.Error()
	}
	a.scripts = append(a.scripts, sentScript{e.Script, s.ID, e.Undo, a.l.textFile(e.Book), first(w.Shell, "sh"), w.Dir, steps.Duration(w.Timeout), w.Text})
}
