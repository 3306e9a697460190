// Faults at work: what the parsed ones do to attempts and connections.
package rehearsal

import (
	"time"

	"belay/runner/rehearsal/jobs"
	"belay/runner/rehearsal/world"
)

// dropAfter is when a connection is cut during an attempt: late enough that
// the console follows it, early enough that it has not ended.
const dropAfter = 300 * time.Millisecond

type faults struct{ server *server }

// Launch is asked when an attempt starts.
func (f *faults) Launch(h *world.Host, step string) *jobs.Plan {
	for _, fault := range f.server.spec.Faults {
		if step == "" || fault.Step != step || fault.Host != "" && fault.Host != h.ID {
			continue
		}
		switch fault.Kind {
		case "hang", "exit", "drop":
			if f.server.world.Fires(fault) {
				return f.plan(fault, h)
			}
		}
	}
	return nil
}

func (f *faults) plan(fault Fault, h *world.Host) *jobs.Plan {
	plan := &jobs.Plan{Exit: -1}
	switch fault.Kind {
	case "hang":
		plan.Hang = true
	case "exit":
		plan.Exit = fault.Exit
	case "drop":
		plan.Drop = func() { h.Later(dropAfter, func() { f.server.cut(h.ID) }) }
	}
	return plan
}

// Ended is told when an attempt has ended.
func (f *faults) Ended(h *world.Host, step string) {
	for _, fault := range f.server.spec.Faults {
		if fault.Kind == "refuse" && fault.Host == h.ID && step != "" && fault.Step == step && f.server.world.Fires(fault) {
			f.server.refuse(h, fault.For)
		}
	}
}

// refuse takes a host from the network, for d or for good.
func (s *server) refuse(h *world.Host, d time.Duration) {
	if h.SetDown(true) != nil {
		return
	}
	s.cut(h.ID)
	if d > 0 {
		h.Later(d, func() { _ = h.SetDown(false) })
	}
}

// refuseForNow gives hosts that refuse from the start, for a time, their end.
func (s *server) refuseForNow() {
	for _, fault := range s.spec.Faults {
		if h := s.world.Host(fault.Host); fault.Kind == "refuse" && fault.For > 0 && h != nil && h.Down() {
			h.Later(fault.For, func() { _ = h.SetDown(false) })
		}
	}
}

func (s *server) cut(hostID string) {
	for i, h := range s.world.Hosts {
		if h.ID == hostID {
			s.hosts[i].Cut()
		}
	}
}
