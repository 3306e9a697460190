package terminal

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"belay/runner/remote/sshdtest"
)

// TestHostileServer: a server on a real sshd greets and logs with everything that
// a terminal might obey. It is shown as text, and neither the other panes of the
// console nor the other pane of tmux are harmed.
func TestHostileServer(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("short: a real sshd and a real terminal")
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed; it is the terminal of this test")
	}
	program, err := belay()
	if err != nil {
		t.Fatalf("build: %v", err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("banner", strings.Repeat(evil, 20))
	bad := sshdtest.Start(t, sshdtest.Options{Config: []string{"Banner " + filepath.Join(dir, "banner")}})
	good := sshdtest.Start(t, sshdtest.Options{})
	hosts, config := "", "IdentitiesOnly yes\nGlobalKnownHostsFile none\nUserKnownHostsFile "+bad.KnownHosts+" "+good.KnownHosts+"\n"
	for i, s := range []*sshdtest.Server{bad, good} {
		id := []string{"bad", "good"}[i]
		hosts += fmt.Sprintf("[hosts.%s]\naddress = %q\nport = %d\nuser = %q\n", id, s.Host, s.Port, s.User)
		config += "IdentityFile " + s.Key + "\n"
		if err := os.WriteFile(filepath.Join(s.Home, "app.log"), []byte("first of "+id+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config/belay/ssh_config", config)
	write("runbook.toml", "format = 1\ntitle = \"hostile\"\n"+hosts+`[groups]
all = ["bad", "good"]
[environments.prod]
kind = "live"
[watch.app]
on = "all"
logs = [{ name = "app", script = 'tail -n +1 -f "$HOME/app.log"' }]
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "look"
title = "Look"
on = "all"
danger = "none"
script = 'printf "\033]0;owned\007\033[2Jlooked\n"'
`)
	environ := []string{"HOME=" + dir, "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "USER=ana",
		"BELAY_STATE=" + filepath.Join(dir, "state"), "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}
	x := open(t, size{160, 44}, dir, environ, program, "run", "-e", "prod")
	for deadline := time.Now().Add(patience); !strings.Contains(x.screen(), "Type the environment's name"); time.Sleep(between) {
		if time.Now().After(deadline) {
			t.Fatalf("no question:\n%s", x.screen())
		}
	}
	x.tmux("split-window", "-d", "-v", "-l", "3", "echo the neighbour; exec sleep 1000")
	x.size.h -= 4 // three lines, and the border
	x.burst("prod", "Enter")
	x.see("first of bad", "first of good")
	title := x.ask("pane_title")
	f, err := os.OpenFile(filepath.Join(bad.Home, "app.log"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(strings.Repeat(evil, 3) + "last of bad\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	s := x.see("last of bad", "evil ^[]0;owned^G", "first of good")
	if !strings.HasPrefix(s, " belay") {
		t.Errorf("the head of the screen is not what it was:\n%s", s)
	}
	if now := x.ask("pane_title"); now != title || strings.Contains(now, "owned") {
		t.Errorf("the title was %q and is %q", title, now)
	}
	if buffers := x.tmux("list-buffers"); strings.Contains(buffers, "owned") {
		t.Errorf("the clipboard holds %q", buffers)
	}
	if x.ask("alternate_on") != "1" {
		t.Error("the log left the alternate screen")
	}
	if at := column(s, "─ 5 good"); at < 0 || column(s, "first of good") != at || column(s, "first of bad") != column(s, "─ 4 bad") {
		t.Errorf("the panes are not where they were:\n%s", s)
	}
	if near := strings.TrimSpace(x.tmux("capture-pane", "-p", "-t", "{bottom}")); near != "the neighbour" {
		t.Errorf("the other pane of tmux shows %q", near)
	}
}

// column is where a text stands, in cells of one rune; -1 when it does not.
func column(screen, text string) int {
	for line := range strings.Lines(screen) {
		if at := strings.Index(line, text); at >= 0 {
			return len([]rune(line[:at]))
		}
	}
	return -1
}
