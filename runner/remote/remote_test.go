package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"belay/runner/job"
	"belay/runner/remote/sshdtest"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// settings are those of a host that knows the server.
func settings(s *sshdtest.Server) Settings {
	return Settings{ID: "web1", Hop: Hop{
		Address: s.Host, Port: s.Port, User: s.User, Identities: []string{s.Key}, KnownHosts: []string{s.KnownHosts},
	}, Limits: Limits{BackoffMin: time.Millisecond, BackoffMax: 20 * time.Millisecond}}
}

func open(t *testing.T, s Settings) *Host {
	t.Helper()
	h := New(s)
	t.Cleanup(func() { h.Close() })
	return h
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited a minute for %s", what)
}

func request(id, text string) job.Request {
	return job.Request{ID: id, Script: job.Script{Text: text}}
}

// gather is a sink that keeps what it gets.
type gather struct {
	mu sync.Mutex
	b  []byte
}

func (g *gather) sink(c job.Chunk) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.Offset != int64(len(g.b)) {
		return fmt.Errorf("chunk at %d, have %d bytes", c.Offset, len(g.b))
	}
	g.b = append(g.b, c.Bytes...)
	return nil
}

func (g *gather) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.b = append(g.b, p...)
	return len(p), nil
}

func (g *gather) bytes() []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return bytes.Clone(g.b)
}

func TestAttemptOverSSHD(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	h := open(t, settings(s))
	ctx := within(t, time.Minute)
	r := request("a-1", `echo "$GREETING from $(pwd)"
cat "$TOKEN_FILE"
echo ANSWER=42 >>"$BELAY_OUT"
exit 37
`)
	r.Script.Env, r.Script.Dir, r.Secrets = []string{"GREETING=it's"}, "/", map[string][]byte{"TOKEN": []byte("s3cret!")}
	if st, err := h.Launch(ctx, r); err != nil || !st.Started {
		t.Fatalf("%+v, %v", st, err)
	}
	var g gather
	st, err := h.Attach(ctx, "a-1", 0, g.sink)
	if err != nil || st.State != job.Exited || st.Exit != 37 {
		t.Errorf("%+v, %v", st, err)
	}
	if string(g.b) != "it's from /\ns3cret!" {
		t.Errorf("output %q", g.b)
	}
	if v, err := h.Values(ctx, "a-1"); err != nil || string(v) != "ANSWER=42\n" {
		t.Errorf("values %q, %v", v, err)
	}
	if st, err := h.Launch(ctx, r); err != nil || st.State != job.Exited {
		t.Errorf("again: %+v, %v", st, err)
	}
	r.Script.Text = "echo other"
	if _, err := h.Launch(ctx, r); !job.Proven(err) {
		t.Errorf("same id, other script: %v", err)
	}
	if st, err := h.Fence(ctx, "a-2"); err != nil || st.State != job.Fenced {
		t.Errorf("fence: %+v, %v", st, err)
	}
	if st, err := h.Launch(ctx, request("a-2", "echo no")); err != nil || st.State != job.Fenced {
		t.Errorf("behind the fence: %+v, %v", st, err)
	}
	if err := h.Forget(ctx, "a-1"); err != nil {
		t.Error(err)
	}
	if st, err := h.Look(ctx, "never"); err != nil || st.State != job.None {
		t.Errorf("%+v, %v", st, err)
	}
	if l := h.Link(); !l.Up || l.Err != nil {
		t.Errorf("link %+v", l)
	}
	select {
	case <-h.Changed():
	default:
		t.Error("the link came up and nobody was told")
	}
	if strings.Contains(s.Log(), "auth-agent-req") {
		t.Error("agent forwarding was asked for")
	}
}

func TestCancelWhileAttached(t *testing.T) {
	h := open(t, settings(sshdtest.Start(t, sshdtest.Options{})))
	ctx := within(t, time.Minute)
	if _, err := h.Launch(ctx, request("c", "trap 'echo bye; exit 9' TERM; echo up; while :; do sleep 0.05; done")); err != nil {
		t.Fatal(err)
	}
	var g gather
	ended := make(chan job.Status, 1)
	go func() {
		st, err := h.Attach(ctx, "c", 0, g.sink)
		if err != nil {
			t.Error(err)
		}
		ended <- st
	}()
	await(t, "up", func() bool { return bytes.Contains(g.bytes(), []byte("up\n")) })
	st, err := h.Cancel(ctx, "c", 10*time.Second)
	if err != nil || st.State != job.Exited || st.Exit != 9 || st.Signal != "TERM" {
		t.Errorf("%+v, %v", st, err)
	}
	if st := <-ended; st.Exit != 9 || !bytes.HasSuffix(g.bytes(), []byte("bye\n")) {
		t.Errorf("attached: %+v, %q", st, g.bytes())
	}
}

// sshd and all that serves connections dies by -9 while the attempt runs.
func TestReattachAfterSSHDWasKilled(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	h := open(t, settings(s))
	ctx := within(t, 2*time.Minute)
	ref := filepath.Join(s.Dir, "ref")
	text := fmt.Sprintf("i=0; while [ $i -lt 30 ]; do head -c 40009 /dev/urandom | tee -a %s; i=$((i+1)); sleep 0.05; done; exit 21\n", ref)
	if _, err := h.Launch(ctx, request("k", text)); err != nil {
		t.Fatal(err)
	}
	var g gather
	var st job.Status
	cuts := 0
	for {
		at := int64(len(g.bytes()))
		var err error
		killed := false
		st, err = h.Attach(ctx, "k", at, func(c job.Chunk) error {
			if !killed && cuts < 3 {
				killed = true
				cuts++
				if cuts == 2 {
					s.Restart()
				} else {
					s.KillConnections()
				}
			}
			return g.sink(c)
		})
		if err == nil {
			break
		}
		var u *job.Unreachable
		if !errors.As(err, &u) {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(ref)
	if err != nil || !bytes.Equal(g.bytes(), want) || st.State != job.Exited || st.Exit != 21 {
		t.Errorf("%d bytes, want %d, equal %v; %+v, %v", len(g.b), len(want), bytes.Equal(g.b, want), st, err)
	}
	if cuts != 3 {
		t.Errorf("%d cuts", cuts)
	}
}

func TestRunStreamDialIdentify(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	h := open(t, settings(s))
	ctx := within(t, time.Minute)
	r, err := h.Run(ctx, job.Script{Text: "cat; echo out; echo err >&2; exit 3"}, 100)
	if err != nil || string(r.Out) != "out\n" || string(r.Err) != "err\n" || r.Exit != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := h.Run(ctx, job.Script{Text: "head -c 500000 /dev/zero"}, 10); err != nil || len(r.Out) != 10 || r.Exit != 0 {
		t.Errorf("limit: %d bytes, %v", len(r.Out), err)
	}
	// something left behind holds stdout open
	if r, err := h.Run(ctx, job.Script{Text: "echo out; setsid sleep 8 & exit 4"}, 100); err != nil || string(r.Out) != "out\n" || r.Exit != 4 || r.Took > 6*time.Second {
		t.Errorf("straggler: %+v, %v", r, err)
	}
	id, err := h.Identify(ctx)
	if err != nil || !strings.HasPrefix(id.HostKey, "SHA256:") || id.User != s.User || id.Hostname == "" || id.BootID == "" ||
		time.Since(id.Clock).Abs() > time.Minute {
		t.Errorf("%+v, %v", id, err)
	}

	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go web.Serve(l)
	defer web.Close()
	tr := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) { return h.Dial(ctx, addr) }}
	resp, err := (&http.Client{Transport: tr}).Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(resp.Body); string(b) != "hello" {
		t.Errorf("http: %q", b)
	}
	resp.Body.Close()

	pid := filepath.Join(s.Dir, "pid")
	tail, stop := context.WithCancel(ctx)
	var g gather
	ended := make(chan error, 1)
	go func() {
		ended <- h.Stream(tail, job.Script{Text: "echo $$ >" + pid + "; echo line; exec sleep 1000"}, &g)
	}()
	await(t, "line", func() bool { return string(g.bytes()) == "line\n" })
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("stream: %v", err)
	}
	b, _ := os.ReadFile(pid)
	await(t, "the tail on the host to end", func() bool {
		_, err := os.Stat("/proc/" + strings.TrimSpace(string(b)))
		return err != nil
	})
	if err := h.Stream(ctx, job.Script{Text: "echo no such file >&2; exit 2"}, &g); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("stream: %v", err)
	}
}

func TestOneSessionPerConnection(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"MaxSessions 1"}})
	h := open(t, settings(s))
	ctx := within(t, time.Minute)
	if _, err := h.Launch(ctx, request("m", "echo up; exec sleep 1000")); err != nil {
		t.Fatal(err)
	}
	var g [3]gather
	tails, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { h.Attach(tails, "m", 0, g[0].sink) })
	for i := 1; i < 3; i++ {
		wg.Go(func() { h.Stream(tails, job.Script{Text: "echo up; exec sleep 1000"}, &g[i]) })
	}
	for i := range g {
		await(t, "all three", func() bool { return string(g[i].bytes()) == "up\n" })
	}
	var runs sync.WaitGroup
	for range 6 {
		runs.Go(func() {
			if r, err := h.Run(ctx, job.Script{Text: "sleep 0.05; echo ok"}, 100); err != nil || string(r.Out) != "ok\n" {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
	runs.Wait()
	if _, err := h.Cancel(ctx, "m", 0); err != nil {
		t.Error(err)
	}
	stop()
	wg.Wait()
	if n := strings.Count(s.Log(), "Accepted publickey"); n != 5 {
		t.Errorf("%d connections, want 5: control, looks, one followed, two tails", n)
	}
}

func TestFrozenHostIsNoticed(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	set := settings(s)
	set.Limits.Keepalive, set.Limits.Misses, set.Limits.Handshake = 100*time.Millisecond, 3, 300*time.Millisecond
	set.Limits.Handshake = 5 * time.Second
	h := open(t, set)
	ctx := within(t, time.Minute)
	if _, err := h.Run(ctx, job.Script{Text: "true"}, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Look(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	s.Freeze()
	began := time.Now()
	asked := make(chan error, 2)
	go func() { _, err := h.Look(ctx, "a"); asked <- err }()
	go func() { _, err := h.Run(ctx, job.Script{Text: "true"}, 1); asked <- err }()
	for range 2 {
		var u *job.Unreachable
		if err := <-asked; !errors.As(err, &u) {
			t.Fatalf("frozen: %v", err)
		}
	}
	if d := time.Since(began); d > 3*time.Second {
		t.Errorf("noticed after %v", d)
	}
	await(t, "the link to be down", func() bool { l := h.Link(); return !l.Up && l.Err != nil })
	s.Thaw()
	await(t, "the host to come back", func() bool {
		_, err := h.Look(ctx, "a")
		return err == nil
	})
	if l := h.Link(); !l.Up {
		t.Errorf("link %+v", l)
	}
}

// trickle is a line that brings a little at a time.
type trickle struct{ net.Conn }

func (t trickle) Read(b []byte) (int, error) {
	time.Sleep(20 * time.Millisecond) // the line's own time
	return t.Conn.Read(b[:min(len(b), 4<<10)])
}

// TestASlowLineIsNoSilentOne: the answer to a keepalive comes behind all output
// that is on its way, long after a silent host would be given up.
func TestASlowLineIsNoSilentOne(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	set := settings(s)
	set.Limits.Keepalive, set.Limits.Misses = 100*time.Millisecond, 3
	set.Dial = func(ctx context.Context) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
		return trickle{conn}, err
	}
	h := open(t, set)
	ctx := within(t, time.Minute)
	if _, err := h.Launch(ctx, request("m", "head -c 600000 /dev/zero")); err != nil {
		t.Fatal(err)
	}
	var g gather
	if st, err := h.Attach(ctx, "m", 0, g.sink); err != nil || st.State != job.Exited || len(g.bytes()) != 600000 {
		t.Errorf("%d bytes, %+v, %v", len(g.bytes()), st, err)
	}
	if n := strings.Count(s.Log(), "Accepted publickey"); n > 2 {
		t.Errorf("%d connections: the line was taken for dead", n)
	}
}

func TestSilentServerIsNoticed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var came atomic.Int32
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			defer conn.Close()
		}
	}()
	a := l.Addr().(*net.TCPAddr)
	h := open(t, Settings{ID: "x", Hop: Hop{Address: a.IP.String(), Port: a.Port, HostKey: ssh.InsecureIgnoreHostKey()},
		Limits: Limits{Handshake: 100 * time.Millisecond, BackoffMin: time.Hour, BackoffMax: time.Hour}})
	began := time.Now()
	_, err = h.Look(within(t, time.Minute), "a")
	var u *job.Unreachable
	if !errors.As(err, &u) || !strings.Contains(err.Error(), "handshake") || time.Since(began) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	// within the backoff the last cause comes back, and nobody dials
	if _, err := h.Look(within(t, time.Minute), "a"); !errors.As(err, &u) || came.Load() != 1 {
		t.Errorf("%v after %d connections", err, came.Load())
	}
}

func TestContextEndsACallAtOnce(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	h := open(t, settings(s))
	if _, err := h.Run(within(t, time.Minute), job.Script{Text: "true"}, 1); err != nil {
		t.Fatal(err)
	}
	s.Freeze()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := h.Look(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	h.Close() // must not hang on a frozen host
	if _, err := h.Look(within(t, time.Minute), "a"); err == nil {
		t.Error("a closed host answered")
	}
}
