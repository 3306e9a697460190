package pane

// The rule of this file: colour in a script follows from its syntax, found by a
// shell's parser and never by looks, and changes no letter. A script that does
// not parse is shown without it.

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
	"mvdan.cc/sh/v3/syntax"

	"belay/runner/tail"
	"belay/ui/style"
)

// Script adds a shell script line by line, unchanged but for what cannot be
// shown. Long lines are wrapped; beside the rule, a mark stands before the rest.
func (p *Page) Script(text string) { p.exact(text, tones(text)) }

// Exact adds a text that is no script in the same way.
func (p *Page) Exact(text string) { p.exact(text, nil) }

// exact adds lines whose bytes have tones; nil for plain ones.
func (p *Page) exact(text string, tone []style.Tone) {
	at := 0
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		var of []style.Tone
		if tone != nil {
			of = tone[at : at+len(line)]
		}
		for i, row := range p.toned(line, of) {
			lead := p.st.Frame.Down + " "
			if i > 0 {
				lead = p.st.Frame.Down + p.st.Frame.Ellipsis
			}
			p.Lines = append(p.Lines, p.st.Paint(style.Dim, lead)+row)
		}
		at += len(line) + 1
	}
}

// toned gives the rows of a line, painted. What is not shown as it is, is made
// inert before it is painted.
func (p *Page) toned(line string, tone []style.Tone) []string {
	var plain strings.Builder
	var of []style.Tone // by byte of what is shown
	for from := 0; from < len(line); {
		t, to := style.Plain, len(line)
		if tone != nil {
			t = tone[from]
			for to = from; to < len(line) && tone[to] == t; {
				to++
			}
		}
		n := plain.Len()
		plain.WriteString(tail.Inert(line[from:to]))
		for range plain.Len() - n {
			of = append(of, t)
		}
		from = to
	}
	rows := strings.Split(ansi.Hardwrap(plain.String(), p.w-2, true), "\n")
	at := 0
	for i, row := range rows {
		rows[i] = p.painted(row, of[at:])
		at += len(row)
	}
	return rows
}

// painted paints runs of bytes of one tone.
func (p *Page) painted(row string, tone []style.Tone) string {
	var b strings.Builder
	for from := 0; from < len(row); {
		to := from
		for to < len(row) && tone[to] == tone[from] {
			to++
		}
		b.WriteString(p.st.Paint(tone[from], row[from:to]))
		from = to
	}
	return b.String()
}

// tones gives the tone of each byte of a script: comments are dim, commands are
// strong, what is quoted and what is expanded have a colour each, and what a
// redirection may overwrite is a warning. Nil for what does not parse.
func tones(text string) []style.Tone {
	file, err := syntax.NewParser(syntax.KeepComments(true), syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil
	}
	out := make([]style.Tone, len(text))
	paint := func(t style.Tone, from, to syntax.Pos) {
		for i := from.Offset(); i < min(to.Offset(), uint(len(out))); i++ {
			out[i] = t
		}
	}
	syntax.Walk(file, func(n syntax.Node) bool { // what is around comes before what is in it
		switch n := n.(type) {
		case *syntax.Comment:
			paint(style.Dim, n.Pos(), n.End())
		case *syntax.CallExpr:
			if len(n.Args) > 0 {
				paint(style.Strong, n.Args[0].Pos(), n.Args[0].End())
			}
		case *syntax.SglQuoted, *syntax.DblQuoted:
			paint(style.OK, n.Pos(), n.End())
		case *syntax.ParamExp, *syntax.ArithmExp:
			paint(style.Busy, n.Pos(), n.End())
		case *syntax.CmdSubst:
			paint(style.Plain, n.Pos(), n.End())
		case *syntax.Redirect:
			if writes(n.Op) && n.Word.Lit() != "/dev/null" {
				paint(style.Warn, n.OpPos, n.Word.End())
			}
		}
		return true
	})
	return out
}

// writes reports whether a redirection may change a file. To another descriptor
// it does not.
func writes(op syntax.RedirOperator) bool {
	switch op {
	case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.RdrInOut, syntax.RdrAll, syntax.AppAll:
		return true
	}
	return false
}
