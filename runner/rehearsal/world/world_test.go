package world

import (
	"strings"
	"testing"
	"testing/fstest"

	"io/fs"
)

func TestCheck(t *testing.T) {
	host := func(ids ...string) (s Spec) {
		for _, id := range ids {
			s.Hosts = append(s.Hosts, HostSpec{ID: id})
		}
		return s
	}
	for name, c := range map[string]struct {
		spec Spec
		bad  string
	}{
		"two hosts":     {host("head", "w80"), ""},
		"way out":       {host("../head"), "host id"},
		"slash":         {host("a/b"), "host id"},
		"hidden":        {host(".ssh"), "host id"},
		"twice":         {host("a", "a"), "host id"},
		"no name":       {host(""), "host id"},
		"fleet way out": {Spec{Fleet: "../ray"}, "fleet"},
		"user way out":  {Spec{Hosts: []HostSpec{{ID: "a", User: "../root"}}}, "user"},
	} {
		err := c.spec.Check()
		if (err == nil) != (c.bad == "") || err != nil && !strings.Contains(err.Error(), c.bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func script(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text), Mode: 0o644} }

// testSources are a fleet that comes with the program, and a team's own files
// in front of it.
func testSources() []fs.FS {
	own := fstest.MapFS{
		"base/bin/who":   script("echo base"),
		"demo/bin/hello": script("echo embedded"),
		"demo/bin/other": script("echo embedded"),
		"demo/setup":     script("echo \"$ROLE\" >>/etc/setups"),
	}
	team := fstest.MapFS{"demo/bin/hello": script("echo team")}
	return []fs.FS{team, own}
}

// TestSupply: the team's command wins, one by one.
func TestSupply(t *testing.T) {
	dir := t.TempDir()
	if err := Supply(dir, "demo", testSources()); err != nil {
		t.Fatal(err)
	}
	if err := Supply(t.TempDir(), "nowhere", testSources()); err == nil || !strings.Contains(err.Error(), "fleet/nowhere") {
		t.Errorf("an unknown fleet: %v", err)
	}
	spec := Spec{Fleet: "demo", Hosts: []HostSpec{{ID: "a", Vars: map[string]string{"ROLE": "first"}}, {ID: "b", Vars: map[string]string{"ROLE": "second"}}}}
	for _, boot := range []string{"1", "2"} { // the second time the hosts are there
		w, err := Open(dir, spec, boot)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]string{"a": "team embedded base first", "b": "team embedded base second"} {
			h := w.Host(id)
			out, status := h.Command(h.Environ(), strings.NewReader(""), "sh", "-c", "echo $(hello) $(other) $(who) $(cat /etc/setups)")
			if got := strings.TrimSpace(string(out)); got != want || status != 0 {
				t.Errorf("boot %s, %s: %q %d, want %q", boot, id, got, status, want)
			}
		}
		w.Close()
	}
}

// TestSetupFails: the error names the script and has its words.
func TestSetupFails(t *testing.T) {
	dir := t.TempDir()
	if err := Supply(dir, "bad", []fs.FS{fstest.MapFS{"bad/setup": script("echo no such luck; exit 3")}}); err != nil {
		t.Fatal(err)
	}
	w, err := Open(dir, Spec{Fleet: "bad", Hosts: []HostSpec{{ID: "a"}}}, "1")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Start(); err == nil || !strings.Contains(err.Error(), "fleet/bad/setup: exit 3: no such luck") {
		t.Errorf("got %v", err)
	}
}
