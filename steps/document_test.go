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

// TestDocumentHasTheFiguresOfTheRun: what was measured is not copied by hand.
func TestDocumentHasTheFiguresOfTheRun(t *testing.T) {
	src := twoMeasures + strings.Replace(papers, "id = \"p\"", "id = \"q\"", 1)
	src = strings.Replace(src, "# Audit\\n", "{baseline of epoch} | {result of epoch} | {}", 1)
	audit := func(s *scene) string { return s.c.Filled(s.c.Book.Step("audit")) }
	s := play(t, "live", src)
	if got := audit(s); got != "not measured | not measured | {}" {
		t.Error(got)
	}
	record := func(s *scene, name, v string) {
		s.do(x(name), Action{Verb: Record, Task: at(name), Value: v, Reason: "log"})
	}
	record(s, "before", "3 m")
	record(s, "after@w1", "150")
	if got := audit(s); got != "180 s | 150 s | {}" {
		t.Error(got)
	}
	record(s, "after@w2", "149.5")
	filled := "180 s | after@w1: 150 s, after@w2: 149.5 s | {}"
	if got := audit(s); got != filled {
		t.Error(got)
	}
	s.do(x("audit"), Action{Verb: Write, Task: at("audit"), Wrote: &Wrote{SHA256: digest([]byte(filled))}})
	s.never(Action{Verb: MarkDone, Task: at("audit")}, NeedsReason, "still its template")
	s = play(t, "rehearsal", src)
	record(s, "before", "180")
	if got := audit(s); !strings.HasPrefix(got, "180 s (invented) | not") {
		t.Error(got)
	}
	rb, _ := Load("test.toml", []byte(pair+strings.Replace(src, "{result of epoch}", "{result of epoche}", 1)))
	if text := Check(rb).Err(); text == nil || !strings.Contains(text.Error(), `no step measures the result of epoche; did you mean "result of epoch"?`) {
		t.Error(text)
	}
}

func TestDocumentMayStayItsTemplateWithAReason(t *testing.T) {
	s := play(t, "live", papers).do(verb(Execute, "audit"),
		Action{Verb: Write, Task: at("audit"), Wrote: &Wrote{SHA256: digest([]byte("# Audit\n"))}},
		Action{Verb: MarkDone, Task: at("audit"), Reason: "nothing was found"})
	if got := s.log[len(s.log)-1].(MarkedDone); got.Reason != "nothing was found" || !strings.HasPrefix(got.Evidence, "AUDIT.md") {
		t.Errorf("%+v", got)
	}
}
