package runner

// What the console can take in, beside what ssh itself delivers, in one run:
// ratios count, absolute figures belong to the machine.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"belay/runner/job"
	"belay/runner/remote"
	"belay/runner/remote/sshdtest"
	"belay/runner/tail"
)

const benchLines = 800_000 // of all hosts, 100 bytes each

func benchScript(lines int) string {
	line := fmt.Sprintf("%099d", 7)
	return fmt.Sprintf("yes %s | head -n %d", line, lines)
}

// BenchmarkLines takes a log of each host at full speed through SSH, the masking
// of secrets and the ring, and by turns with it the same output by the system's
// ssh into nothing.
func BenchmarkLines(b *testing.B) {
	if _, err := exec.LookPath("ssh"); err != nil {
		b.Skip("no ssh to compare with")
	}
	for _, n := range []int{1, 4, 32} {
		b.Run(fmt.Sprintf("hosts=%d", n), func(b *testing.B) { linesFrom(b, n) })
	}
}

func linesFrom(b *testing.B, n int) {
	servers := make([]*sshdtest.Server, n)
	hosts := make([]Host, len(servers))
	for i := range servers {
		s := sshdtest.Start(b, sshdtest.Options{})
		hosts[i] = remote.New(remote.Settings{ID: strconv.Itoa(i), Hop: remote.Hop{Address: s.Host, Port: s.Port, User: s.User,
			Identities: []string{s.Key}, IdentitiesOnly: true, KnownHosts: []string{s.KnownHosts}}})
		defer hosts[i].Close()
		if _, err := hosts[i].Identify(context.Background()); err != nil {
			b.Fatal(err)
		}
		servers[i] = s
	}
	masked, err := tail.NewSecrets(map[string][]byte{"TOKEN": []byte("s3cr3t-t0ken")})
	if err != nil {
		b.Fatal(err)
	}
	var ours, theirs time.Duration
	for b.Loop() {
		begun := time.Now()
		each(b, len(hosts), func(i int) error { return intoRing(hosts[i], benchLines/n, masked) })
		ours += time.Since(begun)
		begun = time.Now()
		each(b, len(servers), func(i int) error { return intoNothing(servers[i], benchLines/n) })
		theirs += time.Since(begun)
	}
	all := float64(b.N) * float64(benchLines/n*n)
	b.ReportMetric(all/ours.Seconds(), "belay-lines/s")
	b.ReportMetric(all/theirs.Seconds(), "ssh-lines/s")
	b.ReportMetric(0, "ns/op")
}

func intoRing(h Host, lines int, masked *tail.Secrets) error {
	ring := tail.NewRing(tail.DefaultRing)
	mask := masked.Redactor(ring)
	err := h.Stream(context.Background(), job.Script{Text: benchScript(lines)}, mask)
	mask.Flush()
	if _, next := ring.Span(); err == nil && next != int64(lines) {
		return fmt.Errorf("%d lines arrived", next)
	}
	return err
}

func intoNothing(s *sshdtest.Server, lines int) error {
	cmd := exec.Command("ssh", "-F", "none", "-T", "-p", strconv.Itoa(s.Port), "-i", s.Key, "-o", "IdentitiesOnly=yes",
		"-o", "UserKnownHostsFile="+s.KnownHosts, "-o", "BatchMode=yes", "-c", "aes128-gcm@openssh.com", s.User+"@"+s.Host, benchScript(lines))
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

func each(b *testing.B, n int, f func(i int) error) {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			b.Fatal(err)
		}
	}
}
