package lint

// The rule of this file: what a step says of its danger decides how it is
// confirmed, whether it has an undo, and whether an unattended run may start
// it. So it has to be true.

import (
	"belay/steps"
)

// dangerNone finds what a script changes although its step says that it changes
// nothing: such a step starts without a question.
func dangerNone(s *script) {
	if s.Role != steps.RoleScript || s.Step.Kind != steps.Command || s.Step.Danger != steps.None {
		return
	}
	s.changes("danger none says that this step changes nothing, and it would start without a question: %s")
}

// evidenceChanges finds what a look changes: it is made again and again, and by
// nobody's decision.
func evidenceChanges(s *script) {
	if s.looks() {
		s.changes("this is only looked at, again and again and by nobody's decision, and must change nothing: %s")
	}
}

func (s *script) changes(format string) {
	for _, c := range s.calls {
		if e := s.effect(c); e.level > steps.None {
			s.pos(c.at, format, e.what)
		}
	}
	if s.outer != nil && s.offsets == nil {
		return
	}
	for _, r := range s.writes() {
		s.pos(r.Word, format, "a file is written")
	}
}

// dangerTooLow finds what no undo brings back in a step that is confirmed like
// something small.
func dangerTooLow(s *script) {
	if s.Step == nil || s.looks() {
		return
	}
	danger := s.Step.Danger
	if s.Role == steps.RoleUndo && s.Step.Undo.Danger != steps.Unset {
		danger = s.Step.Undo.Danger
	}
	if danger >= steps.High || danger == steps.Unset {
		return
	}
	for _, c := range s.calls {
		if e := s.effect(c); e.level >= steps.High {
			s.pos(c.at, "%s destroys what no undo brings back: danger is %s here, and should be high at least", e.what, danger)
		}
	}
}
