package steps

// The rule of this file: every text of the file that a shell will read is
// listed here, so that a check of scripts cannot overlook one.

// Script is one shell text of a runbook.
type Script struct {
	Path  string // where it stands: phase[0].step[2].undo.script
	Shell string // sh or bash
	Text  string
}

// Scripts lists every script that the file holds, in no certain order.
func (rb *Runbook) Scripts() []Script {
	var l scripts
	for s := range rb.Steps() {
		shell := s.Shell
		l.add(s.path+".script", shell, s.Script)
		l.evidence(s.path+".check", shell, s.Check)
		l.evidence(s.path+".verify", shell, s.Verify)
		if s.Undo != nil {
			l.add(s.path+".undo.script", shell, s.Undo.Script)
			l.evidence(s.path+".undo.verify", shell, s.Undo.Verify)
		}
		for i := range s.Evidence {
			l.evidence(element(s.path+".evidence", i), shell, &s.Evidence[i])
		}
	}
	for name, p := range rb.Probes {
		l.add(member("probes", name)+".script", "", p.Script)
	}
	for name, w := range rb.Watches {
		l.watch(member("watch", name), w)
	}
	for env, e := range rb.Environments {
		for name, w := range e.Watches {
			l.watch(member(member("environments", env)+".watch", name), w)
		}
	}
	for i := range rb.Triggers {
		l.evidence(element("trigger", i)+".when", "", &rb.Triggers[i].When)
	}
	return l
}

type scripts []Script

func (l *scripts) add(path, shell, text string) {
	if shell == "" {
		shell = "sh"
	}
	if text != "" {
		*l = append(*l, Script{path, shell, text})
	}
}

func (l *scripts) evidence(path, shell string, e *Evidence) {
	if e != nil {
		l.add(path+".script", shell, e.Script)
	}
}

func (l *scripts) watch(path string, w Watch) {
	for i, log := range w.Logs {
		l.add(element(path+".logs", i)+".script", "", log.Script)
	}
	for i := range w.Gauges {
		l.evidence(element(path+".gauges", i), "", &w.Gauges[i])
	}
}

// Place gives line and column, in runes and from 1, of a byte of the text that
// the file holds at path.
func (rb *Runbook) Place(path string, offset int) (line, col int) {
	return rb.positions.lineCol(rb.positions.inside(path, offset))
}
