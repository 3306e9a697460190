package cli

// The rule of this file: what a step took in another run is looked up once, when
// a run is taken up; runs on the embedded fleet are not asked.

import (
	"maps"
	"time"

	"belay/steps"
)

// past is what steps took in the other runs that are kept, by what they do; the
// newest run counts. Of a damaged journal nothing is believed.
func (p *program) past(own *ledger) (map[string]steps.Past, error) {
	if own.state.Opened.EnvKind == steps.Embedded {
		return nil, nil
	}
	all, err := p.ledgers()
	if err != nil {
		return nil, err
	}
	out := map[string]steps.Past{}
	for _, l := range all {
		if l.id == own.id || l.damage != nil {
			continue
		}
		events, at := make([]steps.Event, len(l.events)), make([]time.Time, len(l.events))
		for i, e := range l.events {
			events[i], at[i] = e.Event, e.At
		}
		maps.Copy(out, steps.Tooks(events, at))
	}
	return out, nil
}
