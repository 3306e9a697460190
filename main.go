// Belay carries out a phased runbook on real servers, with an operator, and
// gets back safely when it goes wrong. See ui/cli for its verbs.
package main

import (
	"os"

	"belay/ui/cli"
)

func main() { os.Exit(cli.Main(cli.Host())) }
