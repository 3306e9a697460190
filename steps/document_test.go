package steps

import (
	"strings"
	"testing"
)

const papers = `
[[phase]]
id = "p"
[[phase.step]]
id = "audit"
kind = "document"
document = { name = "AUDIT.md", template = "# Audit\n" }
`

func TestDocumentIsDoneByItsFile(t *testing.T) {
	w := func(sum string) Action {
		return Action{Verb: Write, Task: at("audit"), Wrote: &Wrote{SHA256: sum, Bytes: 7}}
	}
	done := Action{Verb: MarkDone, Task: at("audit")}
	s := play(t, "live", papers)
	s.never(w("abc"), Never, "not started")
	s.do(verb(Execute, "audit"))
	s.never(done, Later, "AUDIT.md has not been written")
	s.never(w(""), Never, "needs the file")
	s.do(w(digest([]byte("# Audit\n"))))
	s.never(done, NeedsReason, "still its template")
	s.do(w("0123456789abcdef"))
	if got := s.c.State.Task(at("audit")).Wrote; got.Name != "AUDIT.md" || got.By != "ada" || got.Template {
		t.Errorf("kept as %+v", got)
	}
	s.do(done)
	if ts := s.c.State.Task(at("audit")); ts.Status != TaskDone || ts.Reason != "AUDIT.md, 7 bytes, sha256 0123456789ab" {
		t.Errorf("%s: %q", ts.Status, ts.Reason)
	}
	s.never(w("later"), Never, "is done")
}

func TestDocumentMayStayItsTemplateWithAReason(t *testing.T) {
	s := play(t, "live", papers).do(verb(Execute, "audit"),
		Action{Verb: Write, Task: at("audit"), Wrote: &Wrote{SHA256: digest([]byte("# Audit\n"))}},
		Action{Verb: MarkDone, Task: at("audit"), Reason: "nothing was found"})
	if got := s.log[len(s.log)-1].(MarkedDone); got.Reason != "nothing was found" || !strings.HasPrefix(got.Evidence, "AUDIT.md") {
		t.Errorf("%+v", got)
	}
}
