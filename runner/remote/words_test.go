package remote

// What a person has to type, on an sshd that asks by PAM, and on a server of
// ours for codes that hold once.

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"belay/runner/job"
	"belay/runner/remote/sshdtest"
	"golang.org/x/crypto/ssh"
)

// typing answers prompts from a list; an empty list is nobody.
type typing struct {
	mu     sync.Mutex
	lines  []string
	labels []string
}

func (y *typing) prompt(_ context.Context, label string) ([]byte, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.labels = append(y.labels, label)
	if len(y.lines) == 0 {
		return nil, errors.New("nobody is here")
	}
	line := y.lines[0]
	y.lines = y.lines[1:]
	return []byte(line), nil
}

func (y *typing) will(lines ...string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.lines = lines
}

func (y *typing) asked() int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return len(y.labels)
}

func TestAPasswordIsAskedForOnce(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.PAM(t, "open sesame"))
	y := &typing{lines: []string{"close sesame", "open sesame"}}
	set := settings(s)
	set.KbdInteractive, set.Keys = true, &Keys{Prompt: y.prompt}
	h := open(t, set)
	ctx := within(t, time.Minute)
	if _, err := h.Run(ctx, job.Script{Text: "true"}, 1); err != nil {
		t.Fatal(err)
	}
	want := "web1 (" + s.User + "@" + s.Addr + ") asks: Password:"
	if y.asked() != 2 || y.labels[0] != want {
		t.Errorf("asked %q; want %q twice", y.labels, want)
	}
	// another connection, and another host of this process, take the same answer
	if err := h.Stream(ctx, job.Script{Text: "true"}, io.Discard); err != nil {
		t.Error(err)
	}
	if err := knock(t, set); err != nil {
		t.Error(err)
	}
	if y.asked() != 2 {
		t.Errorf("asked %d times", y.asked())
	}
}

func TestNobodyToAskIsSaidAndNotTriedAgain(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.PAM(t, "open sesame"))
	y := &typing{}
	set := settings(s)
	set.KbdInteractive, set.Keys = true, &Keys{Prompt: y.prompt}
	h := open(t, set)
	for range 20 {
		_, err := h.Run(within(t, time.Minute), job.Script{Text: "true"}, 1)
		var needs *NeedsPerson
		if !errors.As(err, &needs) || !strings.Contains(err.Error(), `wants to be told "Password:": nobody is here`) {
			t.Fatal(err)
		}
	}
	// one for each connection of its own
	if n := strings.Count(s.Log(), "Connection from "); n > 2 || y.asked() > 2 {
		t.Errorf("%d logins began, %d questions", n, y.asked())
	}
	y.will("open sesame")
	if err := h.Login(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
}

// codes is a server that lets in whoever knows a code, each code once, and
// executes what it is told with sh.
type codes struct {
	net.Listener
	mu    sync.Mutex
	left  []string
	conns []net.Conn
}

func (c *codes) check(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
	got, err := ask("", "Two steps.\n", []string{"Verification code: "}, []bool{true})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.left) == 0 || got[0] != c.left[0] {
		return nil, errors.New("no")
	}
	c.left = c.left[1:]
	return nil, nil
}

func (c *codes) serve(config *ssh.ServerConfig, wg *sync.WaitGroup) {
	for {
		conn, err := c.Accept()
		if err != nil {
			return
		}
		c.mu.Lock()
		c.conns = append(c.conns, conn)
		c.mu.Unlock()
		wg.Go(func() {
			defer conn.Close()
			_, chans, reqs, err := ssh.NewServerConn(conn, config)
			if err != nil {
				return
			}
			wg.Go(func() {
				for req := range reqs {
					req.Reply(true, nil)
				}
			})
			for n := range chans {
				ch, reqs, err := n.Accept()
				if err != nil {
					return
				}
				wg.Go(func() { execute(ch, reqs) })
			}
		})
	}
}

func execute(ch ssh.Channel, reqs <-chan *ssh.Request) {
	for req := range reqs {
		req.Reply(req.Type == "exec", nil)
		if req.Type != "exec" {
			continue
		}
		cmd := exec.Command("sh", "-c", string(req.Payload[4:]))
		cmd.Stdout, cmd.Stderr = ch, ch.Stderr()
		in, err := cmd.StdinPipe() // not ch itself: its end is not awaited
		if err != nil || cmd.Start() != nil {
			ch.Close()
			return
		}
		go func() { io.Copy(in, ch); in.Close() }()
		cmd.Wait()
		ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(cmd.ProcessState.ExitCode())}))
		ch.Close()
	}
}

func (c *codes) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		conn.Close()
	}
}

func (c *codes) met() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.conns)
}

// Where each login takes a code, one connection carries everything, and a lost
// one is not made again behind a person's back.
func TestACodeIsAskedForOnceAConnection(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &codes{Listener: l, left: []string{"111", "222"}}
	config := &ssh.ServerConfig{KeyboardInteractiveCallback: c.check}
	config.AddHostKey(signer)
	var wg sync.WaitGroup
	wg.Go(func() { c.serve(config, &wg) })
	t.Cleanup(func() { l.Close(); c.cut(); wg.Wait() })

	y := &typing{lines: []string{"111"}}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	n, _ := strconv.Atoi(port)
	h := open(t, Settings{ID: "web1", Keys: &Keys{Prompt: y.prompt}, Hop: Hop{Address: "127.0.0.1", Port: n, User: "ana",
		KbdInteractive: true, Password: true, HostKey: ssh.FixedHostKey(signer.PublicKey())},
		Limits: Limits{BackoffMin: time.Millisecond, BackoffMax: 2 * time.Millisecond}})
	ctx := within(t, time.Minute)
	if _, err := h.Identify(ctx); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := h.Stream(ctx, job.Script{Text: "echo flows"}, &out); err != nil || out.String() != "flows\n" {
		t.Fatal(err, out.String())
	}
	if c.met() != 1 || y.asked() != 1 || !strings.HasSuffix(y.labels[0], "asks: Two steps. Verification code:") {
		t.Errorf("%d connections, asked %q", c.met(), y.labels)
	}
	c.cut()
	await(t, "the loss to be noticed", func() bool { return !h.Link().Up })
	for range 20 {
		if _, err := h.Run(ctx, job.Script{Text: "true"}, 1); err == nil {
			t.Fatal("it came back by itself")
		}
	}
	if c.met() > 2 {
		t.Errorf("%d connections", c.met())
	}
	y.will("222")
	if err := h.Login(ctx); err != nil || !h.Link().Up {
		t.Error(err)
	}
}

func TestWhichAnswersHoldAgain(t *testing.T) {
	for question, want := range map[string]bool{
		"Password: ": true, "ana@web1's password: ": true, "(current) UNIX password:": true,
		"Verification code: ": false, "One-time password (OATH) for `ana': ": false, "OTP Password:": false, "": false, "Duo passcode or option (1-2): ": false,
	} {
		if asksPassword(question) != want {
			t.Errorf("%q: %v", question, !want)
		}
	}
}
