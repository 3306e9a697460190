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

	"belay/runner/job"
	"belay/runner/remote"
	"belay/runner/remote/sshdtest"
	"belay/runner/tail"
)

const benchLines = 200000 // per host, 100 bytes each

func benchScript() string {
	line := fmt.Sprintf("%099d", 7)
	return fmt.Sprintf("yes %s | head -n %d", line, benchLines)
}

// BenchmarkLinesFromFourHosts takes four logs at full speed through SSH, the
// masking of secrets and the ring.
func BenchmarkLinesFromFourHosts(b *testing.B) {
	servers := make([]*sshdtest.Server, 4)
	for i := range servers {
		servers[i] = sshdtest.Start(b, sshdtest.Options{})
	}
	b.Run("belay", func(b *testing.B) {
		masked, err := tail.NewSecrets(map[string][]byte{"TOKEN": []byte("s3cr3t-t0ken")})
		if err != nil {
			b.Fatal(err)
		}
		hosts := make([]Host, len(servers))
		for i, s := range servers {
			hosts[i] = remote.New(remote.Settings{ID: strconv.Itoa(i), Hop: remote.Hop{Address: s.Host, Port: s.Port, User: s.User,
				Identities: []string{s.Key}, IdentitiesOnly: true, KnownHosts: []string{s.KnownHosts}}})
			defer hosts[i].Close()
			if _, err := hosts[i].Identify(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
		for b.Loop() {
			each(b, len(hosts), func(i int) error {
				ring := tail.NewRing(tail.DefaultRing)
				mask := masked.Redactor(ring)
				err := hosts[i].Stream(context.Background(), job.Script{Text: benchScript()}, mask)
				mask.Flush()
				if _, next := ring.Span(); err == nil && next != benchLines {
					return fmt.Errorf("%d lines arrived", next)
				}
				return err
			})
		}
		lines(b, len(hosts))
	})
	b.Run("ssh", func(b *testing.B) {
		if _, err := exec.LookPath("ssh"); err != nil {
			b.Skip("no ssh to compare with")
		}
		for b.Loop() {
			each(b, len(servers), func(i int) error {
				s := servers[i]
				cmd := exec.Command("ssh", "-F", "none", "-T", "-p", strconv.Itoa(s.Port), "-i", s.Key, "-o", "IdentitiesOnly=yes",
					"-o", "UserKnownHostsFile="+s.KnownHosts, "-o", "BatchMode=yes", s.User+"@"+s.Host, benchScript())
				cmd.Stdout, cmd.Stderr = nil, os.Stderr
				return cmd.Run()
			})
		}
		lines(b, len(servers))
	})
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

func lines(b *testing.B, hosts int) {
	b.ReportMetric(float64(b.N)*float64(hosts)*benchLines/b.Elapsed().Seconds(), "lines/s")
}
