package runner

import (
	"context"

	"belay/steps"
)

func (r *Runner) probe(ctx context.Context, c *steps.Case, host string, e steps.Evidence, env []string) steps.Value {
	return steps.Value{Raw: "no reader yet"}
}

func (r *Runner) lookGauges(ctx context.Context, host string, list []steps.Evidence) []Gauge {
	return nil
}
