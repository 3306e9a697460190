package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"belay/steps/schema"
)

func TestSchemaIsUpToDate(t *testing.T) {
	want, err := generate("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, schema.JSON) {
		t.Error("runbook.schema.json is not what the types say: run go generate ./steps/schema")
	}
}

// TestSchemaTakesShipped walks a file beside the schema, as far as keys, types
// and words go.
func TestSchemaTakesShipped(t *testing.T) {
	for _, name := range []string{"../../testdata/sample.toml", "../../../runbook.toml"} {
		doc := map[string]any{}
		if _, err := toml.DecodeFile(name, &doc); err != nil {
			t.Logf("without %s: %v", name, err)
			continue
		}
		for _, problem := range walkSchema(t, doc) {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	for src, want := range map[string]string{
		"formt = 1":    "formt: no such key",
		"format = 'x'": "format: is not",
		"[[phase]]\n[[phase.step]]\nkind = 'gat'":      "phase[0].step[0].kind: is not one of",
		"[[phase]]\n[[phase.step]]\nbatch = [1, true]": "phase[0].step[0].batch[1]: fits nothing",
		"[vars]\nA = { match = 'x' }":                  "vars.A: fits nothing",
		"[[phase]]\n[[phase.step]]\ncapture.A = ''":    "is not one of",
	} {
		doc := map[string]any{}
		if _, err := toml.Decode(src, &doc); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(walkSchema(t, doc), "\n")
		if !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
}

func walkSchema(t *testing.T, doc map[string]any) []string {
	t.Helper()
	var root node
	if err := json.Unmarshal(schema.JSON, &root); err != nil {
		t.Fatal(err)
	}
	return root.problems(&root, "", doc)
}

// node is as much of a schema as the walk understands.
type node struct {
	Ref        string           `json:"$ref"`
	Defs       map[string]*node `json:"$defs"`
	Type       string           `json:"type"`
	Enum       []any            `json:"enum"`
	OneOf      []*node          `json:"oneOf"`
	Items      *node            `json:"items"`
	Properties map[string]*node `json:"properties"`
	Required   []string         `json:"required"`
	Additional json.RawMessage  `json:"additionalProperties"`
}

func (n *node) problems(root *node, path string, v any) (found []string) {
	if n.Ref != "" {
		def := root.Defs[strings.TrimPrefix(n.Ref, "#/$defs/")]
		if def == nil {
			return []string{path + ": no definition " + n.Ref}
		}
		return def.problems(root, path, v)
	}
	if n.OneOf != nil {
		if !slices.ContainsFunc(n.OneOf, func(o *node) bool { return len(o.problems(root, path, v)) == 0 }) {
			return []string{path + ": fits nothing"}
		}
		return nil
	}
	if n.Enum != nil && !slices.Contains(n.Enum, v) {
		return []string{fmt.Sprintf("%s: is not one of %v", path, n.Enum)}
	}
	switch x := v.(type) {
	case map[string]any:
		return n.tableProblems(root, path, x)
	case []map[string]any:
		for i, e := range x {
			found = append(found, n.element(root, path, i, e)...)
		}
	case []any:
		for i, e := range x {
			found = append(found, n.element(root, path, i, e)...)
		}
	default:
		kind := map[string]string{"string": "string", "int64": "integer", "float64": "number", "bool": "boolean"}[fmt.Sprintf("%T", v)]
		if n.Type != kind && (n.Type != "number" || kind != "integer") {
			found = append(found, path+": is not "+n.Type)
		}
	}
	return found
}

func (n *node) element(root *node, path string, i int, v any) []string {
	if n.Type != "array" || n.Items == nil {
		return []string{path + ": is not " + n.Type}
	}
	return n.Items.problems(root, fmt.Sprintf("%s[%d]", path, i), v)
}

func (n *node) tableProblems(root *node, path string, m map[string]any) (found []string) {
	if n.Type != "object" {
		return []string{path + ": is not " + n.Type}
	}
	for key, v := range m {
		at := strings.TrimPrefix(path+"."+key, ".")
		var rest node
		switch p := n.Properties[key]; {
		case p != nil:
			found = append(found, p.problems(root, at, v)...)
		case json.Unmarshal(n.Additional, &rest) == nil:
			found = append(found, rest.problems(root, at, v)...)
		default:
			found = append(found, at+": no such key")
		}
	}
	for _, key := range n.Required {
		if _, ok := m[key]; !ok {
			found = append(found, path+": needs "+key)
		}
	}
	return found
}
