package pane

// The rule of this file: a question shows all that can be answered, and why an
// answer cannot be given now; what does not fit can be scrolled to and says so.

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"belay/ui/style"
)

// Form is a question as it is drawn.
type Form struct {
	Title   string
	Tone    style.Tone
	Body    []string // as wide as Inner says
	Scroll  int
	Fields  []FormField
	Options []FormOption
	Say     string // why the last key did nothing
}

// FormField is one line of text.
type FormField struct {
	Label, Value, Want, Note string
	Focused                  bool
}

// FormOption is one answer.
type FormOption struct {
	Key, Label, Off string
	Highlighted     bool
	Later           bool // its key means nothing before the text is left
}

// Inner is the width of a form's body.
func Inner(w int) int { return w - 4 }

// Draw gives the box, at most h high, and how many lines of the body it shows.
func (f Form) Draw(w, h int, st *style.Style) (box []string, shown int) {
	under := f.under(w, h, st)
	shown = max(0, min(len(f.Body), h-3-len(under)))
	scroll := max(0, min(f.Scroll, len(f.Body)-shown))
	lines := append([]string{}, f.Body[scroll:scroll+shown]...)
	if shown < len(f.Body) {
		more := fmt.Sprintf(" lines %d to %d of %d, pgup pgdown ", scroll+1, scroll+shown, len(f.Body))
		lines = append(lines, st.Paint(style.Dim, more))
	} else if len(lines) > 0 {
		lines = append(lines, "")
	}
	lines = append(lines, under...)
	if len(lines) > h-2 { // the answers are worth more than the text over them
		lines = lines[len(lines)-max(0, h-2):]
	}
	return f.frame(lines, w, st), shown
}

// Room is how many lines of a body can be seen at once in a box of a size.
func (f Form) Room(w, h int, st *style.Style) int { return max(0, h-3-len(f.under(w, h, st))) }

// under is what stands below the body: fields, what the last key did not do,
// and the answers. What it did not do is at most a third of the box: a long
// list of reasons stands in the body as well.
func (f Form) under(w, h int, st *style.Style) []string {
	in := Inner(w)
	var out []string
	for _, x := range f.Fields {
		out = append(out, x.lines(in, st)...)
	}
	if f.Say != "" {
		said := Wrap(f.Say, in)
		if most := max(1, h/3); len(said) > most {
			said = append(said[:most-1], Cut(strings.Join(said[most-1:], " "), in, st))
		}
		for _, l := range said {
			out = append(out, st.Paint(style.Warn, l))
		}
	}
	return append(out, f.options(in, st)...)
}

func (f Form) frame(lines []string, w int, st *style.Style) []string {
	fr := st.Frame
	title := " " + cutMiddle(f.Title, w-14, st) + " "
	name := st.Paint(style.Strong, title)
	if f.Tone != style.Plain {
		name = st.Paint(f.Tone, title)
	}
	top := fr.TopLeft + fr.Across + name
	tail := "focused " + fr.TopRight
	fill := max(0, w-Width(top)-Width(tail)-1)
	out := []string{Fit(top+strings.Repeat(fr.Across, fill)+" "+tail, w, st)}
	for _, l := range lines {
		out = append(out, fr.Down+" "+Fit(l, Inner(w), st)+" "+fr.Down)
	}
	return append(out, fr.BottomLeft+strings.Repeat(fr.Across, max(0, w-2))+fr.BottomRight)
}

// cutMiddle shortens a title and keeps its end: there stand the host, the level
// and what cannot be undone.
func cutMiddle(s string, w int, st *style.Style) string {
	n := Width(s)
	if n <= w {
		return s
	}
	end := w / 2
	return Cut(s, w-end, st) + ansi.TruncateLeft(s, n-end, "")
}

// lines of a field: what to type and what is typed. The end of a long value
// stays in view.
func (x FormField) lines(w int, st *style.Style) []string {
	label := x.Label
	if x.Want != "" {
		label = "type  " + x.Want + "  to confirm"
	}
	label = Cut(label, w*2/3, st) + ": "
	value, room := x.Value, w-Width(label)-2
	if n := Width(value); n >= room {
		value = ansi.TruncateLeft(value, n-room+1, "")
	}
	if x.Focused {
		value += "_"
	}
	cell := Fit(value, room, st)
	if x.Focused {
		label, cell = st.Paint(style.Strong, label), st.Paint(style.Strong, cell)
	}
	out := []string{label + "[" + cell + "]"}
	if x.Note != "" {
		for _, l := range Wrap(x.Note, w-2) {
			out = append(out, "  "+st.Paint(style.Dim, l))
		}
	}
	return out
}

// options are laid out in as many lines as they need.
func (f Form) options(w int, st *style.Style) []string {
	var out []string
	row, n := "", 0
	for _, o := range f.Options {
		text := o.Key + " " + o.Label
		if o.Off != "" {
			text += " (not now)"
		}
		if o.Highlighted {
			text = "[ " + text + " ]"
		}
		size := Width(text)
		if n > 0 && n+3+size > w {
			out, row, n = append(out, row), "", 0
		}
		if n > 0 {
			row, n = row+"   ", n+3
		}
		switch {
		case o.Highlighted:
			row += st.Button.Render(text)
		case o.Off != "" || o.Later:
			row += st.Paint(style.Dim, text)
		default:
			row += st.Paint(style.Key, o.Key) + " " + o.Label
		}
		n += size
	}
	return append(out, row)
}
