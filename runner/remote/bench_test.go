package remote

// What a look costs once a shell is there, beside a command over a connection
// that ssh shares (ssh_config(5), ControlMaster), by turns in one run.

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"belay/runner/job"
	"belay/runner/remote/sshdtest"
)

// BenchmarkLook reports how long a look takes and a shared connection's command,
// and by how much the first look after a login is longer than the second.
func BenchmarkLook(b *testing.B) {
	if _, err := exec.LookPath("ssh"); err != nil {
		b.Skip("no ssh to compare with")
	}
	s := sshdtest.Start(b, sshdtest.Options{})
	dir, err := os.MkdirTemp("", "m") // sockets have short names
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ssh := func(words ...string) {
		b.Helper()
		words = append([]string{"-F", "none", "-T", "-p", strconv.Itoa(s.Port), "-i", s.Key, "-oIdentitiesOnly=yes", "-oBatchMode=yes",
			"-oUserKnownHostsFile=" + s.KnownHosts, "-oControlPath=" + filepath.Join(dir, "m")}, words...)
		if out, err := exec.Command("ssh", words...).CombinedOutput(); err != nil {
			b.Fatalf("ssh %q: %v: %s", words, err, out)
		}
	}
	ssh("-oControlMaster=auto", "-oControlPersist=yes", s.User+"@"+s.Host, "true")
	defer ssh("-Oexit", s.User+"@"+s.Host)
	look := func(h *Host) time.Duration {
		b.Helper()
		begun := time.Now()
		if r, err := h.Run(context.Background(), job.Script{Text: "true"}, 100); err != nil || r.Exit != 0 {
			b.Fatal(err, r)
		}
		return time.Since(begun)
	}
	var first, second, looks, shared []time.Duration
	for range 20 {
		h := New(settings(s))
		if _, err := h.main().connect(context.Background()); err != nil {
			b.Fatal(err)
		}
		first, second = append(first, look(h)), append(second, look(h))
		h.Close()
	}
	h := New(settings(s))
	defer h.Close()
	look(h)
	for b.Loop() {
		looks = append(looks, look(h))
		begun := time.Now()
		ssh(s.User+"@"+s.Host, "true")
		shared = append(shared, time.Since(begun))
	}
	ms := func(of []time.Duration, part int) float64 {
		slices.Sort(of)
		return float64(of[len(of)*part/100].Microseconds()) / 1000
	}
	b.ReportMetric(ms(looks, 50), "look-ms")
	b.ReportMetric(ms(looks, 99), "look-p99-ms")
	b.ReportMetric(ms(shared, 50), "shared-ms")
	b.ReportMetric(ms(first, 50), "first-ms")
	b.ReportMetric(ms(second, 50), "second-ms")
	b.ReportMetric(0, "ns/op")
}
