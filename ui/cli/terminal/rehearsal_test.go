package terminal

// The rule of this file: what a test says of a run is read where the run is
// kept, and whatever a test started is ended by it, by its process id.

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// root is the folder of go.mod.
const root = "../../.."

// tools is where the programs of this test run are built.
var tools string

func TestMain(m *testing.M) {
	var err error
	if tools, err = os.MkdirTemp("", "belay-terminal-"); err != nil {
		panic(err)
	}
	_ = flag.Set("test.parallel", "4") // a person waits more than a console works; a flag that is given counts
	code := m.Run()
	_ = os.RemoveAll(tools)
	os.Exit(code)
}

var (
	belay   = sync.OnceValues(func() (string, error) { return build("belay") })
	fleetsh = sync.OnceValues(func() (string, error) { return build("belay/runner/rehearsal/fleetsh") })
)

// build builds a program of the working copy, once in a test run.
func build(pkg string) (string, error) {
	out := filepath.Join(tools, filepath.Base(pkg))
	cmd := exec.Command("go", "build", "-o", out, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", errors.New(string(text))
	}
	return out, nil
}

// console is a rehearsal of the shipped runbook from its roll-out on, and the
// terminal that it is carried out in.
type console struct {
	*terminal
	dir     string // holds the runbook, the state and nothing of the operator's own
	environ []string
	words   []string
}

// rehearse opens the console on a rehearsal of the shipped runbook.
func rehearse(t *testing.T, s size, flags ...string) *console {
	t.Helper()
	return rehearseWith(t, s, func(_ *testing.T, book string) string { return book }, flags...)
}

// rehearseWith opens the console on a rehearsal of the shipped runbook as edit
// gives it back.
func rehearseWith(t *testing.T, s size, edit func(t *testing.T, book string) string, flags ...string) *console {
	t.Helper()
	if testing.Short() {
		t.Skip("short: a roll-out in a real terminal takes minutes")
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed; it is the terminal of this test")
	}
	program, err := belay()
	if err != nil {
		t.Fatalf("build: %v", err)
	}
	book, err := os.ReadFile(filepath.Join(root, "runbook.toml"))
	if err != nil {
		t.Fatal(err)
	}
	c := &console{dir: t.TempDir()}
	if err := os.WriteFile(c.bookFile(), []byte(edit(t, string(book))), 0o600); err != nil {
		t.Fatal(err)
	}
	c.environ = []string{"HOME=" + c.dir, "XDG_CONFIG_HOME=" + filepath.Join(c.dir, "config"), "USER=ana",
		"BELAY_STATE=" + filepath.Join(c.dir, "state"), "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}
	c.words = append([]string{program, "rehearse", "--from", "rollout", "--speed", "600"}, flags...)
	t.Cleanup(func() { c.endFleet(t) })
	t.Cleanup(func() { c.tells(t) })
	c.terminal = open(t, s, c.dir, c.environ, c.words...)
	return c
}

// worded gives the phase a step that asks for words under the first yes.
func worded(t *testing.T, book string) string {
	return with(t, book, "\nid       = \"backup\"", "\nconfirm  = \"med\" # raised by one: it has no undo\nid       = \"backup\"")
}

// with changes the one place of a runbook that says so.
func with(t *testing.T, book, from, to string) string {
	t.Helper()
	if n := strings.Count(book, from); n != 1 {
		t.Fatalf("the runbook says %d times, want once: %q", n, from)
	}
	return strings.Replace(book, from, to, 1)
}

// bookFile is the runbook that the console opens.
func (c *console) bookFile() string { return filepath.Join(c.dir, "runbook.toml") }

// tells shows the end of the journal of a test that failed.
func (c *console) tells(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(c.dir, "state", "runs", "*", "journal.jsonl"))
	for _, f := range files {
		if text, _ := os.ReadFile(f); t.Failed() {
			lines := strings.SplitAfter(string(text), "\n")
			t.Logf("the end of %s:\n%s", f, strings.Join(lines[max(0, len(lines)-40):], ""))
		}
	}
}

// stage runs a part of a long scene.
func (c *console) stage(name string, play func(c *console)) {
	c.Helper()
	c.terminal.stage(name, func(x *terminal) {
		part := *c
		part.terminal = x
		play(&part)
	})
}

// back runs the same command again.
func (c *console) back(extra ...string) {
	c.Helper()
	c.terminal.again(c.dir, append(slices.Clone(c.environ), extra...), c.words...)
}

// hungUp closes the terminal and waits until nobody drives the run any more.
func (c *console) hungUp() {
	c.Helper()
	c.hangUp()
	lock := filepath.Join(c.runDir(), "lock")
	for deadline := time.Now().Add(patience); !free(lock); time.Sleep(between) {
		if time.Now().After(deadline) {
			c.Fatal("the terminal is gone, and the console still drives the run")
		}
	}
}

// anew opens another terminal with the same command.
func (c *console) anew() {
	c.Helper()
	c.start(c.dir, c.environ, c.words...)
}

// edits changes the runbook's file, as an editor does: a new file in its place.
func (c *console) edits(change func(t *testing.T, book string) string) {
	c.Helper()
	book, err := os.ReadFile(c.bookFile())
	if err != nil {
		c.Fatal(err)
	}
	next := c.bookFile() + ".new"
	if err := os.WriteFile(next, []byte(change(c.T, string(book))), 0o600); err != nil {
		c.Fatal(err)
	}
	if err := os.Rename(next, c.bookFile()); err != nil {
		c.Fatal(err)
	}
}

// runDir is the directory of the one run of this console.
func (c *console) runDir() string {
	c.Helper()
	dirs, _ := filepath.Glob(filepath.Join(c.dir, "state", "runs", "*"))
	if len(dirs) != 1 {
		c.Fatalf("there are %d runs, want one: %q", len(dirs), dirs)
	}
	return dirs[0]
}

// event is one line of the journal.
type event struct {
	Seq  int
	Kind string
	Time time.Time
	Data struct {
		Attempt string
		Why     string
		Reason  string
		Value   string
		Host    string
		Task    struct{ Step, Host string }
		Confirm struct{ Level, How, Typed, By string }
	}
}

func (e event) String() string { return e.Kind + " " + e.Data.Task.Step + "@" + e.Data.Task.Host }

// events reads the whole lines of the journal.
func (c *console) events() []event {
	c.Helper()
	text, err := os.ReadFile(filepath.Join(c.runDir(), "journal.jsonl"))
	if err != nil {
		c.Fatal(err)
	}
	var out []event
	for line := range bytes.Lines(text) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			c.Fatalf("journal: %v: %s", err, line)
		}
		out = append(out, e)
	}
	return out
}

// count counts the events that are of a kind.
func (c *console) count(kind string) int { c.Helper(); return count(c.events(), kind) }

func count(es []event, kind string) int {
	n := 0
	for _, e := range es {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// recorded waits until the journal holds what is looked for.
func (c *console) recorded(what string, holds func([]event) bool) {
	c.Helper()
	for deadline := time.Now().Add(patience); !holds(c.events()); time.Sleep(between) {
		if time.Now().After(deadline) {
			c.Fatalf("never in the journal: %s\n%s", what, c.screen())
		}
	}
}

// onceEach holds that no attempt was intended or started twice.
func (c *console) onceEach() {
	c.Helper()
	seen := map[string]int{}
	for _, e := range c.events() {
		if e.Kind == "intended" || e.Kind == "started" {
			key := e.Kind + " " + e.Data.Attempt
			if seen[key]++; seen[key] == 2 {
				c.Errorf("twice in the journal: %s", key)
			}
		}
	}
}

// fleetPid is the process that plays the servers; 0 before it has one.
func (c *console) fleetPid() int {
	files, _ := filepath.Glob(filepath.Join(c.dir, "state", "runs", "*", "fleet", "pid"))
	for _, f := range files {
		text, _ := os.ReadFile(f)
		pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return pid
	}
	return 0
}

// endFleet ends the process that plays the servers and waits until it has let
// its folder go.
func (c *console) endFleet(t *testing.T) {
	pid := c.fleetPid()
	if pid <= 1 {
		return
	}
	files, _ := filepath.Glob(filepath.Join(c.dir, "state", "runs", "*", "fleet", "lock"))
	_ = syscall.Kill(pid, syscall.SIGTERM)
	for deadline := time.Now().Add(patience); len(files) > 0 && !free(files[0]); time.Sleep(between) {
		if time.Now().After(deadline) {
			t.Errorf("the fleet, process %d, does not end", pid)
			return
		}
	}
}

// free reports whether nobody holds a lock file.
func free(path string) bool {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// onHost runs a line on a simulated server; the fleet must have ended.
func (c *console) onHost(host, line string) string {
	c.Helper()
	program, err := fleetsh()
	if err != nil {
		c.Fatalf("build: %v", err)
	}
	cmd := exec.Command(program, "-dir", filepath.Join(c.runDir(), "fleet"), "-host", host, "-c", line)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.Errorf("%s: %s: %v", host, line, err)
	}
	return string(out)
}

// between panes stands one of these.
const borders = "│║╎┃"

// steps are the rows of the pane of the steps, without what stands beside it.
func steps(screen string) []string {
	var rows []string
	for line := range strings.Lines(screen) {
		row := strings.TrimRight(line, " \n")
		if i := strings.IndexAny(row, borders); i >= 0 {
			row = row[:i]
		}
		rows = append(rows, strings.TrimRight(row, " "))
	}
	return rows
}

// row is the row of the steps that says a title, or "".
func row(screen, title string) string {
	for _, r := range steps(screen) {
		if strings.Contains(r, "] "+title) {
			return r
		}
	}
	return ""
}

// cursor is the row of the steps that is selected.
func cursor(screen string) string {
	for _, r := range steps(screen) {
		if strings.HasPrefix(r, "▶") {
			return r
		}
	}
	return ""
}

// waitRow waits until the row of a title says all of these.
func (c *console) waitRow(title string, words ...string) string {
	c.Helper()
	return c.until("row "+title+" "+strings.Join(words, " "), func(s string) bool {
		r := row(s, title)
		for _, w := range words {
			if !strings.Contains(r, w) {
				return false
			}
		}
		return r != ""
	})
}

// selects goes to a step or a phase by the command line; the row says its title.
func (c *console) selects(command, title string) {
	c.Helper()
	c.press(":")
	c.write(command)
	c.press("Enter")
	c.until("the cursor on "+title, func(s string) bool { return !strings.Contains(s, command+"_") && strings.Contains(cursor(s), title) })
}

// comes waits until the cursor, which follows what is next, is on a step.
func (c *console) comes(title string) {
	c.Helper()
	c.press(".")
	c.until("the cursor on "+title, func(s string) bool { return strings.Contains(cursor(s), "] "+title) })
}

var runLine = regexp.MustCompile(`run (\d{8}-\d{4}-[0-9a-f]{4})`)

// runID is the run that a screen shows.
func runID(screen string) string {
	if m := runLine.FindStringSubmatch(screen); m != nil {
		return m[1]
	}
	return ""
}

// up are panes of servers that are reached.
var up = regexp.MustCompile(`link up \d+[smh]`)

// live waits for four servers in reach, with logs, and twelve workers.
func (c *console) live() string {
	c.Helper()
	s := c.until("four servers in reach and 12/12 workers", func(s string) bool {
		return len(up.FindAllString(s, -1)) == 4 && strings.Contains(s, "12/12") && strings.Count(s, "4/4") >= 3
	})
	c.known()
	return s
}

// known waits until every server has said which machine it is: nothing is begun
// on one that has not.
func (c *console) known() {
	c.Helper()
	c.recorded("who the servers are", func(es []event) bool { return count(es, "bound") == 5 })
}

// leaves is q, and a yes.
func (c *console) leaves() string { c.Helper(); return c.leavesBy("q") }

// leavesBy is a key that asks whether to leave, and a yes. C-c asks also where
// another question is open.
func (c *console) leavesBy(key string) string {
	c.Helper()
	c.press(key)
	c.see("LEAVE the console?")
	c.press("y")
	return c.ended()
}

// yes answers the question of a title with y.
func (c *console) yes(title string) {
	c.Helper()
	c.see(title)
	c.press("y")
	c.gone(title)
}

// word answers the question of a title with words that have to be typed.
func (c *console) word(title, words string) {
	c.Helper()
	c.see(title, "type  "+words+"  to confirm")
	c.write(words)
	c.press("Enter")
	c.gone(title)
}
