package pane

// The rule of this file: what a step will do is shown exactly as it will be
// done: a script keeps its lines, and nothing of it is parsed as style.

import (
	"time"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// Page collects lines of labelled text.
type Page struct {
	w     int
	st    *style.Style
	Lines []string
}

// NewPage gives an empty page of a width.
func NewPage(w int, st *style.Style) *Page { return &Page{w: w, st: st} }

const labelWidth = 9

// Field adds a labelled text, wrapped beside its label. Empty text adds nothing.
func (p *Page) Field(label, text string) { p.Toned(style.Plain, label, text) }

// Toned adds a labelled text in a tone.
func (p *Page) Toned(t style.Tone, label, text string) {
	if text == "" {
		return
	}
	for i, l := range Wrap(text, p.w-labelWidth) {
		if i > 0 {
			label = ""
		}
		p.Lines = append(p.Lines, p.st.Paint(style.Dim, Fit(label, labelWidth, p.st))+p.st.Paint(t, l))
	}
}

// Text adds wrapped text in a tone.
func (p *Page) Text(t style.Tone, text string) {
	for _, l := range Wrap(text, p.w) {
		p.Lines = append(p.Lines, p.st.Paint(t, l))
	}
}

// Head adds a heading with an empty line before it.
func (p *Page) Head(text string) {
	if len(p.Lines) > 0 {
		p.Lines = append(p.Lines, "")
	}
	p.Lines = append(p.Lines, p.st.Paint(style.Strong, text))
}

// Readings adds evidence: verdict, value with threshold, and age. What is green
// takes one line where that is enough.
func (p *Page) Readings(seen []steps.Reading, now time.Time) {
	for _, r := range seen {
		m := verdictMark(r.Verdict)
		what := or(tail.Inert(r.Title), "its proof") // a verify has no title
		if r.Host != "" {
			what += " on " + tail.Inert(r.Host)
		}
		value := tail.Inert(r.Text)
		if r.Why != "" {
			value = tail.Inert(r.Why)
		} else if r.Want != "" {
			value += ", want " + tail.Inert(r.Want)
		}
		age := ""
		if !r.At.IsZero() {
			age = ", " + since(now, r.At) + " ago"
		}
		head := p.st.Paint(m.Tone, m.Glyph+" "+m.Word+":") + " " + Cut(what, p.w-len(m.Glyph)-len(m.Word)-3, p.st)
		if room := p.w - Width(head) - 2; r.Verdict == steps.Green && Width(value+age) <= room {
			p.Lines = append(p.Lines, Ends(head, value+age, p.w, p.st))
			continue
		}
		p.Lines = append(p.Lines, head)
		for _, l := range Wrap(value+age, p.w-4) {
			p.Lines = append(p.Lines, "    "+l)
		}
	}
}

func verdictMark(v steps.Verdict) Mark {
	switch v {
	case steps.Green:
		return Mark{glyphDone, "green", style.OK}
	case steps.Red:
		return Mark{glyphTrouble, "red", style.Danger}
	case steps.NotSigned:
		return Mark{glyphTodo, string(v), style.Strong}
	}
	return Mark{glyphTrouble, "cannot tell", style.Warn}
}
