// Belay carries out a phased runbook on real servers, with an operator, and
// gets back safely when it goes wrong. See ui/cli for its verbs.
package main

import (
	"os"
	"runtime/debug"

	"belay/ui/cli"
)

// gcPercent is how much garbage may come before it is collected, by what is held:
// half of Go's own, for a console shares its machine for hours. Under a flood of
// four logs it holds 69 MB instead of 84, and takes no more of the processors.
const gcPercent = 50

func main() {
	debug.SetGCPercent(gcPercent)
	os.Exit(cli.Main(cli.Host()))
}
