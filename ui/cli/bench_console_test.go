//go:build linux

package cli

// The rule of this file: the screen is measured as operators have it: the program
// in a terminal of 200 by 50, four real sshd servers, a log of each that floods;
// beside it tmux with ssh and tail in four panes, on the same logs. What either
// uses is read from /proc (proc_pid_stat(5), proc_pid_status(5)).

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"
)

// watching is a runbook of two steps whose servers' logs are watched.
const watching = `[environments.staging]
kind = "rehearsal"
[watch.app]
on = "all"
logs = [{ name = "app", script = 'tail -n 0 -F "$HOME/app.log"' }]
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "one"
title = "One"
on = "all"
danger = "none"
script = "true"
`

// BenchmarkConsole presses a key now and then, and reports how long it takes to
// be painted, what is written to the terminal, the processors' time and memory.
func BenchmarkConsole(b *testing.B) {
	f := newCrowd(b, 4)
	f.watch(b)
	for _, rate := range []int{0, 10_000, 100_000} {
		b.Run(fmt.Sprintf("lines=%d/belay", rate), func(b *testing.B) { f.measure(b, rate, f.belayScreen) })
		b.Run(fmt.Sprintf("lines=%d/tmux", rate), func(b *testing.B) { f.measure(b, rate, f.tmuxScreen) })
		b.Run(fmt.Sprintf("lines=%d/echo", rate), func(b *testing.B) { f.measure(b, rate, f.echoScreen) })
	}
}

// watch gives the servers a runbook that watches a log on each.
func (f *crowd) watch(b *testing.B) {
	b.Helper()
	book, err := os.ReadFile(filepath.Join(f.dir, "runbook.toml"))
	if err != nil {
		b.Fatal(err)
	}
	hosts, _, _ := strings.Cut(string(book), "[environments.prod]")
	f.write("runbook.toml", hosts+watching)
}

// screen is a program in a terminal.
type screen struct {
	near  *os.File            // the terminal's other end
	pids  []int               // all of its processes on this machine
	reads func([]byte) []byte // what counts of the bytes that were written
	key   func(i int) byte
	shows func(key byte, painted []byte) bool // whether the key is seen in it
	close func()
}

func (f *crowd) measure(b *testing.B, rate int, begin func(*testing.B) screen) {
	defer f.floods(b, rate)()
	x := begin(b)
	defer x.close()
	painted := make(chan []byte, 1<<16)
	var wrote atomic.Int64
	go func() {
		for {
			buf := make([]byte, 64<<10)
			n, err := x.near.Read(buf)
			wrote.Add(int64(n))
			if n > 0 {
				painted <- x.reads(buf[:n])
			}
			if err != nil {
				close(painted)
				return
			}
		}
	}()
	press := func(i int) time.Duration {
		for len(painted) > 0 {
			<-painted
		}
		key, begun := x.key(i), time.Now()
		if _, err := x.near.Write([]byte{key}); err != nil {
			b.Fatal(err)
		}
		for late := time.After(20 * time.Second); ; {
			select {
			case p, ok := <-painted:
				if !ok {
					b.Fatal("the screen has ended")
				}
				if x.shows(key, p) {
					return time.Since(begun)
				}
			case <-late:
				b.Fatalf("the key %q was never painted", key)
			}
		}
	}
	press(0)
	begun, bytes, busy := time.Now(), wrote.Load(), cpuOf(b, x.pids, false)
	var took []time.Duration
	for i := 1; b.Loop(); i++ {
		time.Sleep(time.Duration(20+i%7*9) * time.Millisecond) // keys come at any moment of a frame
		took = append(took, press(i))
	}
	wall := time.Since(begun).Seconds()
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
	b.ReportMetric(float64(wrote.Load()-bytes)/1000/wall, "kB/s")
	b.ReportMetric(100*(cpuOf(b, x.pids, false)-busy).Seconds()/wall, "cpu-%")
	b.ReportMetric(memoryOf(b, x.pids), "rss-MB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkFirstPaint reports how long it takes from a start until the steps of a
// runbook of 250 are on the screen. Nothing listens where its servers should be:
// their sshd would take the processors that they share with us here.
func BenchmarkFirstPaint(b *testing.B) {
	f := newCrowd(b, 4)
	f.watch(b)
	book, err := os.ReadFile(filepath.Join(f.dir, "runbook.toml"))
	if err != nil {
		b.Fatal(err)
	}
	var more strings.Builder
	for i := range 249 {
		fmt.Fprintf(&more, "[[phase.step]]\nid = \"s%d\"\ntitle = \"S%d\"\non = \"all\"\ndanger = \"none\"\nscript = \"true\"\n", i, i)
	}
	book = regexp.MustCompile(`address = ".*"`).ReplaceAll(book, []byte(`address = "127.0.0.1"`+"\nport = 1"))
	f.write("runbook.toml", string(book)+more.String())
	var took time.Duration
	for i := 0; b.Loop(); i++ {
		f.environ["BELAY_STATE"] = filepath.Join(f.dir, fmt.Sprint("state", i)) // no run before it
		begun := time.Now()
		x := f.start(b, "One")
		took += time.Since(begun)
		x.close()
	}
	b.ReportMetric(took.Seconds()*1000/float64(b.N), "first-ms")
	b.ReportMetric(0, "ns/op")
}

// belayScreen is the console on the four servers. Keys move the cursor's mark.
func (f *crowd) belayScreen(b *testing.B) screen {
	b.Helper()
	return f.start(b, "link up")
}

// start begins the console and waits until a word is painted.
func (f *crowd) start(b *testing.B, word string) screen {
	b.Helper()
	cmd := exec.Command(f.self, "rehearse", "-e", "staging", "--new")
	cmd.Dir = f.dir
	for k, v := range f.environ {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "LANG=C.UTF-8")
	near, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 200, Rows: 50})
	if err != nil {
		b.Fatal(err)
	}
	await(b, near, word)
	return screen{near: near, pids: []int{cmd.Process.Pid},
		reads: func(p []byte) []byte { return p },
		key:   func(i int) byte { return "jk"[i%2] },
		shows: func(_ byte, p []byte) bool { return bytes.Contains(p, []byte("▶")) },
		close: func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); near.Close() }}
}

// tmuxScreen is tmux with a log in each of four panes. A fifth takes the keys, and
// its terminal echoes them. No log has an upper-case letter in it, so one on the
// screen is the key that was sent.
func (f *crowd) tmuxScreen(b *testing.B) screen {
	b.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		b.Skip("no tmux to compare with")
	}
	socket := fmt.Sprintf("belay-bench-%d", os.Getpid())
	tmux := func(words ...string) string {
		b.Helper()
		out, err := exec.Command("tmux", append([]string{"-L", socket, "-f", "/dev/null"}, words...)...).CombinedOutput()
		if err != nil {
			b.Fatalf("tmux %q: %v: %s", words, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	follow := func(i int) []string {
		return []string{"ssh", "-F", f.config, f.names[i], "tail -n 0 -F " + filepath.Join(f.servers[i].Home, "app.log")}
	}
	tmux(append([]string{"new-session", "-d", "-x", "200", "-y", "50"}, follow(0)...)...)
	tmux("set", "-g", "status", "off")
	for i := 1; i < 4; i++ {
		tmux(append([]string{"split-window"}, follow(i)...)...)
		tmux("select-layout", "tiled")
	}
	tmux("split-window", "-f", "-l", "2", "cat")
	pids := []int{number(b, tmux("display-message", "-p", "#{pid}"))}
	for _, p := range strings.Fields(tmux("list-panes", "-F", "#{pane_pid}")) {
		pids = append(pids, number(b, p))
	}
	attach := exec.Command("tmux", "-L", socket, "attach")
	attach.Env = append(os.Environ(), "TERM=xterm-256color", "TMUX=")
	near, err := pty.StartWithSize(attach, &pty.Winsize{Cols: 200, Rows: 50})
	if err != nil {
		b.Fatal(err)
	}
	letters, seen := 0, reader{}
	return screen{near: near, pids: append(pids, attach.Process.Pid),
		reads: seen.text,
		key:   func(i int) byte { return byte('A' + i%26) },
		shows: func(key byte, p []byte) bool {
			if !slices.Contains(p, key) {
				return false
			}
			if letters++; letters%26 == 0 {
				near.Write([]byte{0x15}) // an empty line again
			}
			return true
		},
		close: func() {
			_ = exec.Command("tmux", "-L", socket, "kill-server").Run()
			_ = attach.Wait()
			near.Close()
		}}
}

// reader tells what of a terminal's input is shown from escape sequences, which
// two reads may share (ECMA-48: CSI ends with 0x40 to 0x7e).
type reader struct{ state byte }

func (r *reader) text(p []byte) []byte {
	var out []byte
	for _, c := range p {
		switch {
		case c == 0x1b:
			r.state = c
		case r.state == 0x1b && strings.IndexByte("[]P(", c) >= 0:
			r.state = c
		case r.state == 0x1b, r.state == '(', r.state == '[' && c >= 0x40 && c <= 0x7e, r.state != 0 && c == 7:
			r.state = 0
		case r.state == 0:
			out = append(out, c)
		}
	}
	return out
}

// floods lets the log of each server flood until it is told to end.
func (f *crowd) floods(b *testing.B, rate int) (end func()) {
	ctx, cancel := context.WithCancel(b.Context())
	var flows sync.WaitGroup
	for _, s := range f.servers {
		flows.Go(func() { flood(ctx, filepath.Join(s.Home, "app.log"), rate) })
	}
	return func() { cancel(); flows.Wait() }
}

// flood writes lines to the end of a file at a rate, in pieces, and begins anew
// where the file would fill the disk.
func flood(ctx context.Context, path string, rate int) {
	const pieces, most = 100, 256 << 20
	tick := time.NewTicker(time.Second / pieces)
	defer tick.Stop()
	f, err := os.Create(path)
	if err != nil {
		return
	}
	defer f.Close()
	var buf bytes.Buffer
	for n, size := 0, 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		buf.Reset()
		for range rate / pieces {
			n++
			fmt.Fprintf(&buf, "2026-11-23 21:40:00 (raylet) line %d of a flood, as long as lines of logs are, more or less\n", n)
		}
		if size += buf.Len(); size > most {
			size = 0
			_ = f.Truncate(0)
			_, _ = f.Seek(0, io.SeekStart)
		}
		if _, err := f.Write(buf.Bytes()); err != nil {
			return
		}
	}
}

// await reads a terminal until something has been painted on it.
func await(b *testing.B, near *os.File, what string) {
	b.Helper()
	var all []byte
	buf := make([]byte, 64<<10)
	_ = near.SetReadDeadline(time.Now().Add(30 * time.Second))
	for !bytes.Contains(all, []byte(what)) {
		n, err := near.Read(buf)
		if all = append(all, buf[:n]...); err != nil {
			b.Fatalf("no %q: %v: %.2000q", what, err, all)
		}
	}
	_ = near.SetReadDeadline(time.Time{})
}

func number(b *testing.B, s string) int {
	b.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// cpuOf is the processors' time that some processes have used so far, with or
// without that of their children which have ended.
func cpuOf(b *testing.B, pids []int, children bool) time.Duration {
	b.Helper()
	const tick = time.Second / 100 // sysconf(_SC_CLK_TCK) on every Linux
	var all time.Duration
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			b.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		used := number(b, fields[11]) + number(b, fields[12])
		if children {
			used += number(b, fields[13]) + number(b, fields[14])
		}
		all += tick * time.Duration(used)
	}
	return all
}

// echoScreen is what no program can be faster than: the terminal itself echoes
// the key, while ssh takes the logs to nowhere.
func (f *crowd) echoScreen(b *testing.B) screen {
	b.Helper()
	var follows []*exec.Cmd
	for i := range 4 {
		c := exec.Command("ssh", "-F", f.config, f.names[i], "tail -n 0 -F "+filepath.Join(f.servers[i].Home, "app.log"))
		if err := c.Start(); err != nil {
			b.Fatal(err)
		}
		follows = append(follows, c)
	}
	cmd := exec.Command("cat")
	near, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 200, Rows: 50})
	if err != nil {
		b.Fatal(err)
	}
	pids := []int{cmd.Process.Pid}
	for _, c := range follows {
		pids = append(pids, c.Process.Pid)
	}
	return screen{near: near, pids: pids,
		reads: func(p []byte) []byte { return p },
		key:   func(i int) byte { return byte('A' + i%26) },
		shows: func(key byte, p []byte) bool { return bytes.IndexByte(p, key) >= 0 },
		close: func() {
			for _, c := range append(follows, cmd) {
				_ = c.Process.Kill()
				_ = c.Wait()
			}
			near.Close()
		}}
}
