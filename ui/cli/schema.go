package cli

// The rule of this file: schemas are made from the types that are read and
// written, so that they cannot be wrong.

import (
	"github.com/invopop/jsonschema"
	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/schema"
)

func (p *program) schemaVerb() *cobra.Command {
	events := false
	c := verb("schema [flags]", "print the JSON Schema of the runbook or of the events", noWords,
		func(*cobra.Command, []string) error {
			if events {
				return p.sayJSON(eventSchema())
			}
			_, err := p.env.Stdout.Write(schema.JSON)
			return err
		})
	c.Long = `Schema prints the JSON Schema of format 1. An editor takes it from the first line of a runbook:
#:schema ./runbook.schema.json. With --events it describes a line of journal.jsonl and of --json.`
	c.Flags().BoolVar(&events, "events", false, "describe the journal's lines instead")
	return c
}

// eventSchema describes one line of the journal: an envelope, and data by kind.
func eventSchema() map[string]any {
	r := jsonschema.Reflector{Anonymous: true, DoNotReference: true, AllowAdditionalProperties: false}
	var kinds []any
	for _, kind := range steps.Kinds() {
		s := r.Reflect(steps.New(kind))
		s.Version = ""
		kinds = append(kinds, map[string]any{
			"title":      kind,
			"properties": map[string]any{"kind": map[string]any{"const": kind}, "data": s},
		})
	}
	hash := map[string]any{"type": "string", "pattern": "^[0-9a-f]{64}$"}
	return map[string]any{
		"$schema":  jsonschema.Version,
		"title":    "A line of journal.jsonl, version 1",
		"type":     "object",
		"required": []string{"v", "seq", "time", "kind", "data", "prev", "h"},
		"properties": map[string]any{
			"v":    map[string]any{"const": 1},
			"seq":  map[string]any{"type": "integer", "minimum": 1, "description": "1, 2, 3, … without a gap"},
			"time": map[string]any{"type": "string", "format": "date-time"},
			"kind": map[string]any{"enum": steps.Kinds()},
			"data": map[string]any{"type": "object"},
			"prev": hash, "h": hash,
		},
		"additionalProperties": false,
		"oneOf":                kinds,
	}
}
