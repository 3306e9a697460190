package lint

// The rule of this file: a page of docs/lint is true. Its bad examples are
// found, there and nowhere else; its good ones are clean; the index has every
// rule. With -update what a machine knows is written into the pages anew.

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"belay/steps"
)

const pages = "../../docs/lint/"

// fence is one block of a page.
type fence struct {
	language, section string
	text              string
	from, to          int // lines of the page, without the fences
}

func fences(page string) (out []fence) {
	section, inside := "", false
	for i, line := range strings.Split(page, "\n") {
		switch {
		case strings.HasPrefix(line, "```") && !inside:
			out, inside = append(out, fence{language: line[3:], section: section, from: i + 1}), true
		case strings.HasPrefix(line, "```"):
			out[len(out)-1].to, inside = i, false
		case inside:
			out[len(out)-1].text += line + "\n"
		case strings.HasPrefix(line, "## "):
			section = line[3:]
		}
	}
	return out
}

// frame is what the examples stand in.
func frame(t *testing.T) string {
	t.Helper()
	for _, f := range fences(read(t, pages+"README.md")) {
		if f.section == "The frame of the examples" {
			return f.text
		}
	}
	t.Fatal("the index has no frame")
	return ""
}

// examined gives what is found in an example, by its own lines.
func examined(t *testing.T, frame, name, text string) (string, steps.Problems) {
	t.Helper()
	rb, ps := steps.Load(name, []byte(frame+text))
	if rb == nil {
		t.Fatalf("an example is no runbook: %v", ps)
	}
	if ps := steps.Check(rb); len(ps) > 0 {
		t.Errorf("an example breaks the contract: %v", ps)
	}
	found := Check(rb)
	var b strings.Builder
	for i := range found {
		found[i].Line -= strings.Count(frame, "\n")
		fmt.Fprintln(&b, found[i])
	}
	return b.String(), found
}

func TestPages(t *testing.T) {
	around := frame(t)
	for _, r := range Rules() {
		t.Run(r.ID, func(t *testing.T) {
			name := pages + r.ID + ".md"
			page := read(t, name)
			lines := strings.Split(page, "\n")
			if *update {
				lines[2] = about(r)
			}
			if lines[0] != "# "+r.ID || lines[2] != about(r) || lines[3] != "" {
				t.Errorf("the page begins\n%s\n%s\nwant\n# %s\n%s", lines[0], lines[2], r.ID, about(r))
			}
			all := fences(page)
			count := map[string]int{}
			for i := len(all) - 1; i >= 0; i-- { // from the end: what is written anew moves what stands below
				f := all[i]
				count[f.section+" "+f.language]++
				switch f.section + " " + f.language {
				case "Good toml":
					if said, _ := examined(t, around, "good.toml", f.text); said != "" {
						t.Errorf("found in the good example:\n%s", said)
					}
				case "Bad toml":
					said, found := examined(t, around, "bad.toml", f.text)
					for _, p := range found {
						if p.Rule != r.ID {
							t.Errorf("the bad example also has: %s", p)
						}
					}
					if len(found) == 0 {
						t.Errorf("nothing is found in a bad example:\n%s", f.text)
					}
					lines = shows(t, all, i, lines, said)
				}
			}
			if count["Bad toml"] == 0 || count["Good toml"] == 0 {
				t.Error("the page needs a bad and a good example")
			}
			if *update {
				golden(t, name, strings.Join(lines, "\n"))
			}
		})
	}
}

// shows holds the block below a bad example against what is found in it.
func shows(t *testing.T, all []fence, i int, lines []string, said string) []string {
	t.Helper()
	if i+1 >= len(all) || all[i+1].language != "text" {
		t.Fatal("below a bad example stands what is found in it")
	}
	below := all[i+1]
	if *update {
		new := strings.Split(strings.TrimSuffix(said, "\n"), "\n")
		return append(append(append([]string(nil), lines[:below.from]...), new...), lines[below.to:]...)
	}
	if below.text != said {
		t.Errorf("found in the bad example:\n%sbut the page says:\n%s", said, below.text)
	}
	return lines
}

// about is the second line of a page.
func about(r Rule) string {
	level := "Warning"
	if r.Error {
		level = "Error"
	}
	return "*" + level + ": " + r.Brief + ".*"
}

// TestIndex: the index lists every rule, and no page is left over.
func TestIndex(t *testing.T) {
	var b strings.Builder
	b.WriteString("<!-- rules -->\n| rule | | finds |\n|---|---|---|\n")
	known := map[string]bool{"README": true}
	for _, r := range Rules() {
		level := "warning"
		if r.Error {
			level = "error"
		}
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s |\n", r.ID, r.ID, level, r.Brief)
		known[r.ID] = true
	}
	index := read(t, pages+"README.md")
	before, rest, _ := strings.Cut(index, "<!-- rules -->\n")
	_, after, ok := strings.Cut(rest, "<!-- end -->")
	if !ok {
		t.Fatal("the index has lost its marks")
	}
	golden(t, pages+"README.md", before+b.String()+"<!-- end -->"+after)
	files, err := filepath.Glob(pages + "*.md")
	if err != nil || len(files) < len(known) {
		t.Errorf("%d pages, %v", len(files), err)
	}
	for _, f := range files {
		if id := strings.TrimSuffix(filepath.Base(f), ".md"); !known[id] {
			t.Errorf("%s is the page of no rule", f)
		}
	}
}
