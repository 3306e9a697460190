package pane

import (
	"strings"

	"belay/ui/style"
)

// The rule of this file: the state's word stays whole when a row gets narrow;
// the title gives way.

// Outline draws the rows of the tree so that the selected one can be seen.
func Outline(rows []Row, selected, top, w, h int, st *style.Style) []string {
	top = Scroll(len(rows), selected, top, h)
	var out []string
	for i := top; i < len(rows) && len(out) < h; i++ {
		out = append(out, outlineRow(rows[i], i == selected, w, st))
	}
	return Block(out, w, h, st)
}

// Scroll gives the first row to show so that the selected one stays in view with
// some rows around it, and moves as little as it can.
func Scroll(n, selected, top, h int) int {
	if h <= 0 {
		return 0
	}
	margin := min(2, (h-1)/2)
	top = min(top, selected-margin)
	top = max(top, selected+margin-h+1)
	return max(0, min(top, n-h))
}

func outlineRow(r Row, selected bool, w int, st *style.Style) string {
	lead := " "
	if selected {
		lead = st.Frame.Mark
	}
	lead += strings.Repeat(" ", r.Depth)
	switch {
	case r.Group && r.Open:
		lead += st.Frame.Open + " "
	case r.Group:
		lead += st.Frame.Closed + " "
	default:
		lead += "  "
	}
	right := r.Mark.Word
	if r.Note != "" {
		right = r.Note + " " + right
	}
	clock := r.Right
	if Width(lead)+4+8+Width(right)+1+len(clock) > w {
		clock = ""
	}
	if clock != "" {
		clock = " " + clock
	}
	room := w - Width(lead) - 4 - Width(right) - len(clock) - 1
	title := Fit(r.Text, max(room, 0), st)
	if selected {
		return st.Selected.Render(Fit(lead+r.Mark.Glyph+" "+title+" "+right+clock, w, st))
	}
	if r.Group && r.Depth == 0 {
		title = st.Paint(style.Strong, title)
	}
	return Fit(lead+st.Paint(r.Mark.Tone, r.Mark.Glyph)+" "+title+" "+st.Paint(r.Mark.Tone, right)+st.Paint(style.Dim, clock), w, st)
}
