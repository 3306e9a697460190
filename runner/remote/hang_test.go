package remote

// A host that hangs is shown as such in time, wherever it hangs, and nothing of
// it is left here. The clock of these tests is synctest's, so the limits are
// those that operators live with.

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"belay/runner/job"
	"belay/runner/remote/sshdtest"
	"golang.org/x/crypto/ssh"
)

// shownWithin is the bar.
const shownWithin = 15 * time.Second

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// serve is a server that answers every command with the status of a job.
func serve(conn net.Conn, hostKey ssh.Signer) {
	config := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }}
	config.AddHostKey(hostKey)
	_, chans, reqs, err := ssh.NewServerConn(conn, config)
	if err != nil {
		conn.Close()
		return
	}
	go func() {
		for r := range reqs {
			r.Reply(false, nil)
		}
	}()
	for ask := range chans {
		ch, reqs, err := ask.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range reqs {
				r.Reply(r.Type == "exec", nil)
			}
		}()
		go func() {
			io.Copy(io.Discard, ch)
			io.WriteString(ch, job.Status{ID: "a", State: job.None}.Line()+"\n")
			ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{0}))
			ch.Close()
		}()
	}
}

// hanging connects to a server that is heard no more after so many of its bytes;
// a negative number is never. passed counts them.
func hanging(after int64, hostKey ssh.Signer, passed *atomic.Int64) net.Conn {
	ours, near := net.Pipe()
	far, theirs := net.Pipe()
	go serve(theirs, hostKey)
	go func() {
		io.Copy(far, near)
		far.Close()
	}()
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := far.Read(b)
			pass := int64(n)
			if after >= 0 {
				pass = max(0, min(pass, after-passed.Load()))
			}
			passed.Add(pass)
			if pass > 0 {
				near.Write(b[:pass])
			}
			if err != nil {
				near.Close()
				return
			}
		}
	}()
	return ours
}

// TestAHangAtAnyByteIsShown: from the first byte of the handshake to the last of
// a session. make deep takes every byte.
func TestAHangAtAnyByteIsShown(t *testing.T) {
	hostKey, me := newSigner(t), newSigner(t)
	look := func(t *testing.T, after int64, passed *atomic.Int64) (took time.Duration, l job.Link, err error) {
		synctest.Test(t, func(t *testing.T) {
			h := New(Settings{ID: "x", Hop: Hop{Address: fmt.Sprint("hangs-after-", after), Signers: []ssh.Signer{me},
				HostKey: ssh.FixedHostKey(hostKey.PublicKey())},
				Dial: func(context.Context) (net.Conn, error) { return hanging(after, hostKey, passed), nil }})
			began := time.Now()
			_, err = h.Look(t.Context(), "a")
			took = time.Since(began)
			synctest.Wait()
			l = h.Link()
			h.Close()
		})
		return took, l, err
	}
	var all atomic.Int64
	if _, _, err := look(t, -1, &all); err != nil {
		t.Fatal(err)
	}
	step := all.Load()/150 + 1
	if deep() {
		step = 1
	}
	places, longest := 0, time.Duration(0)
	// Behind the answer come an exit code and the end of the channel: what does
	// without them has its answer.
	for n := int64(0); n < all.Load()-200; n += step {
		var passed atomic.Int64
		took, l, err := look(t, n, &passed)
		var away *job.Unreachable
		if !errors.As(err, &away) || took > shownWithin || l.Up || l.Err == nil {
			t.Fatalf("hangs after byte %d of %d: %v after %v, link %+v", n, all.Load(), err, took, l)
		}
		places, longest = places+1, max(longest, took)
	}
	t.Logf("figure: %d places in %d bytes, shown after %v at most", places, all.Load(), longest)
}

// TestAHangIsShownInTime is the same on a real clock, with a real sshd; only
// make deep has the time.
func TestAHangIsShownInTime(t *testing.T) {
	if !deep() {
		t.Skip("takes its 15 seconds: only in make deep")
	}
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"MaxStartups 1000", "LoginGraceTime 0"}})
	write(t, s.KnownHosts, "behind-the-proxy "+keyOf(t, s))
	type shown struct {
		after int64
		took  time.Duration
		err   error
	}
	answers := make(chan shown)
	places := 0
	for after := int64(0); after < 3200; after += 64 {
		x := newProxy(t, s.Addr, func(*proxy) (int64, trouble) { return after, stall })
		set := settings(s)
		set.Port, set.HostKeyAlias, set.Limits = x.port(), "behind-the-proxy", Limits{}
		h := open(t, set)
		places++
		go func() { // looks until the byte has come, and the link has been given up
			var err error
			for at := x.struck(); err == nil && (at.IsZero() || !h.Link().Since.After(at)); at = x.struck() {
				_, err = h.Look(context.Background(), "a")
			}
			answers <- shown{after, time.Since(x.struck()), err}
		}()
	}
	longest := time.Duration(0)
	for range places {
		a := <-answers
		// Who has his answer when the link hangs is not told of it; who asks next is
		// given another link. A busy machine may take a second for that.
		var away *job.Unreachable
		if a.err != nil && !errors.As(a.err, &away) || a.took > shownWithin+time.Second {
			t.Errorf("hangs after byte %d: %v after %v", a.after, a.err, a.took)
		}
		longest = max(longest, a.took)
	}
	t.Logf("figure: %d places at once on a real sshd, shown after %v at most", places, longest.Round(10*time.Millisecond))
}
