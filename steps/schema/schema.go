// Package schema holds the JSON Schema of a runbook, generated from the types
// of package steps. Editors read it for completion and help; "belay schema"
// prints it. The comments of the fields are its descriptions.
package schema

import _ "embed"

// JSON is the schema, in JSON Schema draft 2020-12.
//
//go:embed runbook.schema.json
var JSON []byte

//go:generate go run ./gen -o runbook.schema.json
