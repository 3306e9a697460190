package rehearsal

import (
	"testing"
	"time"
)

// TestReady is the fleet of the runbook, ready for its console. How long it
// takes depends on the machine and is printed only.
func TestReady(t *testing.T) {
	spec := testSpec(t)
	spec.Fleet, spec.FleetDirs = "ray", nil
	for i := range spec.Hosts {
		spec.Hosts[i].Vars = nil
	}
	began := time.Now()
	f := start(t, spec)
	started := time.Since(began)
	for _, h := range spec.Hosts {
		want := "ray-head\n"
		switch h.ID {
		case "local":
			want = ""
		case "w80", "w81", "w82":
			want = "ray-worker-1\nray-worker-2\nray-worker-3\nray-worker-4\n"
		}
		text := "hostname >/dev/null"
		if want != "" {
			text = "docker ps --format '{{.Names}}'"
		}
		if out, errs, code := sh(t, connect(t, f, h.ID), "", text); out != want || code != 0 {
			t.Errorf("%s: %q %q %d", h.ID, out, errs, code)
		}
	}
	t.Logf("5 hosts started in %v, all have answered after %v", started, time.Since(began))
}
