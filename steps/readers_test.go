package steps_test

import (
	"testing"

	"belay/runner/probe"
	"belay/steps"
)

// TestReadersAgree holds what Check believes of the readers against the readers.
func TestReadersAgree(t *testing.T) {
	for _, name := range []string{"df", "docker", "ray", "prometheus", "json", "regex", "text"} {
		reader, err := probe.For(name)
		if err != nil {
			t.Fatal(err)
		}
		fields, alone := steps.ProbeFields(name)
		path := map[string]string{"json": ".a", "regex": "(a)", "docker": "a"}[name]
		for _, field := range fields {
			if _, err := reader.Ask(field, path); err != nil {
				t.Errorf("%s.%s: %v", name, field, err)
			}
		}
		if _, err := reader.Ask("", path); (err == nil) != alone {
			t.Errorf("%s alone: %v, Check says %v", name, err, alone)
		}
		if _, err := reader.Ask("no-such-field", path); err == nil {
			t.Errorf("%s takes any field", name)
		}
	}
}
