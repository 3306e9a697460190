package job

// The shell that takes looks, on real shells: what one script does, none of the
// others sees.

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// open is a shell that takes asks.
type open struct {
	t    *testing.T
	in   io.WriteCloser
	cmd  *exec.Cmd
	mu   sync.Mutex
	out  *Around
	errs *Around
	say  chan struct{} // something was printed
}

func (h *host) open() *open {
	h.t.Helper()
	cmd := exec.Command(h.shell, "-s")
	cmd.Env, cmd.Dir = h.env, h.home
	o := &open{t: h.t, cmd: cmd, say: make(chan struct{}, 1)}
	in, err := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	errs, err3 := cmd.StderrPipe()
	if err != nil || err2 != nil || err3 != nil {
		h.t.Fatal(err, err2, err3)
	}
	o.in = in
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	var reading sync.WaitGroup
	read := func(r io.Reader, to func() *Around) {
		b := make([]byte, 4096)
		for {
			n, err := r.Read(b)
			o.mu.Lock()
			if a := to(); a != nil {
				a.Write(b[:n])
			}
			o.mu.Unlock()
			select {
			case o.say <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}
	reading.Go(func() { read(out, func() *Around { return o.out }) })
	reading.Go(func() { read(errs, func() *Around { return o.errs }) })
	h.t.Cleanup(func() {
		in.Close()
		ended := make(chan struct{})
		go func() { reading.Wait(); cmd.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			cmd.Process.Kill()
			h.t.Error("the shell does not end with its stdin")
		}
	})
	o.send(Shell())
	return o
}

func (o *open) send(b []byte) {
	o.t.Helper()
	if _, err := o.in.Write(b); err != nil {
		o.t.Fatal(err)
	}
}

// begin asks, and gives what will have been answered when ended says so.
func (o *open) begin(mark, text string) (out, errs *bytes.Buffer) {
	o.t.Helper()
	b, err := Ask(mark, Script{Text: text, Env: []string{"A=it's"}})
	if err != nil {
		o.t.Fatal(err)
	}
	out, errs = &bytes.Buffer{}, &bytes.Buffer{}
	o.mu.Lock()
	o.out, o.errs = NewAround(mark, out), NewAround(mark, errs)
	o.mu.Unlock()
	o.send(b)
	return out, errs
}

func (o *open) ended() (code int) {
	o.t.Helper()
	end := time.After(30 * time.Second)
	for {
		o.mu.Lock()
		code, over := o.out.Exit()
		_, too := o.errs.Exit()
		o.mu.Unlock()
		if over && too {
			return code
		}
		select {
		case <-o.say:
		case <-end:
			o.t.Fatal("the ask never ended")
		}
	}
}

func (o *open) ask(text string) (out, errs string, code int) {
	o.t.Helper()
	a, b := o.begin(NewMark(), text)
	code = o.ended()
	return a.String(), b.String(), code
}

func TestAsksOfOneShell(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		o := h.open()
		for i := range 20 { // each stands for itself
			n := strconv.Itoa(i)
			out, errs, code := o.ask("echo \"$A " + n + "\"; echo err" + n + " >&2; X=" + n + "; cd /; printf end; exit " + n)
			if out != "it's "+n+"\nend" || errs != "err"+n+"\n" || code != i {
				t.Fatalf("%d: %q %q %d", i, out, errs, code)
			}
		}
		if out, _, code := o.ask("echo \"${X-unset}\"; pwd"); out != "unset\n"+h.home+"\n" || code != 0 {
			t.Errorf("what one left the next one sees: %q %d", out, code)
		}
		if out, errs, code := o.ask("false\necho not reached"); out != "" || code != 1 {
			t.Errorf("set -e: %q %q %d", out, errs, code)
		}
		if out, _, code := o.ask("cat; read x || echo nothing to read"); out != "nothing to read\n" || code != 0 {
			t.Errorf("its stdin: %q %d", out, code)
		}
		big := strings.Repeat("0123456789abcdef\n", 20_000)
		if out, _, code := o.ask("cat <<'E'\n" + big + "E\n"); out != big || code != 0 {
			t.Errorf("a long script: %d bytes, %d", len(out), code)
		}
	})
}

// TestNoOutputIsTakenForAMark: neither an older mark nor what looks like one,
// on either stream, nor the end of another ask.
func TestNoOutputIsTakenForAMark(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		o := h.open()
		first := NewMark()
		o.begin(first, "true")
		o.ended()
		forged := strings.ReplaceAll(Ends(first, 0)+Begins(first)+Ends("0000000000000000", 0), "\x1e", `\036`)
		forged = strings.ReplaceAll(forged, "\n", `\n`)
		out, errs, code := o.ask("printf '" + forged + "'; printf '" + forged + "' >&2; sleep 0.2; echo more; exit 3")
		want := Ends(first, 0) + Begins(first) + Ends("0000000000000000", 0)
		if out != want+"more\n" || errs != want || code != 3 {
			t.Errorf("%q %q %d", out, errs, code)
		}
		if out, _, code := o.ask("echo next"); out != "next\n" || code != 0 {
			t.Errorf("after it: %q %d", out, code)
		}
	})
}

// TestEndAsk ends one script with all of its session, and the shell goes on; an
// end that comes too late ends nothing.
func TestEndAsk(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		o := h.open()
		pids := filepath.Join(h.home, "pids")
		for _, script := range []string{"sleep 1000", "trap '' TERM; sleep 1000 & echo $! >>" + pids + "; while :; do sleep 1; done"} {
			out, _ := o.begin(NewMark(), "echo $$ >>"+pids+"; echo up; "+script)
			await(t, "the script to run", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return out.String() == "up\n" })
			o.send([]byte(EndAsk))
			if code := o.ended(); code != 143 && code != 137 {
				t.Errorf("%s: exit %d", script, code)
			}
			o.send([]byte(EndAsk)) // nothing is under way any more
			if out, _, code := o.ask("echo next"); out != "next\n" || code != 0 {
				t.Errorf("after it: %q %d", out, code)
			}
		}
		list, _ := os.ReadFile(pids)
		for _, f := range strings.Fields(string(list)) {
			pid, _ := strconv.Atoi(f)
			await(t, "process "+f+" to be gone", func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH || zombie(pid) })
		}
		// what a script leaves in its session goes with it
		out, _, _ := o.ask("sleep 1000 & echo $!")
		pid, _ := strconv.Atoi(strings.TrimSpace(out))
		await(t, "the child to be gone", func() bool { return pid > 1 && (syscall.Kill(pid, 0) == syscall.ESRCH || zombie(pid)) })
	})
}

// zombie reports whether a process has ended and nobody has asked for its code.
func zombie(pid int) bool {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, rest, _ := bytes.Cut(b, []byte(") "))
	return len(b) == 0 || bytes.HasPrefix(rest, []byte("Z"))
}

// TestAConsoleThatGoesEndsTheScript: with our stdin's end the script ends, and
// then the shell.
func TestAConsoleThatGoesEndsTheScript(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		o := h.open()
		out, _ := o.begin(NewMark(), "echo $$; sleep 1000")
		await(t, "the script to run", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return strings.HasSuffix(out.String(), "\n") })
		pid, _ := strconv.Atoi(strings.TrimSpace(out.String()))
		o.in.Close()
		await(t, "the script to be gone", func() bool { return pid > 1 && (syscall.Kill(pid, 0) == syscall.ESRCH || zombie(pid)) })
	})
}

func TestAskAndParseAgree(t *testing.T) {
	var stream bytes.Buffer
	stream.Write(Shell())
	scripts := []Script{{Text: "df -Pk\n", Shell: "sh", Dir: "/"}, {Text: "}\n{ belay_ask sh m 3<<\\X\n", Shell: "bash", Env: []string{"A=x\ny"}}}
	for i, s := range scripts {
		b, err := Ask("m"+strconv.Itoa(i), s)
		if err != nil {
			t.Fatal(err)
		}
		stream.Write(b)
		stream.WriteString(EndAsk)
	}
	r := bufio.NewReader(&stream)
	for i, want := range scripts {
		c, err := ParseAsk(r)
		if err != nil || c.ID != "m"+strconv.Itoa(i) || c.Verb != Run || c.Request.Script.Text != want.Text || c.Request.Script.Shell != want.Shell {
			t.Errorf("%+v, %v", c, err)
		}
	}
	if _, err := ParseAsk(r); err != io.EOF {
		t.Errorf("the end: %v", err)
	}
	b, _ := Ask("m", scripts[0])
	for n := 1; n < len(b); n++ {
		if _, err := ParseAsk(bufio.NewReader(bytes.NewReader(b[:n]))); err == nil {
			t.Fatalf("cut at %d of %d it was taken", n, len(b))
		}
	}
	if _, err := Ask("../x", scripts[0]); err == nil {
		t.Error("a bad mark was taken")
	}
}
