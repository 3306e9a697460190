// What goes over the wire is text for a shell, so every byte that is not ours is
// either quoted, checked against a small alphabet, or inside a here-document
// whose end line cannot occur in it.

package job

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Build gives the bytes for the stdin of Command. The call stands in a brace
// group, so that a stream which is cut at any byte runs nothing.
//
// The error tells what cannot be sent; nothing of a call is ever sent in part.
func Build(c Call) ([]byte, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	var b strings.Builder
	switch c.Verb {
	case Run:
		buildRun(&b, c.ID, c.Request.Script)
	case Launch:
		buildLaunch(&b, c)
	case Attach:
		fmt.Fprintf(&b, "%s{ belay attach %s %d\n}\n", wrapper, c.ID, c.Offset)
	case Cancel:
		fmt.Fprintf(&b, "%s{ belay cancel %s %d\n}\n", wrapper, c.ID, seconds(c.Grace))
	default:
		fmt.Fprintf(&b, "%s{ belay %s %s\n}\n", wrapper, c.Verb, c.ID)
	}
	return []byte(b.String()), nil
}

func buildRun(b *strings.Builder, mark string, s Script) {
	text := s.stored()
	end := endLine("SCRIPT", text)
	fmt.Fprintf(b, "%s{ belay_run %s %s 3<<\\%s\n%s%s\n}\n", runner, s.shell(), mark, end, text, end)
}

func buildLaunch(b *strings.Builder, c Call) {
	cmd, secrets := c.Request.Script.stored(), octalLines(c.Request.Secrets)
	cmdEnd, secEnd := endLine("SCRIPT", cmd), endLine("SECRETS", secrets)
	fmt.Fprintf(b, "%s{ belay launch %s %s %s %d %s %s %s 3<<\\%s <<\\%s\n%s%s\n%s%s\n}\n", wrapper,
		c.ID, c.Request.Script.shell(), sum(cmd), len(cmd), sum(secrets),
		dash(c.Request.MachineID), dash(c.Request.Head), secEnd, cmdEnd, secrets, secEnd, cmd, cmdEnd)
}

// stored is the script as the host keeps and runs it: the surroundings, then
// the text untouched. All of the surroundings stand on the first line of the
// text, so that a shell's "line 12" is line 12 of what the operator wrote.
func (s Script) stored() string {
	var b strings.Builder
	b.WriteString("set -eu; ")
	for _, pair := range s.Env {
		b.WriteString("export " + quote(pair) + "; ")
	}
	if s.Dir != "" {
		b.WriteString("CDPATH= cd -- " + quoteDir(s.Dir) + " || exit 126; ")
	}
	b.WriteString(preambleEnd)
	b.WriteString(s.Text)
	if !strings.HasSuffix(s.Text, "\n") {
		b.WriteByte('\n')
	}
	return b.String()
}

// preambleEnd is a command that does nothing: a mark for Parse and for the eye.
const preambleEnd = ": script; "

// quote is the one form that every POSIX shell reads as these very bytes.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// quoteDir leaves a leading ~ to the host, which alone knows its home folder.
func quoteDir(dir string) string {
	if dir == "~" {
		return `"$HOME"`
	}
	if rest, ok := strings.CutPrefix(dir, "~/"); ok {
		return `"$HOME"/` + quote(rest)
	}
	return quote(dir)
}

// octalLines writes secrets so that the shell's own printf restores any byte:
// no tool is needed and no secret becomes an argument.
func octalLines(secrets map[string][]byte) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		b.WriteString(name + " ")
		for _, c := range secrets[name] {
			fmt.Fprintf(&b, `\%03o`, c)
		}
		b.WriteByte('\n')
	}
	b.WriteString("end\n")
	return b.String()
}

// endLine is drawn from the text's own hash: that a text holds it by accident
// is out of the question, but it costs little to look.
func endLine(what, text string) string {
	end := "BELAY_" + what + "_" + sum(text)[:16]
	for strings.Contains(text, end) {
		end += "_"
	}
	return end
}

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
