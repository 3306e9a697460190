package ui

import (
	"errors"
	"strings"
	"testing"

	"belay/steps"
)

// writing is a desk before an open document.
func writing(t *testing.T) (*desk, steps.Task) {
	t.Helper()
	src := strings.Replace(runbookText(t), "[[phase]]\nid = \"prepare\"\ntitle = \"Prepare\"\n", `[[phase]]
id = "prepare"
title = "Prepare"
[[phase.step]]
id = "audit"
title = "Write the audit"
kind = "document"
document = { name = "AUDIT.md", template = "# Audit of 2.53\n" }
`, 1)
	d := sit(t, fakeOf(t, steps.EmbeddedEnv, []byte(src)), 120, 36)
	d.press(".", "x")
	task := steps.Task{Step: "audit", Host: steps.LocalHost}
	if got := d.f.state.Task(task).Status; got != steps.TaskOpen {
		t.Fatalf("x left it %s: %s", got, d.said)
	}
	d.press("x")
	d.expect(t, "DOCUMENT Write the audit", "# Audit of 2.53", "kept", "nothing yet", "e write it in your editor", "y it is done (not now)")
	return d, task
}

func TestDocumentIsWrittenInTheEditorAndKept(t *testing.T) {
	d, task := writing(t)
	d.press("y")
	if d.f.state.Task(task).Status != steps.TaskOpen {
		t.Fatal("a document that nobody wrote was taken as done")
	}
	d.f.paper = "0123456789abcdef"
	d.send(wroteMsg{task: task, file: "documents/AUDIT.md"}) // the editor has ended
	d.look()
	d.expect(t, "DOCUMENT Write the audit", "AUDIT.md, 12 bytes, sha256 0123456789ab, by ana", "y it is done")
	d.press("y")
	if ts := d.f.state.Task(task); ts.Status != steps.TaskDone {
		t.Fatalf("it is %s: %s", ts.Status, d.said)
	}
}

func TestDocumentAsItsTemplateNeedsAReason(t *testing.T) {
	d, task := writing(t)
	d.f.apply(steps.Wrote{Task: task, Name: "AUDIT.md", SHA256: "x", Template: true})
	d.look()
	d.expect(t, "still its template")
	d.press("y")
	d.expect(t, "DONE as it is: Write the audit", "reason")
	d.words("nothing was found")
	d.press("enter", "y")
	if ts := d.f.state.Task(task); ts.Status != steps.TaskDone {
		t.Fatalf("it is %s: %s", ts.Status, d.said)
	}
}

func TestEditorThatFailsKeepsNothing(t *testing.T) {
	d, task := writing(t)
	d.press("esc")
	d.send(wroteMsg{task: task, file: "documents/AUDIT.md", err: errors.New("exit status 1")})
	d.look()
	d.expect(t, "the editor ended badly (exit status 1); the file is documents/AUDIT.md")
	if d.f.state.Task(task).Wrote.SHA256 != "" {
		t.Error("something was kept")
	}
}
