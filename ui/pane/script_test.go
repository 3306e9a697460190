package pane

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"belay/ui/style"
)

// named gives what of a script has a tone.
func named(text string, want style.Tone) string {
	var out []string
	tone := tones(text)
	for from := 0; from < len(text); {
		to := from
		for to < len(text) && tone[to] == tone[from] {
			to++
		}
		if tone[from] == want {
			out = append(out, text[from:to])
		}
		from = to
	}
	return strings.Join(out, " | ")
}

func TestToneFollowsSyntax(t *testing.T) {
	for _, x := range []struct {
		script, want string
		tone         style.Tone
	}{
		{"tar -cf x y # keep it\n", "# keep it", style.Dim},
		{"echo 'no # comment'; echo a#b\n", "", style.Dim},
		{"if docker ps; then cd /srv && rm -rf x; fi\n", "docker | cd | rm", style.Strong},
		{"echo docker ps\n", "echo", style.Strong},
		{`echo "a $HOST b" '$HOST'` + "\n", `"a  |  b" | '$HOST'`, style.OK},
		{`echo "a $HOST b" '$HOST' ${X:-y}` + "\n", "$HOST | ${X:-y}", style.Busy},
		{"x=$(hostname -f)\n", "hostname", style.Strong},
		{"cat a >b 2>/dev/null 2>&1 >>c\n", ">b | >>c", style.Warn},
		{"cat <<'EOF'\n# no comment $X\nEOF\n", "", style.Dim},
	} {
		if got := named(x.script, x.tone); got != x.want {
			t.Errorf("%q: tone %d is of %q, want %q", x.script, x.tone, got, x.want)
		}
	}
}

// Whatever its syntax, a script is shown letter by letter as it is.
func TestColourChangesNoLetter(t *testing.T) {
	st := style.New(style.Terminal{Dark: true}, style.Solid)
	for _, script := range []string{
		"set -eu\n\ncd \"$DIR\"\ndocker compose -f 'a b.yml' up -d --wait >log 2>&1 # all of them\n",
		"if true; then\n\techo unfinished\n",
		"echo 'a\x1b[31mred\x1b[0m' \"\x07\" # \u202ehidden\n",
		"echo " + strings.Repeat("\"$A\" ", 60) + "\n",
		"cat <<EOF\nä $X 漢字\nEOF\n",
	} {
		colour, plain := NewPage(40, st), NewPage(40, st)
		colour.Script(script)
		plain.Exact(script)
		for i, l := range plain.Lines {
			if i >= len(colour.Lines) || ansi.Strip(colour.Lines[i]) != ansi.Strip(l) {
				t.Fatalf("%q, line %d: %q, without colour %q", script, i, colour.Lines[i], l)
			}
		}
		for _, l := range colour.Lines {
			if Width(l) > 40 {
				t.Errorf("%q is wider than its page", l)
			}
		}
	}
}

// A script that does not parse has no colours, and is shown.
func TestUnfinishedScriptIsPlain(t *testing.T) {
	if tones("if true; then\n") != nil {
		t.Error("an unfinished script has tones")
	}
}

func BenchmarkScript(b *testing.B) {
	script := strings.Repeat("docker compose -f 'a b.yml' up -d --wait \"$SERVICE\" >log 2>&1 # all of them\n", 50)
	st := style.New(style.Terminal{Dark: true}, style.Solid)
	for b.Loop() {
		NewPage(100, st).Script(script)
	}
}
