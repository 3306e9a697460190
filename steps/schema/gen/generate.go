package main

// The rule of this file: the schema says what Load accepts, no more and no
// less; where a type reads itself, its spelling is written down here.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"belay/steps"
)

// generate gives the schema of a runbook. Root is the module's folder, whose
// sources hold the comments.
func generate(root string) ([]byte, error) {
	comments, err := fieldComments(filepath.Join(root, "steps", "runbook.go"), filepath.Join(root, "steps", "step.go"))
	if err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	r := &jsonschema.Reflector{
		Anonymous:                  true,
		ExpandedStruct:             true,
		FieldNameTag:               "toml",
		RequiredFromJSONSchemaTags: true,
		Mapper:                     spelling,
		LookupComment:              func(t reflect.Type, field string) string { return comments[t.Name()+"."+field] },
	}
	schema := r.Reflect(&steps.Runbook{})
	schema.Title = "Belay runbook, format 1"
	schema.Required = []string{"format", "title", "phase"}
	addWords(reflect.TypeFor[steps.Runbook](), schema, schema.Definitions, map[reflect.Type]bool{})
	if format, ok := schema.Properties.Get("format"); ok {
		format.Const = 1
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(schema); err != nil {
		return nil, fmt.Errorf("encode schema: %w", err)
	}
	return b.Bytes(), nil
}

// spelling gives the schema of the types that read themselves.
func spelling(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[steps.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]+d|([0-9]+(\.[0-9]+)?(ms|s|m|h))+)$`, Examples: []any{"90s", "15m", "6h", "2d"}}
	case reflect.TypeFor[steps.Var]():
		return either(&jsonschema.Schema{Ref: "#/$defs/Input"})
	case reflect.TypeFor[steps.BatchSize]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "integer", Minimum: "1"}, {Type: "string", Pattern: "^([1-9][0-9]?|100)%$"}}}
	case reflect.TypeFor[steps.FileValue]():
		return either(&jsonschema.Schema{Ref: "#/$defs/SecretValue"})
	case reflect.TypeFor[steps.Danger](), reflect.TypeFor[steps.Keep]():
		return &jsonschema.Schema{Type: "string", Enum: words(steps.Choices(t, ""))}
	}
	return nil
}

func either(table *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: append(plain(), table)}
}

// plain are the values that a variable may be.
func plain() []*jsonschema.Schema {
	return []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}
}

func words(list []string) (out []any) {
	for _, w := range list {
		out = append(out, w)
	}
	return out
}

// addWords goes through the types and writes down the words that a key may
// hold, and the two tables that stand in place of a plain value.
func addWords(t reflect.Type, s *jsonschema.Schema, defs jsonschema.Definitions, seen map[reflect.Type]bool) {
	defs["Input"] = table("Input asks for the value at the start of a run.", "ask", map[string]*jsonschema.Schema{
		"ask":       {Type: "string", Description: "The question."},
		"match":     {Type: "string", Description: "Regular expression that an answer must match as a whole."},
		"rehearsal": {OneOf: plain(), Description: "The answer on the embedded fleet."},
	})
	defs["SecretValue"] = table("SecretValue is the value of a secret.", "secret", map[string]*jsonschema.Schema{
		"secret": {Type: "string", Description: "Name in [secrets]."},
	})
	walk(t, s, defs, seen)
}

func table(description, must string, keys map[string]*jsonschema.Schema) *jsonschema.Schema {
	properties := jsonschema.NewProperties()
	for _, key := range []string{"ask", "match", "rehearsal", "secret"} {
		if k, ok := keys[key]; ok {
			properties.Set(key, k)
		}
	}
	return &jsonschema.Schema{Type: "object", Description: description, Properties: properties,
		Required: []string{must}, AdditionalProperties: jsonschema.FalseSchema}
}

func walk(t reflect.Type, s *jsonschema.Schema, defs jsonschema.Definitions, seen map[reflect.Type]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return
	}
	seen[t] = true
	if s == nil {
		if s = defs[t.Name()]; s == nil {
			return // one of the types that read themselves
		}
	}
	for f := range t.Fields() {
		key := f.Tag.Get("toml")
		if p, ok := s.Properties.Get(key); ok {
			if list := steps.Choices(t, key); list != nil {
				p.Enum = words(list)
			}
			walk(f.Type, nil, defs, seen)
		}
	}
}

// fieldComments reads the comments of some files: "Step.Danger" for a field and
// "Step." for a type.
func fieldComments(paths ...string) (map[string]string, error) {
	comments := map[string]string{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			if decl, ok := d.(*ast.GenDecl); ok && decl.Tok == token.TYPE {
				for _, spec := range decl.Specs {
					commentsOf(spec.(*ast.TypeSpec), decl.Doc, comments)
				}
			}
		}
	}
	return comments, nil
}

func commentsOf(ty *ast.TypeSpec, doc *ast.CommentGroup, comments map[string]string) {
	comments[ty.Name.Name+"."] = oneLine(doc)
	fields, ok := ty.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range fields.Fields.List {
		for _, name := range f.Names {
			comments[ty.Name.Name+"."+name.Name] = oneLine(f.Doc)
		}
	}
}

func oneLine(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }
