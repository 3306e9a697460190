package ui

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"belay/ui/screentest"
)

func TestHelpIsScrolledAndSearched(t *testing.T) {
	d := sit(t, midway(t), 80, 24)
	d.press("?")
	var read strings.Builder
	for last := ""; d.screen() != last; {
		last = d.screen()
		screentest.Check(t, last, 80, 24)
		read.WriteString(last)
		d.press("pgdown")
	}
	text := strings.Join(strings.Fields(strings.ReplaceAll(read.String(), "╎", " ")), " ")
	for _, b := range keyMap {
		if !strings.Contains(text, b.help) { // on one row or two
			t.Errorf("no page of the help says %q", b.help)
		}
	}
	d.press("/", "m", "o", "u", "s", "e")
	d.expect(t, "mouse on or off", "1 of ")
	if n := strings.Count(d.screen(), "resolve"); n > 0 {
		t.Errorf("the search left other keys there:\n%s", d.screen())
	}
	d.press("enter", "q")
	if d.asked != nil {
		t.Error("q did not close the help")
	}
	d.press("?", "/", "f", "i", "l", "t", "e", "r") // the footer's word for &
	d.expect(t, "show only the lines with a text", "2 of ")
	d.press("esc", "?", "/", "q", "x", "y")
	d.expect(t, "0 of ")
	d.press("esc")
	if d.asked != nil {
		t.Error("esc did not close the help")
	}
}

// docs/keys.md is made from the key map: go test ./ui -run Document -update.
func TestKeysDocument(t *testing.T) {
	var b bytes.Buffer
	fmt.Fprintln(&b, "# The keys of the console\n\nMade from the key map by `go test ./ui -run Document -update`. `?` shows the same, and can be searched with `/`.\n`belay keys` prints the map as the file that gives actions other keys, `keys.toml` in the config folder; the screen then names those.")
	for _, g := range append(append([]string{}, groups...), asking, commanding) {
		fmt.Fprintf(&b, "\n## %s\n\n| | |\n|---|---|\n", g)
		for _, x := range topics(g, nil) {
			keys := "`" + strings.ReplaceAll(x.keys, " ", "` `") + "`"
			if g == commanding {
				keys = "`:" + x.keys + "`"
			}
			fmt.Fprintf(&b, "| %s | %s |\n", strings.ReplaceAll(keys, "|", "\\|"), strings.ReplaceAll(x.text, "|", "\\|"))
		}
	}
	const name = "../docs/keys.md"
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(old, b.Bytes()) {
		t.Errorf("docs/keys.md is stale (%v); go test ./ui -run Document -update makes it anew", err)
	}
}
