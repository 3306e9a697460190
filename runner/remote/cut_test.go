package remote

// Whatever a network does to the link, what was read of an output is the host's
// output, from its first byte to its last, and no byte twice.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"belay/runner/job"
	"belay/runner/remote/sshdtest"
)

// deep reports whether the bars are to be measured at their full size.
func deep() bool { return os.Getenv("BELAY_DEEP") != "" }

// TestOutputToTheByte: make deep cuts 1,000 links while 100 MB flow.
func TestOutputToTheByte(t *testing.T) {
	size, cuts := int64(2_000_000), 8
	if deep() {
		size, cuts = 100_000_000, 1000
	}
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"MaxStartups 1000"}})
	coin := rand.New(rand.NewPCG(2, 3))
	// A frame of 256 KiB passes whole or not at all: about one link in three has
	// to bear one, so that the output lasts for all the cuts.
	x := newProxy(t, s.Addr, func(x *proxy) (int64, trouble) {
		if x.count() >= cuts {
			return -1, 0
		}
		return coin.Int64N(400_000), trouble(coin.IntN(int(troubles)))
	})
	set := settings(s)
	set.Port, set.HostKeyAlias = x.port(), "behind-the-proxy"
	write(t, s.KnownHosts, "behind-the-proxy "+keyOf(t, s))
	set.Limits.Keepalive, set.Limits.Misses, set.Limits.Handshake = 60*time.Millisecond, 3, 2*time.Second
	h := open(t, set)
	ctx := within(t, 30*time.Minute)
	r := request("flow", fmt.Sprintf("head -c %d /dev/urandom", size))
	for {
		if st, err := h.Launch(ctx, r); err == nil && st.Started {
			break
		} else if ctx.Err() != nil {
			t.Fatal(st, err)
		}
	}
	ours, read := sha256.New(), int64(0)
	sink := func(c job.Chunk) error {
		if c.Offset != read {
			return fmt.Errorf("a piece at %d after %d bytes", c.Offset, read)
		}
		ours.Write(c.Bytes)
		read += int64(len(c.Bytes))
		return nil
	}
	for done := false; !done; {
		st, err := h.Attach(ctx, "flow", read, sink)
		var away *job.Unreachable
		switch {
		case err == nil:
			done = st.State == job.Exited
		case !errors.As(err, &away):
			t.Fatalf("after %d bytes and %d cuts: %v", read, x.count(), err)
		}
	}
	if got, want := hex.EncodeToString(ours.Sum(nil)), fileSum(t, filepath.Join(s.Home, ".belay/jobs/flow/out")); got != want || read != size {
		t.Errorf("%d bytes, sha256 %s; the host has %s", read, got, want)
	}
	if x.count() < cuts {
		t.Errorf("only %d links were cut", x.count())
	}
	cut := x.count()
	x.mu.Lock()
	defer x.mu.Unlock()
	t.Logf("figure: %d MB over %d cut links %v: sha256 equal", size/1_000_000, cut, x.cuts)
}

func keyOf(t *testing.T, s *sshdtest.Server) string {
	t.Helper()
	b, err := os.ReadFile(s.HostKey + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func fileSum(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// TestOthersAreNotDelayed: a link that stalls delays no other host by 100 ms.
func TestOthersAreNotDelayed(t *testing.T) {
	looks := 6
	if deep() {
		looks = 60
	}
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"MaxStartups 1000"}})
	stalled := newProxy(t, s.Addr, func(*proxy) (int64, trouble) { return 8_000, stall }) // behind the handshake
	set := settings(s)
	set.Port, set.HostKeyAlias = stalled.port(), "behind-the-proxy"
	write(t, s.KnownHosts, s.KnownHostsLine(s.HostKey+".pub")+"behind-the-proxy "+keyOf(t, s))
	hung := open(t, set)
	var others []*Host
	for range 7 {
		others = append(others, open(t, settings(s)))
	}
	ctx := within(t, 10*time.Minute)
	round := func() (worst time.Duration) {
		for _, h := range others {
			began := time.Now()
			if _, err := h.Run(ctx, job.Script{Text: "echo here"}, 100); err != nil {
				t.Fatal(err)
			}
			worst = max(worst, time.Since(began))
		}
		return worst
	}
	round() // logs in
	best := func() time.Duration {
		least := time.Hour // of the worst of seven: what a busy machine adds is not ours
		for range looks {
			least = min(least, round())
		}
		return least
	}
	alone := best()
	short, stop := context.WithCancel(ctx)
	defer stop()
	asked := make(chan error, 1)
	go func() {
		for { // until the stall has struck
			if _, err := hung.Run(short, job.Script{Text: "head -c 3000 /dev/zero"}, 4000); err != nil {
				asked <- err
				return
			}
		}
	}()
	await(t, "the stall", func() bool { return stalled.count() > 0 })
	beside := best()
	select {
	case err := <-asked:
		t.Errorf("it did not hang while the others were asked: %v", err)
	default:
	}
	if beside > alone+100*time.Millisecond {
		t.Errorf("a look took %v, beside a host that hangs %v", alone, beside)
	}
	stop()
	<-asked
	t.Logf("figure: a look at 7 hosts takes %v, beside one that hangs %v", alone.Round(time.Millisecond), beside.Round(time.Millisecond))
}
