// Command gen writes the JSON Schema of a runbook. Run it with go generate in
// the folder above.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("o", "runbook.schema.json", "`file` to write")
	flag.Parse()
	schema, err := generate("../..")
	if err == nil {
		err = os.WriteFile(*out, schema, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
