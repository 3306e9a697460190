package job

import (
	"maps"
	"testing"
)

// TestHeadsComeBack: what a launch left is read back in every shell, and no other run's.
func TestHeadsComeBack(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		c := launch("run-1.step.a.1", "true")
		c.Request.Head = "beef01"
		h.must(c)
		h.must(Call{Verb: Fence, ID: "run-1.step.a.2"})
		h.must(launch("run-10.step.a.1", "true"))
		h.follow("run-1.step.a.1", 0)
		h.follow("run-10.step.a.1", 0)
		for run, want := range map[string]map[string]string{
			"run-1":  {"run-1.step.a.1": "beef01", "run-1.step.a.2": ""},
			"run-10": {"run-10.step.a.1": ""},
			"run-2":  {},
		} {
			out, stderr, code := h.exec([]byte(Heads(run).stored()))
			got, err := ParseHeads(out)
			if err != nil || code != 0 || !maps.Equal(got, want) {
				t.Errorf("%s: %v, %v, exit %d: %s", run, got, err, code, stderr)
			}
		}
	})
}

func FuzzParseHeads(f *testing.F) {
	f.Add([]byte("r.a 0\nr.b -\nwhole\n"))
	f.Add([]byte("r.a 0\nr.b"))
	f.Fuzz(func(t *testing.T, out []byte) {
		got, err := ParseHeads(out)
		if (err == nil) != (got != nil) {
			t.Fatal(got, err)
		}
		for id, head := range got {
			if !idPattern.MatchString(id) || head != "" && !markPattern.MatchString(head) {
				t.Fatalf("%q %q", id, head)
			}
		}
	})
}
