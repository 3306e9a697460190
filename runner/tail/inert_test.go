package tail

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// hostile are the strings named in the literature on terminal escapes.
var hostile = []string{
	"",
	"plain",
	"\x1b[31mred\x1b[0m",
	"\x1b]0;title\x07after",
	"a\x1b]0; rest of the log is swallowed",
	"\x1b]52;c;cm0gLXJmIC8=\x07",
	"\x1bP$q\x1b\\",
	"\u009b31m \u009d0;t\u009c",
	"\x9b31m\x9d0;t",
	"back\b\b\b\bspace\x7f\x00\x0e\x0f\x0b\x0c\x05",
	"\u202etxet\u202c \u2066x\u2069 \u200b \u200d \ufeff",
	"tag \U000e0041\U000e007f",
	"line\u2028para\u2029",
	"a" + strings.Repeat("\u0301", 500),
	"\u0301leading",
	"\x1b\u0301",
	"col\tumn\t\twide\t界\t|",
	"50%\r60%\r100%",
	"dos\r",
	"\r\r\r",
	"bad \xff\xc0\xaf\xed\xa0\x80 \xe2\x82",
	"界e\u0301 \U0001f469\u200d\U0001f680 \U0001f1e9\U0001f1ea \u2764\ufe0f \U0001f44d\U0001f3fd",
	"\u115f\u1160\u3164\uffa0\u034f\u180b\U000e0100",
	"\u1100\u1161\u11a8 \u0e33 \u0bb9\u0bc6",
	"private \ue0b0 unassigned \U000ffffe \ufffe \u0378",
	"nbsp\u00a0 em\u2003 ideographic\u3000",
	strings.Repeat("x", MaxLine+1),
	strings.Repeat("界", MaxLine/3+1),
	strings.Repeat("\x1b", MaxLine),
	"\x1b[2J" + strings.Repeat("z\r", MaxLine) + "end",
}

func TestProjection(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"plain text", "plain text"},
		{"\x1b[31mred\x1b[0m", "^[[31mred^[[0m"},
		{"\x1b]0;title\x07x", "^[]0;title^Gx"},
		{"\u009b31m", "<U+009B>31m"},
		{"\x9b31m", `\x9b31m`},
		{"\x00\x08\x7f", "^@^H^?"},
		{"a\u202eb", "a<U+202E>b"},
		{"\u200b\U000e0041", "<U+200B><U+E0041>"},
		{"a\tb\tc", "a       b       c"},
		{"1234567\tb", "1234567 b"},
		{"12345678\tb", "12345678        b"},
		{"界\tb", "界      b"},
		{"e\u0301\u0301\u0301\u0301\u0301x", "e\u0301\u0301\u0301\u0301<U+0301>x"},
		{"\u0301a", "<U+0301>a"},
		{"\t\u0301", "        <U+0301>"},
		{" \u0301", " <U+0301>"},
		{"a\u00a0b\u3000c", "a b c"},
		{"\ue000", "<U+E000>"},
		{"\u2028", "<U+2028>"},
		{"10%\r50%\r100%", "␍ 100%"},
		{"line\r", "line␍"},
		{"10%\r100%\r\r", "␍ 100%␍␍"},
		{"\r", "␍"},
		{"\rx", "␍ x"},
		{"a\nb", "a^Jb"},
		{"[YELLOW]", "[YELLOW]"},
		{"\xe2\x82", `\xe2\x82`},
		{"\ufffd", "\ufffd"},
		{"\u3164", "<U+3164>"},
		{"\u2764\ufe0f", "\u2764\ufe0f"},
	} {
		if got := Project([]byte(tt.in)).Text; got != tt.want {
			t.Errorf("Project(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	if got, want := Inert("a\rb\nc\x1b"), "a^Mb^Jc^["; got != want {
		t.Errorf("Inert = %q, want %q", got, want)
	}
}

func TestLongLineSaysHowLong(t *testing.T) {
	long := strings.Repeat("界", 100_000)
	line := Project([]byte(long))
	if !strings.HasSuffix(line.Text, "界 …[300000 bytes]") || line.Size != 300_000 {
		t.Fatalf("%q", line.Text[len(line.Text)-40:])
	}
	shown := strings.Count(line.Text, "界") * 3
	if shown > MaxLine || shown < MaxLine-3 || line.Hidden != int64(300_000-shown) {
		t.Fatalf("%d bytes shown, %d hidden", shown, line.Hidden)
	}
	progress := strings.Repeat("working…\r", 10_000) + "ready"
	line = Project([]byte(progress))
	if want := fmt.Sprintf("␍ ready …[%d bytes]", len(progress)); line.Text != want {
		t.Fatalf("%q, want %q", line.Text, want)
	}
}

// A line of nothing but tabs must not cost the square of its length.
func TestManyTabsAreCheap(t *testing.T) {
	start := time.Now()
	line := Project([]byte(strings.Repeat("界\t", MaxLine/4)))
	if took := time.Since(start); took > time.Second {
		t.Fatalf("%v", took)
	}
	if got, want := line.Width(), MaxLine/4*TabWidth; got != want {
		t.Fatalf("width %d, want %d", got, want)
	}
}

func TestPlainCostsNothing(t *testing.T) {
	s := strings.Repeat("plain ", 20)
	if n := testing.AllocsPerRun(100, func() { Inert(s) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

// checkInert holds every promise about one input.
func checkInert(t *testing.T, in string) {
	t.Helper()
	for name, line := range map[string]Line{"Project": Project([]byte(in)), "Raw": Raw(in)} {
		checkAllowed(t, name, line.Text)
		if line.Hidden == 0 && line.Source() != in {
			t.Fatalf("%s(%q): Source is %q", name, in, line.Source())
		}
		if line.Size != int64(len(in)) {
			t.Fatalf("%s(%q): size %d", name, in, line.Size)
		}
		if line.Hidden > 0 && !strings.Contains(line.Text, Overwritten) && !strings.Contains(line.Text, "…[") {
			t.Fatalf("%s(%q): %d bytes hidden without a mark", name, in, line.Hidden)
		}
		at := 0
		for _, m := range line.Marks {
			if m.Start < at || m.End < m.Start || m.End > len(line.Text) {
				t.Fatalf("%s(%q): marks %v", name, in, line.Marks)
			}
			at = m.End
		}
	}
	if Inert(in) != Raw(in).Text {
		t.Fatalf("Inert(%q) is not Raw", in)
	}
}

// checkAllowed is the allow-list again, in other words than the projector's.
func checkAllowed(t *testing.T, name, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Fatalf("%s gave bad UTF-8: %q", name, text)
	}
	run := 0
	for i, r := range text {
		switch {
		case unicode.Is(unicode.M, r):
			if run++; run > maxCombining || i == 0 {
				t.Fatalf("%s stacked %q", name, text)
			}
			continue
		case r == ' ', 0x20 < r && r < 0x7f:
		case r < 0xa0, !unicode.IsGraphic(r), unicode.Is(unicode.Zs, r), unicode.Is(unicode.Bidi_Control, r):
			t.Fatalf("%s let %U through: %q", name, r, text)
		}
		run = 0
	}
}

func TestHostile(t *testing.T) {
	for _, s := range hostile {
		checkInert(t, s)
		checkWidth(t, Project([]byte(s)))
	}
}

// checkWidth draws the text in a terminal emulator and asks it where the
// cursor is, what the title is, and whether it was asked for anything.
func checkWidth(t *testing.T, line Line) {
	t.Helper()
	const columns = 200
	text := ansi.Truncate(line.Text, columns-2, "")
	e := vt.NewEmulator(columns, 2)
	e.SetCallbacks(vt.Callbacks{
		Title: func(s string) { t.Fatalf("title set to %q by %q", s, text) },
		Bell:  func() { t.Fatalf("bell by %q", text) },
	})
	if _, err := e.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if at, want := e.CursorPosition(), ansi.StringWidth(text); at.X != want || at.Y != 0 {
		t.Fatalf("%q: drawn to column %d of row %d, measured %d", text, at.X, at.Y, want)
	}
}

func FuzzProject(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkInert(t, s)
	})
}

func FuzzWidth(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line := Project([]byte(s))
		checkWidth(t, line)
		if isPlain(line.Text) && line.Width() != len(line.Text) {
			t.Fatalf("width %d of %q", line.Width(), line.Text)
		}
	})
}
