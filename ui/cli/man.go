package cli

// The rule of this file: the manual is one page, made from the verbs
// themselves, in the macros of man(7) that groff and mandoc both know.

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (p *program) manVerb(root *cobra.Command) *cobra.Command {
	c := verb("man", "print the manual page", noWords, func(*cobra.Command, []string) error {
		_, err := io.WriteString(p.env.Stdout, manual(root))
		return err
	})
	c.Long = "Man prints belay(1) in roff: belay man | man -l -"
	return c
}

func manual(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH BELAY 1 \"\" \"belay %s\" \"User Commands\"\n", roff(Version()))
	fmt.Fprintf(&b, ".SH NAME\nbelay \\- %s\n", roff(root.Short))
	b.WriteString(".SH SYNOPSIS\n.B belay\n[VERB] [flags]\n.SH DESCRIPTION\n")
	paragraphs(&b, root.Long)
	b.WriteString(".SH VERBS\n")
	for _, c := range root.Commands() {
		if c.Hidden {
			continue
		}
		fmt.Fprintf(&b, ".SS \"belay %s\"\n", roff(c.Use))
		paragraphs(&b, first(c.Long, sentence(c.Short)))
		c.Flags().VisitAll(func(f *pflag.Flag) { flagEntry(&b, f) })
	}
	b.WriteString(".SH EXIT STATUS\n")
	paragraphs(&b, codesText)
	b.WriteString(".SH ENVIRONMENT\n")
	for _, x := range [][2]string{
		{"BELAY_STATE", "Where runs are kept; --state wins over it."},
		{"XDG_STATE_HOME, XDG_CONFIG_HOME", "Base directories of state and configuration."},
		{"NO_COLOR", "No colours in the console."},
	} {
		fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", x[0], roff(x[1]))
	}
	b.WriteString(".SH FILES\n.TP\n.I runs/ID/\nA run, self-contained: journal.jsonl, logs/, runbook.toml and its amendments.\n")
	b.WriteString(".SH SEE ALSO\n.BR ssh (1),\n.BR ssh_config (5),\n.BR tmux (1)\n")
	return b.String()
}

func flagEntry(b *strings.Builder, f *pflag.Flag) {
	if f.Hidden || f.Name == "help" {
		return
	}
	name, text := pflag.UnquoteUsage(f)
	b.WriteString(".TP\n.B ")
	if f.Shorthand != "" {
		b.WriteString("\\-" + f.Shorthand + ", ")
	}
	b.WriteString("\\-\\-" + strings.ReplaceAll(f.Name, "-", "\\-"))
	if name != "" {
		b.WriteString(" \\fI" + roff(name) + "\\fR")
	}
	b.WriteString("\n" + roff(text) + "\n")
}

// paragraphs writes text; lines that are indented stay as they are.
func paragraphs(b *strings.Builder, text string) {
	for _, par := range strings.Split(text, "\n\n") {
		if strings.HasPrefix(par, "  ") {
			fmt.Fprintf(b, ".PP\n.nf\n%s\n.fi\n", roff(par))
			continue
		}
		fmt.Fprintf(b, ".PP\n%s\n", roff(par))
	}
}

// roff protects what the typesetter would take for itself: backslashes, a
// hyphen that must stay one, and a dot or quote at the start of a line.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

// sentence makes a short help text one.
func sentence(short string) string {
	if short == "" {
		return ""
	}
	return strings.ToUpper(short[:1]) + short[1:] + "."
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
