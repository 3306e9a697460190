package runner

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
	"strings"
	"syscall"
	"testing"
	"time"

	"belay/runner/job"
	"belay/steps"
)

const sourceBook = twoHosts + `
[watch.all]
on = "a"
logs = [{ name = "file", file = "$HOME_OF/app.log" }]
[vars]
HOME_OF = "HOME"
[[phase.step]]
id = "write"
title = "Write"
on = "a"
danger = "low"
no_undo = "it is a log"
script = '''
i=0
while [ $i -lt 3000 ]; do
  i=$((i + 1)); echo "line $i"
  [ $i -ne 1500 ] || { mv "$HOME/app.log" "$HOME/app.log.1"; : >"$HOME/app.log"; }
  echo "line $i" >>"$HOME/app.log"
  [ $((i % 20)) -ne 0 ] || sleep 0.05
done
'''
`

// TestSuiteALogGoesOnAfterACut: links are cut, and the file is turned over; each
// line is shown once, and in order.
func TestSuiteALogGoesOnAfterACut(t *testing.T) {
	onGrounds(t, func(t *testing.T, on ground) {
		h := on.hosts()["a"]
		r, err := h.Run(t.Context(), job.Script{Text: `printf %s "$HOME"; echo begin >"$HOME/app.log"`}, 1000)
		h.Close()
		if err != nil || r.Exit != 0 {
			t.Fatal(err, string(r.Err))
		}
		g := newRig(t, strings.Replace(sourceBook, `"HOME"`, fmt.Sprintf("%q", r.Out), 1))
		g.real, g.watch = on.hosts, true
		g.start(nil)
		g.bound()
		shown := func() (out []string) {
			for _, v := range g.runner.Snapshot().Hosts {
				if v.ID != "a" || len(v.Logs) == 0 {
					continue
				}
				first, next := v.Logs[0].Ring.Span()
				for _, l := range v.Logs[0].Ring.Window(first, int(next-first)) {
					out = append(out, l.Text)
				}
			}
			return out
		}
		g.until("the log is followed", func(*steps.Case) bool { return slices.Contains(shown(), "begin") })
		g.must(execute("write@a"))
		for n := 100; n < 3000; n += 290 {
			g.until(fmt.Sprint("line ", n), func(*steps.Case) bool { return len(shown()) > n })
			on.cut("a")
		}
		g.until("the last line", func(*steps.Case) bool { return slices.Contains(shown(), "line 3000") })
		next := 1
		for _, l := range shown() {
			if strings.HasPrefix(l, "tail: ") || l == "begin" {
				continue
			}
			if l != fmt.Sprint("line ", next) {
				t.Fatalf("%q came where line %d should have come", l, next)
			}
			next++
		}
	})
}

// cutting follows a source until so many bytes have come: then the link is cut.
func cutting(t *testing.T, s source, shell []string, bytes int) {
	t.Helper()
	script, err := s.script(nil)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell[0], append(shell[1:], "-euc", script.Text)...)
	cmd.Env = append(os.Environ(), script.Env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 7) // lines and marks in pieces
	for late := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() }); bytes > 0; {
		n, err := out.Read(buf[:min(len(buf), bytes)])
		if _, werr := s.Write(buf[:n]); werr != nil {
			t.Fatal(werr)
		}
		if bytes -= n; err != nil {
			late.Stop()
			t.Fatalf("the stream ended %d bytes too soon", bytes)
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
}

// TestAFileThatIsAnotherNow: what cannot be known is said where it is missing.
func TestAFileThatIsAnotherNow(t *testing.T) {
	shells := [][]string{{"sh"}}
	for _, s := range [][]string{{"dash"}, {"bash"}, {"busybox", "sh"}} {
		if _, err := exec.LookPath(s[0]); err == nil {
			shells = append(shells, s)
		}
	}
	for _, shell := range shells {
		t.Run(strings.Join(shell, " "), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a log")
			write := func(text string) {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			mark := len("\x1ebelay  same 00\n") + len(job.NewMark())
			var out bytes.Buffer
			s := &fileSource{path: path, newest: 3, out: &out, at: -1}
			write("one\ntwo\nthree\n")
			cutting(t, s, shell, mark+len("one\ntwo\nth"))
			if got := out.String(); got != "one\ntwo\nth" {
				t.Fatalf("first: %q", got)
			}
			cutting(t, s, shell, mark+len("ree\n"))
			if got := out.String(); got != "one\ntwo\nthree\n" {
				t.Fatalf("after a cut in a line: %q", got)
			}
			out.Reset()
			write("1\n2\n3\n4\n5\n") // as long, and not what was read
			cutting(t, s, shell, mark+len("3\n4\n5\n"))
			want := "=== belay: " + path + " does not hold any more what was read of it; what came since may be missing\n4\n5\n"
			if got := out.String(); got != want {
				t.Fatalf("another file: %q, want %q", got, want)
			}
			out.Reset()
			s = &fileSource{path: path, newest: 3, out: &out, at: 50} // cut before anything came, and shorter now
			cutting(t, s, shell, mark+len("3\n4\n5\n"))
			if got := out.String(); got != want {
				t.Fatalf("a shorter file: %q, want %q", got, want)
			}
		})
	}
}

// TestAFileOfAnyName, and what is none.
func TestAFileOfAnyName(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Chdir(dir)
	for _, name := range []string{"-x", "~/home.log", "a b'c\"d`e;f.log", "tail: x", "line\nfeed"} {
		path := strings.Replace(name, "~/", dir+"/", 1)
		if err := os.WriteFile(path, []byte("one\ntwo\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		s := &fileSource{path: name, newest: 3, out: &out, at: -1}
		mark := len("\x1ebelay  first 0\n") + len(job.NewMark())
		cutting(t, s, []string{"sh"}, mark+len("one\nt"))
		cutting(t, s, []string{"sh"}, mark+len("wo\n"))
		if got := out.String(); got != "one\ntwo\n" {
			t.Errorf("%q: %q", name, got)
		}
	}
	if err := syscall.Mkfifo("fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	for _, none := range []string{".", "gone", "fifo"} {
		s := &fileSource{path: none, newest: 3, out: io.Discard, at: -1}
		script, err := s.script(nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		cmd := exec.CommandContext(ctx, "sh", "-euc", script.Text)
		cmd.Env = append(os.Environ(), script.Env...)
		if text, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(text), none) {
			t.Errorf("%s: %v: %s", none, err, text)
		}
	}
}

// TestALineWithoutAnEnd holds back so much of it and no more.
func TestALineWithoutAnEnd(t *testing.T) {
	var out bytes.Buffer
	c := &containerSource{name: "ray", out: &out}
	f := &fileSource{path: "x", out: &out, at: 0, begun: true}
	io.WriteString(c, "2026-11-23T21:40:00Z ")
	io.WriteString(f, "tail: ")
	for range 100 {
		io.WriteString(c, strings.Repeat("x", 32<<10))
		io.WriteString(f, strings.Repeat("z", 32<<10))
	}
	if len(c.held) > most || len(f.held) > most {
		t.Errorf("%d and %d bytes are held", len(c.held), len(f.held))
	}
	io.WriteString(c, "end\n")
	want := fmt.Sprintf("x === belay: %d bytes of this line are left out\n", len("2026-11-23T21:40:00Z ")+100*32<<10+3-most)
	if got := out.String(); !strings.HasSuffix(got, want) || strings.Count(got, "z") != 100*32<<10 {
		t.Errorf("…%q, want …%q", got[len(got)-100:], want)
	}
}

// TestAContainersLogGoesOnAtItsTime, of which several lines may have come.
func TestAContainersLogGoesOnAtItsTime(t *testing.T) {
	var out bytes.Buffer
	s := &containerSource{name: "ray", newest: 100, out: &out}
	since := regexp.MustCompile(`BELAY_SINCE=(.*)`)
	stream := func(id string, lines ...string) (asked string) {
		script, err := s.script(nil)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("\x1ebelay %s container %s\n%s", s.mark, id, strings.Join(lines, "\n"))
		for _, p := range slices.Collect(slices.Chunk([]byte(text), 5)) {
			if _, err := s.Write(p); err != nil {
				t.Fatal(err)
			}
		}
		return since.FindStringSubmatch(strings.Join(script.Env, "\n"))[1]
	}
	const at, later = "2026-11-23T21:40:00.000000001Z ", "2026-11-23T21:40:00.5Z "
	if asked := stream("id1", at+"one", at+"two", at+"thr"); asked != "" {
		t.Errorf("first since %q", asked)
	}
	if asked := stream("id1", at+"one", at+"two", at+"three", later+"four", ""); asked != strings.TrimSpace(at) {
		t.Errorf("then since %q", asked)
	}
	stream("id1", later+"four", later+"five", "Error response from daemon", "")
	stream("id1", "2026-11-23T21:50:00Z six", "")
	stream("id2", "2026-11-23T21:51:00Z seven", "")
	want := "one\ntwo\nthree\nfour\nfive\nError response from daemon\n" +
		"=== belay: what had come until 2026-11-23T21:40:00.5Z is kept there no longer; what came since may be missing\nsix\n" +
		"=== belay: another container is called ray now; what the old one said after 2026-11-23T21:50:00Z may be missing\nseven\n"
	if got := out.String(); got != want {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
}

// TestAContainersLogOnRealDocker wants a Docker and the name of an image with a
// shell: BELAY_DOCKER_IMAGE=busybox.
func TestAContainersLogOnRealDocker(t *testing.T) {
	image := os.Getenv("BELAY_DOCKER_IMAGE")
	if image == "" {
		t.Skip("BELAY_DOCKER_IMAGE does not name an image of a Docker that runs here")
	}
	name := fmt.Sprint("belay-test-", os.Getpid())
	docker := func(words ...string) {
		t.Helper()
		if out, err := exec.Command("docker", words...).CombinedOutput(); err != nil {
			t.Fatalf("docker %q: %v: %s", words, err, out)
		}
	}
	begin := func() {
		docker("run", "-d", "--name", name, "--network", "none", image, "/bin/sh", "-c",
			"i=0; while :; do i=$((i+1)); echo line $i; [ $((i%50)) -ne 0 ] || sleep 0.05; done")
	}
	begin()
	defer func() { docker("rm", "-f", name) }()
	var out bytes.Buffer
	s := &containerSource{name: name, newest: 5, out: &out}
	for i := range 40 {
		if i == 20 {
			docker("rm", "-f", name)
			begin()
		}
		cutting(t, s, []string{"sh"}, 200+i*i*17%5000)
	}
	next, others := 0, 0
	for line := range strings.Lines(out.String()) {
		var n int
		switch _, err := fmt.Sscanf(line, "line %d\n", &n); {
		case err != nil && strings.Contains(line, "another container is called "+name):
			others, next = others+1, 1
		case err != nil:
			t.Fatalf("%q", line)
		case next > 0 && n != next:
			t.Fatalf("line %d came where %d should have come", n, next)
		default:
			next = n + 1
		}
	}
	if others != 1 || next < 100 {
		t.Errorf("%d lines, another container %d times", next, others)
	}
}

// TestManyLogsShareTheirMemory: what is kept does not grow with the servers.
func TestManyLogsShareTheirMemory(t *testing.T) {
	for _, tt := range []struct{ hosts, kept int }{{1, 5 << 20}, {6, 5 << 20}, {32, 1 << 20}, {128, 256 << 10}, {1000, 256 << 10}} {
		var hosts, names []string
		for i := range tt.hosts {
			hosts = append(hosts, fmt.Sprintf("[hosts.h%d]\naddress = \"h%d\"\n", i, i))
			names = append(names, fmt.Sprintf("\"h%d\"", i))
		}
		rb, problems := steps.Load("many.toml", []byte("format = 1\ntitle = \"many\"\n"+strings.Join(hosts, "")+"[groups]\nall = ["+strings.Join(names, ", ")+
			"]\n[watch.all]\non = \"all\"\nlogs = [{ name = \"app\", file = \"/var/log/app\" }]\n[[phase]]\nid = \"p\"\n[[phase.step]]\nid = \"s\"\n"))
		if problems.Err() != nil {
			t.Fatal(problems.Err())
		}
		if got := ringSize(rb); got != tt.kept {
			t.Errorf("%d hosts: %d bytes for each log, want %d", tt.hosts, got, tt.kept)
		}
	}
}
