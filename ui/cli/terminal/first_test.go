package terminal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sizes of a terminal, from the smallest that is promised.
var sizes = []size{{80, 24}, {120, 36}, {200, 60}}

// TestFirstScreen: the same run, looked at from terminals of every kind.
func TestFirstScreen(t *testing.T) {
	t.Parallel()
	c := rehearseWith(t, sizes[0], worded)
	c.stage("first", func(c *console) { c.greets(); c.logsFlow() })
	c.stage("help", (*console).helps)
	c.stage("sizes", func(c *console) {
		for _, s := range sizes[1:] {
			c.leaves()
			c.resize(s)
			c.back()
			c.greets()
			c.live()
			c.logsFlow()
		}
	})
	c.stage("resize keeps the selection", (*console).keepsSelection)
	c.stage("resize keeps a question", (*console).keepsQuestion)
	c.stage("NO_COLOR", func(c *console) {
		c.leaves()
		c.back("NO_COLOR=1")
		c.greets()
		if colour := coloured.FindString(c.painted()); colour != "" {
			c.Errorf("a colour, %q, although NO_COLOR is set", colour)
		}
	})
	c.stage("light and dark", (*console).takesTheBackground)
	if n := c.count("intended"); n != 0 {
		c.Errorf("looking at it started %d attempts", n)
	}
}

// takesTheBackground: the console asks the terminal for its background, and a
// light one gets other colours than a dark one.
func (c *console) takesTheBackground() {
	shades := func() string {
		all := coloured.FindAllString(c.painted(), -1)
		slices.Sort(all)
		return strings.Join(slices.Compact(all), "")
	}
	shown := func(style string) {
		c.leaves()
		c.tmux("set", "-g", "window-style", style)
		c.back()
		c.greets()
	}
	shown("bg=#000000,fg=#ffffff")
	dark := shades()
	if dark == "" {
		c.Fatal("a dark terminal gets no colours")
	}
	shown("bg=#ffffff,fg=#000000")
	c.until("other colours than in a dark terminal", func(string) bool { return shades() != dark })
}

// coloured finds a colour, and not bold or reverse.
var coloured = regexp.MustCompile(`\x1b\[(?:[0-9;:]*[;:])?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:[;:][0-9;:]*)?m`)

// greets waits for the first screen.
func (c *console) greets() string {
	c.Helper()
	c.see("REHEARSAL embedded fleet, nothing real is touched, speed 600x", "1 Steps focused", "x execute  ? help", "assumed done", "] Roll-out")
	return c.until("the cursor on the first step that is ready", func(s string) bool {
		return strings.Contains(cursor(s), "Disk, containers") && strings.Contains(cursor(s), "ready")
	})
}

// logsFlow waits until every server's log has a line, and one that is newer.
// A small screen has a table of the servers and one log.
func (c *console) logsFlow() {
	c.Helper()
	if c.w < 100 {
		first := c.until("a table of servers, and a log", func(s string) bool {
			return strings.Count(s, "2.40.0") >= 4 && strings.Contains(s, "12/12") && newest(s, "(") != ""
		})
		c.until("a newer line", func(s string) bool { return newest(s, "(") > newest(first, "(") })
		return
	}
	c.live()
	for _, host := range []string{"4 head", "5 w81", "6 w82", "7 w80"} {
		old := ""
		c.until("lines of "+host, func(s string) bool { old = newestOf(s, host); return old != "" })
		c.until("newer lines of "+host, func(s string) bool { return newestOf(s, host) > old })
	}
}

var stamp = regexp.MustCompile(`\d\d:\d\d:\d\d`)

// newest is the latest time that a log line holding a text begins with.
func newest(screen, text string) string {
	latest := ""
	for line := range strings.Lines(screen) {
		if at := stamp.FindString(line); strings.Contains(line, text) && at > latest && !strings.Contains(line, " run ") {
			latest = at
		}
	}
	return latest
}

// newestOf is the latest time in the pane of a server.
func newestOf(screen, host string) string {
	latest := ""
	for _, line := range pane(screen, host) {
		if at := stamp.FindString(line); at > latest {
			latest = at
		}
	}
	return latest
}

// pane cuts the pane with a title out of a screen: from its title down to the
// next title in the same columns.
func pane(screen, title string) []string {
	var out []string
	from, to := -1, -1
	for line := range strings.Lines(screen) {
		cells := []rune(strings.TrimRight(line, "\n"))
		if from < 0 {
			at := strings.Index(line, "╌ "+title)
			if at < 0 {
				continue
			}
			from = len([]rune(line[:at]))
			to = from
			for to < len(cells) && !strings.ContainsRune(borders, cells[to]) {
				to++
			}
			continue
		}
		part := ""
		if from < len(cells) {
			part = string(cells[from:min(to, len(cells))])
		}
		if strings.HasPrefix(part, "╌") {
			break
		}
		out = append(out, part)
	}
	return out
}

// helps reads the whole help, page by page, and compares it with the key map.
func (c *console) helps() {
	c.press("?")
	s := c.see("KEYS", "esc close")
	shown := s
	for {
		m := paged.FindStringSubmatch(s)
		if m == nil || m[1] == m[2] {
			break
		}
		c.press("NPage")
		s = c.until("the next page of the help", func(next string) bool {
			n := paged.FindStringSubmatch(next)
			return n != nil && n[1] != m[1]
		})
		shown += s
	}
	c.press("Escape")
	c.gone("esc close")
	for _, b := range keyMap(c.T) {
		if !b.in(shown) {
			c.Errorf("the help does not list %q: %s", b.keys, b.help)
		}
	}
}

var paged = regexp.MustCompile(`lines \d+ to (\d+) of (\d+)`)

// binding is an entry of the key map as its source says it.
type binding struct {
	keys []string
	help string
}

// in reports whether a text lists a binding: its keys, then what they do.
func (b binding) in(text string) bool {
	for line := range strings.Lines(text) {
		_, rest, ok := strings.Cut(line, " "+strings.Join(b.keys, " ")+" ")
		words := b.help[:min(len(b.help), 30)] // a narrow help may cut the rest
		if ok && strings.HasPrefix(strings.TrimLeft(rest, " "), words) {
			return true
		}
	}
	return false
}

// keyMap reads the key map from its source, so that no second list can go stale.
func keyMap(t *testing.T) []binding {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "ui", "keys.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []binding
	ast.Inspect(f, func(n ast.Node) bool {
		entry, ok := n.(*ast.CompositeLit)
		if !ok || entry.Type != nil || len(entry.Elts) < 3 {
			return true
		}
		keys, ok := entry.Elts[0].(*ast.CompositeLit)
		if !ok {
			return true
		}
		b := binding{help: literal(entry.Elts[2])}
		for _, k := range keys.Elts {
			b.keys = append(b.keys, literal(k))
		}
		out = append(out, b)
		return false
	})
	if len(out) < 40 {
		t.Fatalf("only %d entries of the key map were understood", len(out))
	}
	return out
}

func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, _ := strconv.Unquote(l.Value)
	return s
}

func (c *console) keepsSelection() {
	c.press("j", "j", "j")
	c.until("the cursor on w82", func(s string) bool { return strings.Contains(cursor(s), "w82") })
	for _, to := range []size{{80, 24}, {59, 15}, {120, 36}, {200, 60}} {
		c.resize(to)
		s := c.until("the screen at "+to.String(), fills(to))
		if to.w < 60 {
			continue
		}
		if !strings.Contains(cursor(s), "w82") {
			c.Errorf("at %s the cursor is on %q, want w82", to, cursor(s))
		}
	}
	c.press("k", "k", "k")
	c.greets()
}

// fills reports whether a screen of a size is drawn: its last line is the
// footer, or the message of a screen that is too small.
func fills(s size) func(string) bool {
	return func(screen string) bool {
		lines := strings.Split(screen, "\n")
		if s.w < 60 {
			return strings.Contains(screen, "too small")
		}
		last := strings.TrimSpace(lines[len(lines)-1])
		return len(lines) == s.h && (strings.HasPrefix(last, "x execute") || strings.HasPrefix(last, "Esc closes this question"))
	}
}

func (c *console) keepsQuestion() {
	c.selects("phase rollout", "Roll-out")
	c.press("x")
	c.see("EXECUTE", "of rollout (high)", "to confirm")
	c.write("4 se")
	for _, to := range []size{{80, 24}, {120, 36}, {200, 60}} {
		c.resize(to)
		c.until("the question at "+to.String(), fills(to))
		c.see("of rollout (high)", "4 se_")
	}
	c.press("Enter")
	c.see("of rollout (high)", "4 se_", "type 4 servers exactly")
	c.press("Escape")
	c.gone("of rollout (high)")
	c.press(".")
	c.greets()
}
